"""How a try to deliver a notice can end, and what follows from that. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from services.events.catalogue import ObligationDue
from services.notification.store import State

MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
"""Pauses of 30 s, 2 min, 8 min, 32 min, then about 2 and 6 h: a server may be away for most of a working day."""


class Ending(Enum):
    """What is known after a try."""

    SENT = "the server took it over"
    REFUSED = "the server certainly did not take it, and may later"
    REJECTED = "the server certainly did not take it, and never will"
    UNCERTAIN = "it was handed over, and no answer came"


@dataclass(frozen=True)
class Result:
    """How a try ended. `error` has no address and no words of a foreign server in it."""

    ending: Ending
    error: str = ""


REMINDERS = ObligationDue.TOPIC
GATHERING = timedelta(minutes=2)
"""So long a reminder waits for others to the same reader: one morning's come within seconds."""
BETWEEN = f"\n{'=' * 60}\n\n"
"""Between the letters of one mail."""


@dataclass(frozen=True)
class Letter:
    """What a channel needs for one try."""

    notice_id: UUID
    event_id: UUID
    recipient: str
    address: str
    subject: str
    body: str
    attempts: int
    """How many tries there are with this one."""
    perhaps: bool
    """Whether an earlier try may have arrived."""
    topic: str
    others: tuple[Letter, ...] = ()
    """Those to the same address that go with it."""

    @property
    def whole(self) -> Letter:
        """One letter for all: how many others there are stands behind the subject, their words below."""
        if not self.others:
            return self
        subject = f"{self.subject} (+{len(self.others)})"
        bodies = (one.body for one in (self, *self.others))
        return replace(self, subject=subject, body=BETWEEN.join(bodies), others=())


class Channel(Protocol):
    """A way to deliver."""

    @property
    def repeats(self) -> bool:
        """Whether a second copy does no harm: recipients of web hooks know them by their id, readers of mail don't."""

    @property
    def gathers(self) -> bool:
        """Whether what comes of one kind goes together, as people read it."""

    async def deliver(self, letter: Letter) -> Result:
        """Tries once; returns in bounded time, and raises nothing that it can foresee."""


@dataclass(frozen=True)
class Change:
    """What a notice becomes."""

    state: State
    error: str
    perhaps: bool
    due_at: datetime | None = None


def follow(result: Result, letter: Letter, repeats: bool, now: datetime) -> Change:
    """What a notice becomes after a try."""
    perhaps = letter.perhaps or result.ending is Ending.UNCERTAIN
    if result.ending is Ending.SENT:
        return Change(State.SENT, "", perhaps)
    again = result.ending is Ending.REFUSED or (result.ending is Ending.UNCERTAIN and repeats)
    if again and letter.attempts < MOST_ATTEMPTS:
        return Change(State.QUEUED, result.error, perhaps, now + pause(letter.attempts))
    return Change(State.UNCERTAIN if perhaps else State.FAILED, result.error, perhaps)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    factor: int = 4 ** (attempts - 1)
    return min(FIRST_PAUSE * factor, LONGEST_PAUSE)

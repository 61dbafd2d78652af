"""What the runner keeps in a service's tables: what happened once, and how far each partition is.

A Store is PostgreSQL (postgresql.py) or, in tests, a twin in memory. Synchronous: it is called in threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from services.kernel.errors import Permanent
from services.kernel.events import Event, Row
from services.kernel.topics import TP
from services.kernel.wire import Message


@dataclass
class Result:
    """What to publish for each event, in their order, and which events can't be handled."""

    outputs: dict[UUID, list[Message]] = field(default_factory=dict)
    rejected: dict[UUID, Permanent] = field(default_factory=dict)
    repeated: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Position:
    """How far a partition is: all outputs of what is below `next_offset` are published.

    `fingerprint` is that of the record before `next_offset`, empty where this process has not seen it.
    """

    topic: str
    partition: int
    next_offset: int
    fingerprint: bytes = b""


@dataclass(frozen=True)
class Tried:
    """An event that is handled alone: its place, its record's fingerprint, its id, and the topics of its stage."""

    topic: str
    partition: int
    fingerprint: bytes
    event: UUID | None
    others: tuple[str, ...]


@dataclass(frozen=True)
class Trials:
    """How often an event was handled alone. `others_succeeded` says that others of its stage were handled both between
    the first time and the last one, and since: then it is not the environment that is ill.
    """

    count: int
    others_succeeded: bool


def digest(event: Event) -> bytes:
    """What two events with the same id must have in common."""
    return sha256(event.encoded).digest()


class Transaction(Protocol):
    """All that is done in it holds, or nothing of it."""

    @property
    def session(self) -> Session:
        """What a stage loads its facts from."""
        ...

    def recall(self, events: Sequence[Event]) -> Result:
        """What the inbox knows of the events; nothing of those that are new."""
        ...

    def claim(self, events: Sequence[Event], *, permanent: bool) -> tuple[list[Event], Result]:
        """Enters the events into the inbox; returns the new ones, and what is known already of the others.

        `permanent` says that their topic is kept for ever, and so must be what is known of them.
        """
        ...

    def forget(self, ids: Sequence[UUID]) -> None:
        """Takes events out of the inbox that were entered in this transaction."""
        ...

    def write(self, rows: Iterable[Row]) -> None:
        """Writes the rows in their order."""
        ...

    def record(self, outputs: dict[UUID, list[Message]]) -> None:
        """Keeps what the events led to, to be published again when they come again."""
        ...


class Store(Protocol):
    """The tables of one service."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commits where its block ends, and rolls back where that raises."""
        ...

    def trials(self, tried: Tried) -> Trials:
        """What became of it so far. A restart of the database, which ends processes without the event's fault, begins
        the count anew; and so does a trial in which the event was handled, though its process ended afterwards.
        """
        ...

    def begin_trial(self, tried: Tried) -> None:
        """Counts, durably, that the event is handled alone now; anew where another of its stage was handled since the
        first trial, and had not been before: what ended the trials until then may have been what ailed them all.
        """
        ...

    def keep(self, letters: Sequence[Message]) -> None:
        """Keeps dead letters that are published, should the broker lose them: nothing else of them is stored."""
        ...

    def marks(self) -> Mapping[TP, int]:
        """How far each partition is, of those that have been noted."""
        ...

    def catalogue_version(self) -> int:
        """The state that this service's copy of the catalogue has reached."""
        ...

    def expire(self) -> None:
        """Forgets events that no broker has any more."""
        ...

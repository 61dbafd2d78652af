"""Where an attempt stands, as people read it: word, tone, the steps so far, and what to do now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.console import words
from services.model.text import Language

RECEIPT_VERDICTS = ("returned", "withheld", "cleared")
"""The verdicts of which the log gives a receipt."""

WITHDRAWABLE = ("held", "cleared", "stored", "superseded")
"""The states of an attempt that its sender can still take back."""


class Tone(StrEnum):
    """How a state is shown: an icon and a colour beside its words, never instead of them."""

    BUSY = "busy"
    WAIT = "wait"
    GOOD = "good"
    MEND = "mend"
    BAD = "bad"
    PAST = "past"


TONES: Mapping[str, Tone] = {
    "received": Tone.BUSY,
    "validated": Tone.BUSY,
    "held": Tone.WAIT,
    "returned": Tone.MEND,
    "withheld": Tone.BAD,
    "cleared": Tone.GOOD,
    "stored": Tone.GOOD,
    "superseded": Tone.PAST,
    "withdrawn": Tone.PAST,
}
"""Every state of an attempt, in the order of its path."""

TIMELINESS: Mapping[str, Tone] = {
    "on_time": Tone.GOOD,
    "late": Tone.WAIT,
    "on_time_then_returned": Tone.MEND,
    "missing": Tone.BAD,
    "open": Tone.BUSY,
    "excused": Tone.PAST,
}
"""How a duty was met, in the order in which a bar shows it."""


@dataclass(frozen=True)
class Step:
    """One step of the path. `at` is blank where it is still to come."""

    name: str
    at: str
    look: str
    is_current: bool = False


def steps(attempt: Mapping[str, Any], language: Language) -> list[Step]:
    """What happened, in order, and what is still to come where nothing has gone wrong."""
    say, times, state = words.sayer(language), attempt["times"], attempt["state"]
    passed = [tone for tone in TONES if tone in times]
    steps = [
        Step(
            say(f"step.{tone}"),
            words.moment(times[tone], language),
            TONES[tone].value if tone == state else "done",
            tone == state,
        )
        for tone in passed
    ]
    ended = state in ("returned", "withheld", "superseded", "withdrawn", "stored")
    ahead = (
        [] if ended else [step for step in ("validated", "cleared", "stored") if step not in times]
    )
    return steps + [Step(say(f"step.{step}.ahead"), "", "ahead") for step in ahead]


def advice(attempt: Mapping[str, Any], is_sender: bool, language: Language) -> str:
    """What the reader should do now; senders are told what to send, the office whom it waits for."""
    say, state = words.sayer(language), attempt["state"]
    if state in ("returned", "withheld"):
        if newest(attempt):
            return say("advice.later")
        return say(f"advice.{state}.{'sender' if is_sender else 'office'}")
    return say(f"advice.{state}")


def newest(attempt: Mapping[str, Any]) -> int:
    """The number of the newest attempt where that is another; 0 where it is this."""
    latest: int = max(other["attempt"] for other in attempt["attempts"])
    return latest if latest > attempt["attempt"] else 0


def whose_turn(review: Mapping[str, Any] | None, room: str, language: Language) -> str:
    """Who decides a held attempt, by when, and how many must agree; blank where policy doesn't say."""
    if review is None:
        return ""
    say = words.sayer(language)
    said = [say("held.room", room=room) if room else say("held.leadership")]
    if review["is_overdue"]:
        said.append(say("held.overdue", due=words.moment(review["due"], language)))
    else:
        said.append(say("held.due", due=words.moment(review["due"], language)))
    if review["reviewers"] > 1:
        counts = {"count": review["reviewers"], "agreed": review["agreed"]}
        said.append(say("held.reviewers", **counts))
    return " ".join(said)

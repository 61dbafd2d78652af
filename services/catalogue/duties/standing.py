"""How a duty stands at a moment: from what came, what was decided about it, and what was granted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from services.catalogue.duties.duty import Duty
from services.catalogue.duties.terms import (
    Announced,
    Declined,
    Granted,
    Moved,
    Refusal,
    Requested,
    moves,
    refusals,
)
from services.catalogue.duties.thread import Remark, of


class State(StrEnum):
    """Where it is; whether it is late is another question."""

    EXPECTED = "expected"
    MISSING_SECTIONS = "missing_sections"
    """Expected still, where its supplier has sent other sections of the same form."""
    ANNOUNCED_LATE = "announced_late"
    RECEIVED = "received"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    NIL = "nil"
    EXCUSED = "excused"
    CLOSED = "closed"


OPEN = frozenset(
    {
        State.EXPECTED,
        State.MISSING_SECTIONS,
        State.ANNOUNCED_LATE,
        State.RETURNED,
        State.CLOSED,
    }
)
"""Something has still to come."""


class Timeliness(StrEnum):
    """How well it was met, of what counts at all."""

    OPEN = "open"
    """It is not due yet, and nothing came."""
    ON_TIME = "on_time"
    RETURNED = "on_time_then_returned"
    LATE = "late"
    MISSING = "missing"
    EXCUSED = "excused"
    """It leaves the denominator."""


@dataclass(frozen=True)
class Delivery:
    """An attempt at it; moments are None for what has not happened. Held, it is received until somebody decides."""

    attempt: int
    received_at: datetime
    returned_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was taken back, or withheld: as if it had not come."""
    is_nil: bool = False
    submission: UUID | None = None
    sections: frozenset[str] = frozenset()
    """Those of its form that it covers; none: all that its sender answers for."""
    document: str | None = None
    """By which a report was sent: its day is that of receipt, and accepted it is when somebody said so."""


@dataclass(frozen=True)
class Difficulty:
    """What keeps the supplier from it, in its words; since when, and by which document the office passed it on."""

    at: datetime
    reason: str
    forwarded_at: datetime | None = None
    document: str | None = None


@dataclass(frozen=True)
class Facts:
    """All that was said and came."""

    deliveries: Sequence[Delivery] = ()
    granted: Sequence[Granted] = ()
    announced: Sequence[Announced] = ()
    requested: Sequence[Requested] = ()
    declined: Sequence[Declined] = ()
    difficulty: Difficulty | None = None
    thread: Sequence[Remark] = ()
    beside: Sequence[Delivery] = ()
    """What its supplier sent of other sections."""


@dataclass(frozen=True)
class Standing:
    """`late_from` with what was granted; `first` is when the first attempt that is still there came, `attempt` the
    newest one; `requested` the last request for time that nobody has answered, `granted` and `refused` what was
    answered; `supplied` the last document of a report. `responses` are how long each return waited for the next
    attempt, `corrections` the attempts after one that was accepted.
    """

    state: State
    timeliness: Timeliness
    late_from: datetime
    first: datetime | None = None
    submission: UUID | None = None
    attempt: int | None = None
    requested: Requested | None = None
    granted: Sequence[Moved] = ()
    refused: Sequence[Refusal] = ()
    difficulty: Difficulty | None = None
    thread: Sequence[Remark] = ()
    supplied: Delivery | None = None
    returns: int = 0
    responses: tuple[timedelta, ...] = ()
    corrections: int = 0


def standing(duty: Duty, facts: Facts, at: datetime) -> Standing:
    """How it stood at a moment, by what had happened until then: asked about the past, it says what was so."""
    granted = [one for one in facts.granted if one.at <= at]
    declined = [one for one in facts.declined if one.at <= at]
    moved = tuple(moves(duty.late_from, granted))
    late_from = moved[-1].after if moved else duty.late_from
    came = sorted(
        (one for one in facts.deliveries if one.received_at <= at),
        key=lambda one: (one.received_at, one.attempt),
    )
    # What was taken back, or may not be used, is as if it had not come.
    there = [one for one in came if not _is_over(one.ended_at, at)]
    if granted and granted[-1].is_excused:
        state, timeliness = State.EXCUSED, Timeliness.EXCUSED
    else:
        state = _state(duty, facts, there, late_from, at)
        timeliness = _timeliness(there, late_from, at)
    # Before it came late more time may have been asked for: whoever answers only now makes nobody late.
    asked_by = there[0].received_at if timeliness is Timeliness.LATE and state not in OPEN else at
    may_have_asked = state in OPEN or timeliness is Timeliness.LATE
    return Standing(
        state=state,
        timeliness=timeliness,
        late_from=late_from,
        first=there[0].received_at if there else None,
        submission=came[-1].submission if came else None,
        attempt=came[-1].attempt if came else None,
        requested=_unanswered(facts, (*granted, *declined), asked_by) if may_have_asked else None,
        granted=moved,
        refused=tuple(refusals(facts.requested, declined)),
        difficulty=facts.difficulty,
        thread=facts.thread,
        supplied=max(
            (one for one in came if one.document), key=lambda one: one.attempt, default=None
        ),
        returns=sum(_is_over(one.returned_at, at) for one in came),
        responses=tuple(_responses(came, at)),
        corrections=_corrections(came),
    )


def heard_by(stood: Standing, supplier: str) -> Standing:
    """As a supplier hears it: what was said to whoever owed it before it is none of its business, but that its own
    term moved.
    """
    granted = tuple(
        one
        if one.by.supplier in ("", supplier)
        else replace(one, by=replace(one.by, reason="", document=None))
        for one in stood.granted
    )
    return replace(stood, thread=of(stood.thread, supplier), granted=granted)


def _responses(came: Sequence[Delivery], at: datetime) -> Iterator[timedelta]:
    for one, following in pairwise(came):
        if one.returned_at is not None and one.returned_at <= min(at, following.received_at):
            yield following.received_at - one.returned_at


def _corrections(came: Sequence[Delivery]) -> int:
    accepted = [one.accepted_at for one in came if one.accepted_at is not None]
    return sum(one.received_at > min(accepted) for one in came) if accepted else 0


def _unanswered(
    facts: Facts, answers: Iterable[Granted | Declined], at: datetime
) -> Requested | None:
    answered = max((one.at for one in answers), default=None)
    asked = [
        one for one in facts.requested if one.at <= at and (answered is None or one.at > answered)
    ]
    return asked[-1] if asked else None


def _state(
    duty: Duty, facts: Facts, there: Sequence[Delivery], late_from: datetime, at: datetime
) -> State:
    if accepted := [one for one in there if _is_over(one.accepted_at, at)]:
        return State.NIL if accepted[-1].is_nil else State.ACCEPTED
    if there:
        return State.RETURNED if _is_over(there[-1].returned_at, at) else State.RECEIVED
    if duty.closed_from is not None and at >= max(duty.closed_from, late_from):
        return State.CLOSED
    announced = [one for one in facts.announced if one.at <= at]
    if announced and at < announced[-1].until:
        return State.ANNOUNCED_LATE
    beside = any(one.received_at <= at and not _is_over(one.ended_at, at) for one in facts.beside)
    return State.MISSING_SECTIONS if beside else State.EXPECTED


def _timeliness(came: Sequence[Delivery], late_from: datetime, at: datetime) -> Timeliness:
    """By the first attempt: how long the office then took for it never counts."""
    if not came:
        return Timeliness.OPEN if at < late_from else Timeliness.MISSING
    first = came[0]
    if first.received_at >= late_from:
        return Timeliness.LATE
    return Timeliness.RETURNED if _is_over(first.returned_at, at) else Timeliness.ON_TIME


def _is_over(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment <= at

"""What moves a term, or does not: time that was asked for, granted or refused, and delays that were announced. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Granted:
    """What the room granted: another end of the term, or that nothing is owed; to `supplier`, who owed it then."""

    at: datetime
    reason: str
    late_from: datetime | None = None
    is_excused: bool = False
    document: str | None = None
    supplier: str = ""


@dataclass(frozen=True)
class Declined:
    """That the room gives no more time."""

    at: datetime
    reason: str
    document: str | None = None


@dataclass(frozen=True)
class Announced:
    """The supplier's word that it will be late, and until when."""

    at: datetime
    until: datetime


@dataclass(frozen=True)
class Requested:
    """The time for which the supplier asked; whoever grants any has answered it, and so has who refuses it."""

    at: datetime
    until: datetime
    reason: str


@dataclass(frozen=True)
class Moved:
    """What a grant did: from when on it was late before it, and from when on after it. An excuse moves nothing."""

    by: Granted
    before: datetime
    after: datetime


@dataclass(frozen=True)
class Refusal:
    """A request and why it was refused."""

    requested: Requested
    by: Declined


def moves(late_from: datetime, granted: Sequence[Granted]) -> Iterator[Moved]:
    """What each grant did to a term, in order: the last one counts. The term of all may have moved beyond what was
    granted to one.
    """
    before = late_from
    for one in granted:
        after = max(one.late_from, late_from) if one.late_from else before
        yield Moved(one, before, after)
        before = after


def refusals(requested: Sequence[Requested], declined: Sequence[Declined]) -> Iterator[Refusal]:
    """What was refused, in order: each time the newest request of before."""
    for one in declined:
        asked = [each for each in requested if each.at <= one.at]
        if asked:
            yield Refusal(asked[-1], one)

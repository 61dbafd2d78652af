"""The list of attempts: which are wanted and in which order, how many there are, and by what they are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import Query
from pydantic import StringConstraints
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col

from services.intake import store
from services.intake.queries import Joined, joined
from services.intake.status import State
from services.model.due import FIRST_YEAR, LAST_YEAR
from services.model.period import Period, PeriodError
from services.model.regulation import midnight

Reached = sa.ColumnElement[bool]
"""The condition of `scope.within`: what who asks may see."""
Day = Annotated[date | None, Query(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Code = Annotated[str, StringConstraints(max_length=200)]
MOST_NAMED = 200
DIGITS = range(6, 33)
"""How many digits of a submission's id mean it: fewer are as often a word."""


class Sort(StrEnum):
    """The order of the list; within a period or a sender the newest are first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    PERIOD = "period"
    SENDER = "sender"


@dataclass(frozen=True)
class Filter:
    """Which attempts to list; None means any. Days are those of Viet Nam, both counted.

    `search` is how a submission's id begins, or a part of the id of its form or sender; `named` are ids of forms and
    senders that are meant as well, as where somebody searched for their names.
    """

    sender: str | None = None
    form: str | None = None
    area: str | None = None
    period: str | None = None
    state: State | None = None
    received_from: Day = None
    received_until: Day = None
    search: Annotated[str | None, Query(max_length=200)] = None
    named: Annotated[tuple[Code, ...], Query(max_length=MOST_NAMED)] = ()


@dataclass(frozen=True)
class Among:
    """What the attempts that somebody sees are of: ids by the alphabet, periods by time, the latest first."""

    forms: Sequence[str]
    senders: Sequence[str]
    periods: Sequence[str]


def listed(
    session: Session, reached: Reached, wanted: Filter, sort: Sort, limit: int, offset: int
) -> list[Joined]:
    """A page of the attempts that are wanted."""
    statement = joined().where(reached, *_conditions(wanted)).order_by(*_order(session, sort))
    return [tuple(row) for row in session.execute(statement.limit(limit).offset(offset))]


def counts(session: Session, reached: Reached, wanted: Filter) -> dict[State, int]:
    """How many attempts are in each state, of those that are wanted in any state."""
    state = col(store.Status.state)
    conditions = (reached, *_conditions(replace(wanted, state=None)))
    has_days = wanted.received_from or wanted.received_until
    # Of all attempts the least is read: where they stand, and what they are of.
    start = joined(state, sa.func.count()) if has_days else _standing(state, sa.func.count())
    statement = start.where(*conditions).group_by(state)
    return {State(name): count for name, count in session.execute(statement)}


def among(session: Session, reached: Reached) -> Among:
    """By what all that is within reach is told apart."""
    columns = [
        col(column)
        for column in (store.Submission.form, store.Submission.sender, store.Submission.period)
    ]
    alone = sa.func.grouping_sets(*(sa.tuple_(column) for column in columns))
    rows = session.execute(sa.select(*columns).where(reached).group_by(alone)).all()
    forms, senders, periods = (
        [row[place] for row in rows if row[place] is not None] for place in range(len(columns))
    )
    return Among(sorted(forms), sorted(senders), latest_first(periods))


def latest_first(periods: Iterable[str]) -> list[str]:
    """Periods by when they end, and of those that end together the longest first; what is none is last."""

    def when(period: str) -> tuple[bool, date, date]:
        try:
            read = Period.parse(period)
        except PeriodError:
            return False, date.min, date.min
        return True, read.end, date.min + (date.max - read.start)

    return sorted(sorted(periods), key=when, reverse=True)


def ids_beginning(text: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that begin so; None where it isn't how an id begins."""
    digits = text.replace("-", "").lower()
    if len(digits) not in DIGITS or not set(digits) <= set("0123456789abcdef"):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def _standing(*columns: Any) -> Any:
    of_it = col(store.Status.submission_id) == col(store.Submission.submission_id)
    return sa.select(*columns).select_from(store.Submission).join(store.Status, of_it)


def _conditions(wanted: Filter) -> Iterator[Reached]:
    for column, value in (
        (store.Submission.sender, wanted.sender),
        (store.Submission.form, wanted.form),
        (store.Submission.area, wanted.area),
        (store.Submission.period, wanted.period),
        (store.Status.state, wanted.state),
    ):
        if value is not None:
            yield col(column) == str(value)
    received_at = col(store.Attempt.received_at)
    if wanted.received_from:
        yield received_at >= midnight(wanted.received_from)
    if wanted.received_until:
        yield received_at < midnight(wanted.received_until + timedelta(days=1))
    if search := (wanted.search or "").strip():
        yield _found_by(search, wanted.named)


def _found_by(search: str, named: Sequence[str]) -> Reached:
    columns = col(store.Submission.form), col(store.Submission.sender)
    found = [column.icontains(search, autoescape=True) for column in columns]
    found += [column.in_(named) for column in columns if named]
    if bounds := ids_beginning(search):
        found.append(col(store.Submission.submission_id).between(*bounds))
    return sa.or_(*found)


def _order(session: Session, sort: Sort) -> list[Any]:
    received_at = col(store.Attempt.received_at)
    one_of_them = col(store.Attempt.submission_id), col(store.Attempt.attempt).desc()
    newest = [received_at.desc(), *one_of_them]
    match sort:
        case Sort.NEWEST:
            return newest
        case Sort.OLDEST:
            return [received_at, *one_of_them]
        case Sort.SENDER:
            return [col(store.Submission.sender), *newest]
        case Sort.PERIOD:
            # In time, which the spelling of periods is not; there are few of them.
            period = col(store.Submission.period)
            periods = latest_first(session.scalars(sa.select(period).distinct()))
            place = sa.func.array_position(sa.literal(periods, ARRAY(sa.Text)), period)
            return [place, *newest]

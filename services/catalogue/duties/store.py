"""Tables of what came for duties, and what the duties are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Session, SQLModel, col, select

from services.catalogue.duties.duty import Duty
from services.catalogue.entry import EntryKind, Version
from services.catalogue.store import SCHEMA, Entry, version_of
from services.events.catalogue import ObligationHead
from services.kernel.mapping import Json

TIME: Any = sa.DateTime(timezone=True)


class Came(SQLModel, table=True):
    """One event about an attempt; what follows from all of them is derived when it is asked for."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index("deliveries_owed", "form", "sender", "period"),
        SCHEMA,
    )

    event_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    what: str
    decision: int | None = Field(sa_type=sa.BigInteger)
    at: datetime = Field(sa_type=TIME)
    sender: str
    form: str
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    nil: str
    sections: str


class ActRow(SQLModel, table=True):
    """What somebody said of a duty; never changed."""

    __tablename__ = "duty_acts"
    __table_args__ = SCHEMA

    id: UUID = Field(primary_key=True)
    duty: UUID = Field(index=True)
    change: str
    until: datetime | None = Field(sa_type=TIME)
    person: str
    organisation: str
    supplier: str = ""
    """Who owed it then; blank from before that was kept."""
    reason: str
    document: str | None
    channel: str
    row: str | None
    column: str | None
    answers: UUID | None = None
    """The question that an answer names; blank from before that was kept."""
    at: datetime = Field(sa_type=TIME)


class Reminded(SQLModel, table=True):
    """A reminder that was sent: an extended term has others."""

    __tablename__ = "reminders"
    __table_args__ = SCHEMA

    duty: UUID = Field(primary_key=True)
    late_from: datetime = Field(primary_key=True, sa_type=TIME)
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=TIME)


class ClosingRow(SQLModel, table=True):
    """What was told of when a duty closes; never changed, the last word counts."""

    __tablename__ = "closings"
    __table_args__ = SCHEMA

    duty: UUID = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=TIME)
    closes_at: datetime | None = Field(sa_type=TIME)
    supplier: str
    late_from: datetime | None = Field(default=None, sa_type=TIME, index=True)
    """When its term ended, before what was granted; blank, as `obligation`, from before that was kept."""
    obligation: ObligationHead | None = Field(default=None, sa_type=Json(ObligationHead))


def _among(column: Mapped[UUID], ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """Whether it is one of these: one parameter, where thousands would take longer to write than to look up."""
    return column == sa.any_(sa.literal(list(set(ids)), ARRAY(sa.Uuid)))


def came(session: Session, owed: Collection[Duty], until: datetime) -> Iterator[Any]:
    """The columns of Came: what came until a moment by the forms for the periods of these duties, as it happened."""
    # Plain rows: there may be tens of thousands.
    statement = sa.select(*SQLModel.metadata.tables["catalogue.deliveries"].columns).where(
        col(Came.form).in_({duty.form for duty in owed}),
        col(Came.period).in_({duty.key.period for duty in owed}),
        col(Came.at) <= until,
    )
    yield from session.execute(statement.order_by(col(Came.at), col(Came.event_id)))


def as_of(session: Session, kind: EntryKind, at: datetime) -> list[Version]:
    """Every entry of a kind in the version that was the newest then, by id; one that was entered ahead takes the place
    of the one before it when it begins.
    """
    statement = (
        select(Entry)
        .where(Entry.kind == kind.value, col(Entry.changed_at) <= at)
        .order_by("id", sa.desc("version"))
    )
    newest: dict[str, Any] = {}
    begun: dict[str, Any] = {}
    for row in session.exec(statement):
        newest.setdefault(row.id, row)
        if row.valid_from is None or row.valid_from <= at:
            begun.setdefault(row.id, row)
    return [version_of(row) for row in (newest | begun).values()]


def acts(session: Session, duties: Iterable[UUID], until: datetime) -> Iterator[ActRow]:
    """What was said of these duties until a moment, in the order in which it was."""
    statement = select(ActRow).where(_among(col(ActRow.duty), duties), col(ActRow.at) <= until)
    yield from session.exec(statement.order_by(col(ActRow.at), col(ActRow.id)))


def reminded(session: Session, duties: Iterable[UUID]) -> dict[tuple[UUID, datetime], int]:
    """The number of the last reminder of each duty and term that had any."""
    last = sa.func.max(Reminded.number)
    statement = select(Reminded.duty, Reminded.late_from, last).group_by(
        col(Reminded.duty), col(Reminded.late_from)
    )
    found = session.exec(statement.where(_among(col(Reminded.duty), duties)))
    return {(duty, late_from): number for duty, late_from, number in found}


def closings(session: Session, duties: Iterable[UUID]) -> dict[UUID, ClosingRow]:
    """The last word on when each of these duties closes, of those of which there is one."""
    found = session.exec(
        select(ClosingRow).where(_among(col(ClosingRow.duty), duties)).order_by(col(ClosingRow.at))
    )
    return {row.duty: row for row in found}


def closings_without(
    session: Session, owed: Iterable[UUID], first: datetime, last: datetime
) -> list[ClosingRow]:
    """The last word on each duty that was said to close, whose term ends between the two, and that is none of these."""
    among = col(ClosingRow.late_from) >= first, col(ClosingRow.late_from) < last
    told = set(session.exec(select(ClosingRow.duty).where(*among)))
    return [
        row
        for row in closings(session, told - set(owed)).values()
        if row.closes_at and row.late_from and first <= row.late_from < last
    ]


def reminders(
    session: Session, duties: Iterable[UUID], until: datetime
) -> dict[UUID, tuple[int, datetime]]:
    """How many reminders of each duty went out until a moment, and when the last did, of those that had any."""
    statement = (
        select(Reminded.duty, sa.func.count(), sa.func.max(Reminded.at))
        .where(_among(col(Reminded.duty), duties), col(Reminded.at) <= until)
        .group_by(col(Reminded.duty))
    )
    return {duty: (count, last) for duty, count, last in session.exec(statement)}

"""Tables of what came for duties, and what the duties are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.catalogue.entry import EntryKind, Version
from services.catalogue.store import Entry, version_of


class Came(SQLModel, table=True):
    """One event about an attempt; what follows from all of them is derived when it is asked for."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index("deliveries_owed", "form", "sender", "period"),
        {"schema": "catalogue"},
    )

    event_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    what: str
    decision: int | None = Field(sa_type=sa.BigInteger)
    at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    sender: str
    form: str
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    nil: str


def came(session: Session, forms: Iterable[str], until: datetime) -> Iterator[Came]:
    """What came by these forms until a moment, in the order in which it happened."""
    statement = select(Came).where(col(Came.form).in_(sorted(set(forms))), col(Came.at) <= until)
    yield from session.exec(statement.order_by(col(Came.at), col(Came.event_id)))


def as_of(session: Session, kind: EntryKind, at: datetime) -> list[Version]:
    """Every entry of a kind in the version that was the newest then, by id."""
    statement = (
        select(Entry)
        .where(Entry.kind == kind.value, col(Entry.changed_at) <= at)
        .order_by("id", sa.desc("version"))
    )
    newest: dict[str, Any] = {}
    for row in session.exec(statement):
        newest.setdefault(row.id, row)
    return [version_of(row) for row in newest.values()]

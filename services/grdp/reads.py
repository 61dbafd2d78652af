"""Who received which figures, and under which article: for the office's leadership and auditors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col, select

from services.events import grdp as events
from services.grdp.queries import Cursor
from services.grdp.store import Read
from services.kernel.avro import to_avro
from services.kernel.db import write
from services.kernel.events import Row


class Article(BaseModel):
    """An article of a regulation that allowed the read."""

    instrument: str
    article: str
    clause: str | None


class ReadSubmission(BaseModel):
    """How many figures of an attempt were read."""

    submission_id: UUID
    attempt: int
    figures: int


class FigureRead(BaseModel):
    """One page of figures that somebody got; no figure. Its `figure.read` is a leaf of the evidence log."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    person: str
    organisation: str | None
    audience_kind: str
    audience_id: str
    as_of: datetime
    filters: dict[str, str]
    figures: int
    submissions: list[ReadSubmission]
    articles: list[Article]
    read_at: datetime


class Reads(BaseModel):
    """Newest first. `next` is the cursor of the next page, null on the last."""

    reads: list[FigureRead]
    next: str | None


def keep(session: Session, event: events.FigureRead) -> None:
    """Notes a `figure.read`, in the transaction that answers it."""
    data = to_avro(event)
    values = {"id": UUID(data.pop("read_id")), **data}
    # "ignore": a COPY of many rows knows no JSON.
    write(session, [Row(Read, values, "ignore")])


def listed(
    session: Session,
    equal: Mapping[str, str],
    submission: UUID | None,
    cursor: Cursor | None,
    limit: int,
) -> Reads:
    """A page of what was read. `equal` names columns and what they must be."""
    wanted = select(Read).where(
        *(col(getattr(Read, name)) == value for name, value in equal.items())
    )
    if submission is not None:
        named = [{"submission_id": str(submission)}]
        wanted = wanted.where(col(Read.submissions).op("@>")(sa.literal(named, JSONB)))
    if cursor is not None:
        place = sa.tuple_(col(Read.read_at), col(Read.id))
        wanted = wanted.where(place < sa.tuple_(sa.literal(cursor.as_of), sa.literal(cursor.after)))
    newest = wanted.order_by(col(Read.read_at).desc(), col(Read.id).desc())
    rows = session.exec(newest.limit(limit + 1)).all()
    page = [FigureRead.model_validate(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Reads(reads=page, next=str(Cursor(page[-1].read_at, page[-1].id)) if more else None)

"""Keeping refusals: one row and one event each, however often the same is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.events.intake import SubmissionRefused
from services.intake import store
from services.intake.identity import refusal_id
from services.intake.refusal import Refusal
from services.kernel.api import Context
from services.model.statement import Statement

OWN = ("refusal_id", "sequence")
"""Columns that the caller doesn't give."""


@dataclass(frozen=True)
class Recorded:
    """A refusal as it is kept; `new` if it was not here before."""

    row: store.Refusal
    new: bool


def record_refusal(context: Context, token: str, statement: Statement, refusal: Refusal) -> None:
    """Keeps the refusal of a signed statement, and tells of it."""
    data = {
        **{name: getattr(statement, name) for name in ("sender", "form", "area", "period")},
        "code": refusal.code.id,
        "status": refusal.code.status,
        **refusal.kept,
    }
    record(context, refusal_id(token, refusal), data)


def record(context: Context, id_: UUID, data: Mapping[str, Any]) -> Recorded:
    """Writes a refusal and its event in one transaction; finds what is there for a known id."""
    columns = [name for name in store.Refusal.model_fields if name not in OWN]
    values: dict[str, Any] = {name: data.get(name) for name in columns} | {
        "refused_at": context.clock()
    }
    with Session(context.engine, expire_on_commit=False) as session:
        new = session.execute(
            insert(store.Refusal)
            .values(refusal_id=id_, **values)
            .on_conflict_do_nothing()
            .returning(col(store.Refusal.refusal_id))
        ).first()
        if new is not None:
            refused = SubmissionRefused(refusal_id=str(id_), **values)
            sequence = context.outbox.add(session, refused)
            own = col(store.Refusal.refusal_id) == id_
            session.execute(sa.update(store.Refusal).where(own).values(sequence=sequence))
        row = session.get_one(store.Refusal, id_)
        session.commit()
    return Recorded(row, new is not None)

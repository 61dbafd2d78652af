"""Drafts in the database: what they are, and their content sealed by a key that the master key wraps."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.intake.drafts.draft import KEPT, About, Draft, Prepared, Sent
from services.intake.store import SCHEMA
from services.kernel.db import lock
from services.kernel.mapping import Json, Mapped
from services.kernel.masterkey import MasterKey
from services.kernel.sealing import new_key, seal, unseal


class DraftRow(SQLModel, table=True):
    """A draft without its content. Whoever changes it holds its row."""

    __tablename__ = "draft"
    __table_args__ = (sa.Index("draft_organisation", "organisation"), SCHEMA)

    draft_id: UUID = Field(primary_key=True)
    organisation: str
    about: About = Field(sa_column=sa.Column(Json(About), nullable=False))
    file_name: str
    media_type: str
    sha256: str
    size: int
    nonce: str
    drafted_by: str
    changed_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    prepared: Prepared | None = Field(sa_column=sa.Column(Json(Prepared)))
    sent: Sent | None = Field(sa_column=sa.Column(Json(Sent)))


class ContentRow(SQLModel, table=True):
    """The workbook of a draft, sealed under the draft's id. It goes once it is sent."""

    __tablename__ = "draft_content"
    __table_args__ = SCHEMA

    draft_id: UUID = Field(
        primary_key=True, foreign_key="intake.draft.draft_id", ondelete="CASCADE"
    )
    wrapped: bytes
    sealed: bytes


DRAFTS = Mapped(Draft, DraftRow)


def hold(session: Session, draft: Draft) -> None:
    """Until the transaction ends nobody else keeps a draft of its organisation: who counts them counts all. Nor does
    anybody discard this one, which then couldn't be written.
    """
    lock(session, f"intake drafts of {draft.organisation}")
    found(session, draft.id, draft.organisation, lock=True)


def write(session: Session, draft: Draft) -> None:
    """Keeps a draft, in place of the one before it for the same duty."""
    session.merge(DraftRow(draft_id=draft.id, **vars(draft)))
    session.flush()


def write_content(session: Session, draft: Draft, content: bytes, master_key: MasterKey) -> None:
    """Keeps its workbook."""
    key = new_key()
    sealed = seal(key, str(draft.id), content)
    # Not merged: that would read the one before, which is as large.
    drop_content(session, draft)
    session.add(ContentRow(draft_id=draft.id, wrapped=master_key.wrap(key), sealed=sealed))
    session.flush()


def content(session: Session, draft: Draft, master_key: MasterKey) -> bytes | None:
    """Its workbook; None where it was sent."""
    row = session.get(ContentRow, draft.id)
    if row is None:
        return None
    return unseal(master_key.unwrap(row.wrapped), str(draft.id), row.sealed)


def drop_content(session: Session, draft: Draft) -> None:
    """Forgets its workbook."""
    session.exec(sa.delete(ContentRow).where(col(ContentRow.draft_id) == draft.id))


def delete(session: Session, draft: Draft) -> None:
    """Forgets it with its workbook."""
    session.exec(sa.delete(DraftRow).where(col(DraftRow.draft_id) == draft.id))


def found(session: Session, id_: UUID, organisation: str, *, lock: bool = False) -> Draft | None:
    """The organisation's draft with this id; of any other there is none."""
    wanted: Any = select(DraftRow).where(
        col(DraftRow.draft_id) == id_, col(DraftRow.organisation) == organisation
    )
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    return DRAFTS.of(row) if row else None


def listed(session: Session, organisation: str) -> list[Draft]:
    """All of an organisation's, the newest first."""
    rows = session.exec(
        select(DraftRow)
        .where(col(DraftRow.organisation) == organisation)
        .order_by(sa.desc(col(DraftRow.changed_at)))
    )
    return [DRAFTS.of(row) for row in rows]


def forget_old(session: Session, now: datetime) -> None:
    """Deletes those that nobody has changed for a day."""
    session.exec(sa.delete(DraftRow).where(col(DraftRow.changed_at) <= now - KEPT))

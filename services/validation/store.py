"""Validation's tables: what was checked, what was accepted, what was answered, what was verified."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.events.common import Head
from services.events.validation import SectionPart
from services.kernel.events import ObjectReference
from services.kernel.mapping import Json
from services.model.statement import NilKind
from services.validation.findings import Inconsistency

SCHEMA = "validation"
TIME = sa.DateTime(timezone=True)
OBJECT = Json(ObjectReference)


@dataclass(frozen=True, kw_only=True)
class AttemptHead(Head):
    """What its events begin with, whether the attempt is meant to have no numbers, and the sections that it covers."""

    nil: NilKind | None = None
    sections: str = ""

    def plain(self) -> Head:
        """As events have it."""
        return Head(**{field.name: getattr(self, field.name) for field in fields(Head)})


class AttemptRow(SQLModel, table=True):
    """An attempt that was checked. `content` is the SHA-256 of its original."""

    __tablename__ = "attempts"
    __table_args__ = (sa.Index("attempts_received", "received_at"), {"schema": SCHEMA})

    submission_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    form: str
    head: AttemptHead = Field(sa_type=Json(AttemptHead))
    content: str
    original: ObjectReference = Field(sa_type=OBJECT)
    report: ObjectReference = Field(sa_type=OBJECT)
    verdict: str
    received_at: datetime = Field(sa_type=TIME)


class AcceptedRow(SQLModel, table=True):
    """The figures of a submission that were stored last, as Parquet: what later ones are compared with."""

    __tablename__ = "accepted"
    __table_args__ = (
        sa.Index("accepted_about", "form", "area_list", "area", "period"),
        {"schema": SCHEMA},
    )

    submission_id: UUID = Field(primary_key=True)
    attempt: int
    sender: str
    form: str
    form_version: int
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    stored_at: datetime = Field(sa_type=TIME)
    observations: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    """None once the sender took it back: nothing is compared with it."""


class UnusedRow(SQLModel, table=True):
    """An attempt that nobody may use: a regulation forbids it, or its sender took it back. That never changes."""

    __tablename__ = "unused"
    __table_args__ = ({"schema": SCHEMA},)

    submission_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)


class AnswerRow(SQLModel, table=True):
    """What somebody answered to a finding; never changed. Its text stays here: the event has its SHA-256."""

    __tablename__ = "answers"
    __table_args__ = (sa.Index("answers_submission", "submission_id"), {"schema": SCHEMA})

    answer_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    number: int
    finding: str
    content: str
    kind: str
    person: str
    organisation: str
    role: str
    text: str
    document: str | None = None
    answered_at: datetime = Field(sa_type=TIME)


class VerificationRow(SQLModel, table=True):
    """What a room asked to have verified; never changed. Its words stay here: the event has their SHA-256."""

    __tablename__ = "verifications"
    __table_args__ = (
        sa.Index("verifications_submission", "submission_id"),
        sa.Index("verifications_asked", "asked_at"),
        {"schema": SCHEMA},
    )

    verification_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    head: Head = Field(sa_type=Json(Head))
    room: str | None = None
    verifier: str | None = None
    cells: list[str] = Field(sa_type=JSONB)
    question: str
    person: str
    organisation: str
    role: str
    asked_at: datetime = Field(sa_type=TIME)


class VerificationAnswerRow(SQLModel, table=True):
    """What the verifying room found; never changed, and one for each question."""

    __tablename__ = "verification_answers"
    __table_args__ = ({"schema": SCHEMA},)

    verification_id: UUID = Field(primary_key=True)
    result: str
    text: str
    document: str | None = None
    person: str
    organisation: str
    role: str
    answered_at: datetime = Field(sa_type=TIME)


class ComparedRow(SQLModel, table=True):
    """What was told last of sections that several send: the rules that do not hold, with their values."""

    __tablename__ = "compared"
    __table_args__ = ({"schema": SCHEMA},)

    about: UUID = Field(primary_key=True)
    form: str
    form_version: int
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    parts: tuple[SectionPart, ...] = Field(sa_type=Json(tuple[SectionPart, ...]))
    failing: tuple[Inconsistency, ...] = Field(sa_type=Json(tuple[Inconsistency, ...]))
    compared_at: datetime = Field(sa_type=TIME)

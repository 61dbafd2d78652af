"""Intake's tables. `submission`, `attempt`, `nonce` and `refusal` are the API's, `path` and `status` the worker's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SCHEMA = {"schema": "intake"}


def _time() -> Any:
    return Field(sa_column=sa.Column(sa.DateTime(timezone=True), nullable=False))


def _json() -> Any:
    return Field(sa_column=sa.Column(JSONB, nullable=False))


def _text(*, nullable: bool = False) -> Any:
    return Field(sa_column=sa.Column(sa.Text, nullable=nullable))


class Submission(SQLModel, table=True):
    """What is one and the same however often it is corrected; its row is the lock for numbering attempts."""

    __table_args__ = (
        sa.Index("submission_sender_form", "sender", "form"),
        sa.Index("submission_form_period", "form", "period"),
        sa.Index("submission_period", "period"),
        SCHEMA,
    )

    submission_id: UUID = Field(primary_key=True)
    sender: str = _text()
    form: str = _text()
    area_list: str = _text()
    area: str = _text()
    period: str = _text()
    completeness: str = _text()
    round: int
    sections: str = _text()
    """Those of its form that it covers, parted by commas; blank where the form is one whole."""
    created_at: datetime = _time()


class Attempt(SQLModel, table=True):
    """One content of a submission, as it was taken in. Never changed."""

    __table_args__ = (sa.Index("attempt_received_at", "received_at"), SCHEMA)

    submission_id: UUID = Field(primary_key=True, foreign_key="intake.submission.submission_id")
    attempt: int = Field(primary_key=True)
    form_version: int
    regime: str = _text()
    classification: str = _text()
    province: str = _text()
    catalogue_version: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    sha256: str = _text()
    original: dict[str, Any] = _json()
    statement: str = _text()
    received_at: datetime = _time()
    sequence: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    nil: str = _text()
    """Why it is meant to have no numbers; empty where it is not."""


class Nonce(SQLModel, table=True):
    """A nonce that a sender used, and for what."""

    __table_args__ = SCHEMA

    sender: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    nonce: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    submission_id: UUID
    attempt: int


class Status(SQLModel, table=True):
    """Where an attempt stands: derived from `path`, under the lock of its row."""

    __table_args__ = (sa.Index("status_state", "state", "since"), SCHEMA)

    submission_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    state: str = _text()
    since: datetime = _time()
    account: str = _text()
    decision: int | None = Field(sa_column=sa.Column(sa.BigInteger))
    figures_read: int | None
    figures: int
    detail: dict[str, Any] = _json()


class Path(SQLModel, table=True):
    """Every event about an attempt, with what the status keeps of it."""

    __table_args__ = (sa.Index("path_submission", "submission_id", "attempt"), SCHEMA)

    event_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    state: str = _text()
    at: datetime = _time()
    decision: int | None = Field(sa_column=sa.Column(sa.BigInteger))
    figures: int | None
    detail: dict[str, Any] = _json()


class Refusal(SQLModel, table=True):
    """A signed submission that was not taken in, or the notice of a state secret; nothing of its content."""

    __table_args__ = (sa.Index("refusal_refused_at", "refused_at"), SCHEMA)

    refusal_id: UUID = Field(primary_key=True)
    sender: str | None = _text(nullable=True)
    form: str | None = _text(nullable=True)
    area: str | None = _text(nullable=True)
    period: str | None = _text(nullable=True)
    code: str = _text()
    status: int
    refused_at: datetime = _time()
    document_number: str | None = _text(nullable=True)
    secret_level: str | None = _text(nullable=True)
    secret_date: str | None = _text(nullable=True)
    secret_receiver: str | None = _text(nullable=True)
    instrument: str | None = _text(nullable=True)
    article: str | None = _text(nullable=True)
    clause: str | None = _text(nullable=True)
    sequence: int | None = Field(sa_column=sa.Column(sa.BigInteger))

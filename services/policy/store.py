"""Policy's tables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.events.common import Article, Head
from services.events.policy import Reason, Release
from services.kernel.events import ObjectReference
from services.kernel.mapping import Json

SCHEMA = "policy"
TIME = sa.DateTime(timezone=True)
HEAD = Json(Head)
REASONS = Json(tuple[Reason, ...])
ARTICLES = Json(tuple[Article, ...])


class SubmissionRow(SQLModel, table=True):
    """One submission: the number of its last decision, and the attempt that is current."""

    __tablename__ = "submissions"
    __table_args__ = {"schema": SCHEMA}

    submission_id: UUID = Field(primary_key=True)
    last_decision: int = Field(default=0, sa_type=sa.BigInteger)
    current_attempt: int | None = None


class DecisionRow(SQLModel, table=True):
    """One decision; never changed. `head` is what the events of that attempt begin with."""

    __tablename__ = "decisions"
    __table_args__ = {"schema": SCHEMA}

    submission_id: UUID = Field(primary_key=True, foreign_key=f"{SCHEMA}.submissions.submission_id")
    decision: int = Field(primary_key=True, sa_type=sa.BigInteger)
    attempt: int
    verdict: str
    policies: list[str] = Field(sa_type=JSONB)
    reasons: tuple[Reason, ...] = Field(sa_type=REASONS)
    head: Head = Field(sa_type=HEAD)
    event_id: UUID
    decided_at: datetime = Field(sa_type=TIME)


class AttemptRow(SQLModel, table=True):
    """An attempt as it was decided last. From `room` on: its last hold, also when that has ended."""

    __tablename__ = "attempts"
    __table_args__ = {"schema": SCHEMA}

    submission_id: UUID = Field(primary_key=True, foreign_key=f"{SCHEMA}.submissions.submission_id")
    attempt: int = Field(primary_key=True)
    verdict: str
    decision: int = Field(sa_type=sa.BigInteger)
    decided_at: datetime = Field(sa_type=TIME)
    head: Head = Field(sa_type=HEAD)
    period_end: date | None = None
    figures: int
    observations: ObjectReference | None = Field(default=None, sa_type=Json(ObjectReference))
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    checked: list[str] = Field(sa_type=JSONB)
    reasons: tuple[Reason, ...] = Field(sa_type=REASONS)
    releases: tuple[Release, ...] = Field(sa_type=Json(tuple[Release, ...]))
    waived: list[str] = Field(sa_type=JSONB)
    room: str | None = None
    hold: int | None = Field(default=None, sa_type=sa.BigInteger)
    held_since: datetime | None = Field(default=None, sa_type=TIME)
    due: datetime | None = Field(default=None, sa_type=TIME)
    reviewers: int | None = None


class ActRow(SQLModel, table=True):
    """What one person decided about a hold; never changed, and once for each person."""

    __tablename__ = "acts"
    __table_args__ = {"schema": SCHEMA}

    review_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    decision: int = Field(sa_type=sa.BigInteger)
    person: str
    on_behalf: str | None = None
    outcome: str
    reason: str
    document: str | None = None
    step: int
    decided_at: datetime = Field(sa_type=TIME)


class WithdrawalRow(SQLModel, table=True):
    """That a submission was taken back up to an attempt; never changed."""

    __tablename__ = "withdrawals"
    __table_args__ = ({"schema": SCHEMA},)

    withdrawal_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    person: str
    organisation: str
    reason: str
    document: str | None = None
    withdrawn_at: datetime = Field(sa_type=TIME)


class ConsentRow(SQLModel, table=True):
    """A consent, and how it ended. `is_applied`: whether what it is about was decided again since it changed."""

    __tablename__ = "consents"
    __table_args__ = ({"schema": SCHEMA},)

    consent_id: UUID = Field(primary_key=True)
    sender: str
    form: str
    period: str | None = None
    identifiers: list[str] = Field(sa_type=JSONB)
    audiences: list[str] = Field(sa_type=JSONB)
    purposes: list[str] = Field(sa_type=JSONB)
    valid_from: date
    valid_to: date | None = None
    document: str
    person: str
    given_at: datetime = Field(sa_type=TIME)
    withdrawn_at: datetime | None = Field(default=None, sa_type=TIME)
    withdrawn_by: str | None = None
    withdrawn_organisation: str | None = None
    withdrawn_reason: str | None = None
    withdrawn_document: str | None = None
    expired_at: datetime | None = Field(default=None, sa_type=TIME)
    is_applied: bool = False


class ErasureRow(SQLModel, table=True):
    """An order to erase. Entering who confirmed it destroys the keys of the attempts' objects, `erased` of them."""

    __tablename__ = "erasures"
    __table_args__ = ({"schema": SCHEMA},)

    erasure_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    ordered_by: str
    reason: str
    document: str
    ordered_at: datetime = Field(sa_type=TIME)
    confirmed_by: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=TIME)
    erased: int | None = None


class RequestRow(SQLModel, table=True):
    """A request of an audience for a figure, and the last answer to it."""

    __tablename__ = "requests"
    __table_args__ = {"schema": SCHEMA}

    request_id: UUID = Field(primary_key=True)
    audience_kind: str
    audience_id: str
    person: str
    indicator_list: str
    indicator: str
    area_list: str
    area: str
    period: str
    completeness: str
    period_end: date
    purpose: str
    basis: str
    private_interest: bool = False
    judged_by: str | None = None
    is_harmless: bool | None = None
    judgement_reason: str | None = None
    judgement_document: str | None = None
    judged_at: datetime | None = Field(default=None, sa_type=TIME)
    asked_at: datetime = Field(sa_type=TIME)
    decision: int = Field(sa_type=sa.BigInteger)
    state: str
    message: str
    articles: tuple[Article, ...] = Field(sa_type=ARTICLES)
    submission_id: UUID | None = None
    decided_at: datetime = Field(sa_type=TIME)


class ReturnedRow(SQLModel, table=True):
    """An attempt that validation sent back: it has no decision here. Of old ones nobody knows when they came."""

    __tablename__ = "returned"
    __table_args__ = {"schema": SCHEMA}

    submission_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    received_at: datetime | None = Field(default=None, sa_type=TIME)


class ClosingRow(SQLModel, table=True):
    """The last word on when a duty closes whose term ended; None: it closes no more."""

    __tablename__ = "closings"
    __table_args__ = (sa.Index("closings_owed", "supplier", "form", "period"), {"schema": SCHEMA})

    duty_id: UUID = Field(primary_key=True)
    supplier: str
    form: str
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    section: str
    closes_at: datetime | None = Field(default=None, sa_type=TIME)


class ReleasedRow(SQLModel, table=True):
    """A figure that the office published."""

    __tablename__ = "released"
    __table_args__ = {"schema": SCHEMA}

    indicator_list: str = Field(primary_key=True)
    indicator: str = Field(primary_key=True)
    area_list: str = Field(primary_key=True)
    area: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    completeness: str = Field(primary_key=True)
    period_end: date
    release_id: str
    released_at: datetime = Field(sa_type=TIME)


class PreReleaseRow(SQLModel, table=True):
    """That an audience could read an attempt before the office published it; never changed."""

    __tablename__ = "pre_releases"
    __table_args__ = ({"schema": SCHEMA},)

    submission_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    audience_kind: str = Field(primary_key=True)
    audience_id: str = Field(primary_key=True)
    decision: int = Field(sa_type=sa.BigInteger)
    head: Head = Field(sa_type=HEAD)
    articles: tuple[Article, ...] = Field(sa_type=ARTICLES)
    since: datetime = Field(sa_type=TIME)


class IncidentRow(SQLModel, table=True):
    """An attempt that bears markings of secrecy. Its entry destroys the keys of its objects, `erased` of them."""

    __tablename__ = "incidents"
    __table_args__ = {"schema": SCHEMA}

    incident_id: UUID = Field(primary_key=True)
    submission_id: UUID
    attempt: int
    head: Head = Field(sa_type=HEAD)
    level: str
    markings: list[dict[str, str]] = Field(sa_type=JSONB)
    room: str | None = None
    opened_at: datetime = Field(sa_type=TIME)
    erased: int | None = None
    outcome: str | None = None
    person: str | None = None
    reason: str | None = None
    document: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=TIME)

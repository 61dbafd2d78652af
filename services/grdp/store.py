"""Tables of the GRDP input store. Rows are added, never changed: each vintage of a figure stays.

A vintage is made only where a figure's `CONTENT` changed. An attempt that sends the same again confirms it: it is
noted with its own place in the workbook, and from then on the figure is that attempt's as well.

A *key* is what the compilers call one figure (the columns of `KEY`). A *figure* is one key as one
submission brings it; almost always the two are one to one. Where several submissions bring the same
key, the latest vintage counts.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.model.observation import DIGITS, PLACES
from services.model.observation import KEY as OBSERVATION_KEY

KEY = (*OBSERVATION_KEY, "sender", "form")
"""What identifies a figure over its revisions: the fields of schemas/grdp.observation-key.avsc."""

STATUS = ("obs_status", "conf_status", "conf_redist", "embargo_time", "obs_comment")
CONTENT = ("value", "missing", "reference_start", "reference_end", *STATUS)
"""What makes a vintage; where in the workbook it stands does not."""
PLACE = ("sheet", "cell", "rounded")
SCHEMA = "grdp"


def _time(*, nullable: bool = False) -> Any:
    return Field(sa_type=sa.DateTime(timezone=True), nullable=nullable)


def _text(**arguments: Any) -> Any:
    return Field(sa_type=sa.Text, **arguments)


class Submission(SQLModel, table=True):
    """The row that is locked while a submission's figures are written."""

    __tablename__ = "submissions"
    __table_args__ = ({"schema": SCHEMA},)

    id: str = _text(primary_key=True)
    attempt: int = Field(description="The highest attempt that was cleared; 0 before the first.")
    version: int = Field(description="How often it was written to.")
    known_from: datetime | None = _time(nullable=True)
    withdrawn: int = Field(
        default=0, description="Its sender took back this attempt and all before it; 0: none."
    )


class Attempt(SQLModel, table=True):
    """What policy decided last about one attempt, and what is stored of it."""

    __tablename__ = "attempts"
    __table_args__ = ({"schema": SCHEMA},)

    submission_id: str = _text(primary_key=True)
    attempt: int = Field(primary_key=True)
    decision: int = Field(sa_type=sa.BigInteger)
    stored: str | None = _text(description="SHA-256 of what is stored; null: not released.")
    figures: int
    known_from: datetime = _time()


class Erasure(SQLModel, table=True):
    """That an attempt, and all before it, were erased: entering it removes their values and their digests' salts."""

    __tablename__ = "erasures"
    __table_args__ = ({"schema": SCHEMA},)

    erasure_id: UUID = Field(primary_key=True)
    submission_id: str = _text()
    attempt: int
    erased_at: datetime = _time()


class Digest(SQLModel, table=True):
    """The digest of a `submission.stored`, and the salt that it takes to compare figures with it.

    The salt is no part of the event: with both, anybody could try figures until one fits.
    """

    __tablename__ = "digests"
    __table_args__ = ({"schema": SCHEMA},)

    submission_id: str = _text(primary_key=True)
    attempt: int = Field(primary_key=True)
    decision: int = Field(primary_key=True, sa_type=sa.BigInteger)
    salt: bytes = Field(sa_type=sa.LargeBinary)
    digest: str = _text(description="SHA-256 in hexadecimal; see services/grdp/identity.py.")


class Release(SQLModel, table=True):
    """What an audience may read by one decision. It holds while that is the attempt's last one."""

    __tablename__ = "releases"
    __table_args__ = (
        sa.Index("releases_audience", "audience_id", "audience_kind"),
        {"schema": SCHEMA},
    )

    submission_id: str = _text(primary_key=True)
    attempt: int = Field(primary_key=True)
    decision: int = Field(primary_key=True, sa_type=sa.BigInteger)
    number: int = Field(primary_key=True, description="Place in the event.")
    audience_kind: str = _text()
    audience_id: str = _text()
    copy_kind: str = _text(description="full or protected; only full copies are here.")
    state: str = _text(description="granted, pending or denied.")
    only_figures: list[dict[str, Any]] | None = Field(
        sa_type=JSONB(none_as_null=True), description="The figures it is about; null: all."
    )
    only_flags: list[dict[str, Any]] | None = Field(
        sa_type=JSONB(none_as_null=True),
        description="The combinations of flags that it is about; null: all.",
    )
    not_before: datetime | None = _time(nullable=True)
    articles: list[dict[str, Any]] = Field(sa_type=JSONB)


class Read(SQLModel, table=True):
    """One page of figures that somebody read, as its `figure.read` says."""

    __tablename__ = "reads"
    __table_args__ = (
        sa.Index("reads_time", "read_at", "id"),
        sa.Index("reads_submissions", "submissions", postgresql_using="gin"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    person: str = _text()
    organisation: str | None = _text()
    audience_kind: str = _text()
    audience_id: str = _text()
    as_of: datetime = _time()
    filters: dict[str, str] = Field(sa_type=JSONB)
    figures: int
    submissions: list[dict[str, Any]] = Field(sa_type=JSONB)
    articles: list[dict[str, Any]] = Field(sa_type=JSONB)
    read_at: datetime = _time()


class Figure(SQLModel, table=True):
    """One key as one submission brings it."""

    __tablename__ = "figures"
    __table_args__ = (
        sa.Index("figures_key_id", "key_id"),
        sa.Index("figures_submission_id", "submission_id"),
        sa.Index("figures_period", "period", "key_id"),
        {"schema": SCHEMA},
    )

    id: UUID = Field(primary_key=True)
    key_id: UUID
    submission_id: str = _text()
    indicator_list: str = _text()
    indicator: str = _text()
    area_list: str = _text()
    area: str = _text()
    activity_list: str = _text()
    activity: str = _text()
    breakdown: str = _text()
    unit: str = _text()
    unit_multiplier: int
    measure: str = _text()
    prices: str = _text()
    base_year: int | None
    scenario: str = _text()
    period: str = _text()
    completeness: str = _text()
    round: int
    sender: str = _text()
    form: str = _text()


class Observation(SQLModel, table=True):
    """One vintage of a figure.

    `revision` counts from 1; null: it never was current, because a higher attempt had come before.
    """

    __tablename__ = "observations"
    __table_args__ = (
        sa.UniqueConstraint("figure_id", "revision", name="observations_revision"),
        {"schema": SCHEMA},
    )

    figure_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    decision: int = Field(primary_key=True, sa_type=sa.BigInteger)
    revision: int | None
    known_from: datetime = _time()
    withdrawn: bool = Field(description="Gone from here on: no value, no reason.")
    value: Decimal | None = Field(sa_type=sa.Numeric(DIGITS, PLACES))
    missing: str | None = _text()
    reference_start: date | None
    reference_end: date | None
    obs_status: str = _text()
    conf_status: str = _text()
    conf_redist: str = _text()
    embargo_time: datetime | None = _time(nullable=True)
    obs_comment: str | None = _text()
    sheet: str = _text()
    cell: str = _text()
    rounded: bool


class Confirmation(SQLModel, table=True):
    """That an attempt, by a decision, sent what already was the figure's vintage `revision`."""

    __tablename__ = "confirmations"
    __table_args__ = ({"schema": SCHEMA},)

    figure_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    decision: int = Field(primary_key=True, sa_type=sa.BigInteger)
    revision: int
    known_from: datetime = _time()
    sheet: str = _text()
    cell: str = _text()
    rounded: bool


RELEASED_FIGURE = ("indicator_list", "indicator", "area_list", "area", "period")
"""By what a release names figures of a submission."""
RELEASED_FLAGS = ("conf_status", "conf_redist", "embargo_time")
"""By what it names combinations of flags; the time in UTC, to the microsecond."""

VINTAGE_COLUMNS = (
    "key_id", "submission_id", *KEY,
    "attempt", "known_from", "withdrawn", *CONTENT, *PLACE, "revision", "known_to",
    "figure_id", "figure_revision",
)  # fmt: skip

VINTAGES = sa.table("vintages", *(sa.column(name) for name in VINTAGE_COLUMNS), schema=SCHEMA)
"""The view of all that ever was current: a row holds from `known_from` (inclusive) to `known_to`
(exclusive), or still does where that is null. `revision` counts over all submissions of the key, `figure_revision`
over those of the figure. `attempt` and its place are those that brought it first."""

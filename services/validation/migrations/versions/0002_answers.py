"""What was checked, what was accepted, what was answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = "validation"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _attempts()
    _accepted()
    _answers()


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("head", JSONB, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("original", JSONB, nullable=False),
        sa.Column("report", JSONB, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("attempts_received", "attempts", ["received_at"], schema=SCHEMA)


def _accepted() -> None:
    op.create_table(
        "accepted",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("sender", "form")),
        sa.Column("form_version", sa.Integer, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("area_list", "area", "period", "completeness")
        ),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("stored_at", TIME, nullable=False),
        sa.Column("observations", sa.LargeBinary, nullable=False),
        schema=SCHEMA,
    )
    about = ["form", "area_list", "area", "period"]
    op.create_index("accepted_about", "accepted", about, schema=SCHEMA)


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("answer_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("finding", "content", "kind", "person", "organisation", "role", "text")
        ),
        sa.Column("document", sa.String),
        sa.Column("answered_at", TIME, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("answers_submission", "answers", ["submission_id"], schema=SCHEMA)

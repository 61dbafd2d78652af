"""Decisions, and what the runner keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel.migration import runner_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(runner_tables())
    op.create_table(
        "submissions",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("last_decision", sa.BigInteger, nullable=False),
        sa.Column("current_attempt", sa.Integer),
        schema="policy",
    )
    op.create_table(
        "decisions",
        sa.Column(
            "submission_id",
            sa.Uuid,
            sa.ForeignKey("policy.submissions.submission_id"),
            primary_key=True,
        ),
        sa.Column("decision", sa.BigInteger, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("policies", JSONB, nullable=False),
        sa.Column("reasons", JSONB, nullable=False),
        sa.Column("head", JSONB, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        schema="policy",
    )

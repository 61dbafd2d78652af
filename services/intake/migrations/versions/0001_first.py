from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel.migration import runner_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "intake"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute(runner_tables())
    _submissions()
    _projection()
    op.create_table(
        "refusal",
        sa.Column("refusal_id", sa.Uuid, primary_key=True),
        sa.Column("sender", sa.Text),
        sa.Column("form", sa.Text),
        sa.Column("area", sa.Text),
        sa.Column("period", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("refused_at", TIME, nullable=False),
        schema=SCHEMA,
    )


def _submissions() -> None:
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("area_list", sa.Text, nullable=False),
        sa.Column("area", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("completeness", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("submission_sender_form", "submission", ["sender", "form"], schema=SCHEMA)
    op.create_table(
        "attempt",
        sa.Column(
            "submission_id",
            sa.Uuid,
            sa.ForeignKey("intake.submission.submission_id"),
            primary_key=True,
        ),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("form_version", sa.Integer, nullable=False),
        sa.Column("regime", sa.Text, nullable=False),
        sa.Column("classification", sa.Text, nullable=False),
        sa.Column("province", sa.Text, nullable=False),
        sa.Column("catalogue_version", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("original", JSONB, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("attempt_received_at", "attempt", ["received_at"], schema=SCHEMA)
    op.create_table(
        "nonce",
        sa.Column("sender", sa.Text, primary_key=True),
        sa.Column("nonce", sa.Text, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        schema=SCHEMA,
    )


def _projection() -> None:
    op.create_table(
        "status",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("decision", sa.BigInteger),
        sa.Column("figures_read", sa.Integer),
        sa.Column("figures", sa.Integer, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("status_state", "status", ["state", "since"], schema=SCHEMA)
    op.create_table(
        "path",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("decision", sa.BigInteger),
        sa.Column("figures", sa.Integer),
        sa.Column("detail", JSONB, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("path_submission", "path", ["submission_id", "attempt"], schema=SCHEMA)

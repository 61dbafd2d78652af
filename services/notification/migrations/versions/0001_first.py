"""Attempts that were told of, notices, secrets of web hooks, and what the runner keeps."""

import sqlalchemy as sa
from alembic import op

from services.kernel.migration import runner_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "notification"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute(runner_tables())
    op.create_table(
        "attempts",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("decision", sa.BigInteger, nullable=False),
        sa.Column("told", sa.String, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("province", sa.String, nullable=False),
        schema=SCHEMA,
    )
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.Uuid, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("submission_id", sa.Uuid),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("perhaps", sa.Boolean, nullable=False),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.CheckConstraint("state in ('queued', 'sending', 'sent', 'failed', 'uncertain')"),
        schema=SCHEMA,
    )
    op.create_index("notices_newest", "notices", ["created_at", "notice_id"], schema=SCHEMA)
    op.create_index(
        "notices_open",
        "notices",
        ["channel", "address", "created_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    )
    op.create_table(
        "webhooks",
        sa.Column("organisation", sa.String, primary_key=True),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("previous", sa.String),
        sa.Column("changed_at", TIME, nullable=False),
        schema=SCHEMA,
    )

"""What rooms asked to have verified, and what was found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

SCHEMA = "validation"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "verifications",
        sa.Column("verification_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("head", JSONB, nullable=False),
        sa.Column("room", sa.String),
        sa.Column("verifier", sa.String),
        sa.Column("cells", JSONB, nullable=False),
        *_words("question"),
        sa.Column("asked_at", TIME, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("verifications_submission", "verifications", ["submission_id"], schema=SCHEMA)
    op.create_index("verifications_asked", "verifications", ["asked_at"], schema=SCHEMA)
    op.create_table(
        "verification_answers",
        sa.Column("verification_id", sa.Uuid, primary_key=True),
        sa.Column("document", sa.String),
        *_words("result", "text"),
        sa.Column("answered_at", TIME, nullable=False),
        schema=SCHEMA,
    )


def _words(*names: str) -> list[sa.Column[str]]:
    """What somebody said, and who that was."""
    return [
        sa.Column(name, sa.String, nullable=False)
        for name in (*names, "person", "organisation", "role")
    ]

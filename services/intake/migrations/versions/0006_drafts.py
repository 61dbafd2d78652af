"""Workbooks that an agency has not sent yet; their content is sealed, and goes with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    texts = ("organisation", "file_name", "media_type", "sha256", "nonce", "drafted_by")
    op.create_table(
        "draft",
        sa.Column("draft_id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in texts),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("about", JSONB, nullable=False),
        sa.Column("prepared", JSONB),
        sa.Column("sent", JSONB),
        schema="intake",
    )
    op.create_index("draft_organisation", "draft", ["organisation"], schema="intake")
    op.create_table(
        "draft_content",
        sa.Column(
            "draft_id",
            sa.Uuid,
            sa.ForeignKey("intake.draft.draft_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        schema="intake",
    )

"""Which sections of its form a submission covers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "submission",
        sa.Column("sections", sa.Text, nullable=False, server_default=""),
        schema="intake",
    )

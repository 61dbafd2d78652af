"""Whether an attempt is meant to have no numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "attempt", sa.Column("nil", sa.Text, nullable=False, server_default=""), schema="intake"
    )

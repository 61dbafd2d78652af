"""Which sections of its form a delivery covers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "deliveries",
        sa.Column("sections", sa.String, nullable=False, server_default=""),
        schema="catalogue",
    )

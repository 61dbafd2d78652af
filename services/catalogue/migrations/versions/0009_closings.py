"""What was told of when a duty closes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "closings",
        sa.Column("duty", sa.Uuid, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("closes_at", sa.DateTime(timezone=True)),
        sa.Column("supplier", sa.String, nullable=False),
        schema="catalogue",
    )

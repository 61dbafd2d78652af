"""When duties close, and when attempts came that were sent back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("returned", sa.Column("received_at", sa.DateTime(timezone=True)), schema="policy")
    op.create_table(
        "closings",
        sa.Column("duty_id", sa.Uuid, primary_key=True),
        sa.Column("supplier", sa.String, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("area_list", sa.String, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("completeness", sa.String, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("section", sa.String, nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True)),
        schema="policy",
    )
    op.create_index("closings_owed", "closings", ["supplier", "form", "period"], schema="policy")

"""What came for duties."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    texts = "sender form area_list area period completeness"
    op.create_table(
        "deliveries",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("decision", sa.BigInteger),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in texts.split()),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("nil", sa.String, nullable=False),
        schema="catalogue",
    )
    op.create_index(
        "deliveries_owed", "deliveries", ["form", "sender", "period"], schema="catalogue"
    )

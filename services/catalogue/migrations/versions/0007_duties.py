"""What came for duties, what was said of them, and who was reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    texts = "sender form area_list area period completeness"
    op.create_table(
        "deliveries",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("decision", sa.BigInteger),
        sa.Column("at", time, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in texts.split()),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("nil", sa.String, nullable=False),
        schema="catalogue",
    )
    op.create_index(
        "deliveries_owed", "deliveries", ["form", "sender", "period"], schema="catalogue"
    )
    op.create_table(
        "duty_acts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("duty", sa.Uuid, nullable=False, index=True),
        sa.Column("change", sa.String, nullable=False),
        sa.Column("until", time),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("person", "organisation", "reason")
        ),
        sa.Column("document", sa.String),
        sa.Column("at", time, nullable=False),
        schema="catalogue",
    )
    op.create_table(
        "reminders",
        sa.Column("duty", sa.Uuid, primary_key=True),
        sa.Column("late_from", time, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", time, nullable=False),
        schema="catalogue",
    )

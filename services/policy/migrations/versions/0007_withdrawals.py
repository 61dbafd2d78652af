"""What senders took back."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("withdrawal_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("organisation", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("document", sa.String),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        schema="policy",
    )
    op.create_index(
        "withdrawals_submission", "withdrawals", ["submission_id", "attempt"], unique=True,
        schema="policy",
    )  # fmt: skip

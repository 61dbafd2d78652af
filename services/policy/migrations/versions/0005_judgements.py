"""Requests for a private interest, and what a person judged about them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for column in (
        sa.Column("private_interest", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("judged_by", sa.String),
        sa.Column("is_harmless", sa.Boolean),
        sa.Column("judgement_reason", sa.String),
        sa.Column("judgement_document", sa.String),
        sa.Column("judged_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("requests", column, schema="policy")

"""To whom figures were made readable before the office published them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "pre_releases",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("audience_kind", sa.String, primary_key=True),
        sa.Column("audience_id", sa.String, primary_key=True),
        sa.Column("decision", sa.BigInteger, nullable=False),
        sa.Column("head", JSONB, nullable=False),
        sa.Column("articles", JSONB, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        schema="policy",
    )
    op.create_index("pre_releases_since", "pre_releases", ["since"], schema="policy")

"""What was told of sections of a form that several send, where they do not fit together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "compared",
        sa.Column("about", sa.Uuid, primary_key=True),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("form_version", sa.Integer, nullable=False),
        sa.Column("area_list", sa.String, nullable=False),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("completeness", sa.String, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("parts", JSONB, nullable=False),
        sa.Column("failing", JSONB, nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        schema="validation",
    )

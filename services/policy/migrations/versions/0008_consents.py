"""Consents of those whom records name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("consent_id", sa.Uuid, primary_key=True),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("period", sa.String),
        sa.Column("identifiers", JSONB, nullable=False),
        sa.Column("audiences", JSONB, nullable=False),
        sa.Column("purposes", JSONB, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("document", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("given_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
        sa.Column("withdrawn_by", sa.String),
        sa.Column("withdrawn_organisation", sa.String),
        sa.Column("withdrawn_reason", sa.String),
        sa.Column("withdrawn_document", sa.String),
        sa.Column("expired_at", TIME),
        sa.Column("is_applied", sa.Boolean, nullable=False),
        schema="policy",
    )
    op.create_index("consents_about", "consents", ["sender", "form"], schema="policy")

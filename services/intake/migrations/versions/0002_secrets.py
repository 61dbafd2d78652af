"""Refusals keep what may be said of a state secret, the article that forbids it, and their event's place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = "intake"
TEXTS = (
    "document_number",
    "secret_level",
    "secret_date",
    "secret_receiver",
    "instrument",
    "article",
    "clause",
)


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("refusal", sa.Column(name, sa.Text), schema=SCHEMA)
    op.add_column("refusal", sa.Column("sequence", sa.BigInteger), schema=SCHEMA)
    op.create_index("refusal_refused_at", "refusal", ["refused_at"], schema=SCHEMA)

"""The catalogue's first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel.migration import runner_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(runner_tables())
    op.create_table(
        "entries",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("catalogue_version", sa.BigInteger, nullable=False, unique=True),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_to", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        schema="catalogue",
    )
    op.create_table(
        "counter",
        sa.Column("single", sa.Boolean, sa.CheckConstraint("single"), primary_key=True),
        sa.Column("catalogue_version", sa.BigInteger, nullable=False),
        schema="catalogue",
    )
    op.execute("insert into catalogue.counter (single, catalogue_version) values (true, 0)")

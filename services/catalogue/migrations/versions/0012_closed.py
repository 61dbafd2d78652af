"""Of which duty it was told that it closes, so that it can be told once it is owed no more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    late_from = sa.Column("late_from", sa.DateTime(timezone=True), index=True)
    for column in (late_from, sa.Column("obligation", JSONB)):
        op.add_column("closings", column, schema="catalogue")

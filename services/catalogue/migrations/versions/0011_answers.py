"""Which question an answer is to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("duty_acts", sa.Column("answers", sa.Uuid), schema="catalogue")

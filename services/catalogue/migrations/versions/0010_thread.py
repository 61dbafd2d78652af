"""By which channel something was said of a duty, and about which row and column of its form."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    channel = sa.Column("channel", sa.String, nullable=False, server_default="system")
    for column in (channel, sa.Column("row", sa.String), sa.Column("column", sa.String)):
        op.add_column("duty_acts", column, schema="catalogue")

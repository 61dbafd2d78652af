"""By which channel something was said of a duty, about which row and column of its form, and who owed it then."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    channel = sa.Column("channel", sa.String, nullable=False, server_default="system")
    supplier = sa.Column("supplier", sa.String, nullable=False, server_default="")
    for column in (channel, supplier, sa.Column("row", sa.String), sa.Column("column", sa.String)):
        op.add_column("duty_acts", column, schema="catalogue")

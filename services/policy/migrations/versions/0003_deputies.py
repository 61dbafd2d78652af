"""In whose stead a person decided about a hold."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("acts", sa.Column("on_behalf", sa.String), schema="policy")

"""Signing keys are wrapped by the master key. Those that lay here in the clear end: everybody logs in again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
takes_away = True
down_revision = "0003"


def upgrade() -> None:
    op.execute("delete from catalogue.signing_keys")
    op.add_column(
        "signing_keys", sa.Column("wrapped", sa.LargeBinary, nullable=False), schema="catalogue"
    )

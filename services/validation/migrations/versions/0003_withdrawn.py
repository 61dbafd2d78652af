"""Of what was taken back no figures are kept."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("accepted", "observations", nullable=True, schema="validation")

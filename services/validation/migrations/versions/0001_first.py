"""What the runner keeps."""

from alembic import op

from services.kernel.migration import runner_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(runner_tables())

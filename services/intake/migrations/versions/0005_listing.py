"""By what the list of attempts is filtered."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("submission_form_period", "submission", ["form", "period"], schema="intake")
    op.create_index("submission_period", "submission", ["period"], schema="intake")

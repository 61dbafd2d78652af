"""Which attempts nobody may use; those that were taken back before are known by their figures that are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SCHEMA = "validation"


def upgrade() -> None:
    op.create_table(
        "unused",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        schema=SCHEMA,
    )
    op.execute(
        "insert into validation.unused select a.submission_id, a.attempt from validation.attempts a"
        " join validation.accepted k using (submission_id)"
        " where k.observations is null and a.attempt <= k.attempt"
    )

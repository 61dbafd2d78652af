"""Incidents: what bears markings of secrecy. Entering one destroys the keys of its objects, in the same transaction."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0004"
down_revision = "0003"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident_id", UUID(as_uuid=True), primary_key=True),
        sa.Column("submission_id", UUID(as_uuid=True), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("head", JSONB, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("markings", JSONB, nullable=False),
        sa.Column("room", sa.String),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("erased", sa.Integer),
        sa.Column("outcome", sa.String),
        sa.Column("person", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("document", sa.String),
        sa.Column("closed_at", TIME),
        schema="policy",
    )
    op.create_index("incidents_opened", "incidents", ["opened_at"], schema="policy")
    op.execute("""
        create function policy.erase() returns trigger language plpgsql as $$
        begin
            new.erased := vault.erase(new.submission_id, new.attempt);
            return new;
        end $$
    """)
    op.execute("""
        create trigger erase before insert on policy.incidents
        for each row execute function policy.erase()
    """)

"""Changes that wait for a second person, one-time links, sessions; since when a person may do what it may."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

FOUNDED = """
insert into catalogue.changes (id, what, subject, base, body, fields, proposed_by, proposed_at, state)
select gen_random_uuid(), 'founding', '', 0, '{}', '{}', 'migration', now(), 'done'
where exists (select from catalogue.people where body -> 'roles' ? 'leader')
"""
"""An office that has leaders already is founded."""


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "changes",
        sa.Column("id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("what", "subject")),
        sa.Column("base", sa.Integer, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("fields", sa.ARRAY(sa.String), nullable=False),
        sa.Column("proposed_by", sa.String, nullable=False),
        sa.Column("proposed_at", time, nullable=False),
        sa.Column("not_before", time),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("decided_by", sa.String),
        sa.Column("decided_at", time),
        schema="catalogue",
    )
    op.create_index("changes_proposed", "changes", ["proposed_at"], schema="catalogue")
    op.execute(FOUNDED)
    op.create_table(
        "links",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("person", sa.String, nullable=False, index=True),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("used_at", time),
        schema="catalogue",
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person", sa.String, nullable=False, index=True),
        sa.Column("began_at", time, nullable=False),
        sa.Column("ended_at", time),
        schema="catalogue",
    )
    op.add_column("credentials", sa.Column("raised_at", time), schema="catalogue")
    op.add_column("credentials", sa.Column("raised_by", sa.String), schema="catalogue")

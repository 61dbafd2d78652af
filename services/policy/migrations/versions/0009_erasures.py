"""Orders to erase. Confirming one destroys the keys of the attempts' objects, in the same transaction."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("ordered_by", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("document", sa.String, nullable=False),
        sa.Column("ordered_at", TIME, nullable=False),
        sa.Column("confirmed_by", sa.String),
        sa.Column("confirmed_at", TIME),
        sa.Column("erased", sa.Integer),
        sa.CheckConstraint("confirmed_by <> ordered_by", name="erasures_two_people"),
        schema="policy",
    )
    op.execute("""
        create function policy.erase_ordered() returns trigger language plpgsql as $$
        begin
            select coalesce(sum(vault.erase(new.submission_id, attempt)), 0) into new.erased
            from generate_series(1, new.attempt) as attempt;
            return new;
        end $$
    """)
    op.execute("""
        create trigger erase before update on policy.erasures for each row
        when (old.confirmed_at is null and new.confirmed_at is not null)
        execute function policy.erase_ordered()
    """)

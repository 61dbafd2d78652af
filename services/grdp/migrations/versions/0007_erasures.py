import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        schema="grdp",
    )
    op.execute("""
        create function grdp.erase() returns trigger language plpgsql as $$
        begin
            update grdp.observations o
            set value = null, obs_comment = null, sheet = '', cell = ''
            from grdp.figures f
            where f.id = o.figure_id and f.submission_id = new.submission_id
                and o.attempt <= new.attempt;
            delete from grdp.digests d
            where d.submission_id = new.submission_id and d.attempt <= new.attempt;
            return new;
        end $$
    """)
    op.execute("""
        create trigger erase after insert on grdp.erasures
        for each row execute function grdp.erase()
    """)

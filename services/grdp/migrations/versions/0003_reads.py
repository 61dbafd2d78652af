import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "reads",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text),
        sa.Column("audience_kind", sa.Text, nullable=False),
        sa.Column("audience_id", sa.Text, nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filters", JSONB, nullable=False),
        sa.Column("figures", sa.Integer, nullable=False),
        sa.Column("submissions", JSONB, nullable=False),
        sa.Column("articles", JSONB, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        schema="grdp",
    )
    op.create_index("reads_time", "reads", ["read_at", "id"], schema="grdp")
    op.create_index(
        "reads_submissions", "reads", ["submissions"], postgresql_using="gin", schema="grdp"
    )

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("submission_id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("audience_kind", sa.Text, nullable=False),
        sa.Column("audience_id", sa.Text, nullable=False),
        sa.Column("copy_kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("only_figures", JSONB),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.Column("articles", JSONB, nullable=False),
        schema="grdp",
    )
    op.create_index(
        "releases_audience", "releases", ["audience_id", "audience_kind"], schema="grdp"
    )

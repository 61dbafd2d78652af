import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "contents",
        sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.Integer),
        sa.Column("sender_key", sa.Text),
        sa.Column("value", sa.LargeBinary),
        schema="audit",
    )
    op.create_index("contents_sender_key", "contents", ["sender_key"], schema="audit")

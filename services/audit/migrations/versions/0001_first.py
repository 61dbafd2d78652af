import sqlalchemy as sa
from alembic import op

from services.kernel.migration import runner_tables

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute(runner_tables())
    op.create_table(
        "leaves",
        sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("submission", sa.Text),
        sa.Column("time", TIME, nullable=False),
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("event_id", name="leaves_event_id"),
        schema="audit",
    )
    op.create_index("leaves_submission", "leaves", ["submission", "index"], schema="audit")
    op.create_table(
        "nodes",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        schema="audit",
    )
    op.create_table(
        "head",
        sa.Column("single", sa.Boolean, sa.CheckConstraint("single"), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("edge", sa.LargeBinary, nullable=False),
        sa.Column("taken_at", TIME),
        schema="audit",
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        schema="audit",
    )
    op.execute("insert into audit.head (single, size, edge) values (true, 0, '')")

"""The acts that published figures of the indicator system."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    texts = "indicator_list indicator area_list area period completeness document_number"
    op.create_table(
        "releases",
        sa.Column("id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in texts.split()),
        sa.Column("document_date", sa.Date, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        schema="catalogue",
    )
    op.create_index(
        "releases_figure", "releases", ["indicator_list", "indicator", "period"], schema="catalogue"
    )

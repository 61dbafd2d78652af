import sqlalchemy as sa
from alembic import op

from services.kernel.migration import runner_tables

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)

VINTAGES = """
create view grdp.vintages as
select
    f.key_id, f.submission_id,
    f.indicator_list, f.indicator, f.area_list, f.area, f.activity_list, f.activity, f.breakdown,
    f.unit, f.unit_multiplier, f.measure, f.prices, f.base_year, f.scenario, f.period,
    f.completeness, f.round, f.sender, f.form,
    o.attempt, o.known_from, o.withdrawn, o.value, o.missing, o.reference_start, o.reference_end,
    o.obs_status, o.conf_status, o.conf_redist, o.embargo_time, o.obs_comment,
    o.sheet, o.cell, o.rounded,
    (row_number() over vintage)::int as revision,
    lead(o.known_from) over vintage as known_to
from grdp.figures f join grdp.observations o on o.figure_id = f.id
where o.revision is not null
window vintage as (
    partition by f.key_id, f.period, f.completeness, f.area, f.form
    order by o.known_from, f.submission_id
)
"""
# The key's id alone would do: the other columns follow from it, and let conditions on them be
# applied before the windows are computed.


def upgrade() -> None:
    op.execute(runner_tables())
    op.create_table(
        "submissions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("known_from", TIME),
        schema="grdp",
    )
    op.create_table(
        "attempts",
        sa.Column("submission_id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision", sa.BigInteger, nullable=False),
        sa.Column("stored", sa.Text),
        sa.Column("figures", sa.Integer, nullable=False),
        sa.Column("known_from", TIME, nullable=False),
        schema="grdp",
    )
    _figures()
    _observations()
    op.execute(VINTAGES)


def _figures() -> None:
    texts = "indicator_list indicator area_list area activity_list activity breakdown unit"
    op.create_table(
        "figures",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("key_id", sa.Uuid, nullable=False),
        sa.Column("submission_id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts.split()),
        sa.Column("unit_multiplier", sa.Integer, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("prices", sa.Text, nullable=False),
        sa.Column("base_year", sa.Integer),
        sa.Column("scenario", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("completeness", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        schema="grdp",
    )
    op.create_index("figures_key_id", "figures", ["key_id"], schema="grdp")
    op.create_index("figures_submission_id", "figures", ["submission_id"], schema="grdp")
    op.create_index("figures_period", "figures", ["period", "key_id"], schema="grdp")


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("figure_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer),
        sa.Column("known_from", TIME, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("value", sa.Numeric(28, 6)),
        sa.Column("missing", sa.Text),
        sa.Column("reference_start", sa.Date),
        sa.Column("reference_end", sa.Date),
        sa.Column("obs_status", sa.Text, nullable=False),
        sa.Column("conf_status", sa.Text, nullable=False),
        sa.Column("conf_redist", sa.Text, nullable=False),
        sa.Column("embargo_time", TIME),
        sa.Column("obs_comment", sa.Text),
        sa.Column("sheet", sa.Text, nullable=False),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("rounded", sa.Boolean, nullable=False),
        sa.UniqueConstraint("figure_id", "revision", name="observations_revision"),
        schema="grdp",
    )

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

VINTAGES = """
create or replace view grdp.vintages as
select
    f.key_id, f.submission_id,
    f.indicator_list, f.indicator, f.area_list, f.area, f.activity_list, f.activity, f.breakdown,
    f.unit, f.unit_multiplier, f.measure, f.prices, f.base_year, f.scenario, f.period,
    f.completeness, f.round, f.sender, f.form,
    o.attempt, o.known_from, o.withdrawn, o.value, o.missing, o.reference_start, o.reference_end,
    o.obs_status, o.conf_status, o.conf_redist, o.embargo_time, o.obs_comment,
    o.sheet, o.cell, o.rounded,
    (row_number() over vintage)::int as revision,
    lead(o.known_from) over vintage as known_to,
    f.id as figure_id, o.revision as figure_revision
from grdp.figures f join grdp.observations o on o.figure_id = f.id
where o.revision is not null
window vintage as (
    partition by f.key_id, f.period, f.completeness, f.area, f.form
    order by o.known_from, f.submission_id
)
"""

ERASE = """
create or replace function grdp.erase() returns trigger language plpgsql as $$
begin
    update grdp.submissions set version = version + 1 where id = new.submission_id;
    update grdp.observations o
    set value = null, obs_comment = null
    from grdp.figures f
    where f.id = o.figure_id and f.submission_id = new.submission_id
        and o.attempt <= new.attempt
        and not exists (
            select from grdp.confirmations c
            where c.figure_id = o.figure_id and c.revision = o.revision and c.attempt > new.attempt);
    update grdp.observations o
    set sheet = '', cell = ''
    from grdp.figures f
    where f.id = o.figure_id and f.submission_id = new.submission_id
        and o.attempt <= new.attempt;
    update grdp.confirmations c
    set sheet = '', cell = ''
    from grdp.figures f
    where f.id = c.figure_id and f.submission_id = new.submission_id
        and c.attempt <= new.attempt;
    delete from grdp.digests d
    where d.submission_id = new.submission_id and d.attempt <= new.attempt;
    return new;
end $$
"""
# What a later attempt confirmed is that attempt's figure as well, and stays. The version, which locks the submission
# too, has a handler that saw the value before look again.


def upgrade() -> None:
    op.create_table(
        "confirmations",
        sa.Column("figure_id", sa.Uuid, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sheet", sa.Text, nullable=False),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("rounded", sa.Boolean, nullable=False),
        schema="grdp",
    )
    op.execute(VINTAGES)
    op.execute(ERASE)

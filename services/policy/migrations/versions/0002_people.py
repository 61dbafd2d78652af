"""Attempts as they were decided last, what persons decided about holds, requests, and released figures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What was not kept before is unknown: such an attempt can be superseded or withheld, not released or asked for.
EARLIER = """
insert into policy.attempts (submission_id, attempt, verdict, decision, decided_at, head, figures, evidence, checked,
    reasons, releases, waived, hold, held_since, due, reviewers)
select distinct on (submission_id, attempt) submission_id, attempt, verdict, decision, decided_at, head, 0,
    '{"findings": null, "errors": null, "integrity": null, "warnings": 0}', policies, reasons, '[]', '[]',
    case when verdict = 'held' then decision end, case when verdict = 'held' then decided_at end,
    case when verdict = 'held' then decided_at end, case when verdict = 'held' then 1 end
from policy.decisions order by submission_id, attempt, decision desc
"""


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _json(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, JSONB, nullable=False) for name in names]


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "attempts",
        sa.Column(
            "submission_id",
            sa.Uuid,
            sa.ForeignKey("policy.submissions.submission_id"),
            primary_key=True,
        ),
        sa.Column("attempt", sa.Integer, primary_key=True),
        *_text("verdict"),
        sa.Column("decision", sa.BigInteger, nullable=False),
        sa.Column("decided_at", time, nullable=False),
        *_json("head"),
        sa.Column("period_end", sa.Date),
        sa.Column("figures", sa.Integer, nullable=False),
        sa.Column("observations", JSONB),
        *_json("evidence", "checked", "reasons", "releases", "waived"),
        sa.Column("room", sa.String),
        sa.Column("hold", sa.BigInteger),
        sa.Column("held_since", time),
        sa.Column("due", time),
        sa.Column("reviewers", sa.Integer),
        schema="policy",
    )
    op.create_index("attempts_period_end", "attempts", ["period_end"], schema="policy")
    op.execute("create index attempts_held on policy.attempts (due) where verdict = 'held'")
    op.execute(EARLIER)
    op.create_table(
        "acts",
        sa.Column("review_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("decision", sa.BigInteger, nullable=False),
        *_text("person", "outcome", "reason"),
        sa.Column("document", sa.String),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("decided_at", time, nullable=False),
        # Four eyes are those of two persons.
        sa.UniqueConstraint("submission_id", "attempt", "decision", "person"),
        schema="policy",
    )
    figure = ("indicator_list", "indicator", "area_list", "area", "period", "completeness")
    op.create_table(
        "requests",
        sa.Column("request_id", sa.Uuid, primary_key=True),
        *_text("audience_kind", "audience_id", "person", *figure),
        sa.Column("period_end", sa.Date, nullable=False),
        *_text("purpose", "basis"),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("decision", sa.BigInteger, nullable=False),
        *_text("state", "message"),
        *_json("articles"),
        sa.Column("submission_id", sa.Uuid),
        sa.Column("decided_at", time, nullable=False),
        schema="policy",
    )
    op.create_index("requests_period_end", "requests", ["period_end"], schema="policy")
    op.create_table(
        "released",
        *(sa.Column(name, sa.String, primary_key=True) for name in figure),
        sa.Column("period_end", sa.Date, nullable=False),
        *_text("release_id"),
        sa.Column("released_at", time, nullable=False),
        schema="policy",
    )
    op.create_index("released_period_end", "released", ["period_end"], schema="policy")

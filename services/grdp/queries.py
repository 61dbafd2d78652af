"""What the API reads: vintages as of a time, page by page, and totals."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.grdp.audience import Source
from services.grdp.reach import KEPT, KEYS, ROWS, Reach
from services.grdp.store import PLACE, VINTAGE_COLUMNS, VINTAGES, Confirmation, Digest, Submission


@dataclass(frozen=True)
class Cursor:
    """Where a page ends: the last key, and the time as of which all pages are."""

    as_of: datetime
    after: UUID

    def __str__(self) -> str:
        return urlsafe_b64encode(f"{self.as_of.isoformat()} {self.after}".encode()).decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Back from `str`; raises ValueError for anything else."""
        as_of, after = urlsafe_b64decode(text).decode().split(" ")
        time = datetime.fromisoformat(as_of)
        if time.tzinfo is not UTC:
            raise ValueError("not a time in UTC")
        return cls(time, UUID(after))


TOTALS = sa.text("""
select
    (select count(*) from submissions where attempt > 0) as submissions,
    (select coalesce(sum(figures), 0) from attempts) as stored,
    (select count(*) from vintages where known_to is null and not withdrawn) as current,
    (select count(*) from vintages where known_to is null and withdrawn) as withdrawn
""")
ATTEMPTS = sa.text("""
select
    case when a.attempt <= s.withdrawn then 'withdrawn' when a.stored is null then 'unreleased'
        when a.attempt = s.attempt then 'current' else 'superseded' end as state,
    count(*) as attempts, sum(a.figures) as figures
from attempts a join submissions s on s.id = a.submission_id
group by 1 order by 1
""")


def last_vintage(session: Session) -> datetime | None:
    """The time of the newest vintage; None in an empty store."""
    found: datetime | None = session.execute(
        sa.text("select max(known_from) from submissions")
    ).scalar_one()
    return found


def observations(
    session: Session,
    reach: Reach,
    as_of: datetime,
    equal: Mapping[str, str],
    after: UUID | None,
    limit: int,
) -> list[dict[str, Any]]:
    """What was known at `as_of` and is in reach, by key: at most `limit` rows after `after`.

    `equal` names columns of the view and what they must be. The compilers reach all that is stored.
    """
    known = _known(as_of)
    column = known.c
    statement = (
        sa.select(known)
        .where(sa.not_(column.withdrawn), KEPT)
        .where(*(column[name] == value for name, value in equal.items()))
        .order_by(column.key_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(column.key_id > after)
    values: Mapping[str, Any] = {}
    if not reach.audience.is_compilers:
        statement, values = statement.where(KEYS, ROWS), reach.parameters
    return [dict(row) for row in session.execute(statement, values).mappings()]


def _known(as_of: datetime) -> sa.Subquery:
    """The vintages that held at `as_of`, each with the attempt that had confirmed it last by then, and its place."""
    vintage, one = VINTAGES.c, sa.inspect(Confirmation).local_table.c
    own = ("attempt", *PLACE)
    last = (
        sa.select(*(one[name] for name in own))
        .where(one.figure_id == vintage.figure_id, one.revision == vintage.figure_revision)
        .where(one.known_from <= as_of)
        .order_by(one.attempt.desc(), one.decision.desc())
        .limit(1)
        .lateral("confirmed")
    )
    others = (vintage[name] for name in VINTAGE_COLUMNS if name not in own)
    return (
        sa.select(
            *others, *(sa.func.coalesce(last.c[name], vintage[name]).label(name) for name in own)
        )
        .select_from(VINTAGES.outerjoin(last, sa.true()))
        .where(vintage.known_from <= as_of)
        .where(sa.or_(vintage.known_to.is_(None), vintage.known_to > as_of))
        .subquery("vintages")
    )


def are_kept(session: Session, page: Collection[Source]) -> bool:
    """Whether none of the page's attempts was taken back meanwhile; their rows are locked against that from here on.

    So who withdraws a submission finds every read of it, or the reader finds the withdrawal.
    """
    last = {row.submission: row.attempt for row in sorted(page, key=lambda row: -row.attempt)}
    rows = session.execute(
        select(Submission.id, Submission.withdrawn)
        .where(col(Submission.id).in_(sorted(last)))
        .order_by(col(Submission.id))
        .with_for_update(read=True)
    )
    return all(withdrawn < last[id_] for id_, withdrawn in rows)


def digests(session: Session, submission: str) -> list[Digest]:
    """What was committed to for a submission, by decision."""
    wanted = select(Digest).where(Digest.submission_id == submission)
    return list(session.exec(wanted.order_by(col(Digest.decision))))


def totals(session: Session) -> dict[str, Any]:
    """Counts of submissions, of attempts by state, and of figures."""
    counted = session.execute(TOTALS).mappings().one()
    by_state = session.execute(ATTEMPTS).mappings()
    return {
        "submissions": counted["submissions"],
        "attempts": {row["state"]: row["attempts"] for row in by_state},
        "figures": {name: int(counted[name]) for name in ("stored", "current", "withdrawn")},
    }

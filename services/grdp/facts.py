"""What the handler has to know of a submission, read under the lock of its row."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.events.common import Head
from services.events.policy import ReleaseState, SubmissionCleared, SubmissionWithdrawn
from services.grdp.store import CONTENT, Attempt, Submission
from services.kernel.events import Event


@dataclass(frozen=True, slots=True)
class Latest:
    """The last revision of a figure, and its `CONTENT`; 0, and gone, for one that never was current."""

    revision: int
    gone: bool
    content: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Decided:
    """What was decided about an attempt last, and what was stored of it then."""

    decision: int = 0
    stored: str | None = None
    known_from: datetime | None = None


@dataclass(frozen=True)
class Reader:
    """Somebody who read figures of the attempt: in how many pages, and when last."""

    audience_kind: str
    audience_id: str
    organisation: str | None
    reads: int
    last_read_at: datetime


@dataclass(frozen=True)
class Facts:
    """The state of the event's submission, and of its attempt.

    `figures` is by key, and not compared: it follows from `version`. Of the keys `overtaken` another submission
    brought the last vintage. `salt` is new at each load. Where the event may close figures to somebody, `readers` have
    read some of the attempt, or of one before it that was not taken back yet; `granted` are audiences that they are
    open to.
    """

    version: int
    attempt: int
    known_from: datetime | None
    decided: Decided
    figures: Mapping[UUID, Latest] = field(compare=False, repr=False)
    salt: bytes = field(compare=False, repr=False)
    withdrawn: int = 0
    readers: tuple[Reader, ...] = ()
    granted: frozenset[str] = frozenset()
    overtaken: frozenset[UUID] = frozenset()


GRANTED = sa.text(
    "select audience_id from releases join attempts using (submission_id, attempt, decision)"
    " where submission_id = :submission and attempt in (:attempt, least(:attempt, :current))"
    " and state = 'granted'"
)
"""By the last decision about the attempt; and where it follows the current one, about that, whose figures it closes."""
READERS = sa.text(
    "select audience_kind, audience_id, organisation, count(*), max(read_at) from reads"
    " where submissions @> jsonb_build_array(jsonb_build_object("
    "'submission_id', cast(:submission as text)))"
    " and exists (select from jsonb_to_recordset(submissions) as part(submission_id text, attempt int)"
    " where part.submission_id = :submission and part.attempt > :withdrawn and part.attempt <= :attempt)"
    " group by 1, 2, 3 order by 1, 2, 3"
)
LATEST = sa.text(
    "select distinct on (f.key_id) f.key_id, coalesce(o.revision, 0), coalesce(o.withdrawn, true),"
    f" {', '.join(CONTENT)}"
    " from figures f left join observations o on o.figure_id = f.id and o.revision is not null"
    " where f.submission_id = :submission order by f.key_id, o.revision desc"
)
OVERTAKEN = sa.text("""
select distinct own.key_id from figures own
    join figures other on other.key_id = own.key_id and other.submission_id <> own.submission_id
    join observations o on o.figure_id = other.id and o.revision is not null
where own.submission_id = :submission and (o.known_from, other.submission_id) > (
    select max(known_from), own.submission_id from observations
    where figure_id = own.id and revision is not null)
""")


def load(session: Session, event: Event[SubmissionCleared | SubmissionWithdrawn]) -> Facts:
    """The facts of the event's submission, whose row stays locked until the transaction ends.

    Nobody reads its figures meanwhile: who read them before is known where the event closes them to somebody.
    """
    facts = _load(session, event.data.head)
    data, head = event.data, event.data.head
    if isinstance(data, SubmissionCleared) and not any(
        release.state is ReleaseState.DENIED for release in data.releases
    ):
        return facts
    about = {
        "submission": head.submission_id,
        "attempt": head.attempt,
        "current": facts.attempt,
        "withdrawn": facts.withdrawn,
    }
    readers = tuple(Reader(*row) for row in session.execute(READERS, about))
    granted = frozenset(session.execute(GRANTED, about).scalars())
    return replace(facts, readers=readers, granted=granted)


def _load(session: Session, head: Head) -> Facts:
    id_ = head.submission_id
    first = {"id": id_, "attempt": 0, "version": 0, "known_from": None, "withdrawn": 0}
    session.execute(insert(Submission).values(first).on_conflict_do_nothing())
    version, attempt, known_from, withdrawn = session.execute(
        select(Submission.version, Submission.attempt, Submission.known_from, Submission.withdrawn)
        .where(Submission.id == id_)
        .with_for_update()
    ).one()
    decided = session.execute(
        select(Attempt.decision, Attempt.stored, Attempt.known_from).where(
            Attempt.submission_id == id_, col(Attempt.attempt) == head.attempt
        )
    ).first()
    figures = session.execute(LATEST, {"submission": id_})
    return Facts(
        version,
        attempt,
        known_from,
        Decided(*decided) if decided else Decided(),
        figures={row[0]: Latest(row[1], row[2], row[3:]) for row in figures},
        salt=secrets.token_bytes(32),
        withdrawn=withdrawn,
        overtaken=frozenset(session.execute(OVERTAKEN, {"submission": id_}).scalars()),
    )

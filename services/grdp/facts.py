"""What the handler has to know of a submission, read under the lock of its row."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.grdp.store import Attempt, Submission
from services.kernel.events import Event


@dataclass(frozen=True, slots=True)
class Latest:
    """The last revision of a figure; 0, and gone, for one that never was current."""

    revision: int
    gone: bool


@dataclass(frozen=True)
class Decided:
    """What was decided about an attempt last, and what was stored of it then."""

    decision: int = 0
    stored: str | None = None
    known_from: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """The state of the event's submission, and of its attempt.

    `figures` is by key, and not compared: it follows from `version`. `salt` is new at each load.
    """

    version: int
    attempt: int
    known_from: datetime | None
    decided: Decided
    figures: Mapping[UUID, Latest] = field(compare=False, repr=False)
    salt: bytes = field(compare=False, repr=False)


LATEST = sa.text(
    "select distinct on (f.key_id) f.key_id, coalesce(o.revision, 0), coalesce(o.withdrawn, true)"
    " from figures f left join observations o on o.figure_id = f.id and o.revision is not null"
    " where f.submission_id = :submission order by f.key_id, o.revision desc"
)


def load(session: Session, event: Event) -> Facts:
    """The facts of the event's submission, whose row stays locked until the transaction ends."""
    id_ = event.data["submission_id"]
    first = {"id": id_, "attempt": 0, "version": 0, "known_from": None}
    session.execute(insert(Submission).values(first).on_conflict_do_nothing())
    version, attempt, known_from = session.execute(
        select(Submission.version, Submission.attempt, Submission.known_from)
        .where(Submission.id == id_)
        .with_for_update()
    ).one()
    decided = session.execute(
        select(Attempt.decision, Attempt.stored, Attempt.known_from).where(
            Attempt.submission_id == id_, col(Attempt.attempt) == event.data["attempt"]
        )
    ).first()
    figures = session.execute(LATEST, {"submission": id_})
    return Facts(
        version,
        attempt,
        known_from,
        Decided(*decided) if decided else Decided(),
        figures={key: Latest(revision, gone) for key, revision, gone in figures},
        salt=secrets.token_bytes(32),
    )

"""What is decided outside Kafka, written: rows and events in one transaction, the events by the outbox."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from services.kernel.db import write
from services.kernel.events import Outcome, derived_id
from services.kernel.outbox import Outbox


def apply(session: Session, outbox: Outbox, outcome: Outcome, cause: UUID) -> int | None:
    """Writes the outcome of `cause`; returns the outbox's last sequence, None without events."""
    write(session, outcome.rows)
    counts: Counter[str] = Counter()
    sequence = None
    for draft in outcome.events:
        id_ = draft.id or derived_id(cause, draft.topic, counts[draft.topic])
        counts[draft.topic] += 1
        sequence = outbox.add(session, draft, id_)
    return sequence


def unpublished(session: Session) -> int | None:
    """The last event that waits to be published: an act that is repeated waits for it, like the first."""
    statement = sa.text("select max(sequence) from outbox where published_at is null")
    found: int | None = session.execute(statement).scalar_one()
    return found

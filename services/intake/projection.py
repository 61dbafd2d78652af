"""The status projection: every event about an attempt is recorded, and the attempt's status derived anew from all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select, tuple_

from services.events.common import OfSubmission
from services.events.registry import EVENTS
from services.intake import store
from services.intake.status import PREFIX, Seen, State, Status, derive, seen
from services.kernel.avro import to_avro
from services.kernel.events import Event, Outcome, Row
from services.kernel.stage import BatchStage

Key = tuple[UUID, int]


@dataclass(frozen=True)
class Facts:
    """The attempts that intake knows, and what was seen of each."""

    attempts: frozenset[Key]
    seen: Mapping[Key, tuple[Seen, ...]]


def load(session: Session, events: Sequence[Event[OfSubmission]]) -> Facts:
    """Locks the status of each attempt (all topics write it), and reads what was seen of it."""
    keys = sorted({_key(event) for event in events})
    attempt = tuple_(col(store.Status.submission_id), col(store.Status.attempt))
    locked = session.exec(
        select(store.Status.submission_id, store.Status.attempt)
        .where(attempt.in_(keys))
        .order_by(col(store.Status.submission_id), col(store.Status.attempt))
        .with_for_update()
    ).all()
    about = tuple_(col(store.Path.submission_id), col(store.Path.attempt))
    past: dict[Key, list[Seen]] = {}
    for row in session.exec(select(store.Path).where(about.in_(keys))):
        past.setdefault((row.submission_id, row.attempt), []).append(seen_of(row))
    return Facts(frozenset((i, a) for i, a in locked), {k: tuple(v) for k, v in past.items()})


def handle(event: Event[OfSubmission], facts: Facts) -> Outcome:
    """The event as a row of the path and, where intake knows the attempt, its new status."""
    key = _key(event)
    one = seen(State(event.topic.removeprefix(PREFIX)), event.time, to_avro(event.data))
    rows = [Row(store.Path, path_values(event.id, key, one), "ignore")]
    if key in facts.attempts:
        status = derive((*facts.seen.get(key, ()), one))
        rows.append(Row(store.Status, status_values(key, status), "replace"))
    return Outcome(rows=tuple(rows))


def seen_of(row: store.Path) -> Seen:
    """What a row of the path says."""
    return Seen(State(row.state), row.at, row.decision, row.figures, row.detail)


def path_values(event_id: UUID, key: Key, one: Seen) -> dict[str, object]:
    """A row of the path."""
    return {
        "event_id": event_id,
        "submission_id": key[0],
        "attempt": key[1],
        "state": one.state.value,
        "at": one.at,
        "decision": one.decision,
        "figures": one.figures,
        "detail": dict(one.detail or {}),
    }


def status_values(key: Key, status: Status) -> dict[str, object]:
    """A row of the status."""
    return {
        "submission_id": key[0],
        "attempt": key[1],
        "state": status.state.value,
        "since": status.since,
        "account": status.account.value,
        "decision": status.decision,
        "figures_read": status.figures_read,
        "figures": status.figures,
        "detail": status.detail,
    }


def _key(event: Event[OfSubmission]) -> Key:
    head = event.data.head
    return UUID(head.submission_id), head.attempt


STAGE = BatchStage(events=tuple(EVENTS[state.topic] for state in State), load=load, handle=handle)

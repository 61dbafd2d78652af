"""What comes for duties: every event about an attempt is kept, and the deliveries are derived from all of them. Pure.

Each topic has its own partitions, so a later event may come before an earlier one: the order doesn't matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from services.catalogue.duties.standing import Delivery
from services.catalogue.duties.store import Came
from services.events.common import OfSubmission
from services.events.intake import SubmissionReceived
from services.events.policy import (
    SubmissionCleared,
    SubmissionHeld,
    SubmissionWithdrawn,
    SubmissionWithheld,
)
from services.events.validation import SubmissionReturned
from services.kernel.events import Event, Outcome, Row
from services.kernel.stage import BatchStage
from services.model.period import spelt

RECEIVED, RETURNED = SubmissionReceived.TOPIC, SubmissionReturned.TOPIC
ACCEPTED = SubmissionCleared.TOPIC
ENDED = frozenset({SubmissionWithheld.TOPIC, SubmissionWithdrawn.TOPIC})


@dataclass(frozen=True, order=True)
class Owed:
    """What an attempt says it is; items of one form and supplier are told apart by its sections alone."""

    form: str
    supplier: str
    area_list: str
    area: str
    period: str
    completeness: str
    round: int


def handle(event: Event[OfSubmission], facts: None) -> Outcome:
    """The event as a row. It came when intake took it in, however late that was told."""
    head, data = event.data.head, event.data
    values = {
        "event_id": event.id,
        "submission_id": UUID(head.submission_id),
        "attempt": head.attempt,
        "what": event.topic,
        "decision": getattr(data, "decision", None),
        "at": data.received_at if isinstance(data, SubmissionReceived) else event.time,
        "sender": head.sender,
        "form": head.form,
        "area_list": head.area_list,
        "area": head.area,
        "period": spelt(head.period),
        "completeness": head.completeness.value,
        "round": head.round,
        "nil": data.nil if isinstance(data, SubmissionReceived) else "",
        "sections": data.sections if isinstance(data, SubmissionReceived) else "",
    }
    return Outcome(rows=(Row(Came, values, "ignore"),))


def deliveries(rows: Iterable[Any]) -> dict[Owed, list[Delivery]]:
    """All attempts at what is owed, in the order in which they came; `rows` have the columns of Came.

    Of an attempt whose receipt was not told yet nothing is known.
    """
    attempts: dict[tuple[Owed, UUID, int], list[Any]] = {}
    for row in rows:
        attempts.setdefault((_owed(row), row.submission_id, row.attempt), []).append(row)
    found: dict[Owed, list[Delivery]] = {}
    for (owed, submission, attempt), events in attempts.items():
        if delivery := _delivery(submission, attempt, events):
            found.setdefault(owed, []).append(delivery)
    return {owed: sorted(each, key=lambda one: one.received_at) for owed, each in found.items()}


def _owed(row: Any) -> Owed:
    return Owed(
        row.form, row.sender, row.area_list, row.area, row.period, row.completeness, row.round
    )


def _delivery(submission: UUID, attempt: int, events: Sequence[Any]) -> Delivery | None:
    first = _first(events, {RECEIVED})
    if first is None:
        return None
    decided = [one for one in events if one.decision is not None]
    last = max(decided, key=lambda one: one.decision or 0, default=None)
    return Delivery(
        attempt=attempt,
        received_at=first,
        returned_at=_first(events, {RETURNED}),
        accepted_at=_first(events, {ACCEPTED}),
        ended_at=last.at if last is not None and last.what in ENDED else None,
        is_nil=any(one.nil for one in events),
        sections=frozenset(one for event in events for one in event.sections.split(",") if one),
        submission=submission,
    )


def _first(events: Iterable[Any], topics: frozenset[str] | set[str]) -> datetime | None:
    return min((one.at for one in events if one.what in topics), default=None)


def nothing(session: Session, events: Sequence[Event]) -> None:
    """The handler needs no facts."""


STAGE = BatchStage(
    events=(
        SubmissionReceived,
        SubmissionReturned,
        SubmissionCleared,
        SubmissionHeld,
        SubmissionWithheld,
        SubmissionWithdrawn,
    ),
    load=nothing,
    handle=handle,
)

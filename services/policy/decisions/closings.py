"""When duties close: what comes first after that waits for the room, and so does a revision without a reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from services.events.catalogue import ObligationClosing
from services.kernel.events import Event, Outcome, Row
from services.policy.decisions.facts import Evidence, Facts
from services.policy.store import ClosingRow


def handle(event: Event[ObligationClosing], facts: None, contents: Mapping[str, bytes]) -> Outcome:
    """Keeps the last word on when a duty closes."""
    owed = event.data.obligation
    values = {
        "duty_id": UUID(owed.duty_id),
        "supplier": owed.supplier,
        "form": owed.form,
        "area_list": owed.area_list,
        "area": owed.area,
        "period": owed.period,
        "completeness": owed.completeness.value,
        "round": owed.round,
        "section": owed.section,
        "closes_at": event.data.closes_at,
    }
    return Outcome(rows=(Row(ClosingRow, values, conflict="replace"),))


def is_first_after_closing(evidence: Evidence, facts: Facts) -> bool:
    """Whether nothing of the submission is in use, and all of it that ever came did so after its duty closed."""
    if facts.current_attempt is not None or not facts.closings or evidence.received_at is None:
        return False
    earlier = (attempt.evidence.received_at for attempt in facts.attempts)
    first = min([evidence.received_at, *facts.returned, *filter(None, earlier)])
    return any(first >= closed for closed in facts.closings)


def is_revision_after_closing(evidence: Evidence, facts: Facts) -> bool:
    """Whether it corrects what is in use, and came after its duty closed."""
    if facts.current_attempt is None or evidence.received_at is None:
        return False
    return any(evidence.received_at >= closed for closed in facts.closings)

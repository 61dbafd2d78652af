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
    """Whether all of the submission that ever came did so after its duty closed. Of what came before moments were kept
    nobody knows: it counts as in time.
    """
    earlier = [attempt.evidence.received_at for attempt in facts.attempts]
    if evidence.received_at is None or facts.current_attempt is not None or None in earlier:
        return False
    came = [evidence.received_at, *facts.returned, *(at for at in earlier if at is not None)]
    return any(min(came) >= closed for closed in facts.closings)


def is_revision_after_closing(evidence: Evidence, facts: Facts) -> bool:
    """Whether it comes after its duty closed in place of what was valid before, though that was taken back since."""
    known = all(attempt.evidence.received_at for attempt in facts.attempts)
    if evidence.received_at is None or not facts.attempts or not known:
        return False
    return any(evidence.received_at >= closed for closed in facts.closings)

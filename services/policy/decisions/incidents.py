"""Suspected state secrets: what bears markings of secrecy is quarantined, and a person ends the incident. Pure.

Quarantine is the destruction of the keys of everything that the vault has of the attempt (Law 117/2025/QH15 lets no
connected device keep a state secret): entering the row does that, in the transaction of the decision.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.events.common import Head
from services.events.policy import IncidentClosed, IncidentOpened, IncidentOutcome
from services.kernel.command import Act, Refused
from services.kernel.events import Event, Outcome, Row
from services.model.enumerations import SecretLevel
from services.model.regulation import day, governing
from services.policy.decisions.facts import Facts
from services.policy.decisions.refusals import Code
from services.policy.evidence.finding import Finding
from services.policy.store import IncidentRow

SECRETS = "R18"


@dataclass(frozen=True)
class Closing(Act):
    """What a person says about an incident, as it was sent."""

    outcome: IncidentOutcome


def opened(event: Event, head: Head, markings: tuple[Finding, ...], facts: Facts) -> Outcome:
    """The incident of an attempt, whatever verdict it has; nothing where it bears no marking."""
    if not markings:
        return Outcome()
    incident = uuid5(event.id, IncidentOpened.TOPIC)
    places = [asdict(marking) for marking in markings]
    row = {
        "incident_id": incident,
        "submission_id": UUID(head.submission_id),
        "attempt": head.attempt,
        "head": head,
        "level": markings[0].kind,
        "markings": places,
        "room": facts.item.room,
        "opened_at": event.time,
    }
    form = facts.forms.get(head.form_version)
    province = head.province if form and form.province else None
    found = governing(facts.instruments, SECRETS, province, day(event.time))
    told = IncidentOpened(
        incident_id=str(incident),
        submission_id=head.submission_id,
        attempt=head.attempt,
        sender=head.sender,
        form=head.form,
        province=head.province,
        level=SecretLevel(markings[0].kind),
        markings=len(markings),
        instrument=found[0].id if found else "",
        article=found[1].article if found else "",
        clause=found[1].clause if found else None,
        opened_at=event.time,
    )
    return Outcome((told,), (Row(IncidentRow, row, conflict="ignore"),))


def close(incident: IncidentRow, closing: Closing, at: datetime) -> Outcome | None:
    """Enters how it ends, and gives what follows; None where the same person had said the same before.

    Raises Refused where it was ended otherwise.
    """
    if incident.closed_at is not None:
        before = Closing(
            IncidentOutcome(incident.outcome or ""), person=incident.person or "",
            reason=incident.reason or "", document=incident.document,
        )  # fmt: skip
        if closing.outcome is before.outcome and closing.repeats(before):
            return None
        raise Refused(Code.CLOSED_BEFORE)
    incident.outcome, incident.closed_at = closing.outcome.value, at
    incident.person, incident.reason = closing.person, closing.reason
    incident.document = closing.document
    told = IncidentClosed(
        incident_id=str(incident.incident_id),
        submission_id=str(incident.submission_id),
        attempt=incident.attempt,
        outcome=closing.outcome,
        person=closing.person,
        reason_sha256=closing.reason_sha256,
        document=closing.document,
        closed_at=at,
    )
    return Outcome((told,))

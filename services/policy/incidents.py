"""Suspected state secrets: what bears markings of secrecy is quarantined, and a person ends the incident. Pure.

Quarantine is the destruction of the keys of everything that the vault has of the attempt (Law 117/2025/QH15 lets no
connected device keep a state secret): entering the row does that, in the transaction of the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from services.kernel.events import Draft, Event, Outcome, Row
from services.model.regulation import day, governing
from services.policy.facts.values import Facts
from services.policy.identifiers.finding import Finding
from services.policy.store import IncidentRow

OPENED, CLOSED = "incident.opened", "incident.closed"
SECRETS = "R18"


class Ending(StrEnum):
    """How an incident ends."""

    MET = "met_by_secrecy_channel"
    """The document came by the secrecy channel; the sender's duty is met."""
    UNFOUNDED = "unfounded"
    """It was no secret. What was destroyed stays destroyed: the sender sends it again, without the marking."""


@dataclass(frozen=True)
class Closing:
    """What a person says about an incident, as it was sent."""

    person: str
    ending: Ending
    reason: str
    document: str | None = None


def opened(
    event: Event, head: Mapping[str, Any], markings: tuple[Finding, ...], facts: Facts
) -> Outcome:
    """The incident of an attempt, whatever verdict it has; nothing where it bears no marking."""
    if not markings:
        return Outcome()
    incident = uuid5(event.id, OPENED)
    places = [asdict(one) for one in markings]
    row = {
        "incident_id": incident,
        "submission_id": UUID(head["submission_id"]),
        "attempt": head["attempt"],
        "head": dict(head),
        "level": markings[0].kind,
        "markings": places,
        "room": facts.item.room,
        "opened_at": event.time,
    }
    form = facts.forms.get(head["form_version"])
    province = head["province"] if form and form.province else None
    found = governing(facts.instruments, SECRETS, province, day(event.time))
    data = {
        "incident_id": str(incident),
        **{name: head[name] for name in ("submission_id", "attempt", "sender", "form", "province")},
        "level": markings[0].kind,
        "markings": len(markings),
        "instrument": found[0].id if found else "",
        "article": found[1].article if found else "",
        "clause": found[1].clause if found else None,
        "opened_at": event.time,
    }
    draft = Draft(OPENED, head["submission_id"], data, head["submission_id"])
    return Outcome((draft,), (Row(IncidentRow, row, conflict="ignore"),))


def closed(incident: IncidentRow, closing: Closing, at: datetime) -> Outcome:
    """The event of its end; the row is changed by whoever holds its lock."""
    submission = str(incident.submission_id)
    data = {
        "incident_id": str(incident.incident_id),
        "submission_id": submission,
        "attempt": incident.attempt,
        "outcome": closing.ending.value,
        "person": closing.person,
        "reason_sha256": sha256(closing.reason.encode()).hexdigest(),
        "document": closing.document,
        "closed_at": at,
    }
    return Outcome((Draft(CLOSED, submission, data, submission),))

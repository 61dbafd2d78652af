"""Notification's handler: from an event to the notices that it leads to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from services.kernel.events import Event, Outcome, Row
from services.model.text import Language
from services.notification import letter, tidings
from services.notification.facts import Contact, Facts, Known, Organisation
from services.notification.store import AttemptRow, NoticeRow, State, key_of
from services.notification.tidings import Tiding

OLDEST = timedelta(days=7)
"""What is older is no news: a new installation, or a replay, must not tell it all again."""
GOVERNING = "people.changed"
VERDICTS = (
    "submission.returned",
    "submission.cleared",
    "submission.held",
    "submission.withheld",
    "submission.withdrawn",
)
OTHERS = (
    "submission.refused",
    "finding.answered",
    "verification.changed",
    "review.decided",
    "request.decided",
    "calendar.released",
    "incident.opened",
    "incident.closed",
    "figure.recalled",
    GOVERNING,
)


def handle(event: Event, facts: Facts) -> Outcome:
    """The notices of one event, one for each recipient, channel and address."""
    if event.topic in VERDICTS:
        return _verdict(event, facts)
    return Outcome(rows=tuple(_notices(event, _others(event, facts), facts)))


def _verdict(event: Event, facts: Facts) -> Outcome:
    """Tells a verdict once: a higher decision with the same verdict changes who may read, not what the sender asks.

    A lower decision came late, by another topic: it holds no more.
    """
    key = key_of(event)
    assert key is not None, "the schemas of verdicts name submission and attempt"
    known, data = facts.known.get(key, Known()), event.data
    decision = data.get("decision", 0)
    if decision <= known.decision:
        return Outcome()
    told = f"{event.topic}/{data.get('room') or ''}"
    values = {
        "submission_id": key[0],
        "attempt": key[1],
        "decision": decision,
        "told": told,
        **{name: data[name] for name in ("form", "period", "province")},
    }
    rows = [Row(AttemptRow, values, conflict="replace")]
    if told != known.told:
        found = tidings.of_verdict(event.topic, data, facts)
        rows.extend(_notices(event, found, facts))
    return Outcome(rows=tuple(rows))


def _others(event: Event, facts: Facts) -> Iterator[Tiding]:
    if event.topic == "submission.refused":
        return tidings.of_refusal(event.data, facts)
    if event.topic == "finding.answered":
        return tidings.of_answer(event.data, facts)
    if event.topic == "verification.changed":
        return tidings.of_verification(event.data, facts)
    if event.topic == "review.decided":
        key = key_of(event)
        assert key is not None, "the schema names submission and attempt"
        return tidings.of_review(event.data, key, facts)
    if event.topic == "request.decided":
        return tidings.of_request(event.data, facts)
    if event.topic == "incident.opened":
        return tidings.of_incident(event.data, facts)
    if event.topic == "incident.closed":
        key = key_of(event)
        assert key is not None, "the schema names submission and attempt"
        return tidings.of_ending(event.data, key, facts)
    if event.topic == "figure.recalled":
        return tidings.of_recall(event.data, facts)
    if event.topic == GOVERNING:
        return tidings.of_people(event.data, facts)
    return tidings.of_release(event.data, facts)


def _notices(event: Event, found: Iterable[Tiding], facts: Facts) -> Iterator[Row]:
    if event.time < facts.now - OLDEST:
        return
    for tiding in found:
        organisation = facts.organisations.get(tiding.recipient)
        for contact in organisation.contacts if organisation else ():
            # Who could choose not to hear that somebody else takes over would be chosen for.
            if organisation and (event.topic == GOVERNING or contact.wants(event.topic)):
                values = _row(event, tiding, organisation, contact, facts)
                yield Row(NoticeRow, values, conflict="ignore")


def _row(
    event: Event, tiding: Tiding, to: Organisation, contact: Contact, facts: Facts
) -> dict[str, Any]:
    submission = event.data.get("submission_id")
    language: Language = "en" if contact.language == "en" else "vi"
    message, values = tiding.message, tiding.values
    return {
        "notice_id": uuid5(event.id, f"{to.id}/{contact.channel}/{contact.address}/{message}"),
        "event_id": event.id,
        "topic": event.topic,
        "submission_id": UUID(submission) if submission else None,
        "recipient": to.id,
        "channel": contact.channel,
        "address": contact.address,
        "message": message,
        "subject": letter.subject(message, values, language),
        "body": (
            letter.mail(message, values, to.name, language)
            if contact.channel == "email"
            else _payload(event, tiding, to)
        ),
        "state": State.QUEUED.value,
        "attempts": 0,
        "perhaps": False,
        "error": "",
        "due_at": facts.now,
        "created_at": facts.now,
        "changed_at": facts.now,
    }


def _payload(event: Event, tiding: Tiding, to: Organisation) -> str:
    data = {
        "event_id": str(event.id),
        "recipient": to.id,
        "submission_id": event.data.get("submission_id"),
        "attempt": event.data.get("attempt"),
    }
    return letter.payload(tiding.message, tiding.values, event.topic, event.time, data)

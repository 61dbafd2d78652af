"""Notification's handler: from an event to the notices that it leads to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID, uuid5

from services.events.catalogue import (
    CalendarReleased,
    ObligationChanged,
    ObligationDue,
    PeopleChanged,
)
from services.events.common import attempt_of, submission_of
from services.events.grdp import FigureRecalled
from services.events.intake import SubmissionRefused
from services.events.policy import (
    IncidentClosed,
    IncidentOpened,
    RequestDecided,
    ReviewDecided,
    SubmissionHeld,
)
from services.events.validation import (
    FindingAnswered,
    SectionsCompared,
    SubmissionReturned,
    VerificationChanged,
)
from services.kernel.events import Event, EventData, Outcome, Row
from services.model.text import Language
from services.notification import letter, notices, obligations
from services.notification.delivery import GATHERING, REMINDERS
from services.notification.facts import Contact, Facts, Known, Organisation
from services.notification.notices import Notice, Verdict
from services.notification.store import AttemptRow, NoticeRow, State

OLDEST = timedelta(days=7)
"""What is older is no news: a new installation, or a replay, must not tell it all again."""


VERDICTS: tuple[type[EventData], ...] = get_args(Verdict)
OTHERS: tuple[type[EventData], ...] = (
    SubmissionRefused,
    FindingAnswered,
    VerificationChanged,
    SectionsCompared,
    ReviewDecided,
    RequestDecided,
    CalendarReleased,
    IncidentOpened,
    IncidentClosed,
    FigureRecalled,
    PeopleChanged,
    ObligationChanged,
    ObligationDue,
)


def handle(event: Event, facts: Facts) -> Outcome:
    """The notices of one event, one for each recipient, channel and address."""
    if isinstance(event.data, VERDICTS):
        return _verdict(event, facts)
    return Outcome(rows=tuple(_notices(event, _others(event, facts), facts)))


def _verdict(event: Event[Verdict], facts: Facts) -> Outcome:
    """Tells a verdict once: a higher decision with the same verdict changes who may read, not what the sender asks.

    A lower decision came late, by another topic: it holds no more.
    """
    data, head = event.data, event.data.head
    key = UUID(head.submission_id), head.attempt
    known = facts.known.get(key, Known())
    decision = 0 if isinstance(data, SubmissionReturned) else data.decision
    if decision <= known.decision:
        return Outcome()
    room = data.room if isinstance(data, SubmissionHeld) else None
    told = f"{data.TOPIC}/{room or ''}"
    values = {
        "submission_id": key[0],
        "attempt": key[1],
        "decision": decision,
        "told": told,
        "form": head.form,
        "period": head.period,
        "province": head.province,
    }
    rows = [Row(AttemptRow, values, conflict="replace")]
    if told != known.told:
        found = notices.of_verdict(data, facts)
        rows.extend(_notices(event, found, facts))
    return Outcome(rows=tuple(rows))


def _others(event: Event, facts: Facts) -> Iterator[Notice]:
    match event.data:
        case SubmissionRefused() as data:
            return notices.of_refusal(data, facts)
        case FindingAnswered() as data:
            return notices.of_answer(data, facts)
        case VerificationChanged() as data:
            return notices.of_verification(data, facts)
        case SectionsCompared() as data:
            return notices.of_sections(data, facts)
        case ReviewDecided() as data:
            return notices.of_review(data, _known(data, facts), facts)
        case RequestDecided() as data:
            return notices.of_request(data, facts)
        case IncidentOpened() as data:
            return notices.of_incident(data, facts)
        case IncidentClosed() as data:
            return notices.of_ending(data, _known(data, facts), facts)
        case FigureRecalled() as data:
            return notices.of_recall(data, facts)
        case PeopleChanged() as data:
            return notices.of_people(data, facts)
        case CalendarReleased() as data:
            return notices.of_release(data, facts)
        case ObligationChanged() as data:
            return obligations.of_change(data, facts)
        case ObligationDue() as data:
            return obligations.of_reminder(data, facts)
        case other:
            raise TypeError(f"nobody is told of {other}")


def _known(data: ReviewDecided | IncidentClosed, facts: Facts) -> Known:
    return facts.known.get((UUID(data.submission_id), data.attempt), Known())


def _notices(event: Event, found: Iterable[Notice], facts: Facts) -> Iterator[Row]:
    if event.time < facts.now - OLDEST:
        return
    for notice in found:
        organisation = facts.organisations.get(notice.recipient)
        for contact in organisation.told(notice.to_head) if organisation else ():
            # Who could choose not to hear that somebody else takes over would be chosen for.
            if organisation and (
                isinstance(event.data, PeopleChanged) or contact.wants(event.topic)
            ):
                values = _row(event, notice, organisation, contact, facts)
                yield Row(NoticeRow, values, conflict="ignore")


def _row(
    event: Event, notice: Notice, to: Organisation, contact: Contact, facts: Facts
) -> dict[str, Any]:
    submission = submission_of(event.data)
    language: Language = "en" if contact.language == "en" else "vi"
    message, values = notice.message, notice.values
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
            else _payload(event, notice, to)
        ),
        "state": State.QUEUED.value,
        "attempts": 0,
        "perhaps": False,
        "error": "",
        "due_at": facts.now + (GATHERING if event.topic == REMINDERS else timedelta()),
        "created_at": facts.now,
        "changed_at": facts.now,
    }


def _payload(event: Event, notice: Notice, to: Organisation) -> str:
    data = {
        "event_id": str(event.id),
        "recipient": to.id,
        "submission_id": submission_of(event.data),
        "attempt": attempt_of(event.data),
    }
    return letter.payload(notice.message, notice.values, event.topic, event.time, data)

"""Reads the facts of a check from validation's tables and its copy of the catalogue."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from services.events.common import Head, OfSubmission
from services.events.intake import SubmissionReceived
from services.events.validation import AnswerKind
from services.kernel import replica
from services.kernel.db import lock
from services.kernel.events import Event
from services.model.form import Form
from services.model.period import spelt
from services.model.responsibility import items_of
from services.model.responsibility import rooms as responsible
from services.validation import comparing
from services.validation.checking.across import Part, spanning
from services.validation.checking.facts import Facts, Kept, Replaced, codelists_of
from services.validation.checks.supply import Supply
from services.validation.comparing import Across, Standing
from services.validation.findings import Answer
from services.validation.referenced import Beside, under_references
from services.validation.store import AcceptedRow, AnswerRow, ComparedRow

MOST_PAST = 48
"""Submissions that a history holds: six years of quarters, each estimated and corrected once."""
LARGEST_PAST = 1 << 20
"""Bytes; some 30,000 figures."""
SALT_BYTES = 32


def load(session: Session, event: Event[SubmissionReceived]) -> Facts:
    """The form in the version that intake used, what it refers to, and what was answered before."""
    facts = facts_of(session, event.data.head, event.time)
    return replace(facts, salt=secrets.token_bytes(SALT_BYTES))


def facts_of(session: Session, head: Head, at: datetime) -> Facts:
    """The facts about the submission of this head, received then; a form without references asks for no figures."""
    form = replica.get(session, "form", head.form, head.form_version)
    if form is None:
        return Facts(None)
    history = history_of(session, head)
    if head.attempt == 1:
        return replace(with_form(session, form.body, head, (), at), history=history)
    answers = answers_of(session, UUID(head.submission_id))
    facts = with_form(session, form.body, head, answers, at)
    return replace(facts, replaced=_replaced(session, head), history=history)


def history_of(session: Session, head: Head, before: datetime | None = None) -> tuple[Kept, ...]:
    """What the sender had accepted in the form for the area, the last stored first; no more than can be looked at.

    `before`: by that time alone.
    """
    by_then = [col(AcceptedRow.stored_at) < before] if before is not None else []
    rows = session.exec(
        select(AcceptedRow.completeness, AcceptedRow.round, AcceptedRow.observations)
        .where(
            AcceptedRow.sender == head.sender,
            AcceptedRow.form == head.form,
            AcceptedRow.area_list == head.area_list,
            AcceptedRow.area == head.area,
            AcceptedRow.submission_id != UUID(head.submission_id),
            func.octet_length(AcceptedRow.observations) <= LARGEST_PAST,
            *by_then,
        )
        .order_by(col(AcceptedRow.stored_at).desc())
        .limit(MOST_PAST)
    )
    return tuple(Kept(completeness, round_, given) for completeness, round_, given in rows if given)


def _replaced(session: Session, head: Head) -> Replaced | None:
    row = session.get(AcceptedRow, UUID(head.submission_id))
    if row is None or row.observations is None or row.attempt >= head.attempt:
        return None
    return Replaced(row.attempt, row.form_version, row.observations)


def with_form(
    session: Session,
    form: Mapping[str, Any],
    head: Head,
    answers: tuple[Answer, ...],
    at: datetime,
    beside: Beside = lambda row: True,
) -> Facts:
    """The facts for a check by this form's body of what was received then, compared with what `beside` lets by."""
    lists = {name: replica.get(session, "codelist", name) for name in codelists_of(form)}
    bodies = {name: entry.body for name, entry in lists.items() if entry}
    accepted = under_references(session, form, head, beside)
    return Facts(form, bodies, accepted, answers, supply=_supply(session, head, at))


def _supply(session: Session, head: Head, at: datetime) -> Supply | None:
    """What the sender supplies in the form by the items in force at a time."""
    sender = replica.get(session, "organisation", head.sender)
    if sender is None:
        return None
    items = (entry.body for entry in replica.in_force(session, "item", at))
    own = items_of(items, head.sender, head.form)
    return Supply(own, str(sender.body["kind"]), head.regime)


def answers_of(session: Session, submission_id: UUID) -> tuple[Answer, ...]:
    """All that was answered to findings of the submission, in its order."""
    rows = session.exec(
        select(AnswerRow)
        .where(AnswerRow.submission_id == submission_id)
        .order_by(col(AnswerRow.number))
    )
    return tuple(_answer(row) for row in rows)


def _answer(row: AnswerRow) -> Answer:
    return Answer(
        finding=row.finding,
        kind=AnswerKind(row.kind),
        attempt=row.attempt,
        content=row.content,
        person=row.person,
        organisation=row.organisation,
        role=row.role,
        text=row.text,
        document=row.document,
        at=row.answered_at,
    )


def load_kept(session: Session, event: Event[OfSubmission]) -> Standing:
    """The first attempt of the event's submission whose figures would take the place of those that are kept, and the
    other parts of its form.

    Its row is locked, and so is what its form is about. What was taken back doesn't come again, though its
    `submission.stored` may come late.
    """
    head = event.data.head
    statement = select(AcceptedRow.attempt, col(AcceptedRow.observations).is_(None)).where(
        AcceptedRow.submission_id == UUID(head.submission_id)
    )
    row = session.exec(statement.with_for_update()).first()
    return Standing(row[0] + row[1] if row else 0, _across(session, head, event.time))


def _across(session: Session, head: Head, at: datetime) -> Across | None:
    entry = replica.get(session, "form", head.form, head.form_version)
    if entry is None:
        return None
    about, form = comparing.about(head), Form.from_dict(entry.body)
    told = session.get(ComparedRow, about)
    # What was told by another version of the form is taken back by one that asks for no such total.
    if not spanning(form) and not (told and told.failing):
        return None
    lock(session, f"validation parts {about}")
    told = session.get(ComparedRow, about, populate_existing=True)
    items = [entry.body for entry in replica.in_force(session, "item", at)]
    rooms = responsible(items)
    others = session.exec(
        select(AcceptedRow)
        .where(
            AcceptedRow.form == head.form,
            AcceptedRow.area_list == head.area_list,
            AcceptedRow.area == head.area,
            AcceptedRow.period == spelt(head.period),
            AcceptedRow.completeness == head.completeness,
            AcceptedRow.round == head.round,
            AcceptedRow.submission_id != UUID(head.submission_id),
        )
        .order_by(col(AcceptedRow.submission_id))
    )
    return Across(
        form=form,
        room=rooms.get((head.sender, head.form)),
        others=tuple(
            Part(
                row.submission_id, row.attempt, row.sender, rooms.get((row.sender, row.form)), given
            )
            for row in others
            if (given := row.observations) is not None
        ),
        told=told.failing if told else (),
    )

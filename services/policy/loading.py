"""The facts as they are read, under the lock of the submission's row.

Locks are taken in one order, so that none waits for another in a circle: submissions by id, then requests by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.events.catalogue import CalendarReleased
from services.events.common import Head
from services.events.validation import SubmissionReturned, SubmissionValidated
from services.kernel import replica
from services.kernel.events import Event
from services.model import crosswalk
from services.model.crosswalk import Area
from services.model.period import spelt
from services.model.regulation import Instrument, day
from services.model.responsibility import item_of
from services.policy.decisions.attempts import Affected, released_figure
from services.policy.decisions.facts import (
    Asked,
    Attempt,
    Facts,
    FormFacts,
    ItemFacts,
    Reviewed,
    Withdrawal,
    indicator_lists,
)
from services.policy.decisions.figures import Figure, holds, reports
from services.policy.decisions.rows import (
    REVIEWS,
    WITHDRAWALS,
    asked_of,
    attempt_of,
    consent_of,
    end_of,
    figure_of,
)
from services.policy.law.consent import Consent
from services.policy.law.verdict import BY_KIND, Audience, Verdict
from services.policy.store import (
    ActRow,
    AttemptRow,
    ClosingRow,
    ConsentRow,
    ReleasedRow,
    RequestRow,
    ReturnedRow,
    SubmissionRow,
    WithdrawalRow,
)

Body = Mapping[str, Any]


def load(session: Session, event: Event[SubmissionValidated]) -> Facts:
    """What is known for deciding about the event's attempt. It may answer every request for a figure that it holds."""
    head = event.data.head
    return replace(
        _facts(session, head, event.time, takes_over=True),
        closings=_closings(session, head, event.data.sections),
        returned=_returned(session, head),
    )


def load_returned(session: Session, event: Event[SubmissionReturned]) -> Facts:
    """What an incident about a returned attempt names; nothing is decided, so nothing is locked."""
    head = event.data.head
    body = _form(session, head.form, head.form_version)
    forms = {head.form_version: FormFacts.of(body, _lists(session, body))} if body else {}
    item = item_facts(session, head.sender, head.form, event.time)
    return Facts(forms, sender_known=True, instruments=_instruments(session), item=item)


def load_released(session: Session, event: Event[CalendarReleased]) -> Affected:
    """The submissions that hold the released figure; it counts as released for them."""
    figure = released_figure(event.data)
    found = []
    for submission_id in sorted(str(row.submission_id) for row in candidates(session, figure)):
        facts = facts_of(session, UUID(submission_id), event.time)
        if facts is not None:
            found.append((submission_id, replace(facts, released=facts.released | {figure})))
    return Affected(tuple(found))


def _closings(session: Session, head: Head, sections: str) -> tuple[datetime, ...]:
    """When the duties close that an attempt is for: about its area, or a province that became part of it."""
    wanted = select(ClosingRow).where(
        ClosingRow.supplier == head.sender,
        ClosingRow.form == head.form,
        ClosingRow.period == spelt(head.period),
        ClosingRow.completeness == head.completeness,
        ClosingRow.round == head.round,
        col(ClosingRow.closes_at).is_not(None),
    )
    about, covered = Area(head.area_list, head.area), sections.split(",") if sections else ()
    found = []
    for row in session.exec(wanted):
        is_about = crosswalk.provinces().is_one_place(about, Area(row.area_list, row.area))
        is_covered = not covered or not row.section or row.section in covered
        if row.closes_at and is_about and is_covered:
            found.append(row.closes_at)
    return tuple(sorted(found))


def _returned(session: Session, head: Head) -> tuple[datetime, ...]:
    rows = select(ReturnedRow.received_at).where(
        ReturnedRow.submission_id == UUID(head.submission_id)
    )
    return tuple(sorted(filter(None, session.exec(rows))))


def facts_of(session: Session, submission_id: UUID, at: datetime) -> Facts | None:
    """What is known of a submission that was decided about before; None for any other. Locks its row."""
    wanted = select(AttemptRow).where(AttemptRow.submission_id == submission_id)
    row = session.exec(wanted.order_by(col(AttemptRow.attempt).desc()).limit(1)).first()
    return _facts(session, row.head, at) if row else None


def room_of(session: Session, sender: str, form: str, at: datetime) -> str | None:
    """The room that is responsible for what a sender supplies in a form."""
    return item_facts(session, sender, form, at).room


def item_facts(session: Session, sender: str, form: str, at: datetime) -> ItemFacts:
    """The item in force by which the sender supplies the form; without one it is the leadership's."""
    entries = replica.in_force(session, "item", at)
    item = item_of((entry.body for entry in entries), sender, form)
    if item is None:
        return ItemFacts()
    facts = ItemFacts.of(item)
    # One that is no more gets nothing.
    return replace(facts, named=facts.named & organisations(session, at)) if facts.named else facts


def is_known(session: Session, figure: Figure) -> bool:
    """Whether the catalogue has the figure's indicator and its area: without them it would never come."""
    if not _has_code(session, figure.area_list, figure.area):
        return False
    if _has_code(session, figure.indicator_list, figure.indicator):
        return True
    id_, _, version = figure.indicator_list.partition("/")
    # A form's own codes are a list of the form's version, which need not be the present one.
    is_number = version.isdecimal() and len(version) < 10
    former = _form(session, id_, int(version)) if is_number else None
    forms = [entry.body for entry in replica.all_of(session, "form")] + ([former] if former else [])
    return any(reports(form, figure) for form in forms)


def _has_code(session: Session, id_: str, code: str) -> bool:
    entry = replica.get(session, "codelist", id_)
    return entry is not None and any(known["code"] == code for known in entry.body["codes"])


def current_cleared(*conditions: ColumnElement[bool] | bool) -> SelectOfScalar[AttemptRow]:
    """The query for attempts that are cleared, and current ones of their submissions, on these conditions."""
    is_current = (col(SubmissionRow.submission_id) == col(AttemptRow.submission_id)) & (
        col(SubmissionRow.current_attempt) == col(AttemptRow.attempt)
    )
    return (
        select(AttemptRow)
        .join(SubmissionRow, is_current)
        .where(AttemptRow.verdict == Verdict.CLEARED.value, *conditions)
    )


def candidates(session: Session, figure: Figure) -> list[AttemptRow]:
    """The current attempts that hold a figure, the best first: the last round, decided last."""
    query = current_cleared(
        AttemptRow.period_end == figure.period_end,
        col(AttemptRow.head)["completeness"].astext == figure.completeness,
        col(AttemptRow.observations).is_not(None),
    )
    rows = session.exec(query).all()
    bodies: dict[tuple[str, int], Body | None] = {}
    found = []
    for row in rows:
        key = (row.head.form, row.head.form_version)
        if key not in bodies:
            bodies[key] = _form(session, *key)
        body = bodies[key]
        if body is not None and holds(body, row.head, figure):
            found.append(row)
    return sorted(found, key=lambda row: (row.head.round, row.decided_at), reverse=True)


def _facts(session: Session, head: Head, at: datetime, *, takes_over: bool = False) -> Facts:
    submission = _locked(session, UUID(head.submission_id))
    key = submission.submission_id
    attempts = _attempts(session, key)
    versions = {head.form_version, *(attempt.head.form_version for attempt in attempts)}
    bodies = {version: _form(session, head.form, version) for version in sorted(versions)}
    forms = {
        version: FormFacts.of(body, _lists(session, body))
        for version, body in bodies.items()
        if body
    }
    about = _about(head, attempts, submission.current_attempt, takes_over)
    body = bodies.get(about.form_version)
    return Facts(
        forms=forms,
        sender_known=replica.get(session, "organisation", head.sender) is not None,
        instruments=_instruments(session),
        item=item_facts(session, head.sender, head.form, at),
        attempts=attempts,
        reviews=_reviews(session, key),
        withdrawals=_withdrawals(session, key),
        consents=_consents(session, head),
        requests=_requests(session, about, body, None if takes_over else key),
        released=_released(session, about, forms.get(about.form_version)),
        standing=_standing(session, about, forms.get(about.form_version), at),
        last_decision=submission.last_decision,
        current_attempt=submission.current_attempt,
    )


def _about(head: Head, attempts: Iterable[Attempt], current: int | None, takes_over: bool) -> Head:
    """The head of the attempt that answers requests: the one that comes, or the one that is current."""
    if takes_over:
        return head
    return next((attempt.head for attempt in attempts if attempt.attempt == current), head)


def _locked(session: Session, key: UUID) -> SubmissionRow:
    """The submission's row; made where it is new, since only a row that exists can be locked."""
    new = {"submission_id": key, "last_decision": 0}
    session.execute(insert(SubmissionRow).values(new).on_conflict_do_nothing())
    wanted = select(SubmissionRow).where(SubmissionRow.submission_id == key).with_for_update()
    return session.exec(wanted.execution_options(populate_existing=True)).one()


def _attempts(session: Session, key: UUID) -> tuple[Attempt, ...]:
    wanted = (
        select(AttemptRow)
        .where(AttemptRow.submission_id == key)
        .order_by(col(AttemptRow.attempt))
        .execution_options(populate_existing=True)
    )
    return tuple(attempt_of(row) for row in session.exec(wanted))


def _reviews(session: Session, key: UUID) -> tuple[Reviewed, ...]:
    wanted = select(ActRow).where(ActRow.submission_id == key)
    ordered = wanted.order_by(col(ActRow.decided_at), col(ActRow.review_id))
    return tuple(REVIEWS.of(row) for row in session.exec(ordered))


def _consents(session: Session, head: Head) -> tuple[Consent, ...]:
    """What those agreed to whom the sender's records of the form name; none changes until this is decided."""
    wanted = select(ConsentRow).where(
        ConsentRow.sender == head.sender, ConsentRow.form == head.form
    )
    ordered = wanted.order_by(col(ConsentRow.consent_id)).with_for_update(read=True)
    rows = session.exec(ordered.execution_options(populate_existing=True))
    return tuple(consent_of(row) for row in rows)


def _withdrawals(session: Session, key: UUID) -> tuple[Withdrawal, ...]:
    wanted = select(WithdrawalRow).where(WithdrawalRow.submission_id == key)
    rows = session.exec(wanted.order_by(col(WithdrawalRow.attempt)))
    return tuple(WITHDRAWALS.of(row) for row in rows)


def _requests(
    session: Session, head: Head, body: Body | None, only_of: UUID | None
) -> tuple[Asked, ...]:
    """The requests for figures that the submission holds; those that another one answers only where it takes over."""
    end = end_of(head.period)
    if body is None or end is None:
        return ()
    wanted = select(RequestRow).where(
        RequestRow.completeness == head.completeness, RequestRow.period_end == end
    )
    if only_of is not None:
        answered = col(RequestRow.submission_id)
        wanted = wanted.where(answered.is_(None) | (answered == only_of))
    wanted = wanted.order_by(col(RequestRow.request_id)).with_for_update()
    rows = session.exec(wanted.execution_options(populate_existing=True))
    requests = (asked_of(row) for row in rows)
    return tuple(request for request in requests if holds(body, head, request.figure))


def _released(session: Session, head: Head, form: FormFacts | None) -> frozenset[Figure]:
    end = end_of(head.period)
    if form is None or not form.systems or end is None:
        return frozenset()
    rows = session.exec(
        select(ReleasedRow).where(
            ReleasedRow.completeness == head.completeness, ReleasedRow.period_end == end
        )
    )
    figures = map(figure_of, rows)
    return frozenset(figure for figure in figures if figure.indicator_list in form.systems)


def _standing(
    session: Session, head: Head, form: FormFacts | None, at: datetime
) -> tuple[Audience, ...]:
    """Of a form of an indicator system alone: the province's committee, and the national office."""
    if form is None or not form.is_system:
        return ()
    audiences = (
        Audience(entry.body["kind"], entry.id)
        for entry in replica.in_force(session, "organisation", at)
        if entry.body.get("kind") in BY_KIND and entry.body.get("province") in (None, head.province)
    )
    return tuple(sorted(audiences, key=lambda audience: (audience.kind, audience.id)))


def _form(session: Session, id_: str, version: int) -> Body | None:
    entry = replica.get(session, "form", id_, version)
    return entry.body if entry else None


def _instruments(session: Session) -> tuple[Instrument, ...]:
    entries = replica.all_of(session, "regulation")
    return tuple(Instrument.from_dict(entry.body) for entry in entries)


def _lists(session: Session, form: Body) -> dict[str, Body]:
    """The code lists that the form takes its indicators from, as they are now."""
    entries = (replica.get(session, "codelist", id_) for id_ in sorted(indicator_lists(form)))
    return {entry.id: entry.body for entry in entries if entry}


def organisations(session: Session, at: datetime) -> frozenset[str]:
    """Those in force: by their entry, and by the days that it says."""
    today = day(at).isoformat()
    return frozenset(
        entry.id
        for entry in replica.in_force(session, "organisation", at)
        if (entry.body.get("valid_from") or today) <= today <= (entry.body.get("valid_to") or today)
    )

"""Consents of those whom records name: recorded by who collected them, and withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID, uuid5

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select, tuple_

from services.events.policy import ConsentChange
from services.kernel import replica
from services.kernel.api import Context, context_of
from services.kernel.auth import Access, allowed
from services.kernel.events import Outcome
from services.kernel.patience import each_for_itself
from services.model.period import Period, PeriodError
from services.model.regulation import day
from services.policy.consents import ended, event_of, is_expired, reconsidered
from services.policy.facts.loading import facts_of, room_of
from services.policy.identifiers.finding import Kind
from services.policy.law.consent import Purpose, same_period
from services.policy.law.verdict import Verdict
from services.policy.refusals import Code, Refused
from services.policy.routes.requests import NAMESPACE
from services.policy.routes.views import Name, Words
from services.policy.store import AttemptRow, ConsentRow, SubmissionRow

With = Annotated[Context, Depends(context_of)]
Reader = Annotated[Access, Depends(allowed("consent.read"))]
Recorder = Annotated[Access, Depends(allowed("consent.record"))]
Withdrawer = Annotated[Access, Depends(allowed("consent.withdraw"))]
AudienceKind = Literal[
    "compilers", "room", "agency", "provincial_committee", "national_office", "user_group"
]
router = APIRouter(prefix="/v1/consents", tags=["consents"])


class Given(BaseModel):
    """To what those agreed whom a sender's records of a form name; `period` null: the records of every period."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "sender": "so-tai-chinh-dien-bien",
                    "form": "05-cnxd",
                    "period": "2026",
                    "identifiers": ["organisation_name", "address"],
                    "audiences": ["agency", "provincial_committee"],
                    "purposes": ["state_management"],
                    "valid_from": "2026-11-01",
                    "valid_to": "2027-12-31",
                    "document": "Tập biên bản đồng ý số 15/STC",
                }
            ]
        },
    )

    sender: Name
    form: Name
    period: Name | None = None
    identifiers: Annotated[frozenset[Kind], Field(min_length=1)]
    audiences: Annotated[frozenset[AudienceKind], Field(min_length=1)]
    purposes: Annotated[frozenset[Purpose], Field(min_length=1)]
    valid_from: date
    valid_to: date | None = None
    document: Name


class ConsentWithdrawn(BaseModel):
    """Why a consent counts no more. Of the reason only the hash is published; the words stay here."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Một hộ rút lại sự đồng ý.", "document": None}]},
    )

    reason: Words
    document: Name | None = None


class ConsentView(BaseModel):
    """A consent, and how it ended."""

    consent_id: UUID
    sender: str
    form: str
    period: str | None
    identifiers: list[str]
    audiences: list[str]
    purposes: list[str]
    valid_from: date
    valid_to: date | None
    document: str
    person: str
    given_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None
    withdrawn_document: str | None
    expired_at: datetime | None


class Consents(BaseModel):
    """Consents, the newest first."""

    consents: list[ConsentView]


@router.get("", summary="Sự đồng ý của người được nêu tên · Consents")
def listed(
    context: With,
    access: Reader,
    form: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Consents:
    """Those of the asker's organisation or rooms, or all."""
    newest_first = col(ConsentRow.given_at).desc(), col(ConsentRow.consent_id)
    wanted = select(ConsentRow).order_by(*newest_first).limit(limit).offset(offset)
    if form is not None:
        wanted = wanted.where(ConsentRow.form == form)
    with Session(context.engine) as session:
        rows = session.exec(wanted.where(_within(session, access, context.clock())))
        return Consents(consents=[_view(row) for row in rows])


@router.post("", status_code=201, summary="Ghi nhận sự đồng ý · Record a consent")
async def give(body: Given, context: With, access: Recorder) -> ConsentView:
    """201 once it is recorded and published, also for the same sent again; pending and denied requests follow.

    404 for a sender and form that aren't the asker's, 409 for one that ended before, 422 for a form or a period that
    is none, or no day on which it counts: it would say nothing.
    """
    view, sequence = await run_in_threadpool(_give, context, access, body)
    if sequence is not None:
        await context.relay.published(sequence)
    return view


@router.post(
    "/{consent}/withdrawal", status_code=202, summary="Rút lại sự đồng ý · Withdraw a consent"
)
async def withdraw(
    consent: UUID, body: ConsentWithdrawn, context: With, access: Withdrawer
) -> ConsentView:
    """202 once it is recorded, published and carried out: nobody reads what was let go by this consent alone.

    409 where it ended before.
    """
    view, sequence = await run_in_threadpool(_withdraw, context, access, consent, body)
    if sequence is not None:
        await context.relay.published(sequence)
    return view


def carry_out(context: Context) -> int:
    """What the sweep does: consents whose change was not carried out yet, or whose last day is over; how many."""
    today = day(context.clock())
    with Session(context.engine) as session:
        due = session.exec(
            select(ConsentRow.consent_id).where(
                col(ConsentRow.is_applied).is_(False) & (col(ConsentRow.valid_from) <= today)
                | (col(ConsentRow.valid_to) < today)
                & col(ConsentRow.expired_at).is_(None)
                & col(ConsentRow.withdrawn_at).is_(None)
            )
        ).all()
    return len(each_for_itself(context.service, partial(_carry_out, context), due))


def _give(context: Context, access: Access, body: Given) -> tuple[ConsentView, int | None]:
    now = context.clock()
    words = body.model_dump_json(exclude={"identifiers", "audiences", "purposes"})
    identifiers = sorted(one.value for one in body.identifiers)
    audiences: list[str] = sorted(body.audiences)
    purposes = sorted(one.value for one in body.purposes)
    id_ = uuid5(NAMESPACE, f"consent {words} {identifiers} {audiences} {purposes}")
    row = ConsentRow(
        consent_id=id_,
        sender=body.sender,
        form=body.form,
        period=_period(body.period),
        identifiers=identifiers,
        audiences=audiences,
        purposes=purposes,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        document=body.document,
        person=access.principal.id,
        given_at=now,
    )
    last = body.valid_to
    with Session(context.engine) as session, session.begin():
        if not _reaches(session, access, row.sender, row.form, now):
            raise Refused(Code.NO_CONSENT).problem()
        if last is not None and last < body.valid_from:
            raise Refused(Code.CONSENT_NEVER).problem()
        if replica.get(session, "form", body.form) is None:
            raise Refused(Code.NO_FORM, form=body.form).problem()
        lock = sa.text("select pg_advisory_xact_lock(hashtextextended(:id, 0))")
        session.execute(lock, {"id": f"policy consent {id_}"})
        before = session.get(ConsentRow, id_)
        if before is not None and ended(before, day(now)) is not None:
            raise Refused(Code.CONSENT_AGAIN).problem()
        if before is not None:
            return _view(before), context.outbox.unpublished(session)
        if is_expired(row, day(now)):
            raise Refused(Code.CONSENT_NEVER).problem()
        session.add(row)
        session.flush()
        outcome = Outcome((event_of(row, ConsentChange.GIVEN, now),))
        sequence = context.outbox.write(session, outcome, id_)
    if body.valid_from <= day(now):
        _carry_out(context, id_)
    with Session(context.engine) as session:
        return _view(session.get_one(ConsentRow, id_)), sequence


def _withdraw(
    context: Context, access: Access, consent: UUID, body: ConsentWithdrawn
) -> tuple[ConsentView, int | None]:
    now, who = context.clock(), access.principal
    with Session(context.engine) as session, session.begin():
        row = session.get(ConsentRow, consent, with_for_update=True)
        if row is None or not _reaches(session, access, row.sender, row.form, now):
            raise Refused(Code.NO_CONSENT).problem()
        if row.withdrawn_at is not None or is_expired(row, day(now)):
            said = (row.withdrawn_by, row.withdrawn_reason, row.withdrawn_document)
            if said != (who.id, body.reason, body.document):
                raise Refused(Code.CONSENT_ENDED).problem()
            return _view(row), context.outbox.unpublished(session)
        row.withdrawn_at, row.withdrawn_by, row.withdrawn_organisation = (
            now,
            who.id,
            who.organisation,
        )
        row.withdrawn_reason, row.withdrawn_document = body.reason, body.document
        row.is_applied = False
        session.add(row)
        session.flush()
        outcome = Outcome((event_of(row, ConsentChange.WITHDRAWN, now),))
        sequence = context.outbox.write(session, outcome, uuid5(consent, ConsentChange.WITHDRAWN))
    _carry_out(context, consent)
    with Session(context.engine) as session:
        return _view(session.get_one(ConsentRow, consent)), sequence


def _carry_out(context: Context, consent: UUID) -> None:
    """Decides again what a consent is about, a submission a transaction; then notes that it is done.

    Who decides meanwhile holds the consent's row, so that either sees what the other did.
    """
    now = context.clock()
    with Session(context.engine) as session:
        row = session.get_one(ConsentRow, consent)
        end = ended(row, day(now))
        submissions = _submissions(session, row)
    for submission in submissions:
        with Session(context.engine) as session, session.begin():
            facts = facts_of(session, submission, now)
            found = facts and reconsidered(submission, facts, consent, end, now)
            if found:
                context.outbox.write(session, found[1], found[0])
    with Session(context.engine) as session, session.begin():
        row = session.get_one(ConsentRow, consent, with_for_update=True)
        if ended(row, day(now)) != end:
            return
        row.is_applied = True
        if end is not None and end.change is ConsentChange.EXPIRED and row.expired_at is None:
            row.expired_at = now
            outcome = Outcome((event_of(row, ConsentChange.EXPIRED, now),))
            context.outbox.write(session, outcome, uuid5(consent, ConsentChange.EXPIRED))
        session.add(row)


def _submissions(session: Session, consent: ConsentRow) -> list[UUID]:
    """The submissions whose current attempt the consent is about."""
    head = col(AttemptRow.head)
    rows = session.exec(
        select(AttemptRow)
        .join(
            SubmissionRow,
            (col(SubmissionRow.submission_id) == col(AttemptRow.submission_id))
            & (col(SubmissionRow.current_attempt) == col(AttemptRow.attempt)),
        )
        .where(
            AttemptRow.verdict == Verdict.CLEARED.value,
            head["sender"].astext == consent.sender,
            head["form"].astext == consent.form,
        )
    )
    return sorted(
        row.submission_id
        for row in rows
        if consent.period is None or same_period(consent.period, row.head["period"])
    )


def _period(text: str | None) -> str | None:
    try:
        return None if text is None else str(Period.parse(text))
    except PeriodError:
        raise Refused(Code.NO_PERIOD, period=text).problem() from None


def _within(session: Session, access: Access, at: datetime) -> sa.ColumnElement[bool]:
    """What `_reaches` says, as a condition on the rows."""
    sender, form = col(ConsentRow.sender), col(ConsentRow.form)
    pairs = session.exec(select(sender, form).distinct()).all()
    return tuple_(sender, form).in_([one for one in pairs if _reaches(session, access, *one, at)])


def _reaches(session: Session, access: Access, sender: str, form: str, at: datetime) -> bool:
    return access.reaches(sender, room_of(session, sender, form, at))


def _view(row: ConsentRow) -> ConsentView:
    return ConsentView(**row.model_dump(include=set(ConsentView.model_fields)))

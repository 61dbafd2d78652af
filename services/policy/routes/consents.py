"""Consents of those whom records name: recorded by who collected them, and withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated
from uuid import UUID, uuid5

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select, tuple_

from services.events.policy import AudienceKind, ConsentChange
from services.kernel import replica
from services.kernel.api import Context, Limit, Offset, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Body, Name, Reasoned, Refused, carried_out
from services.kernel.db import lock
from services.kernel.events import Outcome
from services.kernel.retry import each_for_itself
from services.model.period import Period, PeriodError
from services.model.regulation import day
from services.policy.decisions.consents import Ended, ended, event_of, is_expired, reconsidered
from services.policy.decisions.refusals import Code
from services.policy.evidence.finding import Kind
from services.policy.law.consent import Purpose, same_period
from services.policy.loading import current_cleared, facts_of, room_of
from services.policy.routes.requests import NAMESPACE
from services.policy.store import AttemptRow, ConsentRow

Reader = Annotated[Access, Depends(allowed("consent.read"))]
Recorder = Annotated[Access, Depends(allowed("consent.record"))]
Withdrawer = Annotated[Access, Depends(allowed("consent.withdraw"))]
router = APIRouter(prefix="/v1/consents", tags=["consents"])


class Given(Body):
    """To what those agreed whom a sender's records of a form name; `period` null: the records of every period."""

    sender: Name = Field(examples=["so-tai-chinh-dien-bien"])
    form: Name = Field(examples=["05-cnxd"])
    period: Name | None = Field(None, examples=["2026"])
    identifiers: frozenset[Kind] = Field(min_length=1, examples=[["organisation_name", "address"]])
    audiences: frozenset[AudienceKind] = Field(min_length=1, examples=[["agency"]])
    purposes: frozenset[Purpose] = Field(min_length=1, examples=[["state_management"]])
    valid_from: date = Field(examples=["2026-11-01"])
    valid_to: date | None = Field(None, examples=["2027-12-31"])
    document: Name = Field(examples=["Tập biên bản đồng ý số 15/STC"])


class ConsentWithdrawn(Reasoned):
    """Why a consent counts no more. Of the reason only the hash is published; the words stay here."""


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
    limit: Limit = 50,
    offset: Offset = 0,
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

    def act(session: Session, now: datetime) -> UUID:
        if not _reaches(session, access, body.sender, body.form, now):
            raise Refused(Code.NO_CONSENT)
        if body.valid_to is not None and body.valid_to < body.valid_from:
            raise Refused(Code.CONSENT_NEVER)
        if replica.get(session, "form", body.form) is None:
            raise Refused(Code.NO_FORM, form=body.form)
        row = _row(body, access.principal.id, now)
        lock(session, f"policy consent {row.consent_id}")
        before = session.get(ConsentRow, row.consent_id)
        if before is not None and ended(before, day(now)) is not None:
            raise Refused(Code.CONSENT_AGAIN)
        if before is None and is_expired(row, day(now)):
            raise Refused(Code.CONSENT_NEVER)
        if before is None:
            session.add(row)
            session.flush()
            outcome = Outcome((event_of(row, ConsentChange.GIVEN, now),))
            context.outbox.write(session, outcome, row.consent_id)
        return row.consent_id

    given = await carried_out(context, act, partial(_carry_out, context))
    return await run_in_threadpool(_shown, context, given)


@router.post(
    "/{consent}/withdrawal", status_code=202, summary="Rút lại sự đồng ý · Withdraw a consent"
)
async def withdraw(
    consent: UUID, body: ConsentWithdrawn, context: With, access: Withdrawer
) -> ConsentView:
    """202 once it is recorded, published and carried out: nobody reads what was let go by this consent alone.

    409 where it ended before.
    """

    def act(session: Session, now: datetime) -> UUID:
        who, row = access.principal, session.get(ConsentRow, consent, with_for_update=True)
        if row is None or not _reaches(session, access, row.sender, row.form, now):
            raise Refused(Code.NO_CONSENT)
        wish = Ended(ConsentChange.WITHDRAWN, who.organisation, person=who.id, **body.model_dump())
        if before := ended(row, day(now)):
            if before.change is not wish.change or not wish.repeats(before):
                raise Refused(Code.CONSENT_ENDED)
            return consent
        row.withdrawn_at, row.withdrawn_by = now, wish.person
        row.withdrawn_organisation = wish.organisation
        row.withdrawn_reason, row.withdrawn_document = wish.reason, wish.document
        row.is_applied = False
        session.add(row)
        session.flush()
        outcome = Outcome((event_of(row, ConsentChange.WITHDRAWN, now),))
        context.outbox.write(session, outcome, uuid5(consent, ConsentChange.WITHDRAWN))
        return consent

    await carried_out(context, act, partial(_carry_out, context))
    return await run_in_threadpool(_shown, context, consent)


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


def _row(body: Given, person: str, now: datetime) -> ConsentRow:
    """Given twice in the same words it is one consent; raises Refused for a period that is none."""
    words = body.model_dump_json(exclude={"identifiers", "audiences", "purposes"})
    identifiers = sorted(identifier.value for identifier in body.identifiers)
    audiences = sorted(audience.value for audience in body.audiences)
    purposes = sorted(purpose.value for purpose in body.purposes)
    lists = f"{identifiers} {audiences} {purposes}"
    return ConsentRow(
        consent_id=uuid5(NAMESPACE, f"consent {words} {lists}"),
        sender=body.sender,
        form=body.form,
        period=_period(body.period),
        identifiers=identifiers,
        audiences=audiences,
        purposes=purposes,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        document=body.document,
        person=person,
        given_at=now,
    )


def _carry_out(context: Context, consent: UUID) -> None:
    """Decides again what a consent is about, a submission a transaction; then notes that it is done.

    Nothing before the first day on which it counts. Who decides meanwhile holds the consent's row, so that either sees
    what the other did.
    """
    now = context.clock()
    with Session(context.engine) as session:
        row = session.get_one(ConsentRow, consent)
        if row.valid_from > day(now):
            return
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
    query = current_cleared(
        head["sender"].astext == consent.sender, head["form"].astext == consent.form
    )
    return sorted(
        row.submission_id
        for row in session.exec(query)
        if consent.period is None or same_period(consent.period, row.head.period)
    )


def _period(text: str | None) -> str | None:
    try:
        return None if text is None else str(Period.parse(text))
    except PeriodError:
        raise Refused(Code.NO_PERIOD, period=text) from None


def _within(session: Session, access: Access, at: datetime) -> sa.ColumnElement[bool]:
    """What `_reaches` says, as a condition on the rows."""
    sender, form = col(ConsentRow.sender), col(ConsentRow.form)
    pairs = session.exec(select(sender, form).distinct()).all()
    return tuple_(sender, form).in_(
        [pair for pair in pairs if _reaches(session, access, *pair, at)]
    )


def _reaches(session: Session, access: Access, sender: str, form: str, at: datetime) -> bool:
    return access.reaches(sender, room_of(session, sender, form, at))


def _shown(context: Context, consent: UUID) -> ConsentView:
    with Session(context.engine) as session:
        return _view(session.get_one(ConsentRow, consent))


def _view(row: ConsentRow) -> ConsentView:
    return ConsentView(**row.model_dump(include=set(ConsentView.model_fields)))

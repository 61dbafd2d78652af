"""Removing for good what nobody may read any more: one person of the leadership orders it, another confirms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from services.kernel.api import With
from services.kernel.auth import Access, allowed, settled
from services.kernel.command import Name, Reasoned, Refused, carried_out
from services.kernel.db import lock
from services.kernel.events import Outcome
from services.policy.decisions.erasures import Known, Wish, confirm, done, order
from services.policy.decisions.refusals import Code
from services.policy.loading import facts_of
from services.policy.store import ErasureRow, ReturnedRow

Reader = Annotated[Access, Depends(allowed("erasure.read"))]
Orderer = Annotated[Access, Depends(settled("erasure.order"))]
router = APIRouter(prefix="/v1", tags=["erasures"])


class Ordered(Reasoned):
    """What is to be erased, and why: this attempt, and all before it."""

    attempt: Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]
    document: Name = Field(examples=["51/QĐ-TK"])


class ErasureView(BaseModel):
    """An order; `erased` counts the objects of the vault whose keys are destroyed, null until it is confirmed."""

    erasure_id: UUID
    submission_id: UUID
    attempt: int
    ordered_by: str
    reason: str
    document: str
    ordered_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    erased: int | None


class Erasures(BaseModel):
    """Orders, the newest first."""

    erasures: list[ErasureView]


@router.get("/erasures", summary="Lệnh xóa · Orders to erase")
def listed(context: With, access: Reader) -> Erasures:
    """The last 200, those that wait for a second person included."""
    wanted = select(ErasureRow).order_by(col(ErasureRow.ordered_at).desc()).limit(200)
    with Session(context.engine) as session:
        return Erasures(erasures=[_view(row) for row in session.exec(wanted)])


@router.post(
    "/submissions/{submission}/erasure", status_code=202, summary="Lệnh xóa hẳn · Order an erasure"
)
async def ordered(submission: UUID, body: Ordered, context: With, access: Orderer) -> ErasureView:
    """202: it waits for a second person; the same again too.

    404 for an attempt that isn't decided, 409 where somebody may still read one, or it was ordered in other words.
    """

    def act(session: Session, now: datetime) -> ErasureView:
        wish = Wish(submission, person=access.principal.id, **body.model_dump())
        # Two orders of the same come one after the other, also where no decision has a row to lock.
        lock(session, f"policy erasure {wish.id}")
        known = _known(session, submission, now)
        row = order(wish, session.get(ErasureRow, wish.id), known, now)
        session.add(row)
        return _view(row)

    return await carried_out(context, act)


@router.post(
    "/erasures/{erasure}/confirmation", status_code=202, summary="Xác nhận xóa · Confirm an erasure"
)
async def confirmed(erasure: UUID, context: With, access: Orderer) -> ErasureView:
    """202 once the keys are destroyed and that is published, also for the same person again.

    403 for the person who ordered it; 404 for no order; 409 where somebody may read an attempt.
    """

    def act(session: Session, now: datetime) -> ErasureView:
        seen = session.get(ErasureRow, erasure)
        if seen is None:
            raise Refused(Code.NO_ERASURE)
        # Its submission's lock comes first, as everywhere.
        known = _known(session, seen.submission_id, now)
        row = session.get_one(ErasureRow, erasure, populate_existing=True, with_for_update=True)
        if row.confirmed_at is None:
            confirm(row, access.principal.id, known, now)
            session.add(row)
            session.flush()
            session.refresh(row)
            context.outbox.write(session, Outcome((done(row),)), erasure)
        return _view(row)

    return await carried_out(context, act)


def _known(session: Session, submission: UUID, at: datetime) -> Known:
    facts = facts_of(session, submission, at)
    returned = session.exec(
        select(ReturnedRow.attempt).where(ReturnedRow.submission_id == submission)
    )
    return Known(facts.attempts if facts else (), frozenset(returned))


def _view(row: ErasureRow) -> ErasureView:
    return ErasureView(**row.model_dump())

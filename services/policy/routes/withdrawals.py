"""Taking back a submission: by its sender, or by the office on the sender's letter."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from services.kernel.api import Context, context_of
from services.kernel.auth import Access, allowed
from services.policy.facts.loading import facts_of
from services.policy.facts.values import Withdrawal
from services.policy.refusals import Code, Refused
from services.policy.routes.views import Name, Words
from services.policy.withdrawals import Wish, withdraw

With = Annotated[Context, Depends(context_of)]
Withdrawer = Annotated[Access, Depends(allowed("submission.withdraw"))]
router = APIRouter(prefix="/v1/submissions", tags=["submissions"])


class Withdrawn(BaseModel):
    """What is taken back, and why: this attempt, and all before it. Of the reason only the hash is published."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "attempt": 1,
                    "reason": "Gửi nhầm số liệu của đơn vị khác.",
                    "document": "118/STC-NS",
                }
            ]
        },
    )

    attempt: Annotated[int, Field(ge=1, le=2**31 - 1)]
    reason: Words
    document: Name | None = None


class WithdrawalView(BaseModel):
    """A withdrawal; nobody may read the attempts from `withdrawn_at` on."""

    withdrawal_id: UUID
    submission_id: UUID
    attempt: int
    person: str
    organisation: str
    reason: str
    document: str | None
    withdrawn_at: datetime


@router.post(
    "/{submission}/withdrawal", status_code=202, summary="Rút lại hồ sơ · Take a submission back"
)
async def take_back(
    submission: UUID, body: Withdrawn, context: With, access: Withdrawer
) -> WithdrawalView:
    """202 once it is recorded and published, also for the same words sent again.

    404 for an attempt that isn't decided yet, or isn't the asker's; 409 where nobody may read it anyway, or it was
    taken back in other words; 422 where the office names no letter of the sender's.
    """
    view, sequence = await run_in_threadpool(_withdraw, context, access, submission, body)
    if sequence is not None:
        await context.relay.published(sequence)
    return view


def _withdraw(
    context: Context, access: Access, submission: UUID, body: Withdrawn
) -> tuple[WithdrawalView, int | None]:
    now, who = context.clock(), access.principal
    try:
        with Session(context.engine) as session, session.begin():
            facts = facts_of(session, submission, now)
            attempt = facts.attempt(body.attempt) if facts else None
            if facts is None or attempt is None:
                raise Refused(Code.NO_DECISION)
            if not access.reaches(attempt.head.sender, facts.item.room):
                raise Refused(Code.NO_DECISION)
            wish = Wish(
                str(submission), body.attempt, who.id, who.organisation, body.reason, body.document
            )
            withdrawal, outcome = withdraw(wish, facts, now)
            if outcome is None:
                sequence = context.outbox.unpublished(session)
            else:
                sequence = context.outbox.write(session, outcome, withdrawal.id)
            return _view(submission, withdrawal), sequence
    except Refused as refused:
        raise refused.problem() from None


def _view(submission: UUID, one: Withdrawal) -> WithdrawalView:
    return WithdrawalView(
        withdrawal_id=one.id,
        submission_id=submission,
        attempt=one.attempt,
        person=one.person,
        organisation=one.organisation,
        reason=one.reason,
        document=one.document,
        withdrawn_at=one.at,
    )

"""Taking back a submission: by its sender, or by the office on the sender's letter."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlmodel import Session

from services.kernel.api import With
from services.kernel.auth import Access, allowed
from services.kernel.command import Reasoned, Refused, carried_out
from services.policy.decisions.refusals import Code
from services.policy.decisions.withdrawals import Wish, withdraw
from services.policy.loading import facts_of

Withdrawer = Annotated[Access, Depends(allowed("submission.withdraw"))]
router = APIRouter(prefix="/v1/submissions", tags=["submissions"])


class Withdrawn(Reasoned):
    """What is taken back, and why: this attempt, and all before it. Of the reason only the hash is published."""

    attempt: Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]


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

    def act(session: Session, now: datetime) -> WithdrawalView:
        facts, who = facts_of(session, submission, now), access.principal
        attempt = facts.attempt(body.attempt) if facts else None
        if facts is None or attempt is None:
            raise Refused(Code.NO_DECISION)
        if not access.reaches(attempt.head.sender, facts.item.room):
            raise Refused(Code.NO_DECISION)
        wish = Wish(
            str(submission), organisation=who.organisation, person=who.id, **body.model_dump()
        )
        withdrawal, outcome = withdraw(wish, facts, now)
        if outcome is not None:
            context.outbox.write(session, outcome, withdrawal.id)
        return WithdrawalView(
            **vars(withdrawal), withdrawal_id=withdrawal.id, submission_id=submission,
            withdrawn_at=withdrawal.at,
        )  # fmt: skip

    return await carried_out(context, act)

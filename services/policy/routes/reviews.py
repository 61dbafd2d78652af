"""The queue of what waits for a person, and what persons decide about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from sqlmodel import Session

from services.kernel.api import Context, Limit, Offset, With
from services.kernel.auth import Access, allowed
from services.kernel.command import Refused, carried_out
from services.policy.decisions.refusals import Code
from services.policy.decisions.reviews import Review, review
from services.policy.loading import facts_of
from services.policy.routes import queries
from services.policy.routes.views import Decided, Queue, ReviewView, review_view
from services.policy.store import AttemptRow

Reader = Annotated[Access, Depends(allowed("review.read"))]
Decider = Annotated[Access, Depends(allowed("review.decide"))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
router = APIRouter(prefix="/v1", tags=["reviews"])


@router.get("/reviews", summary="Việc chờ quyết định · What waits for a person")
def waiting(
    context: With,
    access: Reader,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Queue:
    """What the asker's rooms, or the office, have to decide, the most urgent first."""
    with Session(context.engine) as session:
        rows = queries.queue(session, access, limit, offset)
        acts, numbers = queries.acts(session, rows), queries.numbers(session)
    now = context.clock()
    shown = (review_view(row, acts.get(_key(row), []), numbers, now) for row in rows)
    return Queue(reviews=list(shown))


@router.get("/reviews/{submission}/{attempt}", summary="Một việc · One of them")
def one(submission: UUID, attempt: Number, context: With, access: Reader) -> ReviewView:
    """An attempt that waits, or waited, for a person; 404 where none of it is the asker's."""
    with Session(context.engine) as session:
        return _shown(session, context, access, submission, attempt)


@router.post(
    "/reviews/{submission}/{attempt}/decisions",
    status_code=202,
    summary="Quyết định · Decide about it",
)
async def decide(
    submission: UUID, attempt: Number, body: Decided, context: With, access: Decider
) -> ReviewView:
    """202 once it is recorded and published, also for the same decision sent again.

    403 for one's own organisation's submission; 409 where it waits no more, the person decided
    otherwise before, or a law or a missing fact stands against its release.
    """

    def act(session: Session, now: datetime) -> ReviewView:
        facts, who = facts_of(session, submission, now), access.principal
        if facts is None or queries.held(session, access, submission, attempt) is None:
            raise Refused(Code.NO_REVIEW)
        wish = Review(
            str(submission), attempt, who.organisation, person=who.id,
            lent={} if access.is_all else who.lent, **body.model_dump(),
        )  # fmt: skip
        reviewed, outcome = review(wish, facts, now)
        if outcome is not None:
            context.outbox.write(session, outcome, reviewed.id)
            session.expire_all()
        return _shown(session, context, access, submission, attempt)

    return await carried_out(context, act)


def _shown(
    session: Session, context: Context, access: Access, submission: UUID, attempt: int
) -> ReviewView:
    row = queries.held(session, access, submission, attempt)
    if row is None:
        raise Refused(Code.NO_REVIEW)
    acts = queries.acts(session, [row]).get((submission, attempt), [])
    return review_view(row, acts, queries.numbers(session), context.clock())


def _key(row: AttemptRow) -> tuple[UUID, int]:
    return row.submission_id, row.attempt

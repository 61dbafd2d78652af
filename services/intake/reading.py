"""GET: where submissions stand. Who asks sees what schemas/roles.yaml grants; a sender that signs, its own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session

from services.intake import listing, queries, refusal_views, views
from services.intake.answers import problem
from services.intake.authentication import reader
from services.intake.list_view import AmongView, ListView
from services.intake.listing import Filter, Sort
from services.intake.openapi import BY_TOKEN, LIST, STATE
from services.intake.queries import Joined
from services.intake.refusal import Code, Refusal
from services.intake.scope import reaches, within
from services.kernel.api import Offset, With
from services.kernel.auth import Access, allowed, reach_of

router = APIRouter()
OfStates = Annotated[Access, Depends(reader("state.read"))]
Limit = Annotated[int, Query(ge=1, le=1000)]
Which = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="1, 2, …")]
Counted = Annotated[bool, Query(description="Kèm số lượng · How many there are besides")]


@router.get("/v1/submissions/{submission_id}", tags=["submissions"], **STATE)
def state(
    submission_id: UUID, context: With, who: OfStates, attempt: Which = None
) -> views.StateView:
    """State, verdict, reasons and findings of an attempt, the latest unless one is named."""
    with Session(context.engine) as session:
        attempts = seen(session, submission_id, who, context.clock())
        one = chosen(attempts, attempt)
        path = queries.path(session, submission_id, one[1].attempt)
        may_read = reach_of("intake", "report.read", who.principal)
        has_words = reaches(session, may_read, one[0], context.clock())
        numbers = queries.numbers(session)
        return views.state_view(one, attempts, path, numbers, has_words=has_words)


@router.get(
    "/v1/submissions",
    tags=["submissions"],
    summary="Danh sách các lần gửi · Attempts",
    **LIST,
)
def listed(
    context: With,
    who: OfStates,
    wanted: Annotated[Filter, Depends()],
    sort: Sort = Sort.NEWEST,
    counted: Counted = True,
    limit: Limit = 100,
    offset: Offset = 0,
) -> ListView:
    """Those that who asks may see; with how many there are, and by what they are told apart, where it is `counted`."""
    with Session(context.engine) as session:
        reached = within(session, who, context.clock())
        found = listing.listed(session, reached, wanted, sort, limit, offset)
        numbers = queries.numbers(session)
        attempts = [views.attempt_view(attempt, numbers) for attempt in found]
        if not counted:
            return ListView(attempts=attempts)
        states = listing.counts(session, reached, wanted)
        total = states.get(wanted.state, 0) if wanted.state else sum(states.values())
        among = AmongView(**vars(listing.among(session, reached)))
    return ListView(attempts=attempts, total=total, states=states, among=among)


@router.get(
    "/v1/submissions/{submission_id}/path",
    tags=["submissions"],
    summary="Mọi sự kiện của một lần gửi · Every event about a submission",
    **LIST,
)
def path(submission_id: UUID, context: With, who: OfStates) -> views.PathView:
    """In the order of their times."""
    with Session(context.engine) as session:
        seen(session, submission_id, who, context.clock())
        return views.path_view(submission_id, queries.path(session, submission_id))


@router.get(
    "/v1/refusals",
    tags=["operators"],
    dependencies=[Depends(allowed("refusal.read"))],
    summary="Những gì không được tiếp nhận · What was not taken in, the newest first",
    **BY_TOKEN,
)
def refusals(
    context: With,
    sender: str | None = None,
    code: str | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> refusal_views.RefusalsView:
    """State secrets among them, with what may be said of one."""
    with Session(context.engine) as session:
        return refusal_views.refusals_view(queries.refusals(session, sender, code, limit, offset))


@router.get(
    "/v1/reconciliation",
    tags=["operators"],
    dependencies=[Depends(allowed("reconciliation.read"))],
    summary="Đối chiếu số lượng · What came in, and what became of it",
    **BY_TOKEN,
)
def reconciliation(context: With) -> views.Reconciliation:
    """Of all attempts."""
    with Session(context.engine) as session:
        found = queries.reconciliation(session, context.clock())
    return views.Reconciliation(**found)


def seen(session: Session, submission_id: UUID, who: Access, now: datetime) -> list[Joined]:
    """The attempts of a submission that `who` may know of: to others it isn't there."""
    attempts = queries.submission(session, submission_id)
    if not attempts or not reaches(session, who, attempts[0][0], now):
        raise problem(Refusal(Code.UNKNOWN_SUBMISSION))
    return attempts


def chosen(attempts: list[Joined], attempt: int | None) -> Joined:
    """The attempt with this number, the latest for None."""
    for one in attempts:
        if attempt in (None, one[1].attempt):
            return one
    raise problem(Refusal(Code.UNKNOWN_SUBMISSION))

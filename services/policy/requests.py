"""Requests of other audiences for a figure."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.kernel.api import Context, context_of
from services.kernel.auth import Access, allowed
from services.model.period import PeriodError
from services.policy import queries
from services.policy.applying import apply, unpublished
from services.policy.figures import Figure
from services.policy.refusals import Code, Refused
from services.policy.requesting import Wish, ask, audience_of
from services.policy.store import RequestRow
from services.policy.views import Requests, RequestView, Wanted, request_view

With = Annotated[Context, Depends(context_of)]
Reader = Annotated[Access, Depends(allowed("request.read"))]
Asker = Annotated[Access, Depends(allowed("request.make"))]
router = APIRouter(prefix="/v1", tags=["requests"])


@router.post("/requests", status_code=201, summary="Yêu cầu một số liệu · Ask for a figure")
async def make(body: Wanted, context: With, access: Asker, response: Response) -> RequestView:
    """201 with the answer of this moment, 200 for what was asked in the same words before; both once published.

    Pending means that the figure is not there yet, or not published; it is answered again by itself.
    """
    view, is_new, sequence = await run_in_threadpool(_make, context, access, body)
    if sequence is not None:
        await context.outbox.published(sequence)
    if not is_new:
        response.status_code = 200
    return view


@router.get("/requests", summary="Các yêu cầu · Requests")
def listed(
    context: With,
    access: Reader,
    state: Literal["granted", "pending", "denied"] | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Requests:
    """The requests of the asker's rooms or organisation, or all; the newest first."""
    with Session(context.engine) as session:
        rows = queries.requests(session, access, state, limit, offset)
        numbers = queries.numbers(session)
    return Requests(requests=[request_view(row, numbers) for row in rows])


@router.get("/requests/{request}", summary="Một yêu cầu · One request")
def one(request: UUID, context: With, access: Reader) -> RequestView:
    """404 where there is none that the asker may see."""
    with Session(context.engine) as session:
        row = queries.request(session, access, request)
        if row is None:
            raise Refused(Code.NO_REQUEST).problem()
        return request_view(row, queries.numbers(session))


def _make(context: Context, access: Access, body: Wanted) -> tuple[RequestView, bool, int | None]:
    try:
        figure = Figure.of(body.model_dump(exclude={"purpose", "basis", "room"}, mode="json"))
        with Session(context.engine) as session, session.begin():
            audience = audience_of(session, access, body.room)
            wish = Wish(audience, access.principal.id, figure, body.purpose, body.basis)
            outcome = ask(session, wish, context.clock())
            if outcome is None:
                sequence = unpublished(session)
            else:
                sequence = apply(session, context.outbox, outcome, wish.id)
                session.expire_all()
            row = session.get_one(RequestRow, wish.id)
            view = request_view(row, queries.numbers(session))
            return view, outcome is not None, sequence
    except PeriodError:
        raise Refused(Code.NO_PERIOD, period=body.period).problem() from None
    except Refused as refused:
        raise refused.problem() from None

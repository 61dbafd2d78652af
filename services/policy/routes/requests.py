"""Requests of other audiences for a figure: recorded, and answered at once from what is there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.kernel.api import Context, context_of
from services.kernel.auth import Access, Principal, allowed
from services.kernel.events import Outcome
from services.model.period import PeriodError
from services.policy.answers import absent
from services.policy.book import Book, answered_event
from services.policy.facts.loading import candidates, facts_of, is_known
from services.policy.facts.rows import JUDGEMENT, asked_of, judgement_columns, request_row
from services.policy.facts.values import Asked, Judgement
from services.policy.figures import Figure
from services.policy.law.verdict import Audience
from services.policy.refusals import Code, Refused
from services.policy.routes import queries
from services.policy.routes.audience import audience_of
from services.policy.routes.views import Judged, Requests, RequestView, Wanted, request_view
from services.policy.store import RequestRow

With = Annotated[Context, Depends(context_of)]
Reader = Annotated[Access, Depends(allowed("request.read"))]
Asker = Annotated[Access, Depends(allowed("request.make"))]
Judge = Annotated[Access, Depends(allowed("request.judge"))]
FIGURE = {"indicator_list", "indicator", "area_list", "area", "period", "completeness"}
router = APIRouter(prefix="/v1", tags=["requests"])
NAMESPACE = UUID("0f4d5f53-8d0c-5d3b-9a59-4f2a2b6b7a11")


@dataclass(frozen=True)
class Wish:
    """What somebody asks for, as it was sent. Asked twice in the same words it is one request."""

    audience: Audience
    person: str
    figure: Figure
    purpose: str
    basis: str
    private_interest: bool = False

    @property
    def id(self) -> UUID:
        """The request's id."""
        words: list[Any] = [asdict(self.audience), asdict(self.figure), self.purpose, self.basis]
        # Requests from before it could be said have no such word.
        words += ["private"] if self.private_interest else []
        return uuid5(NAMESPACE, json.dumps(words, ensure_ascii=False, sort_keys=True))


@router.post("/requests", status_code=201, summary="Yêu cầu một số liệu · Ask for a figure")
async def make(body: Wanted, context: With, access: Asker, response: Response) -> RequestView:
    """201 with the answer of this moment, 200 for what was asked in the same words before; both once published.

    Pending means that the figure is not there yet, or not published; it is answered again by itself.
    """
    view, is_new, sequence = await run_in_threadpool(_make, context, access, body)
    if sequence is not None:
        await context.relay.published(sequence)
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


@router.post(
    "/requests/{request}/judgement", status_code=202, summary="Xét lợi ích riêng · Judge it"
)
async def judge(request: UUID, body: Judged, context: With, access: Judge) -> RequestView:
    """Whether a private interest, or a purpose that the item isn't for, harms nobody; 202 once it is published.

    403 for one's own request; 409 where it is neither, or was judged otherwise before.
    """
    view, sequence = await run_in_threadpool(_judge, context, access, request, body)
    if sequence is not None:
        await context.relay.published(sequence)
    return view


def _judge(
    context: Context, access: Access, request: UUID, body: Judged
) -> tuple[RequestView, int | None]:
    now, who = context.clock(), access.principal
    judgement = Judgement(who.id, body.is_harmless, body.reason, body.document, now)
    try:
        with Session(context.engine) as session, session.begin():
            seen = session.get(RequestRow, request)
            if seen is None:
                raise Refused(Code.NO_REQUEST)
            # Its submission's lock comes first, as everywhere.
            facts = facts_of(session, seen.submission_id, now) if seen.submission_id else None
            row = session.get_one(RequestRow, request, populate_existing=True, with_for_update=True)
            needed = asked_of(row).needs_judgement(facts.item) if facts else row.private_interest
            if _judged_before(row, judgement, who, needed):
                return request_view(row, queries.numbers(session)), context.outbox.unpublished(
                    session
                )
            for name, value in judgement_columns(judgement).items():
                setattr(row, name, value)
            session.add(row)
            session.flush()
            sequence = None
            if facts is not None and row.submission_id is not None:
                requests = (
                    replace(one, judgement=judgement) if one.id == request else one
                    for one in facts.requests
                )  # fmt: skip
                cause = uuid5(request, "judgement")
                book = Book(
                    str(row.submission_id), replace(facts, requests=tuple(requests)), now, cause
                )
                book.settle()
                if not book.is_empty:
                    sequence = context.outbox.write(session, book.outcome(), cause)
                session.expire_all()
            row = session.get_one(RequestRow, request)
            return request_view(row, queries.numbers(session)), sequence
    except Refused as refused:
        raise refused.problem() from None


def _judged_before(row: RequestRow, judgement: Judgement, who: Principal, needed: bool) -> bool:
    """Whether the same was judged before; raises Refused where it can't be judged so, or needs no judgement."""
    if who.id == row.person or (who.organisation and who.organisation == row.audience_id):
        raise Refused(Code.OWN_REQUEST)
    if not needed and row.judged_by is None:
        raise Refused(Code.NOT_PRIVATE)
    if row.judged_by is None:
        return False
    given = judgement_columns(judgement)
    if any(getattr(row, name) != given[name] for name in JUDGEMENT if name != "judged_at"):
        raise Refused(Code.JUDGED_BEFORE)
    return True


def _make(context: Context, access: Access, body: Wanted) -> tuple[RequestView, bool, int | None]:
    try:
        figure = Figure.of(body.model_dump(include=FIGURE, mode="json"))
        with Session(context.engine) as session, session.begin():
            audience = audience_of(session, access, body.room, body.user_group)
            wish = Wish(
                audience, access.principal.id, figure, body.purpose, body.basis,
                body.private_interest,
            )  # fmt: skip
            outcome = _ask(session, wish, context.clock())
            if outcome is None:
                sequence = context.outbox.unpublished(session)
            else:
                sequence = context.outbox.write(session, outcome, wish.id)
                session.expire_all()
            row = session.get_one(RequestRow, wish.id)
            view = request_view(row, queries.numbers(session))
            return view, outcome is not None, sequence
    except PeriodError:
        raise Refused(Code.NO_PERIOD, period=body.period).problem() from None
    except Refused as refused:
        raise refused.problem() from None


def _ask(session: Session, wish: Wish, at: datetime) -> Outcome | None:
    """What a request leads to; None where it was made before. Locks what it is answered from."""
    lock = sa.text("select pg_advisory_xact_lock(hashtextextended(:id, 0))")
    session.execute(lock, {"id": f"policy request {wish.id}"})
    if session.get(RequestRow, wish.id) is not None:
        return None
    if not is_known(session, wish.figure):
        raise Refused(Code.NO_FIGURE)
    asked = Asked(
        wish.id, wish.audience, wish.person, wish.figure, wish.purpose, wish.basis, at,
        private_interest=wish.private_interest,
    )  # fmt: skip
    for row in candidates(session, wish.figure)[:1]:
        facts = facts_of(session, row.submission_id, at)
        if facts is not None and facts.current_attempt is not None:
            known = replace(facts, requests=(*facts.requests, asked))
            book = Book(str(row.submission_id), known, at, wish.id)
            book.settle()
            return book.outcome()
    answer = absent(asked, at)
    return Outcome((answered_event(asked, answer),), (request_row(asked, answer),))

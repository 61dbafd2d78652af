"""Requests of other audiences for a figure: recorded, and answered at once from what is there."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Response
from sqlmodel import Session

from services.events.policy import ReleaseState
from services.kernel.api import Context, Limit, Offset, With
from services.kernel.auth import Access, Principal, allowed
from services.kernel.command import Refused, carried_out
from services.kernel.db import lock
from services.kernel.events import Outcome
from services.kernel.signed import proof, reader
from services.model.period import PeriodError
from services.model.sender import asker
from services.policy.decisions.facts import Asked, Facts, Judgement
from services.policy.decisions.figures import Figure
from services.policy.decisions.ledger import Ledger, answered_event
from services.policy.decisions.refusals import Code
from services.policy.decisions.requests import absent
from services.policy.decisions.rows import asked_of, judgement_columns, request_row
from services.policy.loading import candidates, facts_of, is_known
from services.policy.routes import queries
from services.policy.routes.audience import audience_of
from services.policy.routes.views import Judged, Requests, RequestView, Wanted, request_view
from services.policy.store import RequestRow

Reader = Annotated[Access, Depends(reader("request.read", proof(asker)))]
Asker = Annotated[Access, Depends(allowed("request.make"))]
Judge = Annotated[Access, Depends(allowed("request.judge"))]
FIGURE = {"indicator_list", "indicator", "area_list", "area", "period", "completeness"}
router = APIRouter(prefix="/v1", tags=["requests"])
NAMESPACE = UUID("0f4d5f53-8d0c-5d3b-9a59-4f2a2b6b7a11")


@router.post("/requests", status_code=201, summary="Yêu cầu một số liệu · Ask for a figure")
async def make(body: Wanted, context: With, access: Asker, response: Response) -> RequestView:
    """201 with the answer of this moment, 200 for what was asked in the same words before; both once published.

    Pending means that the figure is not there yet, or not published; it is answered again by itself.
    """

    def act(session: Session, now: datetime) -> tuple[RequestView, bool]:
        asked = _asked(session, access, body, now)
        outcome = _ask(session, asked)
        if outcome is not None:
            context.outbox.write(session, outcome, asked.id)
            session.expire_all()
        row = session.get_one(RequestRow, asked.id)
        return request_view(row, queries.numbers(session)), outcome is not None

    view, is_new = await carried_out(context, act)
    if not is_new:
        response.status_code = 200
    return view


@router.get("/requests", summary="Các yêu cầu · Requests")
def listed(
    context: With,
    access: Reader,
    state: ReleaseState | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
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
            raise Refused(Code.NO_REQUEST)
        return request_view(row, queries.numbers(session))


@router.post(
    "/requests/{request}/judgement", status_code=202, summary="Xét lợi ích riêng · Judge it"
)
async def judge(request: UUID, body: Judged, context: With, access: Judge) -> RequestView:
    """Whether a private interest, or a purpose that the item isn't for, harms nobody; 202 once it is published.

    403 for one's own request; 409 where it is neither, or was judged otherwise before.
    """

    def act(session: Session, now: datetime) -> RequestView:
        judgement = Judgement(at=now, person=access.principal.id, **body.model_dump())
        seen = session.get(RequestRow, request)
        if seen is None:
            raise Refused(Code.NO_REQUEST)
        # Its submission's lock comes first, as everywhere.
        facts = facts_of(session, seen.submission_id, now) if seen.submission_id else None
        row = session.get_one(RequestRow, request, populate_existing=True, with_for_update=True)
        needed = asked_of(row).needs_judgement(facts.item) if facts else row.private_interest
        if not _judged_before(row, judgement, access.principal, needed):
            for name, value in judgement_columns(judgement).items():
                setattr(row, name, value)
            session.add(row)
            session.flush()
            if facts is not None:
                _settle(
                    session,
                    context,
                    row,
                    replace(facts, requests=_with(facts, judgement, row)),
                    now,
                )
        return request_view(session.get_one(RequestRow, request), queries.numbers(session))

    return await carried_out(context, act)


def _settle(
    session: Session, context: Context, row: RequestRow, facts: Facts, now: datetime
) -> None:
    """Writes what follows for the submission of a request that was judged."""
    cause = uuid5(row.request_id, "judgement")
    ledger = Ledger(str(row.submission_id), facts, now, cause)
    ledger.settle()
    if not ledger.is_empty:
        context.outbox.write(session, ledger.outcome(), cause)
        session.expire_all()


def _with(facts: Facts, judgement: Judgement, row: RequestRow) -> tuple[Asked, ...]:
    return tuple(
        replace(request, judgement=judgement) if request.id == row.request_id else request
        for request in facts.requests
    )


def _judged_before(row: RequestRow, judgement: Judgement, who: Principal, needed: bool) -> bool:
    """Whether the same was judged before; raises Refused where it can't be judged so, or needs no judgement."""
    if who.id == row.person or (who.organisation and who.organisation == row.audience_id):
        raise Refused(Code.OWN_REQUEST)
    before = asked_of(row).judgement
    if before is None and not needed:
        raise Refused(Code.NOT_PRIVATE)
    if before is not None and before != replace(judgement, at=before.at):
        raise Refused(Code.JUDGED_BEFORE)
    return before is not None


def _asked(session: Session, access: Access, body: Wanted, at: datetime) -> Asked:
    """What somebody asks for. In the same words, as the same audience, it is the same request."""
    audience = audience_of(session, access, body.room, body.user_group)
    try:
        figure = Figure.of(body.model_dump(include=FIGURE, mode="json"))
    except PeriodError:
        raise Refused(Code.NO_PERIOD, period=body.period) from None
    words: list[Any] = [asdict(audience), asdict(figure), body.purpose, body.basis]
    # Requests from before it could be said have no such word.
    words += ["private"] if body.private_interest else []
    id_ = uuid5(NAMESPACE, json.dumps(words, ensure_ascii=False, sort_keys=True))
    return Asked(
        id_, audience, access.principal.id, figure, body.purpose, body.basis, at,
        private_interest=body.private_interest,
    )  # fmt: skip


def _ask(session: Session, asked: Asked) -> Outcome | None:
    """What a request leads to; None where it was made before. Locks what it is answered from."""
    lock(session, f"policy request {asked.id}")
    if session.get(RequestRow, asked.id) is not None:
        return None
    if not is_known(session, asked.figure):
        raise Refused(Code.NO_FIGURE)
    for row in candidates(session, asked.figure)[:1]:
        facts = facts_of(session, row.submission_id, asked.at)
        if facts is not None and facts.current_attempt is not None:
            known = replace(facts, requests=(*facts.requests, asked))
            ledger = Ledger(str(row.submission_id), known, asked.at, asked.id)
            ledger.settle()
            return ledger.outcome()
    answer = absent(asked, asked.at)
    return Outcome((answered_event(asked, answer),), (request_row(asked, answer),))

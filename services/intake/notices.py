"""POST /v1/secret-notices: that a secret document goes to its receiver outside this system. No body is ever read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.intake import limit, refusal_views, state_secrets
from services.intake.answers import problem, unauthenticated
from services.intake.authentication import signed_notice, token_of
from services.intake.identity import notice_id
from services.intake.openapi import NOTICE
from services.intake.queries import numbers
from services.intake.refusal import Code, Refusal
from services.intake.refusing import Recorded, record
from services.kernel.api import Context, With
from services.model.statement import SecretNotice

RECORDED = 201

log = structlog.get_logger()
router = APIRouter(tags=["submissions"])


@router.post(
    "/v1/secret-notices", status_code=RECORDED, response_model=refusal_views.NoticeView, **NOTICE
)
async def notify(request: Request, response: Response, context: With) -> refusal_views.NoticeView:
    """201 once it is recorded and acknowledged by the broker; 200 if it was so before."""
    recorded, shown = await run_in_threadpool(_take, context, request)
    if recorded.row.sequence is not None:
        await context.relay.published(recorded.row.sequence)
    log.info("secret notice", refusal=str(recorded.row.refusal_id), new=recorded.new)
    response.status_code = RECORDED if recorded.new else 200
    return shown


def _take(context: Context, request: Request) -> tuple[Recorded, refusal_views.NoticeView]:
    token = token_of(request)
    now = context.clock()
    with Session(context.engine) as session:
        notice = signed_notice(session, token, now)
        if refusal := limit.refusal(request.app.state.gate.attempts, notice.sender):
            raise unauthenticated(refusal)
        facts = state_secrets.load(session, notice.sender, notice, now)
        known_numbers = numbers(session)
    if refusal := _door(notice, facts):
        raise problem(refusal)
    stub = state_secrets.stub(facts, notice)
    code = Code.STATE_SECRET.id
    data = {"sender": notice.sender, "code": code, "status": RECORDED, **stub}
    recorded = record(context, notice_id(notice), data)
    if not _same(recorded, stub):
        raise problem(Refusal(Code.OTHER_NOTICE, {"number": notice.document_number}))
    return recorded, refusal_views.notice_view(recorded.row, known_numbers)


def _door(notice: SecretNotice, facts: state_secrets.Facts) -> Refusal | None:
    if not facts.sender_known:
        return Refusal(Code.UNKNOWN_SENDER, {"sender": notice.sender})
    if not facts.receiver_known:
        return Refusal(Code.UNKNOWN_RECEIVER, {"receiver": notice.receiver})
    return None


def _same(recorded: Recorded, stub: Mapping[str, Any]) -> bool:
    """Whether what is kept is what the notice says of the document; the law may have changed since."""
    names = ("document_number", "secret_level", "secret_date", "secret_receiver")
    return all(getattr(recorded.row, name) == stub[name] for name in names)

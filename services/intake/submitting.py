"""POST /v1/submissions: from the door to the broker's acknowledgement."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session
from starlette.requests import ClientDisconnect

from services.intake import content, handler, limit, state_secrets
from services.intake.acceptance import Accepted, Signed, accept
from services.intake.answers import problem, unauthenticated
from services.intake.authentication import signed_statement, token_of
from services.intake.facts import facts
from services.intake.identity import refusal_id
from services.intake.openapi import SUBMIT
from services.intake.refusal import Code, Refusal
from services.intake.refusing import record_refusal
from services.intake.views import Receipt, links
from services.kernel.api import Context, With
from services.kernel.rates import Buckets
from services.kernel.shares import Places
from services.model.statement import MAX_BYTES, Statement

ACCEPTING = 3
"""Attempts taken in at once, shared fairly by sender. Each holds one connection and needs another for the vault's key,
so that these must be fewer than the pool of the engine gives (6), or all could wait for each other."""
DRAFTS = 6
"""Workbooks of drafts that are in memory at once: they may come slowly, and hold up nobody who sends."""
BODY_SECONDS = 120
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

log = structlog.get_logger()
router = APIRouter(tags=["submissions"])


@dataclass
class Gate:
    """What the requests of a process share: `request.app.state.gate`."""

    attempts: Buckets = field(default_factory=limit.attempts)
    sizes: Buckets = field(default_factory=limit.sizes)
    accepting: Places = field(default_factory=lambda: Places(ACCEPTING, ACCEPTING - 1))
    drafts: Places = field(default_factory=lambda: Places(DRAFTS, DRAFTS))

    @contextmanager
    def counting(self, statement: Statement) -> Iterator[Callable[[], None]]:
        """Gives the bytes that were taken for a statement back, unless the block says that they count."""
        counts = False

        def count() -> None:
            nonlocal counts
            counts = True

        try:
            yield count
        finally:
            if not counts:
                self.sizes.give_back(statement.sender, statement.size)


@router.post("/v1/submissions", status_code=202, response_model=Receipt, **SUBMIT)
async def submit(request: Request, response: Response, context: With) -> Receipt:
    """202 once it is durable, recorded, and acknowledged by the broker; 200 if it was so before."""
    gate: Gate = request.app.state.gate
    token, too_large, trace = token_of(request), _announced(request), _trace(request)
    signed = await run_in_threadpool(enter, context, gate, token, too_large, trace)
    with gate.counting(signed.statement) as count:
        body = await _body(request, context, signed)
        accepted = await take_in(context, gate, signed, lambda: body, len(body), count)
    where = links(accepted.submission_id, accepted.attempt)
    response.status_code = 202 if accepted.new else 200
    response.headers["Location"] = where.self
    return Receipt(id=accepted.submission_id, attempt=accepted.attempt, links=where)


def enter(
    context: Context,
    gate: Gate,
    token: str,
    announced: Refusal | None = None,
    trace: str | None = None,
    person: str | None = None,
    by_office: bool = False,
) -> Signed:
    """All that is decided before the body is read; `announced` is what its own header gives reason for.

    `person` has signed it with a key of its own; None for the sender's program, or for this service `by_office`.
    Raises the problem of a refusal.
    """
    now = context.clock()
    with Session(context.engine) as session:
        statement = signed_statement(session, token, now, person, by_office=by_office)
        if refusal := limit.refusal(gate.attempts, statement.sender):
            raise unauthenticated(refusal)
        if statement.is_state_secret:
            about = state_secrets.load(session, statement.sender, statement.document, now)
            secret = state_secrets.refusal(about, statement.document)
            raise _refused(context, token, statement, secret)
        known = facts(session, statement, now)
    refusal = handler.door(statement, known) or announced
    if refusal or known.form is None:
        assert refusal
        raise _refused(context, token, statement, refusal)
    if refusal := limit.refusal(gate.sizes, statement.sender, statement.size):
        raise unauthenticated(refusal)
    return Signed(token, statement, known, known.form, trace)


def _announced(request: Request) -> Refusal | None:
    """The refusal of a body that its own header calls too large."""
    length = request.headers.get("content-length", "")
    large = length.isdecimal() and int(length) > MAX_BYTES
    return content.too_large() if large else None


async def _body(request: Request, context: Context, signed: Signed) -> bytes:
    """The body; one that is too large is refused, and recorded so."""
    body = await workbook_of(request)
    if len(body) > MAX_BYTES:
        raise await run_in_threadpool(
            _refused, context, signed.token, signed.statement, content.too_large()
        )
    return body


async def workbook_of(request: Request) -> bytes:
    """A request's body; reading ends where it becomes larger than a workbook may be.

    Raises the problem of one that stops halfway.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    break
    except (ClientDisconnect, TimeoutError):
        raise problem(Refusal(Code.OTHER_CONTENT)) from None
    return bytes(body)


async def take_in(
    context: Context,
    gate: Gate,
    signed: Signed,
    content: Callable[[], bytes],
    size: int,
    count: Callable[[], None],
) -> Accepted:
    """The attempt, durable and acknowledged by the broker; raises the problem of a refusal, which is recorded.

    `content` is asked for once there is a place for so many bytes.
    """

    def work() -> Accepted:
        body = content()
        workbook = handler.content(signed.statement, body)
        outcome = (
            workbook if isinstance(workbook, Refusal) else accept(context, signed, workbook, body)
        )
        if _is_new(outcome):
            count()
        if isinstance(outcome, Refusal):
            raise _refused(context, signed.token, signed.statement, outcome)
        return outcome

    async with gate.accepting.one(signed.statement.sender, size):
        accepted = await run_in_threadpool(work)
    await context.relay.published(accepted.sequence)
    log.info(
        "received" if accepted.new else "repeated",
        submission=str(accepted.submission_id),
        attempt=accepted.attempt,
    )
    return accepted


def _is_new(outcome: Accepted | Refusal) -> bool:
    """Whether a file came whole, and not once more."""
    if isinstance(outcome, Refusal):
        return outcome.code not in (Code.OTHER_CONTENT, Code.EMPTY)
    return outcome.new


def _refused(context: Context, token: str, statement: Statement, refusal: Refusal) -> Exception:
    """Records the refusal of a signed statement, and returns the problem to raise."""
    record_refusal(context, token, statement, refusal)
    log.info("refused", code=refusal.code.id, refusal=str(refusal_id(token, refusal)))
    return problem(refusal)


def _trace(request: Request) -> str | None:
    given: Any = request.headers.get("traceparent", "")
    return given if TRACEPARENT.fullmatch(given) else None

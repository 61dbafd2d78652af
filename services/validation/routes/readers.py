"""Who asks: a person or a program by a token, a sender by the signature of its request."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.kernel import replica
from services.kernel.api import Context, request_line
from services.kernel.auth import Access, Principal, Role, Scope, allowed, limit_reads
from services.model.sender import SenderKey
from services.model.statement import key_id, verify_question
from services.validation.refusals import Code, Refused

SCHEME = "Statement "


def reader(action: str) -> Callable[[Request], Awaitable[Access]]:
    """A dependency: who may do this action, and how far. A sender that signed this very request reaches its own."""
    by_token = allowed(action)

    async def check(request: Request) -> Access:
        given = request.headers.get("authorization", "")
        if not given.startswith(SCHEME):
            return await run_in_threadpool(by_token, request)
        body = await request.body()
        digest = hashlib.sha256(body).hexdigest() if body else None
        token = given.removeprefix(SCHEME).strip()
        return await run_in_threadpool(_sender, request, token, digest)

    # As `allowed` does: the test of all routes reads it.
    check.__dict__["action"] = action
    return check


def _sender(request: Request, token: str, digest: str | None) -> Access:
    """What a sender's signature opens; every fault of it is the same refusal."""
    context: Context = request.app.state.context
    unsigned = Refused(Code.UNSIGNED).problem()
    try:
        kid = key_id(token)
        with Session(context.engine) as session:
            entry = replica.get(session, "sender_key", kid)
        if entry is None:
            raise unsigned
        key = SenderKey.of_entry(kid, entry.body, entry.valid_from, entry.valid_to)
        question = verify_question(token, {kid: key.key})
    except ValueError:
        raise unsigned from None
    if not key.may_ask(question, request.method, request_line(request), context.clock(), digest):
        raise unsigned
    principal = Principal(f"sender:{key.sender}", key.sender, frozenset({Role.AGENCY}))
    limit_reads(request, principal)
    return Access(principal, frozenset({Scope.OWN}))

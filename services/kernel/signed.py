"""A sender that proves itself by the signature of its request, in place of a token."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.kernel.api import Context, request_line
from services.kernel.auth import Access, Principal, Role, Scope, allowed, limit_reads
from services.kernel.problems import Problem

SCHEME: Final = "Statement "
"""`Authorization: Statement <compact JWS>`."""


@dataclass(frozen=True)
class Asked:
    """A request as it came. `sha256` is that of its body; None where it has none."""

    method: str
    path: str
    sha256: str | None


class Prove(Protocol):
    """What a service knows of senders' keys."""

    def __call__(self, session: Session, token: str, asked: Asked, now: datetime) -> str:
        """The sender whose key signed this very request just now; raises the problem that anybody else is told."""
        ...


def reader(
    action: str, prove: Prove, unproved: Callable[[], Problem] | None = None
) -> Callable[[Request], Awaitable[Access]]:
    """A dependency: who may do this action, and how far. A sender that signed this very request reaches its own.

    `unproved` is what somebody is told who shows neither signature nor token; else what a missing token is.
    """
    by_token = allowed(action)

    async def check(request: Request) -> Access:
        header = request.headers.get("authorization", "")
        if header.startswith(SCHEME):
            # Nobody is known yet, and an API that takes large files would read any body: a GET has none to read.
            body = b"" if request.method == "GET" else await request.body()
            sha256 = hashlib.sha256(body).hexdigest() if body else None
            asked = Asked(request.method, request_line(request), sha256)
            token = header.removeprefix(SCHEME).strip()
            return await run_in_threadpool(_sender, request, prove, token, asked)
        if unproved is not None and not header.lower().startswith("bearer "):
            raise unproved()
        return await run_in_threadpool(by_token, request)

    # As `allowed` does: the test of all routes reads it.
    check.__dict__["action"] = action
    check.__dict__["by_signature"] = True
    return check


def _sender(request: Request, prove: Prove, token: str, asked: Asked) -> Access:
    context: Context = request.app.state.context
    with Session(context.engine) as session:
        sender = prove(session, token, asked, context.clock())
    principal = Principal(f"sender:{sender}", sender, frozenset({Role.AGENCY}))
    limit_reads(request, principal)
    return Access(principal, frozenset({Scope.OWN}))

"""A sender that proves itself by the signature of its request, in place of a token."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.kernel import metrics, replica
from services.kernel.api import Context, request_line
from services.kernel.auth import Access, Principal, Role, access_of, allowed, limit_reads
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


Ask = Callable[[str, Callable[[str], Any], str, str, str | None, datetime], str]
"""The token, what gives the registered key of a thumbprint, method, path, SHA-256 of the body, now → the sender.

Raises ValueError where nobody signed this: services/model/sender.py, of which the kernel knows nothing."""
UNSIGNED = Problem(
    401,
    "unsigned",
    {"vi": "Chữ ký của yêu cầu không đúng", "en": "The request's signature does not hold"},
    {
        "vi": (
            "Ký đúng phương thức, đường dẫn và SHA-256 của nội dung («sha256»), trong 5 phút, "
            "bằng khóa đã đăng ký còn hiệu lực."
        ),
        "en": (
            "Sign this very method, path and the SHA-256 of the body («sha256»), within 5 minutes, "
            "with a registered key that is in force."
        ),
    },
    {"WWW-Authenticate": "Statement"},
)


def _listed(session: Session, key_id: str) -> replica.Entry | None:
    return replica.get(session, "sender_key", key_id)


def proof(ask: Ask, registered: Callable[[Session, str], Any] = _listed) -> Prove:
    """By the senders' keys that the service's copy of the catalogue lists; every fault is the same refusal."""

    def prove(session: Session, token: str, asked: Asked, now: datetime) -> str:
        keys = partial(registered, session)
        try:
            return ask(token, keys, asked.method, asked.path, asked.sha256, now)
        except ValueError:
            raise UNSIGNED from None

    return prove


def reader(
    action: str, prove: Prove, unproved: Callable[[], Problem] | None = None
) -> Callable[[Request], Awaitable[Access]]:
    """A dependency: who may do this action, and how far. A sender that signed this very request, as a person of it.

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
            return await run_in_threadpool(_sender, request, action, prove, token, asked)
        if unproved is not None and not header.lower().startswith("bearer "):
            raise unproved()
        return await run_in_threadpool(by_token, request)

    # As `allowed` does: the test of all routes reads it.
    check.__dict__["action"] = action
    check.__dict__["by_signature"] = True
    return check


def _sender(request: Request, action: str, prove: Prove, token: str, asked: Asked) -> Access:
    context: Context = request.app.state.context
    with Session(context.engine) as session:
        try:
            sender = prove(session, token, asked, context.clock())
        except Problem as problem:
            metrics.UNAUTHENTICATED.labels(context.service, problem.code).inc()
            raise
    principal = Principal(f"sender:{sender}", sender, frozenset({Role.AGENCY}))
    access = access_of(context.service, action, principal)
    limit_reads(request, principal)
    return access

"""Who asks: a person or a program by a token, a sender by the signature of its request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from fastapi import Request
from sqlmodel import Session

from services.kernel import replica, signed
from services.kernel.auth import Access
from services.kernel.command import Refused
from services.kernel.signed import Asked
from services.model.sender import asker
from services.model.statement import Untrusted
from services.validation.people.refusals import Code


def reader(action: str) -> Callable[[Request], Awaitable[Access]]:
    """See signed.reader."""
    return signed.reader(action, _asker)


def _asker(session: Session, token: str, asked: Asked, now: datetime) -> str:
    """Every fault of a signature is the same refusal."""
    registered = partial(replica.get, session, "sender_key")
    try:
        return asker(token, registered, asked.method, asked.path, asked.sha256, now)
    except Untrusted:
        raise Refused(Code.UNSIGNED, {"WWW-Authenticate": "Statement"}) from None

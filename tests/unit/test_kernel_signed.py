"""Who shows a signature in place of a token."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request
from sqlmodel import Session

from services.kernel.signed import Asked, reader

NOW = datetime(2026, 11, 29, tzinfo=UTC)
BODY = b"a body"


class Read(AssertionError):
    """The body was asked for."""


def asking(method: str, receive: Any) -> list[Asked]:
    """What a sender's proof is asked about for a request of this method."""
    seen: list[Asked] = []

    def prove(session: Session, token: str, asked: Asked, now: datetime) -> str:
        assert (token, now) == ("x.y.z", NOW)
        seen.append(asked)
        return "so-mot"

    context = SimpleNamespace(service="intake", engine=None, clock=lambda: NOW)
    reads = SimpleNamespace(take=lambda who: None)
    scope = {
        "type": "http",
        "method": method,
        "path": "/v1/x",
        "query_string": b"a=1",
        "headers": [(b"authorization", b"Statement x.y.z")],
        "app": SimpleNamespace(state=SimpleNamespace(context=context, reads=reads)),
    }
    check: Any = reader("state.read", prove)
    access = asyncio.run(check(Request(scope, receive)))
    assert access.principal.organisation == "so-mot"
    return seen


def test_nothing_of_a_gets_body_is_read_before_its_sender_is_known() -> None:
    """Whoever sent it without end would fill the memory of an API that takes large files."""

    async def receive() -> Any:
        raise Read

    assert asking("GET", receive) == [Asked("GET", "/v1/x?a=1", None)]
    with pytest.raises(Read):
        asking("POST", receive)


def test_what_is_signed_for_is_the_body_that_came() -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": BODY, "more_body": False}

    expected = hashlib.sha256(BODY).hexdigest()
    assert asking("POST", receive) == [Asked("POST", "/v1/x?a=1", expected)]

"""Who is logged in: catalogue's token in a cookie that no script can read, renewed while the person works.

Nothing is kept here: each service verifies the token itself, catalogue keeps the session, which ends with the logout.
After ten hours the person logs in again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from httpx2 import HTTPError

from services.console.calls import Away
from services.console.security import renew_form_token, set_cookie
from services.kernel.auth import LONGEST, Scope, principal_of, table
from services.kernel.refused import Refused

COOKIE = "solieu_session"
RENEW_BEFORE = timedelta(minutes=10)
"""A token with less than this left is renewed; it lives for 15 minutes."""


class LoginNeeded(Exception):
    """Nobody is logged in, or no longer."""


@dataclass(frozen=True)
class Person:
    """Who asks, and the token that says so. `expires_at` in seconds of the epoch.

    `lent`: which of the rooms the person acts for in whose stead. `ends_at`: when the password has to be given again.
    """

    id: str
    name: str
    organisation: str
    roles: frozenset[str]
    rooms: frozenset[str]
    token: str
    expires_at: float
    lent: Mapping[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None

    def may(self, service: str, action: str) -> bool:
        """Whether any of the roles has this right (schemas/roles.yaml): what to offer; the service decides."""
        return not self.roles.isdisjoint(table()[service][action])

    def reaches(self, service: str, action: str, room: str | None) -> bool:
        """Whether any of the roles has this right about what this room is responsible for."""
        scopes = {table()[service][action].get(role) for role in self.roles}
        return Scope.ALL in scopes or (Scope.ROOM in scopes and room in self.rooms)


async def person(request: Request) -> Person:
    """The person of this request, for `Depends`; raises LoginNeeded, or Away while catalogue's keys can't be had."""
    who = await _known(request, request.cookies.get(COOKIE, ""))
    if who is None:
        raise LoginNeeded
    now = request.app.state.context.clock().timestamp()
    if who.expires_at - now < RENEW_BEFORE.total_seconds():
        who = await _renewed(request, who) or who
    request.state.person = who
    return who


Who = Annotated[Person, Depends(person)]
"""The person, as a page's parameter."""


async def log_in(request: Request, name: str, password: str) -> Person:
    """Has catalogue check the password; raises Refused, or Away."""
    body = {"person": name, "password": password}
    client = request.client.host if request.client else ""
    answer = await request.app.state.services.post("catalogue", "/v1/tokens", "", body, client)
    who = await _known(request, str(answer["access_token"]))
    if who is None:
        raise Away("catalogue")
    set_cookie(request, COOKIE, who.token)
    renew_form_token(request)
    return who


async def log_out(request: Request) -> None:
    """Forgets the token, and has catalogue end the session: no copy of it decides or is renewed any more.

    Raises Away where catalogue doesn't hear of it: this browser has forgotten all the same, and the person is told.
    """
    token = request.cookies.get(COOKIE, "")
    forget(request)
    if token:
        with suppress(Refused):
            await request.app.state.services.delete("catalogue", "/v1/sessions/current", token)


def forget(request: Request) -> None:
    """Has this browser know nobody any more."""
    set_cookie(request, COOKIE, "")
    renew_form_token(request)


async def _renewed(request: Request, old: Person) -> Person | None:
    """The same person with a new token; None while that can't be had, and the old one goes on for its minutes."""
    try:
        answer = await request.app.state.services.post(
            "catalogue", "/v1/tokens/renew", old.token, {}
        )
    except (Refused, Away):
        return None
    who = await _known(request, str(answer["access_token"]))
    if who is not None:
        set_cookie(request, COOKIE, who.token)
    return who


async def _known(request: Request, token: str) -> Person | None:
    if not token:
        return None
    app = request.app.state
    try:
        principal = await run_in_threadpool(
            principal_of, f"Bearer {token}", app.context.settings, app.keys, app.context.clock
        )
    except HTTPError as error:
        raise Away("catalogue") from error
    if principal is None:
        return None
    claims = _claims(token)
    return Person(
        id=principal.id,
        name=str(claims.get("name") or principal.id),
        organisation=principal.organisation,
        roles=principal.roles,
        rooms=principal.rooms,
        token=token,
        expires_at=float(claims["exp"]),
        lent=principal.lent,
        ends_at=principal.authenticated + LONGEST if principal.authenticated else None,
    )


def subject(request: Request) -> str:
    """Whose token the browser has, though it may be good no longer: a hint, which proves nothing. Blank for none."""
    try:
        return str(_claims(request.cookies.get(COOKIE, "")).get("sub", ""))
    except (ValueError, IndexError, AttributeError):
        return ""


def _claims(token: str) -> Any:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

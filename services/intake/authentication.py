"""Who asks: a sender by its signature, a person or a program by a token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from fastapi import Request
from joserfc.jwk import OKPKey
from sqlmodel import Session

from services.intake.answers import problem, unauthenticated
from services.intake.handler import signer
from services.intake.refusal import Code, Refusal
from services.kernel import replica, signed
from services.kernel.auth import Access
from services.kernel.signed import SCHEME, Asked
from services.model.sender import asker, signing_key
from services.model.statement import (
    Fault,
    SecretNotice,
    Statement,
    Untrusted,
    key_id,
    verify,
    verify_notice,
)

Claims = TypeVar("Claims", Statement, SecretNotice)
FAULTS = {
    Fault.MALFORMED: Code.MALFORMED_STATEMENT,
    Fault.UNKNOWN_KEY: Code.UNKNOWN_KEY,
    Fault.BAD_SIGNATURE: Code.BAD_SIGNATURE,
    Fault.BAD_CLAIMS: Code.BAD_CLAIMS,
    Fault.KEY_NOT_IN_FORCE: Code.KEY_NOT_IN_FORCE,
    Fault.OTHER_SENDER: Code.OTHER_SENDER,
    Fault.OTHER_REQUEST: Code.OTHER_REQUEST,
    Fault.CLOCK: Code.CLOCK,
}
_NAMED = {Fault.OTHER_SENDER: "sender", Fault.CLOCK: "now"}
"""What the text of a fault is in its message."""


def token_of(request: Request) -> str:
    """The compact JWS of the request's header; raises the problem where there is none."""
    header = request.headers.get("authorization", "")
    if not header.startswith(SCHEME):
        raise unauthenticated(Refusal(Code.NO_STATEMENT))
    return header.removeprefix(SCHEME).strip()


def signed_statement(
    session: Session,
    token: str,
    now: datetime,
    person: str | None = None,
    *,
    by_office: bool = False,
) -> Statement:
    """The statement of a sender that may sign it now, of this person of it with a key of its own, or of the office.

    Raises the problem of any other.
    """
    return _signed(verify, session, token, now, person, by_office=by_office)


def signed_notice(session: Session, token: str, now: datetime) -> SecretNotice:
    """The same for the notice of a state secret."""
    return _signed(verify_notice, session, token, now)


def reader(action: str) -> Callable[[Request], Awaitable[Access]]:
    """See signed.reader."""
    return signed.reader(action, _asker, lambda: unauthenticated(Refusal(Code.NO_STATEMENT)))


def _signed(
    verified: Callable[[str, dict[str, OKPKey]], Claims],
    session: Session,
    token: str,
    now: datetime,
    person: str | None = None,
    *,
    by_office: bool = False,
) -> Claims:
    try:
        key = signing_key(token, partial(replica.get, session, "sender_key"))
        claims = verified(token, {key_id(token): key.key})
    except Untrusted as error:
        raise unauthenticated(_untrusted(error)) from error
    if refusal := signer(claims, key, now, person, by_office=by_office):
        raise unauthenticated(refusal)
    return claims


def _asker(session: Session, token: str, asked: Asked, now: datetime) -> str:
    registered = partial(replica.get, session, "sender_key")
    try:
        return asker(token, registered, asked.method, asked.path, asked.sha256, now)
    except Untrusted as error:
        raise problem(_untrusted(error)) from error


def _untrusted(error: Untrusted) -> Refusal:
    return Refusal(FAULTS[error.fault], {_NAMED.get(error.fault, "where"): error.where})

"""Who asks: a sender by its signature, a person or a program by a token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from fastapi import Request
from joserfc.jwk import OKPKey
from sqlmodel import Session

from services.intake.answers import problem, unauthenticated
from services.intake.facts import sender_key
from services.intake.handler import signer
from services.intake.refusal import Code, Refusal
from services.kernel.api import Context, request_line
from services.kernel.auth import Access, Principal, Scope, allowed, limit_reads
from services.model.sender import SKEW, SenderKey
from services.model.statement import (
    Fault,
    Question,
    SecretNotice,
    Statement,
    Untrusted,
    key_id,
    verify,
    verify_notice,
    verify_question,
)

Claims = TypeVar("Claims", Statement, Question, SecretNotice)
SCHEME = "Statement "
FAULTS = {
    Fault.MALFORMED: Code.MALFORMED_STATEMENT,
    Fault.UNKNOWN_KEY: Code.UNKNOWN_KEY,
    Fault.BAD_SIGNATURE: Code.BAD_SIGNATURE,
    Fault.BAD_CLAIMS: Code.BAD_CLAIMS,
}


def token_of(request: Request) -> str:
    """The compact JWS of the request's header; raises the problem where there is none."""
    given = request.headers.get("authorization", "")
    if not given.startswith(SCHEME):
        raise unauthenticated(Refusal(Code.NO_STATEMENT))
    return given.removeprefix(SCHEME).strip()


def signed_statement(session: Session, token: str, now: datetime) -> Statement:
    """The statement of a sender that may sign it now; raises the problem of any other."""
    return _signed(verify, session, token, now)


def signed_notice(session: Session, token: str, now: datetime) -> SecretNotice:
    """The same for the notice of a state secret."""
    return _signed(verify_notice, session, token, now)


def reader(action: str) -> Callable[[Request], Access]:
    """A dependency: who may read, and what. A sender that signed this very request reads its own."""
    by_token = allowed(action)

    def check(request: Request) -> Access:
        if request.headers.get("authorization", "").lower().startswith("bearer "):
            return by_token(request)
        return _asking(request)

    # As `allowed` does: the test of all routes reads it.
    check.__dict__["action"] = action
    return check


def _asking(request: Request) -> Access:
    context: Context = request.app.state.context
    now = context.clock()
    with Session(context.engine) as session:
        question = _signed(verify_question, session, token_of(request), now)
    _check(_about(question, request, now))
    principal = Principal(f"sender:{question.sender}", question.sender, frozenset({"agency"}))
    limit_reads(request, principal)
    return Access(principal, frozenset({Scope.OWN}))


def only_known_parameters(request: Request) -> None:
    """Refuses query parameters that the route doesn't have: a misspelt filter must not list everything."""
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    unknown = sorted(request.query_params.keys() - known)
    if unknown:
        named = {"unknown": ", ".join(unknown), "known": ", ".join(sorted(known)) or "–"}
        raise problem(Refusal(Code.UNKNOWN_PARAMETER, named))


def _signed(
    verified: Callable[[str, dict[str, OKPKey]], Claims],
    session: Session,
    token: str,
    now: datetime,
) -> Claims:
    key = _key(session, token)
    try:
        claims = verified(token, {key_id(token): key.key})
    except Untrusted as error:
        raise _untrusted(error) from error
    _check(signer(claims.sender, claims.issued_at, key, now))
    return claims


def _about(question: Question, request: Request, now: datetime) -> Refusal | None:
    if (question.method, question.path) != (request.method, request_line(request)):
        return Refusal(Code.OTHER_REQUEST)
    if abs(question.issued_at - now) > SKEW:
        return Refusal(Code.CLOCK, {"now": now.isoformat(timespec="seconds")})
    return None


def _key(session: Session, token: str) -> SenderKey:
    try:
        key = sender_key(session, key_id(token))
    except Untrusted as error:
        raise _untrusted(error) from error
    if key is None:
        raise unauthenticated(Refusal(Code.UNKNOWN_KEY))
    return key


def _untrusted(error: Untrusted) -> Exception:
    return unauthenticated(Refusal(FAULTS[error.fault], {"where": str(error)}))


def _check(refusal: Refusal | None) -> None:
    if refusal:
        raise unauthenticated(refusal)

"""Who asks: a sender by its signature, an operator by the token of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session

from services.intake.answers import problem, unauthenticated
from services.intake.facts import sender_key
from services.intake.handler import SKEW, SenderKey, signer
from services.intake.refusal import Code, Refusal
from services.kernel.api import Context, bearer, context_of
from services.model.statement import (
    Fault,
    Question,
    Statement,
    Untrusted,
    key_id,
    verify,
    verify_question,
)

SCHEME = "Statement "
FAULTS = {
    Fault.MALFORMED: Code.MALFORMED_STATEMENT,
    Fault.UNKNOWN_KEY: Code.UNKNOWN_KEY,
    Fault.BAD_SIGNATURE: Code.BAD_SIGNATURE,
    Fault.BAD_CLAIMS: Code.BAD_CLAIMS,
}

operator = bearer(lambda settings: settings.operator_token.get_secret_value())


@dataclass(frozen=True)
class Reader:
    """Who reads: a sender, or an operator (None)."""

    sender: str | None


def token_of(request: Request) -> str:
    """The compact JWS of the request's header; raises the problem where there is none."""
    given = request.headers.get("authorization", "")
    if not given.startswith(SCHEME):
        raise unauthenticated(Refusal(Code.NO_STATEMENT))
    return given.removeprefix(SCHEME).strip()


def signed_statement(session: Session, token: str, now: datetime) -> Statement:
    """The statement of a sender that may sign it now; raises the problem of any other."""
    key = _key(session, token)
    try:
        statement = verify(token, {key_id(token): key.key})
    except Untrusted as error:
        raise _untrusted(error) from error
    _check(signer(statement.sender, statement.issued_at, key, now))
    return statement


def reader(request: Request, context: Annotated[Context, Depends(context_of)]) -> Reader:
    """Who may read states: the sender that signed this very request, or an operator."""
    if request.headers.get("authorization", "").startswith("Bearer "):
        operator(request)
        return Reader(None)
    token = token_of(request)
    now = context.clock()
    with Session(context.engine) as session:
        key = _key(session, token)
    try:
        question = verify_question(token, {key_id(token): key.key})
    except Untrusted as error:
        raise _untrusted(error) from error
    _check(signer(question.sender, question.issued_at, key, now))
    _check(_about(question, request, now))
    return Reader(question.sender)


def only_known_parameters(request: Request) -> None:
    """Refuses query parameters that the route doesn't have: a misspelt filter must not list everything."""
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    unknown = sorted(request.query_params.keys() - known)
    if unknown:
        named = {"unknown": ", ".join(unknown), "known": ", ".join(sorted(known)) or "–"}
        raise problem(Refusal(Code.UNKNOWN_PARAMETER, named))


def request_line(request: Request) -> str:
    """The path with its query, as the request line has it."""
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    return f"{path}?{query}" if query else path


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

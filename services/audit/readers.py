"""Who may read receipts: persons and programs by their tokens, a sender by the signature of its request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from sqlmodel import Session, col, select

from services.audit import verifier
from services.audit.store import Content, Leaf
from services.kernel import replica
from services.kernel.api import Context, request_line
from services.kernel.auth import Access, Principal, Scope, allowed, limit_reads
from services.kernel.problems import Problem
from services.model.messages import texts
from services.model.responsibility import rooms
from services.model.sender import SenderKey
from services.model.statement import key_id, verify_question

SCHEME = "Statement "


def reader(action: str) -> Callable[[Request], Access]:
    """A dependency: who may do this action, and how far. A sender that signed this very request reaches its own."""
    by_token = allowed(action)

    def check(request: Request) -> Access:
        given = request.headers.get("authorization", "")
        if given.startswith(SCHEME):
            return _sender(request, given.removeprefix(SCHEME).strip())
        return by_token(request)

    # As `allowed` does: the test of all routes reads it.
    check.__dict__["action"] = action
    return check


def reaches(session: Session, access: Access, submission: str, now: datetime) -> bool:
    """Whether `access` reaches a submission of the log; only one that reaches all, where its sender is not known."""
    if access.is_all:
        return True
    about = _about(session, submission)
    if about is None:
        return False
    responsible = rooms(entry.body for entry in replica.in_force(session, "item", now))
    return access.reaches(about[0], responsible.get(about))


def _about(session: Session, submission: str) -> tuple[str, str] | None:
    """Sender and form, as the log has them of any attempt."""
    value = session.exec(
        select(Content.value)
        .join(Leaf, col(Leaf.index) == col(Content.index))
        .where(
            Leaf.submission == submission,
            Leaf.topic == verifier.RECEIVED,
            col(Content.value).is_not(None),
        )
        .limit(1)
    ).first()
    if value is None:
        return None
    fields = verifier.fields_of(value, verifier.RECEIVED_LAYOUT)
    return fields["sender"], fields["form"]


def _sender(request: Request, token: str) -> Access:
    """What a sender's signature opens; every fault of it is the same refusal."""
    context: Context = request.app.state.context
    try:
        kid = key_id(token)
        with Session(context.engine) as session:
            entry = replica.get(session, "sender_key", kid)
        if entry is None:
            raise _unsigned()
        key = SenderKey.of_entry(kid, entry.body, entry.valid_from, entry.valid_to)
        question = verify_question(token, {kid: key.key})
    except ValueError:
        raise _unsigned() from None
    if not key.may_ask(question, request.method, request_line(request), context.clock()):
        raise _unsigned()
    principal = Principal(f"sender:{key.sender}", key.sender, frozenset({"agency"}))
    limit_reads(request, principal)
    return Access(principal, frozenset({Scope.OWN}))


def _unsigned() -> Problem:
    title, mend = (texts(f"audit.signature.{part}").to_dict() for part in ("title", "mend"))
    return Problem(401, "audit-signature", title, mend, {"WWW-Authenticate": "Statement"})

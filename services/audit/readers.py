"""Who may read receipts: persons and programs by their tokens, a sender by the signature of its request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from fastapi import Request
from sqlmodel import Session, col, select

from services.audit import verifier
from services.audit.store import Content, Leaf
from services.kernel import replica, signed
from services.kernel.auth import Access
from services.kernel.problems import Problem
from services.kernel.signed import Asked
from services.model.messages import texts
from services.model.responsibility import rooms
from services.model.sender import asker
from services.model.statement import Untrusted


def reader(action: str) -> Callable[[Request], Awaitable[Access]]:
    """See signed.reader."""
    return signed.reader(action, _asker)


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


def _asker(session: Session, token: str, asked: Asked, now: datetime) -> str:
    """Every fault of a signature is the same refusal."""
    registered = partial(replica.get, session, "sender_key")
    try:
        return asker(token, registered, asked.method, asked.path, asked.sha256, now)
    except Untrusted:
        raise _unsigned() from None


def _unsigned() -> Problem:
    title, mend = (texts(f"audit.signature.{part}").to_dict() for part in ("title", "mend"))
    return Problem(401, "audit-signature", title, mend, {"WWW-Authenticate": "Statement"})

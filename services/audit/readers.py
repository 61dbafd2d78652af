"""How far somebody reads receipts: a sender its own, a room those of what it accepts."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from services.audit.store import Content, Leaf
from services.kernel import replica
from services.kernel.auth import Access
from services.model import verifier
from services.model.responsibility import rooms


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

"""What the API reads and changes: notices page by page, secrets of web hooks."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.kernel.masterkey import MasterKey
from services.notification.store import NoticeRow, State, WebhookRow
from services.notification.webhook import OVERLAP, in_force, new_secret, written


@dataclass(frozen=True)
class Cursor:
    """Where a page ends."""

    created_at: datetime
    notice_id: UUID

    def __str__(self) -> str:
        return urlsafe_b64encode(
            f"{self.created_at.isoformat()} {self.notice_id}".encode()
        ).decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Back from `str`; raises ValueError for anything else."""
        created_at, notice_id = urlsafe_b64decode(text).decode().split(" ")
        at = datetime.fromisoformat(created_at)
        if at.tzinfo is None:
            raise ValueError("no time zone")
        return cls(at, UUID(notice_id))


@dataclass(frozen=True)
class Changed:
    """A new secret, and until when the one before is used beside it."""

    secret: str
    previous_until: datetime | None


def notices(
    session: Session,
    recipient: str | None,
    state: State | None,
    submission: UUID | None,
    after: Cursor | None,
    limit: int,
) -> Sequence[NoticeRow]:
    """At most `limit` notices after the cursor, the newest first; None: of any recipient, state, submission."""
    statement = select(NoticeRow).order_by(
        col(NoticeRow.created_at).desc(), col(NoticeRow.notice_id).desc()
    )
    if recipient is not None:
        statement = statement.where(NoticeRow.recipient == recipient)
    if state is not None:
        statement = statement.where(NoticeRow.state == state.value)
    if submission is not None:
        statement = statement.where(NoticeRow.submission_id == submission)
    if after is not None:
        place = sa.tuple_(col(NoticeRow.created_at), col(NoticeRow.notice_id))
        statement = statement.where(place < sa.tuple_(after.created_at, after.notice_id))
    return session.exec(statement.limit(limit)).all()


def change_secret(session: Session, organisation: str, now: datetime, master: MasterKey) -> Changed:
    """Makes a new secret; what was in force stays so for OVERLAP."""
    # Two first requests at once: the later one waits here, and then changes the earlier one's.
    session.execute(
        sa.text("select pg_advisory_xact_lock(hashtextextended('webhook ' || :o, 0))"),
        {"o": organisation},
    )
    row = session.get(WebhookRow, organisation)
    secret = new_secret()
    wrapped = master.wrap(secret)
    if row is None:
        session.add(WebhookRow(organisation=organisation, secret=wrapped, changed_at=now))
        return Changed(written(secret), None)
    row.previous, row.secret, row.changed_at = row.secret, wrapped, now
    return Changed(written(secret), now + OVERLAP)


def secrets_of(session: Session, organisation: str, now: datetime, master: MasterKey) -> list[str]:
    """With what to sign now, the newest first; nothing where no secret was ever made."""
    row = session.get(WebhookRow, organisation)
    wrapped = in_force(row.secret, row.previous, row.changed_at, now) if row else []
    return [written(master.unwrap(secret)) for secret in wrapped]

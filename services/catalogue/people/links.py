"""One-time links by which a person sets its password. Of a link its hash alone is kept; it is good once, for a day."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, select

from services.catalogue.store import SCHEMA
from services.kernel.auth import hash_of

LASTS = timedelta(days=1)


class LinkRow(SQLModel, table=True):
    """A link that was made."""

    __tablename__ = "links"
    __table_args__ = SCHEMA

    hash: str = Field(primary_key=True)
    person: str = Field(index=True)
    expires_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


@dataclass(frozen=True)
class Link:
    """What a person is handed; nobody sees the token again."""

    person: str
    token: str
    expires_at: datetime


def make(session: Session, person: str, now: datetime) -> Link:
    """A new link; those before are good for nothing from now on."""
    session.execute(sa.delete(LinkRow).where(sa.column("person") == person))
    link = Link(person, secrets.token_urlsafe(32), now + LASTS)
    session.add(LinkRow(hash=hash_of(link.token), person=person, expires_at=link.expires_at))
    session.flush()
    return link


def holder(session: Session, token: str, now: datetime, *, lock: bool = False) -> LinkRow | None:
    """Whose link this is; None for one that is unknown, used or over. `lock`: nobody else uses it meanwhile."""
    wanted = select(LinkRow).where(LinkRow.hash == hash_of(token))
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    return row if row and row.used_at is None and now < row.expires_at else None

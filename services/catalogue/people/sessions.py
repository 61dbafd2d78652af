"""Sessions: one for each login. Tokens are renewed, and acts done, only while it lives."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, select

from services.catalogue.people.tokens import LIFETIME
from services.catalogue.store import SCHEMA
from services.kernel.auth import LONGEST

LIVE = """
select true from sessions s join lateral (
    select body from people where id = s.person order by version desc limit 1) p on true
where s.id = :id and s.person = :person and s.ended_at is null and not (p.body ->> 'locked')::boolean
"""


class SessionRow(SQLModel, table=True):
    """From a login to its logout, or at most for a working day."""

    __tablename__ = "sessions"
    __table_args__ = SCHEMA

    id: UUID = Field(primary_key=True)
    person: str = Field(index=True)
    began_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


def begin(session: Session, person: str, now: datetime) -> UUID:
    """A new one; those whose last token is over are forgotten."""
    over = sa.column("began_at") < now - LONGEST - LIFETIME
    session.execute(sa.delete(SessionRow).where(sa.column("person") == person, over))
    row = SessionRow(id=uuid4(), person=person, began_at=now)
    session.add(row)
    session.flush()
    return row.id


def is_live(session: Session, id_: str, person: str) -> bool:
    """Whether the session of this person has not ended, and the person is let in."""
    try:
        live = session.execute(sa.text(LIVE), {"id": UUID(id_), "person": person}).first()
    except ValueError:
        return False
    return live is not None


def end(session: Session, person: str, now: datetime, id_: str | None = None) -> None:
    """Ends one session of a person, or all of them."""
    wanted = select(SessionRow).where(SessionRow.person == person, sa.column("ended_at").is_(None))
    for row in session.exec(wanted.with_for_update()):
        if id_ is None or str(row.id) == id_:
            row.ended_at = now
            session.add(row)
    session.flush()

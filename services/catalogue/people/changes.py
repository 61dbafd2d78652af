"""The table of changes that take a second person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, col, select

from services.catalogue.people.authority import LASTS, Change
from services.catalogue.store import SCHEMA
from services.events.catalogue import PeopleChangeKind, PeopleChangeState

MOST = 200


class ChangeRow(SQLModel, table=True):
    """See Change."""

    __tablename__ = "changes"
    __table_args__ = SCHEMA

    id: UUID = Field(primary_key=True)
    what: str
    subject: str
    base: int
    body: dict[str, Any] = Field(sa_type=JSONB)
    fields: list[str] = Field(sa_type=sa.ARRAY(sa.String))
    proposed_by: str
    proposed_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    not_before: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    state: str
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))


def is_founded(session: Session) -> bool:
    """Whether the office has, or had, its first leaders: from then on two are needed."""
    wanted = select(ChangeRow.id).where(
        ChangeRow.what == PeopleChangeKind.FOUNDING.value,
        ChangeRow.state == PeopleChangeState.DONE.value,
    )
    return session.exec(wanted.limit(1)).first() is not None


def propose(
    session: Session,
    what: PeopleChangeKind,
    subject: str,
    base: int,
    body: Mapping[str, Any],
    fields: tuple[str, ...],
    author: str,
    now: datetime,
    not_before: datetime | None = None,
) -> tuple[Change, bool]:
    """The change, which waits from now on, and whether it is new: the same author's same wish is one."""
    lock = sa.text("select pg_advisory_xact_lock(hashtextextended(:subject, 0))")
    session.execute(lock, {"subject": f"catalogue change {subject}"})
    waiting = select(ChangeRow).where(
        ChangeRow.what == what.value,
        ChangeRow.subject == subject,
        ChangeRow.base == base,
        ChangeRow.proposed_by == author,
        ChangeRow.state == PeopleChangeState.PROPOSED.value,
        col(ChangeRow.proposed_at) > now - LASTS,
    )
    plain = json.loads(json.dumps(body))
    for row in session.exec(waiting):
        if row.body == plain:
            return _change(row), False
    row = ChangeRow(
        id=uuid4(),
        what=what.value,
        subject=subject,
        base=base,
        body=plain,
        fields=list(fields),
        proposed_by=author,
        proposed_at=now,
        not_before=not_before,
        state=PeopleChangeState.PROPOSED.value,
    )
    session.add(row)
    session.flush()
    return _change(row), True


def lock(session: Session, id_: UUID) -> Change | None:
    """A change; until the transaction ends nobody else decides about it."""
    row = session.exec(select(ChangeRow).where(ChangeRow.id == id_).with_for_update()).first()
    return _change(row) if row else None


def decide(
    session: Session, id_: UUID, state: PeopleChangeState, who: str, now: datetime
) -> Change:
    """Enters who decided, and what."""
    row = session.get_one(ChangeRow, id_)
    row.state, row.decided_by, row.decided_at = state.value, who, now
    session.add(row)
    session.flush()
    return _change(row)


def listed(session: Session, state: PeopleChangeState | None) -> list[Change]:
    """The newest first."""
    wanted = select(ChangeRow).order_by(col(ChangeRow.proposed_at).desc()).limit(MOST)
    if state:
        wanted = wanted.where(ChangeRow.state == state.value)
    return [_change(row) for row in session.exec(wanted)]


def proposed_by(session: Session, author: str, what: PeopleChangeKind) -> list[Change]:
    """Those of one kind that somebody proposed, the newest first."""
    wanted = (
        select(ChangeRow)
        .where(ChangeRow.proposed_by == author, ChangeRow.what == what.value)
        .order_by(col(ChangeRow.proposed_at).desc())
        .limit(MOST)
    )
    return [_change(row) for row in session.exec(wanted)]


def waiting_foundings(session: Session) -> int:
    """How many wait for their day to be over, and can still be refused."""
    wanted = select(sa.func.count()).select_from(ChangeRow)
    found = wanted.where(
        ChangeRow.what == PeopleChangeKind.FOUNDING.value,
        ChangeRow.state == PeopleChangeState.PROPOSED.value,
    )
    return int(session.exec(found).one())


def _change(row: ChangeRow) -> Change:
    values = row.model_dump()
    more = {
        "what": PeopleChangeKind(row.what),
        "state": PeopleChangeState(row.state),
        "fields": tuple(row.fields),
    }
    return Change(**{**values, **more})

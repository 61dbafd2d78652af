"""Tables of people and their passwords."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert
from sqlmodel import Field, Session, SQLModel, select

from services.catalogue.people import sessions
from services.catalogue.people.authority import Raised
from services.catalogue.people.lockout import forgive
from services.catalogue.people.person import Known, Person, Unit, Written
from services.catalogue.store import SCHEMA


class PersonRow(SQLModel, table=True):
    """One version of one person; nothing is ever changed or deleted."""

    __tablename__ = "people"
    __table_args__ = SCHEMA

    id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_type=JSONB)
    changed_at: datetime = Field(sa_type=sa.DateTime(timezone=True))
    changed_by: str


class Credentials(SQLModel, table=True):
    """A person's password, None where there is none, and the failures since it was last right, from all addresses."""

    __tablename__ = "credentials"
    __table_args__ = SCHEMA

    person: str = Field(primary_key=True)
    hash: str | None = None
    set_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    failures: int = 0
    blocked_until: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    raised_at: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    raised_by: str | None = None


def create(session: Session, person: str, hashed: str | None, now: datetime) -> bool:
    """Takes the id; False where somebody has it. Who comes second waits for the first one's commit."""
    set_at = now if hashed else None
    statement = insert(Credentials).values(person=person, hash=hashed, set_at=set_at, failures=0)
    taken = session.execute(statement.on_conflict_do_nothing().returning(sa.column("person")))
    return taken.first() is not None


def lock(session: Session, person: str) -> Written | None:
    """The newest version; until the transaction ends nobody else changes this person."""
    statement = select(Credentials.person).where(Credentials.person == person).with_for_update()
    return newest(session, person) if session.exec(statement).first() else None


def add(session: Session, written: Written) -> None:
    """Writes a version."""
    session.add(
        PersonRow(
            id=written.person.id,
            version=written.version,
            body=written.person.to_dict(),
            changed_at=written.changed_at,
            changed_by=written.changed_by,
        )
    )
    session.flush()


def newest(session: Session, person: str) -> Written | None:
    """A person as it is now."""
    statement = select(PersonRow).where(PersonRow.id == person)
    row = session.exec(statement.order_by(sa.desc("version")).limit(1)).first()
    return _written(row) if row else None


def listed(session: Session) -> list[Written]:
    """Every person as it is now, by id."""
    newest_first = select(PersonRow).order_by("id", sa.desc("version"))
    statement = newest_first.ext(distinct_on(sa.column("id")))
    return [_written(row) for row in session.exec(statement)]


def everyone(session: Session) -> dict[str, Person]:
    """Every person by id."""
    return {account.person.id: account.person for account in listed(session)}


def named(session: Session, ids: Collection[str]) -> list[Person]:
    """Those of these people who are there, as they are now."""
    newest_first = select(PersonRow).where(sa.column("id").in_(ids))
    statement = newest_first.order_by("id", sa.desc("version")).ext(distinct_on(sa.column("id")))
    return [_written(row).person for row in session.exec(statement)]


def known(session: Session) -> Known:
    """What a change of a person is judged by."""
    return Known(units(session), everyone(session))


def units(session: Session) -> dict[str, Unit]:
    """Every organisation and room by id, ended ones too."""
    rows = session.execute(
        sa.text(
            "select distinct on (id) id, body ->> 'kind', body ->> 'parent' from entries"
            " where kind = 'organisation' order by id, version desc"
        )
    )
    return {id_: Unit(kind, parent) for id_, kind, parent in rows}


def set_password(session: Session, person: str, hashed: str | None, now: datetime) -> bool:
    """A new password, None for none: ends a block and all sessions. False where there is no such person."""
    forgive(session, person, now)
    sessions.end(session, person, now)
    values = {"hash": hashed, "set_at": now}
    statement = sa.update(Credentials).where(_is(person)).values(values)
    return session.execute(statement.returning(sa.column("person"))).first() is not None


def improve(session: Session, person: str, better: str) -> None:
    """The same password, hashed by today's parameters."""
    session.execute(sa.update(Credentials).where(_is(person)).values(hash=better))


def password_set_at(session: Session, person: str) -> datetime | None:
    """Since when the person has this password."""
    return session.exec(select(Credentials.set_at).where(_is(person))).first()


def raise_(session: Session, person: str, by: str, now: datetime) -> None:
    """Others gave the person more rights, or a new password."""
    values = {"raised_at": now, "raised_by": by}
    session.execute(sa.update(Credentials).where(_is(person)).values(values))


def raised(session: Session, person: str) -> Raised:
    """When others last did so."""
    wanted = select(Credentials.raised_at, Credentials.raised_by).where(_is(person))
    return Raised(*(session.exec(wanted).first() or ()))


def _is(person: str) -> Any:
    return sa.column("person") == person


def _written(row: PersonRow) -> Written:
    return Written(Person.from_dict(row.body), row.version, row.changed_at, row.changed_by)

"""Tables of the catalogue, and what a change has to know of them."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlmodel import Field, Session, SQLModel, select

from services.catalogue.entry import EntryKind, Facts, Supply, Version

SCHEMA = {"schema": "catalogue"}
JUDGED_BY_SUPPLY = (EntryKind.ITEM, EntryKind.FORM, EntryKind.REPORT)


class Entry(SQLModel, table=True):
    """One version of one entry; nothing is ever changed or deleted."""

    __tablename__ = "entries"
    __table_args__ = SCHEMA

    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    catalogue_version: int = Field(sa_type=sa.BigInteger, unique=True)
    body: dict[str, Any] = Field(sa_type=JSONB)
    valid_from: datetime | None = Field(sa_type=sa.DateTime(timezone=True))
    valid_to: datetime | None = Field(sa_type=sa.DateTime(timezone=True))
    changed_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class Counter(SQLModel, table=True):
    """How many changes there were: the state of the whole catalogue. One row."""

    __tablename__ = "counter"
    __table_args__ = SCHEMA

    single: bool = Field(primary_key=True)
    catalogue_version: int = Field(sa_type=sa.BigInteger)


def lock(session: Session) -> int:
    """The catalogue's version; until the transaction ends nobody else changes the catalogue.

    So that versions, commits and the outbox have one order.
    """
    return session.exec(select(Counter.catalogue_version).with_for_update()).one()


def add(session: Session, version: Version) -> None:
    """Writes a new version of an entry, and the catalogue's own version."""
    session.add(Entry(**{**vars(version), "kind": version.kind.value}))
    session.exec(sa.update(Counter).values(catalogue_version=version.catalogue_version))
    session.flush()


def newest(
    session: Session, kind: EntryKind, id_: str, version: int | None = None
) -> Version | None:
    """One entry, in its newest version unless one is named."""
    statement = select(Entry).where(Entry.kind == kind.value, Entry.id == id_)
    if version is not None:
        statement = statement.where(Entry.version == version)
    row = session.exec(statement.order_by(sa.desc("version")).limit(1)).first()
    return version_of(row) if row else None


def listed(session: Session, kind: EntryKind) -> list[Version]:
    """The newest version of every entry of a kind, by id."""
    newest_first = select(Entry).where(Entry.kind == kind.value).order_by("id", sa.desc("version"))
    statement = newest_first.ext(distinct_on(sa.column("id")))
    return [version_of(row) for row in session.exec(statement)]


def versions(session: Session, kind: EntryKind) -> list[Version]:
    """All versions of every entry of a kind, by id, the oldest first."""
    statement = select(Entry).where(Entry.kind == kind.value).order_by("id", "version")
    return [version_of(row) for row in session.exec(statement)]


def facts(session: Session, kind: EntryKind, id_: str) -> Facts:
    """What the handler decides a change of this entry on; call it after `lock`."""
    known = session.execute(
        sa.text(
            "select distinct on (kind, id) kind, id,"
            " case when kind = 'organisation' then body ->> 'kind' end from entries"
            " order by kind, id, version desc"
        )
    ).all()
    provinces = newest(session, EntryKind.CODELIST, "34")
    return Facts(
        newest=newest(session, kind, id_),
        known=frozenset((EntryKind(kind), id_) for kind, id_, _ in known),
        organisation_kinds=frozenset(sort for _, _, sort in known if sort is not None),
        provinces=frozenset(code["code"] for code in provinces.body["codes"])
        if provinces
        else None,
        supply=_supply(session) if kind in JUDGED_BY_SUPPLY else None,
    )


def _supply(session: Session) -> Supply:
    bodies = {
        kind: {one.id: one.body for one in listed(session, kind) if not _is_ending(one)}
        for kind in (EntryKind.ITEM, EntryKind.FORM, EntryKind.ORGANISATION, EntryKind.CODELIST)
    }
    return Supply(
        items=bodies[EntryKind.ITEM],
        forms=bodies[EntryKind.FORM],
        organisations=bodies[EntryKind.ORGANISATION],
        indicators=frozenset(
            f"{list_}/{code['code']}"
            for list_, body in bodies[EntryKind.CODELIST].items()
            if body.get("indicator_system")
            for code in body["codes"]
        ),
    )


def _is_ending(entry: Version) -> bool:
    """An item with an end may have its successor before: until then the older one goes on."""
    return entry.kind is EntryKind.ITEM and entry.valid_to is not None


def version_of(row: Entry) -> Version:
    """A row as a value."""
    columns = {column.name: getattr(row, column.name) for column in fields(Version)}
    return Version(**{**columns, "kind": EntryKind(row.kind)})

"""Each service's own copy of the catalogue, kept by a stream of its own.

Its rows and its version are committed together. An event names the version that its sender saw; a stage that awaits
the catalogue handles it once the copy is at least as new.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session

from services.kernel.errors import Permanent
from services.kernel.events import Event, EventData, Outcome
from services.kernel.stage import BatchStage

TOPIC = "catalogue.changed"
UPSERT = sa.text(
    "insert into replica (kind, id, version, catalogue_version, body, valid_from, valid_to)"
    " values (:kind, :id, :version, :catalogue_version, cast(:body as jsonb), :valid_from, :valid_to)"
    " on conflict (kind, id, version) do update set catalogue_version = excluded.catalogue_version,"
    " body = excluded.body, valid_from = excluded.valid_from, valid_to = excluded.valid_to"
    " where replica.catalogue_version < excluded.catalogue_version"
)


@dataclass(frozen=True)
class Entry:
    """One version of one entry. In force from `valid_from` (inclusive) to `valid_to` (exclusive)."""

    kind: str
    id: str
    version: int
    body: dict[str, Any]
    valid_from: datetime | None
    valid_to: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Whether it is in force at that time."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at < self.valid_to
        )


class Changed(Protocol):
    """What a `catalogue.changed` says."""

    kind: str
    id: str
    version: int
    catalogue_version: int
    body: str
    valid_from: datetime | None
    valid_to: datetime | None


def stage(changed: type[EventData]) -> BatchStage:
    """The stage that keeps the copy; `changed` is the event's class. Its writes are its `load`: nothing is decided."""
    return BatchStage(events=(changed,), load=keep, handle=_check)


def _check(event: Event, facts: None) -> Outcome:
    if not _is_entry(event.data):
        raise Permanent("the body is no JSON object")
    return Outcome()


def _is_entry(data: Changed) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(json.loads(data.body, parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False


def keep(session: Session, events: Sequence[Event]) -> None:
    """Writes the entries of `catalogue.changed`: the `load` of a stage, whichever consumes that topic."""
    rows = [_row(event.data) for event in events if _is_entry(event.data)]
    if not rows:
        return
    session.execute(UPSERT, rows)
    newest = max(row["catalogue_version"] for row in rows)
    session.execute(
        sa.text("update replica_version set catalogue_version = greatest(catalogue_version, :v)"),
        {"v": newest},
    )


def _row(data: Changed) -> dict[str, Any]:
    names = ("kind", "id", "version", "catalogue_version", "body", "valid_from", "valid_to")
    return {name: getattr(data, name) for name in names}


def version(session: Session) -> int:
    """The state of the catalogue that this copy has reached; 0 before the first change."""
    return int(
        session.execute(sa.text("select catalogue_version from replica_version")).scalar_one()
    )


def get(session: Session, kind: str, id_: str, version: int | None = None) -> Entry | None:
    """One entry, in the newest version unless one is named; None where there is none."""
    statement = "select kind, id, version, body, valid_from, valid_to from replica where kind = :k and id = :i"
    if version is not None:
        statement += " and version = :v"
    row = session.execute(
        sa.text(statement + " order by version desc limit 1"), {"k": kind, "i": id_, "v": version}
    ).first()
    return Entry(*row) if row else None


def at(session: Session, kind: str, id_: str, moment: datetime) -> Entry | None:
    """One entry in the version that is in force at a time; None where none is. See `in_force`."""
    return next(iter(in_force(session, kind, moment, id_)), None)


def all_of(session: Session, kind: str) -> list[Entry]:
    """The newest version of every entry of a kind, by id."""
    rows = session.execute(
        sa.text(
            "select distinct on (id) kind, id, version, body, valid_from, valid_to from replica"
            " where kind = :k order by id, version desc"
        ),
        {"k": kind},
    )
    return [Entry(*row) for row in rows]


def in_force(session: Session, kind: str, at: datetime, id_: str | None = None) -> list[Entry]:
    """The entries of a kind, or the one with this id, in the version that is in force at that time, by id: one that was
    entered ahead ends the one before it when it begins, and not before.
    """
    rows = session.execute(
        sa.text(
            "select distinct on (id) kind, id, version, body, valid_from, valid_to from replica"
            " where kind = :k and (cast(:i as text) is null or id = :i)"
            " and (valid_from is null or valid_from <= :at) order by id, version desc"
        ),
        {"k": kind, "at": at, "i": id_},
    )
    return [entry for row in rows if (entry := Entry(*row)).in_force(at)]

"""Where events begin: the tables behind some APIs, in memory. Their outbox is a relay.Rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from services.kernel.events import Event
from services.kernel.wire import Message
from tests.simulation.loop import Machine
from tests.simulation.toy import message


@dataclass
class Office:
    """`fails` says of each transaction whether it fails, and whether that is after its commit."""

    clock: Callable[[], float]
    fails: Callable[[], bool | None] = lambda: None
    rows: dict[UUID, tuple[int, Message, float]] = field(default_factory=dict)
    """What was committed, by its event: sequence, record, and when."""
    published: set[int] = field(default_factory=set)
    relaying: OldestRows | None = None

    def commit(self, change: Callable[[], None]) -> None:
        """Makes a change, or fails before it, or after it."""
        fails = self.fails()
        if fails is False:
            raise psycopg.OperationalError("gone before the commit")
        change()
        if fails:
            raise psycopg.OperationalError("gone after the commit")


@dataclass
class Outbox:
    """As one machine sees it. What it asks may arrive after its death, until its connections are cut."""

    office: Office
    machine: Machine

    def add(self, id_: UUID, make: Callable[[int], Event]) -> int:
        """Writes an event, unless it is there from an earlier try; `make` is told its sequence."""

        def insert() -> None:
            rows = self.office.rows
            if id_ not in rows:
                number = len(rows)
                rows[id_] = number, message(make(number)), self.office.clock()

        self.office.commit(insert)
        return self.office.rows[id_][0]

    def next(self) -> OldestRows | None:
        """See relay.Rows."""
        if self.machine.is_dead:
            raise psycopg.OperationalError("the connection is lost")
        if self.office.relaying:
            return None
        rows = [one for one in self.office.rows.values() if one[0] not in self.office.published]
        age = self.office.clock() - rows[0][2] if rows else 0.0
        held = OldestRows(self.office, self.machine, [one[:2] for one in rows], age)
        self.office.relaying = held
        return held

    def is_published(self, sequence: int) -> bool:
        """See relay.Rows."""
        return sequence in self.office.published

    def cut(self) -> None:
        """The server ends the machine's connections."""
        if self.office.relaying and self.office.relaying.machine is self.machine:
            self.office.relaying = None


@dataclass(eq=False)
class OldestRows:
    """relay.Held."""

    office: Office
    machine: Machine
    rows: Sequence[tuple[int, Message]]
    age: float

    def mark(self, sequences: Sequence[int]) -> None:
        """See relay.Held."""
        if self.office.relaying is not self:
            raise psycopg.OperationalError("the connection is lost")
        self.office.commit(lambda: self.office.published.update(sequences))

    def close(self) -> None:
        """See relay.Held."""
        if self.office.relaying is self:
            self.office.relaying = None

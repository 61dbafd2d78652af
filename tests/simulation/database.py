"""The tables of one service, in memory: a Store, and the locks of its processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlmodel import Session

from services.kernel.errors import IdentityConflict
from services.kernel.events import Event, Row
from services.kernel.locks import POLL, Takeover
from services.kernel.store import Position, Result, Trials, Tried, digest
from services.kernel.topics import TP, Topic
from services.kernel.wire import Message
from tests.simulation.loop import Machine


@dataclass(frozen=True)
class PartitionRow:
    """As the table `partitions` has it."""

    next_offset: int | None = None
    fingerprint: bytes = b""
    handled_at: float = -1.0
    clean: bool = True
    in_flight_until: int | None = None
    tried: bytes = b""
    tried_since: float = 0.0
    tried_well: bool = False
    trial_at: float = 0.0
    trials: int = 0


Place = tuple[str, int]
NEW = PartitionRow()


@dataclass
class Database:
    """One service's. `fails` says of each transaction whether it fails, and whether that is after its commit."""

    clock: Callable[[], float]
    fails: Callable[[], bool | None] = lambda: None
    inbox: dict[UUID, bytes] = field(default_factory=dict)
    handled: dict[UUID, float] = field(default_factory=dict)
    outputs: dict[UUID, list[Message]] = field(default_factory=dict)
    partitions: dict[Place, PartitionRow] = field(default_factory=dict)
    buried: set[tuple[str, int, bytes]] = field(default_factory=set)
    effects: list[dict[str, Any]] = field(default_factory=list)
    """What the handlers wrote, in the order of the commits."""
    letters: list[Message] = field(default_factory=list)
    locks: dict[str, Machine] = field(default_factory=dict)

    @contextmanager
    def transaction(self) -> Iterator[Tables]:
        """See Store. An error in it, or one that `fails` asks for, undoes all."""
        tables = Tables(self)
        fails = self.fails()
        try:
            yield tables
            if fails is False:
                raise psycopg.OperationalError("gone before the commit")
        except BaseException:
            for undo in reversed(tables.undo):
                undo()
            raise
        if fails:
            raise psycopg.OperationalError("gone after the commit")

    def trials(self, tried: Tried) -> Trials:
        """See Store."""
        with self.transaction():
            row = self.partitions[tried.topic, tried.partition]
            if not self._is_tried_again(tried, row):
                return Trials(0, False)
            return Trials(
                row.trials, row.tried_well and self._succeeded(tried.others, row.trial_at)
            )

    def begin_trial(self, tried: Tried) -> None:
        """See Store."""
        with self.transaction():
            row = self.partitions[tried.topic, tried.partition]
            now = self.clock()
            again = self._is_tried_again(tried, row)
            since = row.tried_since if again else now
            well = again and self._succeeded(tried.others, since)
            self.partitions[tried.topic, tried.partition] = replace(
                row, tried=tried.fingerprint, tried_since=since, tried_well=well, trial_at=now,
                trials=row.trials + 1 if again and well == row.tried_well else 1,
            )  # fmt: skip

    def _is_tried_again(self, tried: Tried, row: PartitionRow) -> bool:
        handled_at = -1.0 if tried.event is None else self.handled.get(tried.event, -1.0)
        return row.tried == tried.fingerprint and handled_at < row.trial_at

    def _succeeded(self, topics: Sequence[str], since: float) -> bool:
        rows = self.partitions.items()
        return any(place[0] in topics and one.handled_at > since for place, one in rows)

    def keep(self, letters: Sequence[Message]) -> None:
        """See Store."""
        with self.transaction() as tables:
            self.letters.extend(letters)
            tables.undo.append(lambda: self.letters.__delitem__(slice(-len(letters), None)))

    def marks(self) -> Mapping[TP, int]:
        """See Store."""
        rows = self.partitions.items()
        return {TP(*place): row.next_offset for place, row in rows if row.next_offset is not None}

    def catalogue_version(self) -> int:
        """See Store."""
        return 0

    def expire(self) -> None:
        """See Store."""


@dataclass
class Tables:
    """A Transaction."""

    database: Database
    undo: list[Callable[[], object]] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """See Transaction; the stages of these worlds know what it is."""
        return cast(Session, self.database)

    def recall(self, events: Sequence[Event]) -> Result:
        """See Transaction."""
        result = Result()
        for event in (one for one in events if one.id in self.database.inbox):
            if self.database.inbox[event.id] != digest(event):
                result.rejected[event.id] = IdentityConflict("other bytes")
            else:
                result.repeated.add(event.id)
                result.outputs[event.id] = list(self.database.outputs.get(event.id, ()))
        return result

    def claim(self, events: Sequence[Event], *, permanent: bool) -> tuple[list[Event], Result]:
        """See Transaction."""
        new, known = [], []
        for event in events:
            if event.id in self.database.inbox:
                known.append(event)
            else:
                self._set(self.database.inbox, event.id, digest(event))
                self._set(self.database.handled, event.id, self.database.clock())
                new.append(event)
        return new, self.recall(known)

    def forget(self, ids: Sequence[UUID]) -> None:
        """See Transaction."""
        for id_ in ids:
            self._take(self.database.inbox, id_)
            self._take(self.database.handled, id_)

    def write(self, rows: Iterable[Row]) -> None:
        """See Transaction."""
        for row in rows:
            self.database.effects.append(dict(row.values))
            self.undo.append(self.database.effects.pop)

    def record(self, outputs: dict[UUID, list[Message]]) -> None:
        """See Transaction."""
        for id_, messages in outputs.items():
            self._set(self.database.outputs, id_, messages)

    def _take(self, rows: dict[UUID, Any], id_: UUID) -> None:
        self.undo.append(partial(rows.__setitem__, id_, rows.pop(id_)))

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        if key in table:
            self.undo.append(partial(table.__setitem__, key, table[key]))
        else:
            self.undo.append(lambda: table.pop(key))
        table[key] = value


@dataclass
class Locks:
    """Those of one machine: a connection that its death ends, at once or when the server notices."""

    database: Database
    machine: Machine
    is_cut: bool = False

    async def acquire(
        self, topic: Topic, partition: int, stopping: asyncio.Event
    ) -> Takeover | None:
        """See Holding."""
        while not await self._ask(lambda: self._lock(f"{topic.name}/{partition}")):
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), POLL)
                return None
        takeover: Takeover = await self._ask(lambda: self._take(topic.name, partition))
        return takeover

    def _lock(self, name: str) -> bool:
        return self.database.locks.setdefault(name, self.machine) is self.machine

    async def release(self, topic: str, partition: int, *, clean: bool) -> None:
        """See Holding."""
        place = topic, partition
        row = self.database.partitions

        def leave() -> None:
            row[place] = replace(row[place], clean=clean)
            if self.database.locks.get(f"{topic}/{partition}") is self.machine:
                del self.database.locks[f"{topic}/{partition}"]

        await self._ask(leave)

    async def note(
        self, position: Position, in_flight_until: int | None, *, handled_ago: float | None
    ) -> None:
        """See Holding."""
        await self._ask(lambda: self._note(position, in_flight_until, handled_ago))

    def _note(
        self, position: Position, in_flight_until: int | None, handled_ago: float | None
    ) -> None:
        place = position.topic, position.partition
        row = self.database.partitions[place]
        reached = -1 if row.next_offset is None else row.next_offset
        if position.next_offset > reached or (
            position.next_offset == reached and position.fingerprint
        ):
            row = replace(row, next_offset=position.next_offset, fingerprint=position.fingerprint)
        if in_flight_until is not None:
            row = replace(row, in_flight_until=max(in_flight_until, row.in_flight_until or 0))
        if handled_ago is not None:
            row = replace(row, handled_at=self.database.clock() - handled_ago)
        self.database.partitions[place] = row

    async def set_back(self, topic: str, partition: int, offset: int) -> None:
        """See Holding."""

        def begin_anew() -> None:
            row = self.database.partitions[topic, partition]
            self.database.partitions[topic, partition] = replace(
                row, next_offset=offset, fingerprint=b"", in_flight_until=None
            )

        await self._ask(begin_anew)

    async def note_buried(self, topic: str, partition: int, record: bytes) -> None:
        """See Holding."""
        await self._ask(lambda: self.database.buried.add((topic, partition, record)))

    async def watch(self) -> None:
        """Raises when the connection is lost; looks each second."""
        while True:
            await asyncio.sleep(1.0)
            await self._ask(lambda: None)

    def cut(self) -> None:
        """The server ends the connection, and gives its locks to others."""
        self.is_cut = True
        for name in [
            name for name, holder in self.database.locks.items() if holder is self.machine
        ]:
            del self.database.locks[name]

    def _take(self, topic: str, partition: int) -> Takeover:
        row = self.database.partitions.get((topic, partition), NEW)
        self.database.partitions[topic, partition] = replace(row, clean=False)
        buried = frozenset(one[2] for one in self.database.buried if one[:2] == (topic, partition))
        in_flight = row.in_flight_until
        careful = range(0)
        if not row.clean and in_flight is not None:
            careful = range(row.next_offset or 0, in_flight + 1)
        return Takeover(row.clean, row.next_offset, row.fingerprint, careful, buried)

    async def _ask(self, question: Callable[[], Any]) -> Any:
        def at_the_server() -> Any:
            if self.is_cut:
                raise psycopg.OperationalError("the connection is lost")
            return question()

        return await asyncio.to_thread(at_the_server)

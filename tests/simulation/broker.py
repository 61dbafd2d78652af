"""A broker in memory: logs, a consumer group, producers whose records may arrive late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from random import Random
from typing import Any

from aiokafka.errors import KafkaConnectionError

from services.kernel import wire
from services.kernel.assignment import Assignment
from services.kernel.backlog import Received
from services.kernel.dead import Origin
from services.kernel.errors import Permanent
from services.kernel.process import Following
from services.kernel.publisher import DELIVERY_TIMEOUT, Delivery
from services.kernel.topics import TP, Topic
from services.kernel.wire import Message, decode
from tests.simulation import toy
from tests.simulation.codec import CODEC
from tests.simulation.loop import Loop, Machine, answer

FETCH = 20
RECONNECT_SECONDS = 3.0
"""What a consumer waits at most before it asks a broker again that is back; producers may be quicker."""


@dataclass(frozen=True)
class Record:
    """As it stands in a log; `timestamp` in milliseconds."""

    offset: int
    timestamp: int
    message: Message

    @property
    def fingerprint(self) -> bytes:
        """See wire.fingerprint."""
        m = self.message
        return wire.fingerprint(self.timestamp, m.key, m.value, m.headers)


@dataclass
class Broker:
    """`is_away_until`: stopped, it keeps what it is sent and answers later. Times in seconds of the loop."""

    loop: Loop
    random: Random
    logs: dict[TP, list[Record]]
    now: Callable[[], datetime]
    committed: dict[TP, int] = field(default_factory=dict)
    owners: dict[TP, Machine | None] = field(default_factory=dict)
    is_away_until: float = 0.0
    waiting: dict[TP, list[asyncio.Future[None]]] = field(default_factory=dict)
    """Fetches of what is not there yet."""
    lateness: float = 0.0
    """How likely a request takes long: up to what a producer waits for its delivery."""
    losses: int = 0
    """How often it has lost power."""

    async def ask(self, function: Callable[[], Any], of: Machine | None = None) -> Any:
        """What the broker answers, after a while. A request that was sent arrives, whatever becomes of its sender."""
        future = self.loop.create_future()
        arrives_anyway = self.random.random() < 0.6

        def arrive() -> None:
            if self.is_away_until > self.loop.time():
                self.loop.elsewhere(self.is_away_until - self.loop.time() + self._moment(), arrive)
                return
            if of is not None and of.is_dead and not arrives_anyway:
                return
            try:
                result, error = function(), None
            except Exception as raised:
                result, error = None, raised
            self.loop.elsewhere(self._moment(), answer, future, result, error, of)

        late = self.random.random() < self.lateness
        self.loop.elsewhere(
            self.random.uniform(0, DELIVERY_TIMEOUT * 0.95) if late else self._moment(), arrive
        )
        return await future

    def append(self, tp: TP, messages: Iterable[Message]) -> None:
        """Writes records to a log."""
        log = self.logs[tp]
        now = int(self.now().timestamp() * 1000)
        for message in messages:
            log.append(Record(len(log), now, message))
        self.wake(tp)

    def wake(self, tp: TP) -> None:
        """Lets fetches look again."""
        for future in self.waiting.pop(tp, ()):
            answer(future, None, None, None)

    async def growth(self, tp: TP) -> None:
        """Returns when a log has changed."""
        future = self.loop.create_future()
        self.waiting.setdefault(tp, []).append(future)
        await future

    def partition_of(self, message: Message) -> TP:
        """Where a key's records stand."""
        count = sum(tp.topic == message.topic for tp in self.logs)
        return TP(message.topic, sum(message.key) % count)

    def lose_tail(self, records: int) -> None:
        """Power is lost: of each log some of the last records, which nobody had written to a disk, are gone."""
        self.losses += 1
        for tp, log in self.logs.items():
            count = self.random.randint(0, records)
            if count:
                del log[-count:]
            self.wake(tp)
        for tp, offset in self.committed.items():
            self.committed[tp] = min(offset, len(self.logs[tp]))

    def _moment(self) -> float:
        return self.random.expovariate(1 / 0.003)


@dataclass
class Producer:
    """A machine's. Its records of one partition arrive in order, those of different ones as it happens."""

    broker: Broker
    machine: Machine | None
    random: Random
    gives_up: float = 0.0
    """How likely it raises in the middle of its work, as when a connection breaks."""

    async def publish(self, messages: Iterable[Message]) -> int:
        """See Sender."""
        iterator = iter(messages)
        count = 0
        while chunk := await asyncio.to_thread(lambda: list(islice(iterator, 50))):
            by_partition: dict[TP, list[Message]] = {}
            for message in chunk:
                by_partition.setdefault(self.broker.partition_of(message), []).append(message)
            sending = [self._send(tp, batch) for tp, batch in by_partition.items()]
            results = await asyncio.gather(*sending, return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
            count += len(chunk)
        return count

    async def deliver(self, messages: Sequence[Message]) -> list[Delivery]:
        """See relay.Deliverer."""
        by_partition: dict[TP, list[int]] = {}
        for index, message in enumerate(messages):
            by_partition.setdefault(self.broker.partition_of(message), []).append(index)
        sending = [
            self._deliver(tp, [messages[index] for index in indices])
            for tp, indices in by_partition.items()
        ]
        found: dict[int, Delivery] = {}
        for (tp, indices), count in zip(
            by_partition.items(), await asyncio.gather(*sending), strict=True
        ):
            for place, index in enumerate(indices):
                error = None if place < count else KafkaConnectionError("gone")
                found[index] = Delivery(tp.partition, error)
        return [found[index] for index in range(len(messages))]

    async def _deliver(self, tp: TP, messages: list[Message]) -> int:
        """How many of a partition it knows to be there; after one that failed it sends none, as an idempotent one."""
        count = 0
        while count < len(messages):
            batch = messages[count : count + self.random.randint(1, len(messages) - count)]
            if self.random.random() < self.gives_up:
                break
            await self.broker.ask(partial(self.broker.append, tp, batch), self.machine)
            if self.random.random() < self.gives_up:
                break
            count += len(batch)
        return count

    async def _send(self, tp: TP, messages: list[Message]) -> None:
        while messages:
            size = self.random.randint(1, len(messages))
            batch, messages = messages[:size], messages[size:]
            if self.random.random() < self.gives_up:
                raise KafkaConnectionError("gone")
            await self.broker.ask(partial(self.broker.append, tp, batch), self.machine)


@dataclass
class Source:
    """See process.Source."""

    broker: Broker
    machine: Machine

    async def following(self, topic: str, partition: int, offset: int) -> Following:
        """See process.Source."""
        log = self.broker.logs[TP(topic, partition)]

        def read() -> Following:
            if offset < len(log):
                return Following(offset, log[offset].fingerprint, len(log))
            return Following(len(log), None, len(log))

        found: Following = await self.broker.ask(read, self.machine)
        return found

    async def answer(self) -> None:
        """See process.Source."""
        await self.broker.ask(lambda: None, self.machine)


@dataclass
class Consumer:
    """A machine's member of the group. Of what the broker gives to others it hears late, as Faust's does."""

    broker: Broker
    machine: Machine
    topics: dict[str, Topic]
    assignment: Assignment
    positions: dict[TP, int] = field(default_factory=dict)
    resting: set[TP] = field(default_factory=set)
    acknowledged: dict[TP, int] = field(default_factory=dict)
    committed: dict[TP, int] = field(default_factory=dict)
    fetching: dict[TP, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Keeps up with what the group gives and takes, and commits what is acknowledged, until it is cancelled."""
        while True:
            mine: set[TP] = await self.broker.ask(self._owned, self.machine)
            if lost := [tp for tp in self.fetching if tp not in mine]:
                await self.leave(lost)
            for tp in sorted(mine - set(self.fetching)):
                self.positions[tp] = await self.broker.ask(
                    partial(self.broker.committed.get, tp, 0), self.machine
                )
                self.resting.discard(tp)
                self.fetching[tp] = asyncio.create_task(self._fetch(tp))
                self.assignment.take([tp])
            await asyncio.sleep(1.0)
            await self._commit()

    async def leave(self, tps: list[TP]) -> None:
        """Stops bringing these, lets what is under way be finished, and commits."""
        for tp in tps:
            self.fetching[tp].cancel()
        await self.assignment.leave(tps)
        await self._commit()
        for tp in tps:
            del self.fetching[tp]
            self.acknowledged.pop(tp, None)
            self.committed.pop(tp, None)

    async def rewind(self, tp: TP, offset: int) -> None:
        """See process.Flow."""
        await asyncio.sleep(0)
        if tp in self.fetching:
            self.positions[tp] = offset
            self.broker.wake(tp)

    def resume(self, tp: TP) -> None:
        """See process.Flow."""
        self.resting.discard(tp)

    def _owned(self) -> set[TP]:
        return {tp for tp, owner in self.broker.owners.items() if owner is self.machine}

    async def _commit(self) -> None:
        for tp, mark in list(self.acknowledged.items()):
            if self.committed.get(tp) == mark:
                continue
            self.committed[tp] = mark

            def write(tp: TP = tp, mark: int = mark) -> None:
                if self.broker.owners.get(tp) is self.machine:
                    self.broker.committed[tp] = mark

            await self.broker.ask(write, self.machine)

    async def _fetch(self, tp: TP) -> None:
        log = self.broker.logs[tp]
        losses = self.broker.losses
        while True:
            if losses < self.broker.losses:
                losses = self.broker.losses
                await asyncio.sleep(self.broker.random.uniform(0, RECONNECT_SECONDS))
            if tp in self.resting:
                await asyncio.sleep(0.1)
                continue
            position = self.positions[tp]
            if position > len(log):
                self.positions[tp] = 0  # out of range: auto.offset.reset
                continue
            found: list[Record] = await self.broker.ask(
                partial(log.__getitem__, slice(position, position + FETCH)), self.machine
            )
            if not found:
                if position == len(log):
                    await self.broker.growth(tp)
                continue
            if self.positions[tp] == position:
                self.positions[tp] = found[-1].offset + 1
            for record in found:
                if not self.assignment.accept(tp, [self._received(tp, record)]):
                    self.resting.add(tp)
                if self.broker.random.random() < 0.1:
                    await asyncio.sleep(self.broker.random.uniform(0, 0.02))

    def _received(self, tp: TP, record: Record) -> Received:
        m = record.message
        event: Any
        try:
            event = decode(self.topics[tp.topic], toy.Received, m.key, m.value, m.headers, CODEC)
        except Permanent as error:
            event = error
        origin = Origin(tp.topic, tp.partition, record.offset)
        acknowledge = partial(self._acknowledge, tp, record.offset)
        return Received(
            record.offset,
            m.key,
            m.value,
            m.headers,
            origin,
            event,
            acknowledge,
            lambda: record.fingerprint,
            record.timestamp / 1000,
        )

    def _acknowledge(self, tp: TP, offset: int) -> None:
        self.acknowledged[tp] = max(self.acknowledged.get(tp, 0), offset + 1)

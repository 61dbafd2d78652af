"""What a partition needs of the process that it runs in: the runner, or a simulated one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.kernel.clock import Clock
from services.kernel.handling import Handling
from services.kernel.locks import Takeover
from services.kernel.retry import patiently
from services.kernel.shares import Places
from services.kernel.stage import Stage
from services.kernel.store import Position, Store
from services.kernel.topics import TP, Topic
from services.kernel.turns import Turns
from services.kernel.wire import Message

T = TypeVar("T")
PLACES = 8
LARGE_PLACES = 2
"""Events of object stages that are handled at once, and large ones among them: these hold threads, connections, and
the interpreter's lock for seconds.
"""


class Holding(Protocol):
    """The locks of a process, and what they keep of each partition."""

    async def acquire(
        self, topic: Topic, partition: int, stopping: asyncio.Event
    ) -> Takeover | None:
        """Waits until the partition is this process's, and says how it was left; None where `stopping` came first."""
        ...

    async def release(self, topic: str, partition: int, *, clean: bool) -> None:
        """Gives the partition to others; `clean` says that nothing of it is under way."""
        ...

    async def note(
        self, position: Position, in_flight_until: int | None, *, handled_ago: float | None
    ) -> None:
        """Notes how far a partition is, which offset is handled now, and how many seconds ago a new event was."""
        ...

    async def set_back(self, topic: str, partition: int, offset: int) -> None:
        """Notes that a partition begins anew at an earlier offset, and that nothing of it is under way."""
        ...

    async def note_buried(self, topic: str, partition: int, record: bytes) -> None:
        """Notes, durably, that the dead letter of a record is written; `record` is its fingerprint."""
        ...


@dataclass(frozen=True)
class Following:
    """The first record from an offset on, and where the log ends. Where there is none: the end, and no fingerprint."""

    offset: int
    fingerprint: bytes | None
    end: int


class Source(Protocol):
    """The broker's log, asked without the consumer group, which may be rebalancing."""

    async def following(self, topic: str, partition: int, offset: int) -> Following:
        """What the broker has at or after this offset."""
        ...

    async def answer(self) -> None:
        """Returns once the leader of every partition that the service writes to has answered."""
        ...


class Flow(Protocol):
    """The consumer, told what it should bring."""

    async def rewind(self, tp: TP, offset: int) -> None:
        """Has the broker send a partition's records from an offset on."""
        ...

    def resume(self, tp: TP) -> None:
        """Lets the broker send more of a partition whose queue was full."""
        ...


class Sender(Protocol):
    """The producer."""

    async def publish(self, messages: Iterable[Message]) -> int:
        """Returns when the broker has acknowledged all; some may have arrived where it raises."""
        ...


class Process:
    """What the partitions of one process share. `fail` ends it at once."""

    flow: Flow

    def __init__(
        self, service: str, stages: Sequence[Stage], *, clock: Clock, locks: Holding, source: Source,
        store: Store, handling: Handling, sender: Sender, fail: Callable[[BaseException], object],
    ) -> None:  # fmt: skip
        self.service = service
        self.clock = clock
        self.locks = locks
        self.source = source
        self.store = store
        self.handling = handling
        self.fail = fail
        self.turns = Turns()
        self.places = Places(PLACES, LARGE_PLACES)
        self._stages = {topic: stage for stage in stages for topic in stage.topics}
        self._sender = sender
        self._catalogue_version = 0

    def stage_of(self, topic: str) -> Stage:
        """The stage that handles a topic."""
        return self._stages[topic]

    async def publish(self, messages: Callable[[], Iterable[Message]]) -> None:
        """Publishes until the broker has acknowledged all; `messages` makes them anew for every try."""
        await self.patiently(lambda: self._sender.publish(messages()))

    async def patiently(
        self, action: Callable[[], Awaitable[T]], stopping: asyncio.Event | None = None
    ) -> T:
        """See retry.py."""
        return await patiently(self.service, action, stopping)

    async def has_catalogue(self, version: int) -> bool:
        """Whether this service's copy of the catalogue has reached the version."""
        if self._catalogue_version < version:
            self._catalogue_version = await self.patiently(
                lambda: asyncio.to_thread(self.store.catalogue_version)
            )
        return self._catalogue_version >= version

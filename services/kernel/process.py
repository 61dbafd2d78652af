"""What a partition needs of the process that it runs in: the runner, or a simulated one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from services.kernel.clock import Clock
from services.kernel.handling import Handling
from services.kernel.locks import Takeover
from services.kernel.shares import Places
from services.kernel.stage import Stage
from services.kernel.store import Store
from services.kernel.topics import Topic
from services.kernel.turns import Turns
from services.kernel.wire import Message

T = TypeVar("T")


class Holding(Protocol):
    """The locks of a process, and what they keep of each partition."""

    async def acquire(self, topic: Topic, partition: int) -> Takeover:
        """Waits until the partition is this process's, and says how it was left."""
        ...

    async def release(self, topic: str, partition: int) -> None:
        """Leaves the partition clean: nothing of it is under way."""
        ...

    async def note_in_flight(self, topic: str, partition: int, offset: int) -> None:
        """Notes which offset is being handled, for whoever comes after a crash."""
        ...

    async def note_buried(self, topic: str, partition: int, record: bytes) -> None:
        """Notes, durably, that the dead letter of a record is written; `record` is its fingerprint."""
        ...


class Source(Protocol):
    """The broker's log, asked without the consumer group, which may be rebalancing."""

    async def following(self, topic: str, partition: int, offset: int) -> int:
        """The offset of the first record that the broker has at or after this one; the end where there is none."""
        ...

    async def fingerprint(self, topic: str, partition: int, offset: int) -> bytes | None:
        """That of the record at this offset; None where there is none."""
        ...

    async def answer(self) -> None:
        """Returns once the leader of every partition that the service writes to has answered."""
        ...


class Process(Protocol):
    """What a partition needs of the process that it runs in."""

    @property
    def service(self) -> str:
        """Its name, and its consumer group's."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def turns(self) -> Turns:
        """Whether one event is handled, or many."""
        ...

    @property
    def places(self) -> Places:
        """How many are handled at once, and whose."""
        ...

    @property
    def locks(self) -> Holding:
        """Who handles what."""
        ...

    @property
    def source(self) -> Source:
        """The broker's log."""
        ...

    @property
    def store(self) -> Store:
        """The service's tables."""
        ...

    @property
    def handling(self) -> Handling:
        """What its stages run with."""
        ...

    def stage_of(self, topic: str) -> Stage:
        """The stage that handles a topic."""
        ...

    async def publish(self, messages: Callable[[], Iterable[Message]]) -> None:
        """Publishes until the broker has acknowledged all; `messages` makes them anew for every try."""
        ...

    async def patiently(self, action: Callable[[], Awaitable[T]]) -> T:
        """Tries again, ever slower, while database or broker are away. Any other error is raised."""
        ...

    async def has_catalogue(self, version: int) -> bool:
        """Whether this service's copy of the catalogue has reached the version."""
        ...

    async def rewind(self, topic: str, partition: int, offset: int) -> None:
        """Has the broker send a partition's records from an offset on."""
        ...

    def resume(self, topic: str, partition: int) -> None:
        """Lets the broker send more of a partition whose queue was full."""
        ...

    def fail(self, error: BaseException) -> None:
        """Ends the process."""
        ...

"""The machines of a history: workers with the real partitions, ledger and handling, APIs with the real relay."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.kernel.assignment import Assignment
from services.kernel.events import Event, NewObject, ObjectReference
from services.kernel.handling import Handling, Writer
from services.kernel.process import Process
from services.kernel.relay import Relay
from tests.simulation.broker import Consumer, Producer, Source
from tests.simulation.codec import CODEC
from tests.simulation.database import Locks
from tests.simulation.loop import MACHINE
from tests.simulation.office import Outbox
from tests.simulation.toy import SERVICE

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass(eq=False)
class Machine(ABC):
    """One process, which may die before any of its steps."""

    world: World
    number: int
    is_dead: bool = False
    wakes_at: float = 0.0
    steps_left: int | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        """Begins to work."""
        self.task = self.run(self._run())

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Has something done on this machine."""
        token = MACHINE.set(self)
        try:
            return self.world.loop.create_task(work)
        finally:
            MACHINE.reset(token)

    def step(self) -> None:
        """See loop.Machine."""
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left <= 0:
                self.die("a crash")

    def die(self, why: object) -> None:
        """From now on it does nothing; the database's server notices at once, or after a while."""
        if self.is_dead:
            return
        self.world.note(f"machine {self.number} dies: {why!r}"[:120])
        self.is_dead = True
        delay = self.world.random.choice((0.0, 0.1, 3.0))
        self.world.loop.elsewhere(delay, self.cut)

    @abstractmethod
    def cut(self) -> None:
        """The database's server ends its connections."""

    @abstractmethod
    async def _run(self) -> None: ...

    def _stopped(self) -> None:
        self.world.note(f"machine {self.number} has stopped")
        self.is_dead = True
        self.cut()

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.die(error)


class Worker(Machine):
    """A worker of the service."""

    def cut(self) -> None:
        """See Machine."""
        self.locks.cut()

    async def _run(self) -> None:
        world = self.world
        self.locks = Locks(world.database, self)
        writer = Writer(SERVICE, CODEC, world.now)
        handling = Handling(writer, world.database, world.vault, world.workers)
        sender = Producer(world.broker, self, world.random, world.plan.gives_up)
        process = Process(
            SERVICE, [world.stage], clock=world.now, locks=self.locks, source=Source(world.broker, self),
            store=world.database, handling=handling, sender=sender, fail=self.die,
        )  # fmt: skip
        assignment = Assignment(process, world.topics)
        self.consumer = process.flow = Consumer(world.broker, self, world.topics, assignment)
        watching = asyncio.create_task(self._guard(self.locks.watch()))
        consuming = asyncio.create_task(self._guard(self.consumer.run()))
        await self.stopping.wait()
        consuming.cancel()
        with suppress(asyncio.CancelledError):
            await consuming
        await self.consumer.leave(list(self.consumer.fetching))
        watching.cancel()
        self._stopped()


class Api(Machine):
    """One of the APIs with which events begin."""

    def cut(self) -> None:
        """See Machine."""
        self.outbox.cut()

    def start(self) -> None:
        """See Machine."""
        world = self.world
        producer = Producer(world.broker, self, world.random, world.plan.gives_up)
        self.outbox = Outbox(world.office, self)
        self.relay = Relay("upstream", self.outbox, producer, world.loop.time)
        super().start()

    async def command(self, id_: UUID, make: Callable[[int], Event]) -> None:
        """Commits an event, and returns when it is published; repeated with the same id, it is one event."""
        sequence = await asyncio.to_thread(self.outbox.add, id_, make)
        await self.relay.published(sequence)

    async def _run(self) -> None:
        watching = asyncio.create_task(self._guard(self.relay.watch()))
        await self.stopping.wait()
        self.relay.close()
        await asyncio.wait({watching}, timeout=5)
        self._stopped()


@dataclass
class Vault:
    """Objects that are there."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, item: NewObject) -> object:
        """See Objects."""
        self.objects[item.reference().name] = item.content
        return None

    def get(self, reference: ObjectReference) -> bytes:
        """See Objects."""
        return self.objects[reference.name]


class Workers:
    """No processes: the handlers of these worlds are not isolated."""

    async def run(
        self, function: Callable[..., Any], *arguments: Any, size: int = 0, who: str = ""
    ) -> Any:
        """See handling.Workers."""
        raise AssertionError

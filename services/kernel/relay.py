"""Brings what stands in a service's outbox to its topics, in the order of the outbox.

An answer 202 follows the commit and the broker's acknowledgement. What a crash leaves behind is relayed at the next
start, or by the service's other processes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog
from aiokafka.errors import KafkaError

from services.kernel import metrics
from services.kernel.publisher import Delivery
from services.kernel.transient import is_transient
from services.kernel.wire import Message

ANSWER_WITHIN: Final = 10.0
LOOK_SECONDS: Final = 1.0
TURN_SECONDS: Final = 0.05
"""Between looks whether another process of the service is done with its relay."""
PATIENCE_SECONDS: Final = 300.0
"""A process whose outbox has kept a row for so long is not healthy."""

log = structlog.get_logger()


class Held(Protocol):
    """The oldest rows that are not published, with their sequences: nobody else relays until `close`.

    `age`: the seconds since the first of them was written.
    """

    @property
    def rows(self) -> Sequence[tuple[int, Message]]:
        """In the order of their sequences; none where all are published."""
        ...

    @property
    def age(self) -> float:
        """0 without rows."""
        ...

    def mark(self, sequences: Sequence[int]) -> None:
        """Notes, durably, that these are published."""
        ...

    def close(self) -> None:
        """Gives the turn to others."""
        ...


class Rows(Protocol):
    """The rows of one service's outbox: PostgreSQL's (outbox.py) or, in tests, a twin in memory. Called in threads."""

    def next(self) -> Held | None:
        """The oldest rows to publish; None where another process of the service relays."""
        ...

    def is_published(self, sequence: int) -> bool:
        """Whether the broker has acknowledged it; also of one that has been deleted since."""
        ...


class Deliverer(Protocol):
    """The producer."""

    async def deliver(self, messages: Sequence[Message]) -> list[Delivery]:
        """Sends records, in their order for each partition, and says of each what became of it."""
        ...


class Relay:
    """The relay of one service's outbox in this process; `clock` in seconds."""

    def __init__(
        self, service: str, rows: Rows, publisher: Deliverer, clock: Callable[[], float] = time.monotonic
    ) -> None:  # fmt: skip
        self._service = service
        self._rows = rows
        self._publisher = publisher
        self._clock = clock
        self._turn = asyncio.Lock()
        self._closed = asyncio.Event()
        self._oldest: float | None = None
        metrics.OUTBOX_OLDEST.labels(service).set_function(lambda: self.age)

    @property
    def age(self) -> float:
        """Seconds for which the oldest row has been waiting, as far as this process knows. Asked from any thread."""
        oldest = self._oldest
        return 0.0 if oldest is None else self._clock() - oldest

    async def published(self, sequence: int, seconds: float = ANSWER_WITHIN) -> None:
        """Returns when the broker has acknowledged the event.

        Raises KafkaError or TimeoutError while the broker is away: an answer 503. The wait ends, the relaying goes
        on: one that is cancelled would leave its transaction to a thread. Callers that wait together share a relay.
        """
        relaying = asyncio.ensure_future(self._until_published(sequence))
        relaying.add_done_callback(_forget)
        await asyncio.wait_for(asyncio.shield(relaying), seconds)

    async def _until_published(self, sequence: int) -> None:
        async with self._turn:
            if await asyncio.to_thread(self._rows.is_published, sequence):
                return
            try:
                await self._relay()
            except KafkaError:
                # Of another row, perhaps: then this one is there.
                if not await asyncio.to_thread(self._rows.is_published, sequence):
                    raise

    async def watch(self) -> None:
        """Relays what a crash or an absent broker left, until `close`."""
        while not self._closed.is_set():
            try:
                async with self._turn:
                    await self._relay()
            except Exception as error:
                metrics.RETRIES.labels(self._service).inc()
                if not is_transient(error):
                    log.error("relay", exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), LOOK_SECONDS)

    def close(self) -> None:
        """Lets `watch` end after the relay that is under way: cancelled, it would leave its session to a thread."""
        self._closed.set()

    async def _relay(self) -> None:
        """Publishes all that is not, here or in another process."""
        while True:
            held = await asyncio.to_thread(self._rows.next)
            if held is None:
                if self._closed.is_set():
                    raise TimeoutError("another process relays")
                await asyncio.sleep(TURN_SECONDS)
                continue
            try:
                self._oldest = self._clock() - held.age if held.rows else None
                if not held.rows:
                    return
                await self._deliver(held)
            finally:
                await asyncio.to_thread(held.close)

    async def _deliver(self, held: Held) -> None:
        deliveries = await self._publisher.deliver([message for _, message in held.rows])
        await asyncio.to_thread(held.mark, delivered(held.rows, deliveries))
        for delivery in deliveries:
            if delivery.error:
                raise delivery.error


def delivered(rows: Sequence[tuple[int, Message]], deliveries: Sequence[Delivery]) -> list[int]:
    """The sequences of the rows that need not be sent again: those that the broker has, but for what follows in its
    partition one that it has not. That one is sent again, and what follows after it, so that the order is right.
    """
    stuck: set[tuple[str, int]] = set()
    done = []
    for (sequence, message), delivery in zip(rows, deliveries, strict=True):
        place = message.topic, delivery.partition
        if delivery.error:
            stuck.add(place)
        elif place not in stuck:
            done.append(sequence)
    return done


def _forget(task: asyncio.Future[None]) -> None:
    """Looks at the error of a task that nobody waits for any more; the relay tries again by itself."""
    if not task.cancelled():
        task.exception()

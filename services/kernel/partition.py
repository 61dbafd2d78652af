"""One partition of one topic: its queue, its loop, and the order in which its events are finished.

Inputs are taken and acknowledged strictly in the order of their offsets, none left out: a finished event waits for all
lower ones. So nothing that was sent can be lost, whatever ends the process or makes the consumer jump.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import structlog

from services.kernel import metrics
from services.kernel.backlog import BATCH_EVENTS, Backlog, Received
from services.kernel.dead import letter
from services.kernel.errors import IdentityConflict, NotReplayable, Permanent, Poison
from services.kernel.events import Event
from services.kernel.publisher import DELIVERY_TIMEOUT
from services.kernel.stage import BatchStage, ObjectStage
from services.kernel.topics import Topic
from services.kernel.transaction import Position, Result
from services.kernel.wire import Message

if TYPE_CHECKING:
    from services.kernel.runner import Runner

TRIALS = 3
WINDOW = 1000
"""Unfinished events of object stages, most of which wait for a place; a sender's burst has half as many here."""
REWIND_SECONDS = 1.0
"""Within it come the records that were under way when the broker was asked for earlier ones."""

log = structlog.get_logger()


class Partition:
    """Handles the records of one partition, while this process holds its lock."""

    def __init__(self, runner: Runner, topic: Topic, number: int) -> None:
        self._runner = runner
        self._topic = topic
        self._number = number
        self._backlog = Backlog(sparse=topic.compacted)
        self._expected = 0
        self._window: deque[Received] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[object, asyncio.Task[None]] = {}
        self._waiting_for_place: set[asyncio.Task[None]] = set()
        self._careful = range(0)
        self._buried: frozenset[int] = frozenset()
        self._marked = -1
        self._stopping = False
        self._holding = False
        labels = (runner.service, topic.name, str(number))
        self._counted = {
            result: metrics.EVENTS.labels(runner.service, topic.name, result)
            for result in ("handled", "duplicate", "dead")
        }
        self._queued = metrics.QUEUE.labels(*labels)
        self._waiting = metrics.CATALOGUE_WAIT.labels(*labels)
        self._held = metrics.HOLDING.labels(*labels)
        self.waiting_since: float | None = None
        self.task = asyncio.create_task(self._run(), name=f"{topic.name}/{number}")

    def offer(self, received: Received) -> bool:
        """Queues a record; False says that the broker should rest."""
        self._backlog.append(received)
        self._queued.set(len(self._backlog) + len(self._window))
        return not self._backlog.is_full

    async def stop(self) -> None:
        """Finishes what is under way, takes nothing more, and leaves the partition clean."""
        self._stopping = True
        self._backlog.clear()
        for task in self._waiting_for_place:
            task.cancel()
        if not self._holding:
            self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _run(self) -> None:
        takeover = await self._runner.locks.acquire(self._topic, self._number)
        self._holding = True
        self._held.set(1)
        self._careful = takeover.careful
        self._buried = takeover.buried
        if not takeover.clean:
            # A producer that died with the last holder may still deliver; what follows must come after it.
            await asyncio.sleep(DELIVERY_TIMEOUT)
        self._expected = await self._first_expected(takeover.next_offset)
        try:
            while not self._stopping:
                await self._next()
            await self._drain()
            await self._runner.locks.release(self._topic.name, self._number)
        finally:
            self._held.set(0)

    async def _first_expected(self, next_offset: int | None) -> int:
        if next_offset is None:
            return await self._runner.earliest(self._topic.name, self._number)
        return next_offset

    async def _fill_gap(self, found: int) -> None:
        """Goes back to where the gap begins. One that the broker can't fill is an alarm, and is passed over."""
        gap = {"topic": self._topic.name, "expected": self._expected, "got": found}
        if await self._runner.earliest(self._topic.name, self._number) > self._expected:
            metrics.OFFSET_GAPS.labels(self._runner.service, self._topic.name).inc()
            log.error("offset gap", **gap)
            self._expected = found
            return
        log.info("rewound", **gap)
        await self._runner.rewind(self._topic.name, self._number, self._expected)
        self._runner.resume(self._topic.name, self._number)
        await asyncio.sleep(REWIND_SECONDS)

    async def _next(self) -> None:
        await self._backlog.arrival()
        if self._stopping or not self._backlog:
            return
        head = self._backlog.head
        if head.offset > self._expected and not self._topic.compacted:
            await self._fill_gap(head.offset)
            return
        if isinstance(head.event, NotReplayable):
            self._alarm(head.offset, head.event)
        if isinstance(head.event, NotReplayable) or head.offset in self._buried:
            await self._drain()
            await self._complete(self._take(1)[0], time.perf_counter())
            return
        stage = self._runner.stage_of(head.origin.topic)
        if head.offset in self._careful:
            await self._drain()
            await self._try_alone(self._take(1)[0])
        elif isinstance(stage, BatchStage):
            await self._batch(stage)
        else:
            await self._start(stage, self._take(1)[0])

    def _take(self, most: int) -> list[Received]:
        taken = self._backlog.take(most, self._careful)
        self._window.extend(taken)
        self._expected = taken[-1].offset + 1
        if self._backlog.is_low:
            self._runner.resume(self._topic.name, self._number)
        return taken

    async def _drain(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    # -- in batches

    async def _batch(self, stage: BatchStage) -> None:
        await self._backlog.gather()
        if not self._backlog:
            return
        await self._drain()  # its mark is above whatever came before
        batch = self._take(BATCH_EVENTS)
        if not await self._catalogue_reached(stage, batch):
            return
        async with self._runner.turns.shared():
            await self._note_in_flight(batch[-1].offset)
            await self._handle_batch(stage, batch)

    async def _handle_batch(self, stage: BatchStage, batch: Sequence[Received]) -> None:
        begun = time.perf_counter()
        events = [item.event for item in batch if isinstance(item.event, Event)]
        position = Position(self._topic.name, self._number, batch[-1].offset + 1)
        result = Result()
        if events:
            result = await self._runner.patiently(
                lambda: self._runner.handling.batch(stage, events, position)
            )
        messages: list[Message] = []
        for item in batch:
            messages += self._outcome(item, result)
        await self._runner.publish(lambda: messages)
        self._marked = position.next_offset
        self._finish(batch, begun)

    def _outcome(self, item: Received, result: Result) -> list[Message]:
        """What to publish for one record, its dead letter included; counts it."""
        if isinstance(item.event, Event):
            error: Permanent | None = result.rejected.get(item.event.id)
        else:
            error = item.event
        if error is not None:
            return [self._bury(item, error)]
        assert isinstance(item.event, Event)
        self._count("duplicate" if item.event.id in result.repeated else "handled")
        return result.outputs.get(item.event.id, [])

    # -- one by one

    async def _start(self, stage: ObjectStage, item: Received) -> None:
        """Has an event handled beside others, when it is its turn."""
        if not await self._catalogue_reached(stage, [item]):
            return
        while len(self._tasks) >= WINDOW:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        if self._stopping:
            return
        task = asyncio.create_task(self._in_turn(stage, item, self._last.get(item.key)))
        self._last[item.key] = task
        self._tasks.add(task)
        self._waiting_for_place.add(task)
        task.add_done_callback(lambda done: self._ended(item.key, done))

    def _ended(self, key: object, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._waiting_for_place.discard(task)
        if self._last.get(key) is task:
            del self._last[key]
        if not task.cancelled() and (error := task.exception()):
            self._runner.fail(error)

    async def _in_turn(
        self, stage: ObjectStage, item: Received, before: asyncio.Task[None] | None
    ) -> None:
        """Handles an event after the last one with its key, in a place that others leave to whose event it is."""
        if before:
            await asyncio.wait({before})
        event = item.event
        who, size = (stage.shared_by(event), event.size) if isinstance(event, Event) else ("", 0)
        async with self._runner.places.one(who, size):
            self._waiting_for_place.discard(cast(Any, asyncio.current_task()))
            async with self._runner.turns.shared():
                await self._note_in_flight(item.offset)
                await self._handle_single(stage, item)

    async def _handle_single(self, stage: ObjectStage, item: Received) -> None:
        begun = time.perf_counter()
        event = item.event
        if not isinstance(event, Event):
            await self._bury_alone(item, event)
        else:
            with structlog.contextvars.bound_contextvars(submission=event.subject):
                await self._handle_event(stage, item, event)
        await self._complete(item, begun)

    async def _handle_event(self, stage: ObjectStage, item: Received, event: Event) -> None:
        written = Position(self._topic.name, self._number, -1)

        def position() -> Position:
            nonlocal written
            written = self._position(item)
            return written

        try:
            result = await self._runner.patiently(
                lambda: self._runner.handling.single(stage, event, position)
            )
        except Permanent as error:
            await self._bury_alone(item, error)
            return
        if event.id not in result.repeated:
            self._marked = max(self._marked, written.next_offset)
        messages = self._outcome(item, result)
        await self._runner.publish(lambda: messages)
        if event.id not in result.rejected and stage.derive:
            await self._runner.publish(lambda: self._runner.handling.derived(stage, event))

    def _position(self, done: Received | None = None) -> Position:
        """The low-water mark: below it all is finished, once `done` is. Asked from threads, too."""
        window = list(self._window)
        unfinished = [item.offset for item in window if not item.finished and item is not done]
        mark = min(unfinished) if unfinished else window[-1].offset + 1
        return Position(self._topic.name, self._number, mark)

    async def _complete(self, item: Received, begun: float) -> None:
        """Marks an event as finished. The mark of an event that was overtaken is noted by the last of them."""
        item.finished = True
        position = self._position()
        if position.next_offset > self._marked:
            await self._runner.advance(position)
            self._marked = max(self._marked, position.next_offset)
        self._finish([item], begun)

    # -- after an unclean stop

    async def _try_alone(self, item: Received) -> None:
        """Handles one event while nothing else runs, and buries it when it has ended the process too often."""
        stage = self._runner.stage_of(item.origin.topic)
        if not await self._catalogue_reached(stage, [item]):
            return
        async with self._runner.turns.alone():
            trials = await self._runner.trial(self._topic.name, self._number, item.offset)
            if trials > TRIALS:
                reason = Poison(f"it ended the process {TRIALS} times when it was handled alone")
                await self._bury_alone(item, reason)
                await self._runner.locks.note_buried(self._topic.name, self._number, item.offset)
                await self._complete(item, time.perf_counter())
            elif isinstance(stage, BatchStage):
                await self._handle_batch(stage, [item])
            else:
                await self._handle_single(stage, item)

    # -- common

    async def _catalogue_reached(
        self, stage: BatchStage | ObjectStage, batch: Sequence[Received]
    ) -> bool:
        """Waits for the newest state of the catalogue that the events name; False where it is time to stop."""
        if not stage.awaits_catalogue:
            return True
        events = [item.event for item in batch if isinstance(item.event, Event)]
        wanted = max((event.data["catalogue_version"] for event in events), default=0)
        self.waiting_since = time.monotonic()
        while not (reached := await self._runner.has_catalogue(wanted)) and not self._stopping:
            self._waiting.set(time.monotonic() - self.waiting_since)
            await asyncio.sleep(0.1)
        self.waiting_since = None
        self._waiting.set(0)
        return reached

    async def _note_in_flight(self, offset: int) -> None:
        await self._runner.locks.note_in_flight(self._topic.name, self._number, offset)

    def _alarm(self, offset: int, error: NotReplayable) -> None:
        metrics.REPLAYS_REFUSED.labels(self._runner.service).inc()
        log.error("replay refused", topic=self._topic.name, offset=offset, error=repr(error))

    def _bury(self, item: Received, error: Permanent) -> Message:
        self._count("dead")
        if isinstance(error, IdentityConflict):
            metrics.IDENTITY_CONFLICTS.labels(self._runner.service).inc()
        log.error(
            "dead letter", topic=item.origin.topic, offset=item.origin.offset, error=repr(error)
        )
        raw = (item.key, item.value, item.headers)
        return letter(self._runner.service, item.origin, raw, error, self._runner.clock())

    async def _bury_alone(self, item: Received, error: Permanent) -> None:
        message = self._bury(item, error)
        await self._runner.publish(lambda: [message])

    def _count(self, result: str) -> None:
        self._counted[result].inc()

    def _finish(self, items: Sequence[Received], begun: float) -> None:
        """Acknowledges every finished event below the mark, in order: the broker never knows more than the database.

        One below the mark may be unfinished: the mark is written with its rows, before its outputs are published.
        """
        for item in items:
            item.finished = True
        while self._window and self._window[0].finished and self._window[0].offset < self._marked:
            self._window.popleft().acknowledge()
        self._queued.set(len(self._backlog) + len(self._window))
        seconds = time.perf_counter() - begun
        metrics.STAGE_SECONDS.labels(self._runner.service, self._topic.name).observe(seconds)

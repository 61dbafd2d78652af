"""One partition of one topic: its queue, its loop, and the order in which its events are finished.

Inputs are taken and acknowledged strictly in the order of their offsets, none left out: a finished event waits for all
lower ones. So nothing that was sent can be lost, whatever ends the process or makes the consumer jump.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

import structlog

from services.kernel import metrics
from services.kernel.backlog import BATCH_EVENTS, Backlog, Received
from services.kernel.dead import letter
from services.kernel.errors import IdentityConflict, Newer, NotReplayable, Permanent, Poison
from services.kernel.events import Event
from services.kernel.ledger import Ledger
from services.kernel.locks import Takeover
from services.kernel.partitionlog import PartitionLog
from services.kernel.process import Process
from services.kernel.publisher import DELIVERY_TIMEOUT
from services.kernel.retry import Leaving
from services.kernel.stage import BatchStage, ObjectStage, Stage
from services.kernel.store import Position, Result, Tried
from services.kernel.topics import TP, Topic, dead
from services.kernel.wire import Message

T = TypeVar("T")
TRIALS = 3
WINDOW = 1000
"""Unfinished events of object stages, most of which wait for a place; a sender's burst has half as many here."""
REWIND_SECONDS = 1.0
"""Within it come the records that were under way when the broker was asked for earlier ones."""
VERIFY_SECONDS = 30.0
"""Between looks at the log of a partition to which nothing comes."""
ILL_SECONDS = 60.0
"""Between trials of an event that ends the process while nothing else of its stage succeeds, either."""

log = structlog.get_logger()


class Partition:
    """Handles the records of one partition, while this process holds its lock."""

    def __init__(self, process: Process, topic: Topic, number: int) -> None:
        self._process = process
        self._topic = topic
        self._number = number
        self._tp = TP(topic.name, number)
        self._letters = dead(process.service)
        self._backlog = Backlog(sparse=topic.compacted)
        self._ledger: Ledger[Received] = Ledger(0)
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[object, asyncio.Task[None]] = {}
        self._waiting_for_place: set[asyncio.Task[None]] = set()
        self._careful = range(0)
        self._buried: frozenset[bytes] = frozenset()
        self._stopping = asyncio.Event()
        self._log = PartitionLog(process, topic, number, self._stopping)
        self._is_open = False
        self._handled_at: float | None = None
        labels = (process.service, topic.name, str(number))
        self._counted = {
            result: metrics.EVENTS.labels(process.service, topic.name, result)
            for result in ("handled", "duplicate", "dead")
        }
        self._queued = metrics.QUEUE.labels(*labels)
        self._waiting = metrics.CATALOGUE_WAIT.labels(*labels)
        self._held = metrics.HOLDING.labels(*labels)
        self._ill = metrics.ILL.labels(*labels)
        self.waiting_since: float | None = None
        self.task = asyncio.create_task(self._run(), name=f"{topic.name}/{number}")

    def offer(self, received: Sequence[Received]) -> bool:
        """Queues records that came together; False says that the broker should rest."""
        self._log.note_read(received)
        for record in received:
            self._backlog.append(record)
        self._queued.set(len(self._backlog) + len(self._ledger))
        return not self._backlog.is_full

    async def stop(self) -> None:
        """Finishes what is under way, takes nothing more, and leaves the partition clean."""
        self._stopping.set()
        self._backlog.close()
        for task in self._waiting_for_place:
            task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _run(self) -> None:
        locks = self._process.locks
        takeover = await locks.acquire(self._topic, self._number, self._stopping)
        if takeover is None:
            return
        self._held.set(1)
        self._careful = takeover.careful
        self._buried = takeover.buried
        try:
            with suppress(Leaving):
                await self._open(takeover)
                while not self._stopping.is_set():
                    await self._next()
            await self._drain()
            await self._settle()
            await locks.release(self._topic.name, self._number, clean=self._is_open)
        finally:
            self._held.set(0)

    async def _open(self, takeover: Takeover) -> None:
        """Waits for what the last holder may have left behind, and finds where it stopped."""
        if not takeover.clean:
            # A producer that died with it may still deliver; what follows must come after it. What a leader had before
            # it answers is in its log; the rest has a producer's time to come.
            await self._log.leaders_have_answered()
            await asyncio.sleep(DELIVERY_TIMEOUT)
        self._ledger = Ledger(await self._log.first_expected(takeover))
        self._is_open = True
        expected = self._ledger.expected
        if takeover.next_offset is not None and expected < takeover.next_offset:
            await self._process.locks.set_back(self._topic.name, self._number, expected)
            await self._go_to(expected)
        await self._skip_what_is_known()

    async def _patiently(self, action: Callable[[], Awaitable[T]]) -> T:
        return await self._process.patiently(action, self._stopping)

    async def _skip_what_is_known(self) -> None:
        """Where the broker's group knows less than the database, or has forgotten all."""
        await self._arrival()
        known = self._backlog.drop_below(self._ledger.expected)
        self._acknowledge(known)
        if known and not self._backlog:
            await self._go_to(self._ledger.expected)

    async def _has_gap(self, offset: int) -> bool:
        """Whether records are missing before the one found. If the broker has them, they come again. One that it has
        no more is an alarm, unless a later one with its key took its place, and is passed over.
        """
        expected = self._ledger.expected
        if offset <= expected:
            return False
        gap = {"topic": self._topic.name, "expected": expected, "got": offset}
        if await self._log.following(expected) < offset:
            log.info("rewound", **gap)
            await self._go_to(expected)
            return True
        if not self._topic.compacted:
            metrics.OFFSET_GAPS.labels(self._process.service, self._topic.name).inc()
            log.error("offset gap", **gap)
        self._ledger.skip_to(offset)
        return False

    async def _go_to(self, offset: int) -> None:
        flow = self._process.flow
        await self._patiently(lambda: flow.rewind(self._tp, offset))
        flow.resume(self._tp)
        await asyncio.sleep(REWIND_SECONDS)

    async def _next(self) -> None:
        if not self._backlog:
            await self._settle()
        await self._arrival()
        if self._stopping.is_set() or not self._backlog:
            return
        head = self._backlog.head
        if await self._has_gap(head.offset):
            return
        if isinstance(head.event, NotReplayable):
            self._alarm(head.offset, head.event)
        if isinstance(head.event, NotReplayable) or self._is_buried(head):
            self._finish(self._take(1), time.perf_counter())
            return
        if isinstance(head.event, Newer):
            await self._wait_for_upgrade(head)
            return
        stage = self._process.stage_of(head.origin.topic)
        if head.offset in self._careful:
            await self._drain()
            await self._try_alone(self._take(1)[0])
        elif isinstance(stage, BatchStage):
            await self._batch(stage)
        else:
            await self._start(stage, self._take(1)[0])

    async def _wait_for_upgrade(self, head: Received) -> None:
        """Buried, what a newer program wrote would come late and by hand: so the partition waits until it stops."""
        await self._drain()
        await self._settle()
        log.error(
            "outdated", topic=self._topic.name, offset=head.offset, error=repr(head.event)[:300]
        )
        waiting = metrics.OUTDATED.labels(self._process.service, "events")
        waiting.inc()
        try:
            await self._stopping.wait()
        finally:
            waiting.dec()

    async def _arrival(self) -> None:
        """Waits for a record. Where the broker has some and brings none, it believes that they are read already."""
        while not await self._backlog.arrival(VERIFY_SECONDS):
            if await self._log.goes_on(self._ledger.expected):
                await self._go_to(self._ledger.expected)
        await self._log.verify_unsure()

    def _take(self, most: int) -> list[Received]:
        taken = self._backlog.take(most, self._careful)
        self._ledger.take(taken)
        if self._backlog.is_low:
            self._process.flow.resume(self._tp)
        return taken

    def _is_buried(self, item: Received) -> bool:
        return bool(self._buried) and item.fingerprint() in self._buried

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
        async with self._process.turns.shared():
            await self._note(batch[-1].offset)
            await self._handle_batch(stage, batch)

    async def _handle_batch(self, stage: BatchStage, batch: Sequence[Received]) -> None:
        begun = time.perf_counter()
        events = [item.event for item in batch if isinstance(item.event, Event)]
        result = Result()
        if events:
            result = await self._patiently(lambda: self._process.handling.batch(stage, events))
        messages: list[Message] = []
        for item in batch:
            messages += self._outcome(item, result)
        await self._publish(messages)
        self._finish(batch, begun)

    def _outcome(self, item: Received, result: Result) -> list[Message]:
        """What to publish for one record, its dead letter included; counts it."""
        if isinstance(item.event, Permanent):
            return [self._bury(item, item.event)]
        assert isinstance(item.event, Event)
        if error := result.rejected.get(item.event.id):
            return [self._bury(item, error)]
        is_new = item.event.id not in result.repeated
        if is_new:
            self._handled_at = asyncio.get_running_loop().time()
        self._count("handled" if is_new else "duplicate")
        return result.outputs.get(item.event.id, [])

    # -- one by one

    async def _start(self, stage: ObjectStage, item: Received) -> None:
        """Has an event handled beside others, when it is its turn."""
        if not await self._catalogue_reached(stage, [item]):
            return
        while len(self._tasks) >= WINDOW:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        if self._stopping.is_set():
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
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, Leaving):
            self._process.fail(error)

    async def _in_turn(
        self, stage: ObjectStage, item: Received, before: asyncio.Task[None] | None
    ) -> None:
        """Handles an event after the last one with its key, in a place that others leave to whose event it is."""
        if before:
            await asyncio.wait({before})
        event = item.event
        who, size = (stage.shared_by(event), event.size) if isinstance(event, Event) else ("", 0)
        async with self._process.places.one(who, size):
            self._waiting_for_place.discard(cast(Any, asyncio.current_task()))
            async with self._process.turns.shared():
                await self._note(item.offset)
                await self._handle_single(stage, item)

    async def _handle_single(self, stage: ObjectStage, item: Received) -> None:
        begun = time.perf_counter()
        event = item.event
        if isinstance(event, Permanent):
            await self._bury_alone(item, event)
        elif isinstance(event, Event):
            with structlog.contextvars.bound_contextvars(submission=event.subject):
                await self._handle_event(stage, item, event)
        self._finish([item], begun)
        if not self._backlog:
            await self._settle()

    async def _handle_event(self, stage: ObjectStage, item: Received, event: Event) -> None:
        try:
            result = await self._patiently(lambda: self._process.handling.single(stage, event))
        except Permanent as error:
            await self._bury_alone(item, error)
            return
        await self._publish(self._outcome(item, result))
        if event.id not in result.rejected and stage.derive:
            await self._process.publish(lambda: self._process.handling.derived(stage, event))

    # -- after an unclean stop

    async def _try_alone(self, item: Received) -> None:
        """Handles one event while nothing else runs. One that has ended the process too often is buried, if another of
        its stage was handled meanwhile; where none was, what they all need is ill, and it waits for better times.
        """
        stage = self._process.stage_of(item.origin.topic)
        if not await self._catalogue_reached(stage, [item]):
            return
        store = self._process.store
        event = item.event.id if isinstance(item.event, Event) else None
        place = self._topic.name, self._number
        this = Tried(*place, item.fingerprint(), event, tuple(stage.topics))
        waited = False
        while not self._stopping.is_set():
            async with self._process.turns.alone():
                await self._note(item.offset)
                tried = await self._patiently(lambda: asyncio.to_thread(store.trials, this))
                is_poison = tried.count >= TRIALS and tried.others_succeeded
                if is_poison:
                    await self._bury_poison(item, tried.count)
                elif tried.count < TRIALS or waited:
                    await self._patiently(lambda: asyncio.to_thread(store.begin_trial, this))
                    await self._handle_alone(stage, item)
                if item.finished:
                    # Before anything else runs, which may end the process: that this one does not is told.
                    await self._settle()
                    self._careful = range(item.offset + 1, self._careful.stop)
                    self._ill.set(0)
                    return
            self._ill.set(1)
            log.error("nothing of the stage succeeds", topic=item.origin.topic, offset=item.offset)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), ILL_SECONDS)
            waited = True

    async def _handle_alone(self, stage: Stage, item: Received) -> None:
        if isinstance(stage, BatchStage):
            await self._handle_batch(stage, [item])
        else:
            await self._handle_single(stage, item)

    async def _bury_poison(self, item: Received, count: int) -> None:
        reason = Poison(f"it ended the process {count} times when it was handled alone")
        await self._bury_alone(item, reason)
        locks = self._process.locks
        await locks.note_buried(self._topic.name, self._number, item.fingerprint())
        self._finish([item], time.perf_counter())

    # -- common

    async def _catalogue_reached(
        self, stage: BatchStage | ObjectStage, batch: Sequence[Received]
    ) -> bool:
        """Waits for the newest state of the catalogue that the events name; False where it is time to stop."""
        if not stage.awaits_catalogue:
            return True
        events = [item.event for item in batch if isinstance(item.event, Event)]
        wanted = max((event.data.catalogue_seen for event in events), default=0)
        self.waiting_since = time.monotonic()
        while not (reached := await self._process.has_catalogue(wanted)):
            await self._settle()
            if self._stopping.is_set():
                break
            self._waiting.set(time.monotonic() - self.waiting_since)
            await asyncio.sleep(0.1)
        self.waiting_since = None
        self._waiting.set(0)
        return reached

    async def _note(self, in_flight_until: int | None = None) -> None:
        """Tells the database how far all is published, and what is begun now; acknowledges what that allows."""
        mark = self._ledger.mark()
        fingerprint = mark.last.fingerprint() if mark.last else b""
        position = Position(self._topic.name, self._number, mark.next_offset, fingerprint)
        handled_at, self._handled_at = self._handled_at, None
        ago = None if handled_at is None else asyncio.get_running_loop().time() - handled_at
        await self._process.locks.note(position, in_flight_until, handled_ago=ago)
        self._acknowledge(self._ledger.wrote(mark))

    async def _settle(self) -> None:
        """Where nothing is begun that would tell it."""
        if self._ledger.is_ahead:
            await self._note()

    def _alarm(self, offset: int, error: NotReplayable) -> None:
        metrics.REPLAYS_REFUSED.labels(self._process.service).inc()
        log.error("replay refused", topic=self._topic.name, offset=offset, error=repr(error))

    def _bury(self, item: Received, error: Permanent) -> Message:
        self._count("dead")
        if isinstance(error, IdentityConflict):
            metrics.IDENTITY_CONFLICTS.labels(self._process.service).inc()
        log.error(
            "dead letter", topic=item.origin.topic, offset=item.origin.offset, error=repr(error)
        )
        raw = (item.key, item.value, item.headers)
        return letter(self._process.service, item.origin, raw, error, self._process.clock())

    async def _bury_alone(self, item: Received, error: Permanent) -> None:
        await self._publish([self._bury(item, error)])

    async def _publish(self, messages: Sequence[Message]) -> None:
        await self._process.publish(lambda: messages)
        if letters := [message for message in messages if message.topic == self._letters]:
            store = self._process.store
            await self._patiently(lambda: asyncio.to_thread(store.keep, letters))

    def _count(self, result: str) -> None:
        self._counted[result].inc()

    def _finish(self, items: Sequence[Received], begun: float) -> None:
        self._acknowledge(self._ledger.finish(items))
        seconds = time.perf_counter() - begun
        metrics.STAGE_SECONDS.labels(self._process.service, self._topic.name).observe(seconds)

    def _acknowledge(self, free: Sequence[Received]) -> None:
        """The broker never knows more than the database."""
        for item in free:
            item.acknowledge()
        self._queued.set(len(self._backlog) + len(self._ledger))

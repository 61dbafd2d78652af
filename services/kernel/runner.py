"""The runner: at least once in, effectively once out. It does the input and output of every service's stages.

Faust brings the records; everything after that is here and in partition.py, since Faust alone would acknowledge what is
not finished. Whatever goes wrong in a way that nobody foresaw ends the process: the supervisor starts it again, and
the inbox, the locks and the offsets make that safe.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeVar

import sqlalchemy as sa
import structlog
import uvloop
from faust.types import TP
from sqlmodel import Session

from services.kernel import health, log, replica
from services.kernel.backlog import Received
from services.kernel.clock import Clock, utc_now
from services.kernel.codec import codec
from services.kernel.consumer import Consumer
from services.kernel.db import connect
from services.kernel.handling import Handling
from services.kernel.locks import Locks
from services.kernel.partition import Partition
from services.kernel.patience import patiently, while_never_long_without
from services.kernel.pool import Pool
from services.kernel.publisher import Publisher
from services.kernel.settings import Settings, settings
from services.kernel.shares import Places
from services.kernel.stage import BatchStage, ObjectStage, Stage
from services.kernel.topics import load
from services.kernel.transaction import Position, Writer, advance
from services.kernel.turns import Turns
from services.kernel.vault import open_vault
from services.kernel.wire import Message

T = TypeVar("T")
KEEP_INBOX_DAYS = 150
"""The longest retention of an input topic or of dead letters (120 days), and 30."""
CATALOGUE_PATIENCE = 60.0
PLACES = 8
LARGE_PLACES = 2
"""Events of object stages that are handled at once, and large ones among them: these hold threads, connections, and
the interpreter's lock for seconds.
"""
ASSIGNMENT_PATIENCE = 60.0
"""A consumer that the broker has given nothing for so long gets nothing any more; the next process joins anew."""


class Runner:
    """Runs the stages of one service in this process."""

    def __init__(
        self, service: str, stages: Sequence[Stage], config: Settings, clock: Clock
    ) -> None:
        self.service = service
        self.clock = clock
        self.turns = Turns()
        self.places = Places(PLACES, LARGE_PLACES)
        self.locks = Locks(service, config.database_url)
        self._config = config
        self._topics = load()
        self._stages = {topic: stage for stage in stages for topic in stage.topics}
        self._engine = connect(config.database_url, application=f"{service} worker", pool_size=6)
        self._publisher = Publisher(config.kafka, f"{service}-worker")
        self._partitions: dict[TP, Partition] = {}
        self._catalogue_version = 0
        self._stop = asyncio.Event()
        vault = None
        if config.vault:
            vault = open_vault(self._engine, config.vault, config.master_key.get_secret_value())
        writer = Writer(service, codec(), clock)
        self.handling = Handling(writer, self._engine, vault, Pool())
        self._consumer = Consumer(
            service, config.kafka, config.instance, self._topics,
            [stage.topics for stage in stages], self._accept, self._leave, self.fail,
        )  # fmt: skip

    async def run(self) -> None:
        """Runs until SIGTERM or SIGINT; then finishes what is under way."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        await self.patiently(self.locks.connect)
        watchers = [asyncio.create_task(self._guard(self.locks.watch()))]
        if await self._identified():
            watchers += [
                asyncio.create_task(self._guard(one))
                for one in (self._expire(), self._stay_assigned())
            ]
            await self._consume()
        for watcher in watchers:
            watcher.cancel()
        await self._publisher.stop()
        await self.locks.close()

    async def _stay_assigned(self) -> None:
        """Raises TimeoutError after long without partitions, so late that the next process is a new member."""
        try:
            await while_never_long_without(lambda: self._consumer.assigned, ASSIGNMENT_PATIENCE)
        except TimeoutError:
            await self._consumer.be_forgotten()
            raise

    async def _identified(self) -> bool:
        """Waits for this process's identity, standing by for who has it; False where it is time to stop instead."""
        identity = asyncio.create_task(self.locks.identity(self._config.instance))
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait((identity, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if self._stop.is_set():
            identity.cancel()
            return False
        await identity
        return True

    async def _consume(self) -> None:
        await self._consumer.start()
        log_.info("running", topics=sorted(self._stages))
        await self._stop.wait()
        await asyncio.wait_for(self._leave(list(self._partitions)), 20)
        await self._consumer.stop()

    # -- what a partition asks for

    def stage_of(self, topic: str) -> Stage:
        """The stage that handles a topic."""
        return self._stages[topic]

    async def publish(self, messages: Callable[[], Iterable[Message]]) -> None:
        """Publishes until the broker has acknowledged all; `messages` makes them anew for every try."""
        await self.patiently(lambda: self._publisher.publish(messages()))

    async def patiently(self, action: Callable[[], Awaitable[T]]) -> T:
        """Tries again, ever slower, while database, broker or vault are away. Any other error is raised."""
        return await patiently(self.service, action)

    async def has_catalogue(self, version: int) -> bool:
        """Whether this service's copy of the catalogue has reached the version."""
        if self._catalogue_version < version:
            self._catalogue_version = await self.patiently(
                lambda: asyncio.to_thread(self._read_catalogue_version)
            )
        return self._catalogue_version >= version

    async def trial(self, topic: str, partition: int, offset: int) -> int:
        """Counts, durably, that an event is now handled alone; returns how often it has been.

        A restart of the database ends processes, too, without the event's fault: it begins the count anew.
        """
        statement = (
            "update partitions set trials = case when trial_offset = :o"
            " and trial_at > pg_postmaster_start_time() then trials + 1 else 1 end,"
            " trial_offset = :o, trial_at = now() where topic = :t and partition = :p returning trials"
        )
        values = {"t": topic, "p": partition, "o": offset}
        return await self.patiently(
            lambda: asyncio.to_thread(self._execute, statement, values, durable=True)
        )

    async def advance(self, position: Position) -> None:
        """Notes how far a partition is, outside the transaction of an event."""
        await self.patiently(lambda: asyncio.to_thread(self._advance, position))

    def resume(self, topic: str, partition: int) -> None:
        """Lets the broker send more of a partition."""
        self._consumer.resume(TP(topic, partition))

    async def earliest(self, topic: str, partition: int) -> int:
        """The first offset of a partition that the broker still has."""
        return await self.patiently(lambda: self._consumer.earliest(TP(topic, partition)))

    async def rewind(self, topic: str, partition: int, offset: int) -> None:
        """Has the broker send a partition's records again."""
        await self.patiently(lambda: self._consumer.rewind(TP(topic, partition), offset))

    def fail(self, error: BaseException) -> NoReturn:
        """Ends the process at once, as if it had been killed: the one answer to what nobody foresaw."""
        log_.critical("ended", error=repr(error)[:1000], exc_info=error)
        sys.stderr.flush()
        for child in multiprocessing.active_children():
            child.kill()
        os._exit(70)

    # -- from the consumer

    def _accept(self, tp: TP, received: Received) -> bool:
        partition = self._partitions.get(tp)
        if partition is None:
            partition = Partition(self, self._topics[tp.topic], tp.partition)
            partition.task.add_done_callback(self._partition_ended)
            self._partitions[tp] = partition
        return partition.offer(received)

    def _partition_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self.fail(error)

    async def _leave(self, tps: Sequence[TP]) -> None:
        leaving = [self._partitions.pop(tp) for tp in tps if tp in self._partitions]
        await asyncio.gather(*(partition.stop() for partition in leaving))

    # -- of its own

    def _execute(self, statement: str, values: dict[str, Any], *, durable: bool = False) -> Any:
        with Session(self._engine) as session, session.begin():
            if not durable:
                session.execute(sa.text("set local synchronous_commit = off"))
            result = session.execute(sa.text(statement), values)
            return result.scalar_one_or_none() if durable else None

    def _advance(self, position: Position) -> None:
        with Session(self._engine) as session, session.begin():
            advance(session, position)

    def _read_catalogue_version(self) -> int:
        with Session(self._engine) as session:
            return replica.version(session)

    async def _guard(self, watcher: Awaitable[None]) -> None:
        try:
            await watcher
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.fail(error)

    async def _expire(self) -> None:
        statement = (
            f"delete from inbox where handled_at < now() - interval '{KEEP_INBOX_DAYS} days'"
        )
        while True:
            await asyncio.sleep(3600)
            await self.patiently(lambda: asyncio.to_thread(self._execute, statement, {}))

    def state(self) -> dict[str, Any]:
        """For /healthz: healthy while the consumer runs and no partition waits too long for the catalogue."""
        now = time.monotonic()
        waits = [now - p.waiting_since for p in list(self._partitions.values()) if p.waiting_since]
        waiting = round(max(waits, default=0.0), 1)
        ready = self._consumer.assigned
        return {
            "service": self.service,
            "healthy": ready and waiting < CATALOGUE_PATIENCE,
            "assigned": ready,
            "catalogue_wait_seconds": waiting,
        }


log_ = structlog.get_logger()


def main(service: str, stages: Sequence[BatchStage | ObjectStage]) -> None:
    """The whole of a service's worker.py."""
    config = settings()
    log.configure(service)

    async def run() -> None:
        runner = Runner(service, stages, config, utc_now)
        vault = runner.handling.vault
        watch = health.Watch(service, vault.check) if vault else None
        health.serve(config.host, config.port, runner.state, watch)
        try:
            await runner.run()
        except Exception as error:
            # Faust's thread would outlive the loop, and keep a process that does nothing.
            runner.fail(error)

    uvloop.run(run())

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
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import structlog
import uvloop

from services.kernel import changes, health, lag, log
from services.kernel.assignment import Assignment
from services.kernel.brokerlog import BrokerLog
from services.kernel.clock import Clock, utc_now
from services.kernel.codec import codec
from services.kernel.consumer import Consumer
from services.kernel.db import connect
from services.kernel.handling import Handling, Writer
from services.kernel.locks import Locks
from services.kernel.pool import Pool
from services.kernel.postgresql import Postgresql
from services.kernel.process import Process
from services.kernel.publisher import Publisher
from services.kernel.retry import Leaving, patiently, while_never_long_without
from services.kernel.settings import Settings, settings
from services.kernel.stage import BatchStage, ObjectStage, Stage
from services.kernel.topics import load
from services.kernel.vault import Vault, open_vault

CATALOGUE_PATIENCE = 60.0
ASSIGNMENT_PATIENCE = 60.0
"""A consumer that the broker has given nothing for so long gets nothing any more; the next process joins anew."""


class Runner:
    """Runs the stages of one service in this process."""

    def __init__(
        self, service: str, stages: Sequence[Stage], config: Settings, clock: Clock
    ) -> None:
        self._service = service
        self._instance = config.instance
        self._stop = asyncio.Event()
        self._lag = lag.Lag(service)
        topics = load()
        engine = connect(config.database_url, application=f"{service} worker", pool_size=6)
        changes.watch(engine, service)
        self.vault: Vault | None = None
        if config.vault:
            self.vault = open_vault(engine, config.vault, config.master_key.get_secret_value())
        self._store = Postgresql(engine)
        self._locks = Locks(service, config.database_url)
        self._broker_log = BrokerLog(
            config.kafka, [t for t in topics.values() if t.owner == service]
        )
        self._publisher = Publisher(config.kafka, f"{service}-worker")
        handling = Handling(Writer(service, codec(), clock), self._store, self.vault, Pool())
        process = Process(
            service, stages, clock=clock, locks=self._locks, source=self._broker_log, store=self._store,
            handling=handling, sender=self._publisher, fail=self.fail,
        )  # fmt: skip
        self._assignment = Assignment(process, topics)
        self._consumer = process.flow = Consumer(
            service, config.kafka, config.instance, topics, [kind for stage in stages for kind in stage.events],
            self._broker_log, self._assignment.take, self._assignment.accept, self._assignment.leave, self.fail,
        )  # fmt: skip

    async def run(self) -> None:
        """Runs until SIGTERM or SIGINT; then finishes what is under way."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        with suppress(Leaving):
            await self._connect()
            await self._work()
        await self._publisher.stop()
        await self._broker_log.close()
        await self._locks.close()

    async def _connect(self) -> None:
        """Waits for a database whose tables fit this release: before that nothing of theirs is touched."""
        await patiently(self._service, lambda: asyncio.to_thread(self._store.marks), self._stop)
        await patiently(self._service, self._locks.connect, self._stop)

    async def _work(self) -> None:
        watchers = [asyncio.create_task(self._guard(self._locks.watch()))]
        if await self._locks.identity(self._instance, self._stop):
            watchers += [
                asyncio.create_task(self._guard(work))
                for work in (self._expire(), self._stay_assigned(), self._watch_lag())
            ]
            await self._consume()
        for watcher in watchers:
            watcher.cancel()

    async def _stay_assigned(self) -> None:
        """Raises TimeoutError after long without partitions, so late that the next process is a new member."""
        try:
            await while_never_long_without(lambda: self._consumer.assigned, ASSIGNMENT_PATIENCE)
        except TimeoutError:
            await self._consumer.be_forgotten()
            raise

    async def _consume(self) -> None:
        await self._consumer.start()
        log_.info("running")
        await self._stop.wait()
        await asyncio.wait_for(self._assignment.leave_all(), 20)
        await self._consumer.stop()

    def fail(self, error: BaseException) -> NoReturn:
        """Ends the process at once, as if it had been killed: the one answer to what nobody foresaw."""
        log_.critical("ended", error=log.told(error)[:1000], exc_info=error)
        sys.stderr.flush()
        for child in multiprocessing.active_children():
            child.kill()
        os._exit(70)

    async def _guard(self, watcher: Awaitable[None]) -> None:
        try:
            await watcher
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.fail(error)

    async def _watch_lag(self) -> None:
        while True:
            with suppress(Exception):  # broker or database are away, which others tell
                extents = await self._broker_log.extents(self._consumer.partitions)
                self._lag.look(extents, await asyncio.to_thread(self._store.marks))
            await asyncio.sleep(lag.LOOK_SECONDS)

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(3600)
            await patiently(self._service, lambda: asyncio.to_thread(self._store.expire))

    def state(self) -> dict[str, Any]:
        """For /healthz: healthy while the consumer runs, every partition moves that has something to read, and none
        waits too long for the catalogue.
        """
        waiting = round(self._assignment.longest_wait, 1)
        behind = round(self._lag.seconds, 1)
        ready = self._consumer.assigned
        return {
            "service": self._service,
            "healthy": ready and waiting < CATALOGUE_PATIENCE and behind < lag.PATIENCE_SECONDS,
            "assigned": ready,
            "lag_seconds": behind,
            "catalogue_wait_seconds": waiting,
        }


log_ = structlog.get_logger()


def main(service: str, stages: Sequence[BatchStage | ObjectStage]) -> None:
    """The whole of a service's worker.py."""
    config = settings()
    log.configure(service)

    async def run() -> None:
        runner = Runner(service, stages, config, utc_now)
        watch = health.Watch(service, runner.vault.check) if runner.vault else None
        health.serve(config.host, config.port, runner.state, watch)
        try:
            await runner.run()
        except Exception as error:
            # Faust's thread would outlive the loop, and keep a process that does nothing.
            runner.fail(error)

    uvloop.run(run())

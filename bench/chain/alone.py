"""The same work in one process and without a broker: the same door, handlers, tables and vault, one after the other."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from sqlmodel import Session

from bench.chain.memory import Peak, peak
from deploy.database import ensure_database
from services.audit import worker as audit
from services.events.registry import EVENTS
from services.grdp import worker as grdp
from services.intake import handler as door
from services.intake import projection
from services.intake.acceptance import Accepted, Signed, accept
from services.intake.authentication import signed_statement
from services.intake.content import Workbook
from services.intake.facts import facts
from services.kernel import migration
from services.kernel.api import Context
from services.kernel.clock import utc_now
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.db import connect, cursor
from services.kernel.events import Event
from services.kernel.handling import Handling, Writer
from services.kernel.outbox import Outbox, OutboxTable
from services.kernel.pool import Pool
from services.kernel.postgresql import Postgresql, unpack
from services.kernel.publisher import Publisher
from services.kernel.relay import Relay
from services.kernel.settings import Settings
from services.kernel.stage import BatchStage, Stage
from services.kernel.topics import load as topics
from services.kernel.vault import open_vault
from services.kernel.wire import Message, decode
from services.notification import worker as notification
from services.policy import worker as policy
from services.validation import worker as validation

DATABASE = "bench_alone"
STAGES: Sequence[tuple[str, Stage]] = (
    # Not isolated: the worker processes are a part of what this is compared with.
    ("validation", replace(validation.STAGE, isolated=False)),
    ("validation", validation.STORED),
    ("policy", policy.STAGE),
    ("grdp", grdp.STAGE),
    ("intake", projection.STAGE),
    ("audit", audit.STAGE),
    *(("notification", stage) for stage in notification.STAGES),
)


@dataclass(frozen=True)
class Place:
    """What the process works on: a database URL of each service, a vault of its own."""

    urls: Mapping[str, str]
    vault: str
    master_key: str


def prepare(administrator_url: str) -> None:
    """A database with every service's tables, beside the stack's, and with the catalogue as it is there.

    `administrator_url` is the one of the stack's database.
    """
    ensure_database(administrator_url, DATABASE)
    url = other(administrator_url)
    migration.migrate(url, {})
    with psycopg.connect(administrator_url) as source, psycopg.connect(url) as target:
        for service in migration.services():
            for table in ("replica", "replica_version"):
                _copy(source, target, sql.Identifier(service, table))


def other(url: str) -> str:
    """The same URL with the database of this module."""
    return f"{url.rpartition('/')[0]}/{DATABASE}"


def _copy(source: psycopg.Connection, target: psycopg.Connection, table: sql.Identifier) -> None:
    target.execute(sql.SQL("delete from {}").format(table))
    out = sql.SQL("copy {} to stdout").format(table)
    into = sql.SQL("copy {} from stdin").format(table)
    with (
        source.cursor() as reading,
        target.cursor() as writing,
        reading.copy(out) as read,
        writing.copy(into) as write,
    ):
        for block in read:
            write.write(block)


class Alone:
    """The process; it stays warm from run to run, as the stack's do."""

    def __init__(self, place: Place) -> None:
        context = multiprocessing.get_context("spawn")
        self._process = ProcessPoolExecutor(1, context, _begin, (place,))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.shutdown()

    def run(self, signed: Sequence[tuple[str, bytes]], figures: int) -> float:
        """Seconds for these statements with their workbooks, from the first signature to the last leaf of the log.

        RuntimeError unless so many figures would have gone to the compilers' feed.
        """
        seconds, fed = self._process.submit(_run, signed).result()
        if fed != figures:
            raise RuntimeError(f"{fed} figures on the feed, not {figures}")
        return seconds

    def peak(self) -> Peak:
        """The most memory it has taken."""
        return self._process.submit(_peak).result()


class _Chain:
    """All services' stages, each with its own role and schema."""

    def __init__(self, place: Place) -> None:
        services = dict.fromkeys(service for service, _ in STAGES)
        self._handlings = {service: _handling(service, place) for service in services}
        engine = connect(place.urls["intake"], application="bench alone")
        # Never asked to publish, so it never connects.
        publisher = Publisher(Cluster(""), "bench-alone")
        relay = Relay("intake", OutboxTable(engine), publisher)
        outbox = Outbox("intake", codec(), utc_now)
        vault = open_vault(engine, place.vault, place.master_key)
        self._intake = Context("intake", Settings(), engine, vault, outbox, relay, utc_now)

    async def submit(self, token: str, content: bytes) -> int:
        """Takes one submission through all stages; returns how many records the feed would get."""
        waiting = deque([self._receive(token, content)])
        fed = 0
        while waiting:
            event = waiting.popleft()
            for service, stage in STAGES:
                if event.topic in stage.topics:
                    messages, derived = await self._handle(service, stage, event)
                    waiting.extend(_events(messages))
                    fed += derived
        return fed

    def _receive(self, token: str, content: bytes) -> Event:
        """What intake's API does, but HTTP and the relay: the submission.received that it would publish."""
        context = self._intake
        now = context.clock()
        with Session(context.engine) as session:
            statement = signed_statement(session, token, now)
            known = facts(session, statement, now)
        assert door.door(statement, known) is None and known.form is not None
        book = door.content(statement, content)
        assert isinstance(book, Workbook)
        accepted = accept(context, Signed(token, statement, known, known.form), book, content)
        assert isinstance(accepted, Accepted) and accepted.new
        return self._published(accepted.sequence)

    def _published(self, sequence: int) -> Event:
        with Session(self._intake.engine) as session, session.begin():
            cur = cursor(session)
            cur.execute(
                "update outbox set published_at = now() where sequence = %s"
                " returning topic, key, value, headers",
                [sequence],
            )
            topic, key, value, headers = cur.fetchone()
        return next(_events([Message(topic, bytes(key), bytes(value), unpack(bytes(headers)))]))

    async def _handle(
        self, service: str, stage: Stage, event: Event
    ) -> tuple[Sequence[Message], int]:
        handling = self._handlings[service]
        if isinstance(stage, BatchStage):
            result = await handling.batch(stage, [event])
            return result.outputs[event.id], 0
        result = await handling.single(stage, event)
        derived = sum(1 for _ in handling.derived(stage, event))
        return result.outputs[event.id], derived


_chain: _Chain


def _begin(place: Place) -> None:
    global _chain
    _chain = _Chain(place)


def _run(signed: Sequence[tuple[str, bytes]]) -> tuple[float, int]:
    async def work() -> int:
        return sum([await _chain.submit(token, content) for token, content in signed])

    began = time.perf_counter()
    fed = asyncio.run(work())
    return time.perf_counter() - began, fed


def _peak() -> Peak:
    return peak("one process", os.getpid())


def _handling(service: str, place: Place) -> Handling:
    engine = connect(place.urls[service], application="bench alone")
    vault = open_vault(engine, place.vault, place.master_key)
    return Handling(Writer(service, codec(), utc_now), Postgresql(engine), vault, Pool())


def _events(messages: Sequence[Message]) -> Iterator[Event]:
    for m in messages:
        yield decode(topics()[m.topic], EVENTS[m.topic], m.key, m.value, m.headers, codec())

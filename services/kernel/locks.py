"""Who handles a partition: the holder of its advisory lock, whatever the broker's group protocol says.

One dedicated connection holds all locks of a process, and losing it ends the process.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import psycopg

from services.kernel.db import LINK
from services.kernel.store import Position
from services.kernel.topics import Topic

POLL = 0.2
HEARTBEAT = 1.0
ANSWER_WITHIN = 15.0
"""A loaded database may be slow; one that is gone says so at once."""
KEY = "hashtextextended(%s, 0)"
SESSION = "solieu.process"
"""A setting by which a process knows its session again."""
_NOTE = (
    "with quick as (select set_config('synchronous_commit', 'off', true))"
    " update partitions set in_flight_until = greatest(in_flight_until, %(in_flight)s),"
    " handled_at = coalesce(now() - %(handled_ago)s * interval '1 second', handled_at),"
    " fingerprint = case when next_offset > %(next)s or next_offset = %(next)s and %(fingerprint)s = ''::bytea"
    " then fingerprint else %(fingerprint)s end,"
    " next_offset = greatest(next_offset, %(next)s)"
    " from quick where topic = %(topic)s and partition = %(partition)s"
)


@dataclass(frozen=True)
class Takeover:
    """How the partition was left. `careful`: the offsets among which may be the one that ended its process."""

    clean: bool
    next_offset: int | None
    fingerprint: bytes
    """Of the record before `next_offset`, empty where it is not known."""
    careful: range
    buried: frozenset[bytes]
    """Fingerprints."""


class SessionShared(Exception):
    """What stands before the database (PgBouncer, by transactions) hands its sessions about: a lock, which is a
    session's, would be of two processes, or of none.
    """


class Locks:
    """The advisory locks of one process."""

    def __init__(self, service: str, url: str) -> None:
        self._service = service
        self._url = url
        self._token = uuid4().hex
        self._connection: psycopg.AsyncConnection | None = None

    async def connect(self) -> None:
        """Opens the connection; raises psycopg.OperationalError while the database is away."""
        self._connection = await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            application_name=f"{self._service} locks",
            **LINK,
        )
        await self._open.execute("select set_config(%s, %s, false)", [SESSION, self._token])

    async def watch(self) -> None:
        """Returns, with an error, when the connection is lost, or does not lead to one session of its own."""
        while True:
            await asyncio.sleep(HEARTBEAT)
            await asyncio.wait_for(self._verify(), ANSWER_WITHIN)

    async def _verify(self) -> None:
        cursor = await self._open.execute("select current_setting(%s, true)", [SESSION])
        if await cursor.fetchone() != (self._token,):
            raise SessionShared(
                "a pooler stands before the database: the locks need to go round it"
            )

    async def note(
        self, position: Position, in_flight_until: int | None, *, handled_ago: float | None
    ) -> None:
        """Notes how far a partition is (never back), which offset is handled now, and how many seconds ago a new event
        was, for whoever comes after. It goes by the connection that holds the lock: who lost that moves nothing. It
        need not survive the database: what comes again is known.
        """
        values = {
            "topic": position.topic, "partition": position.partition, "next": position.next_offset,
            "fingerprint": position.fingerprint, "in_flight": in_flight_until, "handled_ago": handled_ago,
        }  # fmt: skip
        await self._open.execute(_NOTE, values)

    async def set_back(self, topic: str, partition: int, offset: int) -> None:
        """Notes that a partition, whose log is another one than was read, begins anew at an earlier offset. By its old
        mark it would be taken for read until the new log is as long as the old one was, and come anew at each start.
        """
        await self._open.execute(
            "update partitions set next_offset = %s, fingerprint = '', in_flight_until = null"
            " where topic = %s and partition = %s",
            [offset, topic, partition],
        )

    async def note_buried(self, topic: str, partition: int, record: bytes) -> None:
        """Notes, durably, that a record's dead letter is written: it must not be tried again. `record`: fingerprint."""
        await self._open.execute(
            "insert into buried values (%s, %s, %s) on conflict do nothing",
            [topic, partition, record],
        )

    async def identity(self, instance: str, stopping: asyncio.Event) -> bool:
        """Waits until no other process of the service has this static membership id; False where `stopping` came first.

        Two that had it would put each other out of the group, again and again, and neither would get on.
        """
        return await self._obtained(f"{self._service} {instance}", stopping)

    async def acquire(
        self, topic: Topic, partition: int, stopping: asyncio.Event
    ) -> Takeover | None:
        """Waits until the partition is this process's, and says how it was left; None where `stopping` came first.

        Not to be cancelled: the database may have given the lock by then, and nobody would give it back.
        """
        if not await self._obtained(self._name(topic.name, partition), stopping):
            return None
        return await self._take(topic.name, partition)

    async def _obtained(self, name: str, stopping: asyncio.Event) -> bool:
        while not await self._lock(name):
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), POLL)
                return False
        return True

    async def _lock(self, name: str) -> bool:
        cursor = await self._open.execute(f"select pg_try_advisory_lock({KEY})", [name])
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def release(self, topic: str, partition: int, *, clean: bool) -> None:
        """Gives the partition to others. `clean` says that nothing of it is under way, nor was left by whom it was of
        before.
        """
        await self._open.execute(
            "update partitions set clean = %s where topic = %s and partition = %s",
            [clean, topic, partition],
        )
        name = self._name(topic, partition)
        await self._open.execute(f"select pg_advisory_unlock({KEY})", [name])

    async def close(self) -> None:
        """Gives back every lock."""
        if self._connection:
            await self._connection.close()

    async def _take(self, topic: str, partition: int) -> Takeover:
        cursor = await self._open.execute(
            "select clean, next_offset, fingerprint, in_flight_until from partitions"
            " where topic = %s and partition = %s",
            [topic, partition],
        )
        clean, next_offset, fingerprint, in_flight = await cursor.fetchone() or (
            True, None, b"", None,
        )  # fmt: skip
        cursor = await self._open.execute(
            "select fingerprint from buried where topic = %s and partition = %s", [topic, partition]
        )
        buried = frozenset(bytes(row[0]) for row in await cursor.fetchall())
        if not clean:
            # Its last holder may have sent what is older than what stands in the tables, and send it yet.
            await self._open.execute("update upkeep set wanted_at = now()")
        await self._open.execute(
            "insert into partitions (topic, partition, clean) values (%s, %s, false)"
            " on conflict (topic, partition) do update set clean = false",
            [topic, partition],
        )
        suspects = (
            range(0) if clean or in_flight is None else range(next_offset or 0, in_flight + 1)
        )
        return Takeover(clean, next_offset, bytes(fingerprint), suspects, buried)

    def _name(self, topic: str, partition: int) -> str:
        return f"{self._service}/{topic}/{partition}"

    @property
    def _open(self) -> psycopg.AsyncConnection:
        assert self._connection is not None, "connect() comes first"
        return self._connection

"""The broker's log of one partition, beside what this service has read of it.

A broker that loses power may lose the tail of its log. A consumer that was at the end goes on there, and never sees
what has been written since in place of what is lost. So what was read last is looked up in the log again: when
something comes after a time in which the broker may have been away, and now and then where nothing comes. That time is
told by when records came, and by when the broker took them: what was fetched before may come throughout.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog

from services.kernel import metrics
from services.kernel.locks import Takeover
from services.kernel.process import Following, Process
from services.kernel.topics import Topic

OUTAGE_SECONDS = 2.0
"""No broker is back from a loss of power sooner."""
CLOCKS_SECONDS = 60.0
"""By which the broker's clock and this machine's may differ."""

log = structlog.get_logger()


class LogRewritten(Exception):
    """The broker's log is not the one that was read: the next process begins with what is new in it."""


class Read(Protocol):
    """A record that was read."""

    @property
    def offset(self) -> int:
        """Where it stood."""
        ...

    @property
    def fingerprint(self) -> Callable[[], bytes]:
        """What gives its fingerprint (wire.py)."""
        ...

    @property
    def taken_at(self) -> float:
        """When the broker took it, by its clock, in seconds since 1970."""
        ...


@dataclass(frozen=True)
class _Marked:
    """The record before a mark: read by a process before this one."""

    offset: int
    fingerprint: Callable[[], bytes]
    taken_at: float = 0.0


class PartitionLog:
    """Asked patiently: every method raises retry.Leaving where `stopping` comes while the broker is away."""

    def __init__(
        self, process: Process, topic: Topic, number: int, stopping: asyncio.Event
    ) -> None:
        self._process = process
        self._source = process.source
        self._topic = topic
        self._number = number
        self._stopping = stopping
        self._last: Read | None = None
        self._last_at = 0.0
        self._unsure: list[Read] = []
        self._begun_at = process.clock().timestamp()

    def note_read(self, received: Iterable[Read]) -> None:
        """Notes what has just come."""
        now = asyncio.get_running_loop().time()
        for record in received:
            if self._last and (now - self._last_at > OUTAGE_SECONDS or self._is_later(record)):
                self._unsure.append(self._last)
            self._last, self._last_at = record, now

    def _is_later(self, record: Read) -> bool:
        """Whether the broker took it long after what was read last, and not before this process began to read."""
        after = self._last.taken_at if self._last else 0.0
        return record.taken_at > max(after + OUTAGE_SECONDS, self._begun_at - CLOCKS_SECONDS)

    async def verify_unsure(self) -> None:
        """Looks up what was read before a pause. Raises LogRewritten where the log has something else: what stands
        before is new, too.
        """
        while self._unsure and not self._stopping.is_set():
            read = self._unsure[0]
            self._compare(read, await self._following(read.offset))
            del self._unsure[0]

    async def leaders_have_answered(self) -> None:
        """Returns once what a dead process had sent to the service's topics is in their logs, or on its way yet."""
        await self._process.patiently(self._source.answer, self._stopping)

    async def following(self, offset: int) -> int:
        """The offset of the first record at or after this one; the end where there is none."""
        return (await self._following(offset)).offset

    async def goes_on(self, offset: int) -> bool:
        """Whether it has anything at or after this offset. What was read last, by whichever process, is looked up in
        the same question: raises LogRewritten where the log has something else.
        """
        last = self._last
        following = await self._following(last.offset if last else offset)
        if last:
            self._compare(last, following)
        return following.fingerprint is not None and following.end > offset

    async def has(self, offset: int, fingerprint: bytes) -> bool:
        """Whether this record stands there, or stood: it may be deleted by its age, or for a later one of its key."""
        return _has(await self._following(offset), offset, fingerprint)

    async def first_expected(self, takeover: Takeover) -> int:
        """Where the last holder stopped, if the log is still the one that it read: a broker that lost power may have
        lost its tail, too, and have written other records there. Then all comes again, and the inbox tells what is new.
        """
        reached = takeover.next_offset
        if reached is None:
            return await self.following(0)
        first = await self.following(0)
        if reached <= first:
            return reached
        if not takeover.fingerprint:
            return first  # noted before there were fingerprints, when a mark did not say that all below is published
        if await self.has(reached - 1, takeover.fingerprint):
            if self._last is None:
                self.note_read([_Marked(reached - 1, lambda: takeover.fingerprint)])
            return reached
        metrics.LOGS_REWRITTEN.labels(self._process.service, self._topic.name).inc()
        log.error("log rewritten", topic=self._topic.name, at=reached - 1)
        return first

    async def _following(self, offset: int) -> Following:
        return await self._process.patiently(
            lambda: self._source.following(self._topic.name, self._number, offset), self._stopping
        )

    def _compare(self, read: Read, following: Following) -> None:
        if not _has(following, read.offset, read.fingerprint()):
            raise LogRewritten(f"{self._topic.name}/{self._number} at {read.offset}")


def _has(following: Following, offset: int, fingerprint: bytes) -> bool:
    return following.offset > offset or following.fingerprint == fingerprint

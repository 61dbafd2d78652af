"""The broker's log of one partition, beside what this service has read of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from services.kernel import metrics
from services.kernel.locks import Takeover
from services.kernel.process import Process
from services.kernel.topics import Topic

T = TypeVar("T")

log = structlog.get_logger()


class LogRewritten(Exception):
    """The broker's log is not the one that was read: the next process begins with what is new in it."""


class PartitionLog:
    """Asked patiently: every method raises patience.Leaving where `stopping` comes while the broker is away."""

    def __init__(
        self, process: Process, topic: Topic, number: int, stopping: asyncio.Event
    ) -> None:
        self._process = process
        self._source = process.source
        self._topic = topic
        self._number = number
        self._stopping = stopping

    async def leaders_have_answered(self) -> None:
        """Returns once what a dead process had sent to the service's topics is in their logs, or on its way yet."""
        await self._patiently(self._source.answer)

    async def following(self, offset: int) -> int:
        """The offset of the first record at or after this one; the end where there is none."""
        return await self._patiently(
            lambda: self._source.following(self._topic.name, self._number, offset)
        )

    async def has(self, offset: int, fingerprint: bytes) -> bool:
        """Whether this record stands there, or stood: it may be deleted by its age, or for a later one of its key."""
        found = await self._patiently(
            lambda: self._source.fingerprint(self._topic.name, self._number, offset)
        )
        if found is None:
            return await self.following(offset) > offset
        return found == fingerprint

    async def verify(self, offset: int, fingerprint: bytes) -> None:
        """Raises LogRewritten where the log has something else than was read: what stands before is new, too."""
        if not await self.has(offset, fingerprint):
            raise LogRewritten(f"{self._topic.name}/{self._number} at {offset}")

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
            return reached
        metrics.LOGS_REWRITTEN.labels(self._process.service, self._topic.name).inc()
        log.error("log rewritten", topic=self._topic.name, at=reached - 1)
        return first

    async def _patiently(self, action: Callable[[], Awaitable[T]]) -> T:
        return await self._process.patiently(action, self._stopping)

"""Single records of the broker's log, read without a consumer group: dead letters, and what stands at an offset."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from services.kernel.cluster import Cluster
from services.kernel.dead import Content
from services.kernel.process import Following
from services.kernel.topics import TP, Extent, Topic
from services.kernel.wire import fingerprint

T = TypeVar("T")
PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Record:
    """A record as it stands on its topic; `timestamp` in milliseconds."""

    offset: int
    timestamp: int
    content: Content


class BrokerLog:
    """One question at a time. It connects at the first one, and anew after one that failed.

    Every method raises what `is_transient` knows while the broker is away. `writes` are the topics that the service
    writes to.
    """

    def __init__(self, cluster: Cluster, writes: Iterable[Topic] = ()) -> None:
        self._cluster = cluster
        self._writes = [
            TopicPartition(topic.name, number)
            for topic in writes
            for number in range(topic.partitions)
        ]
        self._turn = asyncio.Lock()
        self._consumer: AIOKafkaConsumer | None = None

    async def record(self, topic: str, partition: int, offset: int) -> Record | None:
        """The record at an offset; None where the broker has it no more, or not yet."""
        found, _ = await self._ask(lambda c: _first(c, TopicPartition(topic, partition), offset))
        return found if found is not None and found.offset == offset else None

    async def following(self, topic: str, partition: int, offset: int) -> Following:
        """See process.Source."""
        place = TopicPartition(topic, partition)

        async def ask(consumer: AIOKafkaConsumer) -> Following:
            found, end = await _first(consumer, place, offset)
            if found is None:
                return Following(end, None, end)
            return Following(found.offset, fingerprint(found.timestamp, *found.content), end)

        return await self._ask(ask)

    async def extents(self, partitions: Iterable[TP]) -> dict[TP, Extent]:
        """Where each partition begins and ends."""
        places = list(partitions)

        async def ask(consumer: AIOKafkaConsumer) -> dict[TP, Extent]:
            first = await consumer.beginning_offsets(places)
            end = await consumer.end_offsets(places)
            return {tp: Extent(int(first[tp]), int(end[tp])) for tp in places}

        return await self._ask(ask)

    async def answer(self) -> None:
        """Returns once the leader of every partition that the service writes to has answered."""
        await self._ask(lambda consumer: consumer.end_offsets(self._writes))

    async def close(self) -> None:
        """Ends the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        async with self._turn:
            try:
                return await asyncio.wait_for(self._answer(question), PATIENCE_SECONDS)
            except BaseException:
                await self.close()
                raise

    async def _answer(self, question: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **self._cluster.options(), group_id=None, auto_offset_reset="none"
            )
            await self._consumer.start()
        return await question(self._consumer)


async def _first(
    consumer: AIOKafkaConsumer, place: TopicPartition, offset: int
) -> tuple[Record | None, int]:
    """The first record at or after an offset, and the log's end. Of a compacted log, or a shortened one, the record may
    be a later one.
    """
    consumer.assign([place])
    first = (await consumer.beginning_offsets([place]))[place]
    end = int((await consumer.end_offsets([place]))[place])
    if max(first, offset) >= end:
        return None, end
    consumer.seek(place, max(first, offset))
    try:
        found: Any = await consumer.getone(place)
    except OffsetOutOfRangeError:  # deleted just now
        return None, end
    content = found.key, found.value, tuple(found.headers)
    return Record(found.offset, found.timestamp, content), end

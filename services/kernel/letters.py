"""A group's own dead letters, read one by one as they are sent back to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from services.kernel.cluster import Cluster
from services.kernel.dead import Content, Origin, contents, origin_of, referred
from services.kernel.errors import NotReplayable
from services.kernel.topics import Topic, dead

PATIENCE_SECONDS = 15.0


class Letters:
    """Takes dead letters, and the records that they were made of, from the broker. It connects at the first use."""

    def __init__(self, group: str, cluster: Cluster, inputs: Mapping[str, Topic]) -> None:
        self._group = group
        self._cluster = cluster
        self._inputs = inputs
        self._consumer: AIOKafkaConsumer | None = None

    async def sent_back(self, record: Content) -> tuple[Origin, Content]:
        """The dead letter that a record of `<group>.replay` names: its origin, and what it was made of.

        Raises NotReplayable where it names none, or one that says other than its source, if the broker has that yet;
        and what `is_transient` knows while the broker is away.
        """
        offset = referred(record)
        letter = await self._record(dead(self._group), 0, offset)
        if letter is None:
            raise NotReplayable(f"{dead(self._group)} has no letter {offset}")
        origin = origin_of(letter)
        topic = self._inputs.get(origin.topic)
        if topic is None or not 0 <= origin.partition < topic.partitions:
            raise NotReplayable(f"{origin.topic}/{origin.partition} is no input of {self._group}")
        source = await self._record(origin.topic, origin.partition, origin.offset)
        key, value, headers = contents(letter)
        if source is not None and contents(source) != (key, value, headers):
            raise NotReplayable(f"letter {offset} is not what {origin.topic} has")
        # A letter has no null: what is empty was most likely that, and is no event either way.
        return origin, (key or None, value or None, headers)

    async def close(self) -> None:
        """Ends the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _record(self, topic: str, partition: int, offset: int) -> Content | None:
        """One record; None where the broker does not have it any more, or not yet."""
        try:
            return await asyncio.wait_for(
                self._read(TopicPartition(topic, partition), offset), PATIENCE_SECONDS
            )
        except OffsetOutOfRangeError:  # deleted just now
            return None
        except BaseException:
            await self.close()
            raise

    async def _read(self, partition: TopicPartition, offset: int) -> Content | None:
        consumer = await self._started()
        consumer.assign([partition])
        first = await consumer.beginning_offsets([partition])
        end = await consumer.end_offsets([partition])
        if not first[partition] <= offset < end[partition]:
            return None
        consumer.seek(partition, offset)
        found: Any = await consumer.getone(partition)
        # Of a compacted topic, the next one that is left may have come.
        return (found.key, found.value, tuple(found.headers)) if found.offset == offset else None

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **self._cluster.options(), group_id=None, auto_offset_reset="none"
            )
            await self._consumer.start()
        return self._consumer

"""Records read and written one topic at a time, by kafka-python: for what looks at topics, compares and repairs them.

It blocks: it runs in commands and in threads, beside the runner's own consumer and producer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from services.kernel.cluster import Cluster
from services.kernel.wire import Header, Message

AT_ONCE = 1000
POLL_MS = 500
STALLED_SECONDS = 30.0
"""A broker that gives nothing for so long, though there is more, is away."""


@dataclass(frozen=True)
class Tombstone:
    """A record without a value: compaction removes its key from the topic, and readers forget it."""

    topic: str
    key: bytes
    value: None = None
    headers: tuple[Header, ...] = ()


class Reader:
    """The records of topics, from their first one to their present end; asked again, from there on.

    Raises KafkaError where a topic is not there, may not be read, or the broker is away.
    """

    def __init__(self, cluster: Cluster, topics: Iterable[str]) -> None:
        self._consumer = KafkaConsumer(
            **cluster.options(), group_id=None, enable_auto_commit=False, max_poll_records=AT_ONCE
        )
        try:
            self._partitions = [tp for topic in topics for tp in self._partitions_of(topic)]
            self._consumer.assign(self._partitions)
            if self._partitions:  # a service that has published nothing yet reads nothing
                self._consumer.seek_to_beginning()
        except BaseException:
            self._consumer.close()
            raise

    def _partitions_of(self, topic: str) -> list[TopicPartition]:
        numbers = self._consumer.partitions_for_topic(topic)
        if not numbers:
            raise UnknownTopicOrPartitionError(topic)
        return [TopicPartition(topic, number) for number in sorted(numbers)]

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def to_the_end(self) -> Iterator[Any]:
        """kafka-python's records, in their order in each partition, up to where the topics end when this is called."""
        ends = self._consumer.end_offsets(self._partitions)
        arrived = time.monotonic()
        while any(self._position(partition) < ends[partition] for partition in self._partitions):
            for batch in self._consumer.poll(timeout_ms=POLL_MS).values():
                arrived = time.monotonic()
                yield from batch
            if time.monotonic() > arrived + STALLED_SECONDS:
                raise KafkaTimeoutError("the broker does not give what it has")

    def _position(self, partition: TopicPartition) -> int:
        """The next offset. While the broker restarts it is not known: then there is everything to read yet."""
        return self._consumer.position(partition) or 0


def write(cluster: Cluster, records: Iterable[Message | Tombstone]) -> int:
    """Writes all, in their order for each key; returns how many the broker acknowledged: all, or KafkaError.

    They are made as they are sent, so that there may be more of them than memory holds.
    """
    source = iter(records)
    count = 0
    # The first ones are there before the producer is: where there is nothing to write, it does not connect.
    chunk = list(islice(source, AT_ONCE))
    if not chunk:
        return 0
    producer = KafkaProducer(**cluster.options(), acks="all")
    try:
        while chunk:
            sent = [
                producer.send(record.topic, record.value, record.key, list(record.headers))
                for record in chunk
            ]
            producer.flush(STALLED_SECONDS)
            for future in sent:
                future.get(timeout=STALLED_SECONDS)
            count += len(chunk)
            chunk = list(islice(source, AT_ONCE))
    finally:
        producer.close(STALLED_SECONDS)
    return count

"""The feed as anyone may read it: a plain consumer and fastavro, nothing of the product but its schemas."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import fastavro
from kafka import KafkaConsumer, TopicPartition

from services.kernel.cluster import Cluster
from services.kernel.topics import SCHEMAS

TOPIC = "grdp.observation"


@dataclass
class Feed:
    """All that was read: how many messages, and the newest of each key that has a value or says why not.

    A message without any content says that its key is gone.
    """

    messages: int = 0
    current: dict[bytes, dict[str, Any]] = field(default_factory=dict)


def read(cluster: Cluster) -> Feed:
    """Reads the feed from its beginning to its present end."""
    schemas = {
        entry["id"]: fastavro.parse_schema(entry["schema"])
        for entry in json.loads((SCHEMAS / "ids.json").read_text(encoding="utf-8"))
    }
    feed = Feed()
    for record in records(cluster, TOPIC):
        feed.messages += 1
        if record.value is None:
            feed.current.pop(record.key, None)
            continue
        (id_,) = struct.unpack(">I", record.value[1:5])
        observation = fastavro.schemaless_reader(BytesIO(record.value[5:]), schemas[id_], None)
        assert isinstance(observation, dict)
        if observation["value"] is None and observation["missing"] is None:
            feed.current.pop(record.key, None)
        else:
            feed.current[record.key] = observation
    return feed


def count(cluster: Cluster, topics: Iterable[str]) -> int:
    """How many events stand on the topics; one that was published again counts once."""
    return len({dict(r.headers)["ce_id"] for topic in topics for r in records(cluster, topic)})


def records(cluster: Cluster, topic: str) -> Iterator[Any]:
    """All records of a topic, from its beginning to its present end."""
    consumer = KafkaConsumer(**cluster.options(), group_id=None, enable_auto_commit=False)
    try:
        numbers = consumer.partitions_for_topic(topic) or ()
        partitions = [TopicPartition(topic, number) for number in numbers]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning()
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for batch in consumer.poll(timeout_ms=500).values():
                yield from batch
    finally:
        consumer.close()

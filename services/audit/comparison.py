"""Whether the log has a leaf of each event that stands on a topic, and each topic the events of the leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from services.events.registry import EVENTS
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.comparison import Comparison, Gap
from services.kernel.errors import Malformed
from services.kernel.records import AT_ONCE, Reader
from services.kernel.topics import Topic
from services.kernel.topics import load as topics
from services.kernel.wire import attributes, decode, fingerprint

NAME = "leaves"
SIZE = sa.text("select coalesce(max(index) + 1, 0) from leaves")
LOGGED = sa.text("select event_id from leaves where event_id = any(:ids)")
PASSED = sa.text("select topic, partition, next_offset from partitions where next_offset > 0")
BURIED = sa.text("select fingerprint from buried")
RETAINED = sa.text(
    "select topic, event_id from leaves"
    " join unnest(cast(:topics as text[]), cast(:days as int[])) as kept (topic, days) using (topic)"
    # A day less than Kafka keeps them: it deletes by its own clock.
    " where index < :size and (days is null or time > now() - (days - 1) * interval '1 day')"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    topic: str
    partition: int
    offset: int
    fingerprint: bytes

    def is_passed(self, next_offsets: Mapping[tuple[str, int], int]) -> bool:
        """Whether the log has handled what stands there; what it has not yet waits, and is no gap."""
        return self.offset < next_offsets.get((self.topic, self.partition), 0)


def compare(engine: Engine, cluster: Cluster) -> Comparison:
    """How many events have no leaf, and how many leaves no event any more; those of one id count once.

    A record that is no event, or that ended the process too often, is a dead letter and has no leaf. What its topic
    keeps no more is not lost, nor what compaction removed. Raises KafkaError or OperationalError while broker or
    database are away.
    """
    with Session(engine) as session:
        # Read before the topics: an event has its leaf after it stands there.
        size: int = session.execute(SIZE).scalar_one()
    seen: set[UUID] = set()
    without: dict[UUID, Place] = {}
    with Reader(cluster, [topic.name for topic in _topics()]) as reader:
        records = reader.to_the_end()
        while chunk := list(islice(records, AT_ONCE)):
            ids = {id_: record for record in chunk if (id_ := _id(record.headers))}
            seen.update(ids)
            for id_ in ids.keys() - _logged(engine, ids):
                if _is_event(ids[id_]):
                    without[id_] = _place(ids[id_])
    unlogged = _unlogged(engine, without)
    lost = _lost(engine, size, seen)
    gaps = {Gap.UNLOGGED: unlogged, Gap.LOST: lost}
    return Comparison(NAME, len(seen), {gap: found for gap, found in gaps.items() if found})


def _topics() -> list[Topic]:
    return [topic for topic in topics().values() if topic.audit == "leaf"]


def _unlogged(engine: Engine, without: Mapping[UUID, Place]) -> Counter[str]:
    with Session(engine) as session:
        # How far the log is, first: what it handles meanwhile has a leaf when those are looked for.
        passed = {(topic, number): offset for topic, number, offset in session.execute(PASSED)}
        buried = {bytes(record) for record in session.execute(BURIED).scalars()}
    handled = {
        id_: place
        for id_, place in without.items()
        if place.is_passed(passed) and place.fingerprint not in buried
    }
    return Counter(handled[id_].topic for id_ in handled.keys() - _logged(engine, handled))


def _lost(engine: Engine, size: int, seen: set[UUID]) -> Counter[str]:
    kept = [topic for topic in _topics() if not topic.compacted]
    values = {
        "topics": [topic.name for topic in kept],
        "days": [topic.retention_days for topic in kept],
        "size": size,
    }
    options: Any = {"yield_per": AT_ONCE}
    with Session(engine) as session:
        leaves = session.execute(RETAINED, values, execution_options=options)
        return Counter(topic for topic, id_ in leaves if id_ not in seen)


def _logged(engine: Engine, ids: Iterable[UUID]) -> set[UUID]:
    with Session(engine) as session:
        return set(session.execute(LOGGED, {"ids": list(ids)}).scalars())


def _place(record: Any) -> Place:
    stamp = fingerprint(record.timestamp, record.key, record.value, record.headers)
    return Place(record.topic, record.partition, record.offset, stamp)


def _id(headers: Iterable[tuple[str, bytes]]) -> UUID | None:
    try:
        return UUID(attributes(headers)["ce_id"].decode())
    except (KeyError, ValueError):
        return None


def _is_event(record: Any) -> bool:
    try:
        topic = topics()[record.topic]
        content = record.key, record.value, record.headers
        decode(topic, EVENTS[topic.name], *content, codec())
        return True
    except Malformed:
        return False

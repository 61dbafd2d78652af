"""How far consumer groups are, asked of the broker by whoever may describe them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec

from services.kernel.topics import Extent

Committed = Mapping[str, Mapping[int, int]]
"""The next offsets of groups of one topic, by group and partition."""


@dataclass(frozen=True)
class Lag:
    """How many records of a partition a group has yet to read."""

    group: str
    partition: int
    records: int


def lags(extents: Mapping[int, Extent], committed: Committed) -> tuple[Lag, ...]:
    """Of every group and partition, also where nothing is left; who committed nothing begins at the beginning."""
    return tuple(
        Lag(group, number, max(extent.end - max(places.get(number, 0), extent.begin), 0))
        for group, places in sorted(committed.items())
        for number, extent in sorted(extents.items())
    )


def committed(
    admin: KafkaAdminClient,
    topics: Iterable[str],
    are_wanted: Callable[[str], bool] = lambda group: True,
) -> dict[str, dict[str, dict[int, int]]]:
    """By topic, how far each group is whose name is wanted; a group that never committed there is not among them."""
    found: dict[str, dict[str, dict[int, int]]] = {topic: {} for topic in topics}
    names = [group["group_id"] for group in admin.list_groups()]
    groups = [name for name in names if are_wanted(name)]
    if not groups:
        return found
    for group, places in admin.list_group_offsets(groups).items():
        for place, next_ in places.items():
            if place.topic in found and next_.offset >= 0:
                of_group = found[place.topic].setdefault(group, {})
                of_group[place.partition] = next_.offset
    return found


def extents(admin: KafkaAdminClient, topic: str, partitions: int) -> dict[int, Extent]:
    """Where each partition of a topic begins and ends."""
    places = [TopicPartition(topic, number) for number in range(partitions)]
    begins = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
    ends = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return {place.partition: Extent(begins[place].offset, ends[place].offset) for place in places}

"""Whether a topic may get more partitions: each key then goes to another one, and what it had before stays behind.

A reader takes partitions beside each other. So nobody may have anything of a key yet to read in its old partition when
the first record comes to its new one; and a compacted topic, which keeps the last record of each key of a partition,
would keep a stale one in the old for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec

from services.kernel.topics import Extent, Topic, dead


class Why(StrEnum):
    """Why the number of a topic's partitions stays as it is."""

    COMPACTED = "compacted"
    FEWER = "fewer"
    BEHIND = "behind"


@dataclass(frozen=True)
class Lag:
    """How many records of a partition a group has yet to read."""

    group: str
    partition: int
    records: int


@dataclass(frozen=True)
class Refusal:
    """That a topic keeps `found` partitions though `declared` are wanted; `behind` says who has to read on first."""

    topic: str
    why: Why
    declared: int
    found: int
    behind: tuple[Lag, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether it ends by itself, once the groups have read on."""
        return self.why is Why.BEHIND


def refusal(
    topic: Topic, extents: Mapping[int, Extent], committed: Mapping[str, Mapping[int, int]]
) -> Refusal | None:
    """Why a topic with these partitions does not get as many as are declared; None where it may have more.

    `committed` has the next offsets of the topic's groups, by group and partition.
    """
    found = len(extents)
    if topic.partitions < found:
        return Refusal(topic.name, Why.FEWER, topic.partitions, found)
    if topic.compacted:
        return Refusal(topic.name, Why.COMPACTED, topic.partitions, found)
    behind = tuple(
        Lag(group, number, lag)
        for group in sorted(committed)
        for number, extent in sorted(extents.items())
        if (lag := extent.end - max(committed[group].get(number, 0), extent.begin)) > 0
    )
    return Refusal(topic.name, Why.BEHIND, topic.partitions, found, behind) if behind else None


def refusals(
    admin: KafkaAdminClient,
    topics: Iterable[Topic],
    present: Mapping[str, int],
    declared: Collection[str],
) -> dict[str, Refusal | None]:
    """For each topic whose number of partitions is not the present one, whether it may change, as `refusal` says.

    What is written between this look and the change may be handled beside an earlier event of its key, which the
    handlers bear: they pass over what a later attempt, decision or version has overtaken.
    """
    changing = [topic for topic in topics if present[topic.name] != topic.partitions]
    if not changing:
        return {}
    # How far the groups are, first: an end that is read later can only be further away.
    groups = [group["group_id"] for group in admin.list_groups()]
    offsets = admin.list_group_offsets(groups) if groups else {}
    found: dict[str, Refusal | None] = {}
    for topic in changing:
        readers = {reader for reader in topic.readers if dead(reader) in declared}
        committed: dict[str, dict[int, int]] = {reader: {} for reader in readers}
        for group, places in offsets.items():
            for place, next_ in places.items():
                if place.topic == topic.name and next_.offset >= 0:
                    committed.setdefault(group, {})[place.partition] = next_.offset
        found[topic.name] = refusal(topic, _extents(admin, topic.name, present), committed)
    return found


def _extents(admin: KafkaAdminClient, name: str, present: Mapping[str, int]) -> dict[int, Extent]:
    places = [TopicPartition(name, number) for number in range(present[name])]
    begins = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
    ends = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return {place.partition: Extent(begins[place].offset, ends[place].offset) for place in places}

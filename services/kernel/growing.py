"""Whether a topic may get more partitions: each key then goes to another one, and what it had before stays behind.

A reader takes partitions beside each other. So nobody may have anything of a key yet to read in its old partition when
the first record comes to its new one; and a compacted topic, which keeps the last record of each key of a partition,
would keep a stale one in the old for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kafka.admin import KafkaAdminClient

from services.kernel import groups
from services.kernel.groups import Lag
from services.kernel.topics import Extent, Topic, dead


class Why(StrEnum):
    """Why the number of a topic's partitions stays as it is."""

    COMPACTED = "compacted"
    FEWER = "fewer"
    BEHIND = "behind"


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
    topic: Topic, extents: Mapping[int, Extent], committed: groups.Committed
) -> Refusal | None:
    """Why a topic with these partitions does not get as many as are declared; None where it may have more."""
    found = len(extents)
    if topic.partitions < found:
        return Refusal(topic.name, Why.FEWER, topic.partitions, found)
    if topic.compacted:
        return Refusal(topic.name, Why.COMPACTED, topic.partitions, found)
    behind = tuple(lag for lag in groups.lags(extents, committed) if lag.records)
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
    committed = groups.committed(admin, [topic.name for topic in changing])
    found: dict[str, Refusal | None] = {}
    for topic in changing:
        readers = {reader for reader in topic.readers if dead(reader) in declared}
        none: dict[str, dict[int, int]] = {reader: {} for reader in readers}
        extents = groups.extents(admin, topic.name, present[topic.name])
        found[topic.name] = refusal(topic, extents, none | committed[topic.name])
    return found

"""Which numbers of partitions a topic may not get, and what compaction is asked to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.kernel.groups import Lag
from services.kernel.growing import Refusal, Why, refusal
from services.kernel.topics import DAY_MS, Extent, Topic, load

TOPIC = replace(load()["submission.cleared"], partitions=6)
COMPACTED = [topic for topic in load().values() if topic.compacted]
NAME = TOPIC.name
EXTENTS = {0: Extent(0, 3), 1: Extent(5, 5)}


def test_a_compacted_topic_never_gets_other_partitions() -> None:
    topic = replace(COMPACTED[0], partitions=6)
    found = refusal(topic, {0: Extent(0, 0)}, {})
    assert found == Refusal(topic.name, Why.COMPACTED, 6, 1)
    assert not found.passes


def test_none_is_taken_away() -> None:
    assert refusal(replace(TOPIC, partitions=1), EXTENTS, {}) == Refusal(NAME, Why.FEWER, 1, 2)


@pytest.mark.parametrize(
    ("committed", "behind"),
    [
        ({}, ()),
        ({"grdp": {0: 3, 1: 5}}, ()),
        ({"grdp": {0: 3}}, ()),  # nothing is left in the other one
        ({"grdp": {0: 2, 1: 5}, "audit": {}}, (Lag("audit", 0, 3), Lag("grdp", 0, 1))),
    ],
)
def test_more_are_added_once_every_group_has_read_to_the_end(
    committed: dict[str, dict[int, int]], behind: tuple[Lag, ...]
) -> None:
    found = refusal(TOPIC, EXTENTS, committed)
    assert found == (Refusal(NAME, Why.BEHIND, 6, 2, behind) if behind else None)
    assert found is None or found.passes


@pytest.mark.parametrize("topic", COMPACTED, ids=lambda topic: topic.name)
def test_what_was_withdrawn_leaves_a_compacted_topic_and_who_reads_it_monthly_hears_of_it(
    topic: Topic,
) -> None:
    settings = topic.configuration()
    assert int(settings["max.compaction.lag.ms"]) <= DAY_MS
    assert int(settings["segment.ms"]) <= DAY_MS
    assert int(settings["delete.retention.ms"]) >= 30 * DAY_MS

"""Sending back a dead letter: by its offset alone, as the group buried it, and as its source still has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel import replay
from services.kernel.brokerlog import BrokerLog, Record
from services.kernel.cluster import Cluster
from services.kernel.dead import Content, Origin, letter, reference, referred
from services.kernel.errors import NotReplayable, Permanent
from services.kernel.letters import Letters
from services.kernel.topics import load
from services.kernel.wire import Message
from tests.toy.harness import INPUT, NOW, received

ORIGIN = Origin(INPUT, 3, 99)
Place = tuple[str, int, int]


class Log(BrokerLog):
    """That has these records alone."""

    def __init__(self, records: Mapping[Place, Content]) -> None:
        super().__init__(Cluster("nowhere"))
        self._records = records

    async def record(self, topic: str, partition: int, offset: int) -> Record | None:
        found = self._records.get((topic, partition, offset))
        return Record(offset, 0, found) if found else None


class Broker(Letters):
    """Dead letters of a broker that has these records alone."""

    def __init__(self, records: Mapping[Place, Content]) -> None:
        super().__init__("policy", Log(records), {INPUT: load()[INPUT]})

    def take(self, record: Content) -> tuple[Origin, Content]:
        """What the group handles for a record of its replay topic."""
        return asyncio.run(self.sent_back(record))


def content(message: Message, **changes: Any) -> Content:
    message = replace(message, **changes)
    return message.key, message.value, message.headers


SOURCE = content(received())
LETTER = content(letter("policy", ORIGIN, SOURCE, Permanent("why"), NOW))
BURIED: Mapping[Place, Content] = {("policy.dead", 0, 5): LETTER}
RETAINED = {**BURIED, (INPUT, 3, 99): SOURCE}
NAMED: Content = (None, reference(5), ())


@pytest.mark.parametrize("records", [BURIED, RETAINED], ids=["source is gone", "source is there"])
def test_what_is_sent_back_is_what_the_group_buried(records: Mapping[Place, Content]) -> None:
    assert Broker(records).take(NAMED) == (ORIGIN, SOURCE)


@pytest.mark.parametrize(
    "record",
    [
        SOURCE,
        LETTER,
        (None, None, ()),
        (None, b"", ()),
        (None, b"6", ()),
        (None, b"05", ()),
        (None, b"5\n", ()),
        (None, b" 5", ()),
        (None, b"-1", ()),
        (None, b"+5", ()),
        (None, b"5.0", ()),
        (None, "５".encode(), ()),
        (None, b"9" * 40, ()),
        (b"5", b"5", ()),
        (None, b"5", (("origin-topic", INPUT.encode()),)),
        (None, b"5", (("dead-offset", b"5"),)),
    ],
)
def test_anything_else_among_the_replays_is_refused(record: Content) -> None:
    with pytest.raises(NotReplayable):
        Broker(RETAINED).take(record)


@given(st.binary(max_size=30))
def test_no_bytes_among_the_replays_are_more_than_an_offset(value: bytes) -> None:
    with suppress(NotReplayable):
        assert reference(referred((None, value, ()))) == value


@pytest.mark.parametrize(
    "change",
    [
        {"key": b"other"},
        {"value": b"other"},
        {"headers": LETTER[2][1:]},
        {"headers": (("ce_id", b"other"), *LETTER[2])},
    ],
    ids=["key", "value", "header missing", "header more"],
)
def test_a_letter_that_differs_from_its_source_is_refused(change: dict[str, Any]) -> None:
    changed = content(
        Message("policy.dead", LETTER[0] or b"", LETTER[1] or b"", LETTER[2]), **change
    )
    with pytest.raises(NotReplayable, match="is not what"):
        Broker({**RETAINED, ("policy.dead", 0, 5): changed}).take(NAMED)


@pytest.mark.parametrize(
    "origin",
    [
        Origin("submission.withdrawn", 0, 0),
        Origin("policy.dead", 0, 5),
        Origin("policy.replay", 0, 0),
        Origin(INPUT, 4, 0),
        Origin(INPUT, -1, 0),
    ],
    ids=str,
)
def test_a_letter_from_nowhere_is_refused(origin: Origin) -> None:
    lost = content(letter("policy", origin, SOURCE, Permanent("why"), NOW))
    with pytest.raises(NotReplayable, match="no input"):
        Broker({("policy.dead", 0, 5): lost}).take(NAMED)


def test_a_letter_without_its_origin_is_refused() -> None:
    with pytest.raises(NotReplayable, match="without its origin"):
        Broker({("policy.dead", 0, 5): SOURCE}).take(NAMED)


def test_the_origin_is_the_groups_word_whatever_the_records_writer_says() -> None:
    claimed = tuple(
        (name, text)
        for name, text in (
            ("origin-topic", b"submission.withdrawn"), ("origin-partition", b"0"), ("origin-offset", b"1"),
            ("dead-error", b"none"),
        )
    )  # fmt: skip
    source = (SOURCE[0], SOURCE[1], (*SOURCE[2], *claimed))
    buried = content(letter("policy", ORIGIN, source, Permanent("why"), NOW))
    origin, handled = Broker({("policy.dead", 0, 5): buried, (INPUT, 3, 99): source}).take(NAMED)
    assert (origin, handled) == (ORIGIN, SOURCE)


def test_a_record_without_key_or_value_is_none_after_its_death_either() -> None:
    for source in ((None, *SOURCE[1:]), (SOURCE[0], None, SOURCE[2])):
        buried = content(letter("policy", ORIGIN, source, Permanent("why"), NOW))
        records = {("policy.dead", 0, 5): buried, (INPUT, 3, 99): source}
        assert Broker(records).take(NAMED) == (ORIGIN, source)


def test_a_letter_of_a_record_with_an_empty_header_is_listed_with_the_others_and_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kafka lets a header have no value: as whoever broke the record may have sent it."""
    empty: Any = (("ce_subject", None), ("x", None))
    source = SOURCE[0], SOURCE[1], (*SOURCE[2], *empty)
    buried = content(letter("policy", ORIGIN, source, Permanent("why"), NOW))
    topics = {
        "policy.dead": [record(4, 10, LETTER), record(5, 11, buried)],
        "policy.replay": [record(0, 12, NAMED)],
    }
    monkeypatch.setattr(replay, "_records", lambda cluster, topic: iter(topics[topic]))
    listed = replay.letters(Cluster("nowhere"), "policy")
    assert [(one.offset, one.subject != "", one.replayed) for one in listed] == [
        (4, True, False),
        (5, True, True),
    ]
    place = {("policy.dead", 0, 5): buried, (INPUT, 3, 99): source}
    assert Broker(place).take(NAMED) == (ORIGIN, source)


def test_a_letter_at_an_offset_that_was_named_before_it_was_there_was_not_sent_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broker lost the end of its log, and what had been sent back with it."""
    topics = {
        "policy.dead": [record(4, 10, LETTER), record(5, 13, LETTER)],
        "policy.replay": [record(0, 12, NAMED)],
    }
    monkeypatch.setattr(replay, "_records", lambda cluster, topic: iter(topics[topic]))
    assert [one.replayed for one in replay.letters(Cluster("nowhere"), "policy")] == [False, False]


def record(offset: int, timestamp: int, held: Content) -> Any:
    """As kafka-python gives it."""
    key, value, headers = held
    return SimpleNamespace(
        offset=offset, timestamp=timestamp, key=key, value=value, headers=headers
    )

"""Where the compilers' feed is not what the store has, and the records that make it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.grdp import Observation
from services.grdp import rebuilding
from services.grdp.feed import observation
from services.grdp.identity import key_id
from services.grdp.rebuilding import differences
from services.grdp.store import KEY
from services.kernel.codec import codec
from services.kernel.comparison import Gap
from services.kernel.records import Tombstone
from services.kernel.topics import load
from services.kernel.wire import Message, decode, encode_key

TIME = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
INDICATORS = st.sampled_from("1234")
REVISIONS = st.dictionaries(INDICATORS, st.integers(1, 3))


def row(indicator: str, revision: int, value: Decimal | None = Decimal("1.5")) -> dict[str, Any]:
    """A row of the view `vintages` that still holds."""
    found = {
        **dict.fromkeys(KEY, ""), "indicator": indicator, "unit_multiplier": 6, "measure": "flow",
        "prices": "current", "base_year": None, "scenario": "actual", "period": "2026-Q3",
        "completeness": "estimate", "round": 1, "revision": revision, "value": value, "missing": None,
        "reference_start": None, "reference_end": None, "obs_status": "A", "conf_status": "F",
        "conf_redist": "", "embargo_time": None, "obs_comment": None, "known_from": TIME,
        "submission_id": "7a2b4c1e-0f5d-5e8a-9b3c-1d2e3f4a5b6c", "attempt": 1, "sheet": "B", "cell": "D1",
    }  # fmt: skip
    return found | {"key_id": key_id(found)}


def key(indicator: str) -> bytes:
    return encode_key(Observation.TOPIC, {name: row(indicator, 1)[name] for name in KEY}, codec())


def found(store: Mapping[str, int], feed: Mapping[str, int]) -> dict[bytes, Gap]:
    rows = [row(indicator, revision) for indicator, revision in store.items()]
    on_it = {key(indicator): revision for indicator, revision in feed.items()}
    return {one.key: one.gap for one in differences(rows, on_it)}


def test_each_kind_of_gap_is_told_by_the_last_revision_of_the_key() -> None:
    store = {"1": 2, "2": 2, "3": 2, "4": 2}
    assert found(store, {"1": 2, "2": 1, "3": 3, "5": 1}) == {
        key("2"): Gap.OLDER, key("3"): Gap.AHEAD, key("4"): Gap.MISSING, key("5"): Gap.GONE,
    }  # fmt: skip


@given(REVISIONS, REVISIONS)
def test_what_closes_the_gaps_leaves_the_feed_as_the_store_but_where_it_is_ahead(
    store: dict[str, int], feed: dict[str, int]
) -> None:
    rows = [row(indicator, revision) for indicator, revision in store.items()]
    on_it = {key(indicator): revision for indicator, revision in feed.items()}
    for one in list(differences(rows, on_it)):
        record = one.record()
        if isinstance(record, Tombstone):
            del on_it[record.key]
        elif record is not None:
            on_it[record.key] = codec().decode(f"{Observation.TOPIC}-value", record.value)[
                "revision"
            ]
    left = [one.gap for one in differences(rows, on_it)]
    assert set(left) <= {Gap.AHEAD}
    assert len(left) == sum(feed.get(name, 0) > revision for name, revision in store.items())


class Topic:
    """The feed and the store, in memory; a worker commits and publishes a vintage just before the first write ends up
    on the topic.
    """

    def __init__(self, store: dict[str, int], meanwhile: dict[str, int]) -> None:
        self.records: list[Message | Tombstone] = []
        self._store, self._meanwhile = store, meanwhile
        self._read = 0

    def __enter__(self) -> Topic:
        return self

    def __exit__(self, *_: object) -> None: ...

    def to_the_end(self) -> list[Message | Tombstone]:
        new = self.records[self._read :]
        self._read = len(self.records)
        return new

    def stored(self, _: object) -> list[dict[str, Any]]:
        return [row(indicator, revision) for indicator, revision in self._store.items()]

    def write(self, _: object, records: Iterable[Message | Tombstone]) -> int:
        sent = list(records)
        for indicator, revision in self._meanwhile.items():
            self._store[indicator] = revision
            (one,) = differences([row(indicator, revision)], {})
            record = one.record()
            assert record is not None
            self.records.append(record)
        self._meanwhile = {}
        self.records += sent
        return len(sent)


def test_what_the_worker_publishes_while_the_feed_is_rebuilt_stands_last_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A higher revision than the one that was read, and a figure that a tombstone was on its way to."""
    topic = Topic({"1": 1}, meanwhile={"1": 2, "2": 1})
    gone = next(differences([row("2", 1)], {})).record()
    assert isinstance(gone, Message)
    topic.records.append(gone)
    monkeypatch.setattr(rebuilding, "Reader", lambda *_: topic)
    monkeypatch.setattr(rebuilding, "write", topic.write)
    monkeypatch.setattr(rebuilding, "_stored", topic.stored)
    monkeypatch.setattr(rebuilding, "Session", nullcontext)
    anything: Any = None
    repair = rebuilding.rebuild(anything, anything)
    assert repair.after.gaps == {}
    last = {record.key: record.value for record in topic.records}
    revisions = {
        name: codec().decode(f"{Observation.TOPIC}-value", last[key(name)] or b"")["revision"]
        for name in ("1", "2")
    }
    assert revisions == {"1": 2, "2": 1}


def test_a_withdrawn_figure_is_published_without_value_and_one_that_is_gone_as_a_tombstone() -> (
    None
):
    withdrawn, gone = differences([row("1", 2, None)], {key("1"): 1, key("2"): 1})
    record = withdrawn.record()
    assert isinstance(record, Message)
    event = decode(
        load()[Observation.TOPIC], Observation, record.key, record.value, record.headers, codec()
    )
    assert (event.data.value, event.data.missing, event.data.revision) == (None, None, 2)
    assert (event.id, event.time) == (observation(row("1", 2)).own_id, TIME)
    assert gone.record() == Tombstone(Observation.TOPIC, key("2"))


@dataclass(frozen=True)
class Record:
    """As kafka-python gives it."""

    partition: int
    timestamp: float
    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = (("ce_id", b"x"),)


def test_the_last_record_of_a_partition_comes_again_once_it_is_older_than_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime(2026, 11, 29, 20, tzinfo=UTC)
    hours = (now.timestamp() - 3600 * 25) * 1000, (now.timestamp() - 3600 * 23) * 1000
    old, young = hours
    topic = Topic({}, {})
    monkeypatch.setattr(rebuilding, "Reader", lambda *_: topic)
    monkeypatch.setattr(rebuilding, "write", topic.write)
    records: Any = [
        Record(0, old, b"a", b"1"),
        Record(0, young, b"a", b"2"),
        Record(1, old, b"b", b"1"),
        Record(1, old, b"c", b"2"),
        Record(2, old, b"d", None, ()),
    ]
    topic.records += records
    anything: Any = None
    rebuilding.keep_moving(anything, now)
    again = topic.records[len(records) :]
    assert again == [
        Message(Observation.TOPIC, b"c", b"2", (("ce_id", b"x"),)),
        Tombstone(Observation.TOPIC, b"d"),
    ]

"""Where the compilers' feed is not what the store has, and the records that make it so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.grdp.feed import TOPIC
from services.grdp.identity import feed_id, key_id
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
    return encode_key(TOPIC, {name: row(indicator, 1)[name] for name in KEY}, codec())


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
            on_it[record.key] = codec().decode(f"{TOPIC}-value", record.value)["revision"]
    left = [one.gap for one in differences(rows, on_it)]
    assert set(left) <= {Gap.AHEAD}
    assert len(left) == sum(feed.get(name, 0) > revision for name, revision in store.items())


def test_a_withdrawn_figure_is_published_without_value_and_one_that_is_gone_as_a_tombstone() -> (
    None
):
    withdrawn, gone = differences([row("1", 2, None)], {key("1"): 1, key("2"): 1})
    record = withdrawn.record()
    assert isinstance(record, Message)
    event = decode(load()[TOPIC], record.key, record.value, record.headers, codec())
    assert (event.data["value"], event.data["missing"], event.data["revision"]) == (None, None, 2)
    assert (event.id, event.time) == (feed_id(row("1", 2)["key_id"], 2), TIME)
    assert gone.record() == Tombstone(TOPIC, key("2"))

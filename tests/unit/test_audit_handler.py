"""Leaves: their format, and how a batch of events becomes them."""

from __future__ import annotations

import dataclasses
import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from services.audit.handler import Log, handle
from services.audit.leaf import entry
from services.audit.merkle import Tree, leaf_hash
from services.audit.store import Checkpoint, Content, Leaf, Node
from services.audit.worker import STAGE
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.kernel.events import Event, Outcome
from tests.said import said

TIME = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SALT = bytes(range(32))


def event(number: int, time: datetime = TIME, topic: str = "submission.cleared") -> Event:
    data = said(topic, submission_id="7a2b4c1e-0f5d-5e8a-9b3c-1d2e3f4a5b6c", attempt=2)
    value = f"value {number}".encode()
    return Event(UUID(int=number), topic, "k", data, time, "s", "policy", None, value)


def batch(tree: Tree, events: list[Event]) -> tuple[Log, list[Outcome]]:
    salts = {one.id: SALT for one in events}
    log = Log(tree, None, salts, events[-1].id)
    return log, [handle(one, log) for one in events]


def rows(outcome: Outcome, table: type) -> list[dict[str, Any]]:
    return [dict(row.values) for row in outcome.rows if row.table is table]


def test_format_of_an_entry() -> None:
    # Fixed for ever: the log can't be written anew.
    encoded = entry(event(7), SALT).encoded()
    microseconds = 1_795_435_200_123_456
    assert encoded == (
        b"\x01"
        + bytes(15) + b"\x07"
        + microseconds.to_bytes(8, "big")
        + hmac.new(SALT, b"value 7", sha256).digest()
        + b"submission.cleared"
    )  # fmt: skip
    assert (
        leaf_hash(encoded).hex()
        == "09b456fb055ba58a1631732b6d47482514306e3c56c034c9d3ec1477b9126b3b"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"id": UUID(int=8)},
        {"time": TIME + timedelta(microseconds=1)},
        {"topic": "submission.held"},
        {"encoded": b"value 8"},
    ],
)
def test_an_entry_covers_id_time_topic_and_value(change: dict[str, Any]) -> None:
    changed = dataclasses.replace(event(7), **change)
    assert entry(changed, SALT).encoded() != entry(event(7), SALT).encoded()
    assert entry(event(7), bytes(32)).encoded() != entry(event(7), SALT).encoded()


def test_a_batch_is_written_with_its_last_event() -> None:
    tree = Tree()
    for number in range(5):
        tree, _ = tree.append(leaf_hash(bytes([number])))
    events = [event(number) for number in range(1, 4)]
    log, outcomes = batch(tree, events)
    assert outcomes[:2] == [Outcome(), Outcome()]
    last = outcomes[2]
    leaves = rows(last, Leaf)
    assert [leaf["index"] for leaf in leaves] == [5, 6, 7]
    assert [leaf["event_id"] for leaf in leaves] == [one.id for one in events]
    expected = tree
    for one in events:
        expected, _ = expected.append(leaf_hash(entry(one, SALT).encoded()))
    assert log.tree == expected
    assert [(n["level"], n["index"]) for n in rows(last, Node)] == [(1, 2), (1, 3), (2, 1), (3, 0)]
    (checkpoint,) = rows(last, Checkpoint)
    assert (checkpoint["size"], checkpoint["root"]) == (8, expected.root)
    (published,) = last.events
    assert published.TOPIC == "audit.checkpoint"
    assert to_avro(published) == {"size": 8, "root": expected.root.hex(), "taken_at": TIME}
    codec().encode("audit.checkpoint-value", to_avro(published))


def test_the_rows_of_one_table_come_together() -> None:
    _, outcomes = batch(Tree(), [event(number) for number in range(1, 9)])
    tables = [row.table for row in outcomes[-1].rows]
    assert tables == [Leaf] * 8 + [Content] * 8 + [Node] * 7 + [Checkpoint]


def test_the_time_of_checkpoints_never_goes_back() -> None:
    first, second = event(1), event(2, TIME - timedelta(hours=1))
    _, outcomes = batch(Tree(), [first, second])
    assert to_avro(outcomes[-1].events[0])["taken_at"] == TIME


def test_the_bytes_of_a_submissions_events_are_kept_for_receipts() -> None:
    tree, _ = Tree().append(bytes(32))
    _, outcomes = batch(tree, [event(1), event(2)])
    assert rows(outcomes[-1], Content) == [
        {"index": index, "attempt": 2, "sender_key": None, "value": value}
        for index, value in ((1, b"value 1"), (2, b"value 2"))
    ]


def test_the_registration_of_a_senders_key_is_kept() -> None:
    data = said("catalogue.changed", kind="sender_key", id="thumbprint")
    changed = dataclasses.replace(event(1, topic="catalogue.changed"), data=data)
    _, outcomes = batch(Tree(), [changed])
    (content,) = rows(outcomes[-1], Content)
    assert (content["attempt"], content["sender_key"]) == (None, "thumbprint")
    assert content["value"] == b"value 1"


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("catalogue.changed", {"kind": "form", "id": "cv17809-1"}),
        ("submission.refused", {"refusal_id": "1"}),
    ],
)
def test_an_event_without_a_submission_is_a_leaf_too(topic: str, data: dict[str, Any]) -> None:
    changed = dataclasses.replace(event(1), topic=topic, data=said(topic, data))
    _, outcomes = batch(Tree(), [changed])
    assert rows(outcomes[-1], Leaf)[0]["submission"] is None
    kept = [value for row in outcomes[-1].rows for value in row.values.values()]
    digests = {sha256(b"value 1").digest(), sha256(b"\x00value 1").digest(), b"value 1"}
    assert not digests & {value for value in kept if isinstance(value, bytes)}


def test_it_reads_every_topic_but_its_own_the_feed_and_the_dead() -> None:
    read = set(STAGE.topics)
    assert {"submission.received", "submission.stored", "catalogue.changed"} <= read
    assert not read & {"audit.checkpoint", "grdp.observation", "grdp.dead", "audit.replay"}

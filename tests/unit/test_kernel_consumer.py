"""The consumer leaves nothing on disk, and ends the process when it can't go on reading."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.events.policy import SubmissionCleared
from services.kernel.brokerlog import BrokerLog
from services.kernel.cluster import Cluster
from services.kernel.consumer import Consumer, _App, _FaustConsumer
from services.kernel.topics import TP, load


def test_faust_makes_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(_App("toy", broker="aiokafka://127.0.0.1:1").on_first_start())
    assert list(tmp_path.iterdir()) == []


def test_a_consumer_that_stops_reading_ends_the_process() -> None:
    """Faust would log it, and the process would go on, healthy, without ever reading again."""
    error = KeyError("the records are gone")

    async def draining(**options: Any) -> None:
        raise error

    ended: list[BaseException] = []
    consumer = reading(fetched=draining, app=SimpleNamespace(fail=ended.append, should_stop=False))
    asyncio.run(consumer._drain_messages(SimpleNamespace(should_stop=False)))
    assert ended == [error]


def reading(fetched: Any, app: Any) -> Any:
    """Without what Faust keeps of a consumer besides."""
    consumer: Any = object.__new__(Reading)
    consumer.app = app
    consumer._wait_next_records = fetched
    consumer._buffered_partitions = set()
    consumer._acked = {}
    return consumer


class Reading(_FaustConsumer):
    flow_active = True
    should_stop = False
    sought = 0

    async def perform_seek(self) -> None:
        self.sought += 1


PLACES = [TP("submission.cleared", number) for number in range(4)]


def test_batches_go_to_their_partitions_whole_but_not_those_that_rest_or_are_not_ours() -> None:
    delivered: list[Any] = []

    async def deliver(tp: TP, batch: Any) -> None:
        delivered.append((tp.partition, batch))

    app = SimpleNamespace(deliver=deliver, consumer_generation_id=3)
    consumer = reading(None, app)
    consumer._buffered_partitions = {PLACES[1]}
    records = {tp: [tp.partition, tp.partition + 10] for tp in PLACES}
    asyncio.run(consumer._hand_over(records, {PLACES[0], PLACES[3]}))
    assert delivered == [(0, [0, 10]), (1, [1, 11]), (3, [3, 13])]


@pytest.mark.parametrize("suspends", [True, False])
def test_a_rebalance_while_a_batch_is_handed_over_ends_it(suspends: bool) -> None:
    delivered: list[int] = []

    async def deliver(tp: TP, batch: Any) -> None:
        delivered.append(tp.partition)
        app.consumer_generation_id += 1
        consumer.flow_active = not suspends

    app = SimpleNamespace(deliver=deliver, consumer_generation_id=3)
    consumer = reading(None, app)
    asyncio.run(consumer._hand_over({tp: [1] for tp in PLACES}, set(PLACES)))
    assert delivered == [0]
    assert consumer.sought == suspends


def test_what_is_committed_is_after_the_last_that_was_acknowledged_and_only_once() -> None:
    consumer = reading(None, None)
    for offset in (4, 5, 6):
        consumer.acknowledge(PLACES[0], offset)
    assert consumer._new_offset(PLACES[0]) == 7
    assert consumer._new_offset(PLACES[0]) is None
    assert consumer._new_offset(PLACES[1]) is None


def test_a_task_of_fausts_own_that_dies_ends_the_process_but_not_one_that_is_stopping() -> None:
    """Its commits, say: Faust marks itself as crashed, and the process would go on, healthy, and do nothing."""
    ended: list[BaseException] = []
    error = AssertionError("commits make no progress")

    async def crash() -> None:
        async def leave(partitions: Any) -> None: ...

        cluster = Cluster("127.0.0.1:1")
        consumer = Consumer(
            "grdp", cluster, "a", load(), [SubmissionCleared], BrokerLog(cluster),
            lambda tps: None, lambda tp, received: True, leave, ended.append,
        )  # fmt: skip
        app = consumer._app
        await app.consumer.crash(error)
        assert ended == [error]
        app._stopped.set()
        await app.consumer.crash(error)
        assert ended == [error]

    asyncio.run(crash())

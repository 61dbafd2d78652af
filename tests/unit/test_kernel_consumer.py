"""The consumer leaves nothing on disk, and ends the process when it can't go on reading."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka

from services.kernel.brokerlog import BrokerLog
from services.kernel.cluster import Cluster
from services.kernel.consumer import Consumer, _App, _FaustConsumer
from services.kernel.topics import load


def test_faust_makes_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(_App("toy", broker="aiokafka://127.0.0.1:1").on_first_start())
    assert list(tmp_path.iterdir()) == []


def test_a_consumer_that_stops_reading_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust would log it, and the process would go on, healthy, without ever reading again."""
    error = KeyError("the records are gone")

    async def draining(self: Any, fetcher: Any) -> None:
        raise error

    monkeypatch.setattr(aiokafka.Consumer, "_drain_messages", draining)
    ended: list[BaseException] = []
    consumer = object.__new__(_FaustConsumer)
    consumer.app = SimpleNamespace(fail=ended.append)
    asyncio.run(consumer._drain_messages(None))
    assert ended == [error]


def test_a_task_of_fausts_own_that_dies_ends_the_process_but_not_one_that_is_stopping() -> None:
    """Its commits, say: Faust marks itself as crashed, and the process would go on, healthy, and do nothing."""
    ended: list[BaseException] = []
    error = AssertionError("commits make no progress")

    async def crash() -> None:
        async def leave(partitions: Any) -> None: ...

        cluster = Cluster("127.0.0.1:1")
        consumer = Consumer(
            "grdp", cluster, "a", load(), [("submission.cleared",)], BrokerLog(cluster),
            lambda tp, received: True, leave, ended.append,
        )  # fmt: skip
        app = consumer._app
        await app.consumer.crash(error)
        assert ended == [error]
        app._stopped.set()
        await app.consumer.crash(error)
        assert ended == [error]

    asyncio.run(crash())

"""Topics read one at a time, while the broker comes and goes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.kernel import records
from services.kernel.cluster import Cluster


class Restarting:
    """kafka-python's consumer of one record, at a broker that restarts: for a while it has no position."""

    def __init__(self, **options: Any) -> None:
        self._positions: list[int | None] = [None, 0, None, 1]

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0}

    def assign(self, partitions: Any) -> None: ...

    def seek_to_beginning(self) -> None: ...

    def end_offsets(self, partitions: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(partitions, 1)

    def position(self, partition: Any) -> int | None:
        return self._positions.pop(0)

    def poll(self, timeout_ms: int) -> dict[Any, list[Any]]:
        return {0: [SimpleNamespace(offset=0)]} if len(self._positions) == 2 else {}

    def close(self) -> None: ...


def test_a_broker_that_restarts_has_no_position_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "KafkaConsumer", Restarting)
    with records.Reader(Cluster("nowhere"), ["policy.dead"]) as reader:
        assert [record.offset for record in reader.to_the_end()] == [0]

"""Topics read one at a time, while the broker comes and goes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiokafka.record.default_records
import kafka.record.default_records
import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from services.kernel import records
from services.kernel.cluster import Cluster
from services.kernel.wire import fingerprint


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


def test_a_service_that_has_published_nothing_yet_reads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unassigned(Restarting):
        def seek_to_beginning(self) -> None:
            raise ValueError("No partitions are currently assigned")

    monkeypatch.setattr(records, "KafkaConsumer", Unassigned)
    with records.Reader(Cluster("nowhere"), []) as reader:
        assert list(reader.to_the_end()) == []


@pytest.mark.parametrize(("appended", "times"), [(None, [1_000, 2_000]), (1_777, [1_777, 1_777])])
def test_a_record_has_one_fingerprint_whichever_client_reads_it(
    appended: int | None, times: list[int]
) -> None:
    """Also where the broker's clock tells its time, which then stands in the batch alone; so after a change of that."""
    builder = DefaultRecordBatchBuilder(2, 0, 1, 0, 0, 0, 1000)
    headers: Any = [("ce_id", b"1"), ("x", None)]
    for offset, made in enumerate((1_000, 2_000)):
        builder.append(offset, made, b"k", b"v", headers)
    batch = builder.build()
    if appended is not None:
        batch[22] |= 0b1000  # attributes: LogAppendTime
        batch[35:43] = appended.to_bytes(8)  # maxTimestamp
    expected = [fingerprint(time, b"k", b"v", headers) for time in times]
    for library in (aiokafka.record.default_records, kafka.record.default_records):
        found = library.DefaultRecordBatch(bytes(batch))
        assert [fingerprint(r.timestamp, r.key, r.value, r.headers) for r in found] == expected
    faust_times = [r.timestamp / 1000 for r in library.DefaultRecordBatch(bytes(batch))]
    assert [round(time * 1000) for time in faust_times] == times

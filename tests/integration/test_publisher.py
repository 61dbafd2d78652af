"""The producer of a process on the real broker."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import OutOfOrderSequenceNumber

from deploy.feed import records
from services.kernel import publisher
from services.kernel.cluster import Cluster
from services.kernel.publisher import Publisher
from services.kernel.wire import Message
from tests.toy.harness import INPUT, fresh_topics

pytestmark = pytest.mark.stack


def message(number: int) -> Message:
    return Message(INPUT, b"key", str(number).encode(), ())


def test_a_producer_that_failed_for_good_has_a_successor(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a record that the broker refused: the next one leaves a gap, and so does all that follows."""
    monkeypatch.setattr(publisher, "DELIVERY_TIMEOUT", 1.0)
    fresh_topics(cluster)

    async def publishes() -> None:
        one = Publisher(cluster, "test")
        try:
            await one.publish([message(1)])
            failed = one._producer
            assert failed is not None
            for partition in range(len(await failed.partitions_for(INPUT))):
                failed._txn_manager.increment_sequence_number(TopicPartition(INPUT, partition), 7)
            waits = [asyncio.ensure_future(one.publish([message(n)])) for n in (2, 3)]
            for error in await asyncio.gather(*waits, return_exceptions=True):
                assert isinstance(error, OutOfOrderSequenceNumber)
            assert await one.publish([message(2), message(3)]) == 2
            assert one._producer is not failed
        finally:
            await one.stop()

    asyncio.run(publishes())
    assert [record.value for record in records(cluster, INPUT)] == [b"1", b"2", b"3"]


def test_a_record_that_the_broker_refuses_holds_up_its_own_partition_alone(
    cluster: Cluster,
) -> None:
    fresh_topics(cluster)
    huge = Message(INPUT, b"key", b"x" * 2_000_000, ())
    elsewhere = Message(INPUT, b"another key", b"2", ())

    async def publishes() -> list[bool]:
        one = Publisher(cluster, "test")
        try:
            deliveries = await one.deliver([message(1), huge, elsewhere])
            assert deliveries[0].partition == deliveries[1].partition != deliveries[2].partition
            return [delivery.error is None for delivery in deliveries]
        finally:
            await one.stop()

    assert asyncio.run(publishes()) == [True, False, True]
    assert {record.value for record in records(cluster, INPUT)} == {b"1", b"2"}

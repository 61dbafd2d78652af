"""What is given to the producer, in which order, and how large it may be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    UnknownTopicOrPartitionError,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from services.kernel import publisher
from services.kernel.cluster import Cluster
from services.kernel.dead import Origin, letter
from services.kernel.errors import Oversized, Permanent
from services.kernel.publisher import PARTITIONER, Delivery, Publisher
from services.kernel.relay import delivered
from services.kernel.topics import LARGEST_RECORD, LETTER_ROOM, dead, load
from services.kernel.wire import Message
from tests.toy.harness import NOW, received


class Producer:
    """One that does not take what it is told to refuse, once, and knows no topic named "none"."""

    def __init__(self, refuses: dict[bytes, KafkaError]) -> None:
        self.taken: list[bytes] = []
        self.refuses = refuses

    async def partitions_for(self, topic: str) -> set[int]:
        if topic == "none":
            raise UnknownTopicOrPartitionError
        return {0, 1}

    async def send(self, topic: str, value: bytes, **_: Any) -> asyncio.Future[None]:
        if error := self.refuses.pop(value, None):
            raise error
        self.taken.append(value)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    async def stop(self) -> None:
        """Or the end of what it consists of, which the publisher knows."""

    close = stop

    def fail_all(self, error: BaseException) -> None:
        """Nothing waits in it."""

    @property
    def _sender(self) -> Producer:
        return self

    _message_accumulator = _sender


def deliver(producer: Producer, messages: Sequence[Message]) -> list[Delivery]:
    async def run() -> list[Delivery]:
        one = Publisher(Cluster("127.0.0.1:1"), "test")
        one._producer = cast(Any, producer)  # dropped or not: the tests look at what it was given

        return await one.deliver(messages)

    return asyncio.run(run())


def test_a_producer_that_never_comes_about_is_given_up_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Starting(Producer):
        async def start(self) -> None:
            if self is made[0]:
                await asyncio.Event().wait()

    def make(**_: Any) -> Starting:
        made.append(Starting({}))
        return made[-1]

    async def run() -> None:
        one = Publisher(Cluster("127.0.0.1:1"), "test")
        with pytest.raises(KafkaTimeoutError):
            await one.publish([message(b"x")])
        assert await one.publish([message(b"x")]) == 1

    made: list[Starting] = []
    monkeypatch.setattr(publisher, "START_SECONDS", 0.05)
    monkeypatch.setattr(publisher, "AIOKafkaProducer", make)
    asyncio.run(asyncio.wait_for(run(), 60))
    assert [one.taken for one in made] == [[], [b"x"]]


def message(value: bytes, key: bytes = b"a", topic: str = "t") -> Message:
    return Message(topic, key, value, ())


@pytest.mark.parametrize("error", [KafkaTimeoutError(), MessageSizeTooLargeError()])
def test_what_follows_a_record_that_the_producer_does_not_take_is_not_sent_before_it(
    error: KafkaError,
) -> None:
    """Sent again from that one on, it would stand on the topic as 1, 3, 2, 3: who reads it would handle 3 before 2."""
    here, elsewhere = (PARTITIONER(key, [0, 1], [0, 1]) for key in (b"a", b"key"))
    assert here != elsewhere
    messages = [message(b"1"), message(b"2"), message(b"3"), message(b"4", b"key")]
    producer = Producer({b"2": error})
    deliveries = deliver(producer, messages)
    assert producer.taken == [b"1", b"4"]
    assert [one.error for one in deliveries] == [None, error, error, None]
    assert deliver(producer, messages[1:3])[0].error is None
    assert producer.taken == [b"1", b"4", b"2", b"3"]


def test_a_topic_that_is_not_there_holds_up_no_other() -> None:
    messages = [
        message(b"1"),
        message(b"2", topic="none"),
        message(b"3", b"key", "none"),
        message(b"4"),
    ]
    producer = Producer({})
    deliveries = deliver(producer, messages)
    assert producer.taken == [b"1", b"4"]
    assert [one.error is None for one in deliveries] == [True, False, False, True]
    assert delivered(list(enumerate(messages)), deliveries) == [0, 3]


def batch_of(one: Message) -> int:
    """The bytes of a batch that holds this record alone."""
    builder = DefaultRecordBatchBuilder(2, 0, 1, 0, 0, 0, 1 << 30)
    builder.append(0, 1_700_000_000_000, one.key, one.value, list(one.headers))
    return len(builder.build())


def test_an_event_that_the_broker_would_refuse_is_none_and_a_dead_letter_never_too_large() -> None:
    """Whatever stands on a topic may have to be buried, with the reason, or its partition would never go on."""
    with pytest.raises(Oversized):
        received(sender="x" * LARGEST_RECORD)
    largest = received(sender="x" * (LARGEST_RECORD - 2_000))
    assert batch_of(largest) <= largest.size <= LARGEST_RECORD
    everything = Message("t", b"k", b"v" * (LARGEST_RECORD - 100), largest.headers)
    assert batch_of(everything) > LARGEST_RECORD - 100
    content = (everything.key, everything.value, everything.headers)
    origin = Origin("submission.withdrawn", 2**31 - 1, 2**63 - 1)
    buried = letter("notification", origin, content, Permanent("ế" * 10_000), NOW)
    accepted = LARGEST_RECORD + LETTER_ROOM
    topics = load()
    assert batch_of(buried) <= buried.size <= accepted
    for topic in topics.values():
        limit = accepted if topic.name == dead(topic.owner) else LARGEST_RECORD
        assert topic.configuration()["max.message.bytes"] == str(limit)

"""The one producer of a process: everything it is given is acknowledged by the broker, or an error says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.partitioner import DefaultPartitioner

from services.kernel.cluster import Cluster
from services.kernel.topics import LARGEST_RECORD, LETTER_ROOM
from services.kernel.wire import Message

DELIVERY_TIMEOUT = 5.0
"""Seconds after which the producer gives a record up. The runner relies on it when it takes a partition over, and a
producer that follows one that failed."""
START_SECONDS = 15.0
"""Until a producer that does not connect is given up for another. A broker that has just been started may name no
broker, not even itself; aiokafka asks the ones that it was told of, so nobody, and for ever.
"""
CHUNK = 1000
"""Records in flight for one caller: bounds memory for submissions of any size."""


PARTITIONER = DefaultPartitioner()
UNKNOWN = -1
"""The partition of a record whose topic the broker does not tell of."""


@dataclass(frozen=True)
class Delivery:
    """What became of a record: the partition of its topic, and why it may not be there."""

    partition: int
    error: BaseException | None


class Publisher:
    """Publishes records. It connects at the first use, so that a process starts while the broker is away."""

    def __init__(self, cluster: Cluster, client: str) -> None:
        self._cluster = cluster
        self._client = client
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._rests_until = 0.0

    async def publish(self, messages: Iterable[Message]) -> int:
        """Sends all, in their order for each partition, and returns their number after the broker's acknowledgements.

        Raises aiokafka's KafkaError where the broker is away: some may have arrived, so the caller sends all again.
        """
        iterator = iter(messages)
        count = 0
        while chunk := await self._next(messages, iterator):
            for delivery in await self.deliver(chunk):
                if delivery.error:
                    raise delivery.error
            count += len(chunk)
        return count

    async def deliver(self, messages: Sequence[Message]) -> list[Delivery]:
        """Sends records, in their order for each partition, and says of each what became of it.

        Raises KafkaError where there is no connection at all. What follows in its partition a record that the producer
        does not take is not sent: it would come before that one, and again after it. After an error for good there is
        another producer: the sequence of the one that failed has a gap, and the broker would take nothing more of it.
        """
        producer = await self._started()
        refused: dict[tuple[str, int], KafkaError] = {}
        sent = [await self._send(producer, message, refused) for message in messages]
        await asyncio.wait([future for _, future in sent])
        deliveries = [Delivery(partition, future.exception()) for partition, future in sent]
        fatal = next(
            (
                delivery.error
                for delivery in deliveries
                if delivery.error and not _may_pass(delivery.error)
            ),
            None,
        )
        if fatal:
            await self._drop(producer, fatal)
        return deliveries

    @staticmethod
    async def _send(
        producer: AIOKafkaProducer, message: Message, refused: dict[tuple[str, int], KafkaError]
    ) -> tuple[int, asyncio.Future[Any]]:
        """The record's partition, and what will become of it. Enters into `refused` where the producer takes none."""
        partition = UNKNOWN
        if (message.topic, UNKNOWN) not in refused:
            try:
                partitions = sorted(await producer.partitions_for(message.topic))
                partition = PARTITIONER(message.key, partitions, partitions)
                if (message.topic, partition) not in refused:
                    return partition, await producer.send(
                        message.topic,
                        message.value,
                        key=message.key,
                        headers=list(message.headers),
                        partition=partition,
                    )
            except KafkaError as error:
                refused[message.topic, partition] = error
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_exception(refused[message.topic, partition])
        return partition, future

    @staticmethod
    async def _next(messages: Iterable[Message], iterator: Iterator[Message]) -> list[Message]:
        """The next records to send. What is made while it is read may wait for the database: in a thread."""
        if isinstance(messages, list):
            return list(islice(iterator, CHUNK))
        return await asyncio.to_thread(lambda: list(islice(iterator, CHUNK)))

    async def stop(self) -> None:
        """Ends the connection, after what is under way."""
        if self._producer is not None:
            await self._producer.stop()

    async def _drop(self, producer: AIOKafkaProducer, error: BaseException) -> None:
        """Ends a producer without what it still has to send, which its callers send again."""
        if self._producer != producer:
            return
        self._producer = None
        self._rests_until = time.monotonic() + DELIVERY_TIMEOUT
        await producer._sender.close()
        producer._message_accumulator.fail_all(error)
        await producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                await asyncio.sleep(self._rests_until - time.monotonic())
                producer = AIOKafkaProducer(
                    **self._cluster.options(),
                    client_id=self._client,
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=int(DELIVERY_TIMEOUT * 1000),
                    retry_backoff_ms=100,
                    linger_ms=2,
                    max_batch_size=131_072,
                    max_request_size=LARGEST_RECORD + LETTER_ROOM,
                )
                try:
                    await asyncio.wait_for(producer.start(), START_SECONDS)
                except BaseException as error:
                    await producer.stop()
                    if isinstance(error, TimeoutError):
                        raise KafkaTimeoutError("no producer came about") from error
                    raise
                self._producer = producer
            return self._producer


def _may_pass(error: BaseException) -> bool:
    """Whether the producer can go on: the broker takes the record yet, or never heard of it."""
    return isinstance(error, KafkaTimeoutError) or bool(
        isinstance(error, KafkaError) and error.retriable
    )

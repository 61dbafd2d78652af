"""What a relay sends again after the broker took some, and what it says while another one or the broker holds it up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from aiokafka.errors import KafkaConnectionError
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.publisher import Delivery
from services.kernel.relay import Relay, delivered
from services.kernel.wire import Message
from tests.simulation.loop import Alive
from tests.simulation.office import Office, OldestRows, Outbox
from tests.simulation.toy import event, event_id

AWAY = KafkaConnectionError("away")
OUTCOME = st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.booleans())


@given(st.lists(OUTCOME))
def test_what_is_not_sent_again_is_there_with_all_before_it_in_its_partition(
    outcomes: list[tuple[str, int, bool]],
) -> None:
    rows = [(n, Message(topic, b"", b"", ())) for n, (topic, _, _) in enumerate(outcomes)]
    deliveries = [Delivery(partition, None if there else AWAY) for _, partition, there in outcomes]
    done = set(delivered(rows, deliveries))
    for n, (topic, partition, _) in enumerate(outcomes):
        of_its_partition = [
            there for one, two, there in outcomes[: n + 1] if (one, two) == (topic, partition)
        ]
        assert (n in done) == all(of_its_partition)


class Clock:
    """Seconds that a test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Broker:
    """Takes all, once it is there."""

    def __init__(self) -> None:
        self.is_there = asyncio.Event()
        self.asked = asyncio.Event()

    async def deliver(self, messages: Sequence[Message]) -> list[Delivery]:
        self.asked.set()
        await self.is_there.wait()
        return [Delivery(0, None) for _ in messages]


def relay(office: Office, broker: Broker, clock: Clock) -> tuple[Outbox, Relay]:
    outbox = Outbox(office, Alive())
    return outbox, Relay("test", outbox, broker, clock)


def add(outbox: Outbox, index: int) -> int:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    return outbox.add(event_id(index), lambda number: event(index, 0, "plain", number, now))


def test_the_oldest_row_grows_older_also_while_the_broker_hangs() -> None:
    async def story() -> None:
        clock, broker = Clock(), Broker()
        outbox, relaying = relay(Office(clock), broker, clock)
        sequence = add(outbox, 0)
        clock.now += 5
        waiting = asyncio.create_task(relaying.published(sequence))
        await broker.asked.wait()
        assert relaying.age == 5
        clock.now += 400
        assert relaying.age == 405
        broker.is_there.set()
        await waiting
        assert relaying.age == 0

    asyncio.run(story())


def test_what_another_process_relays_is_waited_for() -> None:
    async def story() -> None:
        clock, broker = Clock(), Broker()
        office = Office(clock)
        outbox, relaying = relay(office, broker, clock)
        _, other = relay(office, broker, clock)
        first = asyncio.create_task(other.published(add(outbox, 0)))
        await broker.asked.wait()
        second = asyncio.create_task(relaying.published(add(outbox, 1)))
        broker.is_there.set()
        await first
        await second
        assert office.published == {0, 1}

    asyncio.run(story())


def test_nothing_is_said_to_be_published_while_another_process_keeps_the_turn() -> None:
    async def story() -> None:
        clock = Clock()
        office = Office(clock)
        office.relaying = OldestRows(office, Alive(), [], 0.0)
        outbox, relaying = relay(office, Broker(), clock)
        with pytest.raises(TimeoutError):
            await relaying.published(add(outbox, 0), seconds=0.2)
        relaying.close()
        with pytest.raises(TimeoutError):
            await relaying.published(0)

    asyncio.run(story())

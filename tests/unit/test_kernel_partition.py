"""A partition acknowledges what is finished, in order, and nothing before the broker has its outputs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from services.kernel import metrics, topics
from services.kernel.backlog import Received
from services.kernel.codec import codec
from services.kernel.dead import Origin
from services.kernel.errors import NotReplayable
from services.kernel.locks import Takeover
from services.kernel.partition import Partition
from services.kernel.runner import Runner
from services.kernel.stage import ObjectStage
from services.kernel.transaction import Position, Result
from services.kernel.turns import Turns
from services.kernel.wire import decode
from tests.toy.harness import received

EVENTS = 3
TOPIC = topics.load()["submission.received"]


class Broker:
    """And database: the test says when an event's rows are written, and when its outputs are there."""

    service = "toy"

    def __init__(self) -> None:
        self.turns = Turns()
        self.locks = SimpleNamespace(
            acquire=self._acquire, release=self._nothing, note_in_flight=self._nothing
        )
        self.handling = SimpleNamespace(single=self._single)
        self.written: dict[int, int] = {}
        self.may_commit = [asyncio.Event() for _ in range(EVENTS)]
        self.may_publish = [asyncio.Event() for _ in range(EVENTS)]

    async def _acquire(self, *_: object) -> Takeover:
        return Takeover(clean=True, next_offset=0, careful=range(0), buried=frozenset())

    async def _nothing(self, *_: object) -> None: ...

    async def _single(self, _: object, event: Any, position: Callable[[], Position]) -> Result:
        number = int(event.data["catalogue_version"])
        await self.may_commit[number].wait()
        self.written[number] = position().next_offset
        return Result(outputs={event.id: [number]})  # type: ignore[list-item]

    async def patiently(self, action: Callable[[], Awaitable[Any]]) -> Any:
        return await action()

    async def publish(self, messages: Callable[[], Any]) -> None:
        for number in messages():
            await self.may_publish[number].wait()

    async def advance(self, _: Position) -> None: ...

    def stage_of(self, name: str) -> ObjectStage:
        assert name == TOPIC.name
        return ObjectStage(
            ("submission.received",),
            load=_unused,
            reads=_unused,
            handle=_unused,
            awaits_catalogue=False,
        )

    def resume(self, *_: object) -> None: ...

    def fail(self, error: BaseException) -> None:
        raise error


def _unused(*_: Any) -> Any:
    raise AssertionError


def test_what_is_written_but_not_published_is_not_acknowledged() -> None:
    """The first event's mark, written with its rows, is above the second; while it is published, the third ends."""

    async def scenario() -> None:
        broker = Broker()
        acknowledged: list[int] = []
        partition = Partition(cast(Runner, broker), TOPIC, 0)
        for offset in range(EVENTS):
            partition.offer(_received(offset, partial(acknowledged.append, offset)))
        for number in (1, 0, 2):
            broker.may_commit[number].set()
            if number != 0:
                broker.may_publish[number].set()
            await _turns()
        assert broker.written == {1: 0, 0: 2, 2: 0}
        assert acknowledged == []
        broker.may_publish[0].set()
        await _turns()
        assert acknowledged == [0, 1, 2]
        await partition.stop()

    asyncio.run(scenario())


def test_what_may_not_be_sent_back_is_counted_and_passed_over_and_buried_by_nobody() -> None:
    """No stage handles it, so its topic has none; what follows it goes on."""

    async def scenario() -> None:
        broker = Broker()
        acknowledged: list[int] = []
        topic = topics.load()["validation.replay"]
        partition = Partition(cast(Runner, broker), topic, 0)
        refused = metrics.REPLAYS_REFUSED.labels(broker.service)
        before = refused._value.get()
        forged = Received(
            0, None, None, (), Origin(topic.name, 0, 0), NotReplayable("forged"), partial(acknowledged.append, 0)
        )  # fmt: skip
        partition.offer(forged)
        await _turns()
        assert acknowledged == [0], "nothing had to be published before"
        partition.offer(_received(1, partial(acknowledged.append, 1)))
        broker.may_commit[1].set()
        broker.may_publish[1].set()
        await _turns()
        assert acknowledged == [0, 1]
        assert refused._value.get() - before == 1
        await partition.stop()

    asyncio.run(scenario())


async def _turns() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def _received(offset: int, acknowledge: Callable[[], None]) -> Received:
    message = received(catalogue=offset)
    event = decode(TOPIC, message.key, message.value, message.headers, codec())
    origin = Origin(TOPIC.name, 0, offset)
    return Received(
        offset, message.key, message.value, tuple(message.headers), origin, event, acknowledge
    )

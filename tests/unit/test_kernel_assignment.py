"""A process has each partition once, and none any more once it has left."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, cast

import pytest

from services.kernel import assignment
from services.kernel.assignment import Assignment
from services.kernel.backlog import Received
from services.kernel.topics import TP, load

PLACE = TP("submission.received", 0)
RECORD = cast(Received, object())


class Partition:
    """One that finishes what is under way when it is told."""

    made: ClassVar[list[Partition]] = []

    def __init__(self, *_: object) -> None:
        self.made.append(self)
        self.offered = 0
        self.is_done = asyncio.Event()
        self.task = asyncio.create_task(self.is_done.wait())

    def offer(self, received: Received) -> bool:
        self.offered += 1
        return True

    async def stop(self) -> None:
        await self.is_done.wait()


@pytest.fixture(autouse=True)
def partitions(monkeypatch: pytest.MonkeyPatch) -> list[Partition]:
    monkeypatch.setattr(assignment, "Partition", Partition)
    monkeypatch.setattr(Partition, "made", [])
    return Partition.made


@pytest.mark.parametrize("whole", [False, True])
def test_what_comes_while_a_partition_is_left_makes_no_second_one_beside_it(whole: bool) -> None:
    """The database gives a session the lock that it has once more: both would handle the same records."""

    async def scenario() -> None:
        one = Assignment(cast(Any, None), load())
        assert one.accept(PLACE, [RECORD])
        (first,) = Partition.made
        leaving = asyncio.create_task(one.leave_all() if whole else one.leave([PLACE]))
        await asyncio.sleep(0)
        assert one.accept(PLACE, [RECORD])
        assert Partition.made == [first]
        first.is_done.set()
        await leaving
        assert one.accept(PLACE, [RECORD])
        assert len(Partition.made) == (1 if whole else 2), "a process that ends begins nothing"
        for made in Partition.made:
            made.is_done.set()
            await made.task

    asyncio.run(scenario())

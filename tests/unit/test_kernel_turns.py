"""Shared or alone, also where somebody is cancelled at any moment."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.turns import Turns


class Room:
    """Notes who is in, and refuses who may not be."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.sharing = self.alone = self.entered = 0

    async def visit(self, is_alone: bool, pauses: int) -> None:
        async with self.turns.alone() if is_alone else self.turns.shared():
            self.sharing, self.alone = self.sharing + (not is_alone), self.alone + is_alone
            assert self.alone <= 1 and not (self.alone and self.sharing)
            self.entered += 1
            try:
                for _ in range(pauses):
                    await asyncio.sleep(0)
            finally:
                self.sharing, self.alone = self.sharing - (not is_alone), self.alone - is_alone


visits = st.lists(
    st.tuples(st.booleans(), st.integers(0, 4), st.none() | st.integers(0, 8)), max_size=8
)
"""Alone or not, how long, and after how many steps it is cancelled, if it is."""


@given(visits)
def test_nobody_is_beside_who_is_alone_and_nobody_is_kept_out_for_ever(
    planned: list[tuple[bool, int, int | None]],
) -> None:
    async def run() -> None:
        room = Room()
        tasks = [asyncio.create_task(room.visit(alone, pauses)) for alone, pauses, _ in planned]
        for step in range(9):
            for task, (_, _, cancelled_at) in zip(tasks, planned, strict=True):
                if cancelled_at == step:
                    task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        faults = [one for one in tasks if not one.cancelled() and one.exception()]
        assert not faults
        for is_alone in (False, True):
            await asyncio.wait_for(room.visit(is_alone, 0), 10)

    asyncio.run(run())


def test_who_waits_to_be_alone_goes_first() -> None:
    order: list[Any] = []

    async def run() -> None:
        turns = Turns()

        async def come(name: str, turn: Any) -> None:
            async with turn:
                order.append(name)

        async with turns.shared():
            waiting = [
                asyncio.create_task(come("alone", turns.alone())),
                asyncio.create_task(come("shared", turns.shared())),
            ]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert order == []
        await asyncio.gather(*waiting)

    asyncio.run(run())
    assert order == ["alone", "shared"]


def test_alone_means_alone() -> None:
    inside: list[str] = []
    seen: list[tuple[str, ...]] = []

    async def enter(turns: Turns, name: str, alone: bool) -> None:
        async with turns.alone() if alone else turns.shared():
            inside.append(name)
            await asyncio.sleep(0.001)
            seen.append(tuple(inside))
            inside.remove(name)

    async def run() -> None:
        turns = Turns()
        names = [(f"{'a' if n % 3 == 0 else 's'}{n}", n % 3 == 0) for n in range(30)]
        await asyncio.gather(*(enter(turns, name, alone) for name, alone in names))

    asyncio.run(run())
    assert len(seen) == 30
    assert all(len(group) == 1 for group in seen if any(name[0] == "a" for name in group))
    assert any(len(group) > 1 for group in seen), "those that share do so at the same time"

"""Shared or alone: after an unclean stop, one event at a time shows which one ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """A readers-writer lock for one event loop, in which who waits to be alone goes first.

    Nothing is awaited to leave it: who is cancelled, waiting or inside, keeps nobody out. By hand: aiorwlock sleeps
    once at each acquisition, and looks its owners up in a list.
    """

    def __init__(self) -> None:
        self._sharing = 0
        self._alone = 0
        self._busy = False
        self._waiting: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Beside others that share."""
        await self._until(lambda: not self._alone)
        self._sharing += 1
        try:
            yield
        finally:
            self._sharing -= 1
            self._wake()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """While nobody else is in."""
        self._alone += 1
        try:
            await self._until(lambda: not self._sharing and not self._busy)
            self._busy = True
            try:
                yield
            finally:
                self._busy = False
        finally:
            self._alone -= 1
            self._wake()

    async def _until(self, is_free: Callable[[], bool]) -> None:
        while not is_free():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    def _wake(self) -> None:
        """Lets everybody who waits look again."""
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

"""Shared or alone: after an unclean stop, one event at a time shows which one ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A readers-writer lock for one event loop, in which who waits to be alone goes first."""

    def __init__(self) -> None:
        self._condition = asyncio.Condition()
        self._sharing = 0
        self._alone = 0
        self._busy = False

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Beside others that share."""
        async with self._condition:
            await self._condition.wait_for(lambda: not self._alone)
            self._sharing += 1
        try:
            yield
        finally:
            async with self._condition:
                self._sharing -= 1
                self._condition.notify_all()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """While nobody else is in."""
        async with self._condition:
            self._alone += 1
            await self._condition.wait_for(lambda: not self._sharing and not self._busy)
            self._busy = True
        try:
            yield
        finally:
            async with self._condition:
                self._busy = False
                self._alone -= 1
                self._condition.notify_all()

"""A few places, shared fairly among those who ask for them: nobody's much work holds up another's little.

Start-time fair queueing (Goyal, Vin and Cheng, 1996), with the time that places were held as what is shared: of those
who wait, the one goes first who has had the least. Who comes new begins where the least served one stands, so that
nobody saves up time by staying away, nor starves. And since work that has begun is never interrupted, nobody has all
places, nor has large work: one is always left for who comes next with little.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

LARGE: Final = 256 << 10
"""Bytes from which on work counts as large. A workbook of so many has some 3,500 records, and takes half a second."""


@dataclass(frozen=True)
class Request:
    """Somebody's wish for a place; `number` is the order of asking."""

    number: int
    who: str
    is_large: bool


class Shares:
    """Who waits, who has a place since when, and who had how much; the clock is the caller's, in seconds."""

    def __init__(self, places: int, large: int) -> None:
        self._places = places
        self._large = large
        self._numbers = itertools.count()
        self._waiting: dict[tuple[str, bool], deque[Request]] = {}
        self._begun: dict[Request, float] = {}
        self._had: dict[str, float] = {}

    def ask(self, who: str, size: int) -> Request:
        """Queues work on so many bytes."""
        active = self._active()
        if who not in active:
            least = min((self._had[other] for other in active), default=0.0)
            # Who is away and had no more than the least served has nothing to make up for.
            had = {
                one: seconds
                for one, seconds in self._had.items()
                if active and (one in active or seconds > least)
            }
            self._had = had | {who: max(had.get(who, 0.0), least)}
        request = Request(next(self._numbers), who, size >= LARGE)
        self._waiting.setdefault((who, request.is_large), deque()).append(request)
        return request

    def next(self, now: float) -> Request | None:
        """Gives a place to whose turn it is; None where nobody may begin."""
        if len(self._begun) >= self._places:
            return None
        firsts = (queue[0] for queue in self._waiting.values())
        chosen = min(
            filter(self._may_begin, firsts),
            key=lambda request: (self._had_until(request.who, now), request.number),
            default=None,
        )
        if chosen:
            self._forget(chosen)
            self._begun[chosen] = now
        return chosen

    def end(self, request: Request, now: float) -> None:
        """Takes the place back, or the wish."""
        begun = self._begun.pop(request, None)
        if begun is None:
            self._forget(request)
        else:
            self._had[request.who] += now - begun

    def _may_begin(self, request: Request) -> bool:
        others_place = max(1, self._places - 1)
        mine = sum(begun.who == request.who for begun in self._begun)
        large = sum(begun.is_large for begun in self._begun)
        return mine < others_place and not (request.is_large and large >= self._large)

    def _had_until(self, who: str, now: float) -> float:
        under_way = (now - begun for one, begun in self._begun.items() if one.who == who)
        return self._had[who] + sum(under_way)

    def _active(self) -> set[str]:
        return {who for who, _ in self._waiting} | {request.who for request in self._begun}

    def _forget(self, request: Request) -> None:
        queue = self._waiting[request.who, request.is_large]
        queue.remove(request)
        if not queue:
            del self._waiting[request.who, request.is_large]


class Places:
    """Shares for the tasks of one event loop."""

    def __init__(
        self, places: int, large: int, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._shares = Shares(places, large)
        self._seconds = seconds
        self._turns: dict[Request, asyncio.Event] = {}

    @asynccontextmanager
    async def one(self, who: str, size: int) -> AsyncIterator[None]:
        """Holds a place, for work on so many bytes."""
        request = self._shares.ask(who, size)
        self._turns[request] = asyncio.Event()
        try:
            self._give()
            await self._turns[request].wait()
            yield
        finally:
            del self._turns[request]
            self._shares.end(request, self._seconds())
            self._give()

    def _give(self) -> None:
        while chosen := self._shares.next(self._seconds()):
            self._turns[chosen].set()

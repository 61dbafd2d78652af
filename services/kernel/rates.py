"""How much one person, program or sender may read: a token bucket each, in the memory of the process.

Whoever reads page after page as fast as a loop can takes the database from everybody else, and takes a copy of all that
there is. People and honest programs never come near it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock

from services.kernel.problems import Problem

BURST = 600
"""Reads at once. A page of the console takes about five."""
PER_SECOND = 20.0
REMEMBERED = 10_000


@dataclass(frozen=True)
class _Level:
    tokens: float
    at: float


class Reads:
    """Who read how much; `seconds` is a clock that never goes back. For threads."""

    def __init__(
        self,
        burst: float = BURST,
        per_second: float = PER_SECOND,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._seconds = seconds
        self._levels: OrderedDict[str, _Level] = OrderedDict()
        self._turn = Lock()

    def take(self, who: str) -> None:
        """Takes one read; raises Problem 429, which says when there is one again."""
        with self._turn:
            now = self._seconds()
            level = self._levels.pop(who, _Level(self._burst, now))
            tokens = min(self._burst, level.tokens + (now - level.at) * self._per_second)
            is_allowed = tokens >= 1
            self._levels[who] = _Level(tokens - is_allowed, now)
            if len(self._levels) > REMEMBERED:
                self._levels.popitem(last=False)
        if not is_allowed:
            raise _too_many(ceil((1 - tokens) / self._per_second))


def _too_many(seconds: int) -> Problem:
    return Problem(
        429,
        "too-many-reads",
        {"vi": "Bạn đọc quá nhiều trong một lúc", "en": "You read too much at once"},
        {
            "vi": f"Hãy đợi {seconds} giây rồi đọc tiếp.",
            "en": f"Wait for {seconds} seconds, then go on.",
        },
        {"Retry-After": str(seconds)},
    )

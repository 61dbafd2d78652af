"""How much one person, program or sender may have: a token bucket each, in the memory of the process.

Whoever reads page after page as fast as a loop can takes the database from everybody else, and takes a copy of all that
there is. People and honest programs never come near it. By hand: the library `limits` has windows in place of buckets,
gives nothing back, and takes no clock.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock

from services.kernel.problems import Problem

READS = 600
"""Reads at once. A page of the console takes about five."""
READS_PER_SECOND = 20.0
REMEMBERED = 10_000


@dataclass(frozen=True)
class _Level:
    tokens: float
    at: float


class Buckets:
    """Who took how much; `seconds` is a clock that never goes back. For threads."""

    def __init__(
        self, burst: float, per_second: float, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._seconds = seconds
        self._levels: OrderedDict[str, _Level] = OrderedDict()
        self._turn = Lock()

    def take(self, who: str, amount: float = 1) -> int:
        """Takes so much; 0, or the seconds after which there is so much again, and then nothing was taken."""
        with self._turn:
            lacking = amount - self._change(who, 0)
            if lacking <= 0:
                self._change(who, -amount)
                return 0
        return ceil(lacking / self._per_second)

    def give_back(self, who: str, amount: float) -> None:
        """What was taken, and led to nothing."""
        with self._turn:
            self._change(who, amount)

    def _change(self, who: str, amount: float) -> float:
        """What there is after the change."""
        now = self._seconds()
        level = self._levels.pop(who, _Level(self._burst, now))
        tokens = level.tokens + (now - level.at) * self._per_second
        self._levels[who] = _Level(min(self._burst, tokens + amount), now)
        if len(self._levels) > REMEMBERED:
            self._levels.popitem(last=False)
        return self._levels[who].tokens


def take_read(reads: Buckets, who: str) -> None:
    """Takes one read; raises Problem 429, which says when there is one again."""
    if seconds := reads.take(who):
        raise Problem(
            429,
            "too-many-reads",
            {"vi": "Bạn đọc quá nhiều trong một lúc", "en": "You read too much at once"},
            {
                "vi": f"Hãy đợi {seconds} giây rồi đọc tiếp.",
                "en": f"Wait for {seconds} seconds, then go on.",
            },
            {"Retry-After": str(seconds)},
        )

"""How much one sender may ask for: token buckets, of attempts and of bytes, in the memory of the process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from threading import Lock

from services.intake.refusal import Code, Refusal
from services.model.statement import MEGABYTE

BURST = 2000
"""Submissions that a sender may send at once. An office sends a few hundred a quarter; this stops only a loop."""
PER_SECOND = 50.0
BURST_BYTES = 512 * MEGABYTE
"""Twenty of the largest files at once, then 3.6 GB an hour. What was here before, or didn't arrive, doesn't count."""
BYTES_PER_SECOND = 1.0 * MEGABYTE
REMEMBERED = 10_000


@dataclass(frozen=True)
class _Level:
    tokens: float
    at: datetime


class Limit:
    """Who took how much; the clock is the caller's. For threads."""

    def __init__(self, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._levels: OrderedDict[str, _Level] = OrderedDict()
        self._turn = Lock()

    def take(self, sender: str, now: datetime, amount: int = 1) -> int:
        """Takes so much; 0, or the seconds after which there is so much again, and then nothing was taken."""
        with self._turn:
            tokens = self._tokens(sender, now)
            allowed = tokens >= amount
            self._keep(sender, tokens - amount if allowed else tokens, now)
        return 0 if allowed else ceil((amount - tokens) / self._per_second)

    def give_back(self, sender: str, now: datetime, amount: int) -> None:
        """What was taken, and led to nothing."""
        with self._turn:
            self._keep(sender, min(self._burst, self._tokens(sender, now) + amount), now)

    def refusal(self, sender: str, now: datetime, amount: int = 1) -> Refusal | None:
        """Takes so much; why there is not so much, and when to come again."""
        seconds = self.take(sender, now, amount)
        if not seconds:
            return None
        return Refusal(Code.TOO_MANY, {"seconds": seconds}, retry_after=seconds)

    def _keep(self, sender: str, tokens: float, now: datetime) -> None:
        self._levels[sender] = _Level(tokens, now)
        self._levels.move_to_end(sender)
        if len(self._levels) > REMEMBERED:
            self._levels.popitem(last=False)

    def _tokens(self, sender: str, now: datetime) -> float:
        level = self._levels.get(sender)
        if level is None:
            return self._burst
        elapsed = max(0.0, (now - level.at).total_seconds())
        return min(self._burst, level.tokens + elapsed * self._per_second)

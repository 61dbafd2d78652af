"""How much one sender may ask for: a token bucket each, in the memory of the process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from services.intake.refusal import Code, Refusal

BURST = 2000
"""Submissions that a sender may send at once. An office sends a few hundred a quarter; this stops only a loop."""
PER_SECOND = 50.0
REMEMBERED = 10_000


@dataclass(frozen=True)
class _Level:
    tokens: float
    at: datetime


class Limit:
    """Who took how much; the clock is the caller's."""

    def __init__(self, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._levels: OrderedDict[str, _Level] = OrderedDict()

    def take(self, sender: str, now: datetime) -> int:
        """Takes one; 0, or the seconds after which there is one again."""
        tokens = self._tokens(sender, now)
        allowed = tokens >= 1
        self._levels[sender] = _Level(tokens - 1 if allowed else tokens, now)
        self._levels.move_to_end(sender)
        if len(self._levels) > REMEMBERED:
            self._levels.popitem(last=False)
        return 0 if allowed else ceil((1 - tokens) / self._per_second)

    def refusal(self, sender: str, now: datetime) -> Refusal | None:
        """Takes one; why there is none, and when to come again."""
        seconds = self.take(sender, now)
        if not seconds:
            return None
        return Refusal(Code.TOO_MANY, {"seconds": seconds}, retry_after=seconds)

    def _tokens(self, sender: str, now: datetime) -> float:
        level = self._levels.get(sender)
        if level is None:
            return self._burst
        elapsed = max(0.0, (now - level.at).total_seconds())
        return min(self._burst, level.tokens + elapsed * self._per_second)

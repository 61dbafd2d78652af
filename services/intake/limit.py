"""How much one sender may ask for: of attempts, and of bytes."""

from __future__ import annotations

from functools import partial

from services.intake.refusal import Code, Refusal
from services.kernel.rates import Buckets
from services.model.statement import MEGABYTE

attempts = partial(Buckets, burst=2000, per_second=50.0)
"""Submissions that a sender may send at once. An office sends a few hundred a quarter; this stops only a loop."""
sizes = partial(Buckets, burst=512 * MEGABYTE, per_second=1.0 * MEGABYTE)
"""Twenty of the largest files at once, then 3.6 GB an hour. What was here before, or didn't arrive, doesn't count."""


def refusal(buckets: Buckets, sender: str, amount: int = 1) -> Refusal | None:
    """Takes so much; why there is not so much, and when to come again."""
    seconds = buckets.take(sender, amount)
    return Refusal(Code.TOO_MANY, {"seconds": seconds}, retry_after=seconds) if seconds else None

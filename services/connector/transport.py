"""Requests to the product's APIs, sent again while these are away or ask for a pause."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

from services.kernel.refused import AGAIN, Refused

FIRST_DELAY = 0.2
LONGEST_DELAY = 5.0


class Unreachable(ConnectionError):
    """The service could not be reached, or was not ready, in the time given. Sending again later is safe."""


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Transport:
    """A client with patience: for so many seconds it tries again, by the caller's clock that never jumps."""

    client: httpx2.Client
    patience: float = 30.0
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def send(self, request: Callable[[], httpx2.Request]) -> httpx2.Response:
        """The answer to a request, made anew each time; raises Refused or Unreachable."""
        deadline = self.seconds() + self.patience
        delay = FIRST_DELAY
        while True:
            away: Exception | None = None
            try:
                response = self.client.send(request())
                if response.is_success:
                    return response
                if response.status_code not in AGAIN:
                    raise Refused.of(response)
                reason = f"HTTP {response.status_code}"
                pause = max(delay, _retry_after(response))
            except httpx2.TransportError as error:
                reason, away = str(error) or type(error).__name__, error
                pause = delay
            pause *= random.uniform(0.8, 1.2)
            if self.seconds() + pause > deadline:
                raise Unreachable(f"{self.client.base_url}: {reason}") from away
            self.sleep(pause)
            delay = min(delay * 2, LONGEST_DELAY)


def _retry_after(response: httpx2.Response) -> float:
    header = response.headers.get("retry-after", "")
    return float(header) if header.isdecimal() else 0.0

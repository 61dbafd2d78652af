"""Waiting, ever longer, for what is away and may come back; not for ever for what should come by itself; and not for
what fails beside others. By hand: tenacity would be configured by functions of ours in as many lines.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TypeVar

import structlog

from services.kernel import metrics
from services.kernel.transient import is_transient

A = TypeVar("A")
T = TypeVar("T")
FIRST_SECONDS = 0.1
MOST_SECONDS = 5.0

log = structlog.get_logger()


class Leaving(Exception):
    """It is time to stop, and what is waited for isn't there."""


async def patiently(
    service: str, action: Callable[[], Awaitable[T]], stopping: asyncio.Event | None = None
) -> T:
    """What the action returns, however often it has to be tried. An error that waiting can't mend is raised.

    Raises Leaving in place of another try once `stopping` is set.
    """
    delay = FIRST_SECONDS
    while True:
        try:
            return await action()
        except Exception as error:
            if not is_transient(error):
                raise
            metrics.RETRIES.labels(service).inc()
            log.warning("waiting", error=repr(error)[:300], seconds=round(delay, 1))
        seconds = delay * random.uniform(0.5, 1)
        if stopping is None:
            await asyncio.sleep(seconds)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), seconds)
                raise Leaving
        delay = min(delay * 2, MOST_SECONDS)


def each_for_itself(service: str, work: Callable[[A], T], items: Iterable[A]) -> list[T]:
    """What the work returns, item for item. One that fails for its own sake is left out, with an error in the log: it
    must not keep those behind it waiting, each time anew. What waiting can mend is raised: the others would fail, too.
    """
    done = []
    for item in items:
        try:
            done.append(work(item))
        except Exception as error:
            if is_transient(error):
                raise
            metrics.RETRIES.labels(service).inc()
            log.error("left out", item=str(item), exc_info=error)
    return done


async def while_never_long_without(
    is_there: Callable[[], bool], seconds: float, look: float = 1.0
) -> None:
    """Looks every `look` seconds; raises TimeoutError once nothing has been there for so many seconds on end."""
    since = time.monotonic()
    while time.monotonic() - since < seconds:
        if is_there():
            since = time.monotonic()
        await asyncio.sleep(look)
    raise TimeoutError(f"nothing for {seconds:.0f} s")

"""What one piece of work in a worker process may take: processor time and memory, more for more bytes.

A flat limit that ends a small bomb early would end honest work too: a right list of 150,000 records, 11 MB, takes
18 s and 700 MB on a busy machine, a right table of 100,000 figures, 0.7 MB, up to 8 s. So each byte that came in buys
some more of both.
"""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

T = TypeVar("T")
MEGABYTE: Final = 1 << 20
_GRACE: Final = 1
"""Seconds that native code has to return to Python before its process ends."""


class OutOfTime(BaseException):
    """The work has used its processor time. No Exception, so that it passes by whoever expects those of bad input."""


@dataclass(frozen=True)
class Limits:
    """Seconds of the processor, and bytes beyond those that the process had before the work."""

    seconds: float = 10
    memory: int = 448 * MEGABYTE
    seconds_per_megabyte: float = 8
    memory_per_byte: int = 64
    most_seconds: float = 120
    most_memory: int = 4096 * MEGABYTE

    def of(self, size: int) -> Limits:
        """The limits of work on so many bytes."""
        seconds = self.seconds + self.seconds_per_megabyte * (size / MEGABYTE)
        memory = self.memory + self.memory_per_byte * size
        return Limits(min(seconds, self.most_seconds), min(memory, self.most_memory))


def within(limits: Limits, function: Callable[..., T], *arguments: object) -> T:
    """What the function returns; raises OutOfTime or MemoryError where the limits are reached.

    Native code that does not return to Python in time ends its process. For the main thread of a process.
    """
    with _memory(limits.memory), _time(limits.seconds):
        return function(*arguments)


@contextmanager
def _time(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGPROF, _alarm(time.process_time() + seconds))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _set(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime + seconds) + 1 + _GRACE)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _set(resource.RLIMIT_CPU, resource.RLIM_INFINITY)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _memory(memory: int) -> Iterator[None]:
    _set(resource.RLIMIT_DATA, _data() + memory)
    try:
        yield
    finally:
        _set(resource.RLIMIT_DATA, resource.RLIM_INFINITY)


def _set(which: int, soft: int) -> None:
    """The soft limit alone: it can be taken back after the work."""
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _data() -> int:
    """Bytes of the process that are its own to write: what RLIMIT_DATA counts."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024


def _alarm(end: float) -> Callable[[int, FrameType | None], None]:
    """Ends the work where it has used the process's time up to `end`.

    The timer counts ticks of the clock, and on a busy machine whole ones for work that had a part of them.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        left = end - time.process_time()
        if left <= 0:
            raise OutOfTime
        signal.setitimer(signal.ITIMER_PROF, left)

    return ring

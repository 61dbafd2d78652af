"""Worker processes for what may hang, or die: hostile bytes are parsed there, and the service goes on."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from services.kernel.errors import Permanent
from services.kernel.limits import Limits, OutOfTime, within
from services.kernel.shares import Places
from services.kernel.turns import Turns

T = TypeVar("T")
LIMITS = Limits()
PATIENCE = 10
"""How many times its processor time work may take by the clock: on a busy machine, or asleep."""


class Overrun(Permanent):
    """The work took more than it may, or ended its process, also when it ran alone."""


class Pool:
    """A few processes, made when they are first needed, one more than processors: large work has at most as many as
    there are of these, and so has one asker's. Work that breaks them is tried once more, alone.
    """

    def __init__(self, limits: Limits = LIMITS, patience: float = PATIENCE) -> None:
        processors = min(4, os.cpu_count() or 1)
        self._count = processors + 1
        self._limits = limits
        self._patience = patience
        self._places = Places(self._count, large=processors)
        self._turns = Turns()
        self._executor: ProcessPoolExecutor | None = None

    async def run(
        self, function: Callable[..., T], *arguments: Any, size: int = 0, who: str = ""
    ) -> T:
        """What the function returns; raises what it raises, or Overrun. `size` is the bytes that it works on, `who`
        those whose work it is: the processes are shared fairly among them.
        """
        limits = self._limits.of(size)
        try:
            async with self._places.one(who, size), self._turns.shared():
                return await self._attempt(limits, function, *arguments)
        except BrokenProcessPool:
            # This work, or what ran beside it.
            async with self._turns.alone():
                try:
                    return await self._attempt(limits, function, *arguments)
                except BrokenProcessPool:
                    raise Overrun("it ended its worker process") from None

    def close(self) -> None:
        """Ends the processes, which have no work by then; the next work would make new ones."""
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None

    async def _attempt(self, limits: Limits, function: Callable[..., T], *arguments: Any) -> T:
        executor = self._current()
        loop = asyncio.get_running_loop()
        try:
            # Before the work's time runs: on a busy machine a process may take long to start and to import.
            await loop.run_in_executor(executor, _ready, function)
            running = loop.run_in_executor(executor, _work, limits, function, *arguments)
            patience = self._patience * limits.seconds
            done, _ = await asyncio.wait({running}, timeout=patience)
            if not done:
                running.add_done_callback(lambda future: future.cancelled() or future.exception())
                self._end(executor)
                raise Overrun(f"it took longer than {patience:.0f} s")
            return running.result()
        except BrokenProcessPool:
            self._end(executor)
            raise

    def _current(self) -> ProcessPoolExecutor:
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self._count, context)
        return self._executor

    def _end(self, executor: ProcessPoolExecutor) -> None:
        if self._executor is executor:
            self._executor = None
        for process in list((executor._processes or {}).values()):
            process.kill()
        executor.shutdown(wait=False)


def _work(limits: Limits, function: Callable[..., T], *arguments: Any) -> T:
    try:
        return within(limits, function, *arguments)
    except OutOfTime:
        raise Overrun(f"it took more than {limits.seconds:.0f} s of the processor") from None
    except MemoryError:
        raise Overrun(f"it took more than {limits.memory >> 20} MB") from None


def _ready(function: Callable[..., Any]) -> None:
    """Done once the process has started and, to be given the function, has imported its module."""

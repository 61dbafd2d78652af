"""Worker processes for what may hang, or die: hostile bytes are parsed there, and the service goes on."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from services.kernel.errors import Permanent
from services.kernel.turns import Turns

T = TypeVar("T")
SECONDS = 30.0
MEMORY = 4 << 30
"""Bytes of address space of one worker process."""


class Overrun(Permanent):
    """The work took longer than it may, or ended its process, also when it ran alone."""


class Pool:
    """A few processes, made when they are first needed. Work that breaks them is tried once more, alone."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._count = min(4, os.cpu_count() or 1)
        self._seconds = seconds
        self._memory = memory
        self._slots = asyncio.Semaphore(self._count)
        self._turns = Turns()
        self._executor: ProcessPoolExecutor | None = None

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """What the function returns; raises what it raises, or Overrun."""
        try:
            async with self._turns.shared(), self._slots:
                return await self._attempt(function, *arguments)
        except BrokenProcessPool:
            # This work, or what ran beside it.
            async with self._turns.alone():
                try:
                    return await self._attempt(function, *arguments)
                except BrokenProcessPool:
                    raise Overrun("it ended its worker process") from None

    async def _attempt(self, function: Callable[..., T], *arguments: Any) -> T:
        executor = self._current()
        loop = asyncio.get_running_loop()
        try:
            # Before the work's time runs: on a busy machine a process may take long to start and to import.
            await loop.run_in_executor(executor, _ready, function)
            running = loop.run_in_executor(executor, function, *arguments)
            done, _ = await asyncio.wait({running}, timeout=self._seconds)
            if not done:
                running.add_done_callback(lambda future: future.cancelled() or future.exception())
                self._end(executor)
                raise Overrun(f"it took longer than {self._seconds:.0f} s")
            return running.result()
        except BrokenProcessPool:
            self._end(executor)
            raise

    def _current(self) -> ProcessPoolExecutor:
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self._count, context, _limit, (self._memory,))
        return self._executor

    def _end(self, executor: ProcessPoolExecutor) -> None:
        if self._executor is executor:
            self._executor = None
        for process in list((executor._processes or {}).values()):
            process.kill()
        executor.shutdown(wait=False)


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _ready(function: Callable[..., Any]) -> None:
    """Done once the process has started and, to be given the function, has imported its module."""

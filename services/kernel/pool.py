"""Worker processes for what may hang, or die: hostile bytes are parsed there, and the service goes on.

Each has a pipe of its own, so that one which ends takes no neighbour with it. The executor of the standard library ends
all of them, and has a race while it does (its thread looks through dictionaries that another adds to: seen in 3.11 on a
busy machine as "dictionary changed size during iteration", after which work may never be answered).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
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
    there are of these, and so has one asker's. Work whose process ends is tried once more, alone.
    """

    def __init__(self, limits: Limits = LIMITS, patience: float = PATIENCE) -> None:
        processors = min(4, os.cpu_count() or 1)
        places = processors + 1
        self._limits = limits
        self._patience = patience
        self._places = Places(places, large=processors)
        self._turns = Turns()
        self._threads = ThreadPoolExecutor(places)
        self._idle: list[_Process] = []

    async def run(
        self, function: Callable[..., T], *arguments: Any, size: int = 0, who: str = ""
    ) -> T:
        """What the function returns; raises what it raises, or Overrun. `size` is the bytes that it works on, `who`
        those whose work it is: the processes are shared fairly among them. Who is cancelled ends the process.
        """
        limits = self._limits.of(size)
        try:
            async with self._places.one(who, size), self._turns.shared():
                return await self._attempt(limits, function, *arguments)
        except _Ended:
            # By this work, or by the system, because memory was short: what ran beside it may be the cause.
            async with self._turns.alone():
                try:
                    return await self._attempt(limits, function, *arguments)
                except _Ended:
                    raise Overrun("it ended its worker process") from None

    def close(self) -> None:
        """Ends the processes, which have no work by then; the next work would make new ones."""
        idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    async def _attempt(self, limits: Limits, function: Callable[..., T], *arguments: Any) -> T:
        process = self._take()
        if process is None:
            process = await self._call(_Process)
        try:
            # Before the work's time runs: on a busy machine a process may take long to start and to import.
            await self._ask(process, _ready, function)
            working: asyncio.Future[T] = self._ask(process, _work, limits, function, *arguments)
            patience = self._patience * limits.seconds
            try:
                done, _ = await asyncio.wait({working}, timeout=patience)
            finally:
                working.cancel()
            if not done:
                raise Overrun(f"it took longer than {patience:.0f} s")
            return working.result()
        finally:
            if process.is_idle:
                self._idle.append(process)
            else:
                process.end()

    def _ask(
        self, process: _Process, function: Callable[..., T], *arguments: Any
    ) -> asyncio.Future[T]:
        process.is_idle = False  # here, not in the thread: who is cancelled looks at it at once
        return self._call(process.ask, function, *arguments)

    def _call(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Calls what waits for a process."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._threads, function, *arguments)

    def _take(self) -> _Process | None:
        while self._idle:
            process = self._idle.pop()
            if process.is_alive():
                return process
        return None


class _Ended(Exception):
    """A process ended before it had answered."""


class _Process:
    """Answers one question after another, until it ends, or this process does."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.is_idle = True

    def ask(self, function: Callable[..., T], *arguments: Any) -> T:
        """What the function returns there; raises what it raises, or _Ended. It waits; one asks at a time."""
        question = pickle.dumps((function, arguments))
        try:
            self._connection.send_bytes(question)
            answer = self._connection.recv_bytes()
        except (EOFError, OSError):
            raise _Ended from None
        self.is_idle = True
        result: T
        result, error = pickle.loads(answer)
        if error is not None:
            raise error
        return result

    def is_alive(self) -> bool:
        """Whether it is still there."""
        return self._process.is_alive()

    def end(self) -> None:
        """Ends it, whatever it does; who asked it something gets _Ended."""
        self._process.kill()


def _serve(connection: Connection) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for who asks, and that ends this process
    with suppress(EOFError, OSError):  # nobody is there to ask, or to hear the answer
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))


def _answer(question: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(question)
        return pickle.dumps((function(*arguments), None))
    except Exception as error:
        return pickle.dumps((None, _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error, or one that says the same where it can't be sent, with the place where it was raised."""
    where = "".join(traceback.format_tb(error.__traceback__))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(repr(error))
    error.add_note(where)
    return error


def _work(limits: Limits, function: Callable[..., T], *arguments: Any) -> T:
    try:
        return within(limits, function, *arguments)
    except OutOfTime:
        raise Overrun(f"it took more than {limits.seconds:.0f} s of the processor") from None
    except MemoryError:
        raise Overrun(f"it took more than {limits.memory >> 20} MB") from None


def _ready(function: Callable[..., Any]) -> None:
    """Done once the process has started and, to be given the function, has imported its module."""

"""An event loop in which nothing happens but by a seed: its time is made up, and threads take seeded moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, Protocol

MOMENT = 0.002
"""Seconds that a call of a thread takes on the average, to begin and to answer."""
STEPS = 2_000_000


class Machine(Protocol):
    """What a task may run on: it does nothing while the machine sleeps, and nothing any more when that is dead."""

    is_dead: bool
    wakes_at: float

    def step(self) -> None:
        """Called before each step of what it runs; the machine may die of it."""
        ...


class Alive:
    """A machine to which nothing happens."""

    is_dead = False
    wakes_at = 0.0

    def step(self) -> None: ...


MACHINE: ContextVar[Machine | None] = ContextVar("MACHINE", default=None)


class Stuck(Exception):
    """Nothing is left that could happen, or far too much happened."""


class Loop(asyncio.BaseEventLoop):
    """Deterministic for a seed, if what it runs asks nobody else for time, order or chance."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self._now = 0.0
        self._timers: list[tuple[float, int, asyncio.Handle]] = []
        self._turns = count()
        self.tasks: list[asyncio.Task[Any]] = []
        """All of them: one of the dead that is collected would do what its `finally` says, at any moment."""
        self.set_task_factory(self._new_task)
        # The dead leave tasks and questions behind that nobody asks about.
        self.set_exception_handler(lambda loop, context: None)
        self._steps = 0

    def time(self) -> float:
        """Seconds since the beginning of this world."""
        return self._now

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """As asyncio's, which compares handles in Python; what is due at one time comes in the order in which it was
        asked for.
        """
        handle = asyncio.Handle(callback, args, self, context)
        heappush(self._timers, (when, next(self._turns), handle))
        return handle

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """As asyncio's."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def elsewhere(self, delay: float, function: Callable[..., object], *arguments: Any) -> None:
        """Calls a function after a delay, on none of the machines: it happens whatever becomes of who asked for it."""
        self.call_later(delay, function, *arguments, context=Context())

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Runs the function in one piece at a seeded moment; its answer comes at a later one.

        It may run although its machine has died meanwhile, as a transaction whose commit is on its way.
        """
        future: asyncio.Future[Any] = self.create_future()
        machine, context = MACHINE.get(), copy_context()
        is_on_its_way = self._random.random() < 0.3

        def work() -> None:
            if machine is not None and machine.is_dead and not is_on_its_way:
                return
            try:
                result, error = context.run(func, *args), None
            except BaseException as raised:
                result, error = None, raised
            self.elsewhere(self._moment(), answer, future, result, error, machine)

        self.elsewhere(self._moment(), work)
        return future

    def _new_task(self, loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
        self.tasks.append(task)
        return task

    def _moment(self) -> float:
        return self._random.expovariate(1 / MOMENT)

    def _run_once(self) -> None:
        ready: Any = self._ready  # type: ignore[attr-defined]
        timers = self._timers
        if not ready:
            while timers and timers[0][2].cancelled():
                heappop(timers)
            if not timers:
                raise Stuck("nothing is left to happen")
            self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            ready.append(heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled and self._may_run(handle):
                handle._run()

    def _may_run(self, handle: Any) -> bool:
        self._steps += 1
        if self._steps > STEPS:
            raise Stuck("too much happens")
        machine = handle._context.get(MACHINE)
        if machine is None:
            return True
        if machine.is_dead:
            return False
        if machine.wakes_at > self._now:
            self.call_at(machine.wakes_at, self._ready.append, handle, context=Context())  # type: ignore[attr-defined]
            return False
        machine.step()
        return not machine.is_dead

    def _process_events(self, event_list: Any) -> None: ...

    def _write_to_self(self) -> None: ...


def answer(
    future: asyncio.Future[Any], result: Any, error: BaseException | None, asker: Machine | None
) -> None:
    """What a question led to, unless nobody waits for it any more."""
    if future.done() or (asker is not None and asker.is_dead):
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)

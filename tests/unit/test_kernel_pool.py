"""Worker processes that hang or die."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from services.kernel.limits import Limits
from services.kernel.pool import Overrun, Pool


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def bug() -> None:
    raise KeyError("a handler's own error")


def greedy(megabytes: int = 8192) -> int:
    return len(bytearray(megabytes << 20))


def busy() -> None:
    while True:
        pass


def stubborn() -> None:
    """Native code that never returns to Python."""
    sum(itertools.repeat(1))


def spend(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_work_runs_elsewhere() -> None:
    assert asyncio.run(Pool().run(after, 0.0)) != os.getpid()


def test_work_that_takes_too_long_is_ended_and_the_pool_goes_on() -> None:
    async def run() -> int:
        pool = Pool(Limits(seconds=5), patience=1)
        await pool.run(after, 0.0)
        with pytest.raises(Overrun, match="longer"):
            await pool.run(after, 600.0)
        return await pool.run(after, 0.0)

    assert asyncio.run(run())


def test_the_start_of_a_process_is_no_part_of_the_works_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a right workbook came back as unreadable: the start alone took the 30 seconds."""
    (tmp_path / "slowly_imported.py").write_text(
        "import multiprocessing, time\n"
        "if multiprocessing.parent_process(): time.sleep(4)\n"
        "def work(): return 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    work = import_module("slowly_imported").work
    assert asyncio.run(Pool(Limits(seconds=2), patience=1).run(work)) == 1


def test_work_that_kills_its_process_is_found_and_its_neighbours_finish() -> None:
    async def run() -> list[int | BaseException | None]:
        pool = Pool()
        work = [pool.run(after, 0.5), pool.run(die), pool.run(after, 0.5)]
        return list(await asyncio.gather(*work, return_exceptions=True))

    first, killer, last = asyncio.run(run())
    assert isinstance(first, int) and isinstance(last, int)
    assert isinstance(killer, Overrun)


def test_a_handlers_own_error_is_raised() -> None:
    with pytest.raises(KeyError):
        asyncio.run(Pool().run(bug))


@pytest.mark.parametrize(
    ("work", "why"), [(busy, "processor"), (stubborn, "ended"), (greedy, "MB")]
)
def test_time_and_memory_are_bounded(work: Callable[[], object], why: str) -> None:
    with pytest.raises(Overrun, match=why):
        asyncio.run(Pool(Limits(seconds=0.5), patience=200).run(work))


def test_more_bytes_may_take_more() -> None:
    async def run() -> int:
        pool = Pool(Limits(memory=64 << 20, memory_per_byte=2))
        with pytest.raises(Overrun, match="64 MB"):
            await pool.run(greedy, 128)
        return await pool.run(greedy, 128, size=64 << 20)

    assert asyncio.run(run()) == 128 << 20


def test_each_work_has_the_whole_time_for_itself() -> None:
    """The processor time of a process adds up over all that it ever did."""

    async def run() -> None:
        pool = Pool(Limits(seconds=1))
        for _ in range(6):
            await pool.run(spend, 0.7)

    asyncio.run(run())

"""Worker processes that hang or die."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
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


def noted(file: Path, seconds: float) -> int:
    with file.open("a") as written:
        written.write(f"{os.getpid()}\n")
    return after(seconds)


def has_begun(file: Path) -> bool:
    return file.exists() and file.read_text().endswith("\n")


def same(number: int) -> int:
    return number


def until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def has_ended(process: int) -> bool:
    """Gone, or waiting that somebody asks how it ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return True
    return state in "ZX"


class Peculiar(Exception):
    """Made from other arguments than it is kept with."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


def peculiar() -> None:
    raise Peculiar(1, 2)


def unsendable() -> object:
    return lambda: None


def unsendable_error() -> None:
    class Unsendable(Exception):
        """No other process can find it."""

    raise Unsendable


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


def test_work_that_ends_its_process_costs_its_neighbours_nothing(tmp_path: Path) -> None:
    """They share nothing with it: what is under way goes on, once, whatever dies beside it and is tried again."""

    async def run() -> list[int | BaseException | None]:
        pool = Pool()
        beside = [pool.run(noted, tmp_path / str(number), 0.2) for number in range(12)]
        return list(
            await asyncio.gather(
                *beside, *(pool.run(die) for _ in range(6)), return_exceptions=True
            )
        )

    outcomes = asyncio.run(run())
    assert [type(outcome) for outcome in outcomes] == [int] * 12 + [Overrun] * 6
    begun = [(tmp_path / str(number)).read_text().splitlines() for number in range(12)]
    assert [len(processes) for processes in begun] == [1] * 12


def test_who_is_cancelled_ends_the_process(tmp_path: Path) -> None:
    async def run() -> None:
        pool = Pool()
        for number in range(5):
            task = asyncio.create_task(pool.run(noted, tmp_path / str(number), 600.0))
            await asyncio.to_thread(until, partial(has_begun, tmp_path / str(number)))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await pool.run(after, 0.0)

    asyncio.run(run())
    for number in range(5):
        process = int((tmp_path / str(number)).read_text())
        until(partial(has_ended, process))


def test_a_process_that_ended_while_it_was_idle_is_replaced() -> None:
    async def run() -> tuple[int, int]:
        pool = Pool()
        first = await pool.run(after, 0.0)
        os.kill(first, signal.SIGKILL)
        return first, await pool.run(after, 0.0)

    first, second = asyncio.run(run())
    assert first != second


def test_ctrl_c_is_not_for_the_processes() -> None:
    async def run() -> tuple[int, int]:
        pool = Pool()
        first = await pool.run(after, 0.0)
        os.kill(first, signal.SIGINT)
        return first, await pool.run(after, 0.0)

    first, second = asyncio.run(run())
    assert first == second


@pytest.mark.parametrize(
    ("work", "error", "says"),
    [
        (unsendable, Exception, "lambda"),
        (peculiar, RuntimeError, "Peculiar"),
        (unsendable_error, RuntimeError, "Unsendable"),
    ],
)
def test_what_cannot_be_sent_is_an_error_of_the_work(
    work: Callable[[], object], error: type[Exception], says: str
) -> None:
    async def run() -> None:
        pool = Pool()
        with pytest.raises(error, match=says):
            await pool.run(work)
        assert await pool.run(same, 1) == 1

    asyncio.run(run())


def test_the_processes_end_with_the_one_that_asks() -> None:
    """Also where that is killed."""
    code = (
        "import asyncio, os, signal\n"
        "from services.kernel.pool import Pool\n"
        "async def run():\n"
        "    print(await Pool().run(os.getpid), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(run())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    until(lambda: has_ended(int(done.stdout)))


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

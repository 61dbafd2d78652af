"""Worker processes that hang or die."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from importlib import import_module
from pathlib import Path

import pytest

from services.kernel.pool import Overrun, Pool


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def bug() -> None:
    raise KeyError("a handler's own error")


def greedy() -> int:
    return len(bytearray(8 << 30))


def after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_work_runs_elsewhere() -> None:
    assert asyncio.run(Pool().run(after, 0.0)) != os.getpid()


def test_work_that_takes_too_long_is_ended_and_the_pool_goes_on() -> None:
    async def run() -> int:
        pool = Pool(seconds=5)
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
    assert asyncio.run(Pool(seconds=2).run(work)) == 1


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


def test_memory_is_bounded() -> None:
    with pytest.raises(MemoryError):
        asyncio.run(Pool().run(greedy))

"""The suite several times in a row while something else keeps one core busy: what failed, and how often.

`make steady` (`times=5`, `arguments="tests/unit -k pool"` for a part). A test that fails here has a defect, or the
product has: it waits a fixed time, meets what a neighbour left, or takes the machine to be its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

SUITE = ("-m", "not long", "--dist", "loadfile", "--no-loadscope-reorder")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 where every run was green, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.steady", description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--processes", default="3")
    parser.add_argument("pytest", nargs="*", help="what to hand on to pytest")
    wanted = parser.parse_args(arguments)
    failures: Counter[str] = Counter()
    red = 0
    with tempfile.TemporaryDirectory(prefix="solieu-steady-") as folder, one_core_busy():
        for run in range(1, wanted.times + 1):
            report = Path(folder) / f"{run}.xml"
            begun = time.monotonic()
            code = _suite(wanted.processes, wanted.pytest, report)
            failed = failed_in(report) if report.exists() else ["(no report: pytest ended early)"]
            failures.update(failed)
            red += code != 0
            minutes = (time.monotonic() - begun) / 60
            print(
                f"run {run} of {wanted.times}: {len(failed)} failed, {minutes:.1f} min", flush=True
            )
    for name, count in failures.most_common():
        print(f"{count} of {wanted.times}  {name}")
    return 1 if red else 0


@contextmanager
def one_core_busy() -> Iterator[None]:
    """A process that does nothing else, on the first core that this one may use."""
    core = min(os.sched_getaffinity(0))
    process = multiprocessing.get_context("spawn").Process(target=_busy, args=(core,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def failed_in(report: Path) -> list[str]:
    """The tests that a JUnit report names as failed, or as broken before or after they ran."""
    cases = ElementTree.parse(report).iter("testcase")
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def _busy(core: int) -> None:
    os.sched_setaffinity(0, {core})
    while os.getppid() != 1:
        sum(range(100_000))


def _suite(processes: str, more: Sequence[str], report: Path) -> int:
    command = [sys.executable, "-m", "pytest", *SUITE, "--numprocesses", processes]
    return subprocess.run([*command, f"--junitxml={report}", *more], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

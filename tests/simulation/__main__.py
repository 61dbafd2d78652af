"""`python -m tests.simulation`: histories from new seeds for as long as one likes, on all processors.

Prints what is wrong with a history, and its seed; `--seed` tells one history whole. Exit code 1 where one was bad.
`--planted` says for each fault of planted.py how many histories it took to be seen.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from itertools import chain
from random import SystemRandom

from tests.simulation.check import faults
from tests.simulation.plans import judge, judge_each, prepared, quiet, world
from tests.simulation.planted import PLANTED

MANY = 2000
AT_ONCE = 50
PART = 10


def main() -> int:
    """See the module."""
    options = _options()
    quiet()
    if options.seed is not None:
        return _tell(options.seed, options.plan)
    if options.planted:
        return _planted()
    return _search(options.first, options.minutes, options.jobs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--first", type=int, default=SystemRandom().randrange(10**6, 10**9))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--plan", type=int, help="its index in plans.py; else the seed chooses it")
    parser.add_argument("--planted", action="store_true")
    return parser.parse_args()


def _tell(seed: int, plan: int | None) -> int:
    told = world(seed, plan)
    try:
        told.run()
        found = list(faults(told))
    except Exception as error:
        found = [repr(error)]
    print(f"{told.plan}\n", *told.trace, "", *(found or ["nothing is wrong"]), sep="\n")
    return bool(found)


def _search(first: int, minutes: float, jobs: int) -> int:
    begun = time.monotonic()
    done = bad = 0
    with multiprocessing.get_context("spawn").Pool(jobs, prepared) as pool:
        while time.monotonic() < begun + minutes * 60:
            seeds = range(first + done, first + done + AT_ONCE * jobs)
            parts = [seeds[begin : begin + PART] for begin in range(0, len(seeds), PART)]
            judged = chain.from_iterable(pool.map(judge_each, parts, chunksize=1))
            for seed, found in zip(seeds, judged, strict=True):
                if found:
                    bad += 1
                    print(
                        f"\rseed {seed}: {found[0]}"
                        + f" and {len(found) - 1} more" * (len(found) > 1)
                    )
            done += len(seeds)
            print(f"\r{done} histories, {bad} of them bad", end="", file=sys.stderr, flush=True)
    rate = done / (time.monotonic() - begun) * 60
    print(f"\r{done} histories from seed {first} on, {bad} of them bad; {rate:.0f} a minute")
    return bool(bad)


def _planted() -> int:
    missed = 0
    for name, plant in PLANTED.items():
        with plant():
            seen = next(((seed, found) for seed in range(MANY) if (found := judge(seed))), None)
        missed += seen is None
        print(
            f"{name}: "
            + (f"history {seen[0] + 1}: {seen[1][0]}" if seen else f"not seen in {MANY}"),
            flush=True,
        )
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())

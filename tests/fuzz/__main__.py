"""`make fuzz`: mutants of real workbooks until the number is reached; exit code 1 where one was not taken well."""

import argparse
import secrets
import time

from rich.console import Console

from tests.fuzz.fuzzer import GIVEN_UP, Seen, Tally, fuzz, keep


def main() -> int:
    """Prints the run's number first, with which the same mutants are made again."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument(
        "--run", type=int, default=secrets.randbelow(1_000_000), help="number of the run"
    )
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"run {options.run}, {options.mutants:,} mutants")
    tally, faults, start = Tally(), 0, time.monotonic()

    def each(seen: Seen) -> None:
        nonlocal faults
        tally.add(seen)
        if seen.fault:
            faults += 1
            number = int(seen.name.split()[0])
            console.print(f"{seen.name}: {seen.fault}; kept in {keep(options.run, number)}")
        if GIVEN_UP in seen.codes:
            console.print(f"given up: {seen.name}")
        done = sum(tally.verdicts.values())
        if done % 500 == 0:
            console.print(f"{done:,} after {time.monotonic() - start:.0f} s, {faults} faults")

    fuzz(options.run, range(options.first, options.first + options.mutants), each)
    console.print(f"verdicts: {dict(tally.verdicts)}")
    console.print(f"codes: {dict(tally.codes.most_common())}")
    if tally.slowest and tally.largest:
        console.print(f"slowest: {tally.slowest.seconds:.2f} s, {tally.slowest.name}")
        console.print(f"largest: {tally.largest.memory >> 20} MB, {tally.largest.name}")
    console.print(f"run {options.run}: {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())

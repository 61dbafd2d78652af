"""`python -m bench`: the runner beside the same stage written by hand, in pairs, on real Kafka and PostgreSQL."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.measure import BY_HAND, RUNNER, Bench
from bench.stage import BATCH_EVENTS
from deploy.local import Stack
from tests.toy.harness import fresh_topics

AIM = 0.35
WARM_UP_EVENTS = 1_000
SHORT = (3, 5_000, 0)


@dataclass(frozen=True)
class Pair:
    """One run of each side, over the same events, one right after the other. Events a second."""

    runner: float
    by_hand: float

    @property
    def ratio(self) -> float:
        """The runner's share of what is possible by hand."""
        return self.runner / self.by_hand


def measure(pairs: int, events: int, warm_up: int) -> Iterator[Pair]:
    """One pair after the other; first, for the broker to get warm, one of `warm_up` events that doesn't count."""
    with _infrastructure() as bench:
        if warm_up:
            _pair(bench, warm_up)
        for _ in range(pairs):
            yield _pair(bench, events)


def _pair(bench: Bench, events: int) -> Pair:
    bench.load(events)
    return Pair(bench.run(RUNNER, events), bench.run(BY_HAND, events))


@contextmanager
def _infrastructure() -> Iterator[Bench]:
    folder = Path(tempfile.mkdtemp(prefix="solieu-bench-"))
    folder.chmod(0o711)  # PostgreSQL's own user passes through when root runs it
    stack = Stack(folder, free_ports=True, tied=True)
    try:
        stack.start_infrastructure()
        fresh_topics(stack.bootstrap)
        with closing(Bench(stack.bootstrap, stack.administrator_url, folder)) as bench:
            yield bench
    finally:
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was measured. Exit code 0: the figures are for a person to judge."""
    options = _parser().parse_args(arguments)
    full = (options.pairs, options.events, WARM_UP_EVENTS)
    pairs, events, warm_up = SHORT if options.short else full
    load = os.getloadavg()[0]
    progress = Console(stderr=True)
    measured = []
    for pair in measure(pairs, events, warm_up):
        measured.append(pair)
        progress.print(f"pair {len(measured)} of {pairs}: {pair.ratio:.2f}", highlight=False)
    if options.json:
        print(json.dumps(_report(measured, events, load), indent=1))
    else:
        Console().print(_table(measured, events, load))
    return 0


def _report(pairs: Sequence[Pair], events: int, load: float) -> dict[str, object]:
    return {
        "load_before": load,
        "events": events,
        "batch": BATCH_EVENTS,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "pairs": [asdict(pair) | {"ratio": pair.ratio} for pair in pairs],
        "ratio": median(pair.ratio for pair in pairs),
        "aim": AIM,
    }


def _table(pairs: Sequence[Pair], events: int, load: float) -> Table:
    table = Table(title=f"events a second; {events:,} a run", width=48)
    for heading in ("pair", "runner", "by hand", "ratio"):
        table.add_column(heading, justify="right")
    for number, pair in enumerate(pairs, 1):
        table.add_row(str(number), *_cells(pair.runner, pair.by_hand, pair.ratio))
    table.add_section()
    medians = [median(values) for values in zip(*map(_values, pairs), strict=True)]
    table.add_row("median", *_cells(*medians))
    table.caption = f"aim: {AIM}; {os.cpu_count()} cores, load before: {load:.1f}"
    return table


def _values(pair: Pair) -> tuple[float, float, float]:
    return pair.runner, pair.by_hand, pair.ratio


def _cells(runner: float, by_hand: float, ratio: float) -> tuple[str, str, str]:
    return f"{runner:,.0f}", f"{by_hand:,.0f}", f"{ratio:.2f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="paired runs (5)")
    parser.add_argument("--events", type=int, default=20_000, help="events of each run (20000)")
    parser.add_argument(
        "--short", action="store_true", help="3 pairs of 5000 events, the first on a cold broker"
    )
    parser.add_argument("--json", action="store_true", help="everything, for a program")
    return parser


if __name__ == "__main__":
    sys.exit(main())

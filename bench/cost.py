"""What the runner costs: it and the same stage written by hand, in pairs, on real Kafka and PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from bench.measure import BY_HAND, RUNNER, Bench
from bench.stage import BATCH_EVENTS
from deploy.local import Stack
from tests.toy.harness import fresh_topics

AIM = 0.70


@dataclass(frozen=True)
class Plan:
    """How much is measured: pairs of runs, the events of each, and those of one pair that doesn't count."""

    pairs: int
    events: int
    warm_up: int


FULL = Plan(pairs=5, events=20_000, warm_up=1_000)
SHORT = Plan(pairs=3, events=5_000, warm_up=0)


@dataclass(frozen=True)
class Pair:
    """One run of each side, over the same events, one right after the other. Events a second."""

    runner: float
    by_hand: float

    @property
    def ratio(self) -> float:
        """The runner's share of what is possible by hand."""
        return self.runner / self.by_hand


def measure(plan: Plan, progress: Callable[[str], None]) -> list[Pair]:
    """One pair after the other; first, for the broker to get warm, the one that doesn't count."""
    measured = []
    with _infrastructure() as bench:
        if plan.warm_up:
            _pair(bench, plan.warm_up)
        for number in range(1, plan.pairs + 1):
            measured.append(_pair(bench, plan.events))
            progress(f"pair {number} of {plan.pairs}: {measured[-1].ratio:.2f}")
    return measured


def _pair(bench: Bench, events: int) -> Pair:
    bench.load(events)
    pair = Pair(bench.run(RUNNER, events), bench.run(BY_HAND, events))
    bench.clear()
    return pair


@contextmanager
def _infrastructure() -> Iterator[Bench]:
    folder = Path(tempfile.mkdtemp(prefix="solieu-bench-"))
    folder.chmod(0o711)  # PostgreSQL's own user passes through when root runs it
    stack = Stack(folder, free_ports=True, tied=True)
    try:
        stack.start_infrastructure()
        fresh_topics(stack.kafka())
        with closing(Bench(stack.kafka(), stack.administrator_url, folder)) as bench:
            yield bench
    finally:
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def as_json(pairs: Sequence[Pair], events: int) -> dict[str, object]:
    """Everything, for a program."""
    return {
        "events": events,
        "batch": BATCH_EVENTS,
        "pairs": [asdict(pair) | {"ratio": pair.ratio} for pair in pairs],
        "ratio": median(pair.ratio for pair in pairs),
        "aim": AIM,
    }


def table(pairs: Sequence[Pair], events: int) -> Table:
    """The table for a person."""
    shown = Table(title=f"the runner: events a second; {events:,} a run", width=48)
    for heading in ("pair", "runner", "by hand", "ratio"):
        shown.add_column(heading, justify="right")
    for number, pair in enumerate(pairs, 1):
        shown.add_row(str(number), *_cells(pair.runner, pair.by_hand, pair.ratio))
    shown.add_section()
    medians = [median(values) for values in zip(*map(_values, pairs), strict=True)]
    shown.add_row("median", *_cells(*medians))
    shown.caption = f"aim: {AIM}"
    return shown


def _values(pair: Pair) -> tuple[float, float, float]:
    return pair.runner, pair.by_hand, pair.ratio


def _cells(runner: float, by_hand: float, ratio: float) -> tuple[str, str, str]:
    return f"{runner:,.0f}", f"{by_hand:,.0f}", f"{ratio:.2f}"

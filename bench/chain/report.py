"""What was measured, for a person and for a program."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.chain.measure import AIM_SECONDS, Chain, Pair, Spread, middle


def as_json(chain: Chain) -> dict[str, Any]:
    """Everything, in seconds and MiB."""
    return {
        "aim_p99": AIM_SECONDS,
        "latency": {
            f"{pace:g}": [asdict(spread) for spread in spreads]
            for pace, spreads in chain.latency.items()
        },
        "small": _pairs(chain.small),
        "large": _pairs(chain.large),
        "memory": [asdict(peak) for peak in chain.memory],
    }


def show(chain: Chain, console: Console) -> None:
    """The tables."""
    latency = [_latency(pace, spreads) for pace, spreads in chain.latency.items()]
    console.print(*latency, _throughput(chain), _memory(chain))


def _pairs(pairs: list[Pair]) -> dict[str, Any]:
    names = ("submissions", "figures", "ratio")
    return {
        "pairs": [asdict(pair) | {name: getattr(pair, name) for name in names} for pair in pairs],
        "ratio": middle(pairs, lambda pair: pair.ratio),
    }


def _latency(pace: float, spreads: list[Spread]) -> Table:
    table = Table(title=f"milliseconds at {pace:g} submissions a second")
    table.add_column("from → to")
    for heading in ("p50", "p99", "most"):
        table.add_column(heading, justify="right")
    for one in spreads:
        table.add_row(one.name, *(f"{1000 * value:,.0f}" for value in (one.p50, one.p99, one.most)))
    table.caption = f"aim of the first line: p99 under {1000 * AIM_SECONDS:.0f}"
    return table


def _throughput(chain: Chain) -> Table:
    table = Table(title="throughput, and one process without a broker")
    for heading in (
        "submissions", "figures each", "stored s", "feed s", "finished s", "alone s",
        "submissions/s", "figures/s", "ratio",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    for pairs in (chain.small, chain.large):
        for pair in pairs:
            seconds = (pair.stored, pair.fed, pair.finished, pair.alone)
            table.add_row(
                str(pair.count), f"{pair.size.figures:,}",
                *(f"{value:.2f}" for value in seconds),
                f"{pair.submissions:,.1f}", f"{pair.figures:,.0f}", f"{pair.ratio:.2f}",
            )  # fmt: skip
        table.add_section()
        rates = (middle(pairs, lambda p: p.submissions), middle(pairs, lambda p: p.figures))
        table.add_row(
            "median", "", "", "", "", "", f"{rates[0]:,.1f}", f"{rates[1]:,.0f}",
            f"{middle(pairs, lambda p: p.ratio):.2f}",
        )  # fmt: skip
        table.add_section()
    return table


def _memory(chain: Chain) -> Table:
    table = Table(title="peak memory, MiB, shared pages included")
    for heading in ("process", "own", "children"):
        table.add_column(heading, justify="left" if heading == "process" else "right")
    for one in chain.memory:
        children = " ".join(f"{value:.0f}" for value in one.children[:4])
        more = f" and {len(one.children) - 4} more" if len(one.children) > 4 else ""
        table.add_row(one.program, f"{one.own:.0f}", children + more)
    return table

"""The same 20 rules over the same rows: this engine beside vtlengine, and how it grows with rows.

vtlengine is AGPL, so it is no dependency of the product: `make` knows nothing of it, and its own
environment is built by the two lines in bench/README.md. Reading the table counts for neither.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from services.model.rule import Rule, RuleKind
from services.validation.rules.engine import Frame, compile_for, run_rules

VTL_PYTHON = Path(".bench/bin/python")
_NUMBER = pl.Decimal(38, 2)
RULES: tuple[tuple[str, str, str], ...] = (
    ("positive", "value >= 0", "value >= 0"),
    ("bounded", "value between 0 and 900", "between(value, 0, 900)"),
    ("parts", "value = north + south", "value = north + south"),
    ("north_part", "north <= value", "north <= value"),
    ("south_part", "south <= value", "south <= value"),
    ("ratio", "north / value <= 0.9", "north / value <= 0.9"),
    ("difference", "abs(north - south) <= 800", "abs(north - south) <= 800"),
    ("kinds", "kind in ('total', 'part', 'other')", 'kind in {"total", "part", "other"}'),
    ("not_other", "kind <> 'other'", 'kind <> "other"'),
    ("total_large", "not (kind = 'total') or value > 100", 'when kind = "total" then value > 100'),
    ("part_small", "not (kind = 'part') or value < 900", 'when kind = "part" then value < 900'),
    ("firms_whole", "firms >= 1", "firms >= 1"),
    ("firms_most", "firms <= 95", "firms <= 95"),
    ("per_firm", "value / firms <= 500", "value / firms <= 500"),
    ("either", "value > 50 or firms > 10", "value > 50 or firms > 10"),
    ("both", "value > 10 and north > 1", "value > 10 and north > 1"),
    ("rounded", "round(value, 0) <= 950", "round(value, 0) <= 950"),
    ("product", "north * firms >= 0", "north * firms >= 0"),
    ("word", "length(kind) >= 4", "length(kind) >= 4"),
    ("capital", "upper(kind) <> 'PART'", 'upper(kind) <> "PART"'),
)
"""Id, in the language of rules, and in VTL."""


@dataclass(frozen=True)
class Plan:
    """How many rows, and how often each is run."""

    rows: int
    many_rows: int
    times: int


FULL = Plan(100_000, 200_000, 7)
SHORT = Plan(10_000, 20_000, 3)


def table(rows: int, seed: int = 5) -> pl.DataFrame:
    """Rows in quarters, which floats hold exactly, so that both find the same; some cells blank."""
    chance = random.Random(seed)

    def quarter(most: int) -> float | None:
        return None if chance.random() < 0.01 else chance.randrange(4 * most) / 4

    north = [quarter(500) for _ in range(rows)]
    south = [quarter(500) for _ in range(rows)]
    values = [
        None if one is None or other is None else one + other + (chance.random() < 0.02)
        for one, other in zip(north, south, strict=True)
    ]
    kinds = chance.choices(("total", "part", "other", "odd"), (5, 4, 1, 0.1), k=rows)
    firms = [chance.randrange(1, 100) for _ in range(rows)]
    return pl.DataFrame(
        {"id": range(rows), "value": values, "north": north, "south": south, "kind": kinds, "firms": firms}
    )  # fmt: skip


def _frame(data: pl.DataFrame) -> Frame:
    numbers = [pl.col(name).cast(_NUMBER) for name in ("value", "north", "south")]
    return Frame.of(data.with_columns(*numbers, pl.col("firms").cast(pl.Decimal(38, 0))))


def ours(data: pl.DataFrame, times: int) -> tuple[list[float], dict[str, int]]:
    """Seconds of each run, with reading the rules, and how many rows failed each."""
    frames = {"data": _frame(data)}
    rules = [Rule(name, RuleKind.CHECK, text, 1, table="data") for name, text, _ in RULES]
    seconds = []
    for _ in range(times):
        compile_for.cache_clear()
        start = time.perf_counter()
        outcomes = run_rules(rules, frames)
        seconds.append(time.perf_counter() - start)
    return seconds, {rule.id: one.failed for rule, one in zip(rules, outcomes, strict=True)}


def vtl(data: pl.DataFrame, times: int, duckdb: bool) -> tuple[list[float], dict[str, int]]:
    """The same by vtlengine, in its own interpreter."""
    rules = ";\n".join(f"  {name}: {text}" for name, _, text in RULES)
    script = (
        "define datapoint ruleset rules (variable value, north, south, kind, firms) is\n"
        f"{rules}\nend datapoint ruleset;\nfound <- check_datapoint(observations, rules);"
    )
    with tempfile.TemporaryDirectory() as folder:
        data.write_csv(Path(folder) / "data.csv")
        (Path(folder) / "rules.vtl").write_text(script)
        options = [folder, str(times), "duckdb" if duckdb else "pandas"]
        command = [str(VTL_PYTHON), "bench/rules_vtl.py", *options]
        printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    found = json.loads(printed.stdout.splitlines()[-1])
    return found["seconds"], found["failed"]


def measure(plan: Plan, progress: Callable[[str], None]) -> dict[str, Any]:
    """Medians in seconds; vtlengine only where its environment is."""
    data = table(plan.rows)
    seconds, failed = ours(data, plan.times)
    measured: dict[str, Any] = {
        "rules": len(RULES),
        "rows": plan.rows,
        "seconds": statistics.median(seconds),
        "many_rows": plan.many_rows,
        "many_seconds": statistics.median(ours(table(plan.many_rows), plan.times)[0]),
    }
    if not VTL_PYTHON.exists():
        progress("vtlengine is not installed in .bench: see bench/README.md")
        return measured
    for name, duckdb in (("vtlengine", False), ("vtlengine_duckdb", True)):
        progress(f"{name} …")
        times, theirs = vtl(data, max(1, plan.times // 2), duckdb)
        if theirs != {rule: count for rule, count in failed.items() if count}:
            raise AssertionError(f"{name} found {theirs}, we {failed}")
        measured[name] = statistics.median(times)
    return measured


def show(measured: dict[str, Any], console: Console) -> None:
    """The figures for a person."""
    shown = Table("20 rules over", "rows", "seconds", "times ours")
    shown.add_row("this engine", str(measured["rows"]), f"{measured['seconds']:.3f}", "1")
    for name in ("vtlengine", "vtlengine_duckdb"):
        if name in measured:
            ratio = measured[name] / measured["seconds"]
            shown.add_row(name, str(measured["rows"]), f"{measured[name]:.2f}", f"{ratio:.0f}")
    shown.add_row("this engine", str(measured["many_rows"]), f"{measured['many_seconds']:.3f}", "")
    console.print(shown)

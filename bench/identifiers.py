"""Planted identifiers that are found, false alarms on clean workbooks, and the time for a million cells."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.identifiers_corpus import clean, planted
from services.policy.evidence.identifiers.scan import scan
from services.policy.evidence.texts import read

YEAR = 2026
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How often each list is planted, how many clean workbooks and their rows, and the cells of the timed one."""

    times: int
    workbooks: int
    rows: int
    cells: int


SHORT = Plan(times=2, workbooks=20, rows=400, cells=50_000)
FULL = Plan(times=30, workbooks=300, rows=600, cells=1_000_000)


@dataclass(frozen=True)
class Recall:
    """Of one kind: how many rows were planted and found, and the lists in which some were missed."""

    kind: str
    planted: int
    found: int
    missed: dict[str, int]

    @property
    def share(self) -> float:
        """The rows that were found, of all that were planted."""
        return self.found / self.planted


@dataclass(frozen=True)
class Found:
    """All that was measured. `alarms` are kinds by how many clean cells were taken for one."""

    recalls: tuple[Recall, ...]
    clean_cells: int
    alarms: dict[str, int]
    cells: int
    reading: float
    """Seconds of the processor from the bytes to folded texts."""
    first_pass: float
    """Seconds of the processor for the scan of `cells` texts."""

    @property
    def false_alarms(self) -> float:
        """For every 10,000 clean cells."""
        return 10_000 * sum(self.alarms.values()) / self.clean_cells


def measure(plan: Plan, progress: Progress, seed: int = 1) -> Found:
    """The study; the same seed makes the same corpus."""
    chance = Random(seed)
    progress("identifiers: planted lists")
    recalls = _recalls(plan, chance)
    progress("identifiers: clean workbooks")
    alarms: dict[str, int] = {}
    total = 0
    for _ in range(plan.workbooks):
        content, count = clean(chance, plan.rows)
        total += count
        for one in scan(read(content), YEAR):
            alarms[one.kind] = alarms.get(one.kind, 0) + 1
    progress(f"identifiers: {plan.cells:,} cells")
    reading, first_pass = _seconds(plan.cells, chance)
    return Found(recalls, total, alarms, plan.cells, reading, first_pass)


def _recalls(plan: Plan, chance: Random) -> tuple[Recall, ...]:
    counts: dict[str, tuple[int, int]] = {}
    missed: dict[str, dict[str, int]] = {}
    for _ in range(plan.times):
        for one in planted(chance):
            kind = one.kind.value
            found = {each.cell for each in scan(read(one.cells), YEAR) if each.kind == kind}
            hits = sum(bool(found.intersection(places)) for places in one.expected)
            rows, before = counts.get(kind, (0, 0))
            counts[kind] = (rows + len(one.expected), before + hits)
            if hits < len(one.expected):
                of_kind = missed.setdefault(kind, {})
                of_kind[one.name] = of_kind.get(one.name, 0) + len(one.expected) - hits
    return tuple(Recall(kind, *both, missed.get(kind, {})) for kind, both in counts.items())


def _seconds(count: int, chance: Random) -> tuple[float, float]:
    content = _large(count, chance)
    start = time.process_time()
    texts = read(content)
    middle = time.process_time()
    scan(texts, YEAR)
    return middle - start, time.process_time() - middle


def _large(count: int, chance: Random) -> bytes:
    """A label and nine figures in each row, as a large form has them."""
    cells = []
    for row in range(1, count // 10 + 1):
        texts = [f"Chỉ tiêu {row}", *(f"{chance.uniform(0, 1e6):.2f}" for _ in range(9))]
        cells += [
            {"sheet": 0, "cell": f"{chr(65 + at)}{row}", "text": text, "where": "cell"}
            for at, text in enumerate(texts)
        ]
    document = {"format": 1, "sheets": [{"name": "Biểu", "hidden": False}], "cells": cells}
    return json.dumps(document, ensure_ascii=False).encode()


def as_json(found: Found) -> dict[str, Any]:
    """Everything, for a program."""
    shares = {one.kind: one.share for one in found.recalls}
    return asdict(found) | {"recall": shares, "false_alarms_per_10000": found.false_alarms}


def show(found: Found, console: Console) -> None:
    """The figures as people read them."""
    table = Table("kind", "planted", "found", "recall", "missed in", title="Identifiers")
    for one in found.recalls:
        missed = "; ".join(f"{name}: {count}" for name, count in one.missed.items())
        table.add_row(one.kind, f"{one.planted:,}", f"{one.found:,}", f"{one.share:.4f}", missed)
    console.print(table)
    console.print(
        f"{found.false_alarms:.2f} false alarms per 10,000 of {found.clean_cells:,} clean cells {found.alarms}"
    )
    console.print(
        f"{found.cells:,} cells: reading {found.reading:.2f} s, first pass {found.first_pass:.2f} s"
    )

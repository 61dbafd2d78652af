"""Decisions a second on one core, and how fast the texts of a workbook are looked through for markings of secrecy."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from rich.table import Table

from services.model.regulation import load_regulations
from services.policy.evidence.finding import Finding
from services.policy.evidence.secrecy.scan import markings
from services.policy.evidence.texts import read
from services.policy.law.case import Case
from services.policy.law.decide import decide
from services.policy.law.verdict import KINDS

DAY = date(2026, 11, 26)
LABELS = (
    "Thu nội địa",
    "Chi đầu tư phát triển",
    "Số doanh nghiệp",
    "Mật độ dân số",
    "Sản lượng lúa",
    "Trong đó:",
)
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How many decisions and cells, and how often."""

    decisions: int
    cells: int
    runs: int


FULL = Plan(decisions=20_000, cells=1_000_000, runs=5)
SHORT = Plan(decisions=2_000, cells=100_000, runs=3)


@dataclass(frozen=True)
class Found:
    """Seconds of the processor, the median of the runs."""

    plan: Plan
    alike: float
    """Decisions among some dozens of different cases, as submissions are."""
    distinct: float
    """Decisions no two of which have the same facts."""
    markings: float


def measure(plan: Plan, progress: Progress) -> Found:
    """Decides and looks through cells that are made up."""
    rng = random.Random(20261126)
    progress(f"decisions: {plan.decisions:,} decisions")
    cases = [_case(rng) for _ in range(plan.decisions)]
    alike = _seconds(plan.runs, lambda: [decide(one) for one in cases])
    numbers = iter(range(1, 10**9))
    distinct = _seconds(
        plan.runs, lambda: [decide(replace(one, errors=next(numbers))) for one in cases]
    )
    progress(f"decisions: {plan.cells:,} cells")
    texts = read(_cells(plan.cells, rng))
    return Found(
        plan,
        alike,
        distinct,
        _seconds(plan.runs, lambda: markings(texts)),
    )


def table(found: Found) -> Table:
    """The figures as people read them."""
    shown = Table("what", "how many", "seconds", "a second", title="Decisions")
    plan = found.plan
    for name, count, seconds in (
        ("decisions, alike", plan.decisions, found.alike),
        ("decisions, all distinct", plan.decisions, found.distinct),
        ("cells, markings of secrecy", plan.cells, found.markings),
    ):
        shown.add_row(name, f"{count:,}", f"{seconds:.2f}", f"{count / seconds:,.0f}")
    return shown


def as_json(found: Found) -> dict[str, Any]:
    """Everything, for a program."""
    return asdict(found)


def _seconds(runs: int, work: Callable[[], object]) -> float:
    measured = []
    for _ in range(runs):
        began = time.process_time()
        work()
        measured.append(time.process_time() - began)
    return statistics.median(measured)


INSTRUMENTS = tuple(one for one in load_regulations() if one.in_force(DAY))


def _case(rng: random.Random) -> Case:
    named = [Finding("Biểu 1", f"B{row}", "person_name") for row in range(rng.randrange(3))]
    return Case(
        classification=rng.choice(["public", "internal"]),
        regime=rng.choice(["coordination", "sharing"]),
        findings=tuple(named),
        demanded=frozenset(rng.choice([(), ("person_name",)])),
        errors=rng.choice([0, 0, 0, 1]),
        integrity="intact",
        recipients=KINDS,
        province=rng.choice(["11", "20", None]),
        instruments=INSTRUMENTS,
        consent=rng.random() < 0.2,
    )


def _cells(count: int, rng: random.Random) -> bytes:
    """Rows of a label and nine numbers, as most workbooks are."""
    cells = [
        {
            "sheet": 0,
            "cell": f"{chr(65 + place % 10)}{place // 10 + 1}",
            "text": rng.choice(LABELS) if place % 10 == 0 else str(rng.randrange(10**7)),
            "where": "cell",
        }
        for place in range(count)
    ]
    sheets = [{"name": "Biểu 1", "hidden": False}]
    return json.dumps({"format": 1, "sheets": sheets, "cells": cells}).encode()

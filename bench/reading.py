"""Reading workbooks beside bare python-calamine, and a form of some 50 rows from bytes to report.

Both readers give all sheets as rows of values; ours also finds what is hidden, comments and every
other text, formulas and error values. The two run in turn; what counts is the time of the processor.
"""

from __future__ import annotations

import importlib.util
import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import python_calamine as calamine
import xlwt
from openpyxl import Workbook
from rich.table import Table

from services.model.enumerations import Completeness
from services.model.form import shipped_forms
from services.model.period import Period
from services.validation.checking.check import check
from services.validation.reading.statement import Statement
from services.validation.workbook import open_workbook

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "dien-bien"
COLUMNS = 10
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Reading:
    """Milliseconds for one workbook; the ratio is that of each pair, and the median of those."""

    name: str
    bare: float
    ours: float
    ratio: float


@dataclass(frozen=True)
class Found:
    """All that was measured."""

    readings: tuple[Reading, ...]
    check: float
    """Milliseconds from the bytes of form cv17809-1 (47 rows) to its report."""


def measure(short: bool, progress: Progress) -> Found:
    """Reads each workbook in turn with both; `short` with fewer rows and pairs."""
    pairs = 5 if short else 15
    readings = []
    for name, content in _workbooks(2_000 if short else 20_000):
        progress(f"reading: {name}")
        readings.append(_pairs(name, content, pairs))
    progress("reading: a form, from bytes to report")
    return Found(tuple(readings), _check(pairs))


def table(found: Found) -> Table:
    """The figures as people read them."""
    shown = Table("workbook", "calamine, ms", "ours, ms", "ratio", title="Reading")
    for one in found.readings:
        shown.add_row(one.name, f"{one.bare:.1f}", f"{one.ours:.1f}", f"{one.ratio:.2f}")
    shown.add_row("cv17809-1, bytes to report", "", f"{found.check:.1f}", "")
    return shown


def as_json(found: Found) -> dict[str, Any]:
    """Everything, for a program."""
    return asdict(found)


def _pairs(name: str, content: bytes, pairs: int) -> Reading:
    times = [
        (_milliseconds(_bare, content), _milliseconds(open_workbook, content)) for _ in range(pairs)
    ]
    bare, ours = zip(*times, strict=True)
    ratio = statistics.median(second / first for first, second in times)
    return Reading(name, statistics.median(bare), statistics.median(ours), ratio)


def _bare(content: bytes) -> None:
    book = calamine.load_workbook(io.BytesIO(content))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _milliseconds(function: Callable[[bytes], object], content: bytes) -> float:
    start = time.process_time()
    function(content)
    return 1000 * (time.process_time() - start)


def _check(times: int) -> float:
    form = shipped_forms()["cv17809-1"]
    content = _example()
    statement = Statement("63", "11", Period.parse("2026-Q3"), Completeness.PRELIMINARY)
    return statistics.median(
        _milliseconds(lambda bytes_: check(form, bytes_, statement), content) for _ in range(times)
    )


def _workbooks(rows: int) -> list[tuple[str, bytes]]:
    return [
        ("form cv17809-1, .xlsx", _example()),
        ("Plan_2017.xls", (EXAMPLES / "Plan_2017.xls").read_bytes()),
        (f"{rows:,} × {COLUMNS}, .xlsx", _xlsx(rows)),
        (f"{rows:,} × {COLUMNS}, .xls", _xls(rows)),
    ]


def _cells(rows: int) -> list[list[object]]:
    numbers = random.Random(rows)
    return [
        [f"Chỉ tiêu {row}", *(round(numbers.uniform(0, 1e6), 2) for _ in range(COLUMNS - 1))]
        for row in range(rows)
    ]


def _xlsx(rows: int) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in _cells(rows):
        sheet.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _xls(rows: int) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Biểu")
    for number, row in enumerate(_cells(rows)):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _example() -> bytes:
    """The demo's workbook of form cv17809-1, as its generator writes it."""
    spec = importlib.util.spec_from_file_location("generate", EXAMPLES / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        module.generate(Path(folder))
        return (Path(folder) / "cv17809-1_2026-Q3.xlsx").read_bytes()

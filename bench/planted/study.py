"""Plants each kind of error many times, one in a workbook, and counts what was found and what was said besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.planted.clean import clean, codelists
from bench.planted.errors import KINDS
from bench.planted.planting import Plant, Planted
from services.model.enumerations import Severity
from services.model.form import shipped_forms
from services.model.observation import to_frame
from services.validation.checking.check import check
from services.validation.checks.shrinking import Earlier
from services.validation.telling.report import Report

CLEAN = "nothing (correct workbooks)"
FULL = 200
SHORT = 20
SEED = 2026
_TRIES = 40
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """Of one kind of error: how often it was planted and found, and how many workbooks had a false alarm besides.

    A false alarm is an error or a warning that neither names the planted cell nor follows from the error.
    `missed` and `alarms` describe the first few.
    """

    kind: str
    planted: int
    found: int
    alarmed: int
    missed: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()


def measure(times: int, progress: Progress, seed: int = SEED) -> list[Found]:
    """Each kind planted so many times, over all forms that can have it; correct workbooks first."""
    found = [_study(CLEAN, lambda book, chance: Planted(frozenset()), times, seed)]
    for kind, plant in KINDS.items():
        progress(f"planted: {kind}")
        found.append(_study(kind, plant, times, seed))
    return found


def _study(kind: str, plant: Plant, times: int, seed: int) -> Found:
    missed: list[str] = []
    alarmed: list[str] = []
    planted = 0
    for name, report, expected in _reports(kind, plant, times, seed):
        planted += 1
        if not is_found(report, expected):
            said = sorted({one.code for one in report.findings})
            missed.append(f"{name}: {sorted(expected.codes)} at {expected.cell or '–'}, but {said}")
        if false := list(alarms(report, expected)):
            alarmed.append(f"{name}: {'; '.join(false[:3])}")
    return Found(
        kind, planted, planted - len(missed), len(alarmed), tuple(missed[:5]), tuple(alarmed[:5])
    )


def _reports(
    kind: str, plant: Plant, times: int, seed: int
) -> Iterator[tuple[str, Report, Planted]]:
    left = times
    for number in range(times * _TRIES):
        if not left:
            return
        if found := examined(kind, plant, number, seed):
            left -= 1
            yield found


def examined(
    kind: str, plant: Plant, number: int, seed: int = SEED, form_id: str | None = None
) -> tuple[str, Report, Planted] | None:
    """The workbook of this number with the error: its name, its report, what was expected. None without room for it.

    Of each form in turn, unless one is named.
    """
    chance = Random(f"{seed} {kind} {number}")
    chosen = list(shipped_forms().values())
    form = shipped_forms()[form_id] if form_id else chosen[number % len(chosen)]
    book = clean(form, chance)
    planted = plant(book, chance)
    if planted is None:
        return None
    earlier = None
    if planted.before is not None:
        first = check(form, planted.before, book.statement, codelists())
        earlier = Earlier(1, form.version, to_frame(first.figures))
    checked = check(form, book.sheet.content(), book.statement, codelists(), earlier=earlier)
    return f"{form.id} {number}", checked.report, planted


def is_found(report: Report, planted: Planted) -> bool:
    """Whether the report says one of the codes, at one of the cells where there are some."""
    if not planted.codes:
        return True
    cells = set(planted.cell.split())
    said = [(one.code, one.place.cells) for one in report.findings]
    said += [(one.code, one.place.cells) for one in report.repairs]
    return any(code in planted.codes and (not cells or cells & set(at)) for code, at in said)


def alarms(report: Report, planted: Planted) -> Iterator[str]:
    """Errors and warnings that nothing explains."""
    explained = planted.codes | planted.besides
    cells = set(planted.cell.split())
    for one in report.findings:
        if (
            one.severity is not Severity.INFORMATION
            and one.code not in explained
            and not cells & set(one.place.cells)
        ):
            yield f"{one.code} {', '.join(one.place.cells[:4])}"


def show(found: list[Found], console: Console) -> None:
    """Prints the counts, and the first that were missed or false alarms."""
    console.print(_table(found))
    for one in found:
        for missed in one.missed:
            console.print(f"missed · {one.kind} · {missed}")
        for alarm in one.alarms:
            console.print(f"false alarm · {one.kind} · {alarm}")


def _table(found: list[Found]) -> Table:
    shown = Table("planted", "times", "found", "with a false alarm", title="Planted errors")
    for one in found:
        of = (
            "–"
            if one.kind == CLEAN
            else f"{one.found} ({one.found / one.planted:.1%})"
            if one.planted
            else "–"
        )
        shown.add_row(one.kind, str(one.planted), of, str(one.alarmed))
    return shown


def as_json(found: list[Found]) -> list[dict[str, Any]]:
    """Everything, for a program."""
    return [asdict(one) for one in found]

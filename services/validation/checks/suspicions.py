"""Figures that look as if their decimal comma was lost: 93,60 typed as 9360.

A suspicion is a warning, never a repair. It needs a witness: a total that would hold, or the other
figure of the row, beside a column whose other figures all have decimals.
"""

from collections.abc import Iterator
from decimal import Decimal
from math import log10
from statistics import median

from services.model.enumerations import Severity
from services.model.form import Form
from services.model.rule import Axis, Relation, RuleKind, Total, parse_totals
from services.model.table import Role
from services.validation.findings import WITHIN, Context, Notebook, Place
from services.validation.reading.placing.entries import Entry
from services.validation.reading.placing.structure import Grid

_WARNING = Context(level=WITHIN, severity=Severity.WARNING)
_FACTORS = (Decimal(10), Decimal(100), Decimal(1000))
_CLOSE = Decimal("0.01")
_FEWEST = 6
"""Rows that a column needs before its ratios say anything."""
_WITH_DECIMALS = 0.8
_NEAR = 0.2
_NARROW = 0.3
_APART = 1.0
"""Powers of ten between a ratio and the usual one; where one is further off that no comma explains, all scatter."""
_FEW = 3


def check_lost_commas(form: Form, grid: Grid, notebook: Notebook) -> None:
    """Names each whole figure that a tenth, hundredth or thousandth of would make plausible."""
    suspected: dict[str, tuple[Decimal, Decimal]] = {}
    for total in _totals(form, grid):
        for column in grid.table.of_role(Role.VALUE):
            entries = [grid.entries.get((code, column.id)) for code in total.codes]
            if one := _by_total(total, entries):
                suspected[one[0].cell] = one[1:]
    for entry, value, expected in _by_ratio(grid):
        suspected.setdefault(entry.cell, (value, expected))
    for cell, (value, expected) in suspected.items():
        values = {"found": value, "expected": expected, "value": value}
        notebook.find("decimal_comma_lost", Place(grid.sheet, (cell,)), _WARNING, **values)


def _totals(form: Form, grid: Grid) -> Iterator[Total]:
    for rule in form.rules:
        if rule.kind is RuleKind.TOTAL and rule.table == grid.table.id and rule.axis is Axis.ROWS:
            for total in parse_totals(rule.expression):
                if total.relation is Relation.EQUAL:
                    yield total


def _by_total(total: Total, entries: list[Entry | None]) -> tuple[Entry, Decimal, Decimal] | None:
    """The one figure of a total that doesn't hold whose tenth, … would make it hold."""
    values = [None if entry is None else entry.reading.value for entry in entries]
    if any(value is None for value in values):
        return None
    numbers = [value for value in values if value is not None]
    signs = [Decimal(-1), *(Decimal(sign) for sign, _ in total.terms)]
    off = sum((sign * number for sign, number in zip(signs, numbers, strict=True)), Decimal(0))
    if abs(off) <= _CLOSE:
        return None
    fitting = [
        (one, number, number / factor)
        for one, sign, number in zip(entries, signs, numbers, strict=True)
        for factor in _FACTORS
        if one is not None and _is_whole(number)
        and abs(off - sign * number + sign * number / factor) <= _CLOSE
    ]  # fmt: skip
    return fitting[0] if len(fitting) == 1 else None


def _is_whole(number: Decimal) -> bool:
    return number != 0 and number % 1 == 0


def _by_ratio(grid: Grid) -> Iterator[tuple[Entry, Decimal, Decimal]]:
    """Whole figures that stand to their row's other figure as 100 or 1000 times what is usual."""
    columns = {column.id: _figures(grid, column.id) for column in grid.table.of_role(Role.VALUE)}
    powers = {
        name: {code: log10(value) for code, (_, value) in found.items()}
        for name, found in columns.items()
    }
    for name, found in columns.items():
        decimals = sum(not _is_whole(value) for _, value in found.values())
        if len(found) >= _FEWEST and decimals >= _WITH_DECIMALS * len(found):
            for other, own in powers.items():
                if other != name:
                    yield from _outliers(found, powers[name], own)


def _figures(grid: Grid, column: str) -> dict[str, tuple[Entry, Decimal]]:
    return {
        row.code: (entry, value)
        for row in grid.table.rows
        if (entry := grid.entries.get((row.code, column))) is not None
        and (value := entry.reading.value) is not None
        and value > 0
    }


def _outliers(
    figures: dict[str, tuple[Entry, Decimal]], own: dict[str, float], others: dict[str, float]
) -> Iterator[tuple[Entry, Decimal, Decimal]]:
    ratios = {code: power - others[code] for code, power in own.items() if code in others}
    if len(ratios) < _FEWEST:
        return
    usual = median(ratios.values())
    if median(abs(ratio - usual) for ratio in ratios.values()) > _NARROW:
        return
    outliers = []
    for code, ratio in ratios.items():
        entry, value = figures[code]
        power = round(ratio - usual)
        if _is_whole(value) and power in (2, 3) and abs(ratio - usual - power) <= _NEAR:
            outliers.append((entry, value, value / Decimal(10) ** power))
        elif abs(ratio - usual) > _APART:
            return
    if len(outliers) <= _FEW:
        yield from outliers

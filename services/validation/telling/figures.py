"""The figures of a workbook in the order and words of their form, beside those that were accepted before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from services.model import wording
from services.model.enumerations import Severity
from services.model.form import Form
from services.model.period import Period
from services.model.table import Column, Role, Row, Span, Table, TableKind
from services.model.text import Text
from services.validation.checks.plausibility import Past
from services.validation.checks.shrinking import Earlier
from services.validation.findings import Finding
from services.validation.reading.placing.layout import PERIOD
from services.validation.reading.placing.structure import Grid
from services.validation.reading.statement import Statement
from services.validation.rules.frames import CellKey
from services.validation.workbook.cells import printed

LONGEST = 200
"""Characters of a cell that is no number."""
_GRAVITY = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION)


@dataclass(frozen=True)
class Figure:
    """What stands in a cell: a number, the sign of its absence, or text that is neither.

    `severity` is of the gravest finding about the cell, blank for none. Numbers are plain decimals: `previous` of the
    period before, `year_before` of the same a year ago, `replaced` of the attempt that this one would replace, where
    that had another.
    """

    cell: str
    value: str | None
    missing: str | None
    text: str
    severity: str
    previous: str | None
    year_before: str | None
    replaced: str | None


@dataclass(frozen=True)
class Line:
    """A row of the form; one figure for each column, None where the sheet has none."""

    code: str
    label: str
    figures: tuple[Figure | None, ...]


@dataclass(frozen=True)
class Heading:
    """A column of the form: what is printed above it besides its period, blank for nothing; its period, whether that is
    since January, and its unit, blank for none.
    """

    column: str
    label: str
    period: str
    is_cumulative: bool
    unit: Text


@dataclass(frozen=True)
class Drawn:
    """A table of the form as the workbook fills it in."""

    table: str
    sheet: str
    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]


def drawn(
    form: Form,
    statement: Statement,
    grids: Iterable[Grid],
    findings: Sequence[Finding],
    history: Iterable[Past] = (),
    replaced: Earlier | None = None,
) -> tuple[Drawn, ...]:
    """The form's tables of figures; a list of records is not shown, since it may name somebody.

    `history`: what was accepted of the same sender, the last stored first.
    """
    known = latest(history)
    before = dict(_values(replaced.figures)) if replaced is not None else {}
    gravest = _gravest(findings)
    return tuple(
        _table(form, statement, grid, gravest, known, before)
        for grid in grids
        if grid.table.kind is TableKind.FIGURES
    )


def latest(history: Iterable[Past]) -> dict[CellKey, Decimal]:
    """The figures of a history, the last stored first: of each the one that was stored last."""
    known: dict[CellKey, Decimal] = {}
    for past in history:
        known = dict(_values(past.figures)) | known
    return known


def compared_with(column: Column, statement: Statement) -> tuple[Period | None, Period | None]:
    """The periods whose figures stand beside a column's: the one before, and the same a year ago."""
    period = statement.period_of(column.span)
    # What is since January is compared with the same months alone.
    before = None if column.span is Span.YEAR_TO_DATE else period.previous()
    return before, period.year_before()


def _table(
    form: Form,
    statement: Statement,
    grid: Grid,
    gravest: Mapping[tuple[str, str], str],
    known: Mapping[CellKey, Decimal],
    before: Mapping[CellKey, Decimal],
) -> Drawn:
    columns = [one for one in grid.table.of_role(Role.VALUE) if one.id not in grid.absent]
    beside = _Beside(grid.table, statement, known, before)
    lines = tuple(
        Line(
            row.code,
            row.label,
            tuple(_figure(grid, row, column, gravest, beside) for column in columns),
        )
        for row in grid.table.rows
    )
    return Drawn(
        grid.table.id,
        grid.sheet,
        tuple(_heading(grid.table, statement, column) for column in columns),
        lines,
    )


def _heading(table: Table, statement: Statement, column: Column) -> Heading:
    unit = column.unit or table.unit
    printed_above = (part for part in column.headers[0] if PERIOD not in part)
    return Heading(
        column.id,
        " – ".join(printed_above),
        str(statement.period_of(column.span)),
        column.span is Span.YEAR_TO_DATE,
        wording.unit(unit.code, unit.multiplier, next(iter(unit.labels), ""))
        if unit is not None
        else Text("", ""),
    )


@dataclass(frozen=True)
class _Beside:
    """What stands beside a figure: of earlier periods, and of the attempt before."""

    table: Table
    statement: Statement
    known: Mapping[CellKey, Decimal]
    before: Mapping[CellKey, Decimal]

    def of(self, row: Row, column: Column, period: Period | None) -> str | None:
        """The figure of another period."""
        if period is None:
            return None
        key = CellKey.at(self.table, row, column, self.statement)
        return _plain(self.known.get(replace(key, period=str(period))))

    def replaced(self, row: Row, column: Column, value: Decimal | None) -> str | None:
        """What the attempt before had, where that is something else."""
        former = self.before.get(CellKey.at(self.table, row, column, self.statement))
        return _plain(former) if former != value else None


def _figure(
    grid: Grid,
    row: Row,
    column: Column,
    gravest: Mapping[tuple[str, str], str],
    beside: _Beside,
) -> Figure | None:
    entry = grid.entries.get((row.code, column.id))
    if entry is None:
        return None
    reading = entry.reading
    previous, year_before = compared_with(column, beside.statement)
    is_read = reading.value is not None or reading.missing is not None
    return Figure(
        cell=entry.cell,
        value=_plain(reading.value),
        missing=reading.missing.value if reading.missing else None,
        text="" if is_read else printed(entry.raw).strip()[:LONGEST],
        severity=gravest.get((grid.sheet, entry.cell), ""),
        previous=beside.of(row, column, previous),
        year_before=beside.of(row, column, year_before),
        replaced=beside.replaced(row, column, reading.value),
    )


def _gravest(findings: Iterable[Finding]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for severity in _GRAVITY:
        for finding in findings:
            if finding.severity is severity:
                for cell in finding.place.cells:
                    found.setdefault((finding.place.sheet, cell), severity.value)
    return found


def _values(figures: pl.DataFrame) -> Iterable[tuple[CellKey, Decimal]]:
    for row in figures.iter_rows(named=True):
        if row["value"] is not None:
            yield CellKey.of(row), row["value"]


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"

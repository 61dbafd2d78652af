"""A form's tables, and what was accepted before, as frames for the engine.

A table of figures has a row for each of the form's, with `code`, `label` and its columns of values;
a record list has a row for each record. A reference has the rows of its table, for each sender.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

import polars as pl

from services.model.expression import Kind
from services.model.expression.values import DIGITS, ROW
from services.model.form import Form
from services.model.form_rules import SENDER, schema_of
from services.model.observation import PLACES
from services.model.period import Period
from services.model.rule import Axis
from services.model.table import Column, Role, Row, Table, TableKind
from services.validation.reading.accepted import Accepted, AcceptedFigure
from services.validation.reading.placing.entries import Entry
from services.validation.reading.statement import Statement
from services.validation.rules.engine import Frame
from services.validation.rules.table import Table as Entries
from services.validation.rules.table import text_of
from services.validation.workbook.dates import read_date

_TYPES: Mapping[Kind, pl.DataType] = {
    Kind.NUMBER: pl.Decimal(DIGITS, PLACES),
    Kind.TEXT: pl.String(),
    Kind.DATE: pl.Date(),
}
Coverage = tuple[tuple[int, int], tuple[int, int]] | None
"""First and last day and month where figures cover less than their period."""


def types_of(table: Table) -> dict[str, pl.DataType]:
    """The columns of a form's table as polars has them, without row numbers."""
    return {name: _TYPES[one.kind] for name, one in schema_of(table).items() if name != ROW}


def frame_of(table: Table, entries: Entries) -> Frame:
    """A table of the submission."""
    types = types_of(table)
    rows = [_row(table, entries, row, types) for row in entries.rows]
    return Frame.of(pl.DataFrame(rows, schema=types, orient="row"))


def _row(table: Table, entries: Entries, row: str, types: Mapping[str, pl.DataType]) -> list[Any]:
    if table.kind is TableKind.FIGURES:
        values = [entries.entries.get((row, column.id)) for column in table.of_role(Role.VALUE)]
        found = [value.reading.value if value is not None else None for value in values]
        return [row, table.by_code[row].label, *found]
    return [_cell(entries.entries.get((row, name)), dtype) for name, dtype in types.items()]


def _cell(entry: Entry | None, dtype: pl.DataType) -> Any:
    if entry is None:
        return None
    if isinstance(dtype, pl.Decimal):
        return entry.reading.value
    return read_date(entry.raw) if dtype == pl.Date else text_of(entry) or None


@dataclass(frozen=True)
class References:
    """Frames by the name of their reference, and in which columns coverage differed.

    A figure that covers another part of its period than the submission's own is left out: it is null.
    """

    frames: Mapping[str, Frame] = field(default_factory=dict)
    uneven: Mapping[str, frozenset[str]] = field(default_factory=dict)


def references_of(
    form: Form, statement: Statement | None, accepted: Iterable[Accepted]
) -> References:
    """What was accepted under each reference of the form; a reference without anything has no frame."""
    by_name: dict[str, list[Accepted]] = {}
    for attempt in accepted:
        by_name.setdefault(attempt.reference, []).append(attempt)
    frames, uneven = {}, {}
    for reference in form.references:
        given = by_name.get(reference.name)
        if not given or statement is None:
            continue
        parts, missed = [], set()
        for one in given:
            frame, differing = _accepted(form, statement, one, reference.table)
            parts.append(frame)
            missed |= differing
        frames[reference.name] = Frame.of(pl.concat(parts, how="diagonal"))
        uneven[reference.name] = frozenset(missed)
    return References(frames, uneven)


def _accepted(
    form: Form, statement: Statement, accepted: Accepted, table_id: str
) -> tuple[pl.DataFrame, set[str]]:
    """The figures of one accepted submission in the rows and columns of their table."""
    other = _form(json.dumps(accepted.form, sort_keys=True, ensure_ascii=False))
    table = other.table(table_id)
    figures = {
        (figure.indicator, figure.breakdown, figure.activity, figure.area, figure.period): figure
        for figure in accepted.figures
    }
    columns = table.of_role(Role.VALUE)
    uneven: set[str] = set()
    rows: list[list[Any]] = []
    for row in table.rows:
        values: list[Decimal | None] = []
        for column in columns:
            figure = figures.get(_key(table, row, column, accepted.statement))
            if figure is not None and _coverage(figure) != _own(form, statement, column):
                uneven.add(column.id)
                figure = None
            values.append(figure.value if figure is not None else None)
        rows.append([row.code, row.label, *values, accepted.sender])
    types = types_of(table) | {SENDER: pl.String()}
    return pl.DataFrame(rows, schema=types, orient="row"), uneven


@lru_cache(maxsize=64)
def _form(body: str) -> Form:
    return Form.from_dict(json.loads(body))


def _key(
    table: Table, row: Row, column: Column, statement: Statement
) -> tuple[str, str, str, str, str]:
    """What identifies the figure of a cell among those of its column, as figures.of_grid writes it."""
    indicator = row.code if table.indicators is Axis.ROWS else column.id
    area = row.area or statement.area
    period = str(statement.period_of(column.span))
    return indicator, row.breakdown, row.activity, area, period


@dataclass(frozen=True)
class CellKey:
    """Which figure stands in a cell of a form's table: another unit, measure or prices is another figure."""

    indicator: str
    breakdown: str
    activity: str
    area: str
    period: str
    unit: str
    unit_multiplier: int
    measure: str
    prices: str

    @classmethod
    def of(cls, observation: Mapping[str, Any]) -> Self:
        """Of a row of an observations object."""
        return cls(**{field.name: observation[field.name] for field in fields(cls)})

    @classmethod
    def at(cls, table: Table, row: Row, column: Column, statement: Statement) -> Self:
        """Of a cell, as figures.of_grid writes it."""
        unit = column.unit or row.unit or table.unit
        assert unit is not None  # Form.from_dict refuses a value column without one.
        return cls(
            *_key(table, row, column, statement),
            unit.code,
            unit.multiplier,
            (column.measure or row.measure or table.measure).value,
            (column.prices or table.prices).value,
        )


def _coverage(figure: AcceptedFigure) -> Coverage:
    if figure.reference_start is None or figure.reference_end is None:
        return None
    return _days(figure.reference_start), _days(figure.reference_end)


def _own(form: Form, statement: Statement, column: Column) -> Coverage:
    """The coverage of the submission's own figures of such a column."""
    period: Period = statement.period_of(column.span)
    start, end = form.reference(period, statement.completeness)
    return None if (start, end) == (period.start, period.end) else (_days(start), _days(end))


def _days(day: date) -> tuple[int, int]:
    return day.month, day.day

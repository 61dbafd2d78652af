"""What a sender reported before, beside its blank form: of the period before, and of the same a year ago."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from services.model.form import Form
from services.model.messages import text
from services.model.period import Period
from services.model.table import Column, Role, Row, Span, Table, TableKind
from services.model.text import Language
from services.validation.reading.placing.layout import PERIOD
from services.validation.reading.placing.wording import spellings
from services.validation.reading.statement import Statement
from services.validation.rules.frames import CellKey
from services.validation.telling.figures import compared_with
from services.validation.telling.ooxml.sheets import Cell, Page, fitted
from services.validation.telling.ooxml.styles import Look, Styles

_WIDTHS: Final = {0: 9.0, 1: 60.0}
_WIDTH: Final = 20.0
_TEXT: Final = Look(is_text=True, wrap=True, vertical="center", border=True)
_HEADING: Final = replace(_TEXT, bold=True, horizontal="center")
_LEAD: Final = Look(is_text=True, italic=True)
_WHOLE: Final = Look(border=True, number_format="#,##0")
_BROKEN: Final = Look(border=True, number_format="#,##0.00####")
Cells = list[Cell | None]


@dataclass(frozen=True)
class Reported:
    """Figures of the sender's own, and the submission that the blank form is for."""

    statement: Statement
    figures: Mapping[CellKey, Decimal]


@dataclass(frozen=True)
class _Beside:
    """A column of the sheet: the form's column, of another period."""

    column: Column
    period: Period


def reported(form: Form, before: Reported, language: Language, styles: Styles) -> Page | None:
    """One sheet for all tables of figures; None where nothing was reported."""
    shown = [
        (table, beside)
        for table in form.tables
        if table.kind is TableKind.FIGURES and (beside := list(_columns(table, before)))
    ]
    if not shown:
        return None
    lead = Cell(text("validation.template.reported", language), styles.of(_LEAD))
    rows: list[Cells] = [[lead], []]
    for table, beside in shown:
        rows += [*_table(table, beside, before, styles), []]
    widths = _WIDTHS | {2 + number: _WIDTH for _, beside in shown for number in range(len(beside))}
    heights = fitted([[], *rows[1:]], widths)
    return Page(rows, widths, heights=heights, wide=True, protected=True)


def _columns(table: Table, before: Reported) -> Iterator[_Beside]:
    """Those of which anything was reported."""
    for column in table.of_role(Role.VALUE):
        # Of a year both are the same.
        for period in dict.fromkeys(compared_with(column, before.statement)):
            if period is not None:
                beside = _Beside(column, period)
                if any(_value(table, row, beside, before) is not None for row in table.rows):
                    yield beside


def _table(
    table: Table, beside: list[_Beside], before: Reported, styles: Styles
) -> Iterator[Cells]:
    heading, plain = styles.of(_HEADING), styles.of(_TEXT)
    yield [Cell("", heading), Cell("", heading), *(Cell(_named(one), heading) for one in beside)]
    for row in table.rows:
        figures = (_figure(_value(table, row, one, before), styles) for one in beside)
        yield [Cell(row.code, plain), Cell(row.label, plain), *figures]


def _named(beside: _Beside) -> str:
    """The column's heading with the other period, in the words of the form."""
    written = spellings(beside.period, beside.column.span is Span.YEAR_TO_DATE)[0]
    parts = [part.replace(PERIOD, written) for part in beside.column.headers[0]]
    return " – ".join(parts if written in " ".join(parts) else [*parts, written])


def _value(table: Table, row: Row, beside: _Beside, before: Reported) -> Decimal | None:
    key = CellKey.at(table, row, beside.column, before.statement)
    return before.figures.get(replace(key, period=str(beside.period)))


def _figure(value: Decimal | None, styles: Styles) -> Cell:
    if value is None:
        return Cell("", styles.of(_WHOLE))
    is_whole = value == value.to_integral_value()
    return Cell(float(value), styles.of(_WHOLE if is_whole else _BROKEN))

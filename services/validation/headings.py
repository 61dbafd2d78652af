"""Checks what is printed around a table against the form and the sender's statement."""

import re
from collections.abc import Iterator

from services.model.observation import Completeness
from services.model.period import Frequency, Period
from services.model.rule import Severity
from services.model.table import Column, Role, Span, Table
from services.model.text import Text, normalise
from services.validation.findings import WITHIN, Context, Notebook, Place
from services.validation.layout import PERIOD, Layout, header_texts, path_above
from services.validation.statement import Statement
from services.validation.wording import (
    completeness_in,
    spellings,
    unit_line,
    without_completeness,
)
from services.validation.workbook import address

_WARNING = Context(severity=Severity.WARNING)
_ERROR = Context(level=WITHIN)
# The year of a title, not that of a date such as "ngày 23 tháng 7 năm 2015".
_TITLE_YEAR = re.compile(r"(?<!\d )năm (\d{4})\b")
COMPLETENESS = {
    Completeness.ESTIMATE: Text("ước tính", "estimate"),
    Completeness.PRELIMINARY: Text("sơ bộ", "preliminary"),
    Completeness.OFFICIAL: Text("chính thức", "official"),
}


def check_columns(table: Table, layout: Layout, statement: Statement, notebook: Notebook) -> None:
    """Names each column that is missing, there twice, or about another period."""
    sheet = layout.sheet
    for column in layout.missing(table):
        period = statement.period_of(column.span)
        if other := _other_period(column, layout, statement):
            cell, found = other
            given = {"expected": _written(column, period), "found": _written(column, found)}
            notebook.find("period_contradicts", Place(sheet.name, (cell,)), _ERROR, **given)
            continue
        where = Place(sheet.name, (address(layout.header_row, 0),))
        notebook.find("column_missing", where, column=_shown(column, period))
    for name, places in layout.ambiguous.items():
        cells = tuple(address(layout.header_row, place) for place in places)
        column = table.by_id[name]
        shown = _shown(column, statement.period_of(column.span))
        notebook.find("column_ambiguous", Place(sheet.name, cells), column=shown)


def check_completeness(
    table: Table, layout: Layout, statement: Statement, notebook: Notebook
) -> None:
    """A heading that prints a completeness other than the statement's is an error."""
    for column in table.of_role(Role.VALUE):
        place = layout.columns.get(column.id)
        if place is None:
            continue
        found = completeness_in(" ".join(path_above(layout.sheet, layout.header_row, place)))
        if found is not None and found is not statement.completeness:
            where = Place(layout.sheet.name, (address(layout.header_row, place),))
            given = {
                "expected": COMPLETENESS[statement.completeness],
                "found": COMPLETENESS[found],
            }
            notebook.find("completeness_contradicts", where, _ERROR, **given)


def check_unit(table: Table, layout: Layout, notebook: Notebook) -> None:
    """Each unit line at the table must name the form's unit; none at all is a warning."""
    if table.unit is None:
        return
    known = {normalise(name) for name in table.unit.labels}
    lines = [(cell, unit) for cell, text in _above(layout) if (unit := unit_line(text))]
    for cell, unit in lines:
        if unit not in known:
            given = {"expected": table.unit.labels[0], "found": unit}
            notebook.find("unit_differs", Place(layout.sheet.name, (cell,)), _ERROR, **given)
    if not lines:
        where = Place(layout.sheet.name)
        notebook.find("unit_missing", where, _WARNING, expected=table.unit.labels[0])


def check_title_year(layout: Layout, statement: Statement, notebook: Notebook) -> None:
    """A yearly table whose title names only other years is suspicious."""
    if statement.period.frequency is not Frequency.YEAR:
        return
    years = [
        (cell, y) for cell, text in _above(layout) for y in _TITLE_YEAR.findall(normalise(text))
    ]
    if years and str(statement.period.year) not in {year for _, year in years}:
        cell, found = years[0]
        given = {"expected": str(statement.period.year), "found": found}
        notebook.find("year_differs", Place(layout.sheet.name, (cell,)), _WARNING, **given)


def _above(layout: Layout) -> Iterator[tuple[str, str]]:
    """(cell, text) of all texts down to the header's last row."""
    for number, row in enumerate(layout.sheet.rows[: layout.header_row + 1]):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell.strip():
                yield address(number, column), cell


def _shown(column: Column, period: Period) -> str:
    return " › ".join(column.headers[0]).replace(PERIOD, _written(column, period))


def _written(column: Column, period: Period) -> str:
    return spellings(period, column.span is Span.YEAR_TO_DATE)[0]


def _other_period(
    column: Column, layout: Layout, statement: Statement
) -> tuple[str, Period] | None:
    """Where the column is there, but for another period than the statement's."""
    if not any(PERIOD in part for path in column.headers for part in path):
        return None
    used = set(layout.columns.values())
    headings = {
        place: without_completeness(path[-1])
        for place in range(layout.sheet.width)
        if place not in used and (path := path_above(layout.sheet, layout.header_row, place))
    }
    for reported in statement.period.nearby():
        other = reported if column.span is Span.PERIOD else reported.year_to_date()
        names = {path[-1] for path in header_texts(column, other)}
        for place, text in headings.items():
            if text in names:
                return address(layout.header_row, place), other
    return None

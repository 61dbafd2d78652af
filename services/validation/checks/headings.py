"""Checks the headings of a table and its title against the form and the sender's statement."""

import re
from collections.abc import Iterator

from services.model.enumerations import Completeness, Severity
from services.model.period import Frequency, Period
from services.model.table import Column, Role, Span, Table
from services.model.text import Text, normalise
from services.validation.findings import WITHIN, Context, Notebook, Place
from services.validation.reading.placing.layout import PERIOD, Layout, header_texts, path_above
from services.validation.reading.placing.lines import is_numbering, rows_below
from services.validation.reading.placing.wording import (
    completeness_in,
    spellings,
    without_completeness,
)
from services.validation.reading.statement import Statement
from services.validation.workbook import address
from services.validation.workbook.numbers import Content, read_number

_WARNING = Context(severity=Severity.WARNING)
_INFORMATION = Context(severity=Severity.INFORMATION)
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
            values = {"expected": _written(column, period), "found": _written(column, found)}
            notebook.find("period_contradicts", Place(sheet.name, (cell,)), _ERROR, **values)
            continue
        where = Place(sheet.name, (address(layout.header_row, 0),))
        notebook.find("column_missing", where, column=shown_heading(column, period))
    for name, places in layout.ambiguous.items():
        cells = tuple(address(layout.header_row, place) for place in places)
        column = table.by_id[name]
        shown = shown_heading(column, statement.period_of(column.span))
        notebook.find("column_ambiguous", Place(sheet.name, cells), column=shown)
        hidden = [place for place in places if sheet.is_hidden(layout.header_row, place)]
        if hidden:
            where = Place(sheet.name, tuple(address(layout.header_row, place) for place in hidden))
            notebook.find("column_hidden", where, _INFORMATION, column=shown)
    _name_strays(table, layout, statement, notebook)


def _name_strays(table: Table, layout: Layout, statement: Statement, notebook: Notebook) -> None:
    """Numbers beside a column of figures, under the heading that both share."""
    for name, places in layout.beside.items():
        cells = tuple(
            address(row, place)
            for row in rows_below(layout)
            for place in places
            if read_number(layout.sheet.value(row, place)).content is Content.NUMBER
            and not is_numbering(layout, row)
        )
        if cells:
            shown = shown_heading(table.by_id[name], statement.period_of(table.by_id[name].span))
            where = Place(layout.sheet.name, cells)
            notebook.find("number_stray", where, _WARNING, column=shown)


def check_completeness(
    table: Table, layout: Layout, statement: Statement, notebook: Notebook
) -> None:
    """A heading that prints a completeness other than the statement's is an error."""
    for column in table.of_role(Role.VALUE):
        place = layout.columns.get(column.id)
        if place is None:
            continue
        completeness = completeness_in(" ".join(path_above(layout.sheet, layout.header_row, place)))
        if completeness is not None and completeness is not statement.completeness:
            where = Place(layout.sheet.name, (address(layout.header_row, place),))
            values = {
                "expected": COMPLETENESS[statement.completeness],
                "found": COMPLETENESS[completeness],
            }
            notebook.find("completeness_contradicts", where, _ERROR, **values)


def check_title_year(layout: Layout, statement: Statement, notebook: Notebook) -> None:
    """A yearly table whose title names only other years is suspicious."""
    if statement.period.frequency is not Frequency.YEAR:
        return
    years = [
        (cell, y) for cell, text in _above(layout) for y in _TITLE_YEAR.findall(normalise(text))
    ]
    if years and str(statement.period.year) not in {year for _, year in years}:
        cell, found = years[0]
        values = {"expected": str(statement.period.year), "found": found}
        notebook.find("year_differs", Place(layout.sheet.name, (cell,)), _WARNING, **values)


def _above(layout: Layout) -> Iterator[tuple[str, str]]:
    """(cell, text) of all texts down to the header's last row."""
    for number, row in enumerate(layout.sheet.rows[: layout.header_row + 1]):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell.strip():
                yield address(number, column), cell


def shown_heading(column: Column, period: Period) -> str:
    """A column's heading as the form prints it for the period."""
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
    for other in _others(column, statement):
        names = {path[-1] for path in header_texts(column, other)}
        for place, text in headings.items():
            if text in names:
                return address(layout.header_row, place), other
    return None


def _others(column: Column, statement: Statement) -> Iterator[Period]:
    """Periods that a heading may be about instead: others of this length, the month for the months."""
    for reported in statement.period.nearby():
        yield reported if column.span is Span.PERIOD else reported.year_to_date()
    own = statement.period_of(column.span)
    if own.months is not None and own.months > 1:
        yield Period(own.end.replace(day=1), own.end)
    yield own.year_to_date()

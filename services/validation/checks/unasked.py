"""Numbers of a workbook that nobody asked for: those of other periods, and whatever else isn't read.

They are no fault; but whoever sent them may think that they were taken.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from services.model.enumerations import Completeness, Severity
from services.model.form import Form
from services.model.table import Role, Table
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.layout import PERIOD, Layout, path_above
from services.validation.reading.placing.lines import is_numbering, rows_below
from services.validation.reading.placing.searching import REPORTED, find_layouts
from services.validation.reading.placing.wording import completeness_in
from services.validation.reading.statement import Statement
from services.validation.workbook import CellValue, Workbook, address, column_letters
from services.validation.workbook.numbers import Content, read_number

_INFORMATION = Context(severity=Severity.INFORMATION)
_NUMBERED = ("stt", "tt", "số tt", "số thứ tự", "no", "no.")
_MOST_LISTED = 20
Where = tuple[int, int]
"""A sheet by its place in the workbook, and a column of it."""


def check_unasked(
    form: Form,
    table: Table,
    layout: Layout,
    workbook: Workbook,
    statement: Statement,
    notebook: Notebook,
) -> None:
    """Says how many numbers aren't read and where; of other periods also as what they could be submitted."""
    left = _unread(layout, workbook)
    if not left:
        return
    for other, found in _of_other_periods(table, workbook, statement):
        places = [
            found.columns[column.id]
            for column in table.of_role(Role.VALUE)
            if column.id in found.columns
        ]
        places = [place for place in places if (found.index, place) in left]
        if not places:
            continue
        count = sum(
            _is_number(found.sheet.value(row, place))
            for row in rows_below(found)
            if not is_numbering(found, row)
            for place in places
        )
        for place in found.columns.values():
            left.pop((found.index, place), None)
        headings = tuple(address(found.header_row, place) for place in places)
        values = {
            "count": count,
            "period": str(other.period),
            "options": _options(
                form, replace(other, completeness=_printed(found, places) or other.completeness)
            ),
        }
        notebook.find(
            "figures_of_other_period", Place(found.sheet.name, headings), _INFORMATION, **values
        )
    if left:
        where = ", ".join(_named(left, workbook))
        values = {"count": left.total(), "where": where}
        notebook.find("numbers_unread", Place(), _INFORMATION, **values)


def _unread(layout: Layout, workbook: Workbook) -> Counter[Where]:
    """How many numbers each column has that isn't read: beside the table, and of all other sheets."""
    own = {
        *layout.columns.values(),
        *(place for places in layout.beside.values() for place in places),
    }
    own |= {place for places in layout.ambiguous.values() for place in places}
    left: Counter[Where] = Counter()
    for index, sheet in enumerate(workbook.sheets):
        if sheet.name == REPORTED:
            continue
        if index != layout.index:
            rows: Iterable[int] = range(len(sheet.rows))
        else:
            rows = (row for row in rows_below(layout) if not is_numbering(layout, row))
        left.update(
            (index, column)
            for row in rows
            for column, cell in enumerate(sheet.rows[row])
            if (column not in own if index == layout.index else not _is_code(cell))
            and _is_number(cell)
        )
    for index, column in [*left]:
        if index == layout.index and _is_numbered(layout, column):
            del left[index, column]
    return left


def _is_number(cell: CellValue) -> bool:
    if isinstance(cell, str):
        return bool(cell) and read_number(cell).content is Content.NUMBER
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _is_code(cell: CellValue) -> bool:
    """Whether a text of digits alone: lists of codes stand on sheets of their own, that of a template too."""
    return isinstance(cell, str) and not any(sign in cell for sign in ".,")


def _is_numbered(layout: Layout, column: int) -> bool:
    """Whether a column only counts its lines."""
    path = path_above(layout.sheet, layout.header_row, column)
    return bool(path) and path[-1] in _NUMBERED


def _of_other_periods(
    table: Table, workbook: Workbook, statement: Statement
) -> Iterator[tuple[Statement, Layout]]:
    """The statements about periods nearby for which the workbook has all columns, and where they are."""
    if not any(
        PERIOD in part for column in table.columns for path in column.headers for part in path
    ):
        return
    for period in statement.period.nearby():
        other = replace(statement, period=period)
        for layout in find_layouts(table, workbook, other.periods(table)):
            if not layout.missing(table):
                yield other, layout


def _printed(layout: Layout, places: Iterable[int]) -> Completeness | None:
    """The completeness that the headings print, if they do."""
    headings = (path_above(layout.sheet, layout.header_row, place) for place in places)
    return next(
        (completeness for path in headings if (completeness := completeness_in(" ".join(path)))),
        None,
    )


def _options(form: Form, statement: Statement) -> str:
    return (
        f"--form {form.id} --area {statement.area} --period {statement.period}"
        f" --completeness {statement.completeness.value}"
    )


def _named(left: Counter[Where], workbook: Workbook) -> Iterator[str]:
    """Each sheet with its columns; no more of both than anybody reads."""
    sheets = sorted({index for index, _ in left})
    for index in sheets[:_MOST_LISTED]:
        columns = sorted(column for sheet, column in left if sheet == index)
        letters = [column_letters(column) for column in columns[:_MOST_LISTED]]
        more = ["…"] if len(columns) > _MOST_LISTED else []
        yield f"{workbook.sheets[index].name} ({', '.join([*letters, *more])})"
    if len(sheets) > _MOST_LISTED:
        yield "…"

"""Rows of separated text with more cells than their heading: 4,938 without quotes where commas separate.

Every cell behind the one that fell apart is another column's, so nothing of such a row can be trusted
(RFC 4180, section 2: each line has the same number of fields).
"""

from collections.abc import Iterable

from services.model.table import Role, Table, TableKind
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.layout import Layout
from services.validation.reading.placing.lines import rows_below
from services.validation.workbook import Sheet, address
from services.validation.workbook.numbers import Content, read_number

_NUMBERS = (Content.NUMBER, Content.AMBIGUOUS, Content.TOO_LARGE)
_FIGURES = (Content.NUMBER, Content.AMBIGUOUS, Content.MISSING, Content.TOO_LARGE)


def check_widths(table: Table, layout: Layout, notebook: Notebook) -> None:
    """Names the rows of figures, or of records, below the heading that are wider than it."""
    role = Role.FIELD if table.kind is TableKind.RECORDS else Role.VALUE
    places = [
        layout.columns[column.id] for column in table.of_role(role) if column.id in layout.columns
    ]
    filled = (
        number
        for number in rows_below(layout)
        if any(
            read_number(layout.sheet.value(number, place)).content in _FIGURES for place in places
        )
    )
    find_wide(layout.sheet, filled, *_widths(layout), notebook)


def find_wide(
    sheet: Sheet, numbers: Iterable[int], width: int, named: int, notebook: Notebook
) -> None:
    """Names those rows that have more than `width` cells, with the first cell that is too many.

    Or a number behind the `named` ones: blank cells of a heading make it as wide as what fell apart below it.
    """
    wide = [
        number
        for number in numbers
        if len(sheet.rows[number]) > width
        or any(read_number(cell).content in _NUMBERS for cell in sheet.rows[number][named:width])
    ]
    if wide:
        cells = tuple(address(number, named) for number in wide)
        rows = ", ".join(str(number + 1) for number in wide)
        values = {"rows": rows, "count": len(wide), "width": named}
        notebook.find("row_wide", Place(sheet.name, cells), Context(), **values)


def _widths(layout: Layout) -> tuple[int, int]:
    """The cells of the widest row of the heading, and up to the last that says something."""
    rows, first = layout.sheet.rows, min(layout.columns.values())
    heading, number = [rows[layout.header_row]], layout.header_row - 1
    while number >= 0 and any(
        layout.sheet.value(number, place) != ""
        for place in layout.columns.values()
        if place > first
    ):
        heading.append(rows[number])
        number -= 1
    named = (place for row in heading for place, cell in enumerate(row) if cell not in ("", None))
    return max(map(len, heading)), 1 + max(named, default=0)

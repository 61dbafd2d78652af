"""Checks the units that are printed at a table and in its headings against the form."""

from collections.abc import Iterator

from services.model.enumerations import Severity
from services.model.table import Column, Role, Table
from services.model.text import normalise
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.layout import Layout, path_above
from services.validation.reading.placing.units import compare, meaning
from services.validation.reading.placing.wording import (
    announces_unit,
    heading,
    unit_behind,
    unit_line,
)
from services.validation.workbook import Sheet, address

_WARNING = Context(severity=Severity.WARNING)


def check_unit(table: Table, layout: Layout, notebook: Notebook) -> None:
    """The unit lines at the table and the units in its headings must be the form's.

    No line at all is a warning, where the form has one unit for the table.
    """
    for column in table.of_role(Role.VALUE):
        _check_heading_unit(table, column, layout, notebook)
    if table.unit is None:
        return
    lines = list(_unit_lines(layout))
    for cell, unit in lines:
        compare(unit, table.unit, Place(layout.sheet.name, (cell,)), notebook)
    if not lines:
        where = Place(layout.sheet.name)
        notebook.find("unit_missing", where, _WARNING, expected=table.unit.labels[0])


def _check_heading_unit(table: Table, column: Column, layout: Layout, notebook: Notebook) -> None:
    place = layout.columns.get(column.id)
    unit = column.unit or table.unit
    if place is None or unit is None:
        return
    path = path_above(layout.sheet, layout.header_row, place)
    written = unit_behind(path[-1])[1] if path else None
    own = {heading(part) for parts in column.headers for part in parts}
    if written is not None and path[-1] not in own:
        where = Place(layout.sheet.name, (address(layout.header_row, place),))
        compare(written, unit, where, notebook)


def _unit_lines(layout: Layout) -> Iterator[tuple[str, str]]:
    """(cell, unit) of the unit lines of this table: those below the figures of one above it."""
    sheet = layout.sheet
    first = 1 + max(
        (row for row in range(layout.header_row) if _has_figures(sheet, row)), default=-1
    )
    for row in range(first, min(layout.header_row + 1, len(sheet.rows))):
        for column, cell in enumerate(sheet.rows[row]):
            if not isinstance(cell, str):
                continue
            if unit := unit_line(cell):
                yield address(row, column), unit
            elif announces_unit(cell) and (found := _next_text(sheet, row, column)):
                yield found


def _next_text(sheet: Sheet, row: int, column: int) -> tuple[str, str] | None:
    """The next filled cell to the right, where it holds a usual unit."""
    for place in range(column + 1, len(sheet.rows[row])):
        cell = sheet.rows[row][place]
        if cell != "":
            known = isinstance(cell, str) and meaning(cell).known
            return (address(row, place), normalise(str(cell))) if known else None
    return None


def _has_figures(sheet: Sheet, row: int) -> bool:
    """Whether a row has a label and figures; zeros in hidden cells of a title are none."""
    cells = sheet.rows[row]
    numbers = sum(isinstance(cell, int | float) and cell != 0 for cell in cells)
    return numbers >= 2 and any(isinstance(cell, str) and cell.strip() for cell in cells)

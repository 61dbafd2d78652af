"""Puts the cells of a sheet into the rows and columns of a table, and names what won't go."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.model.enumerations import Severity
from services.model.table import Column, Role, Table, Unit
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.entries import Entry, entry
from services.validation.reading.placing.layout import Layout
from services.validation.reading.placing.lines import Line, label_cell, lines_below
from services.validation.reading.placing.rows import place_lines
from services.validation.reading.placing.shown import read_as_shown
from services.validation.workbook.address import address
from services.validation.workbook.numbers import Content, Convention, convention_of, read_number

_WARNING = Context(severity=Severity.WARNING)
_MOST_NAMED = 1_000
"""Unknown rows that have a finding each; all further ones have one together, with every cell."""


@dataclass(frozen=True)
class Grid:
    """A figures table as found: entries by (row code, column id); `lines` are the sheet's rows."""

    table: Table
    sheet: str
    entries: dict[tuple[str, str], Entry] = field(repr=False)
    lines: dict[str, int] = field(default_factory=dict, repr=False)
    headings: dict[str, str] = field(default_factory=dict, repr=False)
    """The cell of each column's heading."""
    absent: frozenset[str] = frozenset()
    """Columns that aren't there, which findings say."""


def place_rows(table: Table, layout: Layout, notebook: Notebook) -> Grid:
    """The table's entries; rows that repeat, are unknown, missing or unlabelled become findings."""
    lines = list(lines_below(table, layout))
    placed = place_lines(table, layout, lines, notebook)
    taken = {line.number for line in placed.values()}
    unknown = [line for line in lines if line.number not in taken and line.has_numbers]
    for line in unknown[:_MOST_NAMED]:
        _unplaced(table, layout, line, notebook)
    if more := unknown[_MOST_NAMED:]:
        cells = tuple(label_cell(table, layout, line) for line in more)
        notebook.find("rows_unknown", Place(layout.sheet.name, cells), count=len(more))
    if missing := [row.code for row in table.rows if row.code not in placed]:
        where = Place(layout.sheet.name)
        notebook.find("row_missing", where, _WARNING, rows=", ".join(missing), count=len(missing))
    values = [column for column in table.of_role(Role.VALUE) if column.id in layout.columns]
    conventions = _conventions(layout, values, placed.values())
    entries = {
        (code, column.id): entry(layout, line.number, column, conventions[column.id])
        for code, line in placed.items()
        for column in values
    }
    read_as_shown(entries, layout.sheet, lambda key: (key[1], _unit(table, *key)), notebook)
    grid = Grid(
        table,
        layout.sheet.name,
        entries,
        lines={code: one.number for code, one in placed.items()},
        headings={
            name: address(layout.header_row, column) for name, column in layout.columns.items()
        },
        absent=layout.absent(table),
    )
    _name_decided(grid, notebook)
    _name_hidden(grid, layout, notebook)
    return grid


def _unit(table: Table, row: str, column: str) -> Unit | None:
    return table.by_id[column].unit or table.by_code[row].unit or table.unit


def _conventions(
    layout: Layout, columns: list[Column], lines: Iterable[Line]
) -> dict[str, Convention | None]:
    """How numbers are written as text in each column; in the whole table where a column has none."""
    rows = [line.number for line in lines]
    texts = {
        column.id: [layout.sheet.value(row, layout.columns[column.id]) for row in rows]
        for column in columns
    }
    whole = convention_of(value for values in texts.values() for value in values)
    return {name: convention_of(values) or whole for name, values in texts.items()}


def _name_decided(grid: Grid, notebook: Notebook) -> None:
    """Numbers that could mean two things and were read as their neighbours are: said, never silent."""
    cells = tuple(
        entry.cell
        for entry in grid.entries.values()
        if entry.reading.from_text and read_number(entry.raw).content is Content.AMBIGUOUS
    )
    if cells:
        notebook.repair("number_decided", Place(grid.sheet, cells), count=len(cells))


def _name_hidden(grid: Grid, layout: Layout, notebook: Notebook) -> None:
    """Figures of hidden rows and columns are read like all others; whoever looks at the sheet misses them."""
    cells = tuple(
        one.cell
        for (code, column), one in grid.entries.items()
        if one.reading.content is not Content.BLANK
        and layout.sheet.is_hidden(grid.lines[code], layout.columns[column])
    )
    if cells:
        notebook.find("figures_hidden", Place(grid.sheet, cells), _WARNING, count=len(cells))


def _unplaced(table: Table, layout: Layout, line: Line, notebook: Notebook) -> None:
    """A row with numbers that no form row is: an error, unless it holds nothing but zeros."""
    entries = [
        entry(layout, line.number, column)
        for column in table.of_role(Role.VALUE)
        if column.id in layout.columns
    ]
    filled = [entry for entry in entries if entry.reading.content is not Content.BLANK]
    if not line.text and not line.code:
        zeros = all(entry.reading.value == 0 for entry in filled)
        where = Place(layout.sheet.name, tuple(entry.cell for entry in filled))
        notebook.find("row_unlabelled", where, _WARNING if zeros else Context())
        return
    where = Place(layout.sheet.name, (label_cell(table, layout, line),))
    notebook.find("row_unknown", where, row=line.code or "–", label=line.text or "–")

"""Puts the cells of a sheet into the rows and columns of a table, and names what won't go."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from services.model.rule import Severity
from services.model.table import Column, Role, Row, Table
from services.validation.cells import printed
from services.validation.findings import Context, Notebook, Place
from services.validation.layout import Layout
from services.validation.numbers import Content, Reading, read_number
from services.validation.wording import label, row_code
from services.validation.workbook import CellValue, address

_WARNING = Context(severity=Severity.WARNING)
_LONGEST_CODE = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of a table: its place, what stands there, and that read as a number."""

    cell: str
    raw: CellValue
    reading: Reading


@dataclass(frozen=True)
class Grid:
    """A figures table as found: entries by (row code, column id)."""

    table: Table
    sheet: str
    entries: dict[tuple[str, str], Entry] = field(repr=False)


@dataclass(frozen=True)
class Record:
    """One record of a list: its sheet row, and its entries by column id."""

    row: int
    entries: dict[str, Entry]


@dataclass(frozen=True)
class Line:
    """A row of the sheet below the header."""

    number: int
    code: str
    text: str
    has_numbers: bool


def place_rows(table: Table, layout: Layout, notebook: Notebook) -> Grid:
    """The table's entries; rows that repeat, are unknown, missing or unlabelled become findings."""
    lines = list(_lines(table, layout))
    placed = _by_code(table, layout, lines, notebook) if table.rows_by == "code" else {}
    _by_label(table, layout, lines, placed, notebook)
    taken = {line.number for line in placed.values()}
    for line in lines:
        if line.number not in taken and line.has_numbers:
            _unplaced(table, layout, line, notebook)
    if missing := [row.code for row in table.rows if row.code not in placed]:
        where = Place(layout.sheet.name)
        notebook.find("row_missing", where, _WARNING, rows=", ".join(missing), count=len(missing))
    entries = {
        (code, column.id): entry(layout, line.number, column)
        for code, line in placed.items()
        for column in table.of_role(Role.VALUE)
        if column.id in layout.columns
    }
    return Grid(table, layout.sheet.name, entries)


def entry(layout: Layout, row: int, column: Column) -> Entry:
    """The cell of a column in a row of the sheet."""
    place = layout.columns[column.id]
    raw = layout.sheet.value(row, place)
    return Entry(address(row, place), raw, read_number(raw))


def read_records(table: Table, layout: Layout) -> list[Record]:
    """The records of a list: rows with two cells or more, without totals and what stands below.

    Below the last full record a row with few cells and no number is a signature or a note.
    """
    columns = [column for column in table.columns if column.id in layout.columns]
    records: list[Record] = []
    end = 0
    for number in _rows_below(layout):
        entries = {column.id: entry(layout, number, column) for column in columns}
        filled = [text for one in entries.values() if (text := printed(one.raw).strip())]
        if len(filled) < 2 or _numbers_columns(filled) or _is_total(filled):
            continue
        records.append(Record(number, entries))
        numeric = any(isinstance(one.raw, int | float) for one in entries.values())
        if numeric or 2 * len(filled) >= len(columns):
            end = len(records)
    return records[:end]


def _is_total(texts: list[str]) -> bool:
    return label(texts[0]).startswith(("tổng số", "tổng cộng", "cộng"))


def _rows_below(layout: Layout) -> Iterator[int]:
    rows = layout.sheet.rows
    for number in range(layout.header_row + 1, len(rows)):
        if any(cell != "" for cell in rows[number]):
            yield number


def _lines(table: Table, layout: Layout) -> Iterator[Line]:
    """The rows below the header with their code and label, without the column-number row."""
    code, text = (_place(table, layout, role) for role in (Role.CODE, Role.LABEL))
    values = [layout.columns[c.id] for c in table.of_role(Role.VALUE) if c.id in layout.columns]
    for number in _rows_below(layout):
        cells = [layout.sheet.value(number, column) for column in values]
        written = printed(layout.sheet.value(number, text)).strip() if text is not None else ""
        first = printed(layout.sheet.value(number, code)).strip() if code is not None else ""
        shown = [printed(cell).strip() for cell in cells if cell != ""]
        if _numbers_columns([one for one in (written, first, *shown) if one]):
            continue
        readings = [read_number(cell) for cell in cells]
        has_numbers = any(_may_be_figure(one, first) for one in readings)
        yield Line(number, row_code(first), written, has_numbers)


def _may_be_figure(reading: Reading, code: str) -> bool:
    """Whether a cell belongs to a row of figures, not to a note or a signature below them."""
    if reading.content is Content.NOT_NUMBER:
        return 0 < len(code) <= _LONGEST_CODE
    return reading.content is not Content.BLANK


def _place(table: Table, layout: Layout, role: Role) -> int | None:
    return next((layout.columns[c.id] for c in table.of_role(role) if c.id in layout.columns), None)


def _numbers_columns(texts: list[str]) -> bool:
    """Whether a row is the one that numbers the columns: A, B, 1, 2, 3=1+2, …"""
    texts = [text.strip("()") for text in texts]
    letters = [text for text in texts if len(text) == 1 and text.isalpha() and text.isupper()]
    others = [text.split("=")[0].strip() for text in texts if text not in letters]
    numbers = [int(text) for text in others if text.isascii() and text.isdigit()]
    rising = all(first < second <= first + 3 for first, second in pairwise(numbers))
    return bool(letters) and len(numbers) == len(others) and rising


def _by_code(
    table: Table, layout: Layout, lines: list[Line], notebook: Notebook
) -> dict[str, Line]:
    """Form row code → line, for the lines whose printed code the form knows."""
    known = {row_code(row.code): row for row in table.rows}
    place = _place(table, layout, Role.CODE) or 0
    placed: dict[str, Line] = {}
    for line in lines:
        row = known.get(line.code)
        if row is None:
            continue
        if before := placed.get(row.code):
            cells = (address(before.number, place), address(line.number, place))
            where = Place(layout.sheet.name, cells)
            notebook.find("row_repeated", where, row=row.code)
            continue
        placed[row.code] = line
        if line.text and not _has_label(row, line.text):
            where = Place(layout.sheet.name, (address(line.number, place),))
            given = {"row": row.code, "expected": row.label, "found": line.text}
            notebook.find("row_label_differs", where, _WARNING, **given)
    return placed


def _by_label(
    table: Table, layout: Layout, lines: list[Line], placed: dict[str, Line], notebook: Notebook
) -> None:
    """Places lines by their label: one without a code that the form knows, for one free row."""
    rows: dict[str, list[Row]] = {}
    for row in table.rows:
        for name in {label(text) for text in (row.label, *row.aliases)}:
            rows.setdefault(name, []).append(row)
    taken = {line.number for line in placed.values()}
    for line in lines:
        if line.number in taken or not line.text:
            continue
        free = [row for row in rows.get(label(line.text), ()) if row.code not in placed]
        free = [row for row in free if row.unprinted] or free
        if len(free) != 1:
            continue
        placed[free[0].code] = line
        if table.rows_by == "code" and not free[0].unprinted:
            where = Place(layout.sheet.name, (_line_cell(table, layout, line),))
            notebook.repair("row_by_label", where, row=free[0].code, label=line.text)


def _has_label(row: Row, text: str) -> bool:
    return label(text) in {label(one) for one in (row.label, *row.aliases)}


def _line_cell(table: Table, layout: Layout, line: Line) -> str:
    place = _place(table, layout, Role.LABEL)
    return address(line.number, 0 if place is None else place)


def _unplaced(table: Table, layout: Layout, line: Line, notebook: Notebook) -> None:
    """A row with numbers that no form row is: an error, unless it holds nothing but zeros."""
    entries = [
        entry(layout, line.number, column)
        for column in table.of_role(Role.VALUE)
        if column.id in layout.columns
    ]
    given = [one for one in entries if one.reading.content is not Content.BLANK]
    if not line.text and not line.code:
        zeros = all(one.reading.value == 0 for one in given)
        where = Place(layout.sheet.name, tuple(one.cell for one in given))
        notebook.find("row_unlabelled", where, _WARNING if zeros else Context())
        return
    where = Place(layout.sheet.name, (_line_cell(table, layout, line),))
    notebook.find("row_unknown", where, row=line.code or "–", label=line.text or "–")

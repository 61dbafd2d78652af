"""Correct workbooks of the starter forms, with made-up figures and the layouts that agencies give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from random import Random

from bench.planted.sheet import Cell, Formula, Place, Sheet
from bench.planted.values import Values, figures, totals_of
from services.model import wording
from services.model.codelist import Codelist, load_codelists
from services.model.enumerations import Completeness
from services.model.form import Form
from services.model.period import Frequency, Period
from services.model.rule import Axis, CellType, Relation, Total
from services.model.table import Column, Role, Span, Table, TableKind
from services.validation.reading.placing.wording import spellings
from services.validation.reading.statement import Statement
from services.validation.workbook import address


@dataclass
class Book:
    """A workbook before it is written: its cells, and where the form's parts are.

    `header` is the last row of headings, `first` that of the first figures.
    """

    form: Form
    statement: Statement
    sheet: Sheet
    rows: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    header: int = 0
    first: int = 0
    unit: Place = (0, 0)
    as_text: bool = False
    values: Values = field(default_factory=dict)

    @property
    def table(self) -> Table:
        """The form's one table."""
        return self.form.tables[0]

    def place(self, row: str, column: str) -> Place:
        """Where a figure stands."""
        return self.rows[row], self.columns[column]

    def cell(self, row: str, column: str) -> str:
        """Its address."""
        return address(*self.place(row, column))

    def set(self, row: str, column: str, value: Decimal) -> None:
        """Writes a figure as the others of the workbook are written."""
        shown: Cell = wording.number(value, "vi") if self.as_text else value
        self.sheet.cells[self.place(row, column)] = shown

    def totals(self, relation: Relation) -> list[tuple[Total, str, Axis]]:
        """The totals of this relation whose codes all hold figures, with the column (or the row) that they are of."""
        return [
            (total, other, axis)
            for total, others, axis in totals_of(self.form)
            if total.relation is relation
            for other in others
            if all(
                (other, one) if axis is Axis.COLUMNS else (one, other) in self.values
                for one in total.codes
            )
        ]


@cache
def codelists() -> Mapping[str, Codelist]:
    """The code lists that their rules name."""
    return load_codelists()


def clean(form: Form, chance: Random) -> Book:
    """A correct workbook of the form."""
    table = form.tables[0]
    statement = _statement(form, chance)
    book = Book(form, statement, Sheet(chance.choice((*table.sheets, "Sheet1"))))
    is_grid = table.kind is TableKind.FIGURES
    book.as_text = is_grid and len(table.rows) > 1 and chance.random() < 0.25
    _lay_out(book, chance)
    if is_grid:
        _fill(book, chance)
    else:
        _list(book, chance)
    book.sheet.cells[max(book.rows.values()) + 2, book.columns[_label(table)]] = "Người lập biểu"
    return book


def _statement(form: Form, chance: Random) -> Statement:
    quarterly = Frequency.QUARTER in form.frequencies
    year = chance.randrange(2022, 2028)
    period = Period.parse(f"{year}-Q{chance.randrange(2, 5)}" if quarterly else str(year))
    listed = form.area_lists[0]
    area = (
        "00"
        if form.tables[0].rows and form.tables[0].rows[0].area
        else "94"
        if listed == "63"
        else "92"
    )
    return Statement(listed, area, period, chance.choice(list(Completeness)))


def _lay_out(book: Book, chance: Random) -> None:
    """Title, unit line, header, and which column of the sheet each of the form's is."""
    table, cells = book.table, book.sheet.cells
    top, left = chance.choice((0, 0, 1, 5, 12)), chance.choice((0, 0, 1, 3))
    cells[top, left] = "UỶ BAN NHÂN DÂN TỈNH"
    cells[top + 2, left] = book.form.title.vi.upper()
    inserted = chance.randrange(1, len(table.columns)) if chance.random() < 0.4 else 0
    place = left
    for number, column in enumerate(table.columns):
        if column.optional and column.role is not Role.UNIT and chance.random() < 0.3:
            continue
        if number == inserted and number:
            book.columns["-"], place = place, place + 1
        book.columns[column.id], place = place, place + 1
    book.unit = top + 4, place - 1
    if table.unit is not None:
        written = chance.choice(("Đơn vị tính: {}", "ĐVT: {}", "(Đơn vị tính: {})", "Đơn vị: {}"))
        label = (
            chance.choice(table.unit.labels)
            if table.unit.labels[0] == "triệu đồng"
            else table.unit.labels[0]
        )
        cells[book.unit] = written.format(label.capitalize())
    _write_header(book, top + 5, chance)


def _write_header(book: Book, top: int, chance: Random) -> None:
    cells = book.sheet.cells
    paths = {one.id: _path(book, one) for one in book.table.columns if one.id in book.columns}
    under = chance.random() < 0.5 and "quarter" in paths
    for name in ("quarter", "year_to_date") if under else ():
        paths[name] = ("Thực hiện", *paths[name])
    depth = max(map(len, paths.values()))
    book.header = top + depth - 1
    book.first = book.header + 1
    for name, path in paths.items():
        for level, text in enumerate(path):
            cells[top + level, book.columns[name]] = text
        if len(path) < depth:
            first = top + len(path) - 1, book.columns[name]
            book.sheet.merged.append((first, (book.header, book.columns[name])))
    if "-" in book.columns:
        cells[book.header, book.columns["-"]] = chance.choice(
            ("Ghi chú", "Kế hoạch", "So sánh (%)")
        )
    if chance.random() < 0.5 and book.table.kind is TableKind.FIGURES:
        _number_columns(book)
        book.first += 1


def _number_columns(book: Book) -> None:
    """The row below the header that numbers the columns: A, B, 1, 2."""
    letters, numbers = iter("ABCDEF"), iter(range(1, 50))
    for name, place in sorted(book.columns.items(), key=lambda one: one[1]):
        if name != "-":
            of_value = book.table.by_id[name].role is Role.VALUE
            text = str(next(numbers)) if of_value else next(letters)
            book.sheet.cells[book.header + 1, place] = text


def _path(book: Book, column: Column) -> tuple[str, ...]:
    period = book.statement.period_of(column.span)
    written = spellings(period, column.span is Span.YEAR_TO_DATE)[0]
    return tuple(part.replace("{period}", written) for part in column.headers[0])


def _label(table: Table) -> str:
    """The column whose text names a row, or a record."""
    names = (
        *table.of_role(Role.LABEL),
        *(one for one in table.columns if one.type is CellType.TEXT),
    )
    return names[0].id


def _fill(book: Book, chance: Random) -> None:
    """Codes, labels, units and figures of a table; some totals as formulas."""
    book.values = figures(book.form, chance)
    for number, row in enumerate(book.table.rows, start=book.first):
        book.rows[row.code] = number
        shown: dict[Role, Cell] = {
            Role.LABEL: row.label,
            Role.CODE: None if row.unprinted else row.code,
        }
        if row.unit is not None:
            shown[Role.UNIT] = row.unit.labels[0]
        for column in book.table.columns:
            if column.id in book.columns and column.role in shown:
                book.sheet.cells[number, book.columns[column.id]] = shown[column.role]
    for (code, name), value in book.values.items():
        book.set(code, name, value)
    if not book.as_text and chance.random() < 0.3:
        for total, other, axis in book.totals(Relation.EQUAL):
            if axis is Axis.ROWS:
                book.sheet.cells[book.place(total.left, other)] = formula(book, total, other)


def formula(book: Book, total: Total, column: str) -> Formula:
    """A total as the formula of its parts."""
    parts = "".join(
        f"{'-' if sign < 0 else '+'}{book.cell(code, column)}" for sign, code in total.terms
    )
    return Formula(parts.lstrip("+"), book.values[total.left, column])


def _list(book: Book, chance: Random) -> None:
    """The records of a list."""
    activities = [one.code for one in codelists()["VSIC2018"].codes]
    for number in range(chance.randrange(6, 40)):
        row = book.first + number
        book.rows[str(number)] = row
        for column in book.table.columns:
            if column.id not in book.columns:
                continue
            cell: Cell = f"{column.headers[0][0]} số {number + 1:03}"
            if column.id == "number":
                cell = Decimal(number + 1)
            elif column.id == "activity":
                cell = chance.choice(activities)
            elif column.type in (CellType.NUMBER, CellType.INTEGER):
                whole = column.type is CellType.INTEGER
                # No list is of projects below 70 billion đồng.
                value = Decimal(chance.randrange(1_000 if whole else 7_000_000, 9_000_000))
                cell = value if whole else value.scaleb(-2)
                book.values[str(number), column.id] = cell
            book.sheet.cells[row, book.columns[column.id]] = cell

"""Which cell of a template is what: header, column numbers, rows and their sections."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from string import ascii_uppercase
from typing import Final

from services.model.form import Form
from services.model.period import Period
from services.model.rule import CellType, RuleKind
from services.model.table import Column, Role, Row, Span, Table, TableKind
from services.validation.reading.placing.layout import PERIOD
from services.validation.reading.placing.wording import spellings
from services.validation.workbook.sheet import Place

HEADER_ROW: Final = 7
"""The rows above hold the title block and the unit."""
BLANK_RECORDS: Final = 200
_SECTIONS = " > "


@dataclass(frozen=True)
class Heading:
    """A header text over the cells from `first` to `last`, both counted."""

    text: str
    first: Place
    last: Place


@dataclass(frozen=True)
class Line:
    """A row below the header: of the form, a section's title above such rows, or a blank record."""

    number: int
    row: Row | None = None
    section: str = ""


@dataclass(frozen=True)
class Plan:
    """A table's place in its sheet; rows and columns are counted from 0."""

    table: Table
    headings: tuple[Heading, ...]
    numbers_row: int
    lines: tuple[Line, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns, in the sheet's order."""
        return self.table.columns

    @property
    def last_column(self) -> int:
        """The sheet's last column."""
        return len(self.columns) - 1

    def heading_of(self, column: int) -> Place:
        """The cell that holds a column's innermost heading."""
        lowest = (heading for heading in self.headings if heading.last[0] == self.numbers_row - 1)
        return next(
            heading.first for heading in lowest if heading.first[1] <= column <= heading.last[1]
        )

    @property
    def place_of_row(self) -> Mapping[str, int]:
        """Row code → row of the sheet."""
        return {line.row.code: line.number for line in self.lines if line.row is not None}


def plan(table: Table, periods: Mapping[str, Period]) -> Plan:
    """Where everything of a table goes; `periods` are those of its columns."""
    paths = [_path(column, periods[column.id]) for column in table.columns]
    depth = max(map(len, paths))
    numbers_row = HEADER_ROW + depth
    return Plan(
        table,
        tuple(_headings(paths, depth)),
        numbers_row,
        tuple(_lines(table, numbers_row + 1)),
    )


def types_of(form: Form, table: Table) -> Mapping[str, CellType]:
    """What the cells of each column hold: its own type, else what a rule of kind `type` says, else by its role."""
    types = {
        column.id: column.type or (CellType.NUMBER if column.role is Role.VALUE else CellType.TEXT)
        for column in table.columns
    }
    for rule in form.rules:
        if rule.kind is RuleKind.TYPE and rule.table == table.id:
            values = tuple(column.id for column in table.of_role(Role.VALUE))
            types |= dict.fromkeys(rule.columns or values, CellType(rule.expression))
    return types


def column_numbers(table: Table, types: Mapping[str, CellType]) -> list[str | int]:
    """A, B, C over what is printed or text, 1, 2, 3 over numbers."""
    letters = iter(ascii_uppercase)
    numbers = count(1)
    numeric = (CellType.NUMBER, CellType.INTEGER)
    return [
        next(numbers) if types[column.id] in numeric else next(letters) for column in table.columns
    ]


def _path(column: Column, period: Period) -> tuple[str, ...]:
    written = spellings(period, column.span is Span.YEAR_TO_DATE)[0]
    return tuple(part.replace(PERIOD, written) for part in column.headers[0])


def _headings(paths: list[tuple[str, ...]], depth: int) -> Iterator[Heading]:
    """Each text once over the columns that share it, the innermost down to the last header row."""
    for level in range(depth):
        first = 0
        while first < len(paths):
            path = paths[first]
            if level >= len(path):
                first += 1
                continue
            last = first
            inner = level == len(path) - 1
            while not inner and last + 1 < len(paths) and _shares(paths[last + 1], path, level):
                last += 1
            bottom = depth - 1 if inner else level
            yield Heading(path[level], (HEADER_ROW + level, first), (HEADER_ROW + bottom, last))
            first = last + 1


def _shares(other: tuple[str, ...], path: tuple[str, ...], level: int) -> bool:
    return len(other) > level + 1 and other[: level + 1] == path[: level + 1]


def _lines(table: Table, first: int) -> Iterator[Line]:
    if table.kind is TableKind.RECORDS:
        yield from (Line(first + number) for number in range(BLANK_RECORDS))
        return
    number = first
    before: tuple[str, ...] = ()
    for row in table.rows:
        sections = _sections(row)
        shared = 0
        while shared < min(len(sections), len(before)) and sections[shared] == before[shared]:
            shared += 1
        for section in sections[shared:]:
            yield Line(number, section=section)
            number += 1
        before = sections
        yield Line(number, row)
        number += 1


def _sections(row: Row) -> tuple[str, ...]:
    """The titles under which a row stands, where one of its other labels tells: `I. A > 1. B > C`."""
    path = next((alias for alias in row.aliases if _SECTIONS in alias), "")
    return tuple(path.split(_SECTIONS)[:-1])

"""What a workbook is to the checks: sheets of values with merged ranges, and the notes around."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal

CellValue = str | int | float | bool | date | datetime | time | timedelta
Range = tuple[tuple[int, int], tuple[int, int]]
Place = tuple[int, int]


class UnreadableWorkbook(ValueError):
    """The bytes are no workbook that can be read."""


class ProtectedWorkbook(UnreadableWorkbook):
    """The workbook opens only with a password."""


@dataclass(frozen=True)
class Note:
    """Text of a workbook outside its cells; `cell` is blank where it belongs to none."""

    sheet: int
    cell: str
    text: str
    where: Literal["comment", "property", "header"]


@dataclass(frozen=True)
class Sheet:
    """A sheet: `rows` from A1 on, "" where a cell is blank; merged ranges with both corners."""

    name: str
    rows: list[list[CellValue]] = field(repr=False)
    hidden: bool = False
    merged: tuple[Range, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()

    @cached_property
    def width(self) -> int:
        """Columns of the widest row."""
        return max(map(len, self.rows), default=0)

    @cached_property
    def anchors(self) -> dict[Place, Place]:
        """For each place inside a merged range the corner that holds its value."""
        return {
            (row, column): first
            for first, last in self.merged
            if (last[0] - first[0] + 1) * (last[1] - first[1] + 1) <= _LARGEST_MERGE
            for row in range(first[0], last[0] + 1)
            for column in range(first[1], last[1] + 1)
        }

    def value(self, row: int, column: int) -> CellValue:
        """The value at a place, "" outside the sheet."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return ""
        return self.rows[row][column]

    def spread(self, row: int, column: int) -> CellValue:
        """The value that a reader sees at a place: inside a merged range its corner's."""
        return self.value(*self.anchors.get((row, column), (row, column)))


# A range over more cells is decoration of a title, never a header; it isn't worth unrolling.
_LARGEST_MERGE = 4096


@dataclass(frozen=True)
class Workbook:
    """All sheets in their order, and the notes around them."""

    format: Literal["xlsx", "xls", "csv"]
    sheets: tuple[Sheet, ...]
    notes: tuple[Note, ...] = ()

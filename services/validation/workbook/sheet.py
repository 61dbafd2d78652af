"""What a workbook is to the checks: sheets of values with merged ranges, and the notes around."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal

CellValue = str | int | float | bool | date | datetime | time | timedelta
Range = tuple[tuple[int, int], tuple[int, int]]
Place = tuple[int, int]
Format = Literal["xlsx", "xls", "ods", "csv"]
Where = Literal["comment", "property", "header", "drawing", "name", "list", "other"]


class UnreadableWorkbook(ValueError):
    """The bytes are no workbook that can be read."""


class ProtectedWorkbook(UnreadableWorkbook):
    """The workbook opens only with a password."""


class BrokenQuotes(UnreadableWorkbook):
    """A quote in separated text that isn't closed, or isn't closed where its cell ends.

    `row` is the one in which it is opened, counted from 1; all cells from there on are guesses.
    """

    def __init__(self, row: int) -> None:
        super().__init__(f"a quote in row {row} isn't closed where its cell ends")
        self.row = row


class OversizedWorkbook(UnreadableWorkbook):
    """The workbook unpacks to more than is read."""


@dataclass(frozen=True, slots=True)
class Note:
    """Text of a workbook outside its cells; `cell` is blank where it belongs to none."""

    sheet: int
    cell: str
    text: str
    where: Where


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell's formula. A shared one is written for `origin` and moves with the cell."""

    text: str
    origin: Place
    stored: bool
    """Whether the file holds a value beside the formula."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Cells of a sheet whose text was in an encoding from before Unicode, or held signs that nobody sees."""

    encoding: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Scan:
    """What a sheet has besides the values of its cells, as the parts of its file say.

    `errors` are cells that hold an error value, which the reader of cells leaves blank; `notes` are
    (cell, text, where). `formats` are the number formats that show another number than the stored one
    (`workbook.formats`). `merged` is only for files whose merged cells that reader doesn't tell.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    errors: tuple[tuple[Place, str], ...] = ()
    formulas: Mapping[Place, Formula] = field(default_factory=dict)
    unchecked_formulas: bool = False
    notes: tuple[tuple[str, str, Where], ...] = ()
    merged: tuple[Range, ...] = ()
    formats: Mapping[Place, str] = field(default_factory=dict)
    oversized: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet: `rows` from A1 on, "" where a cell is blank; merged ranges with both corners.

    `oversized` is the last cell of a sheet that spreads too far to be read, `broken` says that it
    can't be read at all; it has no rows then.
    """

    name: str
    rows: list[list[CellValue]] = field(repr=False)
    hidden: bool = False
    merged: tuple[Range, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    formulas: Mapping[Place, Formula] = field(default_factory=dict, repr=False)
    formats: Mapping[Place, str] = field(default_factory=dict, repr=False)
    decoded: tuple[Decoded, ...] = ()
    oversized: str = ""
    broken: bool = False
    unchecked_formulas: bool = False

    @cached_property
    def width(self) -> int:
        """Columns of the widest row."""
        return max(map(len, self.rows), default=0)

    @cached_property
    def anchors(self) -> dict[Place, Place]:
        """For each place inside a merged range the corner that holds its value."""
        found: dict[Place, Place] = {}
        for first, last in self.merged:
            size = (last[0] - first[0] + 1) * (last[1] - first[1] + 1)
            if size > _LARGEST_MERGE or len(found) > _MOST_ANCHORS:
                continue
            found |= {
                (row, column): first
                for row in range(first[0], last[0] + 1)
                for column in range(first[1], last[1] + 1)
            }
        return found

    def value(self, row: int, column: int) -> CellValue:
        """The value at a place, "" outside the sheet."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return ""
        return self.rows[row][column]

    def spread(self, row: int, column: int) -> CellValue:
        """The value that a reader sees at a place: inside a merged range its corner's."""
        return self.value(*self.anchors.get((row, column), (row, column)))

    def is_hidden(self, row: int, column: int) -> bool:
        """Whether nobody sees the cell without unhiding something."""
        return self.hidden or row in self.hidden_rows or column in self.hidden_columns


# A range over more cells is decoration of a title, never a header; it isn't worth unrolling.
_LARGEST_MERGE = 4096
_MOST_ANCHORS = 200_000


@dataclass(frozen=True)
class Workbook:
    """All sheets in their order, and the notes around them.

    `unread` names the parts that couldn't be read: text may be in them that nobody has seen. `separator` is what
    parts the cells of text.
    """

    format: Format
    sheets: tuple[Sheet, ...]
    notes: tuple[Note, ...] = ()
    unread: tuple[str, ...] = ()
    separator: str = ""

"""A small picture of a sheet: where something stands, and where it is wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from services.model.enumerations import Severity
from services.validation.findings import Finding
from services.validation.telling.marking.cells import place_of
from services.validation.workbook import Sheet, Workbook

MOST_ROWS: Final = 64
MOST_COLUMNS: Final = 24
MOST_SHEETS: Final = 12
_FILLED = "filled"
_NARROWEST, _WIDEST, _WIDTH = 14, 42, 280
_WORST = (Severity.ERROR.value, Severity.WARNING.value, Severity.INFORMATION.value, _FILLED)


@dataclass(frozen=True)
class Mark:
    """A run of cells of one row that look the same: `kind` is a severity, or "filled"."""

    row: int
    column: int
    width: int
    kind: str


@dataclass(frozen=True)
class Picture:
    """A sheet in squares; one square is a cell, or several where the sheet is large."""

    sheet: str
    rows: int
    columns: int
    cells: int
    marks: tuple[Mark, ...]

    @property
    def wide(self) -> int:
        """How wide a column is drawn, in pixels: a sheet of few columns has wider ones."""
        return max(_NARROWEST, min(_WIDEST, _WIDTH // self.columns))


def pictures(workbook: Workbook, findings: Iterable[Finding]) -> list[Picture]:
    """The sheets with findings; where there are none, those that hold anything and are shown."""
    wrong: dict[str, dict[tuple[int, int], str]] = {}
    for finding in sorted(findings, key=lambda finding: -_WORST.index(finding.severity.value)):
        for cell in finding.place.cells:
            if place := place_of(cell):
                wrong.setdefault(finding.place.sheet, {})[place] = finding.severity.value
    drawn = [sheet for sheet in workbook.sheets if sheet.name in wrong]
    drawn = drawn or [sheet for sheet in workbook.sheets if sheet.rows and not sheet.hidden]
    return [_picture(sheet, wrong.get(sheet.name, {})) for sheet in drawn[:MOST_SHEETS]]


def _picture(sheet: Sheet, wrong: dict[tuple[int, int], str]) -> Picture:
    places = {
        (row, column): _FILLED
        for row, cells in enumerate(sheet.rows)
        for column, cell in enumerate(cells)
        if cell != ""
    } | wrong
    rows = max((row for row, _ in places), default=0) + 1
    columns = max((column for _, column in places), default=0) + 1
    tall, wide = -(-rows // MOST_ROWS), -(-columns // MOST_COLUMNS)
    squares: dict[tuple[int, int], str] = {}
    for (row, column), kind in places.items():
        square = row // tall, column // wide
        squares[square] = min(kind, squares.get(square, kind), key=_WORST.index)
    return Picture(
        sheet.name, -(-rows // tall), -(-columns // wide), len(wrong), tuple(_runs(squares))
    )


def _runs(squares: dict[tuple[int, int], str]) -> Iterator[Mark]:
    """Neighbours in a row that look the same, together."""

    def run(numbered: tuple[int, tuple[tuple[int, int], str]]) -> tuple[int, int, str]:
        number, ((row, column), kind) = numbered
        return row, column - number, kind

    for (row, _, kind), group in groupby(enumerate(sorted(squares.items())), key=run):
        columns = [column for _, ((_, column), _) in group]
        yield Mark(row, columns[0], len(columns), kind)

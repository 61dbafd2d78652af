"""Small pictures of a workbook's sheets: where something stands, and where it is wrong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from services.model.picture import KINDS, Picture
from services.validation.findings import Finding
from services.validation.workbook import Sheet, Workbook
from services.validation.workbook.address import place_of

MOST_ROWS: Final = 64
MOST_COLUMNS: Final = 24
MOST_SHEETS: Final = 12
_LETTERS: Final = {kind: letter for letter, kind in KINDS.items()}
_WORST: Final = "".join(KINDS)
Square = tuple[int, int]


@dataclass(frozen=True)
class Outline:
    """Where something stands on a sheet: in squares of so many of its rows and columns."""

    sheet: str
    rows: int
    columns: int
    filled: frozenset[Square] = field(repr=False)
    tall: int = 1
    wide: int = 1


def outlines(workbook: Workbook, findings: Sequence[Finding]) -> tuple[Outline, ...]:
    """Of the sheets with findings; where there are none, of those that hold anything and are shown."""
    found = _places(findings)
    drawn = [sheet for sheet in workbook.sheets if sheet.name in found]
    drawn = drawn or [sheet for sheet in workbook.sheets if sheet.rows and not sheet.hidden]
    return tuple(_outline(sheet, found.get(sheet.name, {})) for sheet in drawn[:MOST_SHEETS])


def pictures(sheets: Iterable[Outline], findings: Iterable[Finding]) -> list[Picture]:
    """The sheets with what is found in them, the worst of each square."""
    found = _places(findings)
    return [_picture(sheet, found.get(sheet.sheet, {})) for sheet in sheets]


def _places(findings: Iterable[Finding]) -> dict[str, dict[Square, str]]:
    """The letter of the worst finding about each cell, by sheet."""
    found: dict[str, dict[Square, str]] = {}
    for finding in findings:
        letter = _LETTERS[finding.severity.value]
        cells = found.setdefault(finding.place.sheet, {}) if finding.place.cells else {}
        for cell in finding.place.cells:
            if place := place_of(cell):
                cells[place] = min(letter, cells.get(place, letter), key=_WORST.index)
    return {sheet: cells for sheet, cells in found.items() if cells}


def _outline(sheet: Sheet, found: Iterable[Square]) -> Outline:
    rows = columns = 1
    for row, column in chain(_filled(sheet), found):
        rows, columns = max(rows, row + 1), max(columns, column + 1)
    tall, wide = -(-rows // MOST_ROWS), -(-columns // MOST_COLUMNS)
    squares = frozenset((row // tall, column // wide) for row, column in _filled(sheet))
    return Outline(sheet.name, -(-rows // tall), -(-columns // wide), squares, tall, wide)


def _filled(sheet: Sheet) -> Iterator[Square]:
    for row, cells in enumerate(sheet.rows):
        for column, cell in enumerate(cells):
            if cell != "":
                yield row, column


def _picture(sheet: Outline, found: dict[Square, str]) -> Picture:
    squares = dict.fromkeys(sheet.filled, _LETTERS["filled"])
    for (row, column), letter in found.items():
        square = row // sheet.tall, column // sheet.wide
        squares[square] = min(letter, squares.get(square, letter), key=_WORST.index)
    rows = tuple(
        "".join(squares.get((row, column), " ") for column in range(sheet.columns))
        for row in range(sheet.rows)
    )
    return Picture(sheet.sheet, len(found), rows)

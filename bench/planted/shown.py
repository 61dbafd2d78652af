"""Figures that are shown otherwise than they are stored, and layouts in which they stand elsewhere than it seems."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from bench.planted.clean import Book
from bench.planted.planting import Plant, Planted, expected
from bench.planted.sheet import Cell, Formula
from services.model.table import TableKind
from services.validation.workbook import address

_SCALES = (
    ("#,##0.000,,", 6), ("#,##0,", 3), ('#,##0.0,,;[Red]-#,##0.0,,;"-"', 6), ("[$-42A]0.00,", 3),
)  # fmt: skip
_FEWEST = 4


def _numbers(book: Book) -> list[tuple[str, str]]:
    """The figures that are numbers in a table of figures, and not nought."""
    if book.table.kind is not TableKind.FIGURES or book.as_text:
        return []
    return [one for one, value in book.values.items() if value]


def _times(cell: Cell, power: int) -> Cell:
    if isinstance(cell, Formula):
        return Formula(cell.text, cell.stored.scaleb(power))
    return cell.scaleb(power) if isinstance(cell, Decimal) else cell


def _is_share(book: Book, column: str) -> bool:
    unit = book.table.by_id[column].unit
    return unit is not None and "%" in unit.labels


def scaled(book: Book, chance: Random) -> Planted | None:
    """All figures stored as thousands or millions of what their format shows."""
    found = [one for one in _numbers(book) if not _is_share(book, one[1])]
    if not found:
        return None
    code, power = chance.choice(_SCALES)
    for one in found:
        place = book.place(*one)
        book.sheet.cells[place] = _times(book.sheet.cells[place], power)
        book.sheet.formats[place] = code
    return expected("number_as_shown", cell=book.cell(*chance.choice(found)))


def scaled_once(book: Book, chance: Random) -> Planted | None:
    """One figure of a column has a format that scales."""
    found = [one for one in _numbers(book) if not _is_share(book, one[1])]
    if book.table.unit is None or len(book.table.rows) < _FEWEST or not found:
        return None
    one = chance.choice(found)
    book.sheet.formats[book.place(*one)] = chance.choice(_SCALES)[0]
    return expected("format_unclear", cell=book.cell(*one))


def percent(book: Book, chance: Random) -> Planted | None:
    """A figure that is no share is shown as percent."""
    found = [one for one in _numbers(book) if not _is_share(book, one[1])]
    if not found:
        return None
    one = chance.choice(found)
    book.sheet.formats[book.place(*one)] = chance.choice(("0%", "0.00%", '0"%"'))
    return expected("format_unclear", cell=book.cell(*one))


def shares(book: Book, chance: Random) -> Planted | None:
    """Shares stored as parts of one, shown as percent."""
    found = [one for one in _numbers(book) if _is_share(book, one[1])]
    if not found:
        return None
    for one in found:
        place = book.place(*one)
        book.sheet.cells[place] = _times(book.sheet.cells[place], -2)
        book.sheet.formats[place] = "0.0%"
    return expected("number_as_shown", cell=book.cell(*chance.choice(found)))


def wide_row(book: Book, chance: Random) -> Planted | None:
    """Text separated by commas in which a figure has one too, without quotes."""
    found = [one for one in _numbers(book) if book.values[one] >= 1000]
    if not found:
        return None
    one = chance.choice(found)
    row, _ = book.sheet.unquoted = book.place(*one)
    besides = "total part check required not_number number_ambiguous not_integer decimal_comma_lost unit_missing"
    return expected("row_wide", cell=address(row, book.sheet.width), besides=besides)


def numbered(book: Book, chance: Random) -> Planted | None:
    """A column STT left of the names, and columns that are numbered 1, 2, 3 from there on: nothing is wrong.

    No room for it where the form has such a column of its own: the second one would be ambiguous.
    """
    cells = book.sheet.cells
    if book.first == book.header + 1 or any(
        isinstance(one, Formula) or one == "STT" for one in cells.values()
    ):
        return None
    book.sheet.cells = {(row, column + 1): cell for (row, column), cell in cells.items()}
    book.sheet.merged = [
        ((top, left + 1), (bottom, right + 1)) for (top, left), (bottom, right) in book.sheet.merged
    ]
    book.columns = {name: column + 1 for name, column in book.columns.items()}
    first, last = min(book.columns.values()) - 1, max(book.columns.values())
    written = chance.choice(("{}", "({})", "[{}]"))
    book.sheet.cells[book.header, first] = "STT"
    for number, column in enumerate(range(first, last + 1), 1):
        book.sheet.cells[book.header + 1, column] = written.format(number)
    for number, row in enumerate(book.rows.values(), 1):
        book.sheet.cells[row, first] = Decimal(number)
    return expected()


KINDS: Mapping[str, Plant] = {
    "formats that scale": scaled,
    "one cell's format scales": scaled_once,
    "a figure shown as percent": percent,
    "shares shown as percent": shares,
    "a row wider than its heading": wide_row,
    "STT and numbered columns (nothing wrong)": numbered,
}

"""Mutations of what stands in the cells: figures, headings, codes, rows and columns in other places and other words."""

import io
from functools import lru_cache
from random import Random
from typing import Any

from openpyxl import load_workbook

from tests.fuzz.packages import timeless
from tests.unit.workbooks import ods, ods_table, saved, xlsx

_VALUES: tuple[Any, ...] = (
    None, "", " ", 0, -1, 1e300, -1e-300, 1e22, 12345678901234567890123, 2**63, True, "-", "...", "x", "X", "–", "…",
    "1.225", "1.225.073", "12.342.460,42", "1,225.5", "1.2.3,4", "9" * 60, "1e99", "1e9999", "--5", "+", ",", "#REF!",
    "=1+1", "II", '"', "nt", "Trong đó", "Tổng số", "Quý III năm 2026", "9 tháng năm 2026", "Mã số", "Chỉ tiêu",
    "Đơn vị tính: tỷ đồng", "Đơn vị tính:", "A", "1", "01", "1a", "T0111", "\u0301" * 200, "e\u0301", "\u202e",
    "a" * 32_000, "Bé Tµi chÝnh", "Ñôn vò tính", "\ufeff", "\t", "a\nb", "<b>&amp;", "31/12/2026", "99/99/9999", 46_000,
    "\U0001f600", "١٢٣", "１２", "²", "½", "NaN", "inf", "Mã tỉnh: 99", "năm 1999", "(1)", "(" * 500, "_x0041_",
    "_x0000_",
)  # fmt: skip
Rows = list[list[Any]]


def cells(content: bytes, chance: Random) -> bytes:
    """The first sheet of an .xlsx with other cells, in one of three formats."""
    title, rows = _read(content)
    for _ in range(chance.choice((1, 2, 5, 40))):
        chance.choice(_CHANGES)(rows, chance)
    return _written(rows, title, chance)


def merged(content: bytes, chance: Random) -> bytes:
    """Ranges are merged, hidden or frozen that overlap each other and the table."""
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for _ in range(chance.choice((1, 4, 30))):
        first, height, left, width = (chance.randrange(1, 30) for _ in range(4))
        sheet.merge_cells(None, first, left, first + height, left + width)
    for row in chance.sample(range(1, 60), 5):
        sheet.row_dimensions[row].hidden = True
    if chance.random() < 0.3:
        sheet.sheet_state = chance.choice(("hidden", "veryHidden"))
        book.create_sheet("Khác")
    return timeless(saved(book))


def long(content: bytes, chance: Random) -> bytes:
    """The last rows again and again, as a sheet is that somebody filled down."""
    _, rows = _read(content)
    while len(rows) < 1 << chance.choice((9, 11, 13)):
        rows += [list(row) for row in rows[-64:]]
    for row in rows[60:]:
        if chance.random() < 0.5:
            row[chance.randrange(len(row))] = chance.choice(_VALUES)
    return _csv(rows, chance)


def _read(content: bytes) -> tuple[str, Rows]:
    title, rows = _cells(content)
    return title, [list(row) for row in rows]


@lru_cache
def _cells(content: bytes) -> tuple[str, list[tuple[Any, ...]]]:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return sheet.title, list(sheet.iter_rows(values_only=True))


def _value(rows: Rows, chance: Random) -> None:
    row = chance.choice([one for one in rows if one])
    row[chance.randrange(len(row))] = chance.choice(_VALUES)


def _shift(rows: Rows, chance: Random) -> None:
    for _ in range(chance.choice((1, 3, 70))):
        rows.insert(chance.randrange(len(rows)), [])


def _column(rows: Rows, chance: Random) -> None:
    place = chance.randrange(6)
    for row in rows:
        row.insert(place, chance.choice((None, 1, "x")))


def _gone(rows: Rows, chance: Random) -> None:
    if len(rows) > 2:
        del rows[chance.randrange(len(rows))]


def _again(rows: Rows, chance: Random) -> None:
    rows.insert(chance.randrange(len(rows)), list(chance.choice(rows)))


def _swapped(rows: Rows, chance: Random) -> None:
    first, second = chance.randrange(len(rows)), chance.randrange(len(rows))
    rows[first], rows[second] = rows[second], rows[first]


def _below(rows: Rows, chance: Random) -> None:
    rows += [list(row) for row in rows]


_CHANGES = (_value, _value, _value, _value, _shift, _column, _gone, _again, _swapped, _below)


def _written(rows: Rows, title: str, chance: Random) -> bytes:
    kind = chance.randrange(3)
    if kind == 0:
        return _csv(rows, chance)
    plain = [[_plain(one) for one in row] for row in rows]
    return (
        timeless(xlsx(plain, title))
        if kind == 1
        else timeless(ods(ods_table(map(_escaped, plain), title)))
    )


def _plain(value: Any) -> Any:
    """What a format of XML can hold."""
    if isinstance(value, str):
        return "".join(one for one in value if one >= " " or one in "\t\n")
    return value


def _escaped(row: list[Any]) -> list[Any]:
    return [
        one.replace("&", "&amp;").replace("<", "&lt;") if isinstance(one, str) else one
        for one in row
    ]


def _csv(rows: Rows, chance: Random) -> bytes:
    separator = chance.choice(",;\t|")
    end = chance.choice(("\n", "\r\n", "\r"))
    lines = (separator.join("" if one is None else str(one) for one in row) for row in rows)
    encoding = chance.choice(
        ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258", "latin-1", "utf-7")
    )
    return end.join(lines).encode(encoding, "replace")

"""Errors in what is printed around the figures: units, periods, completeness, areas; and text in old encodings."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from random import Random

from bench.planted.clean import Book
from bench.planted.planting import Plant, Planted, expected
from bench.planted.sheet import Place
from services.model.crosswalk import BEFORE, Area, provinces
from services.model.enumerations import Completeness
from services.model.legacy import Encoding, decoded
from services.model.period import Frequency
from services.model.table import Role, Span
from services.validation.reading.placing.wording import spellings
from services.validation.workbook import address

COMPLETENESS = {
    Completeness.ESTIMATE: "ước tính",
    Completeness.PRELIMINARY: "sơ bộ",
    Completeness.OFFICIAL: "chính thức",
}


def unit_multiplied(book: Book, chance: Random) -> Planted | None:
    """A unit line that names the form's unit times a power of ten."""
    if book.table.unit is None or book.table.unit.code != "VND":
        return None
    written = chance.choice(("Tỷ đồng", "nghìn đồng", "đồng", "1.000 đồng", "Tỉ đồng"))
    book.sheet.cells[book.unit] = f"Đơn vị tính: {written}"
    return expected("unit_multiplier_differs", cell=address(*book.unit))


def unit_other(book: Book, chance: Random) -> Planted | None:
    """A unit line that names another unit."""
    if book.table.unit is None:
        return None
    book.sheet.cells[book.unit] = (
        f"Đơn vị tính: {chance.choice(('USD', 'Triệu USD', 'tấn', 'ha', 'người'))}"
    )
    return expected("unit_differs", cell=address(*book.unit))


def unit_gone(book: Book, _: Random) -> Planted | None:
    """No unit line."""
    if book.table.unit is None:
        return None
    del book.sheet.cells[book.unit]
    return expected("unit_missing")


def unit_of_row(book: Book, chance: Random) -> Planted | None:
    """A row of a form with many units whose unit is another one."""
    rows = [one for one in book.table.rows if one.unit is not None]
    if not rows or "unit" not in book.columns:
        return None
    row = chance.choice(rows)
    place = book.place(row.code, "unit")
    other = chance.choice(("triệu USD", "lít", "kwh"))
    book.sheet.cells[place] = other
    return expected("unit_differs", "unit_multiplier_differs", cell=address(*place))


def ditto(book: Book, chance: Random) -> Planted | None:
    """A ditto mark under a unit that is the same."""
    rows = book.table.rows
    same = [
        n
        for n in range(1, len(rows))
        if rows[n].unit is not None and rows[n].unit == rows[n - 1].unit
    ]
    if not same or "unit" not in book.columns:
        return None
    place = book.place(rows[chance.choice(same)].code, "unit")
    book.sheet.cells[place] = chance.choice(('"', "nt", "II", "″", "như trên"))
    return expected("ditto", cell=address(*place))


def _heading(book: Book, span: Span) -> tuple[Place, str] | None:
    """The cell that prints the period of a column."""
    for column in book.table.of_role(Role.VALUE):
        if (
            column.span is span
            and column.id in book.columns
            and any("{period}" in p for h in column.headers for p in h)
        ):
            written = spellings(book.statement.period_of(span), span is Span.YEAR_TO_DATE)[0]
            for row in range(book.header + 1):
                if book.sheet.cells.get((row, book.columns[column.id])) == written:
                    return (row, book.columns[column.id]), written
    return None


def period_other(book: Book, chance: Random) -> Planted | None:
    """A heading that names another quarter, another year, or the month for the months."""
    span = chance.choice((Span.PERIOD, Span.YEAR_TO_DATE))
    found = _heading(book, span)
    if found is None:
        return None
    place, written = found
    year = book.statement.period.year
    wrong = written.replace(str(year), str(year - 1))
    if book.statement.period.frequency is Frequency.QUARTER and chance.random() < 0.6:
        other = [
            one
            for one in book.statement.period.nearby()
            if one.year == year and one != book.statement.period
        ]
        if other:
            one = chance.choice(other)
            since_january = span is Span.YEAR_TO_DATE
            wrong = spellings(one.year_to_date() if since_january else one, since_january)[0]
    book.sheet.cells[place] = wrong
    return expected(
        "period_contradicts", cell=address(*place), besides="required table_missing formula_stale"
    )


def completeness_other(book: Book, chance: Random) -> Planted | None:
    """A heading that prints another completeness."""
    found = _heading(book, Span.PERIOD)
    if found is None:
        return None
    place, written = found
    other = chance.choice([one for one in Completeness if one is not book.statement.completeness])
    book.sheet.cells[place] = chance.choice(
        (f"{written} ({COMPLETENESS[other]})", f"{COMPLETENESS[other].capitalize()} {written}")
    )
    cell = address(book.header, place[1])
    return expected("completeness_contradicts", cell=cell)


def area_of_other_list(book: Book, _: Random) -> Planted | None:
    """The province's code above the table is that of the other list."""
    if book.statement.area == "00":
        return None
    old = book.statement.area_list == BEFORE
    other = provinces().successor(Area(BEFORE, book.statement.area)).code if old else "94"
    place = book.unit[0] - 1, book.unit[1]
    book.sheet.cells[place] = f"Mã tỉnh: {other}"
    return expected("area_of_other_list", cell=address(*place))


def area_other(book: Book, _: Random) -> Planted | None:
    """The code above the table is another province's."""
    if book.statement.area == "00":
        return None
    place = book.unit[0] - 1, book.unit[1]
    book.sheet.cells[place] = "Mã tỉnh: 11"
    return expected("area_contradicts", cell=address(*place))


_TCVN3 = {decoded(chr(n), Encoding.TCVN3): chr(n) for n in range(0x7F, 0x100)}


def tcvn3(book: Book, chance: Random) -> Planted | None:
    """All text in the old encoding, with its font; capitals with marks are small letters of another font there."""
    book.sheet.font = chance.choice((".VnTime", ".VnArial"))
    return _text_as(book, "text_decoded", lambda text: "".join(map(_old, text)))


def _old(letter: str) -> str:
    return _TCVN3.get(letter) or _TCVN3.get(letter.lower(), letter)


def decomposed(book: Book, _: Random) -> Planted | None:
    """All text with its marks apart from their letters."""
    return _text_as(book, "text_composed", lambda text: unicodedata.normalize("NFD", text))


def _text_as(book: Book, code: str, written: Callable[[str], str]) -> Planted:
    for place, cell in book.sheet.cells.items():
        if isinstance(cell, str):
            book.sheet.cells[place] = written(cell)
    return expected(code)


def tone_mark(book: Book, _: Random) -> Planted | None:
    """Labels with the tone on the other letter: hoá for hóa."""
    others = (("hóa", "hoá"), ("hòa", "hoà"), ("thủy", "thuỷ"), ("khóa", "khoá"), ("thuế", "thuế"))
    for row in book.table.rows:
        place = book.place(row.code, _label_column(book))
        for one, other in others:
            if one != other and one in row.label:
                book.sheet.cells[place] = row.label.replace(one, other)
                return expected("label_spelled", cell=address(*place))
    return None


def _label_column(book: Book) -> str:
    return book.table.of_role(Role.LABEL)[0].id


KINDS: Mapping[str, Plant] = {
    "unit line: a power of ten": unit_multiplied,
    "unit line: another unit": unit_other,
    "no unit line": unit_gone,
    "a row's unit": unit_of_row,
    "a ditto mark as unit": ditto,
    "another period in a heading": period_other,
    "another completeness in a heading": completeness_other,
    "an area code of the other list": area_of_other_list,
    "another area's code": area_other,
    "TCVN3 text": tcvn3,
    "text in NFD": decomposed,
    "a tone mark on the other letter": tone_mark,
}

"""The kinds of errors that are planted: each spoils one thing of a correct workbook, and says what must be found."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from bench.planted.clean import Book, formula
from bench.planted.sheet import Error, Formula, Place
from services.model.crosswalk import BEFORE, Area, provinces
from services.model.observation import Completeness
from services.model.period import Frequency
from services.model.rule import Axis, Relation
from services.model.table import Role, Span
from services.validation.placing.wording import spellings
from services.validation.workbook import address
from services.validation.workbook.legacy import Encoding, decoded

COMPLETENESS = {
    Completeness.ESTIMATE: "ước tính",
    Completeness.PRELIMINARY: "sơ bộ",
    Completeness.OFFICIAL: "chính thức",
}


@dataclass(frozen=True)
class Planted:
    """What must be found: one of the codes, of findings or repairs, at a cell unless that is blank.

    `besides` are codes that follow from the error and are no false alarms; what names the cell is none either.
    """

    codes: frozenset[str]
    cell: str = ""
    besides: frozenset[str] = frozenset()


Plant = Callable[[Book, Random], Planted | None]
"""Spoils the workbook; None where it has nothing of what the error needs, before anything was changed."""


def _found(*codes: str, cell: str = "", besides: str = "") -> Planted:
    return Planted(frozenset(codes), cell, frozenset(besides.split()))


def _cell_of_total(book: Book, chance: Random) -> tuple[str, str, bool] | None:
    """A figure of an exact total: row, column, and whether it is the total itself."""
    totals = book.totals(Relation.EQUAL)
    if not totals:
        return None
    total, other, axis = chance.choice(totals)
    code = chance.choice(total.codes)
    row, column = (other, code) if axis is Axis.COLUMNS else (code, other)
    return row, column, code == total.left


def _misread(change: Callable[[Decimal, Random], Decimal | None], *codes: str) -> Plant:
    """A figure of an exact total is another one than it should be."""

    def plant(book: Book, chance: Random) -> Planted | None:
        for _ in range(50):
            found = _cell_of_total(book, chance)
            if found is None:
                return None
            row, column, _ = found
            if isinstance(book.sheet.cells[book.place(row, column)], Formula):
                continue
            value = change(book.values[row, column], chance)
            if value is not None and value != book.values[row, column]:
                book.set(row, column, value)
                besides = "total part formula_stale decimal_comma_lost"
                return _found(*codes, cell=book.cell(row, column), besides=besides)
        return None

    return plant


def _digit(value: Decimal, chance: Random) -> Decimal:
    place = chance.randrange(-min(2, -_exponent(value)), max(1, value.adjusted() + 1))
    return value + Decimal(chance.choice((1, 2, 5, -1, -2))).scaleb(place)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _transposed(value: Decimal, chance: Random) -> Decimal | None:
    digits = list(f"{value:f}")
    places = [
        n for n in range(len(digits) - 1)
        if digits[n].isdigit() and digits[n + 1].isdigit() and digits[n] != digits[n + 1]
    ]  # fmt: skip
    if not places:
        return None
    place = chance.choice(places)
    digits[place : place + 2] = digits[place : place + 2][::-1]
    return Decimal("".join(digits))


def _thousandfold(value: Decimal, chance: Random) -> Decimal:
    return value * (1000 if chance.random() < 0.5 else Decimal("0.001"))


def _commaless(value: Decimal, _: Random) -> Decimal | None:
    shown = value.normalize()
    return Decimal(int(shown.scaleb(-_exponent(shown)))) if -3 <= _exponent(shown) < 0 else None


def wrong_part(book: Book, chance: Random) -> Planted | None:
    """Parts "Trong đó" that add up to more than the whole."""
    totals = [one for one in book.totals(Relation.AT_LEAST) if one[2] is Axis.ROWS]
    if not totals:
        return None
    total, column, _ = chance.choice(totals)
    code = chance.choice(total.terms)[1]
    book.set(code, column, book.values[total.left, column] + Decimal(chance.randrange(1, 9_000)))
    return _found(
        "part", cell=book.cell(code, column), besides="total part formula_stale decimal_comma_lost"
    )


def unit_multiplied(book: Book, chance: Random) -> Planted | None:
    """A unit line that names the form's unit times a power of ten."""
    if book.table.unit is None or book.table.unit.code != "VND":
        return None
    written = chance.choice(("Tỷ đồng", "nghìn đồng", "đồng", "1.000 đồng", "Tỉ đồng"))
    book.sheet.cells[book.unit] = f"Đơn vị tính: {written}"
    return _found("unit_multiplier_differs", cell=address(*book.unit))


def unit_other(book: Book, chance: Random) -> Planted | None:
    """A unit line that names another unit."""
    if book.table.unit is None:
        return None
    book.sheet.cells[book.unit] = (
        f"Đơn vị tính: {chance.choice(('USD', 'Triệu USD', 'tấn', 'ha', 'người'))}"
    )
    return _found("unit_differs", cell=address(*book.unit))


def unit_gone(book: Book, _: Random) -> Planted | None:
    """No unit line."""
    if book.table.unit is None:
        return None
    del book.sheet.cells[book.unit]
    return _found("unit_missing")


def unit_of_row(book: Book, chance: Random) -> Planted | None:
    """A row of a form with many units whose unit is another one."""
    rows = [one for one in book.table.rows if one.unit is not None]
    if not rows or "unit" not in book.columns:
        return None
    row = chance.choice(rows)
    place = book.place(row.code, "unit")
    other = chance.choice(("triệu USD", "lít", "kwh"))
    book.sheet.cells[place] = other
    return _found("unit_differs", "unit_multiplier_differs", cell=address(*place))


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
    return _found("ditto", cell=address(*place))


def _codes(book: Book) -> list[str]:
    by_code = book.table.rows_by == "code" and "code" in book.columns
    return (
        [one.code for one in book.table.rows if not one.unprinted]
        if by_code and len(book.rows) > 2
        else []
    )


def code_wrong(book: Book, chance: Random) -> Planted | None:
    """A row code that no row of the form has."""
    codes = _codes(book)
    if not codes:
        return None
    place = book.place(chance.choice(codes), "code")
    book.sheet.cells[place] = f"9{chance.randrange(100, 999)}"
    beside = address(place[0], book.columns["label"])
    found = _found("row_code_corrected", "row_unknown", cell=f"{address(*place)} {beside}")
    return Planted(found.codes, found.cell, frozenset({"row_missing", "required"}))


def code_repeated(book: Book, chance: Random) -> Planted | None:
    """A row with the code of the one above it."""
    codes = _codes(book)
    if not codes:
        return None
    number = chance.randrange(1, len(codes))
    place = book.place(codes[number], "code")
    book.sheet.cells[place] = codes[number - 1]
    codes_found = ("row_repeated", "row_code_corrected")
    return _found(
        *codes_found, cell=address(*place), besides="row_missing row_label_differs required"
    )


def code_gone(book: Book, chance: Random) -> Planted | None:
    """A row without its code."""
    codes = _codes(book)
    if not codes:
        return None
    place = book.place(chance.choice(codes), "code")
    del book.sheet.cells[place]
    beside = address(place[0], book.columns["label"])
    return _found("row_by_label", "row_unknown", cell=beside, besides="row_missing required")


def row_gone(book: Book, chance: Random) -> Planted | None:
    """A row of the form that isn't there."""
    if len(book.table.rows) < 3:
        return None
    row = book.rows[chance.choice(book.table.rows).code]
    book.sheet.cells = {place: cell for place, cell in book.sheet.cells.items() if place[0] != row}
    return _found("row_missing", besides="required formula_stale")


def row_added(book: Book, chance: Random) -> Planted | None:
    """A row with figures that the form doesn't have."""
    if not book.table.rows:
        return None
    row = max(book.rows.values()) + 1
    place = row, book.columns[book.table.of_role(Role.LABEL)[0].id]
    book.sheet.cells[place] = f"Khoản thu riêng của địa phương {chance.randrange(100)}"
    for column in book.table.of_role(Role.VALUE):
        book.sheet.cells[row, book.columns[column.id]] = Decimal(chance.randrange(1000)) / 8
    return _found("row_unknown", cell=address(*place))


def label_other(book: Book, chance: Random) -> Planted | None:
    """A row whose label is not that of its code."""
    codes = _codes(book)
    if not codes:
        return None
    code = chance.choice(codes)
    book.sheet.cells[book.place(code, "label")] = f"Khoản khác {chance.randrange(100)}"
    return _found("row_label_differs", cell=book.cell(code, "code"))


def column_gone(book: Book, chance: Random) -> Planted | None:
    """A column of figures that isn't there."""
    wanted = [
        one.id
        for one in book.table.columns
        if one.role in (Role.VALUE, Role.FIELD) and not one.optional
    ]
    if len(wanted) < 2:
        return None
    gone = book.columns[chance.choice(wanted)]
    book.sheet.merged = [one for one in book.sheet.merged if one[0][1] != gone]
    kept = {place: cell for place, cell in book.sheet.cells.items() if place[1] != gone}
    book.sheet.cells = kept
    codes = ("column_missing", "table_missing")
    return _found(*codes, besides="required formula_stale not_integer unit_missing records_missing")


def column_twice(book: Book, chance: Random) -> Planted | None:
    """A column of figures that is there twice."""
    column = chance.choice(
        [one.id for one in book.table.columns if one.role in (Role.VALUE, Role.FIELD)] or [""]
    )
    if column not in book.columns:
        return None
    place, last = book.columns[column], max(book.columns.values()) + 1
    for (row, at), cell in list(book.sheet.cells.items()):
        if at == place and row != book.unit[0]:
            book.sheet.cells[row, last] = cell
    ranges = [one for one in book.sheet.merged if one[0][1] == place]
    book.sheet.merged += [((first[0], last), (end[0], last)) for first, end in ranges]
    besides = "required formula_stale table_missing"
    return _found("column_ambiguous", cell=address(_bottom(book, place), last), besides=besides)


def _bottom(book: Book, place: int) -> int:
    """The row of the last heading over a column: where its merged range begins, or where the header ends."""
    first_row = min(book.rows.values())
    numbered = (first_row - 1, place) in book.sheet.cells and book.header == first_row - 1
    return book.header - numbered if numbered and _is_numbering(book, place) else book.header


def _is_numbering(book: Book, place: int) -> bool:
    return str(book.sheet.cells[book.header, place]) in "ABCDEFGHI0123456789"


def _value_cells(book: Book) -> list[tuple[str, str]]:
    """Figures that no formula gives."""
    return [
        one for one in book.values if not isinstance(book.sheet.cells[book.place(*one)], Formula)
    ]


def _spoiled(cell: Callable[[Decimal, Random], object], *codes: str, besides: str = "") -> Plant:
    def plant(book: Book, chance: Random) -> Planted | None:
        cells = _value_cells(book)
        if not cells:
            return None
        row, column = chance.choice(cells)
        made = cell(book.values[row, column], chance)
        if made is None:
            return None
        book.sheet.cells[book.place(row, column)] = made  # type: ignore[assignment]
        return _found(
            *codes, cell=book.cell(row, column), besides=f"required formula_stale {besides}"
        )

    return plant


def number_ambiguous(book: Book, chance: Random) -> Planted | None:
    """A text such as 1.225, where no other says what its point means."""
    if book.as_text:
        return None
    text = f"{chance.randrange(1, 999)}{chance.choice('.,')}{chance.randrange(1000):03}"
    return _spoiled(lambda *_: text, "number_ambiguous")(book, chance)


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
    return _found(
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
    cell = address(_bottom(book, place[1]), place[1])
    return _found("completeness_contradicts", cell=cell)


def area_of_other_list(book: Book, _: Random) -> Planted | None:
    """The province's code above the table is that of the other list."""
    if book.statement.area == "00":
        return None
    old = book.statement.area_list == BEFORE
    other = provinces().successor(Area(BEFORE, book.statement.area)).code if old else "94"
    place = book.unit[0] - 1, book.unit[1]
    book.sheet.cells[place] = f"Mã tỉnh: {other}"
    return _found("area_of_other_list", cell=address(*place))


def area_other(book: Book, _: Random) -> Planted | None:
    """The code above the table is another province's."""
    if book.statement.area == "00":
        return None
    place = book.unit[0] - 1, book.unit[1]
    book.sheet.cells[place] = "Mã tỉnh: 11"
    return _found("area_contradicts", cell=address(*place))


def code_not_listed(book: Book, chance: Random) -> Planted | None:
    """An activity that is not in the list."""
    if "activity" not in book.columns:
        return None
    place = book.place(chance.choice(list(book.rows)), "activity")
    book.sheet.cells[place] = chance.choice(("ZZ", "9999", "Thương mại", "4a"))
    return _found("codelist", cell=address(*place))


def required_gone(book: Book, chance: Random) -> Planted | None:
    """A required cell of a list is blank."""
    if book.table.rows or "activity" not in book.columns:
        return None
    place = book.place(
        chance.choice(list(book.rows)), chance.choice(("name", "tax_code", "turnover"))
    )
    del book.sheet.cells[place]
    return _found("required", cell=address(*place))


def not_whole(book: Book, chance: Random) -> Planted | None:
    """A count with a fraction."""
    names = {"employees": list(book.rows), "year": list(book.rows)}
    column = next((one for one in names if one in book.columns), None)
    if column is None:
        return None
    row = chance.choice(names[column])
    book.sheet.cells[book.place(row, column)] = book.values[row, column] + Decimal("0.5")
    return _found("not_integer", cell=book.cell(row, column))


def formula_stale(book: Book, chance: Random) -> Planted | None:
    """A formula whose stored value is of before a part was changed."""
    totals = [one for one in book.totals(Relation.EQUAL) if one[2] is Axis.ROWS]
    if not totals or book.as_text:
        return None
    total, column, _ = chance.choice(totals)
    right = formula(book, total, column)
    stored = right.stored + Decimal(chance.randrange(1, 5000)) / 8
    book.sheet.cells[book.place(total.left, column)] = Formula(right.text, stored)
    besides = "total part decimal_comma_lost formula_stale"
    return _found("formula_stale", cell=book.cell(total.left, column), besides=besides)


def row_hidden(book: Book, chance: Random) -> Planted | None:
    """A hidden row with figures."""
    filled = sorted({row for row, _ in book.values}) if book.table.rows else []
    if not filled:
        return None
    row = chance.choice(filled)
    book.sheet.hidden_rows.add(book.rows[row])
    column = next(column for code, column in book.values if code == row)
    return _found("figures_hidden", cell=book.cell(row, column))


_TCVN3 = {decoded(chr(n), Encoding.TCVN3): chr(n) for n in range(0x7F, 0x100)}


def tcvn3(book: Book, chance: Random) -> Planted | None:
    """All text in the old encoding, with its font."""
    book.sheet.font = chance.choice((".VnTime", ".VnArial"))
    return _text_as(
        book, "text_decoded", lambda text: "".join(_TCVN3.get(one, one) for one in text.lower())
    )


def decomposed(book: Book, _: Random) -> Planted | None:
    """All text with its marks apart from their letters."""
    return _text_as(book, "text_composed", lambda text: unicodedata.normalize("NFD", text))


def _text_as(book: Book, code: str, written: Callable[[str], str]) -> Planted:
    for place, cell in book.sheet.cells.items():
        if isinstance(cell, str):
            book.sheet.cells[place] = written(cell)
    return _found(code)


def tone_mark(book: Book, _: Random) -> Planted | None:
    """Labels with the tone on the other letter: hoá for hóa."""
    others = (("hóa", "hoá"), ("hòa", "hoà"), ("thủy", "thuỷ"), ("khóa", "khoá"), ("thuế", "thuế"))
    for row in book.table.rows:
        place = book.place(row.code, _label_column(book))
        for one, other in others:
            if one != other and one in row.label:
                book.sheet.cells[place] = row.label.replace(one, other)
                return _found("label_spelled", cell=address(*place))
    return None


def _label_column(book: Book) -> str:
    return book.table.of_role(Role.LABEL)[0].id


KINDS: Mapping[str, Plant] = {
    "one digit of a total or a part is wrong": _misread(_digit, "total"),
    "digits are transposed": _misread(_transposed, "total"),
    "a figure is 1000 times too large or small": _misread(_thousandfold, "total"),
    "a lost decimal comma": _misread(_commaless, "total", "decimal_comma_lost"),
    "parts exceed the whole": wrong_part,
    "unit line: a power of ten": unit_multiplied,
    "unit line: another unit": unit_other,
    "no unit line": unit_gone,
    "a row's unit": unit_of_row,
    "a row code of no row": code_wrong,
    "a row code twice": code_repeated,
    "no row code": code_gone,
    "a row is missing": row_gone,
    "a row too many": row_added,
    "another row's label": label_other,
    "a column is missing": column_gone,
    "a column is there twice": column_twice,
    "text in a number cell": _spoiled(
        lambda _, chance: chance.choice(("khoảng 100", "n/a", "12,5 tỷ", "chưa có", "1.2.3")),
        "not_number",
    ),
    "a number of two meanings": number_ambiguous,
    "#REF!": _spoiled(
        lambda _, chance: Error(chance.choice(("#REF!", "#DIV/0!", "#VALUE!"))), "not_number"
    ),
    "a stale formula": formula_stale,
    "a count with a fraction": not_whole,
    "another period in a heading": period_other,
    "another completeness in a heading": completeness_other,
    "an area code of the other list": area_of_other_list,
    "another area's code": area_other,
    "a code that is not in its list": code_not_listed,
    "a required cell is blank": required_gone,
    "figures in a hidden row": row_hidden,
    "TCVN3 text": tcvn3,
    "text in NFD": decomposed,
    "a ditto mark as unit": ditto,
    "a tone mark on the other letter": tone_mark,
}

"""Errors in the figures: digits, parts and totals, texts, formulas, hidden rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random

from bench.planted.clean import Book, formula
from bench.planted.planting import Plant, Planted, expected
from bench.planted.sheet import Cell, Error, Formula
from services.model.rule import Axis, Relation
from services.validation.workbook import address

_TEXTS = ("khoảng 100", "n/a", "12,5 tỷ", "chưa có", "1.2.3")
_ERRORS = ("#REF!", "#DIV/0!", "#VALUE!")


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
                besides = "total part check formula_stale decimal_comma_lost"
                return expected(*codes, cell=book.cell(row, column), besides=besides)
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
    return expected(
        "part",
        cell=book.cell(code, column),
        besides="total part check formula_stale decimal_comma_lost",
    )


def _value_cells(book: Book) -> list[tuple[str, str]]:
    """Figures that no formula gives."""
    return [
        one for one in book.values if not isinstance(book.sheet.cells[book.place(*one)], Formula)
    ]


def _spoiled(cell: Callable[[Decimal, Random], Cell], *codes: str, besides: str = "") -> Plant:
    def plant(book: Book, chance: Random) -> Planted | None:
        cells = _value_cells(book)
        if not cells:
            return None
        row, column = chance.choice(cells)
        book.sheet.cells[book.place(row, column)] = cell(book.values[row, column], chance)
        return expected(
            *codes, cell=book.cell(row, column), besides=f"required formula_stale {besides}"
        )

    return plant


def _two(value: Decimal, chance: Random) -> str:
    between = chance.choice(("\n", "  ", "; ", " / ", "\t"))
    return f"{value:f}{between}{chance.randrange(1, 99)}"


def number_ambiguous(book: Book, chance: Random) -> Planted | None:
    """A text such as 1.225, where no other says what its point means."""
    if book.as_text:
        return None
    text = f"{chance.randrange(1, 999)}{chance.choice('.,')}{chance.randrange(1000):03}"
    return _spoiled(lambda *_: text, "number_ambiguous")(book, chance)


def required_gone(book: Book, chance: Random) -> Planted | None:
    """A required cell of a list is blank."""
    if book.table.rows or "activity" not in book.columns:
        return None
    place = book.place(
        chance.choice(list(book.rows)), chance.choice(("name", "tax_code", "turnover"))
    )
    del book.sheet.cells[place]
    return expected("required", cell=address(*place))


def not_whole(book: Book, chance: Random) -> Planted | None:
    """A count with a fraction."""
    names = {"employees": list(book.rows), "year": list(book.rows)}
    column = next((one for one in names if one in book.columns), None)
    if column is None:
        return None
    row = chance.choice(names[column])
    book.sheet.cells[book.place(row, column)] = book.values[row, column] + Decimal("0.5")
    return expected("not_integer", cell=book.cell(row, column))


def formula_stale(book: Book, chance: Random) -> Planted | None:
    """A formula whose stored value is of before a part was changed."""
    totals = [one for one in book.totals(Relation.EQUAL) if one[2] is Axis.ROWS]
    if not totals or book.as_text:
        return None
    total, column, _ = chance.choice(totals)
    right = formula(book, total, column)
    stored = right.stored + Decimal(chance.randrange(1, 5000)) / 8
    book.sheet.cells[book.place(total.left, column)] = Formula(right.text, stored)
    besides = "total part check decimal_comma_lost formula_stale"
    return expected("formula_stale", cell=book.cell(total.left, column), besides=besides)


def row_hidden(book: Book, chance: Random) -> Planted | None:
    """A hidden row with figures."""
    filled = sorted({row for row, _ in book.values}) if book.table.rows else []
    if not filled:
        return None
    row = chance.choice(filled)
    book.sheet.hidden_rows.add(book.rows[row])
    column = next(column for code, column in book.values if code == row)
    return expected("figures_hidden", cell=book.cell(row, column))


KINDS: Mapping[str, Plant] = {
    "one digit of a total or a part is wrong": _misread(_digit, "total"),
    "digits are transposed": _misread(_transposed, "total"),
    "a figure is 1000 times too large or small": _misread(_thousandfold, "total"),
    "a lost decimal comma": _misread(_commaless, "decimal_comma_lost"),
    "parts exceed the whole": wrong_part,
    "text in a number cell": _spoiled(lambda _, chance: chance.choice(_TEXTS), "not_number"),
    "two numbers in a cell": _spoiled(_two, "not_number"),
    "a number of two meanings": number_ambiguous,
    "#REF!": _spoiled(lambda _, chance: Error(chance.choice(_ERRORS)), "not_number"),
    "a stale formula": formula_stale,
    "a count with a fraction": not_whole,
    "a required cell is blank": required_gone,
    "figures in a hidden row": row_hidden,
}

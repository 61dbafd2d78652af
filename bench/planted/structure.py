"""Errors in what rows and columns are there, and in the codes that name them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from bench.planted.clean import Book
from bench.planted.planting import Plant, Planted, expected
from services.model.table import Role
from services.validation.workbook import address


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
    cells = f"{address(*place)} {beside}"
    return expected(
        "row_code_corrected", "row_unknown", cell=cells, besides="row_missing required row_required"
    )


def code_repeated(book: Book, chance: Random) -> Planted | None:
    """A row with the code of the one above it."""
    codes = _codes(book)
    if not codes:
        return None
    number = chance.randrange(1, len(codes))
    place = book.place(codes[number], "code")
    book.sheet.cells[place] = codes[number - 1]
    codes_found = ("row_repeated", "row_code_corrected")
    return expected(
        *codes_found,
        cell=address(*place),
        besides="row_missing row_label_differs required row_required",
    )


def code_gone(book: Book, chance: Random) -> Planted | None:
    """A row without its code."""
    codes = _codes(book)
    if not codes:
        return None
    place = book.place(chance.choice(codes), "code")
    del book.sheet.cells[place]
    beside = address(place[0], book.columns["label"])
    return expected(
        "row_by_label", "row_unknown", cell=beside, besides="row_missing required row_required"
    )


def row_gone(book: Book, chance: Random) -> Planted | None:
    """A row of the form that isn't there."""
    if len(book.table.rows) < 3:
        return None
    row = book.rows[chance.choice(book.table.rows).code]
    book.sheet.cells = {place: cell for place, cell in book.sheet.cells.items() if place[0] != row}
    return expected("row_missing", besides="required row_required formula_stale")


def row_added(book: Book, chance: Random) -> Planted | None:
    """A row with figures that the form doesn't have."""
    if not book.table.rows:
        return None
    row = max(book.rows.values()) + 1
    place = row, book.columns[book.table.of_role(Role.LABEL)[0].id]
    book.sheet.cells[place] = f"Khoản thu riêng của địa phương {chance.randrange(100)}"
    for column in book.table.of_role(Role.VALUE):
        book.sheet.cells[row, book.columns[column.id]] = Decimal(chance.randrange(1000)) / 8
    return expected("row_unknown", cell=address(*place))


def label_other(book: Book, chance: Random) -> Planted | None:
    """A row whose label is not that of its code."""
    codes = _codes(book)
    if not codes:
        return None
    code = chance.choice(codes)
    book.sheet.cells[book.place(code, "label")] = f"Khoản khác {chance.randrange(100)}"
    return expected("row_label_differs", cell=book.cell(code, "code"))


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
    return expected(
        *codes, besides="required check formula_stale not_integer unit_missing records_missing"
    )


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
    return expected("column_ambiguous", cell=address(book.header, last), besides=besides)


def code_not_listed(book: Book, chance: Random) -> Planted | None:
    """An activity that is not in the list."""
    if "activity" not in book.columns:
        return None
    place = book.place(chance.choice(list(book.rows)), "activity")
    book.sheet.cells[place] = chance.choice(("ZZ", "9999", "Thương mại", "4a"))
    return expected("codelist", cell=address(*place))


KINDS: Mapping[str, Plant] = {
    "a row code of no row": code_wrong,
    "a row code twice": code_repeated,
    "no row code": code_gone,
    "a row is missing": row_gone,
    "a row too many": row_added,
    "another row's label": label_other,
    "a column is missing": column_gone,
    "a column is there twice": column_twice,
    "a code that is not in its list": code_not_listed,
}

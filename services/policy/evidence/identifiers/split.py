"""Identifiers that lie in several cells side by side: a number cut in two, a family name beside a given name."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from services.policy.evidence.finding import Kind
from services.policy.evidence.identifiers import coordinates, shapes
from services.policy.evidence.identifiers.columns import ENOUGH, SHARE, Shape
from services.policy.evidence.identifiers.headings import FAMILY, GIVEN

# Codes begin with a zero too, so that nearly all of a column's must become a number with structure.
NEARLY_ALL = 0.9
MOST_PARTS = 4


def numbers(cells: pl.DataFrame, year: int) -> Iterator[tuple[int, Kind]]:
    """Identity numbers, phone numbers and tax codes whose digits stand in two to four cells of a row."""
    parts = cells.filter(pl.col("folded").str.contains(r"^(?:\+84|0\d[\d .\-]+)$"))
    if parts.is_empty():
        return
    rows = _rows(cells.join(parts.select("sheet", "row").unique(), on=["sheet", "row"]))
    found: dict[tuple[int, int, Kind], list[tuple[int, ...]]] = {}
    begun: dict[tuple[int, int], int] = {}
    for sheet, row, at, folded in parts.select("sheet", "row", "at", "folded").iter_rows():
        number = shapes.compact(folded)
        if not 3 <= len(number) < 10:
            continue
        begun[sheet, at] = begun.get((sheet, at), 0) + 1
        joined = _joined(rows, (sheet, row, at), year)
        if joined:
            kind, indices = joined
            found.setdefault((sheet, at, kind), []).append(indices)
    for (sheet, at, kind), cells_ in found.items():
        if len(cells_) >= NEARLY_ALL * begun[sheet, at]:
            yield from ((index, kind) for indices in cells_ for index in indices)


def _joined(
    rows: dict[tuple[int, int, int], tuple[int, str]], place: tuple[int, int, int], year: int
) -> tuple[Kind, tuple[int, ...]] | None:
    """The number that begins in a cell and goes on to the right of it, as long as there are digits alone."""
    sheet, row, at = place
    number = ""
    indices: tuple[int, ...] = ()
    for column in range(at, at + MOST_PARTS):
        index, folded = rows.get((sheet, row, column), (0, ""))
        digits = shapes.compact(folded.replace("+84", "0"))
        if not digits.isdecimal() or len(number) + len(digits) > 13:
            return None
        number, indices = number + digits, (*indices, index)
        kind = _kind(number, year) if column > at and len(digits) >= 2 else None
        if kind:
            return kind, indices
    return None


def _kind(number: str, year: int) -> Kind | None:
    if shapes.is_identity_number(number, year):
        return Kind.IDENTITY_NUMBER
    if len(number) == 10 and shapes.PHONE.fullmatch(number):
        return Kind.PHONE
    return Kind.TAX_CODE if shapes.is_tax_code(number) else None


def names(cells: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Family names and given names in columns of their own, by their headings or by what most rows hold."""
    words = cells.filter(pl.col("folded").str.contains(r"^[a-z'’]+(?: [a-z'’]+){0,4}$"))
    pairs = _pairs(words, words)
    if pairs.is_empty():
        return
    heading = pairs.filter(
        pl.col("folded").str.contains(FAMILY) & pl.col("folded_right").str.contains(GIVEN)
    )
    first = heading.group_by("sheet", "at").agg(pl.col("row").min().alias("heading"))
    below = pairs.join(first, on=["sheet", "at"]).filter(pl.col("row") > pl.col("heading"))
    for index, other, folded, given in below.select(
        "index", "index_right", "folded", "folded_right"
    ).iter_rows():
        if folded.split()[0] in shapes.SURNAMES and len(given.split()) <= 3:
            yield from ((index, Kind.PERSON_NAME), (other, Kind.PERSON_NAME))
    yield from _evident(
        pairs,
        Kind.PERSON_NAME,
        shapes.may_be_person,
        shapes.is_person_without_heading,
    )


def places(cells: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Latitude and longitude side by side without a heading: in most rows, as receivers print them."""
    decimals = cells.filter(pl.col("folded").str.contains(r"^\d{1,3}[.,]\d{4,8}$"))
    yield from _evident(
        _pairs(decimals, decimals),
        Kind.COORDINATES,
        lambda folded, text: coordinates.is_pair(*folded.split()),
    )


def _evident(
    pairs: pl.DataFrame, kind: Kind, fits: Shape, sure: Shape = lambda folded, text: True
) -> Iterator[tuple[int, Kind]]:
    """Both cells of the pairs that fit, of columns in which enough do, and half of these surely."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    certain: dict[tuple[int, int], int] = {}
    peers: dict[tuple[int, int], int] = {}
    wanted = pairs.select(
        "sheet", "at", "index", "index_right", "folded", "folded_right", "text", "text_right"
    )
    for sheet, at, index, other, folded, right, text, text_right in wanted.iter_rows():
        peers[sheet, at] = peers.get((sheet, at), 0) + 1
        both = f"{folded} {right}", f"{text} {text_right}"
        if fits(*both):
            found.setdefault((sheet, at), []).append((index, other))
            certain[sheet, at] = certain.get((sheet, at), 0) + sure(*both)
    for place, cells in found.items():
        enough = len(cells) >= ENOUGH and len(cells) >= SHARE * peers[place]
        if enough and 2 * certain[place] >= len(cells):
            yield from ((index, kind) for pair in cells for index in pair)


def _pairs(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Cells with the one right of them."""
    beside = right.select("index", "sheet", "row", "at", "folded", "text").with_columns(
        pl.col("at") - 1
    )
    return left.select("index", "sheet", "row", "at", "folded", "text").join(
        beside, on=["sheet", "row", "at"]
    )


def _rows(cells: pl.DataFrame) -> dict[tuple[int, int, int], tuple[int, str]]:
    wanted = cells.select("sheet", "row", "at", "index", "folded")
    return {
        (sheet, row, at): (index, folded) for sheet, row, at, index, folded in wanted.iter_rows()
    }

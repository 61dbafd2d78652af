"""Identifiers that a column gives away: a heading above (or a label beside) values of its shape."""

from collections.abc import Callable, Iterator

import polars as pl

from services.policy.identifiers import shapes
from services.policy.identifiers.finding import Kind
from services.policy.identifiers.headings import ANY, LONGEST, kinds_of

# Without a heading, so many values of one shape in one column, and this share of its texts.
ENOUGH = 4
SHARE = 0.5


def announced(frame: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Cells under a heading, or right of a label, whose value has the shape that it announces."""
    cells = frame.filter((pl.col("where") == "cell") & pl.col("row").is_not_null())
    headings = _headings(cells)
    if headings.is_empty():
        return
    values = cells.join(headings.select("index").unique(), on="index", how="anti")
    for index, kind, folded, text in _below(values, headings).iter_rows():
        if SHAPES[Kind(kind)](folded, text):
            yield index, Kind(kind)
    for index, kind, folded, text in _beside(values, headings).iter_rows():
        if SHAPES[Kind(kind)](folded, text):
            yield index, Kind(kind)


def column_evidence(frame: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Columns without a heading, most of whose values are tax codes or persons' names."""
    cells = frame.filter((pl.col("where") == "cell") & pl.col("row").is_not_null())
    counted = pl.len().over("sheet", "column")
    ten = cells.filter(pl.col("folded").str.contains(r"^\d{10}$")).with_columns(peers=counted)
    yield from _of_columns(ten, Kind.TAX_CODE, lambda folded, text: shapes.is_tax_code(folded))
    words = cells.filter(~pl.col("folded").str.contains(r"^[\d.,\-]+$")).with_columns(peers=counted)
    names = words.filter(pl.col("folded").str.contains(r"^[a-z'’]+(?: [a-z'’]+){2,5}$"))
    yield from _of_columns(names, Kind.PERSON_NAME, shapes.is_person_without_heading)


def _of_columns(
    candidates: pl.DataFrame, kind: Kind, fits: Callable[[str, str], bool]
) -> Iterator[tuple[int, Kind]]:
    found: dict[tuple[int, str], list[int]] = {}
    peers: dict[tuple[int, str], int] = {}
    wanted = candidates.select("index", "sheet", "column", "folded", "text", "peers")
    for index, sheet, column, folded, text, count in wanted.iter_rows():
        peers[sheet, column] = count
        if fits(folded, text):
            found.setdefault((sheet, column), []).append(index)
    for place, rows in found.items():
        if len(rows) >= ENOUGH and len(rows) >= SHARE * peers[place]:
            yield from ((row, kind) for row in rows)


def _headings(cells: pl.DataFrame) -> pl.DataFrame:
    """One row for each heading and kind that it announces."""
    possible = cells.filter(
        (pl.col("folded").str.len_chars() <= LONGEST) & pl.col("folded").str.contains(ANY)
    )
    announced_by = {text: kinds_of(text) for text in possible["folded"].unique()}
    known = pl.DataFrame(
        [(text, kind.value) for text, kinds in announced_by.items() for kind in kinds],
        schema={"folded": pl.String, "kind": pl.String},
        orient="row",
    )
    wanted = possible.select("index", "sheet", "column", "row", "folded")
    return wanted.join(known, on="folded", how="inner")


def _below(values: pl.DataFrame, headings: pl.DataFrame) -> pl.DataFrame:
    first = headings.group_by("sheet", "column", "kind").agg(pl.col("row").min().alias("heading"))
    below = values.join(first, on=["sheet", "column"], how="inner")
    return below.filter(pl.col("row") > pl.col("heading")).select("index", "kind", "folded", "text")


def _beside(values: pl.DataFrame, headings: pl.DataFrame) -> pl.DataFrame:
    """The next value to the right of a label that ends with a colon, within three columns."""
    labels = headings.filter(pl.col("folded").str.ends_with(":")).with_columns(
        _number().alias("at")
    )
    right = values.with_columns(_number().alias("number")).join(
        labels.select("sheet", "row", "kind", "at"), on=["sheet", "row"], how="inner"
    )
    distance = pl.col("number") - pl.col("at")
    return right.filter(distance.is_between(1, 3)).select("index", "kind", "folded", "text")


def _number() -> pl.Expr:
    """Column letters as a number that grows to the right: A 1, Z 26, AA 27."""
    letters = pl.col("column").str.pad_start(3, "@")
    codes = [letters.str.slice(place, 1).map_elements(ord, pl.Int32) - 64 for place in range(3)]
    return codes[0] * 676 + codes[1] * 26 + codes[2]


def _identity(folded: str, text: str) -> bool:
    number = shapes.compact(folded)
    return (number.isdecimal() and 9 <= len(number) <= 12) or _passport(folded)


def _passport(folded: str) -> bool:
    return len(folded) == 8 and folded[0].isalpha() and folded[1:].isdecimal()


def _tax(folded: str, text: str) -> bool:
    number = shapes.compact(folded)
    return number.isdecimal() and len(number) in (9, 10, 12, 13)


def _phone(folded: str, text: str) -> bool:
    number = shapes.compact(folded.replace("+", "").replace("(", "").replace(")", ""))
    return number.isdecimal() and 9 <= len(number) <= 12 and number.lstrip("084")[:1] != ""


def _account(folded: str, text: str) -> bool:
    number = shapes.compact(folded)
    return number.isdecimal() and 6 <= len(number) <= 19


SHAPES: dict[Kind, Callable[[str, str], bool]] = {
    Kind.IDENTITY_NUMBER: _identity,
    Kind.TAX_CODE: _tax,
    Kind.PHONE: _phone,
    Kind.EMAIL: lambda folded, text: "@" in folded,
    Kind.BANK_ACCOUNT: _account,
    Kind.PERSON_NAME: shapes.is_person,
    Kind.HOUSEHOLD: shapes.is_person,
    Kind.ORGANISATION_NAME: lambda folded, text: shapes.is_firm(folded),
    Kind.ADDRESS: lambda folded, text: shapes.is_address(folded),
}

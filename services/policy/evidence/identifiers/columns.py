"""Identifiers that a column gives away: a heading above (or a label beside) values of its shape."""

from collections.abc import Callable, Iterator

import polars as pl

from services.policy.evidence.finding import Kind
from services.policy.evidence.identifiers import coordinates, shapes
from services.policy.evidence.identifiers.headings import ANY, LONGEST, kinds_of

# Without a heading, so many values of one shape in one column, and this share of its texts.
ENOUGH = 4
SHARE = 0.5
WITH_ADDRESS = r"^[a-z'’ ]+(?: ?[,;(]| [\-–—] ).*[a-z]"
Shape = Callable[[str, str], bool]


def in_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The texts that stand in cells; `at` is the number of the column, A 1, Z 26, AA 27."""
    cells = frame.filter((pl.col("where") == "cell") & pl.col("row").is_not_null())
    letters = cells.select(pl.col("column").unique())
    numbers = letters.with_columns(at=pl.col("column").map_elements(_number, return_dtype=pl.Int32))
    return cells.join(numbers, on="column", how="left", maintain_order="left")


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def announced(cells: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Cells under a heading, or right of a label, whose value has the shape that it announces."""
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


def column_evidence(cells: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Columns without a heading, most of whose values are tax codes, or names of persons or firms."""
    counted = pl.len().over("sheet", "column")
    ten = cells.filter(pl.col("folded").str.contains(r"^\d{10}(?:\d{3})?$")).with_columns(
        peers=counted
    )
    yield from _of_columns(ten, Kind.TAX_CODE, lambda folded, text: shapes.is_tax_code(folded))
    written = cells.filter(~pl.col("folded").str.contains(r"^[\d.,\-]+$")).with_columns(
        peers=counted
    )
    words = written.with_columns(
        pl.col("folded", "text").str.replace(shapes.BEFORE_NAME, "").str.replace(shapes.BORN, "")
    )
    names = words.filter(pl.col("folded").str.contains(r"^[a-z'’]+(?: [a-z'’]+){2,5}$"))
    yield from _of_columns(
        names, Kind.PERSON_NAME, shapes.may_be_person, shapes.is_person_without_heading
    )
    residents = written.filter(pl.col("folded").str.contains(WITH_ADDRESS))
    yield from _of_columns(residents, Kind.PERSON_NAME, shapes.is_person_with_address)
    firms = written.filter(pl.col("folded").str.contains(shapes.FIRM))
    yield from _of_columns(firms, Kind.ORGANISATION_NAME, shapes.is_firm_without_heading)


def _of_columns(
    candidates: pl.DataFrame, kind: Kind, fits: Shape, sure: Shape = lambda folded, text: True
) -> Iterator[tuple[int, Kind]]:
    """The cells that fit, of columns in which enough do, and half of these surely."""
    found: dict[tuple[int, str], list[int]] = {}
    certain: dict[tuple[int, str], int] = {}
    peers: dict[tuple[int, str], int] = {}
    wanted = candidates.select("index", "sheet", "column", "folded", "text", "peers")
    for index, sheet, column, folded, text, count in wanted.iter_rows():
        place = (sheet, column)
        peers[place] = count
        if fits(folded, text):
            found.setdefault(place, []).append(index)
            certain[place] = certain.get(place, 0) + sure(folded, text)
    for place, rows in found.items():
        enough = len(rows) >= ENOUGH and len(rows) >= SHARE * peers[place]
        if enough and 2 * certain[place] >= len(rows):
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
    wanted = possible.select("index", "sheet", "at", "row", "folded")
    return wanted.join(known, on="folded", how="inner")


def _below(values: pl.DataFrame, headings: pl.DataFrame) -> pl.DataFrame:
    first = headings.group_by("sheet", "at", "kind").agg(pl.col("row").min().alias("heading"))
    # A heading for coordinates is often merged over two columns: the text is in the first of them.
    second = first.filter(pl.col("kind") == Kind.COORDINATES.value).with_columns(pl.col("at") + 1)
    below = values.join(pl.concat([first, second]), on=["sheet", "at"], how="inner")
    return below.filter(pl.col("row") > pl.col("heading")).select("index", "kind", "folded", "text")


def _beside(values: pl.DataFrame, headings: pl.DataFrame) -> pl.DataFrame:
    """The next value to the right of a label that ends with a colon, within three columns."""
    labels = headings.filter(pl.col("folded").str.ends_with(":")).select(
        "sheet", "row", "kind", pl.col("at").alias("label")
    )
    right = values.join(labels, on=["sheet", "row"], how="inner")
    distance = pl.col("at") - pl.col("label")
    return right.filter(distance.is_between(1, 3)).select("index", "kind", "folded", "text")


def _identity(folded: str, text: str) -> bool:
    number = shapes.compact(folded)
    is_card = len(number) == 15 and number[:2].isalpha() and number[2:].isdecimal()
    return (number.isdecimal() and 9 <= len(number) <= 12) or is_card or _passport(folded)


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


def _household(folded: str, text: str) -> bool:
    """A head's name, or the number or code of a household."""
    number = shapes.compact(folded)
    coded = number.isalnum() and number.isascii() and sum(sign.isdecimal() for sign in number) >= 3
    return coded or shapes.is_person(folded, text)


SHAPES: dict[Kind, Shape] = {
    Kind.IDENTITY_NUMBER: _identity,
    Kind.TAX_CODE: _tax,
    Kind.PHONE: _phone,
    Kind.EMAIL: lambda folded, text: "@" in folded,
    Kind.BANK_ACCOUNT: _account,
    Kind.PERSON_NAME: shapes.is_listed_person,
    Kind.HOUSEHOLD: _household,
    Kind.ORGANISATION_NAME: lambda folded, text: shapes.is_firm(folded),
    Kind.ADDRESS: lambda folded, text: shapes.is_address(folded),
    Kind.COORDINATES: coordinates.fits,
}

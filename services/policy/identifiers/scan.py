"""Identifiers of persons and firms in the texts of a workbook: where and of what kind, never what.

A fast pass over all texts (polars) leaves candidates, which are then looked at one by one. A word
alone is no finding: it takes a heading and a value of its shape, or a number whose own structure or
check digit speaks. The input is the `cells` object that validation writes.
"""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from services.policy.identifiers import shapes
from services.policy.identifiers.columns import announced, column_evidence
from services.policy.identifiers.finding import Finding, Kind
from services.policy.identifiers.headings import PERSON_LABEL, is_contact

FORMAT = 1
# A few cells that tell how to reach the sender belong to every letterhead; a list of them does not.
CONTACTS = 3
# What a cell of a workbook can hold; a longer text is no cell's.
LONGEST_TEXT = 32_767
LABEL = r"(?:ten|chu ho|owner|name|nghiep|co so) *[:\-]"
CANDIDATE = r"\d(?:[ .\-()]{0,2}\d){8}|@"
# Amounts as they are printed: none of them begins with a zero before another digit.
AMOUNT = r"^-?(?:0\.|[1-9]\d*\.?)\d*$"


class CellsError(ValueError):
    """The bytes are no `cells` object that this module reads."""


def scan(content: bytes, year: int) -> tuple[Finding, ...]:
    """All findings of a `cells` object, in its order; raises CellsError for other bytes.

    `year` is the current one: nobody is born later.
    """
    sheets, frame = _read(content)
    found: set[tuple[int, Kind]] = set(_numbers(frame, year))
    found |= set(_labelled(frame))
    found |= set(announced(frame))
    found |= set(column_evidence(frame))
    found -= _contacts(frame, found)
    places = frame.select("sheet", "cell").rows()
    return tuple(
        Finding(sheets[places[row][0]], places[row][1], kind.value) for row, kind in sorted(found)
    )


def fold(texts: pl.Expr) -> pl.Expr:
    """Lower case, without tone marks and invisible characters, đ as d, single spaces."""
    return (
        texts.str.normalize("NFKD")
        .str.replace_all(r"[\p{Mn}\p{Cf}]+", "")
        .str.to_lowercase()
        .str.replace_all("đ", "d", literal=True)
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )


def _read(content: bytes) -> tuple[list[str], pl.DataFrame]:
    """The sheets' names as findings may show them, and one row a text."""
    try:
        document: dict[str, Any] = json.loads(content)
        if document["format"] != FORMAT:
            raise CellsError(f"format {document['format']} is not {FORMAT}")
        names = [str(sheet["name"]) for sheet in document["sheets"]]
        cells = document["cells"]
        columns = {
            name: [one[name] for one in cells] for name in ("sheet", "cell", "text", "where")
        }
        # A sheet's name is a text like any other, without a cell.
        columns["sheet"] += range(len(names))
        columns["cell"] += [""] * len(names)
        columns["text"] += names
        columns["where"] += ["sheet"] * len(names)
        columns["text"] = [text[:LONGEST_TEXT] for text in columns["text"]]
        if not all(0 <= sheet < len(names) for sheet in columns["sheet"]):
            raise CellsError("a cell is on no sheet")
        frame = _frame(columns)
    except CellsError:
        raise
    except (ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        raise CellsError(f"not a cells object: {type(error).__name__}") from None
    return _shown(names), frame


def _frame(columns: dict[str, list[Any]]) -> pl.DataFrame:
    types = {"sheet": pl.Int32, "cell": pl.String, "text": pl.String, "where": pl.String}
    place = pl.col("cell").str.extract_groups(r"^([A-Z]{1,3})([0-9]{1,7})$")
    return (
        pl.DataFrame(columns, schema=types, strict=True)
        .with_row_index("index")
        .with_columns(
            folded=fold(pl.col("text")),
            column=place.struct.field("1"),
            row=place.struct.field("2").cast(pl.Int32),
        )
        .with_columns(cell=pl.when(pl.col("row").is_null()).then(pl.lit("")).otherwise("cell"))
    )


def _shown(names: list[str]) -> list[str]:
    """Sheets' names; one that may itself name somebody is shown by its number."""
    folded = pl.DataFrame({"name": names}, schema={"name": pl.String}).select(fold(pl.col("name")))
    return [
        f"#{number}" if _telling(plain, name) else name
        for number, (name, plain) in enumerate(zip(names, folded["name"], strict=True), 1)
    ]


def _telling(folded: str, name: str) -> bool:
    long_number = sum(letter.isdigit() for letter in folded) >= 9
    return long_number or "@" in folded or shapes.is_person_without_heading(folded, name)


def _numbers(frame: pl.DataFrame, year: int) -> Iterator[tuple[int, Kind]]:
    """Numbers and addresses of mail that speak for themselves, wherever they stand."""
    folded = pl.col("folded")
    candidates = frame.filter(folded.str.contains(CANDIDATE) & ~folded.str.contains(AMOUNT))
    for index, text in candidates.select("index", "folded").iter_rows():
        yield from ((index, kind) for kind in _speaking(text, year))


def _speaking(text: str, year: int) -> Iterator[Kind]:
    numbers = (shapes.compact(found[0]) for found in shapes.IDENTITY.finditer(text))
    if any(shapes.is_identity_number(number, year) for number in numbers):
        yield Kind.IDENTITY_NUMBER
    for found in shapes.TAX.finditer(text):
        # Ten digits alone may be an amount, but none with a leading zero or a branch.
        if (text[found.start()] == "0" or found[2]) and shapes.is_tax_code(found[1]):
            yield Kind.TAX_CODE
            break
    if shapes.PHONE.search(text):
        yield Kind.PHONE
    if shapes.EMAIL.search(text):
        yield Kind.EMAIL


def _labelled(frame: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Label and name within one text, such as `Họ tên: …`."""
    candidates = frame.filter(pl.col("folded").str.contains(LABEL))
    for index, text in candidates.select("index", "folded").iter_rows():
        found = PERSON_LABEL.search(text)
        words = found["name"].split() if found else []
        if found and len(words) >= 2 and words[0] in shapes.SURNAMES and "ghi ro" not in text:
            yield index, Kind.PERSON_NAME


def _contacts(frame: pl.DataFrame, found: set[tuple[int, Kind]]) -> set[tuple[int, Kind]]:
    """Phone and mail in lines that tell how to reach the sender, as long as they are few."""
    texts, places = frame["folded"], frame["where"]
    contacts: set[tuple[int, Kind]] = {
        (row, kind)
        for row, kind in found
        if kind in (Kind.PHONE, Kind.EMAIL)
        and (places[row] == "property" or is_contact(texts[row]))
    }
    return contacts if len({row for row, _ in contacts}) <= CONTACTS else set()

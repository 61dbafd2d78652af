"""Identifiers of persons and firms in the texts of a workbook: where and of what kind, never what.

A fast pass over all texts (polars) leaves candidates, which are then looked at one by one. A word
alone is no finding: it takes a heading and a value of its shape, or a number whose own structure or
check digit speaks.
"""

import re
from collections.abc import Iterator, Sequence

import polars as pl

from services.policy.evidence.finding import Finding, Kind
from services.policy.evidence.identifiers import coordinates, shapes, split
from services.policy.evidence.identifiers.columns import announced, column_evidence, in_cells
from services.policy.evidence.identifiers.headings import LABELLED_NUMBERS, PERSON_LABEL, is_contact
from services.policy.evidence.texts import Texts, fold, repaired

# A few cells that tell how to reach the sender belong to every letterhead; a list of them does not.
CONTACTS = 3
LABEL = r"(?:ten|chu ho|owner|name|nghiep|co so) *[:\-]|\bho (?:ong|ba) |^(?:ong|ba|anh|chi|chau)[ :.].*[a-z]"
CANDIDATE = r"\d(?:[ ._/·'\-()]{0,2}\d){8}|@|[(\[{] ?(?:at|a cong) ?[)\]}]|[a-z] ?:? ?[a-z]?\d{6,7}"
_TOUCHING = re.compile(r"(?<=[a-z]{2})(?=\d)")
# Amounts as they are printed: none of them begins with a zero before another digit.
AMOUNT = r"^-?(?:0\.|[1-9]\d*\.?)\d*$"


def scan(texts: Texts, year: int) -> tuple[Finding, ...]:
    """All findings in the texts of a workbook, in their order. `year` is the current one: nobody is born later."""
    frame = texts.frame
    found: set[tuple[int, Kind]] = set(_numbers(frame, year))
    found |= set(_labelled(frame))
    found |= set(_places(frame))
    cells = in_cells(frame)
    told = set(announced(cells))
    # Since 1 July 2025 a person's tax code is the identity number: under that heading it is a tax code.
    found -= {(row, Kind.IDENTITY_NUMBER) for row, kind in told if kind is Kind.TAX_CODE}
    found |= told
    found |= set(column_evidence(cells))
    found |= set(split.numbers(cells, year)) | set(split.names(cells)) | set(split.places(cells))
    found -= _contacts(frame, found)
    places = frame.select("sheet", "cell").rows()
    shown = safe_names(texts.sheets)
    return tuple(
        Finding(shown[places[row][0]], places[row][1], kind.value) for row, kind in sorted(found)
    )


def safe_names(sheets: Sequence[str]) -> list[str]:
    """Sheets' names as findings may show them; one that may itself name somebody is shown by its number."""
    names = repaired(pl.Series(sheets, dtype=pl.String))
    folded = fold(names)
    return [
        f"#{number}" if _telling(plain, meant) else name
        for number, (name, meant, plain) in enumerate(zip(sheets, names, folded, strict=True), 1)
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
    text = shapes.COMMA.sub(", ", text)
    patterns = (shapes.IDENTITY, shapes.GROUPED)
    numbers = (shapes.compact(match[0]) for pattern in patterns for match in pattern.finditer(text))
    if any(shapes.is_identity_number(number, year) for number in numbers):
        yield Kind.IDENTITY_NUMBER
    for found in shapes.TAX.finditer(text):
        # Ten digits alone may be an amount, but none with a leading zero or a branch.
        if (text[found.start()] == "0" or found[2]) and shapes.is_tax_code(found[1]):
            yield Kind.TAX_CODE
            break
    # A label may touch its number: "MST5600…".
    apart = _TOUCHING.sub(" ", text)
    for kind, pattern in LABELLED_NUMBERS.items():
        if pattern.search(text) or pattern.search(apart):
            yield kind
    if shapes.PHONE.search(text):
        yield Kind.PHONE
    if shapes.EMAIL.search(shapes.mail_written_out(text)):
        yield Kind.EMAIL


def _places(frame: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Coordinates that speak for themselves."""
    candidates = frame.filter(pl.col("folded").str.contains(coordinates.CANDIDATE))
    for index, text in candidates.select("index", "folded").iter_rows():
        if coordinates.speak(text):
            yield index, Kind.COORDINATES


def _labelled(frame: pl.DataFrame) -> Iterator[tuple[int, Kind]]:
    """Label and name within one text, such as `Họ tên: …`."""
    candidates = frame.filter(pl.col("folded").str.contains(LABEL))
    for index, text, written in candidates.select("index", "folded", "text").iter_rows():
        if shapes.HONORIFIC.match(text) and shapes.is_person_with_address(text, written):
            yield index, Kind.PERSON_NAME
            continue
        match = PERSON_LABEL.search(text)
        words = match["name"].split() if match else []
        if match and len(words) >= 2 and words[0] in shapes.SURNAMES and "ghi ro" not in text:
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

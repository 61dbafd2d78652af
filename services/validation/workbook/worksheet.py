"""What the reader of cells leaves out of a worksheet part: found by searching its bytes.

A parser would cost more than reading all cells does, and most sheets have none of this.
"""

import re
from collections.abc import Iterator

from services.validation.workbook import header
from services.validation.workbook.address import address, place_of
from services.validation.workbook.extent import MOST_CELLS, MOST_COLUMNS, REFERENCE, extent
from services.validation.workbook.markup import attributes, tags, unescaped
from services.validation.workbook.sheet import Formula, Place, Scan

MOST_FORMULAS = 20_000
_VALUE = re.compile(
    rb"\s*(?:<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v\b[^<>]*>([^<]*)<"
)
_FORMULA = re.compile(rb"<(?:\w+:)?f(\s[^<>]*?)?(?:/>|>([^<]*)<)")
_STORED = re.compile(rb"(?:/(?:\w+:)?f>)?\s*<(?:\w+:)?v\b[^<>]*>[^<]")
_HEADER = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)\b[^<>]*>([^<]+)<")
_LIST = re.compile(rb"<(?:\w+:)?formula[12]\b[^<>]*>(?:<xm:f>)?([^<]*)<")
_PROMPTS = ("promptTitle", "prompt", "errorTitle", "error")
_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,7})["']""")


def scan(content: bytes) -> Scan:
    """All of it, or only the last cell where the sheet spreads too far to be read."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16", "replace").encode()
    row, column = extent(content)
    if row * column > MOST_CELLS or column > MOST_COLUMNS:
        return Scan(oversized=address(row - 1, column - 1))
    rows, columns = _hidden(content)
    formulas = dict(_formulas(content))
    behind = content[max(content.rfind(b"sheetData>"), 0) :]
    return Scan(
        hidden_rows=rows,
        hidden_columns=columns,
        errors=tuple(_errors(content)),
        formulas=formulas,
        unchecked_formulas=len(formulas) == MOST_FORMULAS,
        notes=(
            *(("", text, "header") for text in _headers(behind)),
            *(("", text, "list") for text in _lists(behind)),
        ),
    )


def _hidden(content: bytes) -> tuple[frozenset[int], frozenset[int]]:
    rows: set[int] = set()
    columns = bytearray(MOST_COLUMNS)
    for name, inside, _ in tags(content, b"hidden"):
        if not _HIDDEN.search(inside):
            continue
        if name == b"row" and (match := _ROW_NUMBER.search(inside)):
            rows.add(int(match[1]) - 1)
        elif name == b"col":
            about = attributes(inside)
            first, last = _number(about.get("min")), _number(about.get("max"))
            width = min(last, MOST_COLUMNS) - max(first - 1, 0)
            if width > 0:
                columns[max(first - 1, 0) : max(first - 1, 0) + width] = b"\1" * width
    return frozenset(rows), frozenset(column for column, mark in enumerate(columns) if mark)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else 0


def _errors(content: bytes) -> Iterator[tuple[Place, str]]:
    """Cells that hold an error, and which one."""
    for name, inside, end in tags(content, b'"e"'):
        reference = REFERENCE.search(inside) if name == b"c" else None
        place = place_of((reference[1] + reference[2]).decode()) if reference else None
        value = _VALUE.match(content, end)
        if place and value:
            yield place, unescaped(value[1].decode("utf-8", "replace"))


def _formulas(content: bytes) -> Iterator[tuple[Place, Formula]]:
    """The formulas of the sheet, MOST_FORMULAS at most; shared ones for every cell they are in."""
    prefix = re.search(rb"<(\w+:)?worksheet\b", content[:4096])
    opening = b"<" + ((prefix[1] if prefix else None) or b"")
    shared: dict[str, tuple[str, Place]] = {}
    count, position = 0, content.find(opening + b"f")
    while position >= 0 and count < MOST_FORMULAS:
        match = _FORMULA.match(content, position)
        start = content.rfind(opening + b"c", max(0, position - 2048), position)
        place = place_of(attributes(content[start:position]).get("r", "")) if start >= 0 else None
        if match and place:
            formula = _formula(match, place, shared, bool(_STORED.match(content, match.end())))
            if formula is not None:
                count += 1
                yield place, formula
        position = content.find(opening + b"f", position + 2)


def _formula(
    match: re.Match[bytes], place: Place, shared: dict[str, tuple[str, Place]], stored: bool
) -> Formula | None:
    about = attributes(match[1] or b"")
    text = unescaped((match[2] or b"").decode("utf-8", "replace"))
    if about.get("t") == "shared":
        key = about.get("si", "")
        if text:
            shared[key] = (text, place)
        if key not in shared:
            return None
        text, origin = shared[key]
        return Formula(text, origin, stored)
    if about.get("t") in ("array", "dataTable") or not text:
        return None
    return Formula(text, place, stored)


def _texts(pattern: re.Pattern[bytes], content: bytes, part: bytes) -> Iterator[str]:
    """What the pattern finds from the first element of this name on."""
    start = content.find(part)
    if start >= 0:
        for text in pattern.findall(content, start):
            yield unescaped(text.decode("utf-8", "replace")).strip()


def _headers(content: bytes) -> Iterator[str]:
    for printed in _texts(_HEADER, content, b"headerFooter"):
        yield from header.sections(printed)


def _lists(content: bytes) -> Iterator[str]:
    """Choices, prompts and messages of the sheet's data validations."""
    for text in _texts(_LIST, content, b"dataValidation"):
        if text.startswith('"'):
            yield text.strip('"')
    validations = (
        content[content.find(b"<dataValidation") :] if b"<dataValidation" in content else b""
    )
    for word in (b"rompt", b"error"):
        for name, inside, _ in tags(validations, word):
            if name == b"dataValidation":
                found = attributes(inside)
                yield from (found[key] for key in _PROMPTS if found.get(key))

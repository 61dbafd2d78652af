"""Text with separators: which encoding, which separator, which rows."""

import csv
import io
import re
import unicodedata
from collections import Counter

from services.model import legacy
from services.validation.workbook.address import address
from services.validation.workbook.invisible import left_out
from services.validation.workbook.sheet import (
    BrokenQuotes,
    CellValue,
    Decoded,
    Sheet,
    UnreadableWorkbook,
    Workbook,
)

_SEPARATORS = ";\t,|"
_MOST_COLUMNS = 16_384
_MOST_CELLS = 4_000_000
_SAMPLE = 65_536
_SURE = 0.7
"""Share of the words with marks that must be Vietnamese syllables."""
_NUMBER = re.compile(r"[+-]?\d[\d.,]*")


def read_text(content: bytes) -> Workbook:
    """Separated text in UTF-8, UTF-16, Windows-1258, TCVN3 or VNI; the separator is the steadiest one.

    Raises UnreadableWorkbook for other bytes.
    """
    text, encoding = _decoded(content)
    if "\x00" in text or not text.strip():
        raise UnreadableWorkbook("neither a workbook nor text with rows")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    separator, lines = _separator(lines)
    rows, oversized = _rows(lines, separator)
    decoded = (Decoded(encoding, ()),) if encoding else ()
    sheet = Sheet("csv", rows, decoded=decoded, oversized=oversized)
    return Workbook("csv", (left_out(sheet),), separator=separator)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text, and the encoding from before Unicode in which it was, if it was."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _unicode(content, "utf-16"), ""
    if wide := _without_mark(content):
        return _unicode(content, wide), ""
    try:
        return unicodedata.normalize("NFC", content.decode("utf-8-sig")), ""
    except UnicodeDecodeError:
        return _before_unicode(content)


def _unicode(content: bytes, encoding: str) -> str:
    try:
        return unicodedata.normalize("NFC", content.decode(encoding))
    except UnicodeDecodeError:
        raise UnreadableWorkbook(f"neither a workbook nor text in {encoding}") from None


def _without_mark(content: bytes) -> str:
    """UTF-16 without its mark: of plain letters every second byte is zero."""
    sample = content[:_SAMPLE]
    zeros = sample[1::2].count(0), sample[::2].count(0)
    if len(content) % 2 or len(sample) < 8 or max(zeros) < len(sample) // 4 or min(zeros):
        return ""
    return "utf-16-le" if zeros[0] > zeros[1] else "utf-16-be"


def _before_unicode(content: bytes) -> tuple[str, str]:
    """The encoding in which most words are Vietnamese; none is a reason to refuse."""
    found: list[tuple[float, str, str]] = []
    try:
        windows = unicodedata.normalize("NFC", content.decode("cp1258"))
        found.append((legacy.vietnamese_share(windows), "Windows-1258", windows))
    except UnicodeDecodeError:
        pass
    latin = content.decode("cp1252", "replace")
    for encoding in legacy.ENCODINGS:
        text = legacy.decoded(latin, encoding)
        found.append((legacy.vietnamese_share(text), encoding.value, text))
    share, name, text = max(found)
    if share < _SURE:
        raise UnreadableWorkbook("neither a workbook nor text in a known encoding")
    return text, name


def _rows(lines: str, separator: str) -> tuple[list[list[CellValue]], str]:
    """The rows; and the last cell where they spread too far to be read.

    A quote is closed where its cell ends (RFC 4180): what is read on behind another one may be anything.
    """
    rows: list[list[CellValue]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(lines, newline=""), delimiter=separator, strict=True):
            cells += len(row)
            if cells > _MOST_CELLS or len(row) > _MOST_COLUMNS:
                return [], address(len(rows), max(len(row), 1) - 1)
            if any("\n" in cell and _swallows(cell, separator, len(row)) for cell in row):
                raise BrokenQuotes(len(rows) + 1)
            rows.append([*row])
    except csv.Error as error:
        if "line contains NUL" in str(error) or "field larger" in str(error):
            raise UnreadableWorkbook(f"not a table: {error}") from None
        raise BrokenQuotes(len(rows) + 1) from None
    return rows, ""


def _swallows(cell: str, separator: str, width: int) -> bool:
    """Whether a quote of two that stray has made rows of figures into the text of one cell."""
    lines = (line.split(separator) for line in cell.split("\n"))
    return any(
        len(pieces) >= max(width, 3) and any(map(_NUMBER.fullmatch, pieces)) for pieces in lines
    )


def _separator(text: str) -> tuple[str, str]:
    """The separator, and the text without the line `sep=;` that may name it.

    It is the one that most lines have equally often, more often rather than less.
    """
    first, _, rest = text.partition("\n")
    named = first.strip().strip('"')
    if named.lower().startswith("sep=") and len(named) == 5:
        return named[4], rest
    if named.lower() == "sep=" and "\t" in first:
        return "\t", rest
    lines = text[: 4 * _SAMPLE].split("\n", 200)[:200]

    def steadiness(separator: str) -> tuple[int, int]:
        counts = Counter(line.count(separator) for line in lines)
        counts.pop(0, None)
        often, many = max(((lines_, count) for count, lines_ in counts.items()), default=(0, 0))
        return often, many

    return max(_SEPARATORS, key=steadiness), text

"""Opens a workbook by what it is, not by what it is called: .xlsx, .xls or text with separators."""

import csv
import io
from collections import Counter
from typing import Any

import python_calamine as calamine

from services.validation.workbook.notes import xls_notes, xlsx_notes
from services.validation.workbook.sheet import (
    ProtectedWorkbook,
    Sheet,
    UnreadableWorkbook,
    Workbook,
)

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SEPARATORS = ";\t,|"


def open_workbook(content: bytes) -> Workbook:
    """The workbook in `content`.

    Raises ProtectedWorkbook where it needs a password, UnreadableWorkbook for anything else that
    isn't a workbook.
    """
    if content.startswith(_ZIP):
        return _spreadsheet(content, "xlsx")
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise ProtectedWorkbook("the workbook is encrypted")
        return _spreadsheet(content, "xls")
    return _text(content)


def _spreadsheet(content: bytes, kind: str) -> Workbook:
    try:
        book = calamine.load_workbook(io.BytesIO(content))
        sheets = tuple(
            _sheet(book, about)
            for about in book.sheets_metadata
            if about.typ == calamine.SheetTypeEnum.WorkSheet
        )
    except calamine.PasswordError as error:
        raise ProtectedWorkbook(str(error)) from None
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError) as error:
        raise UnreadableWorkbook(f"not a workbook: {error}") from None
    if kind == "xls":
        return Workbook("xls", *xls_notes(content, sheets))
    return Workbook("xlsx", *xlsx_notes(content, sheets))


def _sheet(book: Any, about: Any) -> Sheet:
    table = book.get_sheet_by_name(about.name)
    return Sheet(
        name=about.name,
        rows=table.to_python(skip_empty_area=False),
        hidden=about.visible != calamine.SheetVisibleEnum.Visible,
        merged=tuple(table.merged_cell_ranges or ()),
    )


def _text(content: bytes) -> Workbook:
    """Separated text: UTF-8 or UTF-16 with its mark; the separator is the steadiest one."""
    try:
        utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        decoded = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableWorkbook("neither a workbook nor text in UTF-8") from None
    if "\x00" in decoded or not decoded.strip():
        raise UnreadableWorkbook("neither a workbook nor text with rows")
    lines = decoded.replace("\r\n", "\n").replace("\r", "\n")
    try:
        rows: list[Any] = list(csv.reader(io.StringIO(lines), delimiter=_separator(lines)))
    except csv.Error as error:
        raise UnreadableWorkbook(f"not a table: {error}") from None
    return Workbook("csv", (Sheet("csv", rows),))


def _separator(text: str) -> str:
    """The separator that most lines have equally often, more often rather than less."""
    lines = text.splitlines()[:200]

    def steadiness(separator: str) -> tuple[int, int]:
        counts = Counter(line.count(separator) for line in lines)
        counts.pop(0, None)
        often, many = max(((lines_, count) for count, lines_ in counts.items()), default=(0, 0))
        return often, many

    return max(_SEPARATORS, key=steadiness)

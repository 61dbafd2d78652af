"""Opens a workbook by what it is, not by what it is called."""

import io
from typing import Any

import python_calamine as calamine

from services.model.default_password import opened
from services.validation.workbook import legacy
from services.validation.workbook.address import address
from services.validation.workbook.binary import Book
from services.validation.workbook.extent import MOST_CELLS
from services.validation.workbook.invisible import left_out
from services.validation.workbook.kind import TEXTS, kind_of
from services.validation.workbook.opendocument import Document
from services.validation.workbook.separated import read_text
from services.validation.workbook.sheet import (
    CellValue,
    Place,
    ProtectedWorkbook,
    Scan,
    Sheet,
    UnreadableWorkbook,
    Workbook,
)
from services.validation.workbook.xlsx import Package

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_BROKEN = (calamine.CalamineError, OSError)
Container = Package | Document | Book


def open_workbook(content: bytes) -> Workbook:
    """The workbook in `content`: .xlsx, .xlsm, .xls, .ods or text with separators.

    Raises ProtectedWorkbook where it needs a password that somebody chose, OversizedWorkbook where it unpacks to more
    than is read, UnreadableWorkbook for anything else that isn't a workbook.
    """
    try:
        return _open(content)
    except ProtectedWorkbook:
        if (plain := opened(content)) is None:
            raise
        return _open(plain)


def _open(content: bytes) -> Workbook:
    if content.startswith(_ZIP):
        if content[30 : 30 + len(_OPEN_DOCUMENT)] == _OPEN_DOCUMENT:
            return _spreadsheet(content, Document(content))
        return _spreadsheet(content, Package(content))
    if content.startswith(_OLE):
        return _spreadsheet(content, Book(content))
    if (kind := kind_of(content)) in TEXTS:
        raise UnreadableWorkbook(kind)
    return read_text(content)


def _spreadsheet(content: bytes, container: Container) -> Workbook:
    book, about = _opened(content)
    names = [sheet.name for sheet in about]
    scans = container.scans(names)
    sheets = _sheets(book, about, scans)
    broken = [sheet.name for sheet in sheets if sheet.broken]
    if broken and isinstance(container, Package):
        sheets = _sheets(*_opened(container.mended(broken)), scans)
    if all(sheet.broken for sheet in sheets):
        raise UnreadableWorkbook("no sheet can be read")
    sheets = [left_out(sheet) for sheet in legacy.decode(sheets, container.fonts)]
    notes = tuple(container.notes(names, scans))
    unread = (*container.unread, *(sheet.name for sheet in sheets if sheet.broken))
    return Workbook(container.format, tuple(sheets), notes, tuple(dict.fromkeys(unread)))


def _opened(content: bytes) -> tuple[Any, list[Any]]:
    """The workbook as the reader of cells has it, and what it says about each sheet of cells."""
    try:
        book = calamine.load_workbook(io.BytesIO(content))
        about = [
            sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
    except calamine.PasswordError as error:
        raise ProtectedWorkbook(str(error)) from None
    except BaseException as error:
        raise _unreadable(error) from None
    return book, about


def _sheets(book: Any, about: list[Any], scans: list[Scan]) -> list[Sheet]:
    sheets: list[Sheet] = []
    left = MOST_CELLS
    for one, scan in zip(about, scans, strict=True):
        sheets.append(_sheet(book, one, scan, left))
        left -= sum(map(len, sheets[-1].rows))
    return sheets


def _sheet(book: Any, about: Any, scan: Scan, left: int) -> Sheet:
    """A sheet with its cells; without them where they are more than are `left`, or broken."""
    hidden = about.visible != calamine.SheetVisibleEnum.Visible
    if scan.oversized:
        return Sheet(about.name, [], hidden, oversized=scan.oversized)
    try:
        table = book.get_sheet_by_name(about.name)
        if table.total_height * table.total_width > left:
            last = address(table.total_height - 1, table.total_width - 1)
            return Sheet(about.name, [], hidden, oversized=last)
        rows: list[list[CellValue]] = table.to_python(skip_empty_area=False)
        merged = tuple(table.merged_cell_ranges or scan.merged)
    except BaseException as error:
        _unreadable(error)
        return Sheet(about.name, [], hidden, broken=True)
    for place, text in scan.errors:
        _put(rows, place, text)
    return Sheet(
        name=about.name,
        rows=rows,
        hidden=hidden,
        merged=merged,
        hidden_rows=scan.hidden_rows,
        hidden_columns=scan.hidden_columns,
        formulas=scan.formulas,
        formats=scan.formats,
        unchecked_formulas=scan.unchecked_formulas,
    )


def _put(rows: list[list[CellValue]], place: Place, text: str) -> None:
    """Writes an error value where the reader of cells left a blank, or a nought, or no cell at all."""
    row, column = place
    rows += ([] for _ in range(row + 1 - len(rows)))
    rows[row] += [""] * (column + 1 - len(rows[row]))
    rows[row][column] = text


def _unreadable(error: BaseException) -> UnreadableWorkbook:
    """What became of the native reader; a panic of it is no Exception, and no reason to end."""
    if isinstance(error, _BROKEN) or type(error).__name__ == "PanicException":
        return UnreadableWorkbook(f"not a workbook: {error}")
    if isinstance(error, MemoryError) or not isinstance(error, Exception):
        raise error
    return UnreadableWorkbook(f"not a workbook: {type(error).__name__}")

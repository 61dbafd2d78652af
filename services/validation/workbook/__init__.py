"""Workbooks as sheets of cells with real addresses, whatever their file format."""

from services.validation.workbook.address import address, column_letters
from services.validation.workbook.reader import open_workbook
from services.validation.workbook.sheet import (
    BrokenQuotes,
    CellValue,
    Formula,
    Note,
    OversizedWorkbook,
    ProtectedWorkbook,
    Sheet,
    UnreadableWorkbook,
    Workbook,
)

__all__ = [
    "BrokenQuotes",
    "CellValue",
    "Formula",
    "Note",
    "OversizedWorkbook",
    "ProtectedWorkbook",
    "Sheet",
    "UnreadableWorkbook",
    "Workbook",
    "address",
    "column_letters",
    "open_workbook",
]

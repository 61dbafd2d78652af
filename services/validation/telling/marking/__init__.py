"""The workbook back: the sender's own with wrong cells marked, commented and listed."""

from services.validation.telling.marking.marked import XLSM, XLSX, Marked, mark

__all__ = ["XLSM", "XLSX", "Marked", "mark"]

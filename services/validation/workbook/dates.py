"""What stands in a cell where a date is expected: a date of the workbook, or one written 2026-11-20 (ISO 8601)."""

import re
from datetime import date, datetime

from services.validation.workbook.sheet import CellValue

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_date(value: CellValue) -> date | None:
    """The date, or None where there is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if not _WRITTEN.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

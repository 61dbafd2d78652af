"""Small workbooks for the tests of validation."""

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook

Rows = Iterable[Sequence[object]]

LABELS = ("Chỉ tiêu", "Mã số", "Quý III năm 2026", "9 tháng năm 2026")
UNIT = (None, None, None, "Đơn vị tính: Triệu đồng")


def xlsx(rows: Rows, sheet: str = "Sheet1", others: dict[str, Rows] | None = None) -> bytes:
    """An .xlsx with these rows from A1 on, and other sheets behind."""
    workbook = Workbook()
    first = workbook.active
    assert first is not None
    first.title = sheet
    for row in rows:
        first.append(list(row))
    for name, more in (others or {}).items():
        other = workbook.create_sheet(name)
        for row in more:
            other.append(list(row))
    return saved(workbook)


def saved(workbook: Workbook) -> bytes:
    """The bytes of an openpyxl workbook."""
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()

"""A table as a file that a spreadsheet opens: with the mark of its encoding, and no cell that is a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet would calculate (OWASP, CSV injection)."""


def safe(cell: object) -> str:
    """A cell that is shown as it is written; numbers stay numbers."""
    text = "" if cell is None else str(cell)
    is_text = not isinstance(cell, int | float)
    return f"'{text}" if is_text and text.lstrip(" ").startswith(BEGINS_FORMULA) else text


def csv_file(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The file, in UTF-8 with its mark, as Excel needs it."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(heading)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return lines.getvalue().encode("utf-8-sig")

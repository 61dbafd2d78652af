"""The `cells` object: every text of a workbook with its place, for the policies that scan it.

Written also for workbooks that can't be placed, so that no second program parses hostile bytes.
"""

import json
from collections.abc import Iterator
from typing import Any

from services.validation.workbook import CellValue, Sheet, Workbook, address

FORMAT = 1
MEDIA_TYPE = "application/json"


def cells_object(workbook: Workbook) -> bytes:
    """The object as JSON: {"format", "sheets": [{name, hidden}], "cells": [{sheet, cell, …}]}."""
    cells = [one for index, sheet in enumerate(workbook.sheets) for one in _cells(index, sheet)]
    cells += [
        {
            "sheet": note.sheet,
            "cell": note.cell,
            "text": note.text,
            "where": note.where,
            "hidden": workbook.sheets[note.sheet].hidden,
        }
        for note in workbook.notes
        if note.text and note.sheet < len(workbook.sheets)
    ]
    sheets = [{"name": sheet.name, "hidden": sheet.hidden} for sheet in workbook.sheets]
    found = {"format": FORMAT, "sheets": sheets, "cells": cells}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _cells(index: int, sheet: Sheet) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(sheet.rows):
        hidden_row = sheet.hidden or number in sheet.hidden_rows
        for column, value in enumerate(row):
            if value != "":
                yield {
                    "sheet": index,
                    "cell": address(number, column),
                    "text": printed(value),
                    "where": "cell",
                    "hidden": hidden_row or column in sheet.hidden_columns,
                }


def printed(value: CellValue) -> str:
    """A value as text; a whole number without its decimal point, as the sheet shows it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else str(value)

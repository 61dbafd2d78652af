"""The `cells` object: every text of a workbook with its place, for the policies that scan it.

Written also for workbooks that can't be placed, so that no second program parses hostile bytes.
"""

import io
import json
from collections.abc import Iterator

from services.validation.workbook import CellValue, Sheet, Workbook, address

FORMAT = 1
MEDIA_TYPE = "application/json"
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def cells_object(workbook: Workbook) -> bytes:
    """The object as JSON: {"format", "sheets": [{name, hidden}], "cells": [{sheet, cell, text, …}], "unread"}.

    `where` tells a cell's text from that of a comment, property, header, drawing, name or list.
    `unread` names the parts that nobody could read: text may be in them that is not here.
    """
    sheets = [{"name": sheet.name, "hidden": sheet.hidden} for sheet in workbook.sheets]
    written = io.BytesIO()
    written.write(f'{{"format":{FORMAT},"sheets":{_json(sheets)},"cells":['.encode())
    comma = b""
    for piece in _notes(workbook):
        written.write(comma + piece)
        comma = b","
    for index, sheet in enumerate(workbook.sheets):
        for piece in _rows(index, sheet):
            written.write(comma + piece)
            comma = b","
    written.write(f'],"unread":{_json(list(workbook.unread))}}}'.encode())
    return written.getvalue()


def _notes(workbook: Workbook) -> Iterator[bytes]:
    for note in workbook.notes:
        if note.text and note.sheet < len(workbook.sheets):
            hidden = workbook.sheets[note.sheet].hidden
            yield _cell(note.sheet, note.cell, note.text, note.where, hidden).encode(
                "utf-8", "replace"
            )


def _rows(index: int, sheet: Sheet) -> Iterator[bytes]:
    """The cells of each row in which something stands. A row at a time: a sheet may be large."""
    for number, row in enumerate(sheet.rows):
        hidden_row = sheet.hidden or number in sheet.hidden_rows
        cells = [
            _cell(
                index,
                address(number, column),
                printed(value),
                "cell",
                hidden_row or column in sheet.hidden_columns,
            )
            for column, value in enumerate(row)
            if value != ""
        ]
        if cells:
            yield ",".join(cells).encode("utf-8", "replace")


def _cell(sheet: int, cell: str, text: str, where: str, hidden: bool) -> str:
    return (
        f'{{"sheet":{sheet},"cell":"{cell}","text":{_json(text)},"where":"{where}",'
        f'"hidden":{"true" if hidden else "false"}}}'
    )


def printed(value: CellValue) -> str:
    """A value as text; a whole number without its decimal point, as the sheet shows it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else str(value)

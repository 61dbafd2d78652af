"""What is to be said of a workbook as a whole: what couldn't be read, was decoded, or is hidden."""

from services.model.enumerations import Severity
from services.validation.findings import Context, Notebook, Place
from services.validation.workbook import Sheet, Workbook
from services.validation.workbook.address import column_letters
from services.validation.workbook.invisible import INVISIBLE
from services.validation.workbook.legacy import DECOMPOSED

_WARNING = Context(severity=Severity.WARNING)
_INFORMATION = Context(severity=Severity.INFORMATION)
_ROWS_LISTED = 20


def check_unread(workbook: Workbook, notebook: Notebook, *, is_whole: bool) -> None:
    """Sheets that couldn't be read: an error, unless all tables of the form stand in others (`is_whole`)."""
    context = _WARNING if is_whole else Context()
    for sheet in workbook.sheets:
        where = Place(sheet.name)
        if sheet.oversized:
            notebook.find("sheet_oversized", where, context, last=sheet.oversized)
        if sheet.broken:
            notebook.find("sheet_broken", where, context)


def check_contents(workbook: Workbook, notebook: Notebook) -> None:
    """Parts that couldn't be read; text that was decoded; sheets, rows, columns that hide."""
    for sheet in workbook.sheets:
        for one in sheet.decoded:
            place = Place(sheet.name, one.cells)
            if one.encoding == INVISIBLE:
                notebook.repair("signs_left_out", place, count=len(one.cells))
            elif one.encoding == DECOMPOSED:
                notebook.repair("text_composed", place, count=len(one.cells))
            else:
                notebook.repair("text_decoded", place, encoding=one.encoding)
        _name_hidden(sheet, notebook)
    broken = {sheet.name for sheet in workbook.sheets if sheet.broken}
    if parts := [part for part in workbook.unread if part not in broken]:
        notebook.find("part_unread", Place(), _WARNING, parts=", ".join(parts))


def _name_hidden(sheet: Sheet, notebook: Notebook) -> None:
    """What of a sheet nobody sees who opens it, where something stands there."""
    if sheet.hidden:
        if any(cell != "" for cells in sheet.rows for cell in cells):
            notebook.find("sheet_hidden", Place(sheet.name), _INFORMATION)
        return
    if not sheet.hidden_rows and not sheet.hidden_columns:
        return
    filled = {
        (row, column)
        for row, cells in enumerate(sheet.rows)
        if row in sheet.hidden_rows or sheet.hidden_columns
        for column, cell in enumerate(cells)
        if cell != ""
    }
    rows = sorted({row for row, _ in filled} & sheet.hidden_rows)
    columns = sorted({column for _, column in filled} & sheet.hidden_columns)
    names = [str(row + 1) for row in rows] + [column_letters(column) for column in columns]
    if names:
        shown = ", ".join(names[:_ROWS_LISTED]) + (", …" if len(names) > _ROWS_LISTED else "")
        values = {"rows": len(rows), "columns": len(columns), "names": shown}
        notebook.find("parts_hidden", Place(sheet.name), _INFORMATION, **values)

"""A form's table that is nowhere in a workbook: what was looked for, what stands there, which form it looks like."""

from services.model.form import Form, shipped_forms
from services.model.table import Table
from services.model.text import Text
from services.validation.checks.headings import shown_heading
from services.validation.findings import Notebook, Place, in_both
from services.validation.reading.placing.searching import find_layouts
from services.validation.reading.statement import Statement
from services.validation.workbook import Sheet, Workbook

_SEARCHED_ROWS = 40
_MOST_LISTED = 12
_LONGEST = 60
_NOTHING = Text("", "")


def find_missing(
    form: Form, table: Table, workbook: Workbook, statement: Statement, notebook: Notebook
) -> None:
    """Names the headings that the form has, those of the sheet that is seen first, and the nearest form."""
    needed = (column for column in table.columns if not column.optional)
    headings = ", ".join(
        shown_heading(column, statement.period_of(column.span)) for column in needed
    )
    sheet = next((one for one in workbook.sheets if one.rows and not one.hidden), None)
    found = _headings(sheet) if sheet else ""
    name = _nearest(form, workbook, statement)
    notebook.find(
        "table_missing",
        Place(sheet.name if sheet else ""),
        headings=headings,
        seen=in_both("validation.table_missing.seen", sheet=sheet.name, found=found)
        if sheet and found
        else _NOTHING,
        nearest=in_both("validation.table_missing.nearest", form=name.id, title=name.title)
        if name
        else _NOTHING,
    )


def _headings(sheet: Sheet) -> str:
    """The texts of the row that looks most like a heading: the first one with most of them."""
    rows = [
        [cell.strip() for cell in row if isinstance(cell, str) and cell.strip()]
        for row in sheet.rows[:_SEARCHED_ROWS]
    ]
    texts = max(rows, key=len, default=[])
    listed = "; ".join(" ".join(text.split())[:_LONGEST] for text in texts[:_MOST_LISTED])
    return listed + ("; …" if len(texts) > _MOST_LISTED else "")


def _nearest(form: Form, workbook: Workbook, statement: Statement) -> Form | None:
    """Another form of the starter pack all of whose headings are there."""
    for other in shipped_forms().values():
        if other.id != form.id and all(
            any(
                not layout.missing(table)
                for layout in find_layouts(table, workbook, statement.periods(table))
            )
            for table in other.tables
        ):
            return other
    return None

"""The records of a list: which rows of the sheet are some, and their dates."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from services.model.rule import CellType
from services.model.table import Column, Table
from services.validation.findings import Notebook, Place
from services.validation.reading.placing.entries import Entry, Record, entry
from services.validation.reading.placing.layout import Layout
from services.validation.reading.placing.lines import is_numbering, rows_below
from services.validation.reading.placing.shown import read_as_shown
from services.validation.reading.placing.wording import label
from services.validation.workbook.cells import printed
from services.validation.workbook.numbers import convention_of

_FIRST_DAY = date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial numbers."""
_SERIALS = range(18_264, 73_416)
"""1950 to 2100; other numbers aren't taken for days."""
_TOTALS = ("tổng số", "tổng cộng", "cộng")
_WRITTEN = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")


def read_records(table: Table, layout: Layout, notebook: Notebook) -> list[Record]:
    """The records of a list: rows with two cells or more, without totals and what stands below.

    Below the last full record a row with few cells and no number is a signature or a note.
    """
    columns = [column for column in table.columns if column.id in layout.columns]
    rows = list(rows_below(layout))
    conventions = {
        column.id: convention_of(layout.sheet.value(row, layout.columns[column.id]) for row in rows)
        for column in columns
        if column.type is not CellType.TEXT
    }
    records: list[Record] = []
    end = 0
    for number in rows:
        entries = {c.id: entry(layout, number, c, conventions.get(c.id)) for c in columns}
        filled = [text for entry in entries.values() if (text := printed(entry.raw).strip())]
        if len(filled) < 2 or is_numbering(layout, number) or _is_total(filled):
            continue
        records.append(Record(number, entries))
        numeric = any(isinstance(entry.raw, int | float) for entry in entries.values())
        if numeric or 2 * len(filled) >= len(columns):
            end = len(records)
    _read_as_shown(table, layout, records[:end], notebook)
    return _with_dates(columns, layout, records[:end], notebook)


def _read_as_shown(table: Table, layout: Layout, records: list[Record], notebook: Notebook) -> None:
    units = {aggregate.column: aggregate.unit for aggregate in table.aggregates}
    entries = {
        (record.row, name): cell for record in records for name, cell in record.entries.items()
    }
    read_as_shown(entries, layout.sheet, lambda key: (key[1], units.get(key[1])), notebook)
    for record in records:
        record.entries.update({name: entries[record.row, name] for name in record.entries})


def _is_total(texts: list[str]) -> bool:
    return label(texts[0]).startswith(_TOTALS)


def _with_dates(
    columns: list[Column], layout: Layout, records: list[Record], notebook: Notebook
) -> list[Record]:
    """Serial numbers and texts such as 30/09/2026 as days, where a column is one of dates."""
    for column in columns:
        if column.type is not CellType.DATE:
            continue
        cells: list[str] = []
        for record in records:
            entry = record.entries[column.id]
            if (day := _day(entry)) is not None:
                record.entries[column.id] = replace(entry, raw=day)
                cells.append(entry.cell)
        if cells:
            where = Place(layout.sheet.name, tuple(cells))
            notebook.repair("date_from_number", where, count=len(cells))
    return records


def _day(entry: Entry) -> date | None:
    """The day that a serial number or a text means; None where it is a date already, or none."""
    if isinstance(entry.raw, str):
        for written in _WRITTEN:
            try:
                return datetime.strptime(entry.raw.strip(), written).date()
            except ValueError:
                continue
        return None
    if isinstance(entry.raw, int | float) and int(entry.raw) in _SERIALS:
        return _FIRST_DAY + timedelta(days=int(entry.raw))
    return None

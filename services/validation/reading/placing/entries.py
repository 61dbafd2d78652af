"""One cell of a table as it was read, and the records of a list."""

from dataclasses import dataclass

from services.model.flags import NONE, Flags
from services.model.rule import CellType
from services.model.table import Column
from services.validation.reading.placing.layout import Layout
from services.validation.workbook import CellValue, address
from services.validation.workbook.numbers import Content, Convention, Reading, read_number

_TEXT = Reading(Content.NOT_NUMBER)


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of a table: its place, what stands there, and that read as a number."""

    cell: str
    raw: CellValue
    reading: Reading
    flags: Flags = NONE


@dataclass(frozen=True)
class Record:
    """One record of a list: its sheet row, and its entries by column id."""

    row: int
    entries: dict[str, Entry]


def entry(layout: Layout, row: int, column: Column, convention: Convention | None = None) -> Entry:
    """The cell of a column in a row of the sheet."""
    place = layout.columns[column.id]
    raw = layout.sheet.value(row, place)
    reading = _TEXT if column.type is CellType.TEXT else read_number(raw, convention)
    return Entry(address(row, place), raw, reading)

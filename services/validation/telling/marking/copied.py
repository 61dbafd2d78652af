"""A workbook that is no .xlsx as one: the same values, and as much of its look as is known.

Of an .xls that is column widths, row heights, fonts, alignment, borders and number formats; of
others the columns are as wide as what stands in them.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import xlrd

from services.model.default_password import opened
from services.validation.telling.ooxml.package import Package
from services.validation.telling.ooxml.sheets import (
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Page,
    add_sheet,
    new_package,
    styles_of,
)
from services.validation.telling.ooxml.styles import Look, Styles
from services.validation.telling.ooxml.text import clean
from services.validation.workbook import CellValue, open_workbook
from services.validation.workbook.sheet import Place, Sheet

NARROWEST: Final = 6.0
WIDEST: Final = 60.0
_MEASURED_ROWS = 500
_FORMATS: Final[Mapping[type, str]] = {
    date: "dd/mm/yyyy",
    datetime: "dd/mm/yyyy hh:mm",
    time: "[h]:mm:ss",
    timedelta: "[h]:mm:ss",
}
_LEGACY = (".Vn", "VNI")
"""Fonts of the encodings before Unicode show its letters wrong."""
_ALIGNED = {1: "left", 2: "center", 3: "right", 4: "fill", 5: "justify", 6: "centerContinuous"}


@dataclass(frozen=True)
class _Looks:
    """How a sheet looks where it is known."""

    cells: Mapping[Place, Look] = field(default_factory=dict)
    widths: Mapping[int, float] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)


def copied(content: bytes) -> tuple[Package, dict[str, tuple[str, str]]]:
    """A new package with the values of a workbook; for each of its sheets the new name and path.

    Raises UnreadableWorkbook.
    """
    workbook = open_workbook(content)
    looks = {}
    if workbook.format == "xls":
        looks = _old_looks(content) or _old_looks(opened(content) or b"")
    package = new_package()
    styles = styles_of(package)
    found = {}
    for sheet in workbook.sheets:
        known = looks.get(sheet.name, _Looks())
        page = Page(
            _rows(sheet, known, styles),
            known.widths or _widths(sheet),
            sheet.merged,
            known.heights,
            hidden=sheet.hidden,
            hidden_rows=sheet.hidden_rows,
            hidden_columns=sheet.hidden_columns,
        )
        found[sheet.name] = add_sheet(package, sheet.name, page)
    return package, found


def _rows(sheet: Sheet, looks: _Looks, styles: Styles) -> Iterator[list[Cell | None]]:
    for number, row in enumerate(sheet.rows[:MOST_ROWS]):
        yield [
            _cell(value, looks.cells.get((number, column)), styles)
            for column, value in enumerate(row[:MOST_COLUMNS])
        ]


def _cell(value: CellValue, look: Look | None, styles: Styles) -> Cell | None:
    if value == "" and look is None:
        return None
    seen = look or Look(vertical="bottom")
    if isinstance(value, str):
        # Marked as text, so that what begins with = stays text when it is edited.
        seen = replace(seen, is_text=value != "", number_format="")
    elif not seen.number_format:
        seen = replace(seen, number_format=_FORMATS.get(type(value), ""))
    return Cell(value, styles.of(seen))


def _widths(sheet: Sheet) -> dict[int, float]:
    """As wide as the longest line of each column, within reason; a title may run over."""
    longest: dict[int, int] = {}
    for row in sheet.rows[:_MEASURED_ROWS]:
        filled = [(column, value) for column, value in enumerate(row) if value != ""]
        for column, value in filled if len(filled) > 1 else ():
            length = max(map(len, str(value).splitlines() or [""]))
            longest[column] = max(length, longest.get(column, 0))
    return {
        column: min(max(length + 2.0, NARROWEST), WIDEST)
        for column, length in longest.items()
        if column < MOST_COLUMNS
    }


def _old_looks(content: bytes) -> dict[str, _Looks]:
    """The looks of an .xls by sheet; none where they can't be read, as values matter more."""
    try:
        book = xlrd.open_workbook(
            file_contents=content, formatting_info=True, logfile=io.StringIO()
        )
        formats: dict[int, Look] = {}
        return {sheet.name: _of_sheet(book, sheet, formats) for sheet in book.sheets()}
    except Exception:
        # xlrd fails in many ways on files that it finds odd; calamine has read the values.
        return {}


def _of_sheet(book: Any, sheet: Any, formats: dict[int, Look]) -> _Looks:
    cells = {}
    for row in range(sheet.nrows):
        for column in range(sheet.row_len(row)):
            index = sheet.cell_xf_index(row, column)
            if index not in formats:
                formats[index] = _look(book, index)
            cells[row, column] = formats[index]
    widths = {
        column: about.width / 256
        for column, about in sheet.colinfo_map.items()
        if column < sheet.ncols and not about.hidden
    }
    heights = {
        row: about.height / 20
        for row, about in sheet.rowinfo_map.items()
        if row < sheet.nrows and about.height_mismatch
    }
    return _Looks(cells, widths, heights)


def _look(book: Any, index: int) -> Look:
    format_ = book.xf_list[index]
    font = book.font_list[format_.font_index]
    code = book.format_map[format_.format_key].format_str if format_.format_key else ""
    border = format_.border
    lines = (border.top_line_style, border.bottom_line_style, border.left_line_style)
    return Look(
        bold=bool(font.bold) or font.weight >= 600,
        italic=bool(font.italic),
        face=Look.face if font.name.startswith(_LEGACY) else _written(font.name) or Look.face,
        size=font.height / 20,
        horizontal=_ALIGNED.get(format_.alignment.hor_align, ""),
        vertical={0: "top", 1: "center"}.get(format_.alignment.vert_align, "bottom"),
        wrap=bool(format_.alignment.text_wrapped),
        border=any(lines),
        number_format=_written(code),
    )


def _written(name: str) -> str:
    """A name or a format as XML can hold it; else none."""
    return name if clean(name) == name else ""

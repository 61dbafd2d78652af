"""New sheets: from rows of values to parts of a package. Text is never a formula."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from lxml import etree

from services.validation.ooxml.package import MAIN, OFFICE, WORKBOOK, Element, Package, main
from services.validation.ooxml.styles import CONTENT_TYPE as STYLES
from services.validation.ooxml.styles import Styles, empty
from services.validation.ooxml.text import clean, escaped, title
from services.validation.workbook import CellValue, Workbook, address
from services.validation.workbook.sheet import Range, Sheet

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_STYLES = "xl/styles.xml"
_ROWS = 1_048_576
_COLUMNS = 16_384
_DAY = timedelta(days=1)
_FIRST = datetime(1899, 12, 30)
"""Day 0, as Excel counts from March 1900 on."""
_COUNTED = datetime(1900, 3, 1)

_EMPTY = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{WORKBOOK}" ContentType="{_BOOK}"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="/{WORKBOOK}"/>'
        "</Relationships>"
    ),
    WORKBOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets/></workbook>',
}


@dataclass(frozen=True)
class Cell:
    """A cell to write: its value, format, and where a click on it leads."""

    value: CellValue
    style: int = 0
    link: str = ""


@dataclass(frozen=True)
class Page:
    """A sheet to write. `widths` are in characters; blank cells are None."""

    rows: Iterable[Sequence[Cell | None]]
    widths: Sequence[int] = ()
    merged: Sequence[Range] = ()
    hidden: bool = field(default=False, kw_only=True)


def styles_of(package: Package) -> Styles:
    """The formats of a workbook, which get their part where there is none."""
    path = package.part_of(WORKBOOK, "styles")
    if path is None:
        path = _STYLES if _STYLES not in package else package.free("xl/styles{}.xml")
        package.add(path, empty(), STYLES)
        package.relate(WORKBOOK, "styles", path)
    return Styles(package.change(path))


def add_sheet(package: Package, wanted: str, page: Page) -> tuple[str, str]:
    """Adds a sheet behind the others; returns its name, which is `wanted` if it may be, and its path."""
    path = package.free("xl/worksheets/sheet{}.xml")
    package.add(path, _root(page), _SHEET)
    sheets = package.change(WORKBOOK).find(main("sheets"))
    name = title(wanted, {one.get("name", "").lower() for one in sheets})
    number = max((int(one.get("sheetId", "0")) for one in sheets), default=0) + 1
    new = etree.SubElement(sheets, main("sheet"), name=name, sheetId=str(number))
    if page.hidden:
        new.set("state", "hidden")
    new.set(f"{{{OFFICE}}}id", package.relate(WORKBOOK, "worksheet", path))
    return name, path


def copied(workbook: Workbook) -> tuple[Package, dict[str, tuple[str, str]]]:
    """A new package with the values of a workbook; for each of its sheets the new name and path."""
    package = Package.of(_EMPTY)
    styles = styles_of(package)
    formats = {
        str: styles.text(),
        date: styles.number(14),
        datetime: styles.number(22),
        timedelta: styles.number(46),
    }
    formats[time] = formats[timedelta]
    found = {}
    for sheet in workbook.sheets:
        rows = _rows(sheet, formats)
        page = Page(rows, merged=sheet.merged, hidden=sheet.hidden)
        found[sheet.name] = add_sheet(package, sheet.name, page)
    return package, found


def _rows(sheet: Sheet, formats: dict[type, int]) -> Iterator[list[Cell | None]]:
    for row in sheet.rows[:_ROWS]:
        yield [
            Cell(value, formats.get(type(value), 0)) if value != "" else None
            for value in row[:_COLUMNS]
        ]


def _root(page: Page) -> Element:
    root = etree.Element(main("worksheet"), nsmap={None: MAIN, "r": OFFICE})
    if page.widths:
        columns = etree.SubElement(root, main("cols"))
        for number, width in enumerate(map(str, page.widths), 1):
            column = etree.SubElement(columns, main("col"), min=str(number), max=str(number))
            column.set("width", width)
            column.set("customWidth", "1")
    data = etree.SubElement(root, main("sheetData"))
    links = []
    for number, row in enumerate(page.rows):
        into = etree.SubElement(data, main("row"), r=str(number + 1))
        for column_number, cell in enumerate(row):
            if cell is not None:
                place = address(number, column_number)
                _write(etree.SubElement(into, main("c"), r=place, s=str(cell.style)), cell.value)
                links += [(place, cell.link)] if cell.link else []
    _list(root, "mergeCells", "mergeCell", [{"ref": _range(one)} for one in page.merged])
    _list(root, "hyperlinks", "hyperlink", [{"ref": at, "location": to} for at, to in links])
    return root


def _list(root: Element, name: str, entry: str, attributes: Sequence[dict[str, str]]) -> None:
    """A list of the sheet, which may not be empty."""
    if attributes:
        parent = etree.SubElement(root, main(name))
        for one in attributes:
            etree.SubElement(parent, main(entry), **one)


def _range(merged: Range) -> str:
    first, last = merged
    return f"{address(*first)}:{address(*last)}"


def _write(cell: Element, value: CellValue) -> None:
    printed = _number(value)
    if isinstance(value, bool):
        cell.set("t", "b")
    if printed is not None:
        etree.SubElement(cell, main("v")).text = printed
        return
    cell.set("t", "inlineStr")
    text = etree.SubElement(etree.SubElement(cell, main("is")), main("t"))
    text.text = escaped(clean(str(value)))
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _number(value: CellValue) -> str | None:
    """A value as the number that stands for it; None for text, and for days before Excel counts."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    elif isinstance(value, date):
        day = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        if day < _COUNTED:
            return None
        value = day - _FIRST
    return repr(value / _DAY) if isinstance(value, timedelta) else None

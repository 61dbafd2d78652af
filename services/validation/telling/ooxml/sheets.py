"""New sheets: from rows of values to parts of a package. Text is never a formula."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from lxml import etree

from services.validation.telling.ooxml.package import MAIN, OFFICE, WORKBOOK, Element, Package, main
from services.validation.telling.ooxml.styles import CONTENT_TYPE as STYLES
from services.validation.telling.ooxml.styles import Styles, empty
from services.validation.telling.ooxml.text import clean, escaped, title
from services.validation.workbook import CellValue, address
from services.validation.workbook.sheet import Range

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_STYLES = "xl/styles.xml"
_DAY = timedelta(days=1)
_FIRST = datetime(1899, 12, 30)
"""Day 0, as Excel counts from March 1900 on."""
_COUNTED = datetime(1900, 3, 1)
_LINE = 15.0
_TALLEST = 409.0
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384

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
    """A cell to write: its value, format, and where a click on it leads; "" for none but a format."""

    value: CellValue
    style: int = 0
    link: str = ""


@dataclass(frozen=True)
class Validation:
    """What may be typed into cells: `formula` is true for it, or names the cells of a list."""

    cells: str
    formula: str
    title: str
    error: str
    is_list: bool = False


@dataclass(frozen=True)
class Page:
    """A sheet to write. Blank cells are None; widths are in characters, heights in points.

    `frozen` rows stay on the screen; `wide` prints it across, one page wide; a `protected` sheet
    takes input only in cells whose format is not locked, and has no password.
    """

    rows: Iterable[Sequence[Cell | None]]
    widths: Mapping[int, float] = field(default_factory=dict)
    merged: Sequence[Range] = ()
    heights: Mapping[int, float] = field(default_factory=dict)
    hidden: bool = field(default=False, kw_only=True)
    hidden_rows: frozenset[int] = field(default=frozenset(), kw_only=True)
    hidden_columns: frozenset[int] = field(default=frozenset(), kw_only=True)
    frozen: int = field(default=0, kw_only=True)
    wide: bool = field(default=False, kw_only=True)
    protected: bool = field(default=False, kw_only=True)
    validations: Sequence[Validation] = field(default=(), kw_only=True)


def fitted(rows: Sequence[Sequence[Cell | None]], widths: Mapping[int, float]) -> dict[int, float]:
    """Heights of the rows whose text is longer than its column is wide: programs don't do it alike."""
    heights = {}
    for number, row in enumerate(rows):
        lines = [
            sum(-(-max(len(line), 1) // int(widths[column])) for line in cell.value.split("\n"))
            for column, cell in enumerate(row)
            if cell is not None and isinstance(cell.value, str) and column in widths
        ]
        if lines and max(lines) > 1:
            heights[number] = min(max(lines) * _LINE + _LINE / 4, _TALLEST)
    return heights


def new_package() -> Package:
    """A package with a workbook that has no sheet yet."""
    return Package.of(_EMPTY)


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
    name = title(wanted, {sheet.get("name", "").lower() for sheet in sheets})
    number = max((int(sheet.get("sheetId", "0")) for sheet in sheets), default=0) + 1
    new = etree.SubElement(sheets, main("sheet"), name=name, sheetId=str(number))
    if page.hidden:
        new.set("state", "hidden")
    new.set(f"{{{OFFICE}}}id", package.relate(WORKBOOK, "worksheet", path))
    return name, path


def _root(page: Page) -> Element:
    """The sheet's part, its children in the order of the schema."""
    root = etree.Element(main("worksheet"), nsmap={None: MAIN, "r": OFFICE})
    if page.wide:
        etree.SubElement(
            etree.SubElement(root, main("sheetPr")), main("pageSetUpPr"), fitToPage="1"
        )
    if page.frozen:
        _freeze(root, page.frozen)
    _columns(root, page)
    links = _data(root, page)
    if page.protected:
        allowed = ("formatColumns", "formatRows", "insertRows", "deleteRows")
        protection = etree.SubElement(root, main("sheetProtection"), sheet="1", objects="1")
        for name in allowed:
            protection.set(name, "0")
    _list(root, "mergeCells", "mergeCell", [{"ref": _range(area)} for area in page.merged])
    _validate(root, page.validations)
    _list(root, "hyperlinks", "hyperlink", [{"ref": at, "location": to} for at, to in links])
    if page.wide:
        etree.SubElement(root, main("pageSetup"), paperSize="9", orientation="landscape").set(
            "fitToHeight", "0"
        )
    return root


def _freeze(root: Element, rows: int) -> None:
    views = etree.SubElement(root, main("sheetViews"))
    view = etree.SubElement(views, main("sheetView"), workbookViewId="0")
    pane = etree.SubElement(view, main("pane"), ySplit=str(rows), topLeftCell=address(rows, 0))
    pane.set("activePane", "bottomLeft")
    pane.set("state", "frozen")


def _columns(root: Element, page: Page) -> None:
    numbers = sorted(set(page.widths) | page.hidden_columns)
    columns = etree.SubElement(root, main("cols")) if numbers else None
    for number in numbers:
        place = str(number + 1)
        column = etree.SubElement(columns, main("col"), min=place, max=place)
        if number in page.widths:
            column.set("width", f"{page.widths[number]:g}")
            column.set("customWidth", "1")
        if number in page.hidden_columns:
            column.set("hidden", "1")


def _data(root: Element, page: Page) -> list[tuple[str, str]]:
    """Writes the rows; returns (cell, where it leads) of those with a link."""
    data = etree.SubElement(root, main("sheetData"))
    links = []
    for number, row in enumerate(page.rows):
        into = etree.SubElement(data, main("row"), r=str(number + 1))
        if number in page.heights:
            into.set("ht", f"{page.heights[number]:g}")
            into.set("customHeight", "1")
        if number in page.hidden_rows:
            into.set("hidden", "1")
        for column_number, cell in enumerate(row):
            if cell is not None:
                place = address(number, column_number)
                _write(etree.SubElement(into, main("c"), r=place, s=str(cell.style)), cell.value)
                links += [(place, cell.link)] if cell.link else []
    return links


def _validate(root: Element, validations: Sequence[Validation]) -> None:
    if not validations:
        return
    parent = etree.SubElement(root, main("dataValidations"), count=str(len(validations)))
    for validation in validations:
        kind = "list" if validation.is_list else "custom"
        new = etree.SubElement(parent, main("dataValidation"), type=kind, sqref=validation.cells)
        new.set("allowBlank", "1")
        new.set("showErrorMessage", "1")
        new.set("errorTitle", clean(validation.title, 32))
        new.set("error", clean(validation.error, 225))
        etree.SubElement(new, main("formula1")).text = validation.formula


def _list(root: Element, name: str, entry: str, attributes: Sequence[dict[str, str]]) -> None:
    """A list of the sheet, which may not be empty."""
    if attributes:
        parent = etree.SubElement(root, main(name))
        for attribute in attributes:
            etree.SubElement(parent, main(entry), **attribute)


def _range(merged: Range) -> str:
    first, last = merged
    return f"{address(*first)}:{address(*last)}"


def _write(cell: Element, value: CellValue) -> None:
    if value == "":
        return
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

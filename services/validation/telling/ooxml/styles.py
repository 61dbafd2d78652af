"""Cell formats: each new one is a copy of what the cell had, with a colour."""

from collections.abc import Hashable
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from lxml import etree

from services.model.enumerations import Severity
from services.validation.telling.ooxml.package import MAIN, Element, ensured, main

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
COLOURS: Final = {
    Severity.ERROR: "FFFFC7CE",
    Severity.WARNING: "FFFFEB9C",
    Severity.INFORMATION: "FFDDEBF7",
}
_LINK = "FF0563C1"
_LINE = "FF808080"
_TEXT = 49
_FIRST_OWN = 164
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
    "tableStyles", "colors", "extLst",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a cell looks. What `is_text` stays text when it is edited; cells not `locked` take input."""

    bold: bool = False
    italic: bool = False
    link: bool = False
    face: str = "Calibri"
    size: float = 11
    horizontal: str = ""
    vertical: str = "top"
    wrap: bool = False
    border: bool = False
    is_text: bool = False
    number_format: str = ""
    severity: Severity | None = None
    locked: bool = True


class Styles:
    """The formats of a workbook, from the root of its styles part."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._fonts = _Entries(_filled(root, "fonts", 1))
        self._fills = _Entries(_filled(root, "fills", 2))
        self._borders = _Entries(_filled(root, "borders", 1))
        self._formats = _Entries(_filled(root, "cellXfs", 1))
        self._looks: dict[Look, int] = {}
        self._marked: dict[tuple[int, Severity], int] = {}
        self._fill_of: dict[Severity, int] = {}

    def marked(self, style: int, severity: Severity) -> int:
        """The format `style` with the colour of a severity."""
        key = style, severity
        if key not in self._marked:
            new = deepcopy(self._formats[style])
            new.set("fillId", str(self._fill(severity)))
            new.set("applyFill", "1")
            self._marked[key] = self._formats.add(new)
        return self._marked[key]

    def of(self, look: Look) -> int:
        """The format that looks like that."""
        if look not in self._looks:
            self._looks[look] = self._formats.add(self._format(look))
        return self._looks[look]

    def _format(self, look: Look) -> Element:
        new = self._formats.new("xf", fontId=str(self._font(look)))
        new.set("numFmtId", str(_TEXT if look.is_text else self._number_format(look.number_format)))
        new.set("fillId", str(self._fill(look.severity) if look.severity else 0))
        new.set("borderId", str(self._border() if look.border else 0))
        for name in ("NumberFormat", "Font", "Fill", "Border", "Alignment", "Protection"):
            new.set(f"apply{name}", "1")
        if look.is_text:
            new.set("quotePrefix", "1")
        alignment = etree.SubElement(new, main("alignment"), vertical=look.vertical)
        if look.horizontal:
            alignment.set("horizontal", look.horizontal)
        if look.wrap:
            alignment.set("wrapText", "1")
        etree.SubElement(new, main("protection"), locked=str(int(look.locked)))
        return new

    def _number_format(self, code: str) -> int:
        """The number of a format such as #,##0.00; those below 164 are built in."""
        if code.lower() in ("", "general"):
            return 0
        formats = ensured(self._root, "numFmts", _ORDER)
        for style in formats:
            if style.get("formatCode") == code:
                return int(style.get("numFmtId"))
        number = max([_FIRST_OWN - 1, *(int(style.get("numFmtId", "0")) for style in formats)]) + 1
        etree.SubElement(formats, main("numFmt"), numFmtId=str(number), formatCode=code)
        formats.set("count", str(len(formats)))
        return number

    def _border(self) -> int:
        new = self._borders.new("border")
        for side in ("left", "right", "top", "bottom"):
            line = etree.SubElement(new, main(side), style="thin")
            etree.SubElement(line, main("color"), rgb=_LINE)
        etree.SubElement(new, main("diagonal"))
        return self._borders.add(new)

    def _fill(self, severity: Severity) -> int:
        if severity not in self._fill_of:
            new = self._fills.new("fill")
            pattern = etree.SubElement(new, main("patternFill"), patternType="solid")
            etree.SubElement(pattern, main("fgColor"), rgb=COLOURS[severity])
            etree.SubElement(pattern, main("bgColor"), indexed="64")
            self._fill_of[severity] = self._fills.add(new)
        return self._fill_of[severity]

    def _font(self, look: Look) -> int:
        new = self._fonts.new("font")
        for name, wanted in (("b", look.bold), ("i", look.italic), ("u", look.link)):
            if wanted:
                etree.SubElement(new, main(name))
        etree.SubElement(new, main("sz"), val=f"{look.size:g}")
        if look.link:
            etree.SubElement(new, main("color"), rgb=_LINK)
        etree.SubElement(new, main("name"), val=look.face)
        return self._fonts.add(new)


def empty() -> Element:
    """The root of a styles part with the one style that every workbook has."""
    root = etree.Element(main("styleSheet"), nsmap={None: MAIN})
    for name in ("fonts", "cellStyleXfs", "cellXfs"):
        _filled(root, name, 1)
    styles = ensured(root, "cellStyles", _ORDER)
    etree.SubElement(styles, main("cellStyle"), name="Normal", xfId="0", builtinId="0")
    return root


def _filled(root: Element, name: str, least: int) -> Element:
    """A list of the styles part with at least so many entries: the first ones have fixed meanings."""
    child = ensured(root, name, _ORDER)
    for number in range(len(child), least):
        if name == "fonts":
            entry = etree.SubElement(child, main("font"))
            etree.SubElement(entry, main("sz"), val="11")
            etree.SubElement(entry, main("name"), val="Calibri")
        elif name == "fills":
            entry = etree.SubElement(child, main("fill"))
            kind = ("none", "gray125")[number]
            etree.SubElement(entry, main("patternFill"), patternType=kind)
        elif name == "borders":
            entry = etree.SubElement(child, main("border"))
            for side in ("left", "right", "top", "bottom", "diagonal"):
                etree.SubElement(entry, main(side))
        else:
            etree.SubElement(child, main("xf"), numFmtId="0", fontId="0", fillId="0", borderId="0")
    child.set("count", str(len(child)))
    return child


class _Entries:
    """A list of the styles part, in which each entry stands once: readers rely on that."""

    def __init__(self, parent: Element) -> None:
        self._parent = parent
        self._known = {_key(entry): index for index, entry in enumerate(parent)}

    def __getitem__(self, index: int) -> Element:
        return self._parent[index if 0 <= index < len(self._parent) else 0]

    def new(self, tag: str, **attributes: str) -> Element:
        """An entry that is not in the list yet."""
        return self._parent.makeelement(main(tag), **attributes)

    def add(self, entry: Element) -> int:
        """The index of this entry, which is added if there is no such one."""
        key = _key(entry)
        if key not in self._known:
            self._known[key] = len(self._parent)
            self._parent.append(entry)
            self._parent.set("count", str(len(self._parent)))
        return self._known[key]


def _key(element: Element) -> Hashable:
    """What makes two elements the same."""
    inner = tuple(map(_key, element.iterchildren("*")))
    return element.tag, frozenset(element.attrib.items()), inner

"""Cell formats: each new one is a copy of what the cell had, with a colour."""

from collections.abc import Hashable
from copy import deepcopy
from typing import Final

from lxml import etree

from services.model.rule import Severity
from services.validation.ooxml.package import MAIN, Element, ensured, main

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
COLOURS: Final = {
    Severity.ERROR: "FFFFC7CE",
    Severity.WARNING: "FFFFEB9C",
    Severity.INFORMATION: "FFDDEBF7",
}
_LINK = "FF0563C1"
_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
    "tableStyles", "colors", "extLst",
)  # fmt: skip


class Styles:
    """The formats of a workbook, from the root of its styles part."""

    def __init__(self, root: Element) -> None:
        self._fonts = _Entries(_filled(root, "fonts", 1))
        self._fills = _Entries(_filled(root, "fills", 2))
        _filled(root, "borders", 1)
        self._formats = _Entries(_filled(root, "cellXfs", 1))
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

    def text(
        self, *, bold: bool = False, link: bool = False, severity: Severity | None = None
    ) -> int:
        """A new format for text, which stays text when it is edited."""
        new = self._formats.new("xf", numFmtId="49", fillId="0", borderId="0")
        new.set("fontId", str(self._font(bold, link)))
        for name in ("applyNumberFormat", "applyFont", "applyAlignment", "quotePrefix"):
            new.set(name, "1")
        etree.SubElement(new, main("alignment"), vertical="top", wrapText="1")
        if severity:
            new.set("fillId", str(self._fill(severity)))
            new.set("applyFill", "1")
        return self._formats.add(new)

    def number(self, built_in: int) -> int:
        """A new format with a built-in number format."""
        new = self._formats.new("xf", fontId="0", fillId="0", borderId="0")
        new.set("numFmtId", str(built_in))
        new.set("applyNumberFormat", "1")
        return self._formats.add(new)

    def _fill(self, severity: Severity) -> int:
        if severity not in self._fill_of:
            new = self._fills.new("fill")
            pattern = etree.SubElement(new, main("patternFill"), patternType="solid")
            etree.SubElement(pattern, main("fgColor"), rgb=COLOURS[severity])
            etree.SubElement(pattern, main("bgColor"), indexed="64")
            self._fill_of[severity] = self._fills.add(new)
        return self._fill_of[severity]

    def _font(self, bold: bool, link: bool) -> int:
        if not bold and not link:
            return 0
        new = self._fonts.new("font")
        if bold:
            etree.SubElement(new, main("b"))
        if link:
            etree.SubElement(new, main("u"))
        etree.SubElement(new, main("sz"), val="11")
        if link:
            etree.SubElement(new, main("color"), rgb=_LINK)
        etree.SubElement(new, main("name"), val="Calibri")
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
    found = ensured(root, name, _ORDER)
    for number in range(len(found), least):
        if name == "fonts":
            entry = etree.SubElement(found, main("font"))
            etree.SubElement(entry, main("sz"), val="11")
            etree.SubElement(entry, main("name"), val="Calibri")
        elif name == "fills":
            entry = etree.SubElement(found, main("fill"))
            kind = ("none", "gray125")[number]
            etree.SubElement(entry, main("patternFill"), patternType=kind)
        elif name == "borders":
            entry = etree.SubElement(found, main("border"))
            for side in ("left", "right", "top", "bottom", "diagonal"):
                etree.SubElement(entry, main(side))
        else:
            etree.SubElement(found, main("xf"), numFmtId="0", fontId="0", fillId="0", borderId="0")
    found.set("count", str(len(found)))
    return found


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

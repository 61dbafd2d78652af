"""The fonts of cells in Office Open XML; asked for only where text looks as if an old font drew it."""

import re

from services.validation.workbook.address import place_of
from services.validation.workbook.markup import attributes, tags
from services.validation.workbook.sheet import Place

_CELL = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"[^<>]*?\ss="(\d{1,5})"')
_FONT_OF_STYLE = re.compile(rb'<xf\s[^<>]*?\bfontId="(\d{1,5})"')


def cell_fonts(styles: bytes, sheet: bytes) -> dict[Place, str]:
    """The font's name of each cell that has a style, from the two parts."""
    names = [_name(font) for font in re.split(rb"<font[\s>/]", _between(styles, b"fonts"))[1:]]
    of_style = [int(found) for found in _FONT_OF_STYLE.findall(_between(styles, b"cellXfs"))]
    found: dict[Place, str] = {}
    for reference, style in _CELL.findall(sheet):
        place = place_of(reference.decode())
        font = of_style[int(style)] if int(style) < len(of_style) else len(names)
        if place is not None and font < len(names):
            found[place] = names[font]
    return found


def _between(content: bytes, name: bytes) -> bytes:
    return content[content.find(b"<" + name) : content.find(b"</" + name + b">")]


def _name(font: bytes) -> str:
    found = (attributes(inside) for name, inside, _ in tags(font, b"val") if name == b"name")
    return next((one.get("val", "") for one in found), "")

"""The fonts and number formats of cells in Office Open XML, from its part for styles.

Fonts are asked for only where text looks as if an old font drew it.
"""

import re
from collections.abc import Mapping

from services.validation.workbook.address import place_of
from services.validation.workbook.formats import CONDITIONAL, PERCENT, is_plain
from services.validation.workbook.markup import attributes, tags
from services.validation.workbook.sheet import Place

_CELL = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"[^<>]*?\ss="(\d{1,5})"')
# In quotes ">" may stand as it is, "<" may not.
_INSIDE = rb"""((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>"""
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\b" + _INSIDE)
_STYLE = re.compile(rb"<(?:\w+:)?xf\b" + _INSIDE)
_CONDITIONS = re.compile(
    rb"<(?:\w+:)?conditionalFormatting\b" + _INSIDE + rb"(.*?)</(?:\w+:)?conditionalFormatting>",
    re.DOTALL,
)
_RULE_STYLE = re.compile(rb"""\bdxfId=["'](\d{1,5})["']""")
_REFERENCE = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]{1,3}\d{1,7})["']""")
_FONT_OF_STYLE = re.compile(rb'<xf\s[^<>]*?\bfontId="(\d{1,5})"')


def cell_fonts(styles: bytes, sheet: bytes) -> dict[Place, str]:
    """The font's name of each cell that has a style, from the two parts."""
    names = [_name(font) for font in re.split(rb"<font[\s>/]", _between(styles, b"fonts"))[1:]]
    of_style = [int(number) for number in _FONT_OF_STYLE.findall(_between(styles, b"cellXfs"))]
    found: dict[Place, str] = {}
    for reference, style in _CELL.findall(sheet):
        place = place_of(reference.decode())
        font = of_style[int(style)] if int(style) < len(of_style) else len(names)
        if place is not None and font < len(names):
            found[place] = names[font]
    return found


def odd_styles(styles: bytes) -> dict[int, str]:
    """The styles whose number format shows another number than the stored one, and that format."""
    codes = dict(PERCENT)
    for inside in _FORMAT.findall(styles):
        about = attributes(inside)
        if (number := about.get("numFmtId", "")).isdecimal():
            codes[int(number)] = about.get("formatCode", "")
    odd = {number: code for number, code in codes.items() if not is_plain(code)}
    start = styles.find(b"cellXfs") if odd else -1
    cells = styles[start : styles.find(b"cellXfs>", start + 8)] if start >= 0 else b""
    numbers = [attributes(style).get("numFmtId", "") for style in _STYLE.findall(cells)]
    return {
        style: odd[int(number)]
        for style, number in enumerate(numbers)
        if number.isdecimal() and int(number) in odd
    }


def cell_formats(odd: Mapping[int, str], sheet: bytes) -> dict[Place, str]:
    """The number format of each filled cell that has one of these styles."""
    if not odd:
        return {}
    names = b"|".join(str(style).encode() for style in odd)
    given = rb"""[^<>]*?\ss=["'](?P<style>%b)["']""" % names
    # A cell that names no style has the first.
    lacking = rb"""|(?![^<>]*?\ss=)""" if 0 in odd else b""
    cell = rb"""<(?:\w+:)?c(?=%b%b)[^<>]*?\sr=["']([A-Z]{1,3}\d{1,7})["'][^<>/]*>""" % (
        given,
        lacking,
    )
    return {
        place: odd[int(match["style"] or 0)]
        for match in re.finditer(cell, sheet)
        if (place := place_of(match[2].decode()))
    }


def conditional_formats(styles: bytes, sheet: bytes) -> dict[Place, str]:
    """The number format that conditional formatting (18.3.1.18) may give a filled cell, if it shows another number."""
    parts = re.split(rb"<(?:\w+:)?dxf[\s>/]", _between(styles, b"dxfs"))[1:]
    codes = [
        attributes(match[1]).get("formatCode", "") if (match := _FORMAT.search(part)) else ""
        for part in parts
    ]
    odd = {str(number).encode(): code for number, code in enumerate(codes) if not is_plain(code)}
    ranges = [
        (first, last, code)
        for inside, rules in (_CONDITIONS.findall(sheet) if odd else ())
        for code in [odd[style] for style in _RULE_STYLE.findall(rules) if style in odd][:1]
        for area in attributes(inside).get("sqref", "").split()
        if (first := place_of(area.partition(":")[0]))
        and (last := place_of(area.rpartition(":")[2]))
    ]
    places = (
        (place_of(reference.decode()) for reference in _REFERENCE.findall(sheet)) if ranges else ()
    )
    return {
        place: CONDITIONAL + code
        for place in places
        if place is not None
        for first, last, code in ranges
        if first[0] <= place[0] <= last[0] and first[1] <= place[1] <= last[1]
    }


def _between(content: bytes, name: bytes) -> bytes:
    return content[content.find(b"<" + name) : content.find(b"</" + name + b">")]


def _name(font: bytes) -> str:
    found = (attributes(inside) for name, inside, _ in tags(font, b"val") if name == b"name")
    return next((element.get("val", "") for element in found), "")

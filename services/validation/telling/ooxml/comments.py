"""Comments of a sheet: the text in one part, the box that shows it in another (VML)."""

import re
from collections.abc import Mapping

from lxml import etree

from services.validation.telling.ooxml.package import MAIN, OFFICE, Element, Package, ensured, main
from services.validation.telling.ooxml.text import clean, escaped
from services.validation.workbook import address
from services.validation.workbook.sheet import Place

LONGEST = 4_000

_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_VML = "urn:schemas-microsoft-com:vml"
_OFFICE_VML = "urn:schemas-microsoft-com:office:office"
_EXCEL_VML = "urn:schemas-microsoft-com:office:excel"
_BOX = "_x0000_t202"
_NUMBERED = re.compile(r"_s(\d+)$")
_AFTER = (
    "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects",
    "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip


def add(package: Package, sheet: str, texts: Mapping[Place, str], author: str) -> None:
    """Comments on cells of the sheet at the path `sheet`; what a cell's comment said stays before."""
    drawing = _drawing(package, sheet)
    comments = _comments(package, sheet)
    who = _author(comments, author)
    listed = ensured(comments, "commentList", ("authors", "commentList", "extLst"))
    known = {comment.get("ref"): comment for comment in listed}
    number = _last_number(drawing)
    for place, text in texts.items():
        name = address(*place)
        if name in known:
            _write(ensured(known[name], "text", ("text", "commentPr")), f"\n\n{text}")
        else:
            new = etree.SubElement(listed, main("comment"), ref=name, authorId=str(who))
            _write(etree.SubElement(new, main("text")), text)
            number += 1
            _add_box(drawing, place, number)


def _comments(package: Package, sheet: str) -> Element:
    path = package.part_of(sheet, "comments")
    if path:
        return package.change(path)
    path = package.free("xl/comments{}.xml")
    root = etree.Element(main("comments"), nsmap={None: MAIN})
    package.add(path, root, _COMMENTS)
    package.relate(sheet, "comments", path)
    return root


def _author(comments: Element, author: str) -> int:
    """The author's index among those who have commented."""
    authors = ensured(comments, "authors", ("authors", "commentList", "extLst"))
    names = [author.text for author in authors]
    if author not in names:
        etree.SubElement(authors, main("author")).text = author
        names.append(author)
    return names.index(author)


def _write(text: Element, added: str) -> None:
    """Adds a run; plain text that stood there becomes one too, as the schema wants it."""
    plain = text.find(main("t"))
    if plain is not None:
        run = text.makeelement(main("r"))
        plain.addprevious(run)
        run.append(plain)
    runs = text.findall(main("r"))
    new = text.makeelement(main("r"))
    kept = etree.SubElement(new, main("t"))
    kept.text = escaped(clean(added, LONGEST))
    kept.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    if runs:
        runs[-1].addnext(new)
    else:
        text.insert(0, new)


def _drawing(package: Package, sheet: str) -> Element:
    """The part with the sheet's boxes; it may hold check boxes and the like already."""
    root = package.change(sheet)
    link = f"{{{OFFICE}}}id"
    named = root.find(main("legacyDrawing"))
    if named is not None:
        related = {key: path for key, _, path in package.related(sheet)}
        drawing = package.change(related[named.get(link)])
    else:
        path = package.free("xl/drawings/vmlDrawing{}.vml")
        names = {"v": _VML, "o": _OFFICE_VML, "x": _EXCEL_VML}
        drawing = etree.Element("xml", nsmap=names)
        package.add(path, drawing, _DRAWING)
        relation = package.relate(sheet, "vmlDrawing", path)
        ensured(root, "legacyDrawing", _AFTER).set(link, relation)
    if not any(shape.get("id") == _BOX for shape in drawing.iterchildren(f"{{{_VML}}}shapetype")):
        _add_kind(drawing)
    return drawing


def _add_kind(drawing: Element) -> None:
    """The kind of shape that a comment's box is."""
    kind = etree.SubElement(drawing, f"{{{_VML}}}shapetype", id=_BOX, coordsize="21600,21600")
    kind.set(f"{{{_OFFICE_VML}}}spt", "202")
    kind.set("path", "m,l,21600r21600,l21600,xe")
    etree.SubElement(kind, f"{{{_VML}}}stroke", joinstyle="miter")
    path = etree.SubElement(kind, f"{{{_VML}}}path", gradientshapeok="t")
    path.set(f"{{{_OFFICE_VML}}}connecttype", "rect")


def _last_number(drawing: Element) -> int:
    """The highest number of a shape in the part; Excel gives them from 1025 on."""
    matches = (_NUMBERED.search(shape.get("id", "")) for shape in drawing.iterchildren("*"))
    return max((int(match[1]) for match in matches if match), default=1024)


def _add_box(drawing: Element, place: Place, number: int) -> None:
    row, column = place
    box = etree.SubElement(drawing, f"{{{_VML}}}shape", id=f"_x0000_s{number}", type=f"#{_BOX}")
    box.set("style", "position:absolute;width:240pt;height:120pt;visibility:hidden")
    box.set("fillcolor", "#ffffe1")
    box.set(f"{{{_OFFICE_VML}}}insetmode", "auto")
    etree.SubElement(box, f"{{{_VML}}}fill", color2="#ffffe1")
    data = etree.SubElement(box, f"{{{_EXCEL_VML}}}ClientData", ObjectType="Note")
    for name, value in (
        ("MoveWithCells", None),
        ("SizeWithCells", None),
        ("Anchor", f"{column + 1}, 15, {max(row - 1, 0)}, 10, {column + 5}, 15, {row + 7}, 4"),
        ("AutoFill", "False"),
        ("Row", str(row)),
        ("Column", str(column)),
    ):
        etree.SubElement(data, f"{{{_EXCEL_VML}}}{name}").text = value

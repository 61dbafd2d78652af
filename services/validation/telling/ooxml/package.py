"""An Office Open XML package: parts are read, changed and added; all others stay byte for byte."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any, Self

from lxml import etree

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK = "xl/workbook.xml"
LARGEST_PART = 32_000_000
LARGEST_PACKAGE = 100_000_000

_CONTENT_TYPES = "[Content_Types].xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

# Else lxml makes up a prefix where a part has none, and another one where a library has named it before.
etree.register_namespace("r", OFFICE)

Element = Any
"""An element of lxml, which has no types of its own."""


class Unpatchable(ValueError):
    """The package is not one whose parts can be changed."""


def main(name: str) -> str:
    """The qualified name of an element of SpreadsheetML."""
    return f"{{{MAIN}}}{name}"


def ensured(parent: Element, name: str, order: tuple[str, ...]) -> Element:
    """The child of this name; where there is none, a new one at its place in the schema's order."""
    found = parent.find(main(name))
    if found is None:
        found = parent.makeelement(main(name))
        later = {main(part) for part in order[order.index(name) + 1 :]} | {_ALTERNATIVE}
        successor = next((child for child in parent if child.tag in later), None)
        if successor is None:
            parent.append(found)
        else:
            successor.addprevious(found)
    return found


class Package:
    """A package in memory. `read` a part to look, `change` it to have it written anew."""

    def __init__(self, content: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}
        self._trees: dict[str, Element] = {}
        self._changed: dict[str, Element] = {}

    @classmethod
    def of(cls, parts: dict[str, str]) -> Self:
        """A package with these parts."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, text in parts.items():
                archive.writestr(_entry(path), text)
        return cls(buffer.getvalue())

    @property
    def size(self) -> int:
        """Bytes of all parts, unpacked."""
        return sum(entry.file_size for entry in self._entries.values())

    def __contains__(self, path: str) -> bool:
        return path in self._entries or path in self._changed

    def is_large(self, path: str) -> bool:
        """Whether a part is too large to be changed."""
        return path in self._entries and self._entries[path].file_size > LARGEST_PART

    def read(self, path: str) -> Element:
        """The root of a part; raises KeyError, Unpatchable or XMLSyntaxError."""
        if path not in self._trees:
            if self.is_large(path):
                raise Unpatchable(f"{path} is too large")
            self._trees[path] = _parsed(self._zip.read(self._entries[path]))
        return self._trees[path]

    def change(self, path: str) -> Element:
        """The same, to be written anew."""
        self._changed[path] = self.read(path)
        return self._changed[path]

    def add(self, path: str, root: Element, content_type: str) -> None:
        """A new part."""
        self._trees[path] = self._changed[path] = root
        types = self.change(_CONTENT_TYPES)
        extension = path.rpartition(".")[2]
        if extension == "xml":
            child = etree.SubElement(types, f"{{{_TYPES}}}Override", PartName=f"/{path}")
            child.set("ContentType", content_type)
        elif not any(default.get("Extension", "").lower() == extension for default in types):
            child = types.makeelement(f"{{{_TYPES}}}Default", Extension=extension)
            child.set("ContentType", content_type)
            types.insert(0, child)

    def drop(self, folder: str) -> bool:
        """Leaves out the parts of a folder, and what names them; False where there are none."""
        gone = {path for path in self._entries if path.startswith(folder)}
        for path in gone:
            del self._entries[path]
        for path, name in ((_CONTENT_TYPES, "PartName"), ("_rels/.rels", "Target")):
            if gone and path in self:
                root = self.change(path)
                for child in [one for one in root if one.get(name, "").lstrip("/") in gone]:
                    root.remove(child)
        return bool(gone)

    def free(self, pattern: str) -> str:
        """A path that no part has yet; `pattern` says where its number goes: {}."""
        numbers = iter(range(1, len(self._entries) + len(self._changed) + 2))
        taken = {path.lower() for path in (*self._entries, *self._changed)}
        return next(path for n in numbers if (path := pattern.format(n)) not in taken)

    def related(self, path: str) -> Iterator[tuple[str, str, str]]:
        """(id, kind, path) of the parts that a part refers to; the kind is its type's last word."""
        own = _relationships(path)
        for relation in self.read(own) if own in self else ():
            if relation.get("TargetMode") != "External":
                target = posixpath.join("/", posixpath.dirname(path), relation.get("Target", ""))
                kind = relation.get("Type", "").rpartition("/")[2]
                yield relation.get("Id", ""), kind, posixpath.normpath(target)[1:]

    def part_of(self, path: str, kind: str) -> str | None:
        """The first part of a kind that a part refers to."""
        targets = (target for _, of, target in self.related(path) if of == kind)
        return next((target for target in targets if target in self), None)

    def relate(self, path: str, kind: str, target: str) -> str:
        """Makes a part refer to another; returns the new id."""
        own = _relationships(path)
        if own in self:
            root = self.change(own)
        else:
            root = etree.Element(f"{{{_RELATIONSHIPS}}}Relationships", nsmap={None: _RELATIONSHIPS})
            self._trees[own] = self._changed[own] = root
        taken = {relation.get("Id") for relation in root}
        new = next(f"rId{n}" for n in range(1, len(root) + 2) if f"rId{n}" not in taken)
        found = etree.SubElement(root, f"{{{_RELATIONSHIPS}}}Relationship", Id=new)
        found.set("Type", f"{OFFICE}/{kind}")
        found.set("Target", f"/{target}")
        return new

    def save(self) -> bytes:
        """The package: parts in their old order, new ones behind. The same every time."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, entry in self._entries.items():
                if path not in self._changed:
                    kept = _entry(path, entry.date_time, entry.compress_type)
                    archive.writestr(kept, self._zip.read(entry))
                else:
                    archive.writestr(_entry(path), _printed(self._changed[path]))
            for path, root in self._changed.items():
                if path not in self._entries:
                    archive.writestr(_entry(path), _printed(root))
        return buffer.getvalue()


def _entry(
    path: str, at: tuple[int, int, int, int, int, int] = _LONG_AGO, kind: int = zipfile.ZIP_DEFLATED
) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, at)
    entry.compress_type = kind if kind == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _parsed(content: bytes) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.doctype:
        raise Unpatchable("a part with a document type")
    return root


def _printed(root: Element) -> bytes:
    printed: bytes = etree.tostring(
        root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True
    )
    return printed


def _relationships(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.join(folder, "_rels", f"{name}.rels")

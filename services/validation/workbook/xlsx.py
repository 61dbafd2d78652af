"""What a reader of cells doesn't see in Office Open XML (.xlsx, .xlsm).

Macros are never looked into. Every text of every other part becomes a note, whether the part is
known or not, since a policy scans what a person could find in the file.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from services.validation.workbook import worksheet
from services.validation.workbook.archive import Archive, OversizedPart, UnreadPart
from services.validation.workbook.fonts import (
    cell_fonts,
    cell_formats,
    conditional_formats,
    odd_styles,
)
from services.validation.workbook.markup import Element, elements, loose_text
from services.validation.workbook.mending import mended
from services.validation.workbook.sheet import (
    Format,
    Note,
    OversizedWorkbook,
    Place,
    Scan,
    UnreadableWorkbook,
    Where,
)

T = TypeVar("T")
_WORKBOOK = "xl/workbook.xml"
_BINARY = "xl/workbook.bin"
_STYLES = "xl/styles.xml"
_KINDS: tuple[tuple[str, Where], ...] = (
    ("docprops/", "property"),
    ("xl/persons/", "property"),
    ("xl/drawings/", "drawing"),
    ("xl/charts/", "drawing"),
    ("xl/diagrams/", "drawing"),
)
# Parts that hold no text of their own, or whose text is read as cells.
_SILENT = re.compile(
    r"\[content_types\]\.xml|.*\.rels|xl/(workbook|styles|sharedstrings|calcchain|metadata)\.xml"
    r"|xl/theme/.*|xl/(worksheets|chartsheets|dialogsheets|macrosheets)/[^/]*\.xml"
)
_ATTRIBUTES = ("v", "name", "caption", "displayName", "sourceName", "command", "connection")
_LONGEST_TEXT = 32_767


class Package:
    """An .xlsx as far as it isn't cells. Raises UnreadableWorkbook for other zips.

    It and its methods raise OversizedWorkbook where parts inflate to too much; `unread` fills with
    the parts that can't be read.
    """

    format: Format = "xlsx"

    def __init__(self, content: bytes) -> None:
        self._archive = Archive(content)
        self.unread: list[str] = []
        if _BINARY in self._archive or _WORKBOOK not in self._archive:
            raise UnreadableWorkbook("no workbook of Office Open XML")
        self._book = self._elements(_WORKBOOK, "sheet", "definedName")
        self._paths = self._sheet_paths()
        if len(self._paths) < sum(element.name == "sheet" for element in self._book):
            raise UnreadableWorkbook("two sheets have one name")
        # The reader of cells inflates parts without a limit; the sheets are inflated for `scans` first.
        sheets = {path.lower() for path in self._paths.values()}
        others = (path for path in self._archive.paths if path not in sheets)
        self._archive.bound(path for path in others if path.endswith((".xml", ".rels")))

    def scans(self, names: list[str]) -> list[Scan]:
        """What each sheet has besides its cells."""
        return [self._scan(self._paths.get(name, "")) for name in names]

    def notes(self, names: list[str], scans: list[Scan]) -> list[Note]:
        """All texts outside the cells, for the sheets that are read."""
        owners = self._owners(names)
        notes = [
            Note(0, "", text, "name")
            for element in self._book
            if element.name == "definedName"
            for text in (
                element.attributes.get("name", ""),
                element.attributes.get("comment", ""),
                element.text,
            )
        ]
        for index, scan in enumerate(scans):
            notes += [Note(index, *note) for note in scan.notes]
        for path in self._archive.paths:
            if path.endswith((".xml", ".vml")) and not _SILENT.fullmatch(path):
                notes += self._part(path, owners.get(path, 0))
        return [note for note in notes if note.text.strip()]

    def mended(self, names: Iterable[str]) -> bytes:
        """The workbook with these sheets as the reader of cells takes them."""
        paths = {self._paths.get(name, "").lower() for name in names} - {""}
        return self._archive.with_parts({path: mended(self._read(path)) for path in paths})

    def fonts(self, name: str) -> dict[Place, str]:
        """The font of each formatted cell of a sheet."""
        return cell_fonts(self._read(_STYLES), self._read(self._paths.get(name, "")))

    def _scan(self, path: str) -> Scan:
        content = self._read(path)
        scan = worksheet.scan(content)
        formats = cell_formats(self._odd_styles, content)
        if b"conditionalFormatting" in content and _STYLES in self._archive:
            formats |= conditional_formats(self._read(_STYLES), content)
        return replace(scan, formats=formats) if formats and not scan.oversized else scan

    @cached_property
    def _odd_styles(self) -> dict[int, str]:
        return odd_styles(self._read(_STYLES) if _STYLES in self._archive else b"")

    def _read(self, path: str) -> bytes:
        return self._or(b"", path, lambda: self._archive.read(path))

    def _elements(self, path: str, *wanted: str) -> list[Element]:
        return self._or([], path, lambda: elements(self._archive.read(path), *wanted))

    def _or(self, otherwise: T, path: str, read: Callable[[], T]) -> T:
        """What `read` gives; `otherwise` where the part can't be read, which is noted."""
        if not path:
            return otherwise
        try:
            return read()
        except OversizedPart as error:
            raise OversizedWorkbook(str(error)) from None
        except UnreadPart:
            if path not in self.unread:
                self.unread.append(path)
            return otherwise

    def _related(self, path: str) -> dict[str, str]:
        """The parts that a part refers to, by id."""
        folder, name = posixpath.split(path)
        own = f"{folder}/_rels/{name}.rels"
        if own not in self._archive:
            return {}
        return {
            element.attributes.get("Id", ""): _resolved(
                folder, element.attributes.get("Target", "")
            )
            for element in self._elements(own, "Relationship")
            if element.attributes.get("TargetMode") != "External"
        }

    def _sheet_paths(self) -> dict[str, str]:
        """Sheet name → path of its part."""
        related = self._related(_WORKBOOK)
        return {
            element.attributes.get("name", ""): related.get(element.attributes.get("id", ""), "")
            for element in self._book
            if element.name == "sheet"
        }

    def _owners(self, names: list[str]) -> dict[str, int]:
        """The sheet to which each part belongs that a sheet refers to, over other parts too."""
        owners: dict[str, int] = {}
        for index, name in enumerate(names):
            waiting = list(self._related(self._paths.get(name, "")).values())
            while waiting:
                path = waiting.pop().lower()
                if path not in owners and path not in self._paths.values():
                    owners[path] = index
                    waiting += self._related(path).values()
        return owners

    def _part(self, path: str, sheet: int) -> Iterator[Note]:
        """The texts of one part."""
        if path.endswith(".vml"):
            text = " ".join(loose_text(self._read(path)).split())
            yield Note(sheet, "", text[:_LONGEST_TEXT], "drawing")
        elif path.startswith(("xl/comments", "xl/threadedcomments/")):
            for element in self._elements(path, "comment", "threadedComment", "author"):
                where: Where = "property" if element.name == "author" else "comment"
                yield Note(sheet, element.attributes.get("ref", ""), element.text.strip(), where)
        else:
            kind: Where = next((kind for start, kind in _KINDS if path.startswith(start)), "other")
            wanted = ("p", "v") if kind == "drawing" else ()
            for element in self._elements(path, *wanted):
                for text in (
                    element.text,
                    *(element.attributes.get(key, "") for key in _ATTRIBUTES),
                ):
                    if text.strip():
                        yield Note(sheet, "", text.strip(), kind)


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target))[1:]

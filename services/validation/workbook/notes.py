"""What a reader of cells doesn't see: comments, properties, what is hidden, and error values.

A policy scans all text of a workbook, so these are read too; and a cell with #REF! is not a blank
one. A part that can't be read is left out rather than refusing the workbook.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from xml.etree import ElementTree

import xlrd

from services.validation.workbook.address import address, column_number
from services.validation.workbook.sheet import Note, Place, Sheet

Read = tuple[tuple[Sheet, ...], tuple[Note, ...]]
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_HIDDEN_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"[^>]*?\bhidden="(?:1|true)"')
_ERROR_CELL = re.compile(rb'<c\b([^>]*\bt="e"[^>]*)>.*?<v>([^<]*)</v>', re.DOTALL)
_ERROR_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d+)"')
_HIDDEN_COLUMN = re.compile(rb"<col\b[^>]*>")
_LARGEST_PART = 32_000_000


def xlsx_notes(content: bytes, sheets: tuple[Sheet, ...]) -> Read:
    """The sheets with what is hidden in them, and the notes of an .xlsx."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            names = {info.filename: info.file_size for info in parts.infolist()}
            package = _Package(parts, names)
            paths = package.sheet_paths()
            notes = [Note(0, "", text, "property") for text in package.properties()]
            seen = []
            for index, sheet in enumerate(sheets):
                path = paths.get(sheet.name, "")
                rows, columns = package.hidden(path)
                for place, text in package.errors(path):
                    put(sheet, place, text)
                seen.append(replace(sheet, hidden_rows=rows, hidden_columns=columns))
                notes += [
                    Note(index, cell, text, "comment") for cell, text in package.comments(path)
                ]
            return tuple(seen), tuple(notes)
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError):
        return sheets, ()


class _Package:
    """The parts of an .xlsx by their paths; parts that are too large count as absent."""

    def __init__(self, parts: zipfile.ZipFile, sizes: dict[str, int]) -> None:
        self._parts = parts
        self._sizes = sizes

    def _bytes(self, path: str) -> bytes:
        if not 0 < self._sizes.get(path, 0) <= _LARGEST_PART:
            return b""
        return self._parts.read(path)

    def _xml(self, path: str) -> ElementTree.Element:
        return ElementTree.fromstring(self._bytes(path) or b"<none/>")

    def _related(self, path: str) -> Iterator[tuple[str, str, str]]:
        """(id, type, path) of the parts that a part refers to."""
        folder, _, name = path.rpartition("/")
        for one in self._xml(f"{folder}/_rels/{name}.rels"):
            target = one.get("Target", "")
            yield one.get("Id", ""), one.get("Type", ""), _resolve(folder, target)

    def sheet_paths(self) -> dict[str, str]:
        """Sheet name → path of its part."""
        related = {key: path for key, _, path in self._related("xl/workbook.xml")}
        return {
            one.get("name", ""): related.get(one.get(f"{_OFFICE}id", ""), "")
            for one in self._xml("xl/workbook.xml").iter(f"{_MAIN}sheet")
        }

    def properties(self) -> Iterator[str]:
        """Texts of the document's properties: author, title, company, …"""
        for path in ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml"):
            for one in self._xml(path).iter():
                if one.text and one.text.strip() and not len(one):
                    yield one.text.strip()

    def comments(self, sheet_path: str) -> Iterator[tuple[str, str]]:
        """(cell, text) of a sheet's comments."""
        for _, kind, path in self._related(sheet_path) if sheet_path else ():
            if kind.endswith("/comments"):
                for one in self._xml(path).iter(f"{_MAIN}comment"):
                    yield one.get("ref", ""), "".join(one.itertext()).strip()

    def errors(self, sheet_path: str) -> Iterator[tuple[Place, str]]:
        """Cells of a sheet that hold an error, and which one."""
        content = self._bytes(sheet_path)
        for attributes, value in _ERROR_CELL.findall(content) if b't="e"' in content else ():
            if found := _ERROR_PLACE.search(attributes):
                place = (int(found[2]) - 1, column_number(found[1].decode()))
                yield place, value.decode()

    def hidden(self, sheet_path: str) -> tuple[frozenset[int], frozenset[int]]:
        """Hidden rows and columns of a sheet."""
        content = self._bytes(sheet_path)
        if b"hidden=" not in content:
            return frozenset(), frozenset()
        rows = frozenset(int(found) - 1 for found in _HIDDEN_ROW.findall(content))
        return rows, frozenset(chain.from_iterable(_hidden_columns(content)))


def put(sheet: Sheet, place: Place, text: str) -> None:
    """Write an error value where the reader of cells left a blank."""
    row, column = place
    if row < len(sheet.rows) and column < len(sheet.rows[row]) and sheet.rows[row][column] == "":
        sheet.rows[row][column] = text


def _hidden_columns(content: bytes) -> Iterator[range]:
    for found in _HIDDEN_COLUMN.findall(content):
        column = ElementTree.fromstring(found if found.endswith(b"/>") else found + b"</col>")
        if column.get("hidden") in ("1", "true"):
            first, last = int(column.get("min", "1")), int(column.get("max", "1"))
            yield range(first - 1, min(last, 16_384))


def _resolve(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    parts = folder.split("/") if folder else []
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def xls_notes(content: bytes, sheets: tuple[Sheet, ...]) -> Read:
    """The sheets with what is hidden in them, and the notes of an .xls."""
    try:
        book = xlrd.open_workbook(
            file_contents=content, formatting_info=True, logfile=io.StringIO()
        )
    except Exception:
        # calamine has read it; xlrd fails in many ways on files that it finds odd.
        return sheets, ()
    notes = [Note(0, "", book.user_name.strip(), "property")] if book.user_name.strip() else []
    seen = []
    for index, sheet in enumerate(sheets):
        other = book.sheet_by_name(sheet.name) if sheet.name in book.sheet_names() else None
        if other is None:
            seen.append(sheet)
            continue
        rows = frozenset(row for row, about in other.rowinfo_map.items() if about.hidden)
        columns = frozenset(column for column, about in other.colinfo_map.items() if about.hidden)
        seen.append(replace(sheet, hidden_rows=rows, hidden_columns=columns))
        for row in range(other.nrows):
            for column, kind in enumerate(other.row_types(row)):
                if kind == xlrd.XL_CELL_ERROR:
                    code = other.cell_value(row, column)
                    put(sheet, (row, column), xlrd.error_text_from_code.get(code, "#ERROR"))
        notes += [
            Note(index, address(*place), note.text.strip(), "comment")
            for place, note in other.cell_note_map.items()
        ]
    return tuple(seen), tuple(notes)

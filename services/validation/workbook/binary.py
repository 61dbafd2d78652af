"""What a reader of cells doesn't see in an .xls: a compound document with a stream of records."""

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from xlrd.compdoc import CompDoc

from services.validation.workbook import records
from services.validation.workbook.formats import PERCENT, is_plain
from services.validation.workbook.properties import texts_of
from services.validation.workbook.records import text_at
from services.validation.workbook.sheet import (
    Format,
    Note,
    Place,
    ProtectedWorkbook,
    Scan,
    UnreadableWorkbook,
    Where,
)
from services.validation.workbook.substream import Substream

_BIFF8 = 0x600
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PROPERTIES = ("\x05SummaryInformation", "\x05DocumentSummaryInformation")


class Book:
    """An .xls as far as it isn't cells.

    Raises ProtectedWorkbook where it is encrypted, UnreadableWorkbook for other compound documents.
    """

    format: Format = "xls"

    def __init__(self, content: bytes) -> None:
        self.unread: list[str] = []
        if _ENCRYPTED in content:
            raise ProtectedWorkbook("the workbook is encrypted")
        try:
            self._document = CompDoc(content, logfile=io.StringIO())
            self._records = self._stream("Workbook") or self._stream("Book")
        except Exception as error:
            # It fails in many ways on bytes that it finds odd.
            raise UnreadableWorkbook(f"no compound document: {type(error).__name__}") from None
        if not self._records:
            raise UnreadableWorkbook("a compound document without a workbook")
        self._wide = self._records[4:6] == struct.pack("<H", _BIFF8)
        self._starts: dict[str, int] = {}
        self._texts: list[tuple[str, Where]] = []
        self._styles: list[int] = []
        self._fonts: list[str] = []
        self._numbers: dict[int, int] = {}
        self._codes: dict[int, str] = {}
        self._read_globals()

    def scans(self, names: list[str]) -> list[Scan]:
        """What each sheet has besides its cells."""
        return [self._scan(name) for name in names]

    def notes(self, names: list[str], scans: list[Scan]) -> list[Note]:
        """All texts outside the cells, for the sheets that are read."""
        notes = [Note(0, "", text, where) for text, where in self._texts]
        for index, scan in enumerate(scans):
            notes += [Note(index, *note) for note in scan.notes]
        for name in _PROPERTIES:
            notes += [Note(0, "", text, "property") for text in self._properties(name)]
        return [note for note in notes if note.text.strip()]

    def fonts(self, name: str) -> dict[Place, str]:
        """The font of each cell of a sheet that holds text."""
        sheet = Substream(self._records, self._wide)
        if name in self._starts:
            sheet.walk(self._starts[name], records.TEXTS)
        return {
            place: font
            for place, style in sheet.styles.items()
            if (font := self._font(style)) is not None
        }

    def _font(self, style: int) -> str | None:
        number = self._styles[style] if style < len(self._styles) else len(self._fonts)
        # Number 4 is left out, by tradition.
        number -= number > 4
        return self._fonts[number] if number < len(self._fonts) else None

    def _scan(self, name: str) -> Scan:
        try:
            if name in self._starts:
                scan = Substream(self._records, self._wide).walk(self._starts[name])
                formats = {} if scan.oversized else self._formats(self._starts[name])
                return replace(scan, formats=formats)
        except (struct.error, IndexError, ValueError):
            pass
        self.unread.append(name)
        return Scan()

    @cached_property
    def _odd(self) -> dict[int, str]:
        """The styles whose number format shows another number than the stored one, and that format."""
        codes = PERCENT | self._codes
        return {
            style: codes[number]
            for style, number in self._numbers.items()
            if number in codes and not is_plain(codes[number])
        }

    def _formats(self, start: int) -> dict[Place, str]:
        if not self._odd:
            return {}
        sheet = Substream(self._records, self._wide)
        sheet.walk(start, records.NUMBERS)
        return {
            place: self._odd[style] for place, style in sheet.styles.items() if style in self._odd
        }

    def _stream(self, name: str) -> bytes:
        memory, base, length = self._document.locate_named_stream(name)
        return b"" if memory is None else bytes(memory[base : base + length])

    def _properties(self, name: str) -> Iterator[str]:
        try:
            yield from texts_of(self._stream(name))
        except Exception:
            self.unread.append(name.strip("\x05"))

    def _read_globals(self) -> None:
        """Sheets, names, fonts and styles: the records before the first sheet."""
        try:
            for kind, start, length in records.records(self._records):
                data = self._records[start : start + length]
                if kind == records.FILEPASS:
                    raise ProtectedWorkbook("the workbook is encrypted")
                if kind == records.EOF:
                    break
                self._read_global(kind, data)
        except (struct.error, IndexError):
            raise UnreadableWorkbook("a workbook whose records are broken") from None

    def _read_global(self, kind: int, data: bytes) -> None:
        if kind == records.BOUNDSHEET:
            start = struct.unpack_from("<I", data)[0]
            self._starts[self._name(data, 7, data[6])] = start
        elif kind == records.FONT:
            self._fonts.append(self._name(data, 15, data[14]))
        elif kind == records.XF:
            font, number, about = struct.unpack_from("<HHH", data)
            if not about & records.STYLE:
                self._numbers[len(self._styles)] = number
            self._styles.append(font)
        elif kind == records.FORMAT:
            self._codes[struct.unpack_from("<H", data)[0]] = (
                text_at(data, 4, struct.unpack_from("<H", data, 2)[0])[0]
                if self._wide
                else self._name(data, 3, data[2])
            )
        elif kind == records.NAME and self._wide:
            self._texts.append((text_at(data, 14, data[3])[0], "name"))
        elif kind == records.WRITEACCESS and self._wide:
            count = struct.unpack_from("<H", data)[0]
            self._texts.append((text_at(data, 2, count)[0].strip(), "property"))

    def _name(self, data: bytes, place: int, count: int) -> str:
        if self._wide:
            return text_at(data, place, count)[0]
        return data[place : place + count].decode("cp1252", "replace")

"""What kind of file was sent, by its content and never by its name. Nothing is read beyond what that takes."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from xlrd.compdoc import CompDoc

from services.intake.refusal import Code, Refusal
from services.model.default_password import opened
from services.model.statement import MAX_BYTES, MEGABYTE

MAX_UNPACKED: Final = 500 * MEGABYTE
MAX_ENTRIES: Final = 1000

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSM: Final = "application/vnd.ms-excel.sheet.macroEnabled.12"
ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
XLS: Final = "application/vnd.ms-excel"
CSV: Final = "text/csv"
ENDINGS: Final = {XLSX: "xlsx", XLSM: "xlsm", XLS: "xls", ODS: "ods", CSV: "csv"}
"""How the name of a file ends, by its media type."""

_ZIP = b"PK\x03\x04"
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FILEPASS = 0x002F
_FIRST_RECORDS = 4
"""[MS-XLS] 2.1.7.20.3: FilePass comes right after BOF, or after WriteProtect."""
_SAMPLE = 65_536


@dataclass(frozen=True)
class Workbook:
    """A file that may go on to validation."""

    media_type: str


def inspect(content: bytes) -> Workbook | Refusal:
    """The kind of workbook that `content` is, or why it is not taken in."""
    if not content:
        return Refusal(Code.EMPTY)
    if len(content) > MAX_BYTES:
        return too_large()
    if content.startswith(_ZIP):
        return _zip(content)
    if content.startswith(_OLE2):
        return _ole2(content)
    return _text(content)


def too_large() -> Refusal:
    """The refusal of what is over the limit."""
    return Refusal(Code.TOO_LARGE, {"limit": MAX_BYTES // MEGABYTE})


def _zip(content: bytes) -> Workbook | Refusal:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            return _limits(archive.infolist()) or _packed(archive)
    except (BadZipFile, NotImplementedError, ValueError, EOFError, OSError):
        return Refusal(Code.NOT_A_WORKBOOK)


def _limits(entries: list[ZipInfo]) -> Refusal | None:
    if len(entries) > MAX_ENTRIES:
        return Refusal(Code.TOO_MANY_ENTRIES, {"limit": MAX_ENTRIES, "found": len(entries)})
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return Refusal(Code.UNPACKS_TOO_LARGE, {"limit": MAX_UNPACKED // MEGABYTE})
    if any(entry.flag_bits & 1 for entry in entries):
        return Refusal(Code.PASSWORD)
    return None


def _packed(archive: ZipFile) -> Workbook | Refusal:
    names = {name.replace("\\", "/") for name in archive.namelist()}  # as some programs write them
    if {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        return Workbook(XLSM if "xl/vbaProject.bin" in names else XLSX)
    if {"mimetype", "META-INF/manifest.xml"} <= names:
        with archive.open("mimetype") as file:
            declared = file.read(len(ODS) + 1)
        if declared.strip() == ODS.encode():
            with archive.open("META-INF/manifest.xml") as file:
                encrypted = b"encryption-data" in file.read(MEGABYTE)
            return Refusal(Code.PASSWORD) if encrypted else Workbook(ODS)
    return Refusal(Code.NOT_A_WORKBOOK)


def _ole2(content: bytes) -> Workbook | Refusal:
    try:
        document = CompDoc(content, logfile=io.StringIO())
        if _stream(document, "EncryptedPackage") is not None:
            return _decrypted(content)
        book = _stream(document, "Workbook") or _stream(document, "Book")
    except Exception:
        # Whatever a parser of foreign bytes stumbles over, they are no workbook.
        return Refusal(Code.NOT_A_WORKBOOK)
    if not book:
        return Refusal(Code.NOT_A_WORKBOOK)
    return _decrypted(content) if _has_password(book) else Workbook(XLS)


def _decrypted(content: bytes) -> Workbook | Refusal:
    """The kind of workbook behind a password, where that is Excel's own."""
    plain = opened(content) or b""
    if plain.startswith(_ZIP):
        return _zip(plain)
    return Workbook(XLS) if plain else Refusal(Code.PASSWORD)


def _stream(document: CompDoc, name: str) -> bytes | None:
    """The beginning of a stream of the compound document, None where there is no such stream."""
    memory, base, length = document.locate_named_stream(name)
    return None if memory is None else bytes(memory[base : base + min(length, _SAMPLE)])


def _has_password(book: bytes) -> bool:
    position = 0
    for _ in range(_FIRST_RECORDS):
        if position + 4 > len(book):
            return False
        kind, length = struct.unpack_from("<HH", book, position)
        if kind == _FILEPASS:
            return True
        position += 4 + length
    return False


def _text(content: bytes) -> Workbook | Refusal:
    """Separated text: no control characters, no markup, a separator somewhere.

    UTF-8, UTF-16 with its mark, or one byte a character: which of the old encodings, validation finds out.
    """
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        if utf16:
            return Refusal(Code.NOT_A_WORKBOOK)
        text = content.decode("latin-1")
    sample = text[:_SAMPLE]
    strange = any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in sample)
    markup = sample.lstrip()[:1] in ("<", "{", "[", "%")
    separated = any(separator in sample for separator in ";,\t|")
    if strange or markup or not separated:
        return Refusal(Code.NOT_A_WORKBOOK)
    return Workbook(CSV)

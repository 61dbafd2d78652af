"""What a file is that is no workbook, so that its sender is told what was sent by mistake."""

import re
from enum import StrEnum
from typing import Final

_SAMPLE: Final = 1024
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|table|meta|head|body)\b", re.IGNORECASE
)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\b")
_MIME = re.compile(
    rb"(?:[\w-]+: [^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?MIME-Version:", re.IGNORECASE
)
_BINARY = b"xl/workbook.bin"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
_WORD = (b"word/document.xml", "WordDocument".encode("utf-16-le"))


class Kind(StrEnum):
    """What was sent instead of a workbook; the words are the messages `validation.kind.…`."""

    EMPTY = "empty"
    PDF = "pdf"
    PICTURE = "picture"
    WORD = "word"
    ARCHIVE = "archive"
    WEB_PAGE = "web_page"
    WEB_ARCHIVE = "web_archive"
    XML = "xml"
    XLSB = "xlsb"
    OTHER = "other"


TEXTS: Final = frozenset({Kind.EMPTY, Kind.PDF, Kind.WEB_PAGE, Kind.WEB_ARCHIVE, Kind.XML})
"""What could be taken for text with separators, and is none."""


def kind_of(content: bytes) -> Kind:
    """What a file that can't be read is, by how it begins and never by its name."""
    head = content[:_SAMPLE]
    if not content.strip():
        return Kind.EMPTY
    if head.startswith(b"%PDF-"):
        return Kind.PDF
    if _MARKUP.match(head):
        return Kind.WEB_PAGE
    if _MIME.match(head):
        return Kind.WEB_ARCHIVE
    if _XML.match(head):
        return Kind.XML
    if head.startswith(_ARCHIVES[0]) and _BINARY in content:
        return Kind.XLSB
    if any(sign in content for sign in _WORD):
        return Kind.WORD
    if head.startswith(_PICTURES):
        return Kind.PICTURE
    return Kind.ARCHIVE if head.startswith(_ARCHIVES) else Kind.OTHER

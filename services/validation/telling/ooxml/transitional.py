"""Packages of the strict standard (ISO/IEC 29500-1) as the transitional ones (29500-4) that all programs write.

Both say the same in other namespaces; so a marked workbook keeps its looks. Percentages of drawings are thousandths
there. Parts whose names have backslashes, as some programs write them, get the names that the standard asks for.
"""

import io
import re
import zipfile

WORKBOOK = "xl/workbook.xml"
LARGEST = 100_000_000
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_NAMESPACE = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_OTHER_WORDS = re.compile(rb"(/2006/(?:relationships/)?)(extended|custom)Properties\b")
_CONFORMANCE = re.compile(rb"""\sconformance=["']strict["']""")
_PERCENT = re.compile(rb"""="(-?\d+)(?:\.(\d{1,3})\d*)?%\"""")
_DRAWN = ("xl/theme/", "xl/drawings/", "xl/charts/", "xl/diagrams/")


def transitional(content: bytes) -> bytes:
    """The package in transitional form, or as it is; raises KeyError or BadZipFile for what is none."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        paths = {entry: entry.filename.replace("\\", "/") for entry in old.infolist()}
        if sum(entry.file_size for entry in paths) > LARGEST:
            return content
        book = next((entry for entry, path in paths.items() if path == WORKBOOK), None)
        is_strict = book is not None and _STRICT in old.read(book)
        if not is_strict and all(entry.filename == path for entry, path in paths.items()):
            return content
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
            for entry, path in paths.items():
                part = old.read(entry)
                is_text = is_strict and path.endswith((".xml", ".rels", ".vml"))
                new.writestr(
                    zipfile.ZipInfo(path, entry.date_time),
                    _rewritten(path, part) if is_text else part,
                    zipfile.ZIP_DEFLATED,
                )
    return buffer.getvalue()


def _rewritten(path: str, part: bytes) -> bytes:
    part = _NAMESPACE.sub(rb"http://schemas.openxmlformats.org/\1/2006/", part)
    part = _OTHER_WORDS.sub(rb"\1\2-properties", part)
    if path == WORKBOOK:
        part = _CONFORMANCE.sub(b"", part)
    return _PERCENT.sub(_thousandths, part) if path.startswith(_DRAWN) else part


def _thousandths(match: re.Match[bytes]) -> bytes:
    whole, fraction = match[1], (match[2] or b"").ljust(3, b"0")
    return b'="%s%s"' % (whole, fraction)

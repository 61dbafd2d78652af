"""Small workbooks for the tests of validation."""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from openpyxl import Workbook

Rows = Iterable[Sequence[object]]

LABELS = ("Chỉ tiêu", "Mã số", "Quý III năm 2026", "9 tháng năm 2026")
UNIT = (None, None, None, "Đơn vị tính: Triệu đồng")


def xlsx(rows: Rows, sheet: str = "Sheet1", others: Mapping[str, Rows] | None = None) -> bytes:
    """An .xlsx with these rows from A1 on, and other sheets behind."""
    workbook = Workbook()
    first = workbook.active
    assert first is not None
    first.title = sheet
    for row in rows:
        first.append(list(row))
    for name, more in (others or {}).items():
        other = workbook.create_sheet(name)
        for row in more:
            other.append(list(row))
    return saved(workbook)


def saved(workbook: Workbook) -> bytes:
    """The bytes of an openpyxl workbook."""
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """A zip with these parts put in or replaced; None takes one out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            if part is not None:
                new.writestr(name, part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def part(content: bytes, path: str) -> bytes:
    """A part of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(path)


def edited(content: bytes, path: str, old: bytes, new: bytes) -> bytes:
    """A zip in one part of which something is replaced, which must be there."""
    before = part(content, path)
    assert old in before, before
    return with_parts(content, {path: before.replace(old, new)})


SHEET = "xl/worksheets/sheet1.xml"

_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "meta", "manifest", "style")
)
_ODS_SPACES += ' xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
_ODS_SPACES += (
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def ods(tables: str, meta: str = "", styles: str = "") -> bytes:
    """An .ods whose content has these tables and automatic styles, written as its XML."""
    buffer = io.BytesIO()
    tables = re.sub(r"\s*\n\s*(<?)", lambda found: found[1] or " ", tables)
    head = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    body = f"{head}<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", _ODS_TYPE)
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {_ODS_SPACES}/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {_ODS_SPACES}>{body}</office:document-content>",
        )
        archive.writestr(
            "meta.xml", f"<office:document-meta {_ODS_SPACES}>{meta}</office:document-meta>"
        )
    return buffer.getvalue()


def ods_table(rows: Rows, name: str = "Biểu") -> str:
    """A table of an .ods with these rows from A1 on."""
    lines = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    return f'<table:table table:name="{name}">{lines}</table:table>'


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}">'
            f"<text:p>{value}</text:p></table:table-cell>"
        )
    return (
        f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    )

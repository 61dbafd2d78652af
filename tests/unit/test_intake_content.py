from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt

from services.intake import content
from services.intake.content import CSV, ODS, XLS, XLSM, XLSX, Workbook, inspect
from services.intake.refusal import Code, Refusal
from services.model.statement import MAX_BYTES

EXAMPLES = Path(__file__).parents[2] / "examples"


def packed(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def xlsx() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()


def xls() -> bytes:
    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, 1)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def ods(manifest: bytes = b"<manifest/>") -> bytes:
    return packed({"mimetype": ODS.encode(), "META-INF/manifest.xml": manifest, "content.xml": b""})


def with_stream_named(name: str) -> bytes:
    """An OLE2 file whose one stream has another name."""
    old, new = "Workbook".encode("utf-16-le"), name.encode("utf-16-le")
    data = bytearray(xls())
    at = data.rindex(old)
    data[at : at + 64] = new + bytes(64 - len(new))
    data[at + 64 : at + 66] = (len(new) + 2).to_bytes(2, "little")
    return bytes(data)


def with_file_pass() -> bytes:
    """A .xls whose second record is FILEPASS."""
    data = bytearray(xls())
    at = data.index(b"\x09\x08\x10\x00")
    data[at + 20 : at + 22] = b"\x2f\x00"
    return bytes(data)


def code(data: bytes) -> Code:
    found = inspect(data)
    assert isinstance(found, Refusal)
    return found.code


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (xlsx(), XLSX),
        (
            packed({"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/vbaProject.bin": b""}),
            XLSM,
        ),
        (ods(), ODS),
        (xls(), XLS),
        ("Chỉ tiêu;Mã số\nTổng;1\n".encode(), CSV),
        ("a,b\n1,2\n".encode("utf-8-sig"), CSV),
        ("a\tb\n1\t2\n".encode("utf-16"), CSV),
    ],
)
def test_workbooks_by_their_content(data: bytes, media_type: str) -> None:
    assert inspect(data) == Workbook(media_type)


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.xls*")), ids=lambda path: path.name)
def test_real_workbooks(path: Path) -> None:
    assert inspect(path.read_bytes()) == Workbook(XLS if path.suffix == ".xls" else XLSX)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7, a", b"<html>,</html>", b'{"a": 1, "b": 2}', b"no separator", b"a,\x00b", b"a,\x1bb", b"\xff\xfea",
        b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x89PNG\r\n\x1a\n,",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        packed({"word/document.xml": b"", "[Content_Types].xml": b""}),
        packed({"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": b""}),
        with_stream_named("WordDocument"), xls()[:600], xlsx()[:-30],
    ],
)  # fmt: skip
def test_what_is_no_workbook(data: bytes) -> None:
    assert code(data) is Code.NOT_A_WORKBOOK


@pytest.mark.parametrize(
    "data",
    [with_stream_named("EncryptedPackage"), with_file_pass(), ods(b"<manifest:encryption-data>")],
)
def test_passwords(data: bytes) -> None:
    assert code(data) is Code.PASSWORD


def test_password_of_the_archive() -> None:
    data = bytearray(xlsx())
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    assert code(bytes(data)) is Code.PASSWORD


def test_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert code(b"") is Code.EMPTY
    monkeypatch.setattr(content, "MAX_BYTES", 20)
    assert isinstance(inspect(b"a,b," * 5), Workbook)
    assert code(b"a,b," * 5 + b",") is Code.TOO_LARGE


def test_limits_are_the_contract() -> None:
    assert MAX_BYTES == 25_000_000
    assert content.MAX_UNPACKED == 500_000_000
    assert content.MAX_ENTRIES == 1000


def test_an_archive_that_unpacks_to_too_much() -> None:
    data = bytearray(xlsx())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (500_000_001).to_bytes(4, "little")
    assert code(bytes(data)) is Code.UNPACKS_TOO_LARGE


def test_an_archive_of_too_many_entries() -> None:
    few = {"[Content_Types].xml": b"", "xl/workbook.xml": b""} | {f"x{n}": b"" for n in range(998)}
    assert inspect(packed(few)) == Workbook(XLSX)
    assert code(packed(few | {"one more": b""})) is Code.TOO_MANY_ENTRIES

"""Workbooks that Excel encrypts by itself."""

from __future__ import annotations

import io
import struct
from hashlib import md5

import olefile
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.rc4 import DocumentRC4

from services.intake import content as intake
from services.intake.refusal import Code, Refusal
from services.model.default_password import PASSWORD, opened
from services.validation.workbook import ProtectedWorkbook, open_workbook
from tests.unit.workbooks import xlsx

SALT = bytes(range(16))


def old(rows: int = 5) -> bytes:
    book = xlwt.Workbook()
    for name in ("Biểu", "Phụ lục"):
        sheet = book.add_sheet(name)
        for number in range(rows):
            sheet.write(number, 0, f"Chỉ tiêu {number}")
            sheet.write(number, 1, 9616.289 + number)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def encrypted(content: bytes, password: str = PASSWORD) -> bytes:
    """An .xls with RC4 as Excel 97 to 2003 wrote it ([MS-OFFCRYPTO] 2.3.6)."""
    verifier = bytes(16)
    secret = DocumentRC4.decrypt(
        password, SALT, io.BytesIO(verifier + md5(verifier).digest())
    ).read()
    file_pass = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + SALT + secret
    document = olefile.OleFileIO(io.BytesIO(content), write_mode=True)
    stream = document.openstream("Workbook").read()
    begin = 4 + struct.unpack_from("<HH", stream)[1]
    plain = bytearray(stream[:begin] + file_pass + stream[begin:])
    assert not any(plain[len(stream) :]), "the padding takes what comes in"
    del plain[len(stream) :]
    hidden = bytearray(
        DocumentRC4.decrypt(password, SALT, io.BytesIO(plain), blocksize=1024).read()
    )
    at = 0
    while at + 4 <= len(plain):
        number, size = struct.unpack_from("<HH", plain, at)
        clear = size if number in (0x809, 0x2F, 0xE1) else 4 if number == 0x85 else 0
        if number == 0x85:
            struct.pack_into("<I", plain, at + 4, struct.unpack_from("<I", plain, at + 4)[0] + 58)
        hidden[at : at + 4 + clear] = plain[at : at + 4 + clear]
        at += 4 + size
    hidden[at:] = plain[at:]
    document.write_stream("Workbook", bytes(hidden))
    document.fp.seek(0)
    found: bytes = document.fp.read()
    return found


def protected(content: bytes, password: str = PASSWORD) -> bytes:
    """An .xlsx in agile encryption."""
    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("rows", [5, 400])
def test_an_old_workbook_with_excels_own_password_is_read(rows: int) -> None:
    secret = encrypted(old(rows))
    assert intake.inspect(secret) == intake.Workbook(intake.XLS)
    sheet = open_workbook(secret).sheets[0]
    assert sheet.rows == open_workbook(old(rows)).sheets[0].rows
    assert sheet.rows[rows - 1] == [f"Chỉ tiêu {rows - 1}", 9616.289 + rows - 1]


def test_a_new_workbook_with_excels_own_password_is_read() -> None:
    secret = protected(xlsx([["Thuế", 9616.289]]))
    assert intake.inspect(secret) == intake.Workbook(intake.XLSX)
    assert open_workbook(secret).sheets[0].rows == [["Thuế", 9616.289]]


@pytest.mark.parametrize("secret", [encrypted(old(), "Bí mật"), protected(xlsx([["a"]]), "1")])
def test_a_password_that_somebody_chose_stays_closed(secret: bytes) -> None:
    assert intake.inspect(secret) == Refusal(Code.PASSWORD)
    with pytest.raises(ProtectedWorkbook):
        open_workbook(secret)


def test_who_asks_for_more_work_than_excel_does_is_refused() -> None:
    secret = protected(xlsx([["a"]]))
    assert b'spinCount="100000"' in secret
    assert opened(secret.replace(b'spinCount="100000"', b'spinCount="900000"')) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", old()[:-700], xlsx([["a"]])])
def test_other_bytes_are_nothing_to_open(content: bytes) -> None:
    assert opened(content) is None

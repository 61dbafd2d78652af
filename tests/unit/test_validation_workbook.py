"""Reading workbooks, numbers and wordings."""

import io
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from services.model.enumerations import Completeness
from services.model.observation import Missing
from services.model.period import Period
from services.validation.reading.placing.wording import (
    completeness_in,
    label,
    row_code,
    spellings,
    unit_line,
)
from services.validation.workbook import (
    ProtectedWorkbook,
    UnreadableWorkbook,
    address,
    open_workbook,
)
from services.validation.workbook.cells import cells_object
from services.validation.workbook.numbers import Content, read_number
from tests.unit.workbooks import saved, xlsx

REAL = Path(__file__).parents[2] / "examples" / "dien-bien"


def test_addresses_are_real() -> None:
    assert [address(0, 0), address(8, 2), address(6, 26), address(0, 701), address(0, 702)] == [
        "A1",
        "C9",
        "AA7",
        "ZZ1",
        "AAA1",
    ]


def test_a_sheet_starts_at_a1_wherever_its_first_value_stands() -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["C5"] = 7
    read = open_workbook(saved(workbook)).sheets[0]
    assert read.value(4, 2) == 7
    assert read.value(0, 0) == ""
    assert read.value(99, 99) == ""


def test_real_files_are_read_with_their_merged_headers() -> None:
    workbook = open_workbook((REAL / "Final_2013.xls").read_bytes())
    sheet = next(one for one in workbook.sheets if one.name == "M09+")
    assert workbook.format == "xls"
    assert sheet.value(27, 1) == "ĐIỆN BIÊN"
    assert sheet.spread(11, 4) == sheet.value(9, 3)


@pytest.mark.parametrize(
    "text",
    ["a;b\n1;2\n3;4\n", "a\tb\r\n1\t2\r\n3\t4\r\n", "a,b\r1,2\r3,4\r", '"a"|b\n1|2\n3|4\n'],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separated_text_is_read(text: str, encoding: str) -> None:
    sheet = open_workbook(text.encode(encoding)).sheets[0]
    assert sheet.rows == [["a", "b"], ["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n",
        b"\x00\x01\x02",
        b"PK\x03\x04 no zip",
        b"\xff\xd8\xff\xe0 a picture",
        b"%PDF-1.4\xe2",
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableWorkbook) as refused:
        open_workbook(content)
    assert not isinstance(refused.value, ProtectedWorkbook)


def test_an_encrypted_workbook_is_named_as_such() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
    with pytest.raises(ProtectedWorkbook):
        open_workbook(ole + "EncryptedPackage".encode("utf-16-le"))


def test_cells_hold_every_text_also_the_hidden_ones() -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Biểu"
    sheet["A1"], sheet["B2"], sheet["B3"], sheet["C3"] = "tên", 12.0, 0.5, datetime(2026, 1, 2)
    sheet["A1"].comment = Comment("của ai", "kế toán")
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["C"].hidden = True
    workbook.create_sheet("Ẩn").sheet_state = "hidden"
    workbook["Ẩn"]["A1"] = "kín"
    workbook.properties.creator = "Người lập"
    found = json.loads(cells_object(open_workbook(saved(workbook))))
    assert found["sheets"] == [
        {"name": "Biểu", "hidden": False},
        {"name": "Ẩn", "hidden": True},
    ]
    shown = {(one["where"], one["cell"], one["text"]): one["hidden"] for one in found["cells"]}
    assert shown[("cell", "A1", "tên")] is False
    assert shown[("cell", "B2", "12")] is True
    assert shown[("cell", "B3", "0.5")] is False
    assert shown[("cell", "C3", "2026-01-02")] is True
    assert shown[("cell", "A1", "kín")] is True
    assert shown[("comment", "A1", "của ai")] is False
    assert ("property", "", "Người lập") in shown


def test_notes_of_an_old_workbook_are_read() -> None:
    notes = open_workbook((REAL / "Final_2013.xls").read_bytes()).notes
    assert ("comment", "B23") in {(note.where, note.cell) for note in notes}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (5, "5"),
        (685938771.5558832, "685938771.555883"),
        ("12.342.460,42", "12342460.42"),
        ("1.225.073", "1225073"),
        ("1234.5", "1234.5"),
        ("0.125", "0.125"),
        ("93,60", "93.6"),
        (" 1 234,5 ", "1234.5"),
        ("1,234,567", "1234567"),
        ("-3", "-3"),
    ],
)
def test_numbers_are_read(written: str | float, value: str) -> None:
    assert read_number(written).value == Decimal(value)


@pytest.mark.parametrize(
    ("written", "content", "missing"),
    [
        ("-", Content.MISSING, Missing.NIL),
        ("–", Content.MISSING, Missing.NIL),
        ("...", Content.MISSING, Missing.NOT_COLLECTED),
        ("…", Content.MISSING, Missing.NOT_COLLECTED),
        ("x", Content.MISSING, Missing.NOT_APPLICABLE),
        ("", Content.BLANK, None),
        ("  ", Content.BLANK, None),
        ("1.225", Content.AMBIGUOUS, None),
        ("1,225", Content.AMBIGUOUS, None),
        ("khoảng 5", Content.NOT_NUMBER, None),
        (True, Content.NOT_NUMBER, None),
        (datetime(2026, 1, 1), Content.NOT_NUMBER, None),
        (1e30, Content.TOO_LARGE, None),
        ("１２３", Content.NOT_NUMBER, None),
        ("12３", Content.NOT_NUMBER, None),
        ("٣٤٫٥", Content.NOT_NUMBER, None),
        ("१२३४", Content.NOT_NUMBER, None),
    ],
)
def test_what_is_no_number_says_what_it_is(
    written: str | float | datetime, content: Content, missing: Missing | None
) -> None:
    reading = read_number(written)
    assert (reading.content, reading.missing) == (content, missing)
    assert reading.value == (0 if missing is Missing.NIL else None)


def test_nine_months_are_not_the_ninth_month() -> None:
    nine = set(spellings(Period.parse("2026-01-01/P9M")))
    ninth = set(spellings(Period.parse("2026-M09")))
    assert "9 tháng năm 2026" in nine
    assert "Tháng 9 năm 2026" in ninth
    assert not nine & ninth


def test_words_of_forms() -> None:
    assert unit_line("     Đơn vị tính: Triệu đồng ") == "triệu đồng"
    assert unit_line("(ĐVT: Tỷ đồng)") == "tỷ đồng"
    assert unit_line("Đơn vị tính") is None
    assert label("Trong đó: - Thuế  tài nguyên:") == "thuế tài nguyên"
    assert row_code("01") == row_code("1")
    assert row_code(" 4A ") == "4A"
    assert completeness_in("sơ bộ quý iii") is Completeness.PRELIMINARY
    assert completeness_in("quý iii") is None


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(UnreadableWorkbook):
        open_workbook(buffer.getvalue())
    assert open_workbook(xlsx([["a"]])).format == "xlsx"

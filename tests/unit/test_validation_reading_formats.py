"""Workbooks of every format: cells, and every text around them."""

import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import xlwt
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from services.intake import content as intake
from services.validation.workbook import (
    Note,
    OversizedWorkbook,
    ProtectedWorkbook,
    UnreadableWorkbook,
    column_letters,
    extent,
    open_workbook,
)
from services.validation.workbook.cells import cells_object
from services.validation.workbook.invisible import INVISIBLE, SIGNS
from services.validation.workbook.kind import Kind, kind_of
from services.validation.workbook.sheet import Decoded
from services.validation.workbook.xlsx import Package
from tests.unit.workbooks import SHEET, edited, ods, ods_table, part, saved, with_parts, xlsx

REAL = Path(__file__).parents[2] / "examples" / "dien-bien"
ROWS: list[list[object]] = [["Chỉ tiêu", "Mã số"], ["Thuế", 1.5], [None, 3]]


def notes(content: bytes) -> set[tuple[str, str, str]]:
    return {(one.where, one.cell, one.text) for one in open_workbook(content).notes}


def test_an_ods_is_read_with_its_hidden_rows_comments_and_properties() -> None:
    table = """<table:table table:name="Biểu"><table:table-column/>
        <table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>
        <table:table-row><table:table-cell office:value-type="string" table:number-columns-spanned="2">
        <text:p>Tên</text:p><office:annotation><text:p>của ai</text:p></office:annotation>
        </table:table-cell><table:covered-table-cell/></table:table-row>
        <table:table-row table:visibility="collapse" table:number-rows-repeated="2">
        <table:table-cell office:value-type="float" office:value="7"/></table:table-row>
        <table:table-row table:number-rows-repeated="1048570">
        <table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>"""
    content = ods(table, "<office:meta><meta:keyword>kín</meta:keyword></office:meta>")
    workbook = open_workbook(content)
    sheet = workbook.sheets[0]
    assert workbook.format == "ods"
    assert [row[0] for row in sheet.rows] == ["Tên", 7, 7]
    assert sheet.hidden_rows == {1, 2}
    assert sheet.hidden_columns == {1, 2}
    assert sheet.spread(0, 1) == "Tên"
    assert notes(content) == {("comment", "A1", "của ai"), ("property", "", "kín")}


def test_an_ods_that_repeats_a_row_without_end_is_not_unrolled() -> None:
    table = """<table:table table:name="Biểu"><table:table-row table:number-rows-repeated="900000">
        <table:table-cell office:value-type="float" office:value="1"
        table:number-columns-repeated="900"/></table:table-row></table:table>"""
    with pytest.raises(OversizedWorkbook):
        open_workbook(ods(table))


def test_an_encrypted_ods_is_named_as_such() -> None:
    content = ods(ods_table(ROWS))
    manifest = b"<manifest><encryption-data/></manifest>"
    with pytest.raises(ProtectedWorkbook):
        open_workbook(with_parts(content, {"META-INF/manifest.xml": manifest}))


def test_macros_are_neither_read_nor_a_hindrance() -> None:
    content = with_parts(xlsx(ROWS), {"xl/vbaProject.bin": b"\x00\xff Sub Auto_Open"})
    assert open_workbook(content).sheets[0].value(1, 0) == "Thuế"
    assert not any("Auto_Open" in text for _, _, text in notes(content))


def in_windows_1258(text: str) -> bytes:
    """Tone marks stand apart from their letters there."""
    found = b""
    for sign in text:
        try:
            found += sign.encode("cp1258")
        except UnicodeEncodeError:
            letters = unicodedata.normalize("NFD", sign)
            base, tone = letters[:-1], letters[-1]
            if letters[-1] in "\u0302\u0306\u031b":
                base, tone = letters[0] + letters[-1], letters[1]
            found += unicodedata.normalize("NFC", base).encode("cp1258") + tone.encode("cp1258")
    return found


TEXT = "Chỉ tiêu;Mã số\nThuế giá trị gia tăng;1\nĐường, đậu;2\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode("utf-8-sig"), ""),
        (TEXT.encode("utf-16"), ""),
        (TEXT.encode("utf-16-le"), ""),
        (TEXT.encode("utf-16-be"), ""),
        (unicodedata.normalize("NFD", TEXT).encode(), ""),
        (in_windows_1258(TEXT), "Windows-1258"),
        ("ChØ tiªu;M· sè\nThuÕ gi¸ trÞ gia t¨ng;1\n§\xadêng, ®Ëu;2\n".encode("latin-1"), "TCVN3 (ABC)"),
        ("Chæ tieâu;Maõ soá\nThueá giaù trò gia taêng;1\nÑöôøng, ñaäu;2\n".encode("latin-1"), "VNI"),
    ],
)  # fmt: skip
def test_text_is_read_in_every_encoding(content: bytes, encoding: str) -> None:
    sheet = open_workbook(content).sheets[0]
    assert sheet.rows == [line.split(";") for line in TEXT.splitlines()]
    assert [one.encoding for one in sheet.decoded] == ([encoding] if encoding else [])


@pytest.mark.parametrize(
    "text",
    ["sep=|\na|b;c\n1|2\n", '"a"|b;c\r1|2\r', "a\tb;c\r\n1\t2\r\n", "sep=\t\na\tb;c\n1\t2", '"a",b;c\n1,2'],
)  # fmt: skip
def test_any_separator_is_found(text: str) -> None:
    assert open_workbook(text.encode()).sheets[0].rows == [["a", "b;c"], ["1", "2"]]


def test_a_quoted_cell_may_have_several_lines() -> None:
    rows = open_workbook('"Chỉ\r\ntiêu";b\r\n1;2\r\n'.encode()).sheets[0].rows
    assert rows == [["Chỉ\ntiêu", "b"], ["1", "2"]]


def test_bytes_in_no_known_encoding_are_refused() -> None:
    with pytest.raises(UnreadableWorkbook):
        open_workbook("naïve; façade\ngrößer; garçon".encode("latin-1"))


def test_a_text_without_end_is_not_unrolled() -> None:
    sheet = open_workbook(b"1;" * 1_000_000).sheets[0]
    assert (sheet.rows, sheet.oversized) == ([], "BDWGO1")


def legacy_book() -> Workbook:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for cell, text, font in (
        ("A1", "Bé Tµi chÝnh", ".VnTimeH"),
        ("A2", "Phô lôc", ".VnTime"),
        ("A3", "Phí", "Times New Roman"),
        ("A4", "Boä Taøi chính", "VNI-Times"),
        ("A5", "Thuế", "Times New Roman"),
    ):
        sheet[cell] = text
        sheet[cell].font = Font(name=font)
    return workbook


def test_old_encodings_are_decoded_and_a_cell_that_could_be_either_is_decided_by_its_font() -> None:
    sheet = open_workbook(saved(legacy_book())).sheets[0]
    assert [row[0] for row in sheet.rows] == [
        "Bộ Tài chính", "Phụ lục", "Phí", "Bộ Tài chính", "Thuế",
    ]  # fmt: skip
    assert {one.encoding: one.cells for one in sheet.decoded} == {
        "TCVN3 (ABC)": ("A1", "A2"),
        "VNI": ("A4",),
    }


def test_an_old_font_over_unicode_text_decides_nothing() -> None:
    workbook = legacy_book()
    sheet = workbook.active
    assert sheet is not None
    sheet["A5"].font = Font(name=".VnTime")
    assert open_workbook(saved(workbook)).sheets[0].value(1, 0) == "Phô lôc"


def test_fonts_are_not_looked_up_where_no_text_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = Package.fonts

    def fonts(package: Package, name: str) -> dict[tuple[int, int], str]:
        asked.append(name)
        return real(package, name)

    monkeypatch.setattr(Package, "fonts", fonts)
    open_workbook(xlsx([["Phí", "Hà Nội", "m²", "·"]]))
    assert asked == []
    open_workbook(xlsx([["Bé Tµi chÝnh"]]))
    assert asked == ["Sheet1"]


def old_book() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Biểu")
    style = xlwt.easyxf("font: name .VnTime")
    sheet.write(0, 0, "Bé Tµi chÝnh", style)
    sheet.write(1, 0, "Phô lôc", style)
    sheet.write(2, 1, 5)
    sheet.row(2).hidden = True
    sheet.col(1).hidden = True
    sheet.header_str = b"Dau trang"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_an_old_workbook_gives_its_fonts_what_is_hidden_and_its_headers() -> None:
    content = old_book()
    sheet = open_workbook(content).sheets[0]
    assert [row[0] for row in sheet.rows] == ["Bộ Tài chính", "Phụ lục", ""]
    assert sheet.hidden_rows == {2}
    assert sheet.hidden_columns == {1}
    assert ("header", "", "Dau trang") in notes(content)


def test_the_real_old_workbooks_give_their_comments_and_properties() -> None:
    workbook = open_workbook((REAL / "Final_2013.xls").read_bytes())
    assert workbook.unread == ()
    assert {note.where for note in workbook.notes} >= {"comment", "property"}
    (comment,) = {
        note.text for note in workbook.notes if (note.where, note.cell) == ("comment", "B23")
    }
    assert comment


def full_book() -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["A1"] = "a"
    sheet["A1"].comment = Comment("lời bình", "người bình")
    sheet.oddHeader.center.text = "đầu trang"
    sheet.oddFooter.left.text = "chân trang"
    choices = DataValidation(type="list", formula1='"Nguyễn,Trần"', prompt="hãy chọn")
    sheet.add_data_validation(choices)
    choices.add("B1")
    workbook.defined_names["vung_kin"] = DefinedName("vung_kin", attr_text="Sheet!$A$1")
    workbook.properties.creator = "người lập"
    return with_parts(
        saved(workbook),
        {
            "xl/drawings/drawing9.xml": b'<d xmlns:a="x"><a:p><a:t>Nguy</a:t><a:t>en A</a:t></a:p></d>',
            "xl/threadedComments/threadedComment1.xml":
                "<t><threadedComment ref='C3'><text>trao đổi</text></threadedComment></t>".encode(),
            "xl/persons/person.xml": "<p><person displayName='Lê B'/></p>".encode(),
            "xl/pivotCache/pivotCacheDefinition1.xml": "<c><s v='giá trị ẩn'/></c>".encode(),
            "customXml/item1.xml": "<x>riêng</x>".encode(),
        },
    )  # fmt: skip


def test_every_text_of_every_part_is_a_note() -> None:
    found = notes(full_book())
    assert found >= {
        ("comment", "A1", "lời bình"),
        ("property", "", "người bình"),
        ("header", "", "đầu trang"),
        ("header", "", "chân trang"),
        ("list", "", "Nguyễn,Trần"),
        ("list", "", "hãy chọn"),
        ("name", "", "vung_kin"),
        ("property", "", "người lập"),
        ("drawing", "", "Nguyen A"),
        ("comment", "C3", "trao đổi"),
        ("property", "", "Lê B"),
        ("other", "", "giá trị ẩn"),
        ("other", "", "riêng"),
    }


def test_a_part_that_is_broken_is_named_and_hides_no_other() -> None:
    content = with_parts(full_book(), {"docProps/core.xml": b"<broken"})
    workbook = open_workbook(content)
    assert workbook.unread == ("docprops/core.xml",)
    assert ("comment", "A1", "lời bình") in notes(content)
    found = json.loads(cells_object(workbook))
    assert found["unread"] == ["docprops/core.xml"]
    assert {"sheet": 0, "cell": "A1", "text": "a", "where": "cell", "hidden": False} in found[
        "cells"
    ]


def test_the_cells_object_escapes_what_json_must_escape() -> None:
    text = 'a"b\\c\n<d>\u2028'
    found = json.loads(cells_object(open_workbook(xlsx([[text]]))))
    assert [one["text"] for one in found["cells"] if one["where"] == "cell"] == [text]


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<a>" * 200_000,
    ],
)
def test_hostile_parts_are_not_expanded(hostile: bytes) -> None:
    content = with_parts(xlsx([["a"]]), {"docProps/app.xml": hostile})
    assert open_workbook(content).unread == ("docprops/app.xml",)


def test_a_sheet_with_a_cell_far_out_is_not_unrolled_and_others_are_read() -> None:
    content = xlsx([["a"]], "Một", {"Hai": [["b"]]})
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    one, two = open_workbook(edited(content, SHEET, b"</sheetData>", far)).sheets
    assert (one.rows, one.oversized) == ([], "XFD1048576")
    assert two.value(0, 0) == "b"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'),
        (b'<dimension ref="A1:B3"/>', b'<dimension ref="A1:XFD1048576"/>'),
        (b'<dimension ref="A1:B3"/>', b'<dimension ref="A1:A1"/>'),
        (b'<dimension ref="A1:B3"/>', b""),
    ],
)
def test_a_dimension_beyond_the_content_costs_nothing(old: bytes, new: bytes) -> None:
    sheet = open_workbook(edited(xlsx(ROWS), SHEET, old, new)).sheets[0]
    assert len(sheet.rows) == 3
    assert not sheet.oversized


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="xfd1048576"><v>1</v></c>', b"<c r='XFD1048576'><v>1</v></c>",
        b'<c\nr="XFD1048576"><v>1</v></c>', b'<c s="0" r="XFD1048576"><v>1</v></c>',
        b'<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="XFD1048576"><x:v>1</x:v></x:c>',
    ],
)  # fmt: skip
def test_a_cell_far_out_is_seen_however_it_is_written(cell: bytes) -> None:
    row = b'<row r="1048576">' + cell + b"</row></sheetData>"
    sheet = open_workbook(edited(xlsx(ROWS), SHEET, b"</sheetData>", row)).sheets[0]
    assert (sheet.rows, sheet.oversized) == ([], "XFD1048576")


def test_two_parts_or_sheets_of_one_name_are_refused() -> None:
    content = xlsx(ROWS)
    with pytest.raises(UnreadableWorkbook):
        open_workbook(with_parts(content, {"XL/workbook.xml": b"<workbook/>"}))
    twice = edited(xlsx(ROWS, "a", {"b": ROWS}), "xl/workbook.xml", b'name="b"', b'name="a"')
    with pytest.raises(UnreadableWorkbook):
        open_workbook(twice)


@pytest.mark.parametrize(("row", "column"), [(20000, 10), (9, 26), (999, 27), (1_048_576, 16_384)])
def test_cells_beyond_a_range_are_found(row: int, column: int) -> None:
    beyond: Callable[[bytes, int, int], bool] = extent._is_beyond
    letters = column_letters
    inside = f'<c r="{letters(column - 1)}{row}"><c r="A1"'.encode()
    assert not beyond(inside, row, column)
    assert beyond(inside + f'<c r="A{row + 1}"'.encode(), row, column)
    assert beyond(inside + f'<c r="{letters(column)}1"'.encode(), row, column)


def test_a_zip_that_unpacks_to_more_than_is_read_is_refused() -> None:
    bomb = with_parts(xlsx([["a"]]), {"xl/media/x.xml": b"\0" * 300_000_000})
    with pytest.raises(OversizedWorkbook):
        open_workbook(bomb)


def test_merged_ranges_without_end_are_not_unrolled() -> None:
    merges = b"<mergeCells>" + b'<mergeCell ref="A1:BL64"/>' * 5_000 + b"</mergeCells>"
    content = edited(xlsx(ROWS), SHEET, b"</sheetData>", b"</sheetData>" + merges)
    sheet = open_workbook(content).sheets[0]
    assert sheet.spread(5, 5) == "Chỉ tiêu"
    assert len(sheet.anchors) <= 4096


def test_hidden_columns_without_end_are_bounded() -> None:
    columns = b"".join(
        (
            b'<cols><col min="2" max="99999999" hidden="1"/>',
            b'<col min="3" max="4000000" hidden="true"/></cols><sheetData>',
        )
    )
    sheet = open_workbook(edited(xlsx(ROWS), SHEET, b"<sheetData>", columns)).sheets[0]
    assert max(sheet.hidden_columns) == 16_383


def test_a_sheet_that_is_broken_is_named_and_others_are_read() -> None:
    content = xlsx([["a"]], "Một", {"Hai": [["b"]]})
    broken = edited(content, SHEET, b"<sheetData>", b'<sheetData><row r="x"><c r="?"')
    workbook = open_workbook(broken)
    assert [sheet.broken for sheet in workbook.sheets] == [True, False]
    assert "Một" in workbook.unread


def test_shared_formulas_are_found_for_every_cell() -> None:
    rows = (
        b'<row r="9"><c r="A9"><f t="shared" ref="A9:B9" si="0">SUM(A2:A3)</f><v>0</v></c>'
        b'<c r="B9"><f t="shared" si="0"/><v>4.5</v></c><c r="C9"><f>A9&amp;B9</f></c></row></sheetData>'
    )
    sheet = open_workbook(edited(xlsx(ROWS), SHEET, b"</sheetData>", rows)).sheets[0]
    found = {place: (one.text, one.origin, one.stored) for place, one in sheet.formulas.items()}
    assert found == {
        (8, 0): ("SUM(A2:A3)", (8, 0), True),
        (8, 1): ("SUM(A2:A3)", (8, 0), True),
        (8, 2): ("A9&B9", (8, 2), False),
    }


def test_error_values_keep_their_names() -> None:
    cell = b'<row r="9"><c r="A9" t="e"><f>1/0</f><v>#DIV/0!</v></c></row></sheetData>'
    sheet = open_workbook(edited(xlsx(ROWS), SHEET, b"</sheetData>", cell)).sheets[0]
    assert sheet.value(8, 0) == "#DIV/0!"


def test_parts_are_found_whatever_the_case_of_their_names() -> None:
    content = xlsx(ROWS)
    again = with_parts(content, {SHEET: None, "xl/worksheets/Sheet1.xml": part(content, SHEET)})
    assert Decimal(str(open_workbook(again).sheets[0].value(1, 1))) == Decimal("1.5")


def test_notes_belong_to_the_sheet_that_refers_to_them() -> None:
    workbook = Workbook()
    workbook.create_sheet("Hai")["B2"].comment = Comment("ở trang hai", "x")
    found = open_workbook(saved(workbook)).notes
    assert Note(1, "B2", "ở trang hai", "comment") in found


def test_invisible_signs_are_left_out_of_labels_and_numbers_and_named() -> None:
    rows: list[list[object]] = [
        ["\u200fThu\u200b ngân sách\u200f", "9616,289\u200b"],
        ["Chi", "\u202a1.225,5\u202c"],
        ["Nợ", 3],
    ]
    sheet = open_workbook(xlsx(rows)).sheets[0]
    assert sheet.rows == [["Thu ngân sách", "9616,289"], ["Chi", "1.225,5"], ["Nợ", 3]]
    assert sheet.decoded == (Decoded(INVISIBLE, ("A1", "B1", "B2")),)
    text = open_workbook("a;b\n\u00adThu;1\u2060,5\n".encode()).sheets[0]
    assert text.rows[1] == ["Thu", "1,5"]


def test_invisible_is_what_unicode_calls_format() -> None:
    """Those that Unicode has named since, too."""
    named = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
    assert {sign for sign in named if not SIGNS.fullmatch(sign)} == set()
    assert not SIGNS.search("Thu ngân sách 1.225,5 m² “–” ₫\u00a0%")


@pytest.mark.parametrize("hint", [b"1:69", b"A:C", b"", b"nonsense"])
def test_a_range_that_cannot_be_right_is_not_believed(hint: bytes) -> None:
    content = xlsx([["Thuế", 5]])
    (old,) = re.findall(rb"<dimension[^>]*>", part(content, SHEET))
    odd = edited(content, SHEET, old, b'<dimension ref="%s"/>' % hint)
    assert open_workbook(odd).sheets[0].rows == [["Thuế", 5]]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"\n  7.5\t", 7.5),
        (b"7,5", "7,5"),
        (b"abc", "abc"),
        (b"1 2", "1 2"),
        (b"--5", "--5"),
        (b"0x1F", "0x1F"),
    ],
)
def test_one_odd_value_is_that_cell_alone(written: bytes, value: object) -> None:
    content = edited(
        xlsx([["Thuế", 7.5], ["Phí", 8]]), SHEET, b"<v>7.5</v>", b"<v>%s</v>" % written
    )
    assert open_workbook(content).sheets[0].rows == [["Thuế", value], ["Phí", 8]]


def test_parts_may_be_named_with_backslashes() -> None:
    content, buffer = xlsx([["Thuế", 5]]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename.replace("/", "\\"), old.read(entry))
    assert open_workbook(buffer.getvalue()).sheets[0].rows == [["Thuế", 5]]
    assert intake.inspect(buffer.getvalue()) == intake.Workbook(intake.XLSX)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n", Kind.WEB_ARCHIVE),
        (b"From: <Saved>\r\nSubject: x\r\n y\r\nMIME-Version: 1.0\r\n", Kind.WEB_ARCHIVE),
        (with_parts(xlsx([["a"]]), {"xl/workbook.bin": b"x"}), Kind.XLSB),
        (b"Chi: 1\nThu: 2\n", Kind.OTHER),
    ],
)
def test_what_was_sent_in_place_of_a_workbook_is_named(content: bytes, kind: Kind) -> None:
    assert kind_of(content) == kind

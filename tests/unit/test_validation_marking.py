"""The workbook back: what is marked, and that everything else is as it was."""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill

from services.kernel.avro import to_avro
from services.model.enumerations import Severity
from services.model.text import Text
from services.validation.checking.check import Checked, check
from services.validation.findings import Context, Finding, Notebook, Place
from services.validation.handler import handle
from services.validation.telling.marking import XLSM, XLSX, Marked, mark
from services.validation.telling.marking.copied import NARROWEST, WIDEST
from services.validation.telling.marking.marked import MOST_COMMENTS
from services.validation.telling.marking.summary import MOST_CELLS, MOST_FINDINGS
from services.validation.telling.ooxml.package import Package
from services.validation.telling.ooxml.styles import COLOURS
from services.validation.telling.ooxml.text import LONGEST, clean, escaped, location, title
from services.validation.telling.report import Report
from services.validation.workbook import address
from services.validation.workbook.address import place_of
from tests.unit.test_examples import FOLDER, SCENARIO, checked, content, generated
from tests.unit.test_validation_check import FORM, STATEMENT, rows
from tests.unit.test_validation_handler import FACTS, handled, received
from tests.unit.workbooks import saved, xlsx

assert generated, "a fixture, used by its name"

SUMMARY = "Kết quả kiểm tra"
PATCHED = {
    "[Content_Types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
}
Found = tuple[str, str, Severity, str]
EVIL = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "<b>&amp;]]>",
    "_x0041_",
    "\x00\x01\x0b\ufffe\ud800",
    "x" * 100_000,
)


def report(*found: Found) -> Report:
    """A report with these (sheet, cells, severity, text)."""
    notebook = Notebook()
    for sheet, cells, severity, text in found:
        place = Place(sheet, tuple(cells.split()))
        context = Context(severity=severity, message=Text(text, text), basis=text)
        notebook.find("not_number", place, context, value=text)
    return Report.of(FORM, notebook, (), 0, 0)


def marked(source: bytes, *found: Found) -> Marked:
    back = mark(source, report(*found))
    assert back is not None
    return back


def parts(source: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def changed(before: bytes, after: bytes) -> set[str]:
    """The parts that were there before and differ now; none may be gone."""
    old, new = parts(before), parts(after)
    assert list(new)[: len(old)] == list(old)
    return {name for name in old if new[name] != old[name]}


def values(source: bytes) -> dict[str, list[list[Any]]]:
    """All values by sheet, as a second reader sees them."""
    book = python_calamine.load_workbook(io.BytesIO(source))
    return {name: book.get_sheet_by_name(name).to_python(False) for name in book.sheet_names}


def opened(source: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(source))


def colours(sheet: Any) -> dict[str, str]:
    return {
        cell.coordinate: cell.fill.fgColor.rgb
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in COLOURS.values()
    }


def comments(sheet: Any) -> dict[str, str]:
    return {
        cell.coordinate: cell.comment.text
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


@pytest.mark.parametrize("one", SCENARIO, ids=[one["name"] for one in SCENARIO])
def test_examples_come_back_with_their_findings_marked(
    one: dict[str, Any], generated: Path
) -> None:
    source = content(one, generated)
    found: Checked = checked(one, generated)
    back = mark(source, found.report)
    if not found.report.findings:
        assert back is None
        return
    assert back is not None
    assert back.media_type == XLSX
    assert mark(source, found.report) == back
    book = opened(back.content)
    read = values(source)
    assert book.sheetnames == [*read, SUMMARY]
    assert {name: values(back.content)[name] for name in read} == read
    if one["file"].endswith("xlsx"):
        own = {name for name in parts(source) if name.startswith("xl/worksheets/sheet")}
        assert changed(source, back.content) <= PATCHED | own
    for finding in found.report.findings:
        for cell in finding.place.cells:
            assert cell in colours(book[finding.place.sheet])
            assert finding.message.vi in comments(book[finding.place.sheet])[cell]


def rich() -> bytes:
    """A workbook with what programs put in workbooks besides values."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Biểu 1"
    for row in rows():
        sheet.append(row)
    sheet["E5"] = "=C5*2"
    sheet["C5"].number_format = "#,##0.00"
    sheet["C5"].font = Font(bold=True)
    sheet["C5"].alignment = Alignment(horizontal="center")
    sheet["B6"].comment = Comment("của tôi", "Kế toán")
    sheet["A1"].comment = Comment("ghi chú", "Kế toán")
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("F1:F3")
    sheet.column_dimensions["H"].fill = PatternFill("solid", fgColor="FF00FF00")
    sheet.auto_filter.ref = "A3:D9"
    sheet.conditional_formatting.add(
        "C5:C9", openpyxl.formatting.rule.CellIsRule("lessThan", ["0"])
    )
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=3, min_row=5, max_row=9))
    sheet.add_chart(chart, "J2")
    other = workbook.create_sheet("Kín 'x'")
    other.sheet_state = "hidden"
    other["B2"] = 7
    workbook.create_sheet(SUMMARY.upper())["A1"] = "của người gửi"
    return saved(workbook)


def with_extras(source: bytes, extras: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO(source)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, added in extras.items():
            archive.writestr(name, added)
    return buffer.getvalue()


def test_all_other_parts_stay_byte_for_byte() -> None:
    source = with_extras(rich(), {"xl/media/image9.png": bytes(range(256)), "custom/a.bin": b"\0"})
    back = marked(source, ("Biểu 1", "C5 B6", Severity.ERROR, "sai")).content
    sheet = {"xl/worksheets/sheet1.xml", "xl/comments/comment1.xml"}
    assert changed(source, back) == PATCHED | sheet | {"xl/drawings/commentsDrawing1.vml"}
    new = set(parts(back)) - set(parts(source))
    assert new == {"xl/worksheets/sheet4.xml"}
    assert {name: values(back)[name] for name in values(source)} == values(source)
    assert opened(back)["Biểu 1"]["E5"].value == "=C5*2"


def test_marked_cells_keep_their_format_and_old_comments_stay() -> None:
    back = opened(marked(rich(), ("Biểu 1", "C5 B6", Severity.ERROR, "sai")).content)
    sheet = back["Biểu 1"]
    cell = sheet["C5"]
    assert colours(sheet) == dict.fromkeys(("C5", "B6"), COLOURS[Severity.ERROR])
    assert (cell.number_format, cell.font.b, cell.alignment.horizontal) == (
        "#,##0.00",
        True,
        "center",
    )
    said = comments(sheet)
    assert said["A1"] == "ghi chú"
    assert said["B6"].startswith("của tôi\n\nLỗi: sai")
    assert said["C5"].startswith("Lỗi: sai")
    assert "→ Nhập số" in said["C5"]
    assert sheet["A1"].comment.author == "Kế toán"
    assert cell.comment.author == "Kiểm tra số liệu"
    assert len(sheet._charts) == 1
    assert back["Kín 'x'"].sheet_state == "hidden"


@pytest.mark.parametrize("look", [b"#,##0", "Times New Roman".encode("utf-16-le")])
def test_an_old_workbook_whose_looks_no_xml_can_hold_comes_back_marked(look: bytes) -> None:
    original = (FOLDER / "Plan_2017.xls").read_bytes()
    assert look in original
    notebook = Notebook()
    notebook.find("row_unknown", Place("M09", ("B9",)), row="1", label="A")
    report = Report.of(FORM, notebook, (), 0, 0)
    marked = mark(original.replace(look, b"\x01" + look[1:]), report)
    assert marked is not None
    assert "M09" in openpyxl.load_workbook(io.BytesIO(marked.content)).sheetnames


def test_every_comment_has_one_box() -> None:
    back = marked(rich(), ("Biểu 1", "C5 B6 D7", Severity.ERROR, "sai")).content
    drawing = parts(back)["xl/drawings/commentsDrawing1.vml"].decode()
    assert drawing.count('ObjectType="Note"') == 4
    identifiers = [part.split('"')[0] for part in drawing.split('shape id="')[1:]]
    assert len(set(identifiers)) == len(identifiers)


def test_the_worst_severity_gives_the_colour_and_all_findings_the_comment() -> None:
    back = marked(
        xlsx(rows()),
        ("Sheet1", "C5", Severity.WARNING, "một"),
        ("Sheet1", "C5 C5", Severity.ERROR, "hai"),
        ("Sheet1", "C6", Severity.WARNING, "ba"),
        ("Sheet1", "C7", Severity.INFORMATION, "bốn"),
    )
    sheet = opened(back.content)["Sheet1"]
    assert colours(sheet) == {
        "C5": COLOURS[Severity.ERROR],
        "C6": COLOURS[Severity.WARNING],
        "C7": COLOURS[Severity.INFORMATION],
    }
    assert comments(sheet)["C5"].count("Lỗi: hai") == 1
    assert "Cảnh báo: một" in comments(sheet)["C5"]


def test_inside_a_merged_range_its_first_cell_is_marked() -> None:
    back = opened(marked(rich(), ("Biểu 1", "C1 F3 E3", Severity.ERROR, "sai")).content)
    assert set(colours(back["Biểu 1"])) == {"A1", "F1", "E3"}
    assert "sai" in comments(back["Biểu 1"])["A1"]


def test_blank_cells_are_made_at_their_place() -> None:
    back = marked(rich(), ("Biểu 1", "H40 H5 B3 AA5 A39", Severity.ERROR, "sai")).content
    root = Package(back).read("xl/worksheets/sheet1.xml")
    seen = [place_of(cell.get("r")) for cell in root.iter("{*}c")]
    assert None not in seen
    assert seen == sorted(seen, key=lambda place: place or (0, 0))
    assert len(set(seen)) == len(seen)
    assert set(colours(opened(back)["Biểu 1"])) >= {"H40", "H5", "B3", "AA5", "A39"}


def test_the_summary_lists_and_links_all() -> None:
    many = " ".join(f"C{row}" for row in range(5, 35))
    back = marked(
        rich(),
        ("Biểu 1", "C5 C6", Severity.ERROR, "một"),
        ("Kín 'x'", "B2", Severity.WARNING, "hai"),
        ("Biểu 1", many, Severity.WARNING, "ba"),
        ("", "", Severity.WARNING, "cả tệp"),
    )
    book = opened(back.content)
    name = book.sheetnames[-1]
    assert name == f"{SUMMARY} (2)"
    sheet = book[name]
    links = {
        cell.coordinate: cell.hyperlink.location for row in sheet for cell in row if cell.hyperlink
    }
    assert links["D6"] == "'Biểu 1'!C5"
    assert links["D7"] == "'Biểu 1'!C6"
    assert links["D8"] == "'Kín ''x'''!B2"
    assert list(links.values()).count("'Biểu 1'!A1") == 2
    assert len(links) == 2 + 1 + MOST_CELLS + 3
    texts = [cell.value for row in sheet for cell in row if cell.value]
    assert any("1 lỗi, 3 cảnh báo" in str(text) for text in texts)
    assert any(str(text).startswith("cả tệp") for text in texts)


def test_too_many_findings_are_counted() -> None:
    found: list[Found] = [
        ("Sheet1", f"C{row}", Severity.ERROR, "sai") for row in range(1, MOST_FINDINGS + 4)
    ]
    back = marked(xlsx(rows()), *found).content
    book = opened(back)
    assert "Còn 3 phát hiện" in book[SUMMARY].cell(book[SUMMARY].max_row, 5).value
    assert len(colours(book["Sheet1"])) == MOST_FINDINGS + 3
    assert len(comments(book["Sheet1"])) == MOST_COMMENTS


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_evil_text_stays_text(evil: str, kind: str) -> None:
    csv = f'a;b;c\n"{evil}";1;2\n'.encode(errors="replace").replace(b"\0", b"")
    source = xlsx([["a"]], sheet="=1+1") if kind == "xlsx" else csv
    sheet = "=1+1" if kind == "xlsx" else "csv"
    found = [(sheet, "A2", Severity.ERROR, evil), (evil, evil, Severity.ERROR, evil)]
    back = marked(source, *found).content
    for row in (row for sheet in opened(back) for row in sheet):
        for cell in row:
            assert cell.data_type in "sn"
            if isinstance(cell.value, str):
                assert len(cell.value) <= LONGEST
                assert cell.quotePrefix or (kind, cell.value) == ("xlsx", "a")
    for name, part in parts(back).items():
        assert not (name.startswith("xl/worksheets") and re.search(rb"<f[ />]", part))
    assert values(back)[sheet]


def test_text_is_told_from_escapes() -> None:
    back = marked(b"_x0041_;=1\n1;2\n", ("csv", "A1", Severity.ERROR, "sai")).content
    assert b"_x005F_x0041_" in parts(back)["xl/worksheets/sheet1.xml"]
    assert escaped("a_x00_ _x0041_ _x005F_") == "a_x00_ _x005F_x0041_ _x005F_x005F_"


def test_an_old_workbook_comes_back_as_a_new_one_with_its_values() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Biểu 1")
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    sheet.write_merge(0, 1, 0, 1, "Tên")
    sheet.write(2, 0, 12.5)
    sheet.write(2, 1, date(2026, 11, 23), day)
    sheet.write(2, 2, True)
    sheet.write(2, 3, "=1+1")
    book.add_sheet("Kín").visibility = 1
    buffer = io.BytesIO()
    book.save(buffer)
    back = marked(buffer.getvalue(), ("Biểu 1", "B2 A3", Severity.ERROR, "sai"))
    assert back.media_type == XLSX
    assert values(back.content)["Biểu 1"] == values(buffer.getvalue())["Biểu 1"]
    found = opened(back.content)
    assert found.sheetnames == ["Biểu 1", "Kín", SUMMARY]
    assert found["Kín"].sheet_state == "hidden"
    assert found["Biểu 1"]["B3"].value == datetime(2026, 11, 23)
    assert found["Biểu 1"]["D3"].data_type == "s"
    assert str(found["Biểu 1"].merged_cells) == "A1:B2"
    assert set(colours(found["Biểu 1"])) == {"A1", "A3"}


def test_an_old_workbook_keeps_its_look() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("A")
    look = "font: name Arial, bold on, italic on, height 280; align: horiz center, wrap on;"
    sheet.write(0, 0, "Tiêu đề", xlwt.easyxf(f"{look} borders: top thin, bottom thin, left thin;"))
    sheet.write(1, 0, 1234.5, xlwt.easyxf(num_format_str="#,##0.00"))
    sheet.write(2, 0, "", xlwt.easyxf("borders: left thin"))
    sheet.write(3, 0, "cũ", xlwt.easyxf("font: name .VnTime"))
    sheet.write(4, 0, 5)
    sheet.col(0).width = 256 * 33
    sheet.row(1).height_mismatch, sheet.row(1).height = True, 20 * 40
    sheet.row(4).hidden, sheet.col(1).hidden = True, True
    sheet.write(5, 1, "kín")
    buffer = io.BytesIO()
    book.save(buffer)
    back = opened(marked(buffer.getvalue(), ("A", "A2", Severity.ERROR, "sai")).content)["A"]
    title, number = back["A1"], back["A2"]
    font = title.font
    assert (font.name, font.b, font.i, font.sz) == ("Arial", True, True, 14)
    assert (title.alignment.horizontal, title.alignment.wrap_text) == ("center", True)
    assert title.border.left.style == back["A3"].border.left.style == "thin"
    assert back["A4"].font.name == "Calibri"
    assert not back["A5"].border.left.style
    assert number.number_format == "#,##0.00"
    assert number.fill.fgColor.rgb == COLOURS[Severity.ERROR]
    assert back.column_dimensions["A"].width == 33
    assert back.row_dimensions[2].height == 40
    assert back.row_dimensions[5].hidden
    assert back.column_dimensions["B"].hidden


def test_columns_of_a_text_file_are_as_wide_as_what_stands_in_them() -> None:
    source = f"Tiêu đề rất dài của cả bảng\na;{'b' * 20};{'c' * 99}\n".encode()
    back = opened(marked(source, ("csv", "A1", Severity.ERROR, "sai")).content)["csv"]
    widths = [back.column_dimensions[letter].width for letter in "ABC"]
    assert widths == [NARROWEST, 22, WIDEST]


def test_rows_of_the_summary_are_as_tall_as_their_text() -> None:
    back = marked(xlsx(rows()), ("Sheet1", "C5", Severity.ERROR, "sai " * 100)).content
    sheet = opened(back)[SUMMARY]
    assert sheet.row_dimensions[6].height > 80
    assert sheet.row_dimensions[5].height is None
    assert sheet.page_setup.orientation == "landscape"


def test_the_summary_names_each_finding_by_its_id() -> None:
    found = ("Sheet1", "C5", Severity.ERROR, "sai")
    sheet = opened(marked(xlsx(rows()), found).content)[SUMMARY]
    assert sheet.cell(6, sheet.max_column).value == report(found).findings[0].id


def test_macros_stay_and_are_told() -> None:
    source = with_extras(xlsx(rows()), {"xl/vbaProject.bin": b"macro"})
    back = marked(source, ("Sheet1", "C5", Severity.ERROR, "sai"))
    assert back.media_type == XLSM
    assert parts(back.content)["xl/vbaProject.bin"] == b"macro"


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ("xl/styles.xml", b"<styleSheet"),
        ("xl/worksheets/sheet1.xml", b"<!DOCTYPE a><a/>"),
        ("xl/_rels/workbook.xml.rels", None),
    ],
)
def test_what_cant_be_patched_comes_back_as_values(
    monkeypatch: pytest.MonkeyPatch, part: str, written: bytes | None
) -> None:
    """The reader is more patient than the writer: here it has read what the writer can't change."""
    source = xlsx(rows())
    read = check(FORM, source, STATEMENT)
    broken = {name: old for name, old in parts(source).items() if name != part}
    if written is not None:
        broken[part] = written
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, kept in broken.items():
            archive.writestr(name, kept)
    from services.validation.workbook import open_workbook as reader

    module = "services.validation.telling.marking.copied.open_workbook"
    monkeypatch.setattr(module, lambda _: reader(source))
    assert read.valid
    back = marked(buffer.getvalue(), ("Sheet1", "C5", Severity.ERROR, "sai")).content
    assert values(back)["Sheet1"] == values(source)["Sheet1"]
    assert set(colours(opened(back)["Sheet1"])) == {"C5"}


def test_a_drawing_that_is_no_xml_costs_only_the_comments() -> None:
    before = parts(rich())
    before["xl/drawings/commentsDrawing1.vml"] = b"<xml><br></xml>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, kept in before.items():
            archive.writestr(name, kept)
    back = marked(buffer.getvalue(), ("Biểu 1", "C5", Severity.ERROR, "sai")).content
    new = parts(back)
    assert new["xl/drawings/commentsDrawing1.vml"] == b"<xml><br></xml>"
    assert new["xl/comments/comment1.xml"] == before["xl/comments/comment1.xml"]
    assert "C5" in colours(opened(back)["Biểu 1"])


def test_a_workbook_that_is_too_large_or_none_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found = report(("Sheet1", "C5", Severity.ERROR, "sai"))
    assert mark(b"\x00", found) is None
    assert mark(xlsx(rows()), report()) is None
    monkeypatch.setattr("services.validation.telling.marking.marked.LARGEST_PACKAGE", 100)
    assert mark(xlsx(rows()), found) is None


def test_a_large_sheet_stays_and_its_findings_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    source = xlsx([[number] * 20 for number in range(500)])
    monkeypatch.setattr("services.validation.telling.ooxml.package.LARGEST_PART", 20_000)
    back = marked(source, ("Sheet1", "C5", Severity.ERROR, "sai")).content
    assert changed(source, back) == PATCHED
    assert opened(back)[SUMMARY]["D6"].value == "C5"


def test_a_workbook_without_styles_gets_some() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts(xlsx(rows())).items():
            if name != "xl/styles.xml":
                archive.writestr(name, part.replace(b'"/xl/styles.xml"', b'"/xl/none.xml"'))
    back = marked(buffer.getvalue(), ("Sheet1", "C5", Severity.ERROR, "sai")).content
    assert b"patternFill" in parts(back)["xl/styles.xml"]
    assert values(back)["Sheet1"] == values(buffer.getvalue())["Sheet1"]


@given(st.integers(0, 1_048_575), st.integers(0, 16_383))
def test_every_address_of_a_sheet_is_its_place(row: int, column: int) -> None:
    assert place_of(address(row, column)) == (row, column)


@given(st.text(max_size=12))
def test_what_is_no_address_is_no_place(text: str) -> None:
    place = place_of(text)
    assert place is None or address(*place) == text.replace("$", "")


@pytest.mark.parametrize(
    "wrong", ["", "A0", "A", "1", "XFE1", "A1048577", "a1", "A1:B2", "Ấ1", "A１"]
)
def test_beyond_the_sheet_is_no_place(wrong: str) -> None:
    assert place_of(wrong) is None


@settings(deadline=None, max_examples=40)
@given(
    st.sets(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12),
    st.sets(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12),
)
def test_any_cells_can_be_marked(wrong: set[tuple[int, int]], given: set[tuple[int, int]]) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row, column in given:
        sheet.cell(row + 1, column + 1, row * 100 + column)
    names = {address(*place) for place in wrong}
    back = marked(saved(workbook), ("Sheet", " ".join(names), Severity.ERROR, "sai")).content
    found = opened(back)["Sheet"]
    assert set(colours(found)) == set(comments(found)) == names
    assert {
        (cell.row - 1, cell.column - 1) for row in found for cell in row if cell.value is not None
    } == given


@settings(deadline=None)
@given(st.text(max_size=60), st.sets(st.text(max_size=40), max_size=4))
def test_names_of_sheets_are_as_excel_allows(wanted: str, taken: set[str]) -> None:
    lower = {one.lower() for one in taken}
    name = title(wanted, lower)
    assert 1 <= len(name) <= 31
    assert name.lower() not in lower
    assert not set(name) & set("[]:*?/\\")
    assert location(name, "A1").endswith("'!A1")


@settings(deadline=None)
@given(st.text())
def test_clean_text_can_be_written(text: str) -> None:
    source = f"{clean(text)}"
    assert clean(source) == source
    openpyxl.Workbook().active["A1"] = source


def test_findings_without_a_cell_leave_the_sheet_alone() -> None:
    finding: Finding = report(("Sheet1", "", Severity.ERROR, "sai")).findings[0]
    assert finding.place.cells == ()
    source = xlsx(rows())
    assert changed(source, marked(source, ("Sheet1", "", Severity.ERROR, "sai")).content) == PATCHED


def test_a_marked_workbook_can_be_marked_again() -> None:
    found = ("Biểu 1", "C5 D5", Severity.ERROR, "sai")
    twice = marked(marked(rich(), found).content, found).content
    book = opened(twice)
    assert book.sheetnames[-2:] == [f"{SUMMARY} (2)", f"{SUMMARY} (3)"]
    assert set(colours(book["Biểu 1"])) == {"C5", "D5"}
    assert comments(book["Biểu 1"])["C5"].count("Lỗi: sai") == 2


def test_the_handler_names_the_marked_workbook_where_something_was_found() -> None:
    sheet = rows()
    (draft,) = handled(sheet).events
    assert to_avro(draft)["marked"] is None
    sheet[7][2] = 987654.25
    outcome = handled(sheet)
    (draft,) = outcome.events
    (back,) = [one for one in outcome.objects if one.kind == "marked"]
    assert to_avro(draft)["marked"] == vars(back.reference())
    assert "C8" in colours(opened(back.content)["Sheet1"])
    original = {"original": xlsx(sheet)}
    assert handle(received(), FACTS, original) == handle(received(), FACTS, original)


def zipped(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def strict(source: bytes) -> bytes:
    """The same in the strict standard, with a percentage as a theme has it there."""
    change = re.compile(
        rb"http://schemas\.openxmlformats\.org/(spreadsheetml|officeDocument|drawingml)/2006/"
    )
    new = {
        name: change.sub(rb"http://purl.oclc.org/ooxml/\1/", content).replace(
            b"extended-properties", b"extendedProperties"
        )
        for name, content in parts(source).items()
    }
    new["xl/workbook.xml"] = new["xl/workbook.xml"].replace(
        b"<workbook ", b'<workbook conformance="strict" ', 1
    )
    new["xl/theme/theme1.xml"] = new["xl/theme/theme1.xml"].replace(b'val="50000"', b'val="50%"')
    return zipped(new)


def test_a_workbook_of_the_strict_standard_keeps_its_look() -> None:
    source = rich()
    found = ("Biểu 1", "C5", Severity.ERROR, "sai")
    new = parts(marked(strict(source), found).content)
    assert not [name for name, content in new.items() if b"purl.oclc.org/ooxml" in content]
    usual = parts(marked(source, found).content)
    assert set(new) == set(usual)
    assert new["xl/theme/theme1.xml"] == usual["xl/theme/theme1.xml"]
    sheet, other = (opened(zipped(each))["Biểu 1"] for each in (new, usual))
    assert colours(sheet) == colours(other) and "C5" in colours(sheet)
    for row in other.iter_rows():
        for cell in row:
            assert repr(sheet[cell.coordinate].font) == repr(cell.font)
            assert sheet[cell.coordinate].number_format == cell.number_format


def test_a_signature_of_the_original_is_left_out_and_that_is_said() -> None:
    before = parts(xlsx(rows()))
    origin = (
        b'<Relationship Id="rIdS" Target="_xmlsignatures/origin.sigs" Type="http://schemas.openxmlformats.org'
        b'/package/2006/relationships/digital-signature/origin"/></Relationships>'
    )
    part = b'<Override PartName="/_xmlsignatures/sig1.xml" ContentType="application/vnd.a+xml"/></Types>'
    before["_rels/.rels"] = before["_rels/.rels"].replace(b"</Relationships>", origin)
    before["[Content_Types].xml"] = before["[Content_Types].xml"].replace(b"</Types>", part)
    before |= {"_xmlsignatures/origin.sigs": b"", "_xmlsignatures/sig1.xml": b"<Signature/>"}
    found = ("Sheet1", "C5", Severity.ERROR, "sai")
    back = marked(zipped(before), found).content
    after = parts(back)
    assert not [name for name in after if name.startswith("_xmlsignatures")]
    assert not [
        name for name in ("_rels/.rels", "[Content_Types].xml") if b"_xmlsignatures" in after[name]
    ]
    said = [
        cell.value
        for row in opened(back)[SUMMARY].iter_rows(max_row=4)
        for cell in row
        if cell.value
    ]
    assert len([text for text in said if "Chữ ký số" in text]) == 1
    plain = opened(marked(xlsx(rows()), found).content)[SUMMARY]
    assert not [cell for row in plain.iter_rows() for cell in row if "Chữ ký số" in str(cell.value)]


def test_names_with_backslashes_come_back_as_the_standard_has_them() -> None:
    source = xlsx(rows())
    odd = zipped({name.replace("/", "\\"): content for name, content in parts(source).items()})
    back = marked(odd, ("Sheet1", "C5", Severity.ERROR, "sai")).content
    assert set(parts(back)) >= set(parts(source))
    assert values(back)["Sheet1"] == values(source)["Sheet1"]

"""The troubles of real submissions: each is recognised, and either put right or asked about, never silent."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from services.model.enumerations import Completeness, Severity
from services.model.form import Form, shipped_forms
from services.model.observation import from_parquet
from services.model.period import Period
from services.model.table import Unit
from services.validation.checking.check import Checked, check
from services.validation.findings import Finding, Repair
from services.validation.reading.placing.units import is_ditto, meaning
from services.validation.reading.placing.wording import spellings, unit_line
from services.validation.reading.statement import Statement
from services.validation.workbook.numbers import Content, Convention, convention_of, read_number
from tests.unit.test_validation_check import FORM, STATEMENT, Sheet, rows, run, small_form
from tests.unit.workbooks import SHEET, edited, saved, xlsx

FORMS = shipped_forms()


def found(checked: Checked, code: str) -> Finding:
    (one,) = [each for each in checked.report.findings if each.code == code]
    return one


def repair(checked: Checked, code: str) -> Repair:
    (one,) = [each for each in checked.report.repairs if each.code == code]
    return one


def codes(checked: Checked) -> set[str]:
    return {one.code for one in checked.report.findings}


# --- Headings ---------------------------------------------------------------------------------------


def year_over_periods(sheet: Sheet) -> Sheet:
    return [
        *sheet[:2],
        [*sheet[2][:2], "Năm 2026", "Năm 2026"],
        [None, None, "Quý III", "9 tháng"],
        *sheet[4:],
    ]


def period_over_years(sheet: Sheet) -> Sheet:
    return [*sheet[:2], [*sheet[2][:2], "Quý III", "9 tháng"], [None, None, 2026, 2026], *sheet[4:]]


def in_words(sheet: Sheet) -> Sheet:
    return [*sheet[:2], [*sheet[2][:2], "Quý ba năm 2026", "Chín tháng đầu năm 2026"], *sheet[3:]]


def units_in_headings(sheet: Sheet) -> Sheet:
    headings = ["Quý III năm 2026 (triệu đồng)", "9 tháng năm 2026 (1.000.000 đồng)"]
    return [*sheet[:2], [*sheet[2][:2], *headings], *sheet[3:]]


def two_years(sheet: Sheet) -> Sheet:
    headings = [*sheet[2], "Quý III năm 2025", "9 tháng năm 2025"]
    return [*sheet[:2], headings, *([*row, *row[2:]] for row in sheet[3:])]


def numbers_without_letters(sheet: Sheet) -> Sheet:
    return [*sheet[:3], ["(1)", "(2)", "(3)", "(4)"], *sheet[4:]]


def numbers_that_skip(sheet: Sheet) -> Sheet:
    return [*sheet[:3], ["A", "B", 1, "3=1*2"], *sheet[4:]]


def invisible_signs(sheet: Sheet) -> Sheet:
    return [[f"\ufeff{cell}\u00a0" if cell == "Phí" else cell for cell in row] for row in sheet]


def old_letter_for_d(sheet: Sheet) -> Sheet:
    return [*sheet[:1], [None, None, None, "Ðơn vị tính: Triệu đồng"], *sheet[2:]]


def unit_beside_its_words(sheet: Sheet) -> Sheet:
    return [*sheet[:1], [None, "Đơn vị tính:", None, "Triệu đồng"], *sheet[2:]]


def organisation_named(sheet: Sheet) -> Sheet:
    return [["Đơn vị: Sở Tài chính"], *sheet]


@pytest.mark.parametrize(
    "change",
    [
        year_over_periods, period_over_years, in_words, units_in_headings, two_years,
        numbers_without_letters, numbers_that_skip, invisible_signs, old_letter_for_d,
        unit_beside_its_words, organisation_named,
    ],
)  # fmt: skip
def test_headings_are_read_by_their_meaning(change: Callable[[Sheet], Sheet]) -> None:
    checked = run(change(rows()))
    assert codes(checked) <= {"figures_of_other_period"}
    assert checked.report.figures == 10


def test_five_months_are_no_year() -> None:
    five = set(spellings(Period.parse("2026-01-01/P5M")))
    assert "Năm tháng đầu năm 2026" in five
    assert not five & set(spellings(Period.parse("2026")))
    assert not five & set(spellings(Period.parse("2026-M05")))


def test_a_unit_in_a_heading_that_is_another_is_an_error() -> None:
    sheet = rows()
    sheet[2][3] = "9 tháng năm 2026 (tỷ đồng)"
    one = found(run(sheet), "unit_multiplier_differs")
    assert one.place.cells == ("D3",)


def test_each_table_has_its_own_unit_line() -> None:
    above: Sheet = [
        ["Bảng khác"],
        ["Đơn vị tính: Tỷ đồng"],
        ["Tên", "Số"],
        ["Một", 5, 6],
        ["Hai", 7, 8],
        [],
    ]
    assert codes(run([*above, *rows()])) == set()
    assert "unit_multiplier_differs" in codes(run([*above[:2], *rows()]))


def test_the_factor_says_by_what_figures_would_be_multiplied() -> None:
    sheet = rows()
    sheet[1][3] = "ĐVT: nghìn đồng"
    assert "0,001" in found(run(sheet), "unit_multiplier_differs").message.vi


@pytest.mark.parametrize(
    ("text", "base", "power"),
    [
        ("Triệu đồng", "VND", 6), ("tr.đ", "VND", 6), ("trđ", "VND", 6), ("Tr đồng", "VND", 6),
        ("1.000 đồng", "VND", 3), ("1000đ", "VND", 3), ("Nghìn tỷ đồng", "VND", 12),
        ("triệu VND", "VND", 6), ("Tỉ đồng", "VND", 9), ("tấn", "kg", 3), ("1000 tấn", "kg", 6),
        ("nghìn con", "con", 3), ("ha", "m2", 4), ("km²", "m2", 6), ("Triệu", "", 6),
        ("million dong", "VND", 6), ("Triệu đồng - Millions of dong", "VND", 6),
        ("Tỷ đồng – Bill. dongs", "VND", 9), ("Nghìn người / Thous. pers.", "người", 3),
        ("Nghìn tấn - Thous. tons", "kg", 6), ("Ha - Hectare", "m2", 4),
    ],
)  # fmt: skip
def test_units_mean_a_base_and_a_power(text: str, base: str, power: int) -> None:
    assert (meaning(text).base, meaning(text).power, meaning(text).known) == (base, power, True)


def test_words_that_begin_like_a_number_are_units_of_their_own() -> None:
    assert meaning("trang").power == 0
    assert not meaning("Triệu đồng - Billions of dong").known
    assert not meaning("m2 - m3").known
    assert meaning("trường học").base == "trường học"
    assert unit_line("Đơn vị: Sở Tài chính") is None
    assert unit_line("Đơn vị: triệu đồng") == "triệu đồng"


# --- Rows -------------------------------------------------------------------------------------------


def test_a_repeated_code_is_placed_by_its_label() -> None:
    sheet = rows()
    sheet[7][1] = 4
    checked = run(sheet)
    one = found(checked, "row_code_corrected")
    assert (one.place.cells, one.severity, one.found) == (("B8",), Severity.INFORMATION, "4")
    assert checked.valid
    assert checked.report.figures == 10


def test_a_code_that_the_form_does_not_have_is_placed_by_its_label() -> None:
    sheet = rows()
    sheet[7][1] = 77
    checked = run(sheet)
    assert found(checked, "row_code_corrected").found == "77"
    assert checked.report.figures == 10


def test_the_first_of_two_may_be_the_wrong_one() -> None:
    sheet = rows()
    sheet[6][1], sheet[7][1] = 3, 3
    checked = run(sheet)
    assert found(checked, "row_code_corrected").place.cells == ("B7",)
    assert checked.report.figures == 10


def agriculture(repeated: bool) -> Checked:
    form = FORMS["cv17809-3"]
    table = form.tables[0]
    sheet: list[list[Any]] = [["Chỉ tiêu", "ĐVT", "Mã số", "Quý III năm 2026", "9 tháng năm 2026"]]
    for row in table.rows:
        code = "122" if repeated and row.code == "222" else row.code
        assert row.unit is not None
        sheet.append([row.label, row.unit.labels[0], code, 1, 1])
    return check(form, xlsx(sheet), STATEMENT)


def test_code_122_for_222_is_decided_by_its_neighbours() -> None:
    assert "row_code_corrected" not in codes(agriculture(repeated=False))
    checked = agriculture(repeated=True)
    one = found(checked, "row_code_corrected")
    assert "222" in one.mend.vi
    assert "row_repeated" not in codes(checked)
    assert "row_missing" not in codes(checked)


def test_unknown_rows_without_end_are_all_named() -> None:
    sheet = [*rows(), *([f"Lạ {number}", 1000 + number, 1, 2] for number in range(1500))]
    checked = run(sheet)
    assert sum(one.code == "row_unknown" for one in checked.report.findings) == 1000
    more = found(checked, "rows_unknown")
    assert (len(more.place.cells), more.place.cells[-1]) == (500, "A1509")


def test_labels_that_differ_in_their_tone_marks_alone_are_listed() -> None:
    assert repair(run(rows()), "label_spelled").place.cells == ("A6",)
    sheet = rows()
    sheet[5][0] = "Thuế hàng hóa"
    assert run(sheet).report.repairs == ()


def test_hidden_figures_are_read_and_said() -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows():
        sheet.append(row)
    sheet.row_dimensions[8].hidden = True
    workbook.create_sheet("Ẩn").sheet_state = "hidden"
    workbook["Ẩn"]["A1"] = "kín"
    checked = check(FORM, saved(workbook), STATEMENT)
    one = found(checked, "figures_hidden")
    assert (one.place.cells, one.severity) == (("C8", "D8"), Severity.WARNING)
    assert found(checked, "parts_hidden").severity is Severity.INFORMATION
    assert found(checked, "sheet_hidden").place.sheet == "Ẩn"
    assert checked.report.figures == 10


def unit_form() -> Form:
    body = small_form().to_dict()
    body["tables"][0]["columns"].append(
        {"id": "unit", "role": "unit", "headers": [["ĐVT"]], "optional": True}
    )
    return Form.from_dict(body)


def with_units(*units: str | None) -> Checked:
    sheet = [*rows()[:2], [*rows()[2], "ĐVT"], *rows()[4:]]
    for row, unit in zip(sheet[3:], units, strict=True):
        row.append(unit)
    return run(sheet, unit_form())


def test_ditto_marks_are_the_unit_above_and_listed() -> None:
    checked = with_units("Triệu đồng", '"', "nt", "II", "-nt-")
    assert codes(checked) == set()
    assert repair(checked, "ditto").place.cells == ("E5", "E6", "E7", "E8")


def test_a_unit_of_a_row_that_is_another_is_an_error() -> None:
    checked = with_units("Triệu đồng", "Tỷ đồng", '"', None, "tấn")
    cells = {one.code: one.place.cells for one in checked.report.findings}
    assert cells["unit_differs"] == ("E8",)
    wrong = [
        one.place.cells for one in checked.report.findings if one.code == "unit_multiplier_differs"
    ]
    assert wrong == [("E5",), ("E6",)]


def test_a_ditto_mark_below_nothing_is_asked_about() -> None:
    assert found(with_units("〃", None, None, None, None), "ditto_unresolved").place.cells == (
        "E4",
    )
    assert not is_ditto("tấn")


# --- Numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("others", "convention"),
    [
        (["12.342.460,42"], Convention.COMMA), (["93,60"], Convention.COMMA),
        (["1.225.073"], Convention.COMMA), (["0.5", "12.25"], Convention.POINT),
        (["1,234,567"], Convention.POINT), (["93,60", "0.5"], None), (["1.225"], None),
        ([5, 6.5, ""], None), (["-", "x", "..."], None), (["12"], None),
    ],
)  # fmt: skip
def test_how_numbers_are_written_is_told_by_the_unambiguous_ones(
    others: list[Any], convention: Convention | None
) -> None:
    assert convention_of(others) is convention


@pytest.mark.parametrize(
    ("text", "convention", "value"),
    [
        ("1.225", Convention.COMMA, "1225"), ("1.225", Convention.POINT, "1.225"),
        ("1,225", Convention.COMMA, "1.225"), ("1,225", Convention.POINT, "1225"),
    ],
)  # fmt: skip
def test_an_ambiguous_number_is_read_as_its_neighbours(
    text: str, convention: Convention, value: str
) -> None:
    assert str(read_number(text, convention).value).rstrip("0").rstrip(".") == value
    assert read_number(text).content is Content.AMBIGUOUS


def test_what_neighbours_decide_is_said() -> None:
    sheet = rows()
    for row, (one, two) in zip(
        sheet[4:],
        [("60.500", "180"), ("30.500", "100"), ("10", "20,0"), ("20.000", "50"), ("10.000", "30")],
        strict=True,
    ):
        row[2:] = [one, two]
    checked = run(sheet)
    assert checked.valid, checked.report.findings
    assert repair(checked, "number_decided").place.cells == ("C5", "C6", "C8", "C9")
    assert checked.observations is not None
    assert from_parquet(checked.observations).row(0, named=True)["value"] == 60500


def test_without_a_witness_the_sender_is_asked() -> None:
    sheet = rows()
    sheet[5][2] = "1.225"
    assert "number_ambiguous" in codes(run(sheet))


def test_a_lost_comma_is_suspected_where_a_total_would_hold() -> None:
    sheet = rows()
    sheet[8][2], sheet[5][2] = 0, 40.5
    assert codes(run(sheet)) == set()
    sheet[5][2] = 405
    one = found(run(sheet), "decimal_comma_lost")
    assert (one.place.cells, one.severity) == (("C6",), Severity.WARNING)
    assert (one.found, one.expected) == ("405", "40.5")


def many(lost: bool) -> Checked:
    """Ten rows without a total whose figures all have decimals."""
    labels = [f"Dòng {number}" for number in range(10)]
    body = small_form().to_dict()
    body["tables"][0]["rows"] = [{"code": str(n), "label": label} for n, label in enumerate(labels)]
    body["rules"] = [{"id": "numbers", "kind": "type", "expression": "number", "level": 1}]
    sheet = rows()[:4]
    for number, label in enumerate(labels):
        value = 93.6 + number / 7
        sheet.append(
            [label, number, 9360 if lost and number == 4 else round(value, 2), round(3 * value, 2)]
        )
    return run(sheet, Form.from_dict(body))


def test_a_lost_comma_is_suspected_by_the_other_figures_of_its_row() -> None:
    assert codes(many(lost=False)) == set()
    one = found(many(lost=True), "decimal_comma_lost")
    assert (one.place.cells, one.expected) == (("C9",), "93.6")


# --- Formulas ---------------------------------------------------------------------------------------


def with_formula(cell: str, formula: str, stored: str | None) -> Checked:
    """The small form with one cell as a formula, written into the file's own XML."""
    content = xlsx(rows())
    old = {"C5": b"<v>60.5</v>", "C6": b"<v>30.5</v>", "D5": b"<v>180</v>"}[cell]
    value = f"<v>{stored}</v>" if stored is not None else "<v/>"
    return check(FORM, edited(content, SHEET, old, f"<f>{formula}</f>{value}".encode()), STATEMENT)


@pytest.mark.parametrize(
    "formula",
    [
        "C6+C8+C9", "SUM(C6,C8:C9)", "C6+SUM(C8:C9)", "ROUND(C6+$C$8+C9,1)", "(C6+C8+C9)*2/2", "-(-C6)+C8+C9",
        "Sheet1!C6+C8+C9", "'Sheet1'!C6+C8+C9", "SUM(C6:C9)-C7", "+C6+C8+C9",
        "IF(C6>0,1,2)", "SUM(C:C)", "VLOOKUP(A1,B1:C9,2)", "C6&amp;C7", "[1]Sheet1!C6", "A1+C6",
        "C5", "SUM(C6", "C6^2", "C6%", "1/0", "(" * 500 + "1" + ")" * 500,
    ],
)  # fmt: skip
def test_a_formula_that_gives_what_is_stored_or_is_not_computed_is_nothing(formula: str) -> None:
    assert codes(with_formula("C5", formula, "60.5")) == set()


@pytest.mark.parametrize(
    ("formula", "value"),
    [("C6+C8", "50.5"), ("SUM(C6:C9)", "70.5"), ("ROUND(C6/3,2)", "10.17"), ("C6*2-Z99", "61")],
)
def test_a_stale_value_is_named(formula: str, value: str) -> None:
    one = found(with_formula("C5", formula, "60.5"), "formula_stale")
    assert (one.place.cells, one.expected, one.found) == (("C5",), value, "60.5")
    assert one.severity is Severity.ERROR
    assert f"={formula}" in one.message.vi


def test_a_formula_without_a_value_is_named() -> None:
    checked = with_formula("C5", "C6+C8+C9", None)
    assert found(checked, "formula_uncalculated").place.cells == ("C5",)
    assert not checked.valid


def test_a_formula_over_cells_without_values_is_left_alone() -> None:
    content = xlsx(rows())
    content = edited(content, SHEET, b"<v>60.5</v>", b"<f>C6+C8+C9</f><v>1</v>")
    content = edited(content, SHEET, b"<v>30.5</v>", b"<f>1+1</f><v/>")
    assert "formula_stale" not in codes(check(FORM, content, STATEMENT))


# --- Areas, dates, text -----------------------------------------------------------------------------


def test_a_code_of_the_other_list_is_named_as_such() -> None:
    old = Statement("34", "92", Period.parse("2026-Q3"), Completeness.PRELIMINARY)
    sheet = rows()
    sheet[0] = ["Mã tỉnh: 94"]
    one = found(run(sheet, statement=old), "area_of_other_list")
    assert (one.place.cells, one.found, one.expected) == (("A1",), "94", "92")
    sheet[0] = ["Mã tỉnh: 11"]
    assert found(run(sheet, statement=old), "area_contradicts").found == "11"
    sheet[0] = ["Kỳ báo cáo: Quý III năm 2026; khu vực: Tỉnh Điện Biên (11); số liệu sơ bộ"]
    assert found(run(sheet, statement=old), "area_contradicts").found == "11"
    sheet[0] = ["Kỳ báo cáo: Quý III năm 2026; khu vực: Thành phố Cần Thơ (92)"]
    assert codes(run(sheet, statement=old)) == set()
    sheet[0] = ["Mã tỉnh: 92"]
    assert codes(run(sheet, statement=old)) == set()


def project_form(**column: Any) -> Form:
    body = FORMS["cv17809-4"].to_dict()
    body["tables"][0]["columns"].append(column)
    return Form.from_dict(body)


PROJECTS: Sheet = [
    [None, None, None, "Đơn vị tính: triệu đồng"],
    ["STT", "Tên dự án", "Chủ đầu tư", "Tổng mức đầu tư", "Ngày hoàn thành"],
    [1, "Cầu A", "Ban B", 71000.5, 46_200],
    [2, "Đường C", "Ban D", "80.000,5", "30/09/2026"],
    [3, "Trạm E", "Ban G", 90000, date(2026, 9, 1)],
]


def test_serial_numbers_and_texts_are_read_as_days() -> None:
    form = project_form(id="done", role="field", type="date", headers=[["Ngày hoàn thành"]])
    checked = check(form, xlsx(PROJECTS), STATEMENT)
    assert checked.valid, checked.report.findings
    assert repair(checked, "date_from_number").place.cells == ("E3", "E4")


def test_a_list_of_records_is_read_wherever_it_stands() -> None:
    moved = [[], ["Danh sách"], *([None, *row[:2], "chen", *row[2:]] for row in PROJECTS)]
    checked = check(FORMS["cv17809-4"], xlsx(moved), STATEMENT)
    assert checked.valid, checked.report.findings
    assert checked.observations is not None
    values = dict(from_parquet(checked.observations).select("indicator", "value").iter_rows())
    assert (values["projects"], str(values["investment"])) == (3, "241001.000000")


def test_codes_of_the_other_list_in_a_column_are_named_with_what_they_are_here() -> None:
    form = project_form(id="area", role="field", type="text", headers=[["Mã tỉnh"]])
    body = form.to_dict()
    body["rules"].append(
        {"id": "areas", "kind": "codelist", "expression": "34", "columns": ["area"], "level": 1}
    )
    sheet = [
        [*row[:4], code]
        for row, code in zip(PROJECTS, (None, "Mã tỉnh", "94", "11", "92"), strict=True)
    ]
    one = found(check(Form.from_dict(body), xlsx(sheet), STATEMENT), "area_of_other_list")
    assert (one.place.cells, one.found, one.expected) == (("E3",), "94", "92")


def test_decoded_text_places_its_table_and_is_said() -> None:
    old = {
        "Chỉ tiêu": "ChØ tiªu", "Mã số": "M· sè", "Quý III năm 2026": "Quý III n¨m 2026",
        "9 tháng năm 2026": "9 th¸ng n¨m 2026", "Tổng số": "Tæng sè", "Thuế hàng hoá": "ThuÕ hµng ho¸",
        "- Thuế nhập khẩu": "- ThuÕ nhËp khÈu", "Khác": "Kh¸c", "Đơn vị tính: Triệu đồng": "§¬n vÞ tÝnh: TriÖu ®ång",
    }  # fmt: skip
    sheet = [
        [old.get(cell, cell) if isinstance(cell, str) else cell for cell in row] for row in rows()
    ]
    sheet[2][2] = "Quý III/2026"
    checked = run(sheet)
    assert checked.valid, checked.report.findings
    assert checked.report.figures == 10
    assert "TCVN3" in repair(checked, "text_decoded").message.vi


def test_unread_parts_are_a_warning() -> None:
    content = edited(xlsx(rows()), "docProps/core.xml", b"</", b"<")
    one = found(check(FORM, content, STATEMENT), "part_unread")
    assert one.severity is Severity.WARNING
    assert "core.xml" in one.message.vi


def test_a_sheet_that_spreads_too_far_is_an_error() -> None:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    content = edited(xlsx([["a"]], "Một", {"Hai": rows()}), SHEET, b"</sheetData>", far)
    checked = check(FORM, content, STATEMENT)
    assert found(checked, "sheet_oversized").place.sheet == "Một"
    assert checked.report.figures == 10


def test_a_unit_of_a_form_has_a_meaning() -> None:
    """Otherwise another unit in a workbook could not be told to be its multiple."""
    units: list[Unit] = [
        table.unit for form in FORMS.values() for table in form.tables if table.unit
    ]
    assert all(meaning(unit.labels[0]).known for unit in units)


# --- The row that numbers the columns ---------------------------------------------------------------


def with_stt(numbering: Sequence[object], *between: Sequence[object]) -> Sheet:
    """The small form with a column STT left of the names, and a row of numbers below the heading."""
    sheet = rows()
    lines: Sheet = [["STT", *sheet[2]], *map(list, between), [*numbering]]
    lines += [[number, *row] for number, row in enumerate(sheet[4:], 1)]
    return [sheet[0], [None, *sheet[1]], *lines]


@pytest.mark.parametrize(
    "numbering",
    [
        [1, 2, 3, 4, 5], ["(1)", "(2)", "(3)", "(4)", "(5)"], ["A", "B", "C", 1, 2],
        ["A", "B", "C", "(1)", "(2)=(1)*3"], ["I", "II", "III", "IV", "V"], ["[1]", "[2]", "[3]", "[4]", "[5]"],
        [None, 1, 2, 3, 4], ["1.", "2.", "3.", "4.", "5=4/3"], [1, 2, 3, 4, "4/3"], ["A", "B", 1, 2, 3],
        ["a", "b", "c", "d", "e"], [1, 2, None, 3, 4], ["i", "ii", "iii", "iv", "v"],
        ["Cột 1", "Cột 2", "Cột 3", "Cột 4", "Cột 5"], ["①", "②", "③", "④", "⑤"],
        ["(1)", "(2)", "(3)", "(4)", "(5) = (3) + (4)"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("between", [0, 2])
def test_a_row_that_numbers_the_columns_is_read_in_the_order_of_the_sheet(
    numbering: list[object], between: int
) -> None:
    rounded: list[object] = [None, None, None, "đã làm tròn"]
    sheet = with_stt(numbering, *[rounded] * between)
    checked = run(sheet)
    assert {one.severity for one in checked.report.findings} <= {Severity.INFORMATION}
    assert checked.report.figures == 10


def test_a_row_of_figures_is_not_taken_for_numbers_of_columns() -> None:
    sheet = rows()
    sheet[5][1:] = ["02", 3, 4]
    sheet[4:4] = [["Tổng cộng khác", 1, 2, 3]]
    assert "row_repeated" in codes(run(sheet))


def test_records_are_read_below_numbers_of_their_columns_in_any_order() -> None:
    form = FORMS["dn-list"]
    columns = form.tables[0].columns
    headings = [one.headers[0][-1] for one in columns]
    body = [[number, *(f"{heading} {number}" for heading in headings[1:])] for number in (1, 2, 3)]
    plain = check(form, xlsx([headings, *body]), STATEMENT)
    order = [*range(1, len(columns) + 1)]
    numbered = check(form, xlsx([headings, order, *body]), STATEMENT)
    assert codes(numbered) == codes(plain)


# --- What stands beside the figures -----------------------------------------------------------------


def under_one_heading(strays: dict[int, float]) -> bytes:
    """The small form whose last heading is merged over two columns, with numbers in the second one."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows():
        sheet.append(row)
    sheet.merge_cells("D3:E3")
    sheet["E4"] = 3
    for number, value in strays.items():
        sheet.cell(number, 5, value)
    return saved(workbook)


def test_a_stray_number_under_a_merged_heading_is_named_and_the_full_column_read() -> None:
    checked = check(FORM, under_one_heading({8: 7}), STATEMENT)
    one = found(checked, "number_stray")
    assert (one.place.cells, one.severity) == (("E8",), Severity.WARNING)
    assert (codes(checked), checked.report.figures) == ({"number_stray"}, 10)


def test_two_full_columns_under_a_merged_heading_are_still_ambiguous() -> None:
    checked = check(FORM, under_one_heading(dict.fromkeys(range(5, 10), 7.0)), STATEMENT)
    assert "column_ambiguous" in codes(checked)


def test_of_two_columns_with_one_heading_the_hidden_one_is_said_to_be_hidden() -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows():
        sheet.append([*row, *row[3:4]])
    sheet.column_dimensions["E"].hidden = True
    checked = check(FORM, saved(workbook), STATEMENT)
    assert found(checked, "column_ambiguous").place.cells == ("D3", "E3")
    assert found(checked, "column_hidden").place.cells == ("E3",)


def test_figures_of_other_periods_are_counted_and_offered_as_submissions() -> None:
    sheet = rows()
    sheet[2] += ["Quý II năm 2026 (chính thức)", "6 tháng năm 2026 (chính thức)", "Kế hoạch"]
    sheet[3] += [3, 4, 5]
    for row in sheet[4:]:
        row += [1, 2, 99]
    others = {"Năm trước": [[*row[:2], *(["Quý III năm 2025", "9 tháng năm 2025"] if row[0] == "Chỉ tiêu" else row[2:])]
              for row in rows()], "Ghi chú": [["ngày", 5]]}  # fmt: skip
    checked = check(FORM, xlsx(sheet, others=others), STATEMENT)
    offered = [one for one in checked.report.findings if one.code == "figures_of_other_period"]
    assert {(one.place.sheet, one.place.cells, dict(one.particulars)["count"]) for one in offered} == {
        ("Sheet1", ("E3", "F3"), "10"), ("Năm trước", ("C3", "D3"), "10"),
    }  # fmt: skip
    assert {dict(one.particulars)["options"] for one in offered} == {
        "--form small --area 11 --period 2026-Q2 --completeness official",
        f"--form small --area 11 --period 2025-Q3 --completeness {STATEMENT.completeness.value}",
    }
    rest = dict(found(checked, "numbers_unread").particulars)
    assert (rest["where"], rest["count"]) == ("Sheet1 (G), Ghi chú (B)", "6")
    assert checked.valid
    assert checked.report.figures == 10

"""One check: what is found, and what is said about it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from services.model.enumerations import Completeness, Severity
from services.model.form import Form
from services.model.legacy import Encoding, decoded
from services.model.observation import from_parquet
from services.model.period import Period
from services.validation.checking.check import Checked, check
from services.validation.findings import Finding
from services.validation.reading.statement import Statement
from tests.unit.workbooks import LABELS, UNIT, Rows, saved, xlsx

Sheet = list[list[Any]]


def small_form(**changes: Any) -> Form:
    """Rows 1 = 2 + 3, "Trong đó" 4 within 2, and a row whose code isn't printed: 3a."""
    unit = {"code": "VND", "multiplier": 6, "labels": ["triệu đồng"]}
    both = {"vi": "Nhỏ", "en": "Small"}
    body: dict[str, Any] = {
        "id": "small",
        "version": 1,
        "title": both,
        "legal_basis": both,
        "responsible": [{"section": both, "organisation_kinds": ["x"]}],
        "frequencies": ["quarter"],
        "area_lists": ["63"],
        "regime": "coordination",
        "classification": "public",
        "tables": [
            {
                "id": "main",
                "kind": "figures",
                "unit": unit,
                "prices": "current",
                "columns": [
                    {"id": "label", "role": "label", "headers": [["Chỉ tiêu"]]},
                    {"id": "code", "role": "code", "headers": [["Mã số"]]},
                    {"id": "quarter", "role": "value", "headers": [["{period}"]]},
                    {
                        "id": "year_to_date",
                        "role": "value",
                        "span": "year_to_date",
                        "headers": [["{period}"]],
                    },
                ],
                "rows": [
                    {"code": "1", "label": "Tổng số"},
                    {"code": "2", "label": "Thuế hàng hóa"},
                    {"code": "3", "label": "Phí"},
                    {"code": "4", "label": "Trong đó: - Thuế nhập khẩu"},
                    {"code": "3a", "label": "Khác", "unprinted": True},
                ],
            }
        ],
        "rules": [
            {"id": "numbers", "kind": "type", "expression": "number", "level": 1},
            {"id": "required", "kind": "required", "expression": "1", "level": 0},
            {"id": "total", "kind": "total", "expression": "1 = 2 + 3 + 3a", "level": 1},
            {"id": "part", "kind": "total", "expression": "2 >= 4", "level": 1},
        ],
    }
    return Form.from_dict(body | changes)


FORM = small_form()
STATEMENT = Statement("63", "11", Period.parse("2026-Q3"), Completeness.PRELIMINARY)


def rows() -> Sheet:
    return [
        ["BÁO CÁO NHỎ"],
        list(UNIT),
        list(LABELS),
        ["A", "B", 1, 2],
        ["Tổng số", 1, 60.5, 180],
        ["Thuế hàng hoá", "02", 30.5, 100],
        ["- Thuế nhập khẩu", 4, 10, 20],
        ["Phí", 3, 20, 50],
        ["Khác", None, 10, 30],
    ]


def run(sheet: Rows, form: Form = FORM, statement: Statement = STATEMENT) -> Checked:
    return check(form, xlsx(sheet), statement)


def only(checked: Checked, code: str) -> Finding:
    """The one finding with this code."""
    (found,) = [one for one in checked.report.findings if one.code == code]
    return found


def codes(checked: Checked) -> list[str]:
    return [one.code for one in checked.report.findings]


def test_a_clean_sheet_becomes_observations() -> None:
    checked = run(rows())
    assert checked.valid, checked.report.findings
    assert codes(checked) == []
    assert checked.report.figures == 10
    assert checked.observations is not None
    frame = from_parquet(checked.observations)
    first = frame.row(0, named=True)
    assert first["indicator_list"] == "small/1"
    assert first["value"] == Decimal("60.5")
    assert (first["sheet"], first["cell"]) == ("Sheet1", "C5")
    assert (first["unit"], first["unit_multiplier"], first["prices"]) == ("VND", 6, "current")
    assert (first["area_list"], first["area"]) == ("63", "11")
    assert set(frame["period"]) == {"2026-Q3", "2026-01-01/P9M"}
    assert frame.filter(indicator="3a")["cell"].to_list() == ["C9", "D9"]
    tallies = {one.id: (one.passed, one.failed, one.undecided) for one in checked.report.rules}
    assert tallies["total"] == (2, 0, 0)
    assert tallies["numbers"] == (10, 0, 0)


def inserted_column(sheet: Sheet) -> Sheet:
    return [[*row[:1], "ghi chú" if n == 2 else None, *row[1:]] for n, row in enumerate(sheet)]


def moved(sheet: Sheet) -> Sheet:
    return [[], [], [], *([None, None, *row] for row in sheet)]


def without_number_row(sheet: Sheet) -> Sheet:
    return sheet[:3] + sheet[4:]


def two_header_rows(sheet: Sheet) -> Sheet:
    return [*sheet[:2], ["Chỉ tiêu", "Mã số", "Thực hiện"], [None, None, *LABELS[2:]], *sheet[3:]]


def capitals_and_breaks(sheet: Sheet) -> Sheet:
    headings = ["  CHỈ TIÊU ", "MÃ\nSỐ", "QUÝ III/2026", "9 THÁNG 2026"]
    return [*sheet[:2], headings, *sheet[3:]]


def reordered(sheet: Sheet) -> Sheet:
    return [[*row[2:], *row[:2]] if len(row) == 4 else row for row in sheet]


def with_signatures(sheet: Sheet) -> Sheet:
    return [*sheet, [], ["Người lập biểu", None, "Thủ trưởng đơn vị"], ["Ghi chú: số liệu giả lập"]]


@pytest.mark.parametrize(
    "change",
    [
        inserted_column,
        moved,
        without_number_row,
        two_header_rows,
        capitals_and_breaks,
        reordered,
        with_signatures,
    ],
)
def test_a_table_is_found_by_meaning(change: Callable[[Sheet], Sheet]) -> None:
    checked = run(change(rows()))
    assert checked.valid, checked.report.findings
    assert checked.report.figures == 10
    assert codes(checked) == []


def test_a_table_in_another_sheet_is_found() -> None:
    checked = check(FORM, xlsx([["Lời dẫn"]], "Bìa", {"Số liệu": rows()}), STATEMENT)
    assert checked.report.figures == 10
    assert checked.valid


def test_separated_text_is_checked_the_same() -> None:
    lines = "\n".join(";".join("" if c is None else str(c) for c in row) for row in rows())
    checked = check(FORM, lines.encode(), STATEMENT)
    assert checked.valid, checked.report.findings
    assert checked.report.figures == 10


def test_a_total_that_fails_says_everything() -> None:
    sheet = rows()
    sheet[7][2] = 200
    checked = run(sheet)
    found = only(checked, "total")
    assert checked.report.verdict == "returned"
    assert checked.observations is None
    assert found.rule == "total"
    assert found.place.cells == ("C5", "C6", "C8", "C9")
    assert (found.expected, found.found, found.difference) == ("240.5", "60.5", "-180")
    assert "240,5" in found.message.vi
    assert "240.5" in found.message.en


def test_parts_reach_at_most_the_whole() -> None:
    sheet = rows()
    sheet[6][2] = 30.5
    assert run(sheet).valid
    sheet[6][2] = 30.6
    found = only(run(sheet), "part")
    assert (found.expected, found.found, found.difference) == ("30.6", "30.5", "-0.1")


@pytest.mark.parametrize(("off", "valid"), [("0.000002", True), ("0.000003", False)])
def test_a_total_may_be_off_by_rounding(off: str, valid: bool) -> None:
    sheet = rows()
    sheet[4][2] = float(Decimal("60.5") + Decimal(off))
    assert run(sheet).valid is valid


def test_what_rounding_takes_is_counted() -> None:
    sheet = rows()
    sheet[4][3], sheet[7][3] = 180.00000004, 50.00000004
    checked = run(sheet)
    assert checked.valid
    assert checked.report.rounded == 2


@pytest.mark.parametrize("blank", [None, "...", "x"])
def test_a_total_with_a_missing_part_is_undecided_never_passed(blank: str | None) -> None:
    sheet = rows()
    sheet[7][2] = blank
    checked = run(sheet)
    assert checked.valid
    total = next(one for one in checked.report.rules if one.id == "total")
    assert (total.passed, total.failed, total.undecided) == (1, 0, 1)
    found = only(checked, "undecided")
    assert found.severity is Severity.INFORMATION
    assert found.place.cells == ("C8",)
    assert checked.report.figures == (9 if blank is None else 10)


def test_nil_counts_as_zero_and_keeps_its_mark() -> None:
    sheet = rows()
    sheet[7][2], sheet[4][2] = "-", 40.5
    checked = run(sheet)
    assert checked.valid
    assert checked.observations is not None
    nil = from_parquet(checked.observations).filter(cell="C8").row(0, named=True)
    assert (nil["value"], nil["missing"]) == (0, "nil")


def test_no_message_names_a_cell_that_is_not_there() -> None:
    sheet = [row[:2] + row[3:] for row in rows()]
    checked = run(sheet)
    assert "column_missing" in codes(checked)
    assert not any("(ô ," in one.message.vi for one in checked.report.findings)


def test_a_required_row_may_not_be_blank() -> None:
    sheet = rows()
    sheet[4][3] = None
    found = only(run(sheet), "required")
    assert found.place.cells == ("D5",)
    assert "Tổng số" in found.message.vi


@pytest.mark.parametrize(
    ("text", "code"), [("1.225", "number_ambiguous"), ("nhiều", "not_number"), (True, "not_number")]
)
def test_what_is_no_number_is_named(text: object, code: str) -> None:
    sheet = rows()
    sheet[5][2] = text
    found = only(run(sheet), code)
    assert found.place.cells == ("C6",)
    assert found.rule == "numbers"


def test_numbers_as_text_are_read_and_listed() -> None:
    sheet = rows()
    sheet[5][2] = "30,5"
    checked = run(sheet)
    assert checked.valid
    assert [(one.code, one.place.cells) for one in checked.report.repairs] == [
        ("label_spelled", ("A6",)),
        ("number_from_text", ("C6",)),
    ]


def test_another_unit_is_an_error() -> None:
    sheet = rows()
    sheet[1][3] = "Đơn vị tính: Tỷ đồng"
    found = only(run(sheet), "unit_multiplier_differs")
    assert found.place.cells == ("D2",)
    assert (found.expected, found.found) == ("triệu đồng", "tỷ đồng")
    assert "1.000" in found.message.vi
    sheet[1][3] = "Đơn vị tính: Tấn"
    assert only(run(sheet), "unit_differs").found == "tấn"


def test_no_unit_is_a_warning() -> None:
    sheet = rows()
    sheet[1] = []
    checked = run(sheet)
    assert checked.valid
    assert only(checked, "unit_missing").severity is Severity.WARNING


def test_another_period_in_a_heading_is_an_error() -> None:
    sheet = rows()
    sheet[2][2] = "Quý II năm 2026"
    checked = run(sheet)
    found = only(checked, "period_contradicts")
    assert found.place.cells == ("C3",)
    assert (found.expected, found.found) == ("Quý III năm 2026", "Quý II năm 2026")
    assert checked.report.verdict == "returned"


def test_the_month_is_not_taken_for_the_months_so_far() -> None:
    sheet = rows()
    sheet[2][3] = "Tháng 9 năm 2026"
    found = only(run(sheet), "period_contradicts")
    assert (found.expected, found.found) == ("9 tháng năm 2026", "Tháng 9 năm 2026")


@pytest.mark.parametrize(
    ("heading", "valid"), [("Sơ bộ quý III/2026", True), ("Ước tính quý III/2026", False)]
)
def test_a_printed_completeness_must_be_the_stated_one(heading: str, valid: bool) -> None:
    sheet = rows()
    sheet[2][2] = heading
    checked = run(sheet)
    assert checked.valid is valid
    assert checked.report.figures == 10
    if not valid:
        assert only(checked, "completeness_contradicts").place.cells == ("C3",)


def test_a_heading_there_twice_is_named() -> None:
    sheet = [[*row, row[2] if len(row) > 2 else None] for row in rows()]
    found = only(run(sheet), "column_ambiguous")
    assert found.place.cells == ("C3", "E3")


def lettered() -> Form:
    """Rows whose codes differ in their case alone, and one with a point."""
    body = FORM.to_dict()
    codes = {"1": "A", "2": "a", "3": "1.1", "4": "b"}
    for row in body["tables"][0]["rows"]:
        row["code"] = codes.get(row["code"], row["code"])
    body["rules"][1]["expression"] = "A"
    body["rules"][2]["expression"] = "A = a + 1.1 + 3a"
    body["rules"][3]["expression"] = "a >= b"
    return Form.from_dict(body)


def test_codes_keep_their_case_where_that_tells_them_apart() -> None:
    sheet = rows()
    for line, code in ((4, "A"), (5, "a"), (6, "B"), (7, "1.1")):
        sheet[line][1] = code
    checked = run(sheet, lettered())
    assert checked.valid, checked.report.findings
    assert {one.indicator for one in checked.figures} == {"A", "a", "b", "1.1", "3a"}
    assert not [one for one in checked.report.findings if one.code.startswith("row_")]


def without_row(sheet: Sheet) -> Sheet:
    return sheet[:4] + sheet[5:]


def without_column(sheet: Sheet) -> Sheet:
    return [row[:3] for row in sheet]


def with_a_heading_of_another_period(sheet: Sheet) -> Sheet:
    return [*sheet[:2], [*sheet[2][:2], "Quý II/2026", *sheet[2][3:]], *sheet[3:]]


@pytest.mark.parametrize(
    ("change", "errors", "cells"),
    [
        (without_row, ["row_required"], ("C3",)),
        (without_column, ["column_missing"], ("A3",)),
        (with_a_heading_of_another_period, ["period_contradicts"], ("C3",)),
    ],
)
def test_one_cause_is_one_error_with_an_address(
    change: Callable[[Sheet], Sheet], errors: list[str], cells: tuple[str, ...]
) -> None:
    checked = run(change(rows()))
    findings = checked.report.findings
    assert [one.code for one in findings if one.severity is Severity.ERROR] == errors
    assert only(checked, errors[0]).place.cells == cells
    assert not [one for one in findings if "không xác định" in one.message.vi]
    assert len({(one.code, one.message, one.place) for one in findings}) == len(findings)
    tally = next(one for one in checked.report.rules if one.id == "required")
    assert tally.failed, "the rule fails all the same"


def test_a_code_there_twice_is_named() -> None:
    sheet = [*rows(), ["Phí", 3, 20, 50]]
    checked = run(sheet)
    assert only(checked, "row_repeated").place.cells == ("B8", "B10")
    assert checked.report.verdict == "returned"


def test_an_unknown_row_with_numbers_is_named() -> None:
    sheet = [*rows(), ["Thu khác", 99, 5, 5]]
    found = only(run(sheet), "row_unknown")
    assert found.place.cells == ("A10",)
    assert "Thu khác" in found.message.vi


@pytest.mark.parametrize(("value", "severity"), [(0, Severity.WARNING), (7, Severity.ERROR)])
def test_numbers_without_label_and_code_are_never_silent(value: int, severity: Severity) -> None:
    found = only(run([*rows(), [None, None, None, value]]), "row_unlabelled")
    assert found.severity is severity
    assert found.place.cells == ("D10",)


def test_missing_rows_are_a_warning() -> None:
    checked = run([row for row in rows() if row[0] != "- Thuế nhập khẩu"])
    found = only(checked, "row_missing")
    assert found.severity is Severity.WARNING
    assert "4" in found.message.vi
    assert checked.valid


def test_a_row_without_its_code_is_placed_by_its_label_and_said_so() -> None:
    sheet = rows()
    sheet[7][1] = None
    checked = run(sheet)
    assert checked.valid
    assert [(one.code, one.place.cells) for one in checked.report.repairs] == [
        ("row_by_label", ("A8",)),
        ("label_spelled", ("A6",)),
    ]


def test_a_code_with_another_label_is_a_warning() -> None:
    sheet = rows()
    sheet[7][0] = "Lệ phí"
    assert only(run(sheet), "row_label_differs").place.cells == ("B8",)


def test_a_workbook_that_is_another_one_has_no_table() -> None:
    checked = run([["Danh sách"], ["Tên", "Tuổi"], ["An", 5]])
    assert codes(checked)[0] == "table_missing"
    missing = checked.report.findings[0]
    assert "{" not in missing.message.vi
    assert "Trang Sheet1 có các tiêu đề: Tên; Tuổi." in missing.message.vi
    assert "giống biểu" not in missing.message.vi
    assert missing.place.sheet == "Sheet1"
    assert checked.cells is not None
    assert checked.report.figures == 0
    assert all(one.undecided for one in checked.report.rules)


def test_two_sheets_with_the_table_are_a_question() -> None:
    other = rows()
    other[7][2] = 987654.25
    checked = check(FORM, xlsx(rows(), "Một", {"Hai": other}), STATEMENT)
    assert "Một, Hai" in only(checked, "table_ambiguous").message.vi


def test_copies_that_agree_are_one_table() -> None:
    """As a second sheet in an encoding from before Unicode."""
    signs = (chr(code) for code in range(0xA1, 0x100))
    written = str.maketrans({decoded(sign, Encoding.TCVN3): sign for sign in signs})
    old = [
        [cell.translate(written) if isinstance(cell, str) else cell for cell in row]
        for row in rows()
    ]
    assert old != rows()
    checked = check(FORM, xlsx(rows(), "Một", {"Hai": old}), STATEMENT)
    assert checked.valid and checked.report.figures == run(rows()).report.figures
    (said,) = [one for one in checked.report.repairs if one.code == "table_copied"]
    assert "Một, Hai" in said.message.vi


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "tệp rỗng"),
        (b" \r\n", "tệp rỗng"),
        (b"\x00\x01", "bị hỏng"),
        (b"PK\x03\x04", "tệp nén"),
        (b"PK\x03\x04....word/document.xml", "Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "Word"),
        (b"%PDF-1.4\na,b\n1,2\n", "PDF"),
        (b"\xef\xbb\xbf<HTML><table><tr><td>1</td></tr></table></HTML>", "HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"\x89PNG\r\n\x1a\n\x00", "ảnh"),
    ],
)
def test_what_is_no_workbook_is_a_finding_that_says_what_it_is(content: bytes, what: str) -> None:
    checked = check(FORM, content, STATEMENT)
    assert codes(checked) == ["workbook_unreadable"]
    assert what in checked.report.findings[0].message.vi
    assert checked.cells is None
    assert checked.report.verdict == "returned"


def test_a_period_of_another_length_is_an_error() -> None:
    statement = Statement("63", "11", Period.parse("2026"), Completeness.OFFICIAL)
    assert "period_unsuitable" in codes(run(rows(), statement=statement))


def first_quarter(since: float) -> Checked:
    statement = Statement("63", "11", Period.parse("2026-Q1"), Completeness.PRELIMINARY)
    sheet = rows()
    sheet[2] = ["Chỉ tiêu", "Mã số", "Quý I năm 2026", "3 tháng đầu năm 2026"]
    for row in sheet[4:]:
        row[3] = row[2]
    sheet[7][3] = since
    return run(sheet, statement=statement)


def test_a_first_quarter_and_its_three_months_are_one_figure() -> None:
    checked = first_quarter(20)
    assert checked.valid, checked.report.findings
    assert checked.report.figures == 5
    assert {one.code for one in checked.report.repairs} == {
        "label_spelled",
        "same_figure",
    }
    found = only(first_quarter(21), "contradiction")
    assert found.place.cells == ("C8", "D8")


def test_every_message_of_a_finding_is_in_both_languages() -> None:
    sheet = rows()
    sheet[7][2] = 200
    for one in run(sheet).report.findings:
        assert one.message.vi != one.message.en
        assert one.mend.vi != one.mend.en


def test_an_error_value_is_no_blank_cell() -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows():
        sheet.append(row)
    sheet["C8"] = "#REF!"
    sheet["C8"].data_type = "e"
    found = only(check(FORM, saved(workbook), STATEMENT), "not_number")
    assert found.place.cells == ("C8",)
    assert found.value == "#REF!"

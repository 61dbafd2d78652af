"""Separated text that isn't what it seems: wide rows, broken quotes, headings that repeat."""

import csv
import io

import pytest

from services.validation.checking.check import Checked, check
from services.validation.workbook import BrokenQuotes, open_workbook
from tests.unit.test_validation_check import FORM, STATEMENT, rows
from tests.unit.test_validation_checks import codes, found
from tests.unit.test_validation_reading_sdmx import HEADING, body, run, second, text

FLOW = "TK11:CV17809_1(1.0)"


def separated(separator: str = ",", change: dict[int, str] | None = None) -> bytes:
    """The small form as text; `change` gives the lines that are written otherwise."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\n")
    width = max(map(len, rows()))
    writer.writerows([*row, *[None] * (width - len(row))] for row in rows())
    lines = buffer.getvalue().split("\n")
    for number, line in (change or {}).items():
        lines[number - 1] = line
    return "\n".join(lines).encode()


def checked(content: bytes) -> Checked:
    return check(FORM, content, STATEMENT)


# --- Wide rows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("separator", "line"),
    [
        (",", "- Thuế nhập khẩu,4,10,2,000"),
        (",", "- Thuế nhập khẩu,4,1,000,20"),
        (",", "- Thuế nhập khẩu, khác,4,10,20"),
        (";", "- Thuế nhập khẩu;4;10;20;5"),
        ("\t", "- Thuế nhập khẩu\t4\t10\t20\t5"),
    ],
)
def test_a_row_wider_than_its_heading_is_an_error_that_names_row_and_cell(
    separator: str, line: str
) -> None:
    one = found(checked(separated(separator, {7: line})), "row_wide")
    assert one.place.cells == ("E7",)
    assert dict(one.particulars)["rows"] == "7"


def test_a_wide_row_is_found_also_where_its_last_cell_is_blank() -> None:
    lines = {3: "Chỉ tiêu,Mã số,Quý III năm 2026,9 tháng năm 2026,Ghi chú", 7: "- Thuế,4,10,2,000,"}
    assert found(checked(separated(",", lines)), "row_wide").place.cells == ("F7",)


def test_a_separator_too_many_at_the_end_of_one_row_is_an_error() -> None:
    assert found(checked(separated(",", {6: "Thuế hàng hoá,02,30.5,100,"})), "row_wide")


def test_blank_cells_behind_a_heading_make_it_no_wider() -> None:
    heading = "Chỉ tiêu,Mã số,Quý III năm 2026,9 tháng năm 2026,,"
    wide = checked(separated(",", {3: heading, 6: "Thuế hàng hoá,02,30,5,100,"}))
    assert found(wide, "row_wide").place.cells == ("E6",)
    for line in ("Thuế hàng hoá,02,30.5,100,,", "Thuế hàng hoá,02,30.5,100,tạm tính,"):
        assert "row_wide" not in codes(checked(separated(",", {3: heading, 6: line})))


def test_a_banner_of_one_cell_above_the_heading_is_no_heading() -> None:
    assert codes(checked(b"Xuat tu phan mem ke toan\n" + separated())) == set()


def test_wide_titles_and_signatures_are_no_rows_of_figures() -> None:
    lines = {
        1: "BÁO CÁO, lập ngày 5, tháng 10,,,,",
        10: "Người lập biểu, đã ký tên, và đóng dấu, trong ngày,,",
    }
    assert codes(checked(separated(",", lines))) == set()


def test_quoted_thousands_are_one_cell() -> None:
    assert codes(checked(separated(",", {7: '- Thuế nhập khẩu,4,"10,0","20,0"'}))) == set()


def test_a_wide_row_of_sdmx_csv_is_an_error_that_names_row_and_cell() -> None:
    lines = second().decode().splitlines()
    lines[4] += ",250"
    one = found(run("\n".join(lines).encode()), "row_wide")
    assert one.place.cells == ("K5",)


# --- Quotes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        '- Thuế nhập khẩu,"4,10,20',
        '"- Thuế nhập khẩu,4,10,20',
        '"- Thuế" nhập khẩu,4,10,20',
        '- Thuế nhập khẩu,4,"10"0,20',
    ],
)
def test_a_quote_that_is_not_closed_where_its_cell_ends_is_an_error_at_its_row(line: str) -> None:
    result = checked(separated(",", {7: line, 9: '"Khác",,10,30'}))
    assert dict(found(result, "quote_unclosed").particulars)["row"] == "7"
    assert not result.valid


def test_quotes_within_cells_are_text() -> None:
    content = separated(",", {1: '"Báo cáo ""nhỏ""\nhai dòng",,,', 2: '5" ống,,,Triệu đồng'})
    assert open_workbook(content).sheets[0].rows[0][0] == 'Báo cáo "nhỏ"\nhai dòng'
    with pytest.raises(BrokenQuotes) as raised:
        open_workbook(content + b'\n"x')
    assert raised.value.row == len(rows()) + 2


# --- Headings and actions ---------------------------------------------------------------------------


def test_a_heading_twice_is_an_error_in_the_text_of_a_form() -> None:
    lines = separated().decode().split("\n")
    lines[2:] = [f"{line},{line.split(',')[-1]}" if line else line for line in lines[2:]]
    one = found(checked("\n".join(lines).encode()), "column_ambiguous")
    assert one.place.cells == ("D3", "E3")


@pytest.mark.parametrize("name", ["OBS_VALUE", "INDICATOR", "OBS_VALUE: Giá trị", "ACTION"])
def test_a_component_twice_is_an_error_in_sdmx_csv(name: str) -> None:
    heading = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *HEADING, name]
    about = ["datastructure", "TK11:CV17809_1(1.0)", "I"]
    checked = run(text(heading, [[*about, *row, "7"] for row in body()]))
    assert "K1" in found(checked, "heading_repeated").place.cells
    assert checked.report.figures == 0


def test_names_beside_codes_may_repeat() -> None:
    heading = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *HEADING, "Tên", "Tên"]
    about = ["datastructure", "TK11:CV17809_1(1.0)", "I"]
    assert run(text(heading, [[*about, *row, "a", "b"] for row in body()])).valid


@pytest.mark.parametrize("action", ["I", "A", "M", "R"])
def test_actions_that_bring_figures_are_taken(action: str) -> None:
    checked = run(second(action=action))
    assert (checked.valid, checked.report.figures) == (True, 94)


@pytest.mark.parametrize("action", ["Delete", "d", "i", "Merge", "", "X", "N"])
def test_what_is_no_action_of_sdmx_csv_is_refused(action: str) -> None:
    checked = run(second(action=action))
    assert "sdmx_action_unknown" in codes(checked)
    assert (checked.valid, checked.report.figures) == (False, 0)


@pytest.mark.parametrize("value", ["NaN", "", " "])
def test_figures_that_are_missing_fail_required_in_sdmx_csv(value: str) -> None:
    cells = [[*row[:4], value, *row[5:]] for row in body()]
    assert [one.code for one in run(second(cells)).report.findings].count("required") == 4


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((6, '"Thuế hàng hoá,02,30.5,100'), (8, 'Phí",3,20,50')),
        ((7, '- Thuế nhập khẩu,4,"10,20'), (9, 'Khác,,10",30')),
        ((8, 'Phí,3,20,"50'), (9, 'Khác,,10,30"')),
    ],
)
def test_two_stray_quotes_that_make_rows_the_text_of_a_cell_are_an_error_that_names_the_row(
    first: tuple[int, str], second: tuple[int, str]
) -> None:
    one = found(checked(separated(change=dict((first, second)))), "quote_unclosed")
    assert dict(one.particulars)["row"] == str(first[0])


def test_a_note_of_several_lines_with_commas_is_no_row_of_figures() -> None:
    note = '"Ghi chú: gồm thuế, phí, lệ phí, khác\nvà dòng 1, 2, 3, 4",,,'
    assert checked(separated(change={10: note})).valid


@pytest.mark.parametrize("status", ["M", "L"])
def test_a_number_that_its_status_says_is_not_there_is_an_error(status: str) -> None:
    rows_ = [[FLOW, *row, status if number == 0 else "A"] for number, row in enumerate(body())]
    content = text(["DATAFLOW", *HEADING, "OBS_STATUS"], rows_)
    one = found(run(content), "sdmx_status_contradicts")
    assert dict(one.particulars)["found"] == status


def test_a_flag_whose_heading_is_misspelt_by_its_case_is_an_error() -> None:
    """Passed over, it would let go on what it keeps back."""
    rows_ = [[FLOW, *row, "N"] for row in body()]
    checked_ = run(text(["DATAFLOW", *HEADING, "Conf_Status"], rows_))
    assert not checked_.valid
    assert found(checked_, "sdmx_columns_ignored").severity == "error"

"""Numbers as their cells show them: formats that scale, percent, texts beside the digits, and error values."""

import io
from collections.abc import Mapping
from decimal import Decimal

import pytest
import xlwt
from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from services.model.form import Form
from services.validation.checking.check import Checked, check
from services.validation.workbook import open_workbook
from services.validation.workbook.formats import is_plain, shown
from services.validation.workbook.numbers import Content, read_number
from tests.unit.test_validation_check import FORM, STATEMENT, rows, run, small_form
from tests.unit.test_validation_checks import codes, found, repair
from tests.unit.workbooks import ods, ods_table, saved, xlsx

MILLIONS = "#,##0.000,,"


def in_dong() -> list[list[object]]:
    """The small form's rows with each figure stored in đồng."""
    return [
        [cell * 1_000_000 if column > 1 and isinstance(cell, int | float) and number > 3 else cell
         for column, cell in enumerate(row)]
        for number, row in enumerate(rows())
    ]  # fmt: skip


def as_xlsx(
    cells: list[list[object]], format_: str, only: Mapping[str, str] | None = None
) -> bytes:
    """An .xlsx whose numbers have this format, or those in `only` their own."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in cells:
        sheet.append(row)
    for line in sheet.iter_rows(min_row=5):
        for cell in line:
            if cell.column > 2 and isinstance(cell.value, int | float):
                cell.number_format = (only or {}).get(cell.coordinate, format_)
    return saved(workbook)


def as_xls(cells: list[list[object]], format_: str) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Biểu")
    style = xlwt.easyxf(num_format_str=format_)
    for number, row in enumerate(cells):
        for column, cell in enumerate(row):
            if cell is not None:
                odd = number > 3 and column > 1 and isinstance(cell, int | float)
                sheet.write(number, column, cell, *([style] if odd else []))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def as_ods(cells: list[list[object]], style: str, kind: str = "float") -> bytes:
    """An .ods whose columns C and D have a style of cells, and number styles of their own."""
    heads = '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
    table = ods_table(cells).replace(
        "<table:table-row>",
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:default-cell-style-name="ce1" table:number-columns-repeated="2"/>'
        "<table:table-row>",
        1,
    )
    table = table.replace('office:value-type="float"', f'office:value-type="{kind}"')
    return ods(table, styles=style + heads)


ODS_MILLIONS = (
    '<number:number-style style:name="N1"><number:number number:decimal-places="3"'
    ' number:display-factor="1000000"/></number:number-style>'
)
ODS_LARGE_IN_MILLIONS = (
    '<number:number-style style:name="N1P0"><number:number number:display-factor="1000000"/>'
    '</number:number-style><number:number-style style:name="N1"><number:number/>'
    '<style:map style:condition="value()&gt;=1000000" style:apply-style-name="N1P0"/>'
    "</number:number-style>"
)


def figures(checked: Checked) -> list[Decimal | None]:
    return [one.value for one in checked.figures]


PLAIN = figures(check(FORM, xlsx(rows()), STATEMENT))


@pytest.mark.parametrize(
    "content",
    [
        as_xlsx(in_dong(), MILLIONS),
        as_xlsx(in_dong(), "#,##0.0,,;[Red]-#,##0.0,,;\"-\""),
        as_xlsx(in_dong(), '[$-42A]#,##0,.000,\\ "triệu"'),
        as_xlsx(in_dong(), '[>=1000000]0.0,,"tr";[<0]-0.0,,"tr";0'),
        as_xls(in_dong(), MILLIONS),
        as_ods(in_dong(), ODS_MILLIONS),
        as_ods(in_dong(), ODS_LARGE_IN_MILLIONS),
    ],
)  # fmt: skip
def test_scaled_numbers_are_read_as_shown_in_every_file_format(content: bytes) -> None:
    checked = check(FORM, content, STATEMENT)
    assert checked.valid, checked.report.findings
    assert figures(checked) == PLAIN
    assert len(repair(checked, "number_as_shown").place.cells) > 5


def test_a_column_of_which_some_cells_are_scaled_is_an_error_at_the_others() -> None:
    content = as_xlsx(in_dong(), MILLIONS, {"C6": "#,##0"})
    one = found(check(FORM, content, STATEMENT), "format_unclear")
    assert one.place.cells == ("C6",)


def test_a_column_of_which_nothing_is_left_when_it_is_scaled_is_an_error() -> None:
    one = found(check(FORM, as_xlsx(rows(), "#,##0,,"), STATEMENT), "format_unclear")
    assert len(one.place.cells) == 10


@pytest.mark.parametrize(
    "format_",
    [
        "0%", "0.0\\%", "0.00,,%", '#,##0 "tỷ"', '0.0,"k"', '0,,"?"', "0\\.000", "0\\.00,,", '#,##0",000"',
        ';;;', '"xem sau"', "\\-0", '0"tr",,', "[<0]0",
    ],
)  # fmt: skip
def test_a_format_that_shows_another_number_unclearly_is_an_error_that_names_the_cells(
    format_: str,
) -> None:
    checked = check(FORM, as_xlsx(rows(), "0", {"C6": format_, "D6": format_}), STATEMENT)
    one = found(checked, "format_unclear")
    assert one.place.cells == ("C6", "D6")
    assert not checked.valid


@pytest.mark.parametrize(
    "format_",
    [
        "General", "@", "#,##0.00", "#,##0 ;(#,##0)", '_(* #,##0_);_(* \\(#,##0\\);_(* "-"??_);_(@_)',
        "#,##0\\ ;[Red]\\ \\-\\ #,##0\\ ;\"\";", "#\\.##0", "# ##0", "0.00E+00", "# ?/?",
        '#,##0 "₫"', "[$₫-42A] #,##0", '0 "triệu"', '0 "lao động"', "0;0;", "0_,_,", "0*,", "[Blue]0",
    ],
)  # fmt: skip
def test_formats_that_show_what_is_stored_change_nothing(format_: str) -> None:
    checked = check(FORM, as_xlsx(rows(), format_), STATEMENT)
    assert codes(checked) == set()
    assert "number_as_shown" not in {one.code for one in checked.report.repairs}
    assert figures(checked) == PLAIN


def share_form() -> Form:
    body = small_form().to_dict()
    body["tables"][0]["unit"] = {"code": "PERCENT", "multiplier": 0, "labels": ["%"]}
    body["rules"] = [one for one in body["rules"] if one["kind"] == "type"]
    return Form.from_dict(body)


def shares() -> list[list[object]]:
    cells = rows()
    cells[1] = [None, None, None, "Đơn vị tính: %"]
    return [
        [0.07 if column > 1 and number > 3 and isinstance(cell, int | float) else cell
         for column, cell in enumerate(row)]
        for number, row in enumerate(cells)
    ]  # fmt: skip


ODS_PERCENT = (
    '<number:percentage-style style:name="N1"><number:number/><number:text>%</number:text>'
    "</number:percentage-style>"
)


@pytest.mark.parametrize(
    "content",
    [
        as_xlsx(shares(), "0%"),
        as_xlsx(shares(), "0.00%;[Red]-0.00%"),
        as_xlsx(shares(), "#,##0.0\\ %"),
        as_xls(shares(), "0.00%"),
        as_ods(shares(), ODS_PERCENT, "percentage"),
        as_ods(shares(), ODS_PERCENT),
        as_ods(shares(), "", "percentage"),
    ],
)
def test_shares_shown_as_percent_are_read_so_where_the_unit_is_percent(content: bytes) -> None:
    checked = check(share_form(), content, STATEMENT)
    assert checked.valid, checked.report.findings
    assert set(figures(checked)) == {Decimal("7.000000")}


def test_a_percent_sign_that_is_only_printed_multiplies_nothing() -> None:
    checked = check(share_form(), as_xlsx(shares(), '0.00"%"'), STATEMENT)
    assert set(figures(checked)) == {Decimal("0.070000")}


def test_conditions_choose_the_section_as_spreadsheets_do() -> None:
    code = '[>=1000000]0.0,,"M";[>=1000]0.0,"k";0'
    assert [shown(code, number).power for number in (2e6, 5e3, 7)] == [-6, -3, 0]
    assert [shown("0,;0,,;0%", number).power for number in (1, -1, 0)] == [-3, -6, 2]
    assert is_plain("[Red]0;0;0")
    assert not is_plain("0" * 2_000)


def test_a_negative_share_keeps_its_sign() -> None:
    cells = [[-cell if cell == 0.07 else cell for cell in row] for row in shares()]
    checked = check(share_form(), as_xlsx(cells, "0%"), STATEMENT)
    assert set(figures(checked)) == {Decimal("-7.000000")}


def test_a_share_without_its_percent_sign_among_others_with_one_is_an_error() -> None:
    content = as_xlsx(shares(), "0%", {"C6": "General"})
    assert found(check(share_form(), content, STATEMENT), "format_unclear").place.cells == ("C6",)
    cells = shares()
    cells[5][2] = 7.5
    checked = check(share_form(), as_xlsx(cells, "0%", {"C6": "General"}), STATEMENT)
    assert (checked.valid, Decimal("7.500000") in figures(checked)) == (True, True)


def test_a_share_that_is_text_with_a_percent_sign_is_no_number() -> None:
    cells = shares()
    cells[5][2] = "7%"
    one = found(check(share_form(), as_xlsx(cells, "0%"), STATEMENT), "not_number")
    assert one.place.cells == ("C6",)


# --- Error values -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""'
        ' calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>',
        '<table:table-cell table:formula="of:=NA()" calcext:value-type="error"/>',
        '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0">'
        "<text:p>Err:502</text:p></table:table-cell>",
    ],
)
def test_an_error_in_an_ods_is_no_number_at_its_cell(cell: str) -> None:
    table = ods_table(rows())
    last = table.rindex("<table:table-cell office:value-type")
    content = ods(table[:last] + cell + "</table:table-row></table:table>")
    one = found(check(FORM, content, STATEMENT), "not_number")
    assert one.place.cells == ("D9",)


def test_repeated_errors_are_one_at_each_cell() -> None:
    cell = (
        '<table:table-cell table:number-columns-repeated="2" table:formula="of:=1/0"'
        ' office:value-type="string" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    sheet = open_workbook(
        ods(f'<table:table table:name="a"><table:table-row>{cell}</table:table-row></table:table>')
    ).sheets[0]
    assert sheet.rows == [["#DIV/0!", "#DIV/0!"]]


# --- Two numbers in one cell ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "4938\n12", "9616,289\n120", "100\n200", "1\t234", "4938 12", "493\u00a0812\u00a012",
        "4938;12", "4938/12", "12  345", "1.234 567", "12 .5", "1 2", "5\u2028120",
    ],
)  # fmt: skip
def test_two_numbers_in_one_cell_are_none(text: str) -> None:
    assert read_number(text).content is Content.NOT_NUMBER


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("493 812", "493812"), ("1\u00a0225\u202f073,5", "1225073.5"), ("- 5", "-5"), (" 5\n", "5"),
        ("12 345.5", "12345.5"),
    ],
)  # fmt: skip
def test_blanks_between_thousands_belong_to_one_number(text: str, value: str) -> None:
    assert read_number(text).value == Decimal(value)


def test_a_number_that_is_none_is_named_as_that() -> None:
    assert read_number(float("nan")).content is Content.NOT_NUMBER


@pytest.mark.parametrize("mark", ["...", "x", "…", None, " "])
def test_what_means_missing_fails_required_as_blank_does(mark: str | None) -> None:
    cells = rows()
    cells[4][2] = mark
    assert found(run(cells), "required").place.cells == ("C5",)
    cells[4][2] = "-"
    assert "required" not in codes(run(cells))


@pytest.mark.parametrize(("text", "position"), [(",", 1), (",", 3), (".", 2), ("0", 0)])
def test_a_text_among_the_digits_of_an_ods_that_passes_for_others_is_unclear(
    text: str, position: int
) -> None:
    style = (
        '<number:number-style style:name="N1"><number:number number:min-integer-digits="2">'
        f'<number:embedded-text number:position="{position}">{text}</number:embedded-text>'
        "</number:number></number:number-style>"
    )
    checked = check(FORM, as_ods(rows(), style), STATEMENT)
    assert "format_unclear" in codes(checked)


def test_a_text_that_parts_the_thousands_of_an_ods_changes_nothing() -> None:
    style = (
        '<number:number-style style:name="N1"><number:number>'
        '<number:embedded-text number:position="3">.</number:embedded-text>'
        "</number:number></number:number-style>"
    )
    assert figures(check(FORM, as_ods(rows(), style), STATEMENT)) == PLAIN


def test_cells_of_an_ods_without_a_style_have_that_which_is_the_default() -> None:
    heads = (
        '<style:style style:name="Default" style:family="table-cell" style:data-style-name="N1"/>'
    )
    content = ods(ods_table(in_dong()), styles=ODS_MILLIONS + heads)
    assert figures(check(FORM, content, STATEMENT)) == PLAIN


@pytest.mark.parametrize("unit", ["ngđ", "ng.đ", "ng đồng", "ngàn đ"])
def test_a_format_that_says_thousands_in_short_under_millions_is_unclear(unit: str) -> None:
    checked = check(FORM, as_xlsx(rows(), f'0" {unit}"'), STATEMENT)
    assert "format_unclear" in codes(checked)


@pytest.mark.parametrize(
    ("code", "area", "cells"),
    [(MILLIONS, "C5:D9", 10), (MILLIONS, "A1:A4 D6", 1), ("#,##0.0", "C5:D9", 0)],
)  # fmt: skip
def test_a_format_that_scales_under_a_condition_is_unclear_at_its_cells(
    code: str, area: str, cells: int
) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows():
        sheet.append(row)
    style = DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode=code))
    sheet.conditional_formatting.add(area, Rule(type="expression", formula=["TRUE"], dxf=style))
    checked = check(FORM, saved(workbook), STATEMENT)
    unclear = [one.place.cells for one in checked.report.findings if one.code == "format_unclear"]
    assert sum(map(len, unclear)) == cells

"""Blank forms: what is printed is right, and a filled one reads back exactly."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import product
from random import Random
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.enumerations import Completeness
from services.model.form import Form
from services.model.observation import from_parquet
from services.model.period import Frequency, Period
from services.model.rule import CellType, RuleKind
from services.model.table import Role, Table, TableKind
from services.validation.checking.check import Checked, check
from services.validation.checks.plausibility import Past
from services.validation.reading.placing.searching import REPORTED
from services.validation.reading.placing.wording import label, spellings
from services.validation.reading.statement import Statement
from services.validation.rules.frames import CellKey
from services.validation.telling.figures import compared_with, latest
from services.validation.telling.template import Reported, Wanted, template
from services.validation.telling.template.plan import BLANK_RECORDS, HEADER_ROW
from tests.unit.test_examples import CODELISTS, FORMS

PERIODS = {Frequency.QUARTER: "2026-Q3", Frequency.YEAR: "2026"}
MARKS = ("-", "...", "x", None)
ALL = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
FIGURES = [form for form in FORMS.values() if form.tables[0].kind is TableKind.FIGURES]
RECORDS = [form for form in FORMS.values() if form.tables[0].kind is TableKind.RECORDS]
Sheet = Any


def wanted(form: Form, completeness: Completeness | None = Completeness.PRELIMINARY) -> Wanted:
    area = (form.area_lists[0], "11", "Tỉnh Điện Biên")
    return Wanted(Period.parse(PERIODS[form.frequencies[0]]), area, completeness)


@cache
def blank(form_id: str) -> bytes:
    return template(FORMS[form_id], wanted(FORMS[form_id]), CODELISTS)


def statement(form: Form) -> Statement:
    asked = wanted(form)
    assert asked.completeness
    return Statement(form.area_lists[0], "11", asked.period, asked.completeness)


def opened(content: bytes) -> tuple[Any, Sheet]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return book, book.worksheets[0]


def checked(form: Form, book: Any) -> Checked:
    buffer = io.BytesIO()
    book.save(buffer)
    # A filled form may break rules by chance; what is read must be right all the same.
    return check(
        replace(form, rules=types_only(form)), buffer.getvalue(), statement(form), CODELISTS
    )


def types_only(form: Form) -> tuple[Any, ...]:
    return tuple(rule for rule in form.rules if rule.kind.value == "type")


def columns(form: Form, sheet: Sheet) -> dict[str, int]:
    """Column id → column of the sheet, by the lowest heading that is printed over it."""
    table = form.tables[0]
    found: dict[str, int] = {}
    for column in table.columns:
        period = statement(form).period_of(column.span)
        path = [
            part.replace("{period}", spellings(period, column.span.value == "year_to_date")[0])
            for part in column.headers[0]
        ]
        row = HEADER_ROW + len(path)
        found[column.id] = next(
            cell.column
            for cell in sheet[row]
            if cell.value == path[-1] and cell.column not in found.values()
        )
    return found


def lines(table: Table, sheet: Sheet, places: dict[str, int]) -> dict[str, int]:
    """Row code → row of the sheet, by the code that is printed, else by the label."""
    code = next((places[one.id] for one in table.of_role(Role.CODE)), 0)
    text = places[table.of_role(Role.LABEL)[0].id]
    printed = {}
    for row in table.rows:
        for number in range(HEADER_ROW + 2, sheet.max_row + 1):
            by_code = code and sheet.cell(number, code).value == row.code
            by_label = row.unprinted and sheet.cell(number, text).value == row.label
            by_label = by_label and not sheet.cell(number, code).value
            if by_code or by_label:
                assert row.code not in printed
                assert label(sheet.cell(number, text).value) == label(row.label)
                printed[row.code] = number
    return printed


def a_number(chance: Random, whole: bool) -> Decimal | str | None:
    """A mark, a blank, or a number as large and as exact as a cell can hold it."""
    if chance.random() < 0.2:
        return chance.choice(MARKS)
    digits = Decimal(chance.randrange(-(10**15) + 1, 10 ** chance.randrange(1, 16)))
    return digits if whole else digits.scaleb(-chance.randrange(7))


@pytest.mark.parametrize("form", FIGURES, ids=lambda form: form.id)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_filled_template_reads_back_exactly(form: Form, seed: int) -> None:
    chance = Random(seed)
    table = form.tables[0]
    book, sheet = opened(blank(form.id))
    places = columns(form, sheet)
    rows = lines(table, sheet, places)
    assert set(rows) == {row.code for row in table.rows}
    whole = any(rule.expression == CellType.INTEGER for rule in types_only(form))
    expected = {}
    for code, number in rows.items():
        for column in table.of_role(Role.VALUE):
            cell = sheet.cell(number, places[column.id])
            cell.value = given_ = a_number(chance, whole)
            if given_ is not None:
                expected[cell.coordinate] = (code, column.id, given_)
    found = checked(form, book)
    if all(value in MARKS for _, _, value in expected.values()):
        assert [one.code for one in found.report.findings] == ["no_figures"]
        return
    assert found.report.findings == ()
    assert found.report.repairs == ()
    assert found.observations is not None
    read = {one["cell"]: one for one in from_parquet(found.observations).iter_rows(named=True)}
    assert set(read) == set(expected)
    for cell, (code, column_id, value) in expected.items():
        one = read[cell]
        shown = {"-": Decimal(0), "...": None, "x": None}.get(str(value), value)
        assert one["value"] == shown
        assert (one["missing"] is not None) == isinstance(value, str)
        indicator = code if table.indicators.value == "rows" else column_id
        assert one["indicator"] == indicator
        assert one["period"] == str(statement(form).period_of(table.by_id[column_id].span))


@pytest.mark.parametrize("form", RECORDS, ids=lambda form: form.id)
@settings(max_examples=5, deadline=None)
@given(count=st.integers(1, 30) | st.just(BLANK_RECORDS), seed=st.integers(0, 2**32))
def test_filled_records_read_back_exactly(form: Form, count: int, seed: int) -> None:
    chance = Random(seed)
    table = form.tables[0]
    book, sheet = opened(blank(form.id))
    places = columns(form, sheet)
    total = Decimal(0)
    sums = [one for one in table.aggregates if one.column]
    counts = [one for one in table.aggregates if not one.column]
    for number in range(count):
        for column in table.columns:
            cell = sheet.cell(HEADER_ROW + 3 + number, places[column.id])
            assert not cell.protection.locked
            if column.type is CellType.TEXT:
                cell.value = f"Mục {number}"
            else:
                cell.value = Decimal(number + 1)
            if column.id in [one.column for one in sums]:
                cell.value = drawn = Decimal(chance.randrange(10**12)).scaleb(-6)
                total += drawn
    found = checked(form, book)
    assert found.report.findings == ()
    assert found.observations is not None
    frame = from_parquet(found.observations)
    values = dict(zip(frame["indicator"], frame["value"], strict=True))
    assert len(sums) <= 1 <= len(counts)
    expected = {one.indicator: total for one in sums} | {one.indicator: count for one in counts}
    assert values == expected


@ALL
def test_an_empty_one_reads_as_nothing(form: Form) -> None:
    found = check(replace(form, rules=types_only(form)), blank(form.id), statement(form), CODELISTS)
    assert {one.code for one in found.report.findings} == {
        "records_missing" if form.tables[0].kind is TableKind.RECORDS else "no_figures"
    }
    assert found.report.repairs == ()


@ALL
def test_what_is_printed_is_locked_and_the_rest_is_not(form: Form) -> None:
    _, sheet = opened(blank(form.id))
    assert sheet.protection.sheet
    assert not sheet.protection.password
    places = columns(form, sheet)
    inputs = {
        places[column.id]
        for column in form.tables[0].columns
        if column.role in (Role.VALUE, Role.FIELD)
    }
    for row in sheet.iter_rows(min_row=HEADER_ROW + 1):
        for cell in row:
            assert cell.data_type != "f"
            if cell.value is not None:
                assert cell.protection.locked
            elif not cell.protection.locked:
                assert cell.column in inputs
    unlocked = [
        cell
        for row in sheet.iter_rows(min_row=HEADER_ROW + 1)
        for cell in row
        if not cell.protection.locked
    ]
    table = form.tables[0]
    assert len(unlocked) == len(inputs) * (len(table.rows) or BLANK_RECORDS)
    covered = {
        place
        for one in sheet.data_validations.dataValidation
        for area in one.sqref.ranges
        for place in area.cells
    }
    numeric = [cell for cell in unlocked if cell.number_format != "@"]
    assert {(cell.row, cell.column) for cell in numeric} <= covered


@ALL
def test_it_says_what_it_is_a_template_of(form: Form) -> None:
    book, sheet = opened(blank(form.id))
    properties = {one.name: one.value for one in book.custom_doc_props.props}
    assert properties["solieu.form"] == form.id
    assert properties["solieu.form_version"] == str(form.version)
    assert properties["solieu.period"] == PERIODS[form.frequencies[0]]
    texts = [str(cell.value) for row in sheet.iter_rows(max_row=HEADER_ROW) for cell in row]
    assert any(form.id in one and f"phiên bản {form.version}" in one for one in texts)
    assert form.title.vi.upper() in texts
    assert any(form.legal_basis.vi in one for one in texts)
    assert any("Tỉnh Điện Biên (11); số liệu sơ bộ" in one for one in texts)
    unit = form.tables[0].unit
    assert (f"Đơn vị tính: {unit.labels[0]}" in texts) if unit else True


def test_rules_are_told_where_they_are_about() -> None:
    _, sheet = opened(blank("cv17809-1"))
    said = {
        cell.coordinate: cell.comment.text
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }
    first = f"A{HEADER_ROW + 3}"
    assert "Bắt buộc phải ghi" in said[first]
    assert "1 = 2 + " in said[first]
    totals = {one.id.split("-")[1] for one in FORMS["cv17809-1"].rules if one.kind == "total"}
    # What is about every row stands at the headings.
    assert len(said) == len(totals | {"1", "2"}) + 1


def test_each_line_of_a_tree_and_any_other_rule_has_its_place() -> None:
    form = FORMS["cv17809-1"]
    tree = replace(form.rules[2], expression="1 = 2 + 35\n2 = 3 + 8", message=None)
    other = replace(tree, id="o", kind=RuleKind.CHECK, expression="year_to_date >=\n quarter")
    of_column = replace(other, id="c", columns=("quarter",), expression="quarter >= 0")
    changed = replace(form, rules=(tree, other, of_column))
    _, sheet = opened(template(changed, wanted(form), CODELISTS))
    said = {c.coordinate: c.comment.text for row in sheet.iter_rows() for c in row if c.comment}
    assert set(said) == {"A8", "C8", "A10", "A11"}
    assert "year_to_date >= quarter" in said["A8"]
    assert "quarter >= 0" in said["C8"]
    assert "2 = 3 + 8" in said["A11"]
    assert "2 = 3 + 8" not in said["A10"]


def test_sections_stand_above_their_rows() -> None:
    _, sheet = opened(blank("cv17809-3"))
    column = [cell.value for cell in sheet["A"]][HEADER_ROW + 2 :]
    assert column[:4] == ["I. Trồng trọt", "1.1. Lúa", "Vụ Đông Xuân", "Tiến độ gieo trồng"]
    assert column.count("1.1. Lúa") == 1
    assert column[column.index("Vụ Hè Thu") + 1] == "Tiến độ gieo trồng"


def test_a_code_that_forms_omit_is_omitted() -> None:
    _, sheet = opened(blank("cv17809-2"))
    codes = [cell.value for cell in sheet["B"][HEADER_ROW + 2 :]]
    printed = [None if row.unprinted else row.code for row in FORMS["cv17809-2"].tables[0].rows]
    assert None in printed
    assert codes == printed


@pytest.mark.parametrize(
    ("form", "number"), [("cv17809-2", "TRUE"), ("t0111", "C10=INT(C10)")], ids=["any", "whole"]
)
def test_only_numbers_and_marks_can_be_typed(form: str, number: str) -> None:
    _, sheet = opened(blank(form))
    (one, *_) = sheet.data_validations.dataValidation
    assert one.formula1.startswith(f'IF(ISNUMBER(C10),{number},OR(C10="-",')
    assert one.showErrorMessage


def test_codes_come_from_a_list() -> None:
    book, sheet = opened(blank("dn-list"))
    (one,) = [each for each in sheet.data_validations.dataValidation if each.type == "list"]
    codes = [
        cell.value for (cell,) in book["Danh mục"][one.formula1.split("!")[1].replace("$", "")]
    ]
    assert codes == [code.code for code in CODELISTS["VSIC2018"].codes]
    assert book["Danh mục"].protection.sheet


def test_the_guidance_may_be_english_and_still_reads() -> None:
    form = FORMS["cv17809-2"]
    content = template(form, replace(wanted(form, None), language="en", area=None), CODELISTS)
    _, sheet = opened(content)
    texts = [str(cell.value) for row in sheet.iter_rows(max_row=HEADER_ROW) for cell in row]
    assert any(form.title.en in one for one in texts)
    assert "Period: Quý III năm 2026" in texts
    found = check(replace(form, rules=()), content, statement(form))
    assert [one.code for one in found.report.findings] == ["no_figures"]


def test_dates_are_dates() -> None:
    form = FORMS["cv17809-4"]
    table = form.tables[0]
    dated = replace(table.columns[0], id="day", type=CellType.DATE, headers=(("Ngày",),))
    form = replace(form, tables=(replace(table, columns=(*table.columns, dated)),))
    book, sheet = opened(template(form, wanted(form), CODELISTS))
    cell = sheet.cell(HEADER_ROW + 3, len(table.columns) + 1)
    assert cell.number_format == "dd/mm/yyyy"
    assert any(
        one.formula1 == f"ISNUMBER({cell.coordinate})"
        for one in sheet.data_validations.dataValidation
    )
    cell.value = date(2026, 11, 20)
    assert book


@ALL
def test_it_is_the_same_each_time_and_whole(form: Form) -> None:
    again = template(form, wanted(form), CODELISTS)
    assert again == blank(form.id)
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        assert archive.testzip() is None


def test_a_workbook_of_another_form_is_named() -> None:
    found = check(FORMS["dn-list"], blank("cv17809-1"), statement(FORMS["cv17809-1"]), CODELISTS)
    (missing,) = [one for one in found.report.findings if one.code == "table_missing"]
    assert "It looks like form cv17809-1 (" in missing.message.en
    assert "Tệp này giống biểu cv17809-1 (" in missing.message.vi


# -- with what was reported before


def reported(form: Form, *, only: int = 10**6) -> Reported:
    """A number for each cell and each period beside it; as many as are wanted."""
    table, about = form.tables[0], statement(form)
    keys = [
        replace(CellKey.at(table, row, column, about), period=str(period))
        for row in table.rows
        for column in table.of_role(Role.VALUE)
        for period in compared_with(column, about)
        if period is not None
    ]
    return Reported(about, {key: Decimal(place + 1) / 4 for place, key in enumerate(keys[:only])})


@pytest.mark.parametrize("form", FIGURES, ids=lambda form: form.id)
def test_what_was_reported_stands_beside_and_is_read_by_no_check(form: Form) -> None:
    before = reported(form)
    content = template(form, wanted(form), CODELISTS, before)
    book, sheet = opened(content)
    beside = book[REPORTED]
    shown = [cell.value for row in beside.iter_rows() for cell in row if cell.data_type == "n"]
    assert sorted(filter(None, shown)) == sorted(map(float, before.figures.values()))
    assert beside.protection.sheet
    places = columns(form, sheet)
    numbers = lines(form.tables[0], sheet, places)
    filled = {}
    for place, (row, column) in enumerate(product(numbers, form.tables[0].of_role(Role.VALUE))):
        cell = sheet.cell(numbers[row], places[column.id])
        cell.value = filled[cell.coordinate] = 1000 + place
    found = checked(form, book)
    assert (found.report.findings, found.report.repairs) == ((), ())
    assert found.observations is not None
    read = from_parquet(found.observations)
    assert dict(zip(read["cell"], read["value"], strict=True)) == filled
    assert set(read["sheet"]) == {sheet.title}


@pytest.mark.parametrize("form", FIGURES, ids=lambda form: form.id)
def test_a_form_that_is_not_filled_is_not_read_from_what_was_reported(form: Form) -> None:
    content = template(form, wanted(form), CODELISTS, reported(form))
    found = check(replace(form, rules=types_only(form)), content, statement(form), CODELISTS)
    assert [one.code for one in found.report.findings] == ["no_figures"]
    book, sheet = opened(content)
    book.remove(sheet)
    assert [one.code for one in checked(form, book).report.findings] == ["table_missing"]


def test_what_was_reported_is_named_by_its_period() -> None:
    form = FORMS["cv17809-1"]
    book, _ = opened(template(form, wanted(form), CODELISTS, reported(form)))
    heads = [cell.value for cell in book[REPORTED][3]]
    assert heads[2:] == ["Quý II năm 2026", "Quý III năm 2025", "9 tháng năm 2025"]
    book, _ = opened(template(form, wanted(form), CODELISTS, reported(form, only=1)))
    assert [cell.value for cell in book[REPORTED][3]][2:] == ["Quý II năm 2026"]


@ALL
def test_without_anything_reported_there_is_no_such_sheet(form: Form) -> None:
    nothing = Reported(statement(form), {})
    assert template(form, wanted(form), CODELISTS, nothing) == blank(form.id)


def test_of_what_was_stored_twice_the_last_counts() -> None:
    form = FORMS["cv17809-1"]
    key, *_ = reported(form).figures
    before, last = (
        Past(Completeness.ESTIMATE, 1, pl.DataFrame([{**vars(key), "value": Decimal(value)}]))
        for value in (1, 2)
    )
    assert latest([last, before]) == {key: Decimal(2)}

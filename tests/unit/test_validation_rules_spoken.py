"""What a finding says of a rule: cells and headings, in the reader's numbers, and never a column's name."""

from __future__ import annotations

import pytest

from services.model.form import Form
from services.model.text import Text
from services.validation.rules.spoken import spoken
from tests.unit.test_validation_check import only, rows, run, small_form

CALLED = {"rate": Text("C5", "C5"), "total": Text("cột D", "column D"), "Tổng số": Text("E5", "E5")}


@pytest.mark.parametrize(
    ("expression", "vi", "en"),
    [
        ("rate  <=\n 0.5", "C5 <= 0,5", "C5 <= 0.5"),
        ('"Tổng số" >= rate and total > 1000', "E5 >= C5 và cột D > 1000", "E5 >= C5 and column D > 1000"),
        ("not (rate is null OR total IS NOT NULL)", "không (C5 để trống hoặc cột D có giá trị)",
         "not (C5 is blank or column D has a value)"),
        ("rate between 1 and 2 or name in ('or', x.in)", "C5 trong khoảng 1 và 2 hoặc name là một trong ('or'; x.in)",
         "C5 between 1 and 2 or name one of ('or', x.in)"),
        ("rate(total) > before.rate", "rate(cột D) > before.rate", "rate(column D) > before.rate"),
        ("name = 'rate 0.5 it''s total'", "name = 'rate 0.5 it''s total'", "name = 'rate 0.5 it''s total'"),
        ("ln(rat) > 0 and rate >= rates.x", "ln(rat) > 0 và C5 >= rates.x", "ln(rat) > 0 and C5 >= rates.x"),
        ("coalesce(RATE, .5) in (0.5, 1.5)", "coalesce(C5; 0,5) là một trong (0,5; 1,5)",
         "coalesce(C5, 0.5) one of (0.5, 1.5)"),
        ("extract(rate from date '2026-07-01') > cast(total as rate)",
         "extract(rate from date '2026-07-01') > cast(cột D as rate)",
         "extract(rate from date '2026-07-01') > cast(column D as rate)"),
        ("(rate) is  not false -- rate\n and position('a' in name) = 0",
         "(C5) không là sai và position('a' in name) = 0",
         "(C5) is not false and position('a' in name) = 0"),
        ("name = 'a  b'", "name = 'a  b'", "name = 'a  b'"),
        ("rates + _rate + x1.5", "rates + _rate + x1.5", "rates + _rate + x1.5"),
    ],
)  # fmt: skip
def test_names_become_what_people_see(expression: str, vi: str, en: str) -> None:
    assert spoken(expression, CALLED) == Text(vi, en)


def ruled(**rule: object) -> Form:
    numbers = {"id": "numbers", "kind": "type", "expression": "number", "level": 1}
    return small_form(rules=[numbers, {"id": "one", "kind": "check", "level": 1} | rule])


def test_a_row_is_judged_in_its_own_cells() -> None:
    form = ruled(expression="year_to_date >= 1.5 * quarter and quarter > 0")
    found = only(run([*rows()[:8], ["Khác", None, 10.25, 12]], form), "check")
    assert found.message.vi == (
        "3a – Khác (ô D9, C9, trang Sheet1): không thỏa D9 >= 1,5 * C9 và C9 > 0;"
        " trong tệp là D9 = 12; C9 = 10,25."
    )
    assert "D9 >= 1.5 * C9 and C9 > 0 does not hold" in found.message.en
    assert "D9 = 12; C9 = 10.25" in found.message.en


def test_what_is_about_many_rows_names_the_columns_of_the_sheet() -> None:
    form = ruled(expression="quarter < sum(quarter) * 0.1", by=[])
    said = [one.message.vi for one in run(rows(), form).report.findings]
    assert said and all(
        "không thỏa cột C < sum(cột C) * 0,1; trong tệp là C" in one for one in said
    )


def test_what_lacks_is_named_by_its_cell() -> None:
    sheet = rows()
    sheet[4][3] = "..."
    form = ruled(expression="year_to_date >= quarter")
    found = only(run(sheet, form), "undecided")
    assert found.message.vi == "Chưa kết luận được D5 >= C5: thiếu số liệu của D5."

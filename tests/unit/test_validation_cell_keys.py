"""Two columns of one span tell their figures apart by unit, measure or prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.model.form import Form
from services.model.observation import to_frame, to_parquet
from services.validation.checking.across import Part, inconsistencies
from services.validation.checking.check import Checked, check
from services.validation.checks.shrinking import Earlier
from services.validation.telling.figures import drawn
from tests.unit.test_validation_check import STATEMENT, small_form
from tests.unit.workbooks import UNIT, xlsx

NAME = {"vi": "Phần", "en": "Section"}
CONSTANT = {
    "id": "constant", "role": "value", "headers": [["Giá so sánh"]], "prices": "constant",
}  # fmt: skip


def two_prices(**changes: Any) -> Form:
    body = small_form(**changes).to_dict()
    (table,) = body["tables"]
    table["columns"] = [*table["columns"][:3], CONSTANT]
    table["base_year"] = 2010
    return Form.from_dict(body)


def sheet(*pairs: tuple[Any, Any]) -> list[list[Any]]:
    labels = (
        ("Tổng số", 1),
        ("Thuế hàng hoá", "02"),
        ("- Thuế nhập khẩu", 4),
        ("Phí", 3),
        ("Khác", None),
    )
    head: list[list[Any]] = [
        ["BÁO CÁO NHỎ"],
        list(UNIT),
        ["Chỉ tiêu", "Mã số", "Quý III năm 2026", "Giá so sánh"],
    ]
    return [
        *head,
        *([label, code, *pair] for (label, code), pair in zip(labels, pairs, strict=True)),
    ]


def checked(form: Form, *pairs: tuple[Any, Any]) -> Checked:
    return check(form, xlsx(sheet(*pairs)), STATEMENT)


WHOLE = (60, 45), (30, 20), (10, 5), (20, 15), (10, 10)


def test_what_a_correction_replaces_is_of_its_own_column() -> None:
    form = two_prices()
    found = checked(form, *WHOLE)
    assert len(found.figures) == 10, [one.code for one in found.report.findings]
    earlier = Earlier(1, 1, to_frame(found.figures))
    (table,) = drawn(form, STATEMENT, found.grids, found.report.findings, (), earlier)
    wrong = {
        (line.code, one.cell): (one.value, one.replaced)
        for line in table.lines
        for one in line.figures
        if one is not None and one.replaced is not None
    }
    assert wrong == {}, "the very same workbook replaces nothing"


@pytest.mark.parametrize("values", [WHOLE])
def test_parts_that_fit_in_each_column_fit(values: Any) -> None:
    form = two_prices(
        responsible=[
            {"id": "A", "section": NAME, "organisation_kinds": ["x"], "rows": ["1", "2", "4"]},
            {"id": "B", "section": NAME, "organisation_kinds": ["y"], "rows": ["3", "3a"]},
        ]
    )
    bare = replace(form, rules=())
    figures = check(bare, xlsx(sheet(*values)), STATEMENT).figures
    parts = [
        Part(
            UUID(int=n), 1, "s", None, to_parquet([one for one in figures if one.indicator in rows])
        )
        for n, rows in ((1, {"1", "2", "4"}), (2, {"3", "3a"}))
    ]
    assert inconsistencies(form, STATEMENT, parts) == ()
    # One column is wrong, and only that is told of.
    off = [
        replace(one, value=(one.value or Decimal(0)) + 7)
        if (one.indicator, str(one.prices)) == ("1", "current")
        else one
        for one in figures
    ]
    parts[0] = Part(
        UUID(int=1),
        1,
        "s",
        None,
        to_parquet([one for one in off if one.indicator in {"1", "2", "4"}]),
    )
    assert [one.column for one in inconsistencies(form, STATEMENT, parts)] == ["quarter"]


def test_parts_by_versions_with_another_unit_are_no_sum() -> None:
    """Version 2 asks for thousands in place of millions; one part was taken in by each."""
    sections = [
        {"id": "A", "section": NAME, "organisation_kinds": ["x"], "rows": ["1", "2", "4"]},
        {"id": "B", "section": NAME, "organisation_kinds": ["y"], "rows": ["3", "3a"]},
    ]
    form = two_prices(responsible=sections)
    figures = check(replace(form, rules=()), xlsx(sheet(*WHOLE)), STATEMENT).figures
    b = [
        replace(one, unit_multiplier=3, value=(one.value or Decimal(0)) * 1000)
        for one in figures
        if one.indicator in {"3", "3a"} and str(one.prices) == "current"
    ]
    a = [
        one for one in figures if one.indicator in {"1", "2", "4"} and str(one.prices) == "current"
    ]
    parts = [
        Part(UUID(int=1), 1, "s", None, to_parquet(a)),
        Part(UUID(int=2), 1, "t", None, to_parquet(b)),
    ]
    assert inconsistencies(form, STATEMENT, parts) == (), (
        "60 million are 30 million and 30,000 thousand"
    )

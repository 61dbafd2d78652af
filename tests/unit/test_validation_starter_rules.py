"""Absurd figures are not cleared: the rules that the starter forms have because their figures allow them."""

from __future__ import annotations

from typing import Any

import pytest

from services.model.codelist import load_codelists
from services.model.enumerations import Severity
from services.model.form import shipped_forms
from services.model.table import Role, TableKind
from services.validation.checking.check import Checked, check
from services.validation.telling.template.plan import HEADER_ROW
from tests.unit.test_validation_template import (
    blank,
    columns,
    lines,
    opened,
    statement,
)
from tests.unit.workbooks import saved

FORMS = shipped_forms()
CODELISTS = load_codelists()


def filled(form_id: str, figures: dict[tuple[str, str], Any]) -> Checked:
    """The form's template with these figures, by row code (or number of a record) and column."""
    form = FORMS[form_id]
    book, sheet = opened(blank(form_id))
    places = columns(form, sheet)
    rows = lines(form.tables[0], sheet, places) if form.tables[0].rows else {}
    for (row, column), value in figures.items():
        number = rows[row] if rows else HEADER_ROW + 1 + int(row)
        sheet.cell(number, places[column]).value = value
    return check(form, saved(book), statement(form), CODELISTS)


def failed(checked: Checked) -> dict[str, Severity]:
    """The rules of kind check that failed, each with its severity."""
    return {one.rule: one.severity for one in checked.report.findings if one.code == "check"}


PROJECT = {("1", "project"): "Đường", ("1", "investor"): "Ban"}
FIRM = {("1", "name"): "Công ty", ("1", "tax_code"): "0100109106"}
SHARED = {("1", "indicator"): "Tăng trưởng", ("1", "unit"): "%"}
ERROR, WARNING = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    ("form", "figures", "rules"),
    [
        ("cv17809-3", {("01", "quarter"): -5}, {"sign-quarter": ERROR}),
        ("cv17809-3", {("01", "year_to_date"): -0.01}, {"sign-year-to-date": ERROR}),
        (
            "cv17809-3",
            {("01", "quarter"): 90_000_000, ("01", "year_to_date"): 10},
            {"cumulative": ERROR, "land-quarter": ERROR},
        ),
        ("cv17809-3", {("01", "quarter"): 10, ("01", "year_to_date"): 10}, {}),
        ("cv17809-3", {("205", "quarter"): 4_000_000, ("205", "year_to_date"): 3_900_000}, {}),
        ("cv17809-1", {("4", "quarter"): -5}, {"sign-quarter": WARNING}),
        ("cv17809-1", {("37", "quarter"): -5}, {}),
        ("cv17809-2", {("8", "quarter"): 9, ("8", "year_to_date"): 8}, {"cumulative": WARNING}),
        ("cv17809-5", {("03", "quarter"): 9, ("03", "year_to_date"): 8}, {"cumulative": ERROR}),
        ("cv17809-6", {("4", "quarter"): 9, ("4", "year_to_date"): 8}, {}),
        ("cv17809-6", {("4", "quarter"): -9}, {"sign-quarter": ERROR}),
        ("cv17809-6", {("24", "quarter"): 9, ("24", "year_to_date"): 8}, {"cumulative": ERROR}),
        ("cktc-09-final", {("1", "revenue"): -1}, {"sign-revenue": ERROR}),
        ("cktc-09-final", {("1", "share"): 101}, {"share": ERROR}),
        ("cktc-09-plan", {("1", "deficit"): -1}, {"sign-deficit": ERROR}),
        ("t0111", {("T0111", "year"): -1}, {"sign": ERROR}),
        ("cv17809-4", PROJECT | {("1", "investment"): 69_999.9}, {"threshold": ERROR}),
        ("cv17809-4", PROJECT | {("1", "investment"): 70_000}, {}),
        ("dn-list", FIRM | {("1", "turnover"): -1}, {"sign-turnover": ERROR}),
        ("thong-tin-chia-se", SHARED | {("1", "value"): -1}, {"sign-value": WARNING}),
        ("thong-tin-chia-se", SHARED | {("1", "value"): 1}, {}),
    ],
)
def test_what_can_not_be_is_found_and_what_can_be_is_not(
    form: str, figures: dict[tuple[str, str], Any], rules: dict[str, Severity]
) -> None:
    assert failed(filled(form, figures)) == rules


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_value_column_of_every_form_has_a_sign(form: str) -> None:
    table = FORMS[form].tables[0]
    role = Role.FIELD if table.kind is TableKind.RECORDS else Role.VALUE
    numeric = {"number", "integer"}
    wanted = {
        one.id
        for one in table.of_role(role)
        if role is Role.VALUE or (one.type in numeric and not one.optional)
    }
    checked = {
        name
        for rule in FORMS[form].rules
        if rule.kind == "check"
        for name in wanted
        if f"{name} >=" in rule.expression
    }
    assert checked == wanted


# -- figures rounded to whole units

WHOLE = {("1", "quarter"): 101, ("2", "quarter"): 100, ("35", "quarter"): 0,
         ("37", "quarter"): 0, ("46", "quarter"): 0, ("47", "quarter"): 0}  # fmt: skip


def total_1(figures: dict[tuple[str, str], Any]) -> tuple[int, int]:
    found = filled("cv17809-1", figures).report.rules
    return next((one.passed, one.failed) for one in found if one.id == "total-1")


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({("1", "quarter"): 103}, True),
        ({("1", "quarter"): 104}, False),
        ({("1", "quarter"): 101.5}, False),
        ({("47", "quarter"): 0.25}, False),
        ({("1", "quarter"): 100.25, ("47", "quarter"): 0.25}, True),
    ],
)
def test_totals_of_whole_figures_may_be_off_by_rounding_others_may_not(
    changes: dict[tuple[str, str], Any], holds: bool
) -> None:
    assert total_1(WHOLE | changes) == ((1, 0) if holds else (0, 1))


def test_the_places_are_the_forms_default_and_a_rules_own_come_first() -> None:
    assert FORMS["cv17809-1"].decimals == 0
    assert FORMS["cktc-09-final"].decimals is None

"""Part deliveries: an attempt covers sections of its form; what stands in others is no figure of its sender's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.model.enumerations import Completeness, Regime, Severity
from services.model.form import Form, shipped_forms
from services.model.period import Period
from services.model.statement import NilKind
from services.model.text import ModelError
from services.validation.checking.check import Checked, check
from services.validation.checks.supply import Supply
from services.validation.reading.statement import Statement
from tests.unit.test_examples import CODELISTS
from tests.unit.test_validation_check import FORM
from tests.unit.test_validation_template import blank, opened
from tests.unit.workbooks import saved

SIX = shipped_forms()["cv17809-6"]
BANK = tuple(["3", "4", "9", "10", "13", "14", "19", "20"])
"""Rows of section A whose totals hold where all have one number: loans and deposits in đồng, short term."""


def of_six(
    kind: str | None,
    *filled: str,
    sections: str = "",
    items: tuple[dict[str, Any], ...] = (),
    nil: NilKind | None = None,
    form: Form = SIX,
    value: float = 5,
) -> Checked:
    """Form 6 with a number in each of these rows, sent by an organisation of a kind, or by nobody knows whom."""
    book, sheet = opened(blank(SIX.id))
    for row in sheet.iter_rows():
        if str(row[1].value) in filled:
            row[2].value = row[3].value = value
    statement = Statement(
        "63",
        "11",
        Period.parse("2026-Q3"),
        Completeness.PRELIMINARY,
        nil=nil,
        sections=frozenset(sections),
    )
    supply = None if kind is None else Supply(items, kind, Regime.COORDINATION)
    return check(form, saved(book), statement, CODELISTS, supply=supply)


def errors(checked: Checked) -> set[str]:
    return {one.code for one in checked.report.findings if one.severity is Severity.ERROR}


def rows_of(checked: Checked) -> set[str]:
    return {one.indicator for one in checked.figures}


@pytest.mark.parametrize(
    ("kind", "filled", "section", "count"),
    [
        ("finance_department", ("3", "9", "23"), "A. Tiền tệ, ngân hàng", 4),
        ("finance_department", ("23", "26"), "C. Bảo hiểm xã hội", 2),
        ("social_insurance", ("23", "26"), "B. Xổ số", 2),
    ],
)
def test_rows_that_another_agency_answers_for_are_returned_by_name(
    kind: str, filled: tuple[str, ...], section: str, count: int
) -> None:
    checked = of_six(kind, *filled)
    (one,) = [x for x in checked.report.findings if x.code == "section_of_another"]
    assert section in one.message.vi
    assert len(one.place.cells) == count
    assert checked.report.verdict == "returned"


@pytest.mark.parametrize(
    ("kind", "filled"),
    [
        ("finance_department", ("23", "24")),
        ("state_bank_branch", BANK),
        ("social_insurance", ("26",)),
    ],
)
def test_each_section_is_accepted_alone(kind: str, filled: tuple[str, ...]) -> None:
    checked = of_six(kind, *filled)
    assert errors(checked) == set()
    assert rows_of(checked) == set(filled)


def test_a_nought_in_anothers_rows_is_no_figure_of_the_senders() -> None:
    checked = of_six("social_insurance", "23", "24", value=0)
    assert "section_of_another" not in errors(checked)
    assert rows_of(checked) == set()


def test_who_is_asked_to_send_anothers_section_too_may() -> None:
    for_both = ({"sections": ["A", "B"]},)
    checked = of_six("finance_department", *BANK, "23", items=for_both)
    assert errors(checked) == set()
    assert rows_of(checked) == {*BANK, "23"}


def test_of_several_sections_those_that_are_named_are_looked_at_alone() -> None:
    both = ({"sections": ["A"]}, {"sections": ["B"]})
    assert rows_of(of_six("finance_department", "23", sections="B", items=both)) == {"23"}
    (one,) = [
        x
        for x in of_six(
            "finance_department", "23", "3", "9", sections="B", items=both
        ).report.findings
        if x.code == "section_not_stated"
    ]
    assert "A. Tiền tệ" in one.message.vi and len(one.place.cells) == 4


def test_a_section_that_is_covered_and_blank_is_named() -> None:
    both = ({"sections": ["A", "B"]},)
    checked = of_six("finance_department", "23", items=both)
    (one,) = [x for x in checked.report.findings if x.code == "section_blank"]
    assert "A. Tiền tệ" in one.message.vi
    assert errors(of_six("finance_department", items=both)) == {"no_figures"}


def test_nobody_knows_who_sends_it_before_it_is_sent() -> None:
    assert errors(of_six(None, *BANK)) == set()
    assert errors(of_six(None, "23", "26", sections="B")) == {"section_not_stated"}


def test_a_nil_says_nothing_of_anothers_rows() -> None:
    checked = of_six("finance_department", nil=NilKind.NONE_OCCURRED)
    assert rows_of(checked) == {"23", "24"}
    assert {one.value for one in checked.figures} == {Decimal(0)}
    not_collected = of_six("social_insurance", nil=NilKind.NOT_COLLECTED)
    assert rows_of(not_collected) == {"25", "26"}


def test_what_is_required_is_asked_of_the_sections_that_are_covered() -> None:
    body = SIX.to_dict()
    body["rules"].append(
        {"id": "asked", "kind": "required", "expression": "3, 23, 24, 26", "level": 1}
    )
    form = Form.from_dict(body)
    findings = of_six("finance_department", "23", form=form).report.findings
    asked = {cell for one in findings if one.rule == "asked" for cell in one.place.cells}
    _, sheet = opened(blank(SIX.id))
    assert {str(sheet[f"B{cell[1:]}"].value) for cell in asked} == {"24"} and len(asked) == 2
    assert errors(of_six("social_insurance", "26", form=form)) == set()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": ["1", "99"]}, "no row 99"),
        ({"rows": []}, "section A names no rows"),
        ({"id": ""}, "each has an id, or none has"),
        ({"id": "B"}, "section B is there twice"),
        ({"rows": ["1", "22"]}, "row 22 is of two sections"),
    ],
)
def test_sections_of_a_form_have_rows_of_their_own(change: dict[str, Any], said: str) -> None:
    body = SIX.to_dict()
    body["responsible"][0] |= change
    with pytest.raises(ModelError, match=said):
        Form.from_dict(body)
    assert Form.from_dict(FORM.to_dict()).sections == ()


def test_none_can_occur_only_where_each_section_allows_it() -> None:
    bank = of_six("state_bank_branch", nil=NilKind.NONE_OCCURRED)
    assert "nil_not_allowed" in errors(bank), "loans and deposits are never none"
    assert errors(of_six("state_bank_branch", nil=NilKind.NOT_COLLECTED)) == set()


def test_words_in_anothers_rows_are_named_and_signs_of_absence_are_not() -> None:
    book, sheet = opened(blank(SIX.id))
    said = {"3": "khoảng 12 tỷ", "4": "12 triệu đồng", "26": "-", "9": "…", "24": 7, "23": 8}
    for row in sheet.iter_rows():
        if (code := str(row[1].value)) in said:
            row[2].value = said[code]
            row[3].value = 9 if code in ("23", "24") else None
    statement = Statement("63", "11", Period.parse("2026-Q3"), Completeness.PRELIMINARY)
    supply = Supply((), "finance_department", Regime.COORDINATION)
    checked = check(SIX, saved(book), statement, CODELISTS, supply=supply)
    (one,) = [x for x in checked.report.findings if x.code == "section_of_another"]
    assert {str(sheet[f"B{cell[1:]}"].value) for cell in one.place.cells} == {"3", "4"}

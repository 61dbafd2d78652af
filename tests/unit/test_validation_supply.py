"""What is said of figures beyond what their sender supplies by the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from services.model.catalogue import load_items
from services.model.enumerations import Completeness, Regime, Severity
from services.model.form import Form, load_forms, published
from services.model.period import Period
from services.model.text import ModelError
from services.validation.checking.check import Checked, check
from services.validation.checks.supply import Supply
from services.validation.reading.statement import Statement
from tests.unit.test_examples import CODELISTS
from tests.unit.test_validation_check import FORM, rows
from tests.unit.test_validation_template import blank, opened
from tests.unit.workbooks import saved, xlsx

ITEM: dict[str, Any] = {
    "name": {"vi": "Thu ngân sách", "en": "Revenue"},
    "completeness": ["estimate", "preliminary"],
    "frequency": "quarter",
}
BEYOND = {"item_completeness", "item_frequency", "regime_differs", "section_of_another"}


def said(
    supply: Supply | None,
    completeness: Completeness = Completeness.PRELIMINARY,
    period: str = "2026-Q3",
) -> set[str]:
    statement = Statement("63", "11", Period.parse(period), completeness)
    checked = check(FORM, xlsx(rows()), statement, supply=supply)
    found = [one for one in checked.report.findings if one.code in BEYOND]
    assert all(one.severity is Severity.WARNING for one in found)
    assert all("Thu ngân sách" in one.message.vi for one in found if one.code.startswith("item_"))
    return {one.code for one in found}


def test_what_is_supplied_as_agreed_is_no_matter() -> None:
    assert said(None) == set()
    assert said(Supply(ITEM, "x", Regime.COORDINATION)) == set()
    assert said(Supply(None, "x", Regime.COORDINATION)) == set()


def test_what_is_beyond_the_item_is_named_with_it() -> None:
    supply = Supply(ITEM, "x", Regime.COORDINATION)
    assert said(supply, Completeness.OFFICIAL) == {"item_completeness"}
    yearly = Supply({**ITEM, "frequency": "year"}, "x", Regime.COORDINATION)
    assert said(yearly) == {"item_frequency"}


def test_another_regime_than_the_forms_is_named() -> None:
    assert said(Supply(ITEM, "x", Regime.SHARING)) == {"regime_differs"}


def of_six(kind: str, *filled: str) -> Checked:
    """Form 6 with a number in each of these rows, sent by an organisation of a kind."""
    form = load_forms()["cv17809-6"]
    book, sheet = opened(blank(form.id))
    for row in sheet.iter_rows():
        if str(row[1].value) in filled:
            row[2].value = row[3].value = 5
    statement = Statement("63", "11", Period.parse("2026-Q3"), Completeness.PRELIMINARY)
    supply = Supply(None, kind, Regime.COORDINATION)
    return check(form, saved(book), statement, CODELISTS, supply=supply)


@pytest.mark.parametrize(
    ("kind", "filled", "section", "count"),
    [
        ("finance_department", ("3", "9", "23"), "A. Tiền tệ, ngân hàng", 4),
        ("finance_department", ("23", "26"), "C. Bảo hiểm xã hội", 2),
        ("social_insurance", ("23",), "B. Xổ số", 2),
    ],
)
def test_rows_that_another_agency_answers_for_are_named(
    kind: str, filled: tuple[str, ...], section: str, count: int
) -> None:
    (one,) = [x for x in of_six(kind, *filled).report.findings if x.code == "section_of_another"]
    assert section in one.message.vi
    assert len(one.place.cells) == count


@pytest.mark.parametrize(
    ("kind", "filled"),
    [
        ("finance_department", ("23", "24")),
        ("state_bank_branch", ("3", "12")),
        ("social_insurance", ("26",)),
    ],
)
def test_ones_own_rows_are_no_matter(kind: str, filled: tuple[str, ...]) -> None:
    findings = of_six(kind, *filled).report.findings
    assert not [one for one in findings if one.code == "section_of_another"]


def test_a_section_names_rows_that_there_are() -> None:
    body = FORM.to_dict()
    body["responsible"][0]["rows"] = ["1", "99"]
    with pytest.raises(ModelError, match="no row 99"):
        Form.from_dict(body)


def test_every_form_of_the_starter_pack_has_an_item_that_takes_its_figures() -> None:
    items = load_items()
    for form in load_forms().values():
        mine = [one for one in items if one.form == form.id]
        assert mine, form.id
        assert published(form.to_dict())
        for item in mine:
            assert item.frequency in form.frequencies and item.regime == form.regime

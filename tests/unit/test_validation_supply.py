"""What is said of figures beyond what their sender supplies by the catalogue."""

from __future__ import annotations

from typing import Any

from services.model.enumerations import Completeness, Regime, Severity
from services.model.form import published, shipped_forms
from services.model.period import Period
from services.model.starter_pack import load_items
from services.validation.checking.check import check
from services.validation.checks.supply import Supply
from services.validation.reading.statement import Statement
from tests.unit.test_validation_check import FORM, rows
from tests.unit.workbooks import xlsx

ITEM: dict[str, Any] = {
    "name": {"vi": "Thu ngân sách", "en": "Revenue"},
    "completeness": ["estimate", "preliminary"],
    "frequency": "quarter",
}
BEYOND = {"item_completeness", "item_frequency", "regime_differs"}


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
    assert said(Supply((ITEM,), "x", Regime.COORDINATION)) == set()
    assert said(Supply((), "x", Regime.COORDINATION)) == set()


def test_what_is_beyond_the_item_is_named_with_it() -> None:
    supply = Supply((ITEM,), "x", Regime.COORDINATION)
    assert said(supply, Completeness.OFFICIAL) == {"item_completeness"}
    yearly = Supply(({**ITEM, "frequency": "year"},), "x", Regime.COORDINATION)
    assert said(yearly) == {"item_frequency"}


def test_another_regime_than_the_forms_is_named() -> None:
    assert said(Supply((ITEM,), "x", Regime.SHARING)) == {"regime_differs"}


def test_every_form_of_the_starter_pack_has_an_item_that_takes_its_figures() -> None:
    items = load_items()
    for form in shipped_forms().values():
        mine = [one for one in items if one.form == form.id]
        assert mine, form.id
        assert published(form.to_dict())
        for item in mine:
            assert item.frequency in form.frequencies and item.regime == form.regime

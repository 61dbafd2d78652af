"""Rules of the engine on forms: findings name cells, references are what was accepted before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.model.enumerations import Completeness, Severity
from services.model.form import Form
from services.model.period import Period
from services.model.text import ModelError
from services.validation.checking.check import Checked, check
from services.validation.reading.accepted import Accepted, AcceptedFigure
from services.validation.reading.statement import Statement
from tests.unit.test_validation_check import STATEMENT, only, rows, small_form
from tests.unit.workbooks import xlsx

LAST = {"name": "last_quarter", "period": "previous"}
GROWTH = {
    "id": "growth",
    "kind": "change",
    "reference": "last_quarter",
    "columns": ["quarter"],
    "expression": "growth between -0.5 and 0.5",
    "level": 2,
    "severity": "warning",
}


def form_with(*rules: Mapping[str, Any], **changes: Any) -> Form:
    return small_form(rules=[*small_form().to_dict()["rules"], *rules], **changes)


def run(form: Form, accepted: tuple[Accepted, ...] = (), sheet: Any = None) -> Checked:
    return check(form, xlsx(sheet or rows()), STATEMENT, accepted=accepted)


def tally(checked: Checked, rule: str) -> tuple[int, int, int]:
    (found,) = [one for one in checked.report.rules if one.id == rule]
    return found.passed, found.failed, found.undecided


def accepted_quarter(
    form: Form, values: Mapping[str, str | None], sender: str = "so", **figure: Any
) -> Accepted:
    """What was accepted of the second quarter, by row code."""
    statement = Statement("63", "11", Period.parse("2026-Q2"), Completeness.OFFICIAL)
    given: dict[str, Any] = {"reference_start": None, "reference_end": None} | figure
    figures = tuple(
        AcceptedFigure(code, "", "", "11", "2026-Q2", None if one is None else Decimal(one), None, **given)
        for code, one in values.items()
    )  # fmt: skip
    return Accepted("last_quarter", sender, form.to_dict(), statement, 1, figures)


def test_a_check_names_the_cells_of_its_row() -> None:
    form = form_with(
        {"id": "since", "kind": "check", "expression": "year_to_date >= quarter * 3", "level": 1}
    )
    sheet = rows()
    sheet[7][3] = 50
    checked = run(form, sheet=sheet)
    assert tally(checked, "since") == (2, 3, 0)
    found = [one for one in checked.report.findings if one.rule == "since"]
    assert [one.place.cells for one in found] == [("D5", "C5"), ("D8", "C8"), ("D7", "C7")]
    assert "180" in found[0].message.en
    assert not checked.valid


def test_a_row_without_a_figure_is_undecided_and_says_which_cell_lacks() -> None:
    form = form_with(
        {"id": "since", "kind": "check", "expression": "year_to_date >= quarter", "level": 1}
    )
    sheet = rows()
    sheet[8][3] = "..."
    checked = run(form, sheet=sheet)
    assert tally(checked, "since") == (4, 0, 1)
    (found,) = [one for one in checked.report.findings if one.rule == "since"]
    assert (found.code, found.severity, found.place.cells) == (
        "undecided",
        Severity.INFORMATION,
        ("D9",),
    )


def test_change_against_what_was_accepted() -> None:
    form = form_with(GROWTH, references=[LAST])
    before = accepted_quarter(form, {"1": "60", "2": "15", "3": "20", "4": None})
    checked = run(form, (before,))
    assert tally(checked, "growth") == (2, 1, 2)
    found = only(checked, "change")
    assert (found.severity, found.place.cells, found.value) == (Severity.WARNING, ("C6",), "30.5")
    assert checked.valid


def test_without_anything_accepted_the_rule_is_undecided() -> None:
    checked = run(form_with(GROWTH, references=[LAST]))
    assert tally(checked, "growth") == (0, 0, 1)
    assert "last_quarter" in only(checked, "reference_missing").message.en


def test_figures_of_another_coverage_are_not_compared() -> None:
    form = form_with(GROWTH, references=[LAST])
    part: dict[str, Any] = {"reference_start": date(2026, 4, 1), "reference_end": date(2026, 5, 20)}
    checked = run(form, (accepted_quarter(form, {"1": "1"}, **part),))
    assert tally(checked, "growth") == (0, 0, 5)
    assert "quarter" in only(checked, "coverage_differs").message.en


def test_the_same_partial_coverage_of_another_year_is_compared() -> None:
    cut = {"completeness": "estimate", "period_ends": [12, 31], "reference_ends": [11, 20]}
    year = {"name": "last_quarter", "period": "year_before"}
    form = form_with(GROWTH, references=[year], cutoffs=[cut])
    now = Statement("63", "11", Period.parse("2026-Q4"), Completeness.ESTIMATE)
    then = replace(now, period=Period.parse("2025-Q4"))
    figure = AcceptedFigure(
        "1", "", "", "11", "2025-Q4", Decimal(1), None, date(2025, 10, 1), date(2025, 11, 20)
    )
    before = Accepted("last_quarter", "so", form.to_dict(), then, 1, (figure,))
    sheet = rows()
    sheet[2] = ["Chỉ tiêu", "Mã số", "Quý IV năm 2026", "Năm 2026"]
    checked = check(form, xlsx(sheet), now, accepted=(before,))
    assert tally(checked, "growth") == (0, 1, 4)


def test_figures_of_several_senders_stand_under_one_reference() -> None:
    others = {"name": "last_quarter", "sender": "any"}
    mirror = {
        "id": "mirror", "kind": "check", "level": 3, "columns": [],
        "expression": "not exists (select 1 from last_quarter as o where o.code = main.code"
        " and abs(o.quarter - main.quarter) > 0.05 * main.quarter)",
    }  # fmt: skip
    form = form_with(mirror, references=[others])
    given = tuple(
        replace(
            accepted_quarter(form, {"1": first, "2": "30"}, sender),
        )
        for sender, first in (("tax", "60"), ("customs", "70"))
    )
    checked = run(form, given)
    assert tally(checked, "mirror") == (4, 1, 0)
    assert only(checked, "check").place.cells == ("C5",)


def test_the_other_kinds_say_what_they_found() -> None:
    form = form_with(
        {"id": "once", "kind": "unique", "expression": "quarter", "level": 1},
        {"id": "big", "kind": "exists", "expression": "quarter > 1000", "level": 1},
        {"id": "all", "kind": "complete", "expression": "quarter = 1..1", "level": 1, "severity": "warning"},
        {"id": "query", "kind": "sql", "expression": "select * from main where quarter = 20", "level": 1},
    )  # fmt: skip
    checked = run(form)
    by_rule = {one.rule: one for one in checked.report.findings}
    assert tally(checked, "once") == (3, 2, 0)
    assert by_rule["once"].code == "unique"
    assert (by_rule["big"].code, by_rule["all"].code) == ("lacking", "lacking")
    assert (by_rule["query"].code, by_rule["query"].place.cells) == ("sql", ("C8", "D8"))


def test_a_rule_that_overflows_is_said_and_returns_nothing() -> None:
    expression = f"quarter * {10**34} > 0"
    checked = run(form_with({"id": "over", "kind": "check", "expression": expression, "level": 1}))
    assert only(checked, "rule_not_computed").severity is Severity.INFORMATION
    assert tally(checked, "over") == (0, 0, 5)
    assert checked.valid


def test_a_tree_of_totals_and_what_missing_means() -> None:
    tree = {"id": "tree", "kind": "total", "expression": "1 = 2 + 3 + 3a\n2 >= 4", "level": 1}
    sheet = rows()
    sheet[8][2] = None
    sheet[8][3] = 31
    assert tally(run(form_with(tree)), "tree") == (4, 0, 0)
    assert tally(run(form_with(tree), sheet=sheet), "tree") == (2, 1, 1)
    strict = run(form_with(tree | {"missing": "fail"}), sheet=sheet)
    assert tally(strict, "tree") == (2, 2, 0)
    assert tally(run(form_with(tree | {"missing": "pass"}), sheet=sheet), "tree") == (3, 1, 0)
    failing = [one for one in strict.report.findings if one.rule == "tree"]
    assert {one.severity for one in failing} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"expression": "quartr > 0"}, "no column quartr: did you mean quarter"),
        ({"expression": "quarter > (select max(quarter) from nothing)"}, "no table or reference nothing"),
        ({"expression": "quarter > 0", "level": 3}, "level 3 contradicts"),
        ({**GROWTH, "level": 1}, "level 1 contradicts what it compares with .last_quarter.: write 2"),
        ({**GROWTH, "reference": "last_quater"}, "did you mean last_quarter"),
        ({"expression": "quarter > 0", "order": ["code"]}, "order has no meaning"),
        ({"kind": "total", "expression": "1 = 2", "when": "quarter > 0"}, "when has no meaning"),
    ],
)  # fmt: skip
def test_a_form_refuses_a_rule_that_can_not_be(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        form_with({"id": "r", "kind": "check", "level": 1} | rule, references=[LAST])


def test_a_reference_to_another_form_is_known_only_there() -> None:
    other = {"name": "other_form", "form": "cv17809-1"}
    rule = {
        "id": "r", "kind": "check", "level": 4,
        "expression": "quarter <= (select max(o.anything) from other_form as o where o.code = main.code)",
    }  # fmt: skip
    form = form_with(rule, references=[other])
    assert tally(run(form), "r") == (0, 0, 1)
    with pytest.raises(ModelError, match="write 2 or 4"):
        form_with(rule | {"level": 3}, references=[other])

"""The study of planted errors, in short: every kind is found, and nothing is said of correct workbooks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from bench.planted import study
from bench.planted.clean import clean, codelists
from bench.planted.errors import KINDS
from bench.planted.planting import expected
from bench.planted.study import CLEAN, Found, measure
from services.model.form import shipped_forms
from services.model.rule import Rule, RuleKind
from services.validation.checking.check import Checked, check
from services.validation.workbook import open_workbook

TIMES = 10


@pytest.fixture(scope="module")
def found() -> dict[str, Found]:
    return {one.kind: one for one in measure(TIMES, lambda _: None)}


@pytest.mark.parametrize("kind", [CLEAN, *KINDS])
def test_every_error_is_found_and_nothing_else(kind: str, found: dict[str, Found]) -> None:
    one = found[kind]
    assert one.planted == TIMES
    assert one.missed == ()
    assert one.alarms == ()


def test_the_study_sees_what_is_missed_and_what_is_a_false_alarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def blind(*_: object, **__: object) -> Checked:
        """Whatever it is given, it checks a correct workbook in which a unit line was forgotten."""
        book = clean(shipped_forms()["cv17809-1"], Random(1))
        del book.sheet.cells[book.unit]
        return check(book.form, book.sheet.to_xlsx(), book.statement, codelists())

    monkeypatch.setattr(study, "check", blind)
    monkeypatch.setattr(study, "KINDS", {"a row is missing": KINDS["a row is missing"]})
    correct, missing = measure(3, lambda _: None)
    assert (correct.alarmed, missing.found, missing.alarmed) == (3, 0, 3)
    assert "unit_missing" in missing.alarms[0]


@pytest.mark.parametrize(
    ("kind", "number", "form"),
    [
        # A row's label, "Tổng số", was taken for the heading of the column that is missing.
        ("a column is missing", 70, "cktc-09-final"),
        ("a column is missing", 160, "cktc-09-final"),
        # A line with another one's code was taken for the row that forms print without a code.
        ("a row code twice", 233, "cv17809-2"),
        ("a row code twice", 363, "cv17809-2"),
        # Of figures that scatter one was taken for another that lost its comma.
        ("#REF!", 121, "cktc-09-plan"),
    ],
)
def test_what_the_study_found_stays_mended(kind: str, number: int, form: str) -> None:
    seen = study.examined(kind, KINDS[kind], number, form_id=form)
    assert seen is not None
    _, report, planted = seen
    assert study.is_found(report, planted)
    assert list(study.alarms(report, planted)) == []


def test_a_lost_comma_is_suspected_in_a_tree_of_totals() -> None:
    book = clean(shipped_forms()["cv17809-1"], Random(2))
    tree = "1 = 2 + 35 + 37 + 46 + 47\n38 = 39 + 40 + 41 + 42 + 43 + 44"
    totals = Rule("tree", RuleKind.TOTAL, tree, 1)
    book.set("39", "quarter", Decimal(str(book.values["39", "quarter"]).replace(".", "")))
    form = replace(book.form, rules=(totals,))
    report = check(form, book.sheet.to_xlsx(), book.statement, codelists()).report
    (lost,) = (one for one in report.findings if one.code == "decimal_comma_lost")
    assert lost.place.cells == (book.cell("39", "quarter"),)


def test_correct_workbooks_differ_in_their_layout() -> None:
    books = [clean(shipped_forms()["cv17809-1"], Random(number)) for number in range(30)]
    assert len({one.place("1", "quarter") for one in books}) > 5
    assert {one.as_text for one in books} == {True, False}
    assert open_workbook(books[0].sheet.to_xlsx()).sheets[0].rows


def test_what_is_expected_is_one_of_the_codes_at_one_of_the_cells() -> None:
    book = clean(shipped_forms()["cv17809-1"], Random(3))
    del book.sheet.cells[book.unit]
    report = check(book.form, book.sheet.to_xlsx(), book.statement, codelists()).report
    assert study.is_found(report, expected("unit_missing", "total"))
    assert not study.is_found(report, expected("unit_missing", cell="A1"))
    assert not study.is_found(report, expected("total"))

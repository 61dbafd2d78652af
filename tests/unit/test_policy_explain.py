"""Why, what would change it, who may use what, and changed policies over what was decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from services.model.messages import texts
from services.model.regulation import load_regulations
from services.policy.insight.explain import Explanation, alternatives, explained, plain
from services.policy.insight.matrix import AUDIENCES, CLASSES, Cell, matrix
from services.policy.insight.trial import Trial
from services.policy.law.decide import decide
from services.policy.law.policies import FOLDER, library, read
from services.policy.law.verdict import COMPILERS, Audience, Verdict
from tests.unit.policy_cases import case, finding
from tests.unit.test_policy_decide import ANY_FACTS

NAME = finding("person_name")
AGENCY = Audience("agency", "x")
FILES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cedar*")}


def ways(explanation: Explanation) -> set[tuple[str, ...]]:
    return {one.facts for one in explanation.changes if one.verdict is Verdict.CLEARED}


@pytest.mark.parametrize(
    ("facts", "audience", "expected"),
    [
        ({"regime": "sharing", "findings": (NAME,)}, COMPILERS, {("unnamed",), ("consent",)}),
        ({"findings": (NAME,)}, COMPILERS, {("unnamed",), ("consent",), ("demanded",)}),
        ({"errors": 2}, COMPILERS, {("correct",)}),
        ({"markings": (finding("secret"),)}, COMPILERS, {("unmarked",)}),
        ({"classification": "state_secret"}, COMPILERS, {("public",)}),
        ({}, AGENCY, {("published",)}),
        ({"errors": 1, "integrity": "altered"}, COMPILERS, {("correct", "intact")}),
        ({"needs_acceptance": True}, COMPILERS, {("accepted",)}),
        ({"missing": ("form",)}, COMPILERS, {("catalogued",)}),
    ],
)
def test_the_smallest_changes_that_would_clear_it(
    facts: dict[str, Any], audience: Audience, expected: set[tuple[str, ...]]
) -> None:
    assert ways(explained(case(**facts), audience)) == expected


def test_what_is_shown_is_what_was_asked_and_no_text_of_the_workbook() -> None:
    found = plain(explained(case(regime="sharing", findings=(NAME,))))
    assert (found["verdict"], found["facts"]["identifiers"]) == ("withheld", ["person_name"])
    assert found["reasons"][0]["policy"] == "dien-bien-1618-2021.6.2"
    assert found["policies"][0] == "dien-bien-1618-2021.4.2"


@given(ANY_FACTS)
def test_each_change_that_is_named_leads_where_it_says(facts: dict[str, Any]) -> None:
    given_case = case(**facts)
    options = dict(alternatives(given_case))
    for change in explained(given_case).changes:
        changed = {k: v for name in change.facts for k, v in options[name].items()}
        assert decide(replace(given_case, **changed)).verdict is change.verdict
        for name in change.facts:
            assert texts(f"policy.if.{name}").vi


def cells(province: str | None) -> dict[tuple[str, str], Cell]:
    found = matrix(load_regulations(), province, date(2026, 11, 26))
    return {(one.information, one.audience): one for one in found}


@pytest.mark.parametrize("province", ["11", "20", None])
def test_the_matrix_says_what_the_law_says(province: str | None) -> None:
    found = cells(province)
    assert set(found) == {(name, one.kind) for name in CLASSES for one in AUDIENCES}
    assert found["unpublished", "compilers"].verdict is Verdict.CLEARED
    assert found["unpublished", "provincial_committee"].verdict is Verdict.CLEARED
    assert found["unpublished", "user_group"].verdict is Verdict.HELD
    assert found["demanded_names", "compilers"].verdict is Verdict.CLEARED
    assert found["demanded_names", "agency"].verdict is Verdict.WITHHELD
    for audience in AUDIENCES:
        for forbidden in ("marked", "state_secret", "errors", "other_names"):
            assert found[forbidden, audience.kind].verdict is Verdict.WITHHELD
            assert found[forbidden, audience.kind].articles
    has_gate = province is not None
    assert (found["not_onward", "agency"].verdict is Verdict.WITHHELD) == has_gate
    for name in CLASSES:
        assert texts(f"policy.class.{name}").vi != texts(f"policy.class.{name}").en


def test_policies_that_are_the_same_flip_nothing() -> None:
    trial = Trial(library(), read(FILES))
    assert trial.flip(case()) is None
    assert trial.flip(case(findings=(NAME,), regime="sharing")) is None


def test_a_changed_policy_flips_what_it_is_about_and_nothing_else() -> None:
    stricter = FILES | {
        "dien-bien-1618-2021.cedar": FILES["dien-bien-1618-2021.cedar"].replace(
            'resource.classification == "state_secret"', 'resource.classification != "public"'
        )
    }
    trial = Trial(library(), read(stricter))
    assert trial.flip(case()) is None
    flip = trial.flip(case(classification="internal"))
    assert flip is not None
    assert (flip.now, flip.then) == (Verdict.CLEARED, Verdict.WITHHELD)
    assert (flip.by_now, flip.by_then) == ((), ("dien-bien-1618-2021.6.1",))

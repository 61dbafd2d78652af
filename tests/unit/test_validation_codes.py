"""The list of codes: all that the code base uses, nothing else, and what it says is so."""

import ast
from pathlib import Path
from typing import Any

import pytest

import services.validation
from services.model.messages import catalogue
from services.validation.codes import RULE, codes
from tests.unit.test_examples import SCENARIO, checked, generated

assert generated, "a fixture, used by its name"

VALIDATION = Path(services.validation.__path__[0])
PREFIX = "validation."
REPAIR = "validation.repair."


def test_every_code_has_its_messages_and_every_message_its_code() -> None:
    messages = catalogue("vi")
    named = {name.removeprefix(PREFIX) for name in messages if name.startswith(PREFIX)}
    findings = {name for name in named if "." not in name and f"{name}.mend" in named}
    repairs = {name.removeprefix(REPAIR) for name in messages if name.startswith(REPAIR)}
    assert {one.code for one in codes().values() if not one.repaired} == findings
    assert {one.code for one in codes().values() if one.repaired} == repairs


def test_every_code_is_used() -> None:
    written: set[Any] = set()
    # A rule's own code is its kind, which the model names.
    for path in (*VALIDATION.rglob("*.py"), VALIDATION.parent / "model" / "rule.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        written |= {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)}
    assert set(codes()) <= written


def test_every_code_that_is_found_is_listed() -> None:
    named = set()
    for path in VALIDATION.rglob("*.py"):
        for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.args:
                first = one.args[0]
                if one.func.attr in ("find", "repair") and isinstance(first, ast.Constant):
                    named |= {first.value} if isinstance(first.value, str) else set()
    assert "column_missing" in named
    assert named <= set(codes())


@pytest.mark.parametrize("one", SCENARIO, ids=[one["name"] for one in SCENARIO])
def test_findings_are_as_the_list_says(one: dict[str, Any], generated: Path) -> None:
    report = checked(one, generated).report
    for finding in report.findings:
        code = codes()[finding.code]
        assert code.level in (RULE, finding.level)
        assert RULE in code.severity or finding.severity in code.severity
        assert (code.level == RULE) == bool(finding.rule)
    assert all(codes()[repair.code].repaired for repair in report.repairs)


def test_only_what_a_source_confirms_is_named_of_struval() -> None:
    confirmed = {"500", "140", "150/003", "150/007", "150/008", "150/029"}
    assert {one.struval for one in codes().values() if one.struval} <= confirmed

"""Every requirement has its row, and every row is true as far as that can be read from it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.requirements import ROOT, exists, gaps, load

ROWS = load()
HERE = "tests/unit/test_requirements.py"


def test_the_table_has_no_gap() -> None:
    assert gaps(ROWS) == []


@pytest.mark.parametrize(
    ("id_", "change", "says"),
    [
        ("R1", None, "R1 is missing"),
        ("R98", ROWS["R2"], "R98 is no requirement"),
        ("R1", {**ROWS["R1"], "state": "done"}, "R1: its state is none of"),
        ("R1", {**ROWS["R1"], "owner": "somebody"}, "R1: nobody owns it"),
        ("R1", {**ROWS["R1"], "what": ""}, "R1: it doesn't say what it is"),
        ("R1", {**ROWS["R1"], "test": []}, "R1: unknown fields"),
        ("R1", {**ROWS["R1"], "tests": []}, "R1: built, and no test shows it"),
        ("R1", {**ROWS["R1"], "state": "planned"}, "R1: not built, and yet it names tests"),
        ("R1", {**ROWS["R1"], "tests": ["tests/unit/no.py"]}, "R1: there is no test tests/unit/no"),
    ],
)
def test_what_is_wrong_is_found(id_: str, change: dict[str, Any] | None, says: str) -> None:
    rows = {**ROWS, id_: change} if change is not None else {k: ROWS[k] for k in ROWS if k != id_}
    assert any(gap.startswith(says) for gap in gaps(rows))


@pytest.mark.parametrize(
    ("test", "there"),
    [
        (HERE, True),
        (f"{HERE}::test_the_table_has_no_gap", True),
        (f"{HERE}::test_what_is_wrong_is_found[R1-None-R1 is missing]", True),
        (f"{HERE}::test_nothing", False),
        (f"{HERE}::ROWS", False),
        ("tests/requirements.py", False),
        ("tests/unit", False),
        ("README.md", False),
    ],
)
def test_a_test_is_one_that_pytest_would_collect(test: str, there: bool) -> None:
    assert exists(test) is there


def test_each_test_that_the_guarantees_name_is_there() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[^`]+\.py(?:::\w+)?)`", text)
    assert len(named) > 10
    assert [
        one for one in named if not (exists(one) if "::" in one else (ROOT / one).is_file())
    ] == []

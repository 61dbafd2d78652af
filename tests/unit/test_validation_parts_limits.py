"""Rules over the parts of a form that demand them, and numbers that are too large to compare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.console import figures as page
from services.model.rule import IfMissing
from services.validation.checking.across import inconsistencies, spanning
from tests.unit.test_validation_across import FORM, STATEMENT, A


def with_rule(**changes: Any) -> Any:
    return replace(
        FORM,
        rules=tuple(replace(one, **changes) if one.id == "total" else one for one in FORM.rules),
    )


def test_a_total_that_demands_its_parts_leaves_open_what_has_not_come() -> None:
    """`missing: fail` is of one workbook; over parts it raised KeyError, which nobody catches."""
    form = with_rule(missing=IfMissing.FAIL)
    assert spanning(form)
    assert inconsistencies(form, STATEMENT, [A]) == ()


@pytest.mark.parametrize("before", ["0.000001", "0.001"])
def test_a_number_of_twenty_two_digits_breaks_no_page_of_figures(before: str) -> None:
    figure = {
        "cell": "C5", "value": "9" * 22, "missing": None, "text": "", "severity": "", "previous": before,
        "year_before": None, "replaced": None,
    }  # fmt: skip
    heading = {
        "column": "quarter",
        "label": "",
        "period": "2026-Q3",
        "is_cumulative": False,
        "unit": "",
    }
    table = {
        "table": "t", "sheet": "S", "headings": [heading],
        "lines": [{"code": "1", "label": "Tổng số", "figures": [figure]}],
    }  # fmt: skip
    assert page.tables({"tables": [table]}, "vi")

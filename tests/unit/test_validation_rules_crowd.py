"""Many faults of one kind: a finding each for the first, one for all others, and every cell listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.model.codelist import load_codelists
from services.model.enumerations import Severity
from services.model.form import Form, shipped_forms
from services.model.rule import Rule, RuleKind
from services.validation.checking.answers import may_be_downgraded
from services.validation.checking.check import check
from services.validation.findings import MOST_SHOWN, Finding
from services.validation.rules.crowd import MOST_NAMED
from tests.unit.test_validation_check import STATEMENT
from tests.unit.workbooks import xlsx

FIRMS = shipped_forms()["dn-list"]
HEADINGS = [column.headers[0][0] for column in FIRMS.tables[0].columns]
MORE = 25


def firms(**changed: Any) -> bytes:
    """A list of more firms than are named one by one, all with the same in some columns."""
    right = {"number": 1, "name": "A", "tax_code": "1", "owner": "B", "identity": "C"}
    right |= {"address": "D", "activity": "G", "employees": 3, "turnover": 1.5}
    row = [(right | changed)[column.id] for column in FIRMS.tables[0].columns]
    return xlsx([["Đơn vị tính: Triệu đồng"], HEADINGS, *[row] * (MOST_NAMED + MORE)])


def faults(content: bytes, form: Form = FIRMS) -> list[Finding]:
    report = check(form, content, STATEMENT, load_codelists()).report
    assert report.verdict == "returned"
    return list(report.findings)


@pytest.mark.parametrize(
    ("changed", "code", "column"),
    [
        ({"turnover": "nhiều"}, "not_number", "I"),
        ({"employees": 2.5}, "not_integer", "H"),
        ({"activity": "ZZ"}, "codelist", "G"),
        ({"name": None}, "required", "B"),
    ],
)
def test_the_first_are_named_and_the_others_listed(
    changed: dict[str, Any], code: str, column: str
) -> None:
    found = faults(firms(**changed))
    assert [one.code for one in found] == [code] * MOST_NAMED + ["cells_alike"]
    cells = [cell for one in found for cell in one.place.cells]
    assert cells == [f"{column}{number}" for number in range(3, 3 + MOST_NAMED + MORE)]
    last = found[-1]
    assert dict(last.particulars)["count"] == str(MORE)
    assert last.severity is Severity.ERROR
    assert last.rule == found[0].rule


def test_each_column_has_its_own_thousand() -> None:
    found = faults(firms(turnover="nhiều", employees="ít"))
    assert [one.code for one in found].count("cells_alike") == 2


def test_rules_of_rows_too() -> None:
    unique = Rule("unique", RuleKind.UNIQUE, "tax_code", 1)
    found = faults(firms(), replace(FIRMS, rules=(unique,)))
    assert [one.code for one in found] == ["unique"] * MOST_NAMED + ["cells_alike"]
    said = "Dòng 3 (ô C3, trang Sheet1): trùng “Mã số thuế”; trong tệp là C3 = 1."
    assert found[0].message.vi == said
    assert len(found[-1].place.cells) == MORE


def test_a_message_names_the_first_cells_and_how_many_more() -> None:
    last = faults(firms(turnover="nhiều"))[-1]
    assert f"I{3 + MOST_NAMED}, " in last.message.vi
    assert MORE <= MOST_SHOWN
    assert last.place.shown.count(",") == MORE - 1
    many = replace(last.place, cells=last.place.cells * 3)
    assert many.shown.endswith(f"(+{3 * MORE - MOST_SHOWN})")


def test_what_may_be_many_unread_cells_is_never_downgraded() -> None:
    assert not may_be_downgraded("cells_alike", "numbers")

"""The ESS validation report: its structure, and that it says what the report says."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from services.events.validation import AnswerKind
from services.model.enumerations import Severity
from services.validation.checking.check import check
from services.validation.findings import Answer, Finding
from services.validation.reading.statement import Statement
from services.validation.telling.report.ess import entries, to_json
from tests.unit.test_examples import FORMS, SCENARIO, checked, generated
from tests.unit.test_validation_check import FORM, STATEMENT, rows
from tests.unit.workbooks import xlsx

assert generated, "a fixture, used by its name"

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "contract" / "ess_validation_report_1.0.1.schema.json").read_text()
)
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def written(content: bytes, statement: Statement = STATEMENT) -> list[dict[str, Any]]:
    found = check(FORM, content, statement)
    return list(json.loads(to_json(entries(FORM, statement, found.report, AT))))


@pytest.mark.parametrize("one", SCENARIO, ids=[one["name"] for one in SCENARIO])
def test_every_example_has_one(one: dict[str, Any], generated: Path) -> None:
    report = checked(one, generated).report
    found = json.loads(to_json(entries(FORMS[one["form"]], STATEMENT, report, AT)))
    VALIDATOR.validate(found)
    assert len({entry["id"] for entry in found}) == len(found)
    values = {entry["id"]: entry["value"] for entry in found}
    for rule in report.rules:
        assert values[f"count/{rule.id}/fail"] == str(rule.failed)
        assert (values[f"rule/{rule.id}"] == "0") == bool(rule.failed)
    for finding in report.findings:
        assert f"finding/{finding.id}" in values
    failed = [entry for entry in found if entry["id"].startswith("finding/")]
    assert len(failed) == len(report.findings)


def test_a_rule_fails_passes_or_is_undecided() -> None:
    broken = rows()
    broken[4][2], broken[5][2] = 999.0, None
    found = {one["id"]: one for one in written(xlsx(broken))}
    by_value = {one["value"] for one in found.values() if one["id"].startswith("rule/")}
    assert by_value <= {"0", "1", "NA"}
    assert "1" in by_value
    finding = next(one for name, one in found.items() if name.startswith("finding/"))
    *key, sheet, cell = finding["data"]["target"][0]
    assert key == ["small", "63:11", "2026-Q3", "preliminary:1"]
    assert (sheet, cell[0]) == ("Sheet1", "C")
    assert finding["event"]["time"] == "2026-11-22T08:30:00+00:00"


def test_an_undecided_rule_is_na_and_a_broken_one_0() -> None:
    blank, wrong = rows(), rows()
    blank[5][2] = None
    wrong[5][2] = 10**9
    by_code = {one["rule"]["expression"]: one["value"] for one in findings(written(xlsx(blank)))}
    assert set(by_code.values()) == {"NA"}
    assert {one["value"] for one in findings(written(xlsx(wrong)))} == {"0"}
    assert {one["rule"]["severity"] for one in findings(written(xlsx(wrong)))} == {"error"}


@pytest.mark.parametrize(
    ("of_rule", "of_finding", "change"),
    [("error", "warning", "down"), ("warning", "error", "up"), ("error", "error", None)],
)
def test_a_severity_that_was_changed_for_this_case_is_said(
    of_rule: str, of_finding: str, change: str | None
) -> None:
    wrong = rows()
    wrong[5][2] = 10**9
    form = replace(
        FORM, rules=tuple(replace(one, severity=Severity(of_rule)) for one in FORM.rules)
    )
    report = check(form, xlsx(wrong), STATEMENT).report
    changed = tuple(replace(one, severity=Severity(of_finding)) for one in report.findings)
    found = entries(form, STATEMENT, replace(report, findings=changed), AT)
    VALIDATOR.validate(found)
    (one,) = findings(found)
    assert one["rule"]["severity"] == of_rule
    assert one["rule"].get("change") == change


def test_a_downgrade_is_explained() -> None:
    wrong = rows()
    wrong[5][2] = 10**9
    report = check(FORM, xlsx(wrong), STATEMENT).report
    (one,) = (finding for finding in report.findings if finding.severity is Severity.ERROR)
    changed = replace(one, severity=Severity.WARNING, answers=(answer(one, "downgraded"),))
    found = entries(FORM, STATEMENT, replace(report, findings=(changed,)), AT)
    VALIDATOR.validate(found)
    assert findings(found)[0]["rule"]["change"] == "down"
    assert "chú thích (1) (12/BC-STC)" in findings(found)[0]["rule"]["explanation"]


def answer(finding: Finding, kind: str) -> Answer:
    """What an officer answered to a finding."""
    return Answer(
        finding.id, AnswerKind(kind), 1, "0" * 64, "p-kinh-te", "", "officer",
        "chú thích (1)", "12/BC-STC", AT,
    )  # fmt: skip


def test_where_a_rule_says_that_missing_fails_it_is_0() -> None:
    blank = rows()
    blank[5][2] = None
    report = check(FORM, xlsx(blank), STATEMENT).report
    failed = tuple(replace(one, severity=Severity.ERROR) for one in report.findings)
    found = findings(entries(FORM, STATEMENT, replace(report, findings=failed), AT))
    assert {one["value"] for one in found} == {"0"}


def findings(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["id"].startswith("finding/")]


def test_what_is_no_workbook_is_about_the_whole_submission() -> None:
    found = written(b"")
    VALIDATOR.validate(found)
    one = findings(found)[0]
    assert one["rule"]["expression"] == "workbook_unreadable"
    assert one["rule"]["severity"] == Severity.ERROR.value
    assert one["data"]["target"] == [["small", "63:11", "2026-Q3", "preliminary:1", ""]]


def test_the_schema_refuses_what_the_structure_does_not_know() -> None:
    found = written(xlsx(rows()))
    for broken in ({"value": "2"}, {"type": "other"}, {"data": {"source": [["a"]]}}):
        with pytest.raises(jsonschema_rs.ValidationError):
            VALIDATOR.validate([found[0] | broken])

"""The report in the structure of the ESS: one entry for each rule and table, and for each finding.

Structure and words are of van der Loo, ten Bosch, "Design of a generic machine-readable validation
report structure" (ESSnet ValidatIntegration, 2017), JSON of version 1.0.1, in which `source` and
`target` are lists of keys of several parts.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from services.events.validation import AnswerKind
from services.model.enumerations import Severity
from services.model.form import Form
from services.model.rule import Rule
from services.validation.codes import codes
from services.validation.findings import Finding
from services.validation.reading.statement import Statement
from services.validation.rules import Tally
from services.validation.telling.report.content import SEVERITIES, Report

FAIL: Final = "0"
PASS: Final = "1"
UNDECIDED: Final = "NA"
Entry = dict[str, Any]


def entries(form: Form, statement: Statement, report: Report, at: datetime) -> list[Entry]:
    """Validations, then the counts of each rule as aggregations; `at` is when the check ended."""
    writer = _Writer(form, statement, report, at)
    rules = {rule.id: rule for rule in form.rules}
    tallies = [(rules[tally.id], tally) for tally in report.rules if tally.id in rules]
    validations = [writer.of_rule(*tally) for tally in tallies]
    validations += [
        writer.of_finding(finding, rules.get(finding.rule)) for finding in report.findings
    ]
    unique = {validation["id"]: validation for validation in validations}
    return [*unique.values(), *(count for each in tallies for count in writer.counts(*each))]


def to_json(entries: list[Entry]) -> bytes:
    """The report as a file."""
    return json.dumps(entries, ensure_ascii=False, indent=1).encode()


class _Writer:
    """Entries about one submission."""

    def __init__(self, form: Form, statement: Statement, report: Report, at: datetime) -> None:
        self._language = f"{report.product}, {form.id}/{form.version}, SHA-256 {report.rule_set}"
        self._event = {"time": at.isoformat(timespec="seconds"), "actor": report.product}
        area = f"{statement.area_list}:{statement.area}"
        completeness = f"{statement.completeness.value}:{statement.round}"
        self._key = [form.id, area, str(statement.period), completeness]

    def of_rule(self, rule: Rule, tally: Tally) -> Entry:
        """Whether a rule holds in its table: it fails if it fails anywhere."""
        value = FAIL if tally.failed else UNDECIDED if tally.undecided else PASS
        described = {"description": rule.message.en} if rule.message else {}
        return {
            "id": f"rule/{rule.id}",
            "type": "validation",
            "event": self._event,
            "rule": self._rule(rule, rule.severity.value) | described,
            "data": self._data([[*self._key, rule.table]]),
            "value": value,
        }

    def of_finding(self, finding: Finding, rule: Rule | None) -> Entry:
        """One finding and its cells; one of structure has its code for an expression."""
        sheet, cells = finding.place.sheet, finding.place.cells
        keys = [[*self._key, sheet, cell] for cell in cells]
        is_information = finding.severity is Severity.INFORMATION
        undecided = codes()[finding.code].undecided and is_information
        said = {"description": f"{finding.message.vi} · {finding.message.en}"}
        return {
            "id": f"finding/{finding.id}",
            "type": "validation",
            "event": self._event,
            "rule": self._rule_of(finding, rule, undecided) | said,
            "data": self._data(keys or [[*self._key, sheet]]),
            "value": UNDECIDED if undecided else FAIL,
        }

    def _rule_of(self, finding: Finding, rule: Rule | None, undecided: bool) -> Entry:
        """The rule that a finding is of, with its own severity, and whether this case was changed."""
        severity = finding.severity.value
        if rule is None:
            structure = {"expression": finding.code, "severity": severity}
            return {"language": self._language} | structure
        found = self._rule(rule, rule.severity.value)
        if undecided or finding.severity is rule.severity:
            return found
        worse = SEVERITIES.index(finding.severity) < SEVERITIES.index(rule.severity)
        found["change"] = "up" if worse else "down"
        for answer in finding.answers:
            if answer.kind is AnswerKind.DOWNGRADED:
                found["explanation"] = answer.said.en
        return found

    def counts(self, rule: Rule, tally: Tally) -> Iterator[Entry]:
        """How many cells or groups passed, failed and stayed undecided."""
        counted = {"pass": tally.passed, "fail": tally.failed, "undecided": tally.undecided}
        for state, count in counted.items():
            yield {
                "id": f"count/{rule.id}/{state}",
                "type": "aggregation",
                "event": self._event,
                "aggregate": {"language": self._language, "expression": f"count({state})"},
                "data": self._data([[f"rule/{rule.id}"]], [[*self._key, rule.table]]),
                "value": str(count),
            }

    def _rule(self, rule: Rule, severity: str) -> Entry:
        expression = f"{rule.kind.value}: {rule.expression}"
        return {"language": self._language, "expression": expression, "severity": severity}

    @staticmethod
    def _data(source: list[list[str]], target: list[list[str]] | None = None) -> Entry:
        return {"source": source, "target": source if target is None else target}

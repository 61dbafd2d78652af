"""What was answered to findings, and what of them stands then. Pure.

An explanation or an acceptance holds for a finding as long as nothing of it changes: that is what its id says. A
downgrade makes a warning of an error, for the very same workbook alone; the last decision about a finding counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.events.validation import AnswerKind
from services.model.enumerations import Severity
from services.validation.checking.check import Checked
from services.validation.findings import Answer, Finding
from services.validation.telling.report import answer_data

UNREAD = frozenset({"not_number", "number_ambiguous", "number_too_large", "cells_alike"})
"""Findings of rules that say that a figure is not there: no reason can put it there. Those of many cells may."""


def answered(checked: Checked, answers: Sequence[Answer], content: str) -> Checked:
    """The check of the workbook with this SHA-256, its findings as they stand after the answers, in their order."""
    if not answers:
        return checked
    findings = [_answered(finding, answers, content) for finding in checked.report.findings]
    return replace(checked, report=checked.report.with_findings(findings))


def with_answers(report: Mapping[str, Any], answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """The findings of a stored report, each with all that was answered to it until now."""
    return [
        {
            **finding,
            "answers": [answer_data(each) for each in answers if each.finding == finding["id"]],
        }
        for finding in report["findings"]
    ]


def may_be_downgraded(code: str, rule: str) -> bool:
    """Whether a reason can let this error pass: not what kept the workbook, or a figure of it, from being read."""
    return bool(rule) and code not in UNREAD


def _answered(finding: Finding, answers: Sequence[Answer], content: str) -> Finding:
    own = tuple(answer for answer in answers if answer.finding == finding.id)
    if not own:
        return finding
    downgraded = (
        finding.severity is Severity.ERROR
        and may_be_downgraded(finding.code, finding.rule)
        and _is_downgraded(own, content)
    )
    severity = Severity.WARNING if downgraded else finding.severity
    return replace(finding, severity=severity, answers=own)


def _is_downgraded(answers: Sequence[Answer], content: str) -> bool:
    """Whether the last word about this workbook is a downgrade; what was accepted afterwards leaves it one."""
    about = [answer.kind for answer in answers if answer.content == content]
    words = [kind for kind in about if kind in (AnswerKind.DOWNGRADED, AnswerKind.REFUSED)]
    return words[-1:] == [AnswerKind.DOWNGRADED]

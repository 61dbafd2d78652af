"""The report of a check as JSON: the same for the server, the agency and the marked workbook."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from services.model.enumerations import Severity
from services.model.form import Form
from services.model.product import PRODUCT
from services.validation.findings import Answer, Finding, Notebook, Repair
from services.validation.rules import Tally
from services.validation.telling.report.picture import Outline, pictures

FORMAT = 1
MEDIA_TYPE = "application/json"
Verdict = Literal["valid", "returned"]
SEVERITIES: Final = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION)


@dataclass(frozen=True)
class Report:
    """What a check found; findings with errors first, then in the order of the checks. `sheets` are those to draw."""

    form: str
    form_version: int
    rule_set: str
    verdict: Verdict
    figures: int
    rounded: int
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...]
    rules: tuple[Tally, ...]
    sheets: tuple[Outline, ...] = field(default=(), repr=False)
    product: str = PRODUCT

    @classmethod
    def of(
        cls,
        form: Form,
        notebook: Notebook,
        tallies: Iterable[Tally],
        figures: int,
        rounded: int,
        sheets: tuple[Outline, ...] = (),
    ) -> "Report":
        """The report of a check of this form."""
        return cls(
            form=form.id,
            form_version=form.version,
            rule_set=form.rule_set,
            verdict=_verdict(notebook.findings),
            figures=figures,
            rounded=rounded,
            findings=_ordered(notebook.findings),
            repairs=tuple(notebook.repairs),
            rules=tuple(tallies),
            sheets=sheets,
        )

    def with_findings(self, findings: Iterable[Finding]) -> "Report":
        """The same report of these findings, and the verdict that follows from them."""
        ordered = _ordered(findings)
        return replace(self, findings=ordered, verdict=_verdict(ordered))

    def count(self, severity: Severity) -> int:
        """How many findings are of this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def to_json(self) -> bytes:
        """The report object."""
        return json.dumps(
            {
                "format": FORMAT,
                "product": self.product,
                "form": self.form,
                "form_version": self.form_version,
                "rule_set": self.rule_set,
                "verdict": self.verdict,
                "figures": self.figures,
                "rounded": self.rounded,
                "counts": {severity.value: self.count(severity) for severity in SEVERITIES},
                "findings": [_finding(finding) for finding in self.findings],
                "repairs": [_repair(repair) for repair in self.repairs],
                "rules": [_tally(rule) for rule in self.rules],
                "pictures": [asdict(one) for one in pictures(self.sheets, self.findings)],
            },
            ensure_ascii=False,
            indent=1,
        ).encode()


def _verdict(findings: Iterable[Finding]) -> Verdict:
    """Only an error that stands returns a submission."""
    return (
        "returned" if any(finding.severity is Severity.ERROR for finding in findings) else "valid"
    )


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "code": finding.code,
        "rule": finding.rule,
        "level": finding.level,
        "severity": finding.severity.value,
        "sheet": finding.place.sheet,
        "cells": list(finding.place.cells),
        "value": finding.value,
        "expected": finding.expected,
        "found": finding.found,
        "difference": finding.difference,
        "message": finding.message.to_dict(),
        "basis": finding.basis,
        "mend": finding.mend.to_dict(),
        "answers": [answer_data(answer) for answer in finding.answers],
    }


def answer_data(answer: Answer) -> dict[str, Any]:
    """An answer as the report has it."""
    return {
        "kind": answer.kind.value,
        "attempt": answer.attempt,
        "person": answer.person,
        "organisation": answer.organisation,
        "role": answer.role,
        "text": answer.text,
        "document": answer.document,
        "at": answer.at.isoformat(),
    }


def _repair(repair: Repair) -> dict[str, Any]:
    return {
        "code": repair.code,
        "sheet": repair.place.sheet,
        "cells": list(repair.place.cells),
        "message": repair.message.to_dict(),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "id": tally.id,
        "pass": tally.passed,
        "fail": tally.failed,
        "undecided": tally.undecided,
    }

"""The report of a check as JSON: the same for the server, the agency and the marked workbook."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from services.model.enumerations import Severity
from services.model.form import Form
from services.model.product import PRODUCT
from services.validation.findings import Answer, Finding, Notebook, Repair
from services.validation.rules import Tally

FORMAT = 1
MEDIA_TYPE = "application/json"
Verdict = Literal["valid", "returned"]
SEVERITIES: Final = (Severity.ERROR, Severity.WARNING, Severity.INFORMATION)


@dataclass(frozen=True)
class Report:
    """What a check found; findings with errors first, then in the order of the checks."""

    form: str
    form_version: int
    rule_set: str
    verdict: Verdict
    figures: int
    rounded: int
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...]
    rules: tuple[Tally, ...]
    product: str = PRODUCT

    @classmethod
    def of(
        cls, form: Form, notebook: Notebook, tallies: Iterable[Tally], figures: int, rounded: int
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
        )

    def with_findings(self, findings: Iterable[Finding]) -> "Report":
        """The same report of these findings, and the verdict that follows from them."""
        ordered = _ordered(findings)
        return replace(self, findings=ordered, verdict=_verdict(ordered))

    def count(self, severity: Severity) -> int:
        """How many findings are of this severity."""
        return sum(one.severity is severity for one in self.findings)

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
                "counts": {one.value: self.count(one) for one in SEVERITIES},
                "findings": [_finding(one) for one in self.findings],
                "repairs": [_repair(one) for one in self.repairs],
                "rules": [_tally(one) for one in self.rules],
            },
            ensure_ascii=False,
            indent=1,
        ).encode()


def _verdict(findings: Iterable[Finding]) -> Verdict:
    """Only an error that stands returns a submission."""
    return "returned" if any(one.severity is Severity.ERROR for one in findings) else "valid"


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity)))


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "id": one.id,
        "code": one.code,
        "rule": one.rule,
        "level": one.level,
        "severity": one.severity.value,
        "sheet": one.place.sheet,
        "cells": list(one.place.cells),
        "value": one.value,
        "expected": one.expected,
        "found": one.found,
        "difference": one.difference,
        "message": one.message.to_dict(),
        "basis": one.basis,
        "mend": one.mend.to_dict(),
        "answers": [answer_data(answer) for answer in one.answers],
    }


def answer_data(one: Answer) -> dict[str, Any]:
    """An answer as the report has it."""
    return {
        "kind": one.kind.value,
        "attempt": one.attempt,
        "person": one.person,
        "organisation": one.organisation,
        "role": one.role,
        "text": one.text,
        "document": one.document,
        "at": one.at.isoformat(),
    }


def _repair(one: Repair) -> dict[str, Any]:
    return {
        "code": one.code,
        "sheet": one.place.sheet,
        "cells": list(one.place.cells),
        "message": one.message.to_dict(),
    }


def _tally(one: Tally) -> dict[str, Any]:
    return {
        "id": one.id,
        "pass": one.passed,
        "fail": one.failed,
        "undecided": one.undecided,
    }

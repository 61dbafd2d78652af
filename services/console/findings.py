"""What the checks found, as people read it. Pure.

With the report (for the sender and the responsible room): words and numbers. Without: the cells that the state names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console import words
from services.model import wording
from services.model.picture import Picture
from services.model.text import Language

MOST = 100
"""More than anybody mends from a page; the marked workbook has all."""
SEVERITIES = ("error", "warning", "information")


@dataclass(frozen=True)
class Shown:
    """One finding; `id` is blank where only the state tells of it, `numbers` are (what, value) pairs that its message
    doesn't say itself.

    `answers` are what its sender explained and the office decided, each with who and when. `basis` is the article or
    document that the rule rests on, blank for none.
    """

    id: str
    anchor: str
    severity: str
    sheet: str
    cells: tuple[str, ...]
    message: str
    mend: str
    rule: str
    basis: str
    numbers: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """The findings of one sheet; `sheet` is blank for what is about the whole workbook."""

    sheet: str
    findings: tuple[Shown, ...]

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Each cell with the anchor of the first finding about it."""
        found: dict[str, str] = {}
        for finding in self.findings:
            for cell in finding.cells:
                found.setdefault(cell, finding.anchor)
        return list(found.items())


@dataclass(frozen=True)
class Tally:
    """How many rules were applied to the attempt, and what came of them; undecided is never a pass."""

    passed: int
    failed: int
    undecided: int


def counts(findings: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many findings there are of each severity, the gravest first."""
    found = Counter(finding["severity"] for finding in findings)
    return [(severity, found[severity]) for severity in SEVERITIES]


def section(
    found: Sequence[Mapping[str, Any]],
    report: Mapping[str, Any] | None,
    language: Language,
    people: Mapping[str, str],
) -> dict[str, Any]:
    """What `_findings.html` shows: findings, of the report or without one those of the state; `people` by id."""
    listed, more = shown(found, len(found), language, people)
    return {
        "listed": listed,
        "more": more,
        "counts": counts(found),
        "groups": by_sheet(listed),
        "pictures": pictures(report),
        "tally": tally(report),
        "repairs": report["repairs"] if report else [],
        "rules": report["rules"] if report else [],
    }


def shown(
    findings: Sequence[Mapping[str, Any]],
    total: int,
    language: Language,
    people: Mapping[str, str],
) -> tuple[list[Shown], int]:
    """The first findings, gravest first, and how many more there are; `people` are names by id."""
    ordered = sorted(findings, key=lambda finding: SEVERITIES.index(finding["severity"]))[:MOST]
    listed = [_shown(number, one, language, people) for number, one in enumerate(ordered, 1)]
    return listed, max(total, len(findings)) - len(listed)


def by_sheet(findings: Sequence[Shown]) -> list[Group]:
    """The findings of each sheet in their order; what is about the whole workbook comes first."""
    sheets: dict[str, list[Shown]] = {}
    for finding in findings:
        sheets.setdefault(finding.sheet, []).append(finding)
    groups = [Group(sheet, tuple(found)) for sheet, found in sheets.items()]
    return sorted(groups, key=lambda group: group.sheet != "")


def tally(report: Mapping[str, Any] | None) -> Tally | None:
    """The rules of a report: one that anywhere failed has failed, one that anywhere is undecided is that."""
    if report is None:
        return None
    rules = report["rules"]
    failed = sum(1 for rule in rules if rule["fail"])
    undecided = sum(1 for rule in rules if rule["undecided"] and not rule["fail"])
    return Tally(len(rules) - failed - undecided, failed, undecided)


def pictures(report: Mapping[str, Any] | None) -> list[Picture]:
    """The sheets of a report, drawn; none of one that was written before reports had them."""
    drawn = (report or {}).get("pictures", ())
    return [Picture(one["sheet"], one["cells"], tuple(one["rows"])) for one in drawn]


def _shown(
    number: int, finding: Mapping[str, Any], language: Language, people: Mapping[str, str]
) -> Shown:
    say = words.sayer(language)
    return Shown(
        id=finding.get("id", ""),
        anchor=f"finding-{number}",
        severity=finding["severity"],
        sheet=words.sheet(finding["sheet"], language),
        cells=tuple(finding["cells"]),
        message=words.in_language(finding.get("message"), language),
        mend=words.in_language(finding.get("mend"), language),
        rule=finding["rule"] or finding["code"],
        basis=finding.get("basis") or "",
        numbers=tuple(
            (say(f"number.{name}"), value)
            for name, value in wording.unsaid(finding, language).items()
        ),
        answers=tuple(_answer(each, language, people) for each in finding.get("answers", ())),
    )


def _answer(answer: Mapping[str, Any], language: Language, people: Mapping[str, str]) -> str:
    say = words.sayer(language)
    at = words.moment(answer["at"], language)
    who = people.get(answer["person"], answer["person"])
    said = say(f"answer.{answer['kind']}", person=who, at=at, text=answer["text"])
    return (
        said + say("answer.document", document=answer["document"]) if answer["document"] else said
    )

"""What the commands print of checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from services.model.enumerations import Severity
from services.model.messages import LANGUAGES, joined, texts
from services.model.text import Text
from services.terminal.show import spoken, stacked, tell
from services.validation.codes import RULE
from services.validation.findings import in_both

if TYPE_CHECKING:
    from pathlib import Path

    from rich.text import Text as Styled

    from services.model.form import Form
    from services.validation.codes import Code
    from services.validation.findings import Finding
    from services.validation.reading.statement import Statement
    from services.validation.telling.report import Report

MOST_CELLS = 12
"""Cells of a finding that a table shows; the report has all."""
_NARROW = 16
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFORMATION: "blue"}


def say(message: str, /, *, error: bool = False, **values: object) -> None:
    """Prints the message `validation.<message>`."""
    tell(in_both(f"validation.{message}", **values), error=error)


def report(report: Report, form: Form, statement: Statement, file: str) -> None:
    """Prints the verdict, what it was checked as, and every finding."""
    say(
        f"verdict.{report.verdict}",
        file=file,
        errors=report.count(Severity.ERROR),
        warnings=report.count(Severity.WARNING),
        informations=report.count(Severity.INFORMATION),
        figures=report.figures,
    )
    if report.verdict == "valid":
        say("check.not_here")
    say(
        "check.stated",
        form=form.id,
        title=form.title,
        version=form.version,
        area=statement.area,
        list=statement.area_list,
        period=statement.period,
        completeness=texts(f"validation.completeness.{statement.completeness.value}"),
    )
    say(
        "check.rules",
        version=report.form_version,
        rule_set=report.rule_set,
        product=report.product,
    )
    if report.findings:
        _table(("severity", "sheet", "cell", "message"), map(_row, report.findings))
    if report.repairs:
        say("check.repairs", count=len(report.repairs))
        for repair in report.repairs:
            sheet = repair.place.sheet
            tell(Text(*(f"{sheet}: {repair.message.of(lang)}" for lang in LANGUAGES)), "  ")


def written(file: Path) -> None:
    """Says that a file was written."""
    say("check.written", error=True, file=file)


def codes(codes: Iterable[Code]) -> None:
    """Prints the list of codes."""
    _table(("code", "meaning"), ((code.code, _meaning(code)) for code in codes))


def _meaning(code: Code) -> Styled:
    level = f"level.{RULE}" if code.level == RULE else "level"
    facts = [
        texts(f"validation.codes.{level}", level=code.level),
        *(texts(f"validation.severity.{severity}") for severity in code.severity),
        texts(f"validation.family.{code.family.value}"),
    ]
    facts += [Text(*[f"STRUVAL {code.struval}"] * 2)] if code.struval else []
    told = spoken(joined(facts, " · "))
    return stacked(code.meaning).append("".join(f"\n{line}" for line in told), "dim")


def _row(finding: Finding) -> Sequence[Styled | str]:
    from rich.text import Text as Styled

    cells = finding.place.cells
    shown = ", ".join(cells[:MOST_CELLS])
    if len(cells) > MOST_CELLS:
        shown += f" … (+{len(cells) - MOST_CELLS})"
    named = texts(f"validation.severity.{finding.severity.value}")
    told = stacked(finding.message)
    told.append("\n").append_text(stacked(Text(f"→ {finding.mend.vi}", f"→ {finding.mend.en}")))
    basis = f"{finding.basis} · " if finding.basis else ""
    told.append(f"\n{basis}{finding.code} · {finding.id}", "dim")
    return Styled(spoken(named)[0], _COLOURS[finding.severity]), finding.place.sheet, shown, told


def _table(headings: Sequence[str], rows: Iterable[Sequence[Styled | str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Styled

    shown = Table(show_lines=True)
    for number, heading in enumerate(headings):
        width = _NARROW if 0 < number < len(headings) - 1 else None
        title = stacked(texts(f"validation.column.{heading}"))
        shown.add_column(title, max_width=width, overflow="fold", no_wrap=number == 0)
    for row in rows:
        # A plain text would be read as rich's markup, and a sheet may be called "[/x]".
        shown.add_row(*(Styled(cell) if isinstance(cell, str) else cell for cell in row))
    Console().print(shown)

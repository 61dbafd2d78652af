"""What the commands print: Vietnamese first, English second and dim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from services.model.enumerations import Severity
from services.model.messages import texts
from services.model.text import Text
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
    """Prints the message `validation.<message>` in both languages."""
    both = in_both(f"validation.{message}", **values)
    typer.echo(both.vi, err=error)
    typer.secho(both.en, err=error, dim=True)


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
            typer.echo(f"  {repair.place.sheet}: {repair.message.vi}")


def written(file: Path) -> None:
    """Says that a file was written."""
    say("check.written", error=True, file=file)


def codes(codes: Iterable[Code]) -> None:
    """Prints the list of codes."""
    rows = (
        (
            code.code,
            str(code.level),
            ", ".join(code.severity),
            code.family.value,
            code.struval or "–",
            both(code.meaning),
        )
        for code in codes
    )
    _table(("code", "level", "severity", "family", "struval", "meaning"), rows)


def _row(finding: Finding) -> Sequence[Styled | str]:
    from rich.text import Text as Styled

    cells = finding.place.cells
    shown = ", ".join(cells[:MOST_CELLS])
    if len(cells) > MOST_CELLS:
        shown += f" … (+{len(cells) - MOST_CELLS})"
    named = texts(f"validation.severity.{finding.severity.value}")
    told = both(finding.message)
    told.append_text(Styled.assemble(f"\n→ {finding.mend.vi}", (f"\n→ {finding.mend.en}", "dim")))
    basis = f"{finding.basis} · " if finding.basis else ""
    told.append(f"\n{basis}{finding.code} · {finding.id}", "dim")
    return Styled(named.vi, _COLOURS[finding.severity]), finding.place.sheet, shown, told


def both(text: Text) -> Styled:
    """A text with its English below, dim."""
    from rich.text import Text as Styled

    return Styled.assemble(text.vi, (f"\n{text.en}", "dim"))


def _table(headings: Sequence[str], rows: Iterable[Sequence[Styled | str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Styled

    shown = Table(show_lines=True)
    for number, heading in enumerate(headings):
        width = _NARROW if 0 < number < len(headings) - 1 else None
        title = both(texts(f"validation.column.{heading}"))
        shown.add_column(title, max_width=width, overflow="fold", no_wrap=number == 0)
    for row in rows:
        # A plain text would be read as rich's markup, and a sheet may be called "[/x]".
        shown.add_row(*(Styled(cell) if isinstance(cell, str) else cell for cell in row))
    Console().print(shown)

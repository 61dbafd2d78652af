"""The report as a page that needs nothing else: Vietnamese first, English second, or one; for screens and paper."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.model import wording
from services.model.enumerations import Severity
from services.model.form import Form
from services.model.messages import texts
from services.model.text import Language, Text
from services.validation.findings import NUMBERS, Finding, in_both
from services.validation.reading.placing.wording import spellings
from services.validation.reading.statement import Statement
from services.validation.telling.report.content import Report
from services.validation.telling.report.picture import pictures

_TEMPLATES = Path(__file__).parent / "templates"
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")


@dataclass(frozen=True)
class Shown:
    """A finding as the page has it; `numbers` are those that its message doesn't say itself."""

    finding: Finding
    numbers: tuple[tuple[Text, Text], ...]


def page(
    form: Form, statement: Statement, report: Report, name: str, language: Language | None = None
) -> bytes:
    """The page about the workbook that its sender calls `name`; in both languages where none is chosen."""
    step = "returned" if report.verdict == "returned" else "valid"
    if step == "valid" and report.count(Severity.WARNING):
        step = "warned"
    html = (
        _environment()
        .get_template("report.html")
        .render(
            first=lambda text: text.of(language or "vi"),
            second=lambda text: "" if language or text.en == text.vi else text.en,
            language=language or "vi",
            form=form,
            statement=statement,
            period=Text(spellings(statement.period)[0], str(statement.period)),
            report=report,
            name=name,
            counts=[(severity, report.count(severity)) for severity in Severity][::-1],
            step=step,
            pictures=pictures(report.sheets, report.findings),
            groups=_by_sheet(report.findings),
        )
    )
    return html.encode(errors="replace")


def _by_sheet(findings: Iterable[Finding]) -> list[tuple[str, list[Shown]]]:
    """The findings of each sheet, gravest first; what is about the whole workbook comes first."""
    ordered = sorted(findings, key=lambda finding: finding.place.sheet)
    groups = groupby(ordered, key=lambda finding: finding.place.sheet)
    return [
        (sheet, [Shown(finding, _numbers(finding)) for finding in group]) for sheet, group in groups
    ]


def _numbers(finding: Finding) -> tuple[tuple[Text, Text], ...]:
    values = ((name, getattr(finding, name)) for name in NUMBERS)
    shown = ((name, _both(value)) for name, value in values if value is not None)
    return tuple(
        (texts(f"validation.column.{name}"), value)
        for name, value in shown
        if value.vi not in finding.message.vi
    )


def _both(value: str) -> Text:
    """A number as people of each language write it; other values as they are."""
    if not _NUMBER.fullmatch(value):
        return Text(value, value)
    return Text(wording.number(Decimal(value), "vi"), wording.number(Decimal(value), "en"))


def _say(name: str, **values: object) -> Text:
    """The message `validation.<name>`."""
    return in_both(f"validation.{name}", **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["say"] = _say
    environment.globals["said"] = in_both
    return environment

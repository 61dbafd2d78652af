"""The tables of a form as people read them: numbers as the language writes them, what changed, what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.console import words
from services.model import wording
from services.model.text import Language


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, in words; `change` is in per cent of the period before, or of the same a year ago."""

    cell: str
    shown: str
    severity: str
    replaced: str
    before: str
    change: str


@dataclass(frozen=True)
class Line:
    """A row of the form."""

    code: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table of the form; `headings` are its columns by their words, each with what stands beside it. `unit` is blank
    where the columns have several, which they then say themselves.
    """

    title: str
    unit: str
    headings: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]


def tables(found: Mapping[str, Any], language: Language) -> list[Table]:
    """From what validation answers."""
    return [_table(one, language) for one in found["tables"]]


def _table(table: Mapping[str, Any], language: Language) -> Table:
    say = words.sayer(language)
    headings = table["headings"]
    is_beside = [_base(table, column) for column in range(len(headings))]
    units = {words.in_language(one["unit"], language) for one in headings}
    several = len(units) > 1
    return Table(
        title=words.sheet(table["sheet"], language),
        unit="" if several else next(iter(units), ""),
        headings=tuple(
            (_heading(one, several, language), say(f"figures.{base}") if base else "")
            for one, base in zip(headings, is_beside, strict=True)
        ),
        lines=tuple(
            Line(
                line["code"],
                line["label"],
                tuple(
                    _cell(figure, base, language)
                    for figure, base in zip(line["figures"], is_beside, strict=True)
                ),
            )
            for line in table["lines"]
        ),
    )


MOST = 100_000
"""Per cent: beyond it the two have nothing to do with each other."""
BESIDE = ("previous", "year_before")
"""What may stand beside a column."""


def _heading(heading: Mapping[str, Any], has_unit: bool, language: Language) -> str:
    parts = [heading["label"], words.period(heading["period"], language)]
    said = ", ".join(filter(None, parts))
    unit = words.in_language(heading["unit"], language)
    return f"{said} ({unit})" if has_unit and unit else said


def _base(table: Mapping[str, Any], column: int) -> str:
    """What stands beside a column: of both, the one of which more is known; blank where nothing is."""
    figures = [line["figures"][column] for line in table["lines"] if line["figures"][column]]
    known = {name: sum(figure[name] is not None for figure in figures) for name in BESIDE}
    best = max(known, key=lambda name: known[name])
    return best if known[best] else ""


def _cell(figure: Mapping[str, Any] | None, base: str, language: Language) -> Cell:
    if figure is None:
        return Cell("", "", "", "", "", "")
    say = words.sayer(language)
    if figure["missing"]:
        shown = say(f"figures.{figure['missing']}")
    elif figure["value"] is not None:
        shown = wording.number(figure["value"], language)
    else:
        shown = figure["text"]
    before = figure[base] if base else None
    return Cell(
        cell=figure["cell"],
        shown=shown,
        severity=figure["severity"],
        replaced=_number(figure["replaced"], language),
        before=_number(before, language),
        change=_change(figure["value"], before, language),
    )


def _number(value: str | None, language: Language) -> str:
    return "" if value is None else wording.number(value, language)


def _change(value: str | None, before: str | None, language: Language) -> str:
    """By how many per cent it grew; blank where one is not there, or there was nothing before."""
    if value is None or before is None or not Decimal(before):
        return ""
    change = (Decimal(value) / Decimal(before) - 1) * 100 * (1 if Decimal(before) > 0 else -1)
    if abs(change) >= MOST:
        return f"> {wording.number(MOST, language)} %"
    sign = "+" if change > 0 else ""
    return f"{sign}{wording.number(change.quantize(Decimal('0.1')), language)} %"

"""A form without numbers, as its sender states it: none occurred is zero, what was not collected never is."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from services.model.enumerations import Severity
from services.model.form import Form, Responsible
from services.model.messages import texts
from services.model.observation import Missing, Observation
from services.model.rule import Axis, RuleKind
from services.model.statement import NilKind
from services.model.table import Table
from services.validation.findings import Context, Notebook, Place, in_both
from services.validation.reading.placing.entries import Entry
from services.validation.reading.placing.structure import Grid
from services.validation.workbook.numbers import BLANK, Content, Reading

ZERO: Final = Reading(Content.MISSING, Decimal("0.000000"), Missing.NIL)
NOT_COLLECTED: Final = Reading(Content.MISSING, None, Missing.NOT_COLLECTED)
_ASKING = (RuleKind.REQUIRED, RuleKind.COMPLETE, RuleKind.EXISTS)
"""Rules that ask for what a nil states not to be there."""


def check_nil(
    form: Form,
    nil: NilKind,
    reason: str,
    notebook: Notebook,
    sections: Iterable[Responsible] = (),
) -> None:
    """Whether the form, and each of these sections of it, has anything of which none can have occurred; what was not
    collected a room has to see.

    The reason stands in the finding's message alone: it is read there, and is no part of what the finding is.
    """
    why = in_both("validation.nil_reason", reason=reason) if reason else None
    if nil is NilKind.NOT_COLLECTED:
        notebook.find("nil_not_collected", Place(), Context(severity=Severity.WARNING, message=why))
    elif _may_be_nil(form, sections):
        notebook.find(
            "nil_none_occurred", Place(), Context(severity=Severity.INFORMATION, message=why)
        )
    else:
        notebook.find("nil_not_allowed", Place(), kind=texts(f"validation.nil.{nil}"))


def _may_be_nil(form: Form, sections: Iterable[Responsible]) -> bool:
    allowed = {indicator for table in form.tables for indicator in table.nil}
    return bool(allowed) and all(not allowed.isdisjoint(one.rows) for one in sections)


def filled(grid: Grid, nil: NilKind, notebook: Notebook) -> Grid:
    """The grid with what the nil says in its blank cells: zero for the flows that the form names, else "...".

    What stands in other cells and says something else is a finding.
    """
    said = [entry for entry in grid.entries.values() if entry.reading.content is not Content.BLANK]
    contradict(
        grid.sheet, [figure.cell for figure in said if not _agrees(figure, nil)], nil, notebook
    )
    entries = {
        place: replace(one, reading=_reading(grid.table, place, nil))
        if one.reading.content is Content.BLANK
        else one
        for place, one in grid.entries.items()
    }
    return replace(grid, entries=entries)


def contradict(sheet: str, cells: Iterable[str], nil: NilKind, notebook: Notebook) -> None:
    """Names the cells in which there is something after all."""
    if filled := tuple(cells):
        kind = texts(f"validation.nil.{nil}")
        notebook.find("nil_contradicted", Place(sheet, filled), kind=kind, count=len(filled))


def aggregated(
    table: Table, nil: NilKind, observations: Iterable[Observation]
) -> list[Observation]:
    """The figures of a record list without records."""
    if nil is NilKind.NOT_COLLECTED:
        return []
    return [
        replace(figure, missing=Missing.NIL)
        for figure in observations
        if figure.indicator in table.nil
    ]


def without_asking(form: Form) -> Form:
    """The form without the rules that ask for what a nil states not to be there."""
    return replace(form, rules=tuple(rule for rule in form.rules if rule.kind not in _ASKING))


def _agrees(entry: Entry, nil: NilKind) -> bool:
    """Whether a cell says the same: "-" or 0 that none occurred, "..." or "x" that nothing was collected."""
    if nil is NilKind.NONE_OCCURRED:
        return entry.reading.value == 0
    return entry.reading.missing in (Missing.NOT_COLLECTED, Missing.NOT_APPLICABLE)


def _reading(table: Table, place: tuple[str, str], nil: NilKind) -> Reading:
    if nil is NilKind.NOT_COLLECTED:
        return NOT_COLLECTED
    row, column = place
    return ZERO if (row if table.indicators is Axis.ROWS else column) in table.nil else BLANK

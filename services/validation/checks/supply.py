"""Whether what came is what its sender supplies by the catalogue: completeness, frequency, regime, rows of others.

The catalogue is the basis of what is supplied (R23, R95). Whoever sends something else is told so, and not refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.model.enumerations import Completeness, Regime, Severity
from services.model.form import Form
from services.model.messages import texts
from services.model.text import Text
from services.validation.checks.headings import COMPLETENESS
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.placing.structure import Grid
from services.validation.reading.statement import Statement
from services.validation.workbook.numbers import Content

_WARNING = Context(severity=Severity.WARNING)


@dataclass(frozen=True)
class Supply:
    """The item by which the sender supplies the form, None for none; what it is, and the regime that it stated."""

    item: Mapping[str, Any] | None
    organisation_kind: str
    regime: Regime


def check_supply(
    form: Form, statement: Statement, supply: Supply, grids: Iterable[Grid], notebook: Notebook
) -> None:
    """Names what is beyond the item or under another regime, and the cells of sections that others answer for."""
    if supply.item is not None:
        _check_item(statement, supply.item, notebook)
    if supply.regime != form.regime:
        found, expected = (
            texts(f"validation.regime.{one}") for one in (supply.regime, form.regime)
        )
        notebook.find("regime_differs", Place(), _WARNING, found=found, expected=expected)
    grids = list(grids)
    for section in form.responsible:
        if supply.organisation_kind in section.organisation_kinds:
            continue
        for grid in grids:
            cells = _filled(grid, section.rows)
            if cells:
                where = Place(grid.sheet, cells)
                values = {"section": section.section, "count": len(cells)}
                notebook.find("section_of_another", where, _WARNING, **values)


def _check_item(statement: Statement, item: Mapping[str, Any], notebook: Notebook) -> None:
    """An item from before its fields were asked for limits nothing that it doesn't say."""
    supplied = item.get("completeness", list(Completeness))
    if statement.completeness not in supplied:
        names = [COMPLETENESS[Completeness(one)] for one in supplied]
        expected = Text(", ".join(one.vi for one in names), ", ".join(one.en for one in names))
        values = {"found": COMPLETENESS[statement.completeness], "expected": expected}
        notebook.find("item_completeness", Place(), _WARNING, item=Text(**item["name"]), **values)
    if statement.period.frequency != item.get("frequency", statement.period.frequency):
        expected = texts(f"validation.frequency.{item['frequency']}")
        found = str(statement.period)
        notebook.find(
            "item_frequency",
            Place(),
            _WARNING,
            item=Text(**item["name"]),
            found=found,
            expected=expected,
        )


def _filled(grid: Grid, rows: Iterable[str]) -> tuple[str, ...]:
    """The cells of these rows that hold a number; a nought may be printed there."""
    wanted = set(rows)
    return tuple(
        entry.cell
        for (row, _), entry in grid.entries.items()
        if row in wanted and entry.reading.content is Content.NUMBER and entry.reading.value
    )

"""Whether what came is what its sender supplies by the catalogue: completeness, frequency, regime.

The catalogue is the basis of what is supplied (R23, R95). Whoever sends something else is told so, and not refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.model.enumerations import Completeness, Regime, Severity
from services.model.form import Form
from services.model.messages import texts
from services.model.text import Text
from services.validation.checks.headings import COMPLETENESS
from services.validation.findings import Context, Notebook, Place
from services.validation.reading.statement import Statement

_WARNING = Context(severity=Severity.WARNING)


@dataclass(frozen=True)
class Supply:
    """The items by which the sender supplies the form; what it is, and the regime that it stated."""

    items: tuple[Mapping[str, Any], ...]
    organisation_kind: str
    regime: Regime

    def sections(self, form: Form) -> frozenset[str]:
        """Those of the form that the sender answers for; without an item of its own, those of its kind."""
        return form.sections_of(self.organisation_kind, self.items or ({},))


def check_supply(form: Form, statement: Statement, supply: Supply, notebook: Notebook) -> None:
    """Names what is beyond the item, of several the first of the sections that are covered; and another regime."""
    about = (one for one in supply.items if _is_about(one, statement))
    if item := next(about, None):
        _check_item(statement, item, notebook)
    if supply.regime != form.regime:
        found, expected = (
            texts(f"validation.regime.{one}") for one in (supply.regime, form.regime)
        )
        notebook.find("regime_differs", Place(), _WARNING, found=found, expected=expected)


def _is_about(item: Mapping[str, Any], statement: Statement) -> bool:
    sections = item.get("sections")
    return not (sections and statement.sections) or not statement.sections.isdisjoint(sections)


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

"""Findings of one rule about many cells: the first have one each, all further ones of a column one together."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from services.model.enumerations import Severity
from services.model.rule import Rule
from services.validation.codes import codes
from services.validation.findings import Context, Notebook, Place

MOST_NAMED: Final = 1_000
"""Findings of one code and column that say what is the matter with each cell."""


_Alike = tuple[str, str, Severity | None]
"""Code, column, and a severity other than the rule's."""


def context_of(rule: Rule, severity: Severity | None = None) -> Context:
    """Which rule speaks, with another severity where that is given."""
    return Context(rule.id, rule.level, severity or rule.severity, rule.basis, rule.message)


@dataclass
class Crowd:
    """What a rule finds in a sheet. Every cell is listed and counted, however many there are."""

    rule: Rule
    sheet: str
    notebook: Notebook
    _counts: dict[_Alike, int] = field(default_factory=lambda: defaultdict(int))
    _more: dict[_Alike, list[str]] = field(default_factory=lambda: defaultdict(list))

    def find(
        self,
        code: str,
        column: str,
        cells: tuple[str, ...],
        severity: Severity | None = None,
        /,
        **values: object,
    ) -> None:
        """One more finding; its cells are kept for later where there are too many of its kind."""
        alike = code, column, severity
        self._counts[alike] += 1
        if self._counts[alike] <= MOST_NAMED:
            where = Place(self.sheet, cells)
            self.notebook.find(code, where, context_of(self.rule, severity), **values)
        else:
            self._more[alike] += cells

    def close(self) -> None:
        """Says what is left to say."""
        for (code, column, severity), cells in self._more.items():
            where = Place(self.sheet, tuple(dict.fromkeys(cells)))
            count = self._counts[code, column, severity] - MOST_NAMED
            values = {"what": codes()[code].meaning, "count": count}
            self.notebook.find("cells_alike", where, context_of(self.rule, severity), **values)

"""The sections of its form that an attempt covers: what stands in others is no figure of its sender's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from services.model.form import Form, Responsible
from services.model.observation import Observation
from services.model.rule import Rule, RuleKind, in_quotes, names_of
from services.validation.checks.supply import Supply
from services.validation.findings import Notebook, Place
from services.validation.reading.placing.structure import Grid
from services.validation.reading.statement import Statement
from services.validation.workbook.numbers import Content, Reading


@dataclass(frozen=True)
class Cover:
    """What an attempt covers. `beyond` is the section of each row that it does not cover, `own` the sections that its
    sender answers for; None where nobody knows who sends it.
    """

    sections: tuple[Responsible, ...]
    beyond: Mapping[str, Responsible]
    own: Collection[str] | None

    @classmethod
    def of(cls, form: Form, statement: Statement, supply: Supply | None) -> Cover:
        """By the sections that are stated; else all that the sender answers for, or all of the form."""
        own = supply.sections(form) if supply is not None else None
        named = statement.sections or own
        covered = tuple(one for one in form.sections if named is None or one.id in named)
        rest = (one for one in form.sections if one not in covered)
        return cls(covered, {row: one for one in rest for row in one.rows}, own)

    @property
    def known(self) -> tuple[Responsible, ...]:
        """Those that it covers for sure: none where neither the statement names any nor anybody knows who sends it."""
        return self.sections if self.beyond or self.own is not None else ()

    def within(self, grid: Grid, notebook: Notebook) -> Grid:
        """The grid without the rows beyond it; a finding names what stands in them, by section.

        A nought or a sign of its absence may be printed there.
        """
        beyond = {place: one for place, one in grid.entries.items() if place[0] in self.beyond}
        cells: dict[str, list[str]] = {}
        for (row, _), entry in beyond.items():
            if _says_something(entry.reading):
                cells.setdefault(self.beyond[row].id, []).append(entry.cell)
        sections = {one.id: one for one in self.beyond.values()}
        for id_, filled in cells.items():
            another = self.own is not None and id_ not in self.own
            notebook.find(
                "section_of_another" if another else "section_not_stated",
                Place(grid.sheet, tuple(filled)),
                section=sections[id_].section,
                count=len(filled),
            )
        entries = {place: one for place, one in grid.entries.items() if place not in beyond}
        return replace(grid, entries=entries)

    def asked(self, form: Form) -> Form:
        """The form without asking for the rows beyond: a total over them waits for the parts of others."""
        if not self.beyond:
            return form
        return replace(form, rules=tuple(filter(None, map(self._asked, form.rules))))

    def _asked(self, rule: Rule) -> Rule | None:
        if rule.kind is RuleKind.TOTAL and not self.beyond.keys().isdisjoint(names_of(rule)):
            return None
        if rule.kind is not RuleKind.REQUIRED:
            return rule
        names = [name for name in names_of(rule) if name not in self.beyond]
        return replace(rule, expression=", ".join(map(in_quotes, names))) if names else None

    def find_blank(self, figures: Iterable[Observation], notebook: Notebook) -> None:
        """Names the sections of several without any figure: as if covered, nobody would ask for them again."""
        filled = {figure.indicator for figure in figures if figure.value is not None}
        blank = [one for one in self.sections if filled.isdisjoint(one.rows)]
        if self.own is None or len(blank) == len(self.sections):
            return
        for section in blank:
            notebook.find("section_blank", Place(), section=section.section)


def _says_something(reading: Reading) -> bool:
    """Whether a cell holds more than a nought, or the sign that there is nothing."""
    if reading.content is Content.NUMBER:
        return bool(reading.value)
    return reading.content not in (Content.BLANK, Content.MISSING)

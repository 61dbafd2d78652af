"""Says in findings what was found of one rule."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from services.model import wording
from services.model.codelist import Codelist
from services.model.enumerations import Severity
from services.model.messages import LANGUAGES
from services.model.rule import CELL_KINDS, Rule, RuleKind
from services.model.text import Text
from services.validation.findings import Notebook, Place, in_both
from services.validation.reading.placing.entries import Entry
from services.validation.rules.cells import limits, verdicts
from services.validation.rules.crowd import Crowd, context_of
from services.validation.rules.spoken import joined, spoken
from services.validation.rules.table import Table, text_of
from services.validation.rules.verdict import Outcome, State, Tally, Verdict


@dataclass(frozen=True)
class Result:
    """What the engine said of a rule, and columns of uneven coverage; or the references that it lacked.

    Nothing of either where a rule is about cells, in all rows.
    """

    outcome: Outcome | None = None
    lacking: str = ""
    uneven: tuple[str, ...] = ()


@dataclass(frozen=True)
class Speaker:
    """Says in findings what the engine found of one rule."""

    rule: Rule
    table: Table
    notebook: Notebook

    def report(self, tally: Tally, result: Result, codelists: Mapping[str, Codelist]) -> None:
        """Counts what the rule says and adds its findings."""
        outcome = result.outcome
        if result.lacking:
            tally.undecided += 1
            self._tell("reference_missing", reference=result.lacking)
        elif outcome is not None and outcome.error:
            tally.undecided += outcome.undecided
            self._tell("rule_not_computed", reason=outcome.error)
        elif self.rule.kind in CELL_KINDS:
            when = None if outcome is None else limits(self.table.rows, outcome)
            self._of_cells(tally, verdicts(self.rule, self.table, codelists, when))
        elif outcome is not None:
            self._of_rows(tally, outcome)
        if result.uneven:
            self._tell("coverage_differs", columns=", ".join(result.uneven))

    def _of_cells(self, tally: Tally, verdicts: Iterable[Verdict]) -> None:
        crowd = Crowd(self.rule, self.table.sheet, self.notebook)
        for verdict in verdicts:
            tally.count(verdict.state)
            if verdict.code and verdict.state is not State.PASS and not verdict.quiet:
                severity = Severity.INFORMATION if verdict.state is State.UNDECIDED else None
                crowd.find(verdict.code, verdict.column, verdict.cells, severity, **verdict.values)
        crowd.close()

    def _of_rows(self, tally: Tally, outcome: Outcome) -> None:
        tally.passed += outcome.passed
        tally.failed += outcome.failed
        tally.undecided += outcome.undecided
        crowd = Crowd(self.rule, self.table.sheet, self.notebook)
        for row in outcome.failing:
            self._offends(outcome, self.table.rows[row - 1], crowd)
        crowd.close()
        for lack in outcome.lacking:
            shown = [
                Text(f"{called.vi} = {value}", f"{called.en} = {value}")
                for name, value in lack.items()
                if (called := self._called(name))
            ]
            values = {"expression": self._shown(), "lacking": joined(shown)}
            self.notebook.find("lacking", Place(self.table.sheet), context_of(self.rule), **values)
        for row in outcome.unknown:
            self._undecided(outcome, self.table.rows[row - 1])

    def _tell(self, code: str, **values: object) -> None:
        context = context_of(self.rule, Severity.INFORMATION)
        where = Place(self.table.sheet)
        self.notebook.find(code, where, context, expression=self._shown(), **values)

    def _shown(self, row: str = "") -> Text:
        """The expression in the words of the table; with the cells of a row where it is about that row alone."""
        called = dict(self.table.called)
        if row and _is_of_one_row(self.rule):
            cells = {column: self.table.entries.get((row, column)) for column in called}
            called |= {column: Text(e.cell, e.cell) for column, e in cells.items() if e}
        return spoken(self.rule.expression, called)

    def _row(self, row: str, cells: Sequence[str]) -> str | Text:
        """A row by its title; one of a list by its number on the sheet."""
        if self.table.named or not cells:
            return self.table.title(row)
        return in_both("validation.row_at", number=cells[0].lstrip(ascii_uppercase))

    def _called(self, column: str) -> Text:
        return self.table.called.get(column, Text(column, column))

    def _offends(self, outcome: Outcome, row: str, crowd: Crowd) -> None:
        columns = [
            column for column in self._columns(outcome) if (row, column) in self.table.entries
        ]
        entries = [self.table.entries[row, column] for column in columns]
        values = [entry.reading.value for entry in entries]
        given = {"value": values[0]} if len(values) == 1 and values[0] is not None else {}
        cells = tuple(entry.cell for entry in entries)
        there = joined([_written(entry) for entry in entries])
        crowd.find(
            self.rule.kind.value, "", cells,
            expression=self._shown(row), what=self._row(row, cells), there=there, **given,
        )  # fmt: skip

    def _columns(self, outcome: Outcome) -> list[str]:
        """The columns of figures that the rule names; all of them where it names none."""
        known = {column for _, column in self.table.entries}
        named = [column for column in outcome.columns if column in known]
        return named or [value for value in self.table.values if value in known]

    def _undecided(self, outcome: Outcome, row: str) -> None:
        """Says which cells of a row lacked, where something of what the rule needs is there."""
        cells = {column: self.table.entries.get((row, column)) for column in self._columns(outcome)}
        filled = [one for one, cell in cells.items() if cell and cell.reading.value is not None]
        lacking = [cell for cell in cells if cell not in filled]
        if not filled or not lacking:
            return
        where = Place(self.table.sheet, tuple(e.cell for cell in lacking if (e := cells[cell])))
        context = context_of(self.rule, Severity.INFORMATION)
        names = [
            Text(e.cell, e.cell) if (e := cells[column]) else self._called(column)
            for column in lacking
        ]
        values = {"expression": self._shown(row), "lacking": joined(names)}
        self.notebook.find("undecided", where, context, **values)


def _is_of_one_row(rule: Rule) -> bool:
    """Whether its expression says of each row what must hold there: no group, no window, no other table."""
    return rule.kind is RuleKind.CHECK and rule.by is None and not _BEYOND.search(rule.expression)


_BEYOND = re.compile(r"\b(?:over|select)\b", re.IGNORECASE)


def _written(entry: Entry) -> Text:
    """A cell as a finding shows it: its address, and its number or else its text."""
    value = entry.reading.value
    if value is None:
        said = text_of(entry) or "–"
        return Text(f"{entry.cell} = {said}", f"{entry.cell} = {said}")
    return Text(*(f"{entry.cell} = {wording.number(value, lang)}" for lang in LANGUAGES))

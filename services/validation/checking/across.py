"""Rules that span the sections of a form, over the figures of all its parts that are in use, whoever sent them. Pure.

Each part clears by itself, so what does not hold withdraws nothing: whoever sent a part, and its room, are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from services.events.validation import SectionPart
from services.model.form import Form
from services.model.observation import Missing, from_parquet
from services.model.rule import Rule, RuleKind, names_of
from services.model.table import Role, TableKind
from services.model.table import Table as FormTable
from services.validation.findings import Inconsistency
from services.validation.reading.placing.entries import Entry
from services.validation.reading.statement import Statement
from services.validation.rules.cells import verdicts
from services.validation.rules.frames import CellKey
from services.validation.rules.table import Table
from services.validation.rules.verdict import State
from services.validation.workbook.numbers import Content, Reading


@dataclass(frozen=True)
class Part:
    """An attempt that is in use: its figures, as Parquet."""

    submission_id: UUID
    attempt: int
    sender: str
    room: str | None
    observations: bytes = field(repr=False)

    @property
    def told(self) -> SectionPart:
        """As events name it."""
        return SectionPart(
            submission_id=str(self.submission_id),
            attempt=self.attempt,
            sender=self.sender,
            room=self.room,
        )


def spanning(form: Form) -> tuple[Rule, ...]:
    """The totals of the form that name rows of several of its sections."""
    return tuple(
        rule
        for rule in form.rules
        if rule.kind is RuleKind.TOTAL
        and form.table(rule.table).kind is TableKind.FIGURES
        and len(_sections(form, names_of(rule))) > 1
    )


def inconsistencies(
    form: Form, statement: Statement, parts: Sequence[Part]
) -> tuple[Inconsistency, ...]:
    """What does not hold. A part that has not come, or holds no number, leaves a rule undecided: that is no failure.

    `statement`: area, time and completeness of all parts. Raises ValueError where the figures of one can't be read.
    """
    figures = {key: reading for part in parts for key, reading in _figures(part.observations)}
    found: list[Inconsistency] = []
    for rule in spanning(form):
        table = _table(form, form.table(rule.table), statement, figures)
        for column in table.columns(rule):
            period = str(statement.period_of(form.table(rule.table).by_id[column].span))
            found.extend(_of_column(form, rule, table, column, period))
    return tuple(found)


def _of_column(
    form: Form, rule: Rule, table: Table, column: str, period: str
) -> Iterator[Inconsistency]:
    for verdict in verdicts(replace(rule, columns=(column,)), table, {}):
        # One that fails for what lacks says no sum: a part has not come.
        if verdict.state is State.FAIL and "found" in verdict.values:
            given = {
                name: _plain(verdict.values[name]) for name in ("found", "expected", "difference")
            }
            yield Inconsistency(
                rule=rule.id,
                expression=str(verdict.values["expression"]),
                column=column,
                period=period,
                sections=_sections(form, verdict.rows),
                **given,
            )


def _sections(form: Form, rows: Iterable[str]) -> tuple[str, ...]:
    named = set(rows)
    return tuple(one.id for one in form.sections if not named.isdisjoint(one.rows))


def _figures(observations: bytes) -> Iterator[tuple[CellKey, Reading]]:
    for row in from_parquet(observations).iter_rows(named=True):
        key = CellKey.of(row)
        missing = Missing(row["missing"]) if row["missing"] else None
        content = Content.MISSING if missing else Content.NUMBER
        yield key, Reading(content, row["value"], missing)


def _table(
    form: Form, table: FormTable, statement: Statement, figures: Mapping[CellKey, Reading]
) -> Table:
    columns = table.of_role(Role.VALUE)
    entries = {
        (row.code, column.id): Entry("", "", reading)
        for row in table.rows
        for column in columns
        if (reading := figures.get(CellKey.at(table, row, column, statement))) is not None
    }
    return Table(
        sheet="",
        entries=entries,
        rows=tuple(row.code for row in table.rows),
        values=tuple(column.id for column in columns),
        named=True,
        decimals=form.decimals,
    )


def _plain(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)

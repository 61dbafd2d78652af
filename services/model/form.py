"""A form, described once: reader, checks, documentation and catalogue entry derive from it.

A form has tables. A table of figures is found by its header labels and has rows with codes; a table
of records is a list whose aggregates become observations. Body of `catalogue.changed`, kind `form`:
`Form.to_dict` as JSON.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from pydantic.dataclasses import dataclass

from services.model.enumerations import Completeness
from services.model.form_rules import rule_problems
from services.model.messages import texts
from services.model.observation import Scenario
from services.model.period import Frequency, Period
from services.model.rule import Axis, Reference, Rule, RuleKind, names_of
from services.model.table import Role, Table, TableKind, repeated, table_problems
from services.model.text import SCHEMAS, STRICT, ModelError, Text, joined, load_yaml, plain, read

SectionId = Annotated[str, StringConstraints(pattern=r"^[\p{L}\d.]{0,16}$")]


@dataclass(frozen=True, config=STRICT)
class Responsible:
    """Who owes a section of the form: every organisation of these kinds, for its own area. `id` names the section in
    statements and items, and `rows` are its own, where the form has several.
    """

    section: Text
    organisation_kinds: tuple[str, ...]
    rows: tuple[str, ...] = ()
    id: SectionId = ""


@dataclass(frozen=True, config=STRICT)
class Cutoff:
    """Where figures of a completeness cover less than the period: month and day it really ends."""

    completeness: Completeness
    period_ends: tuple[int, int]
    reference_ends: tuple[int, int]


class Acceptance(StrEnum):
    """Who accepts what satisfies the form's rules: nobody has to where there is no warning, or always a room."""

    AUTOMATIC = "automatic"
    ROOM = "room"


@dataclass(frozen=True, config=STRICT)
class Form:
    """A form and its version.

    `decimals` are the places to which its figures may be rounded: the default of its totals, for those whose figures
    all are. `plausible_change` is the least change from what is usual that may be implausible, as a natural logarithm:
    0.5 is 65 % more, or 39 % less (services/validation/checks/plausibility.py).
    """

    id: str
    version: int
    title: Text
    legal_basis: Text
    responsible: tuple[Responsible, ...]
    frequencies: tuple[Frequency, ...]
    area_lists: tuple[str, ...]
    regime: Literal["coordination", "sharing"]
    classification: Literal["public", "internal"]
    tables: tuple[Table, ...]
    rules: tuple[Rule, ...] = ()
    references: tuple[Reference, ...] = ()
    symbol: str | None = None
    due: Text | None = None
    province: str | None = None
    scenario: Scenario = Scenario.ACTUAL
    cutoffs: tuple[Cutoff, ...] = ()
    acceptance: Acceptance = Acceptance.AUTOMATIC
    source: str = ""
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    plausible_change: Annotated[float, Field(gt=0)] = 0.5

    def indicator_list(self, table: Table) -> str:
        """The code list that the indicators of the table are from: its own codes, unless the table names a list."""
        return table.indicator_list or f"{self.id}/{self.version}"

    @cached_property
    def rule_set(self) -> str:
        """SHA-256 of all that the checks depend on: the form as canonical JSON."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def may_be_sent_by(self, organisation_kind: str) -> bool:
        """Whether an organisation of this kind owes the form, or a section of it."""
        return any(
            organisation_kind in responsible.organisation_kinds for responsible in self.responsible
        )

    @property
    def sections(self) -> tuple[Responsible, ...]:
        """Those that statements may name: none where the form is one whole."""
        return tuple(section for section in self.responsible if section.id)

    def sections_of(
        self, organisation_kind: str, items: Iterable[Mapping[str, Any]]
    ) -> frozenset[str]:
        """The sections that an organisation of this kind answers for by these items, all of its own and of the form.

        An item that names none is for those of the organisation's kind.
        """
        by_kind = [one.id for one in self.sections if organisation_kind in one.organisation_kinds]
        return frozenset(id_ for item in items for id_ in item.get("sections") or by_kind)

    def may_come_from(self, organisation: Mapping[str, Any]) -> bool:
        """Whether the organisation, as the catalogue has it, may send the form: by its kind, and in its province."""
        here = self.province is None or self.province == organisation.get("province")
        return here and self.may_be_sent_by(str(organisation.get("kind", "")))

    def table(self, table_id: str) -> Table:
        """The table with this id; raises ModelError where there is none."""
        for table in self.tables:
            if table.id == table_id:
                return table
        raise _wrong(self.id, [texts("form.no_table", table=table_id)])

    def reference(self, period: Period, completeness: Completeness) -> tuple[date, date]:
        """First and last day that figures of the period really cover."""
        end = period.end
        for cutoff in self.cutoffs:
            if cutoff.completeness is completeness and cutoff.period_ends == (end.month, end.day):
                month, day = cutoff.reference_ends
                return period.start, end.replace(month=month, day=day)
        return period.start, end

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Form":
        """A form from plain data; raises ModelError naming each wrong place."""
        # Forms of before named the indicators under embargo; now their code list tells.
        given = {name: value for name, value in data.items() if name != "system_indicators"}
        try:
            form = read(cls, given, "")
        except ModelError as error:
            raise _wrong(str(data.get("id", "?")), [error.text]) from None
        problems = [problem for table in form.tables for problem in table_problems(table)]
        problems += [problem for table in form.tables for problem in _unchecked(form, table)]
        for rule in form.rules:
            problems += rule_problems(form.id, form.tables, form.references, rule)
        problems += repeated("rule.twice", (rule.id for rule in form.rules))
        problems += _wrong_sections(form)
        names = (
            *(table.id for table in form.tables),
            *(reference.name for reference in form.references),
        )
        problems += repeated("form.table_twice", names)
        if problems:
            raise _wrong(form.id, problems)
        return form

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)


@cache
def shipped_forms() -> Mapping[str, Form]:
    """Every form that comes with the product, by id."""
    return MappingProxyType(load_forms(SCHEMAS / "catalogue" / "forms"))


def load_forms(folder: Path) -> dict[str, Form]:
    """Every form of the folder, by id; raises ModelError for one that can't be published."""
    forms = [published(load_yaml(path)) for path in sorted(folder.glob("*.yaml"))]
    return {form.id: form for form in forms}


def published(data: Mapping[str, Any]) -> Form:
    """A form as it may be published from now on: besides being one, it says what may be blank, and which figure of its
    each cell is. Raises ModelError. Versions from before that was asked for stay readable by `Form.from_dict`.
    """
    form = Form.from_dict(data)
    tables = form.tables
    if problems := [
        problem for table in tables for problem in (*_unsaid(form, table), *_indistinct(table))
    ]:
        raise _wrong(form.id, problems)
    return form


def _wrong(form: str, problems: Iterable[Text]) -> ModelError:
    return ModelError(texts("form.of", form=form, problems=joined(problems, "; ")))


def _indistinct(table: Table) -> list[Text]:
    """Rows whose figures would be the same ones, in a table whose columns are the indicators."""
    if table.kind is not TableKind.FIGURES or table.indicators is Axis.ROWS:
        return []
    alike: dict[tuple[str | None, ...], list[str]] = {}
    for row in table.rows:
        key = (row.area_list, row.area, row.activity, row.breakdown)
        alike.setdefault(key, []).append(row.code)
    return [
        texts("form.rows_alike", rows=", ".join(codes), table=table.id)
        for codes in alike.values()
        if len(codes) > 1
    ]


def _wrong_sections(form: Form) -> list[Text]:
    """Sections with rows that the form has not, or that two have; with a name of their own and without rows."""
    codes = {row.code for table in form.tables for row in table.rows}
    problems = [
        texts("form.no_row_of_section", section=section.section, row=code)
        for section in form.responsible
        for code in section.rows
        if code not in codes
    ]
    named = form.sections
    problems += [texts("form.section_without_rows", id=one.id) for one in named if not one.rows]
    if named and len(named) < len(form.responsible):
        problems.append(texts("form.sections_without_id"))
    elif named:
        left = codes - {row for one in named for row in one.rows}
        problems += [texts("form.row_of_no_section", row=row) for row in sorted(left)]
    problems += repeated("form.section_twice", (one.id for one in named))
    return problems + repeated("form.row_of_two", (row for one in named for row in one.rows))


def _unsaid(form: Form, table: Table) -> list[Text]:
    """What the form leaves open about blank cells of a table."""
    if table.blank is None:
        return [texts("form.blank_unsaid", table=table.id)]
    if table.blank == "rest":
        return []
    required: set[str] = set()
    for rule in form.rules:
        if rule.kind is RuleKind.REQUIRED and rule.table == table.id and not rule.columns:
            required |= set(names_of(rule))
    if required >= set(table.by_code) or required >= _filled_in(table):
        return []
    return [texts("form.blank_nothing", table=table.id)]


def _filled_in(table: Table) -> set[str]:
    """The columns that are filled in."""
    filled = (*table.of_role(Role.VALUE), *table.of_role(Role.FIELD))
    return {column.id for column in filled if not column.optional}


def _unchecked(form: Form, table: Table) -> list[Text]:
    """Values without a type rule: what isn't a number there would be no figure, and unnoticed."""
    if table.kind is TableKind.RECORDS:
        wanted = {
            aggregate.column for aggregate in table.aggregates if aggregate.column is not None
        }
    else:
        wanted = {column.id for column in table.of_role(Role.VALUE)}
    for rule in form.rules:
        if rule.kind is RuleKind.TYPE and rule.table == table.id:
            wanted -= set(rule.columns or wanted)
    return [texts("form.needs_type", column=column, table=table.id) for column in sorted(wanted)]


def section_names(form: Mapping[str, Any]) -> dict[str, Text]:
    """The names of a form's sections by their ids, from its body: of those that have an id."""
    return {
        one["id"]: Text(one["section"]["vi"], one["section"]["en"])
        for one in form.get("responsible", ())
        if one.get("id")
    }

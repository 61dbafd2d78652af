"""The tables of a form: what their columns and rows are, and how they are recognised."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal

from pydantic.dataclasses import dataclass

from services.model.messages import texts
from services.model.observation import Measure, Prices
from services.model.rule import Axis, CellType
from services.model.text import STRICT, Text

_NUMBERS = (CellType.NUMBER, CellType.INTEGER)


class TableKind(StrEnum):
    """Figures in a grid, or a list of records."""

    FIGURES = "figures"
    RECORDS = "records"


class Role(StrEnum):
    """What a column of a table holds."""

    CODE = "code"
    LABEL = "label"
    UNIT = "unit"
    VALUE = "value"
    FIELD = "field"


class Span(StrEnum):
    """Which time a column is about, seen from the period of the submission."""

    PERIOD = "period"
    YEAR_TO_DATE = "year_to_date"


class Function(StrEnum):
    """How records become one figure."""

    COUNT = "count"
    SUM = "sum"


@dataclass(frozen=True, config=STRICT)
class Unit:
    """A unit of measure: `labels` are the ways in which workbooks write it."""

    code: str
    multiplier: int
    labels: tuple[str, ...]


@dataclass(frozen=True, config=STRICT)
class Column:
    """A column: `headers` are alternative header paths, each from the outermost label inwards.

    `{period}` in a header stands for the ways to write the column's period. `identifier` says that
    the cells of a record list identify a person or firm (name, household, address, coordinates, personal_id, tax_code,
    phone, email, bank_account).
    """

    id: str
    role: Role
    headers: tuple[tuple[str, ...], ...]
    span: Span = Span.PERIOD
    type: CellType | None = None
    unit: Unit | None = None
    measure: Measure | None = None
    prices: Prices | None = None
    optional: bool = False
    identifier: str | None = None


@dataclass(frozen=True, config=STRICT)
class Row:
    """A row of a figures table; `aliases` are other labels, `unprinted` a code that forms omit."""

    code: str
    label: str
    aliases: tuple[str, ...] = ()
    unprinted: bool = False
    area_list: str | None = None
    area: str | None = None
    activity: str = ""
    breakdown: str = ""
    unit: Unit | None = None
    measure: Measure | None = None


@dataclass(frozen=True, config=STRICT)
class Aggregate:
    """One figure that a record list yields."""

    indicator: str
    title: Text
    function: Function
    unit: Unit
    measure: Measure
    column: str | None = None
    prices: Prices = Prices.NOT_APPLICABLE


@dataclass(frozen=True, config=STRICT)
class Sdmx:
    """How a table may come as SDMX-CSV instead: the structure, and what its dimensions are here.

    `structure` is written AGENCY:ID(VERSION), `file` is its SDMX-ML under schemas/sdmx. `row` is the
    dimension whose codes are the row codes, `column` the one whose codes are ids of columns; without
    it the time period tells the column.
    """

    structure: str
    file: str
    row: str
    area: str | None = None
    column: str | None = None


@dataclass(frozen=True, config=STRICT)
class Table:
    """A table of a form. `sheets` are names to look at first; the headers decide.

    `indicator_list` is the code list that its indicators are from; empty for the form's own codes. `blank` says what
    may be blank: nothing, or the rest, which no rule of kind `required` names. `nil` are the indicators of which a
    sender may state that none occurred: flows, since a stock that isn't there was merely not counted.
    """

    id: str
    kind: TableKind
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    sheets: tuple[str, ...] = ()
    rows_by: Literal["code", "label"] = "code"
    indicators: Axis = Axis.ROWS
    unit: Unit | None = None
    measure: Measure = Measure.FLOW
    prices: Prices = Prices.NOT_APPLICABLE
    base_year: int | None = None
    indicator_list: str = ""
    activity_list: str = ""
    aggregates: tuple[Aggregate, ...] = ()
    sdmx: Sdmx | None = None
    blank: Literal["nothing", "rest"] | None = None
    nil: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Column]:
        """The columns by id."""
        return {column.id: column for column in self.columns}

    @cached_property
    def by_code(self) -> Mapping[str, Row]:
        """The rows by code."""
        return {row.code: row for row in self.rows}

    @cached_property
    def measured(self) -> Mapping[str, Measure]:
        """What kind of quantity each indicator of the table is."""
        if self.kind is TableKind.RECORDS:
            return {aggregate.indicator: aggregate.measure for aggregate in self.aggregates}
        if self.indicators is Axis.ROWS:
            return {row.code: row.measure or self.measure for row in self.rows}
        return {column.id: column.measure or self.measure for column in self.of_role(Role.VALUE)}

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers: the values of figures, the fields of such a type of records."""
        if self.kind is TableKind.FIGURES:
            return tuple(column.id for column in self.of_role(Role.VALUE))
        return tuple(column.id for column in self.columns if column.type in _NUMBERS)

    def of_role(self, role: Role) -> tuple[Column, ...]:
        """The columns of a role, in their order."""
        return tuple(column for column in self.columns if column.role is role)


def repeated(message: str, names: Iterable[str]) -> list[Text]:
    """The message for each name that comes more than once."""
    return [texts(message, name=name) for name, count in Counter(names).items() if count > 1]


def table_problems(table: Table) -> list[Text]:
    """What is wrong with a table by itself, in words; empty where nothing is."""
    problems = repeated("form.column_twice", (column.id for column in table.columns))
    problems += repeated("form.row_twice", (row.code for row in table.rows))
    problems += [
        texts("form.no_header", column=column.id) for column in table.columns if not column.headers
    ]
    roles = {column.role for column in table.columns}
    if table.kind is TableKind.FIGURES:
        if not {Role.LABEL, Role.VALUE} <= roles or not table.rows:
            problems.append(texts("form.needs_rows", table=table.id))
        elif table.rows_by == "code" and Role.CODE not in roles:
            problems.append(texts("form.needs_code", table=table.id))
        problems += [
            texts("form.no_unit", column=column.id)
            for column in table.of_role(Role.VALUE)
            if column.unit is None
            and table.unit is None
            and any(r.unit is None for r in table.rows)
        ]
    elif Role.FIELD not in roles:
        problems.append(texts("form.no_field", table=table.id))
    problems += [
        texts("form.no_flow", indicator=indicator, table=table.id)
        for indicator in table.nil
        if table.measured.get(indicator) is not Measure.FLOW
    ]
    return problems + [
        texts("form.no_summed_column", indicator=aggregate.indicator, column=aggregate.column)
        for aggregate in table.aggregates
        if (aggregate.column or aggregate.function is Function.SUM)
        and aggregate.column not in table.by_id
    ]

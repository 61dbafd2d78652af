"""Rules as data, and the arithmetic of totals.

`total` compares sums of rows (or columns) of a table: `2 = 3 + 8 - 45`, or `3 >= 4 + 5` for
"Trong đó" rows, whose parts reach at most the whole. `required` names the rows or columns that may
not stay blank: `1, 2`. `type` names the type of a column's cells: `number`. `codelist` names the
list that a column's cells are from: `VSIC2018`.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from services.model.observation import Completeness
from services.model.text import STRICT, ModelError, Text


class Severity(StrEnum):
    """What a finding means for the verdict: only an error returns a submission."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


class RuleKind(StrEnum):
    """What a rule does."""

    REQUIRED = "required"
    CODELIST = "codelist"
    TYPE = "type"
    TOTAL = "total"


class Axis(StrEnum):
    """What the codes of an expression are."""

    ROWS = "rows"
    COLUMNS = "columns"


class CellType(StrEnum):
    """What a cell of a column holds."""

    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    TEXT = "text"


class ReferencePeriod(StrEnum):
    """Which time a reference is about, seen from the period of the submission."""

    SAME = "same"
    PREVIOUS = "previous"
    YEAR_BEFORE = "year_before"


@dataclass(frozen=True, config=STRICT)
class Reference:
    """Accepted figures beside which rules hold a submission; in expressions a table called `name`.

    A blank `form` is this form, no `completeness` the most complete that was accepted. `any` sender
    means every one, its own included: several may then stand under one name.
    """

    name: str
    form: str = ""
    table: str = "main"
    period: ReferencePeriod = ReferencePeriod.SAME
    completeness: Completeness | None = None
    sender: Literal["own", "any"] = "own"


@dataclass(frozen=True, config=STRICT)
class Rule:
    """One rule of a form. `level` is the ESS validation level; no `columns` means all of values."""

    id: str
    kind: RuleKind
    expression: str
    level: Annotated[int, Field(ge=0, le=5)]
    severity: Severity = Severity.ERROR
    axis: Axis = Axis.ROWS
    columns: tuple[str, ...] = ()
    tolerance: Decimal = Decimal(0)
    message: Text | None = None
    basis: str = ""
    table: str = "main"


class Relation(StrEnum):
    """How the left side of a total stands to the sum on its right."""

    EQUAL = "="
    AT_LEAST = ">="


@dataclass(frozen=True)
class Total:
    """A parsed expression of kind `total`: `left relation Σ sign × code`."""

    left: str
    relation: Relation
    terms: tuple[tuple[int, str], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code named, the left one first."""
        return (self.left, *(code for _, code in self.terms))


_TOTAL = re.compile(r"\s*(\w+)\s*(=|>=)\s*(.+)")
_TERM = re.compile(r"\s*([+-]?)\s*(\w+)\s*")


def parse_total(expression: str) -> Total:
    """The total that `expression` writes; raises ModelError showing where it goes wrong."""
    found = _TOTAL.fullmatch(expression)
    if found is None:
        raise ModelError(f"{expression!r} is no total: write 1 = 2 + 3 - 4, or 1 >= 2 + 3")
    rest = found[3]
    terms: list[tuple[int, str]] = []
    while rest:
        term = _TERM.match(rest)
        if term is None or bool(term[1]) < bool(terms):
            raise ModelError(f"{expression!r}: no term can be read at {rest!r}")
        terms.append((-1 if term[1] == "-" else 1, term[2]))
        rest = rest[term.end() :]
    total = Total(found[1], Relation(found[2]), tuple(terms))
    if len(set(total.codes)) != len(total.codes):
        raise ModelError(f"{expression!r} names a code twice")
    return total


def parse_names(expression: str) -> tuple[str, ...]:
    """The names of a comma-separated expression; raises ModelError where one is blank."""
    names = tuple(name.strip() for name in expression.split(","))
    if not all(names):
        raise ModelError(f"{expression!r}: a name is blank")
    return names


def names_of(rule: Rule) -> Iterable[str]:
    """The rows or columns that a rule's expression names."""
    if rule.kind is RuleKind.TOTAL:
        return parse_total(rule.expression).codes
    return parse_names(rule.expression) if rule.kind is RuleKind.REQUIRED else ()

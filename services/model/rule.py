"""Rules as data, and the arithmetic of totals. docs/rules.md shows each kind with examples.

`check` is a condition on each row, in SQL; with `by` its aggregates are of the row's group. `total`
compares sums of rows (or columns) of a table: `2 = 3 + 8 - 45`, or `3 >= 4 + 5` for "Trong đó" rows,
whose parts reach at most the whole; several lines are a tree. `change` compares with the row before
or with a reference. `required`, `unique`, `codelist` and `type` are about cells, `exists` and
`complete` about a whole table, and `sql` is a query that returns what offends.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from services.model.enumerations import Completeness, Severity
from services.model.messages import texts
from services.model.text import STRICT, ModelError, Text


class RuleKind(StrEnum):
    """What a rule does."""

    REQUIRED = "required"
    CODELIST = "codelist"
    TYPE = "type"
    TOTAL = "total"
    CHECK = "check"
    UNIQUE = "unique"
    CHANGE = "change"
    EXISTS = "exists"
    COMPLETE = "complete"
    SQL = "sql"


CELL_KINDS = frozenset({RuleKind.REQUIRED, RuleKind.CODELIST, RuleKind.TYPE, RuleKind.TOTAL})
"""Those that look at single cells and sums; the others are conditions and queries."""


class IfMissing(StrEnum):
    """What a rule says where a value that it needs is missing."""

    UNDECIDED = "undecided"
    FAIL = "fail"
    PASS = "pass"


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
    """One rule. `level` is the ESS validation level; no `columns` means all of values.

    `when` limits it to the rows on which that condition holds. `by` are the columns of its groups,
    none of them for the whole table; `order` sorts rows for the one before. `code` is the column
    with the codes of a total over rows. `decimals` are the places to which the figures of a total
    are rounded. `exactly` is how often `exists` has to hold, at least once where it isn't given.
    """

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
    when: str = ""
    by: tuple[str, ...] | None = None
    missing: IfMissing = IfMissing.UNDECIDED
    reference: str = ""
    order: tuple[str, ...] = ()
    code: str = ""
    decimals: Annotated[int, Field(ge=0, le=12)] | None = None
    exactly: Annotated[int, Field(ge=0)] | None = None


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
    text: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code named, the left one first."""
        return (self.left, *(code for _, code in self.terms))


CODE = r"""(?:"[^"]+"|\w+(?:\.\w+)*)"""
"""A code of a row, 1 or 1.1; in quotes one with other signs: "Tổng số", "1-a"."""
_TOTAL = re.compile(rf"\s*({CODE})\s*(=|>=)\s*(.+)")
_TERM = re.compile(rf"\s*([+-]?)\s*({CODE})\s*")


def parse_total(expression: str) -> Total:
    """The total that `expression` writes; raises ModelError showing where it goes wrong."""
    match = _TOTAL.fullmatch(expression)
    if match is None:
        raise ModelError(texts("rule.no_total", text=expression))
    rest = match[3]
    terms: list[tuple[int, str]] = []
    while rest:
        term = _TERM.match(rest)
        if term is None or bool(term[1]) < bool(terms):
            raise ModelError(texts("rule.no_term", text=expression, rest=rest))
        terms.append((-1 if term[1] == "-" else 1, unquoted(term[2])))
        rest = rest[term.end() :]
    total = Total(unquoted(match[1]), Relation(match[2]), tuple(terms), expression.strip())
    if len(set(total.codes)) != len(total.codes):
        raise ModelError(texts("rule.code_twice", text=expression))
    return total


def parse_totals(expression: str) -> tuple[Total, ...]:
    """The totals of a tree, one a line; raises ModelError showing where one goes wrong."""
    lines = [line for line in re.split(r"[\n;]", expression) if line.strip()]
    if not lines:
        raise ModelError(texts("rule.blank_total"))
    return tuple(parse_total(line) for line in lines)


def parse_names(expression: str) -> tuple[str, ...]:
    """The names of a comma-separated expression, without their quotes; raises ModelError where one is blank."""
    return tuple(unquoted(part) for part in parts(expression))


def parts(expression: str) -> tuple[str, ...]:
    """The same as they are written; a comma in quotes parts nothing."""
    found = tuple(part.strip() for part in split(expression, ","))
    if not all(map(unquoted, found)):
        raise ModelError(texts("rule.blank_name", text=expression))
    return found


def split(text: str, sign: str) -> list[str]:
    """The pieces between a sign that stands outside of quotes."""
    return re.split(rf'{re.escape(sign)}(?=(?:[^"]*"[^"]*")*[^"]*$)', text)


def in_quotes(name: str) -> str:
    """A name as an expression writes it: in quotes where it needs them."""
    return name if re.fullmatch(r"\w+(?:\.\w+)*", name) else f'"{name}"'


def unquoted(name: str) -> str:
    """A name without blanks and quotes around it."""
    bare = name.strip()
    return bare[1:-1].strip() if len(bare) > 1 and bare[0] == bare[-1] == '"' else bare


def names_of(rule: Rule) -> Iterable[str]:
    """The rows or columns that a rule's expression names."""
    if rule.kind is RuleKind.TOTAL and not rule.code:
        return [code for total in parse_totals(rule.expression) for code in total.codes]
    return parse_names(rule.expression) if rule.kind is RuleKind.REQUIRED else ()

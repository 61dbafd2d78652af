"""Which combinations of values a rule of kind complete asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.model.cell_rules import columns_of
from services.model.expression import ExpressionError, Schema
from services.model.expression.scope import find
from services.model.expression.values import MOST_NUMBERS
from services.model.messages import texts
from services.model.rule import Rule, parts, split, unquoted


@dataclass(frozen=True)
class Combinations:
    """A rule of kind complete: each combination of these values stands in the table.

    A column's values are its own, a number of `start..end`, or those of a column of another table.
    """

    parts: tuple["Part", ...]


@dataclass(frozen=True)
class Part:
    """One column of a combination, and where its values come from."""

    column: str
    table: str = ""
    source: str = ""
    numbers: tuple[int, int] | None = None


def parts_of(rule: Rule, tables: Mapping[str, Schema]) -> tuple[Part, ...]:
    """`region, year`, or with values from elsewhere `region = regions.code, year = 2020..2024`."""
    return tuple(_part(rule, tables, text) for text in parts(rule.expression))


def _part(rule: Rule, tables: Mapping[str, Schema], text: str) -> Part:
    name, *rest = split(text, "=")
    source = "=".join(rest).strip()
    (column,) = columns_of(rule.table, (unquoted(name),), tables[rule.table])
    if not source:
        return Part(column)
    first, dots, last = source.partition("..")
    if dots:
        if not (first.strip().isdecimal() and last.strip().isdecimal()):
            raise ExpressionError(texts("rule.range", what=source))
        if int(last) - int(first) >= MOST_NUMBERS:
            raise ExpressionError(texts("rule.most_numbers", what=source, most=MOST_NUMBERS))
        return Part(column, numbers=(int(first), int(last)))
    table, *wanted = map(unquoted, split(source, "."))
    other = find(table, tables)
    match = find(wanted[0], tables[other]) if other is not None and len(wanted) == 1 else None
    if other is None or match is None:
        raise ExpressionError(texts("rule.source", what=source, column=column))
    return Part(column, other, match)

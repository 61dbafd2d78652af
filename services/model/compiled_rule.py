"""A rule as SQL over tables: what its kind means, said once for forms and for any other table."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.model.expression import (
    ExpressionError,
    Predicate,
    Query,
    Schema,
    compile_predicate,
    compile_query,
    quoted,
)
from services.model.expression.compiler import bounded
from services.model.expression.scope import find
from services.model.expression.support import refuse_unsupported
from services.model.expression.values import MOST_NUMBERS, nearest
from services.model.rule import Rule, RuleKind, parse_names
from services.model.rule_conditions import columns_of, condition_of, within
from services.model.text import ModelError

MOST_CHARACTERS = 50_000
"""Of a rule; beyond that reading it takes seconds."""


@dataclass(frozen=True)
class OfRows:
    """A rule that says of each row whether it holds."""

    predicate: Predicate


@dataclass(frozen=True)
class OfTable:
    """A rule of kind exists over a whole table: how often the condition has to hold."""

    predicate: Predicate
    exactly: int | None


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


@dataclass(frozen=True)
class OfQuery:
    """A rule of kind sql: the rows that the query returns offend."""

    query: Query


CompiledRule = OfRows | OfTable | Combinations | OfQuery


def compile_rule(rule: Rule, tables: Mapping[str, Schema]) -> CompiledRule:
    """The rule over the tables; raises ModelError that says what is wrong and how to mend it."""
    refuse_long(rule)
    with bounded():
        compiled = _compiled(rule, tables)
    if isinstance(compiled, OfRows | OfTable):
        sql = f"SELECT {compiled.predicate.sql} FROM {quoted(rule.table)}"
        refuse_unsupported(sql, tables)
    elif isinstance(compiled, OfQuery):
        refuse_unsupported(compiled.query.sql, tables)
    return compiled


def refuse_long(rule: Rule) -> None:
    """Raises ExpressionError for a rule that is longer than may be read."""
    if len(rule.expression) + len(rule.when) > MOST_CHARACTERS:
        raise ExpressionError(f"longer than {MOST_CHARACTERS} characters: make several rules of it")


def _compiled(rule: Rule, tables: Mapping[str, Schema]) -> CompiledRule:
    if rule.table not in tables:
        raise ExpressionError(f"no table {rule.table}: {nearest(rule.table, tables)}")
    _check_options(rule, tables[rule.table])
    if rule.kind is RuleKind.SQL:
        return OfQuery(compile_query(rule.expression, tables))
    if rule.kind is RuleKind.COMPLETE:
        return Combinations(_parts(rule, tables))
    if rule.kind is RuleKind.EXISTS and rule.by is None:
        predicate = compile_predicate(within(rule, rule.expression), tables, rule.table)
        return OfTable(predicate, rule.exactly)
    text = condition_of(rule, tables)
    by = rule.by
    if rule.kind is RuleKind.UNIQUE:
        by = columns_of(rule, tables[rule.table], parse_names(rule.expression))
    tolerance = rule.tolerance if rule.kind in (RuleKind.CHECK, RuleKind.CHANGE) else None
    predicate = compile_predicate(text, tables, rule.table, by, tolerance)
    if rule.when:
        when = compile_predicate(rule.when, tables, rule.table, rule.by)
        named = dict.fromkeys((*when.columns, *predicate.columns))
        sql = f"(NOT {when.sql} OR {predicate.sql})"
        predicate = Predicate(sql, tuple(named), predicate.tables | when.tables)
    return OfRows(predicate)


_OPTIONS = {
    "by": {RuleKind.CHECK, RuleKind.CHANGE, RuleKind.TOTAL, RuleKind.EXISTS},
    "order": {RuleKind.CHANGE},
    "reference": {RuleKind.CHANGE},
    "code": {RuleKind.TOTAL},
    "decimals": {RuleKind.TOTAL},
    "exactly": {RuleKind.EXISTS},
    "tolerance": {RuleKind.CHECK, RuleKind.CHANGE, RuleKind.TOTAL},
    "columns": {RuleKind.CODELIST, RuleKind.TYPE, RuleKind.TOTAL, RuleKind.CHANGE, RuleKind.REQUIRED},
}  # fmt: skip


def _check_options(rule: Rule, schema: Schema) -> None:
    for name, kinds in _OPTIONS.items():
        given = getattr(rule, name)
        if given not in (None, "", (), Decimal(0)) and rule.kind not in kinds:
            allowed = ", ".join(sorted(kind.value for kind in kinds))
            raise ExpressionError(f"{name} has no meaning for kind {rule.kind}, only for {allowed}")
    for names in (rule.by or (), rule.order, rule.columns):
        columns_of(rule, schema, names)


def _parts(rule: Rule, tables: Mapping[str, Schema]) -> tuple[Part, ...]:
    """`region, year`, or with values from elsewhere `region = regions.code, year = 2020..2024`."""
    return tuple(_part(rule, tables, text) for text in parse_names(rule.expression))


def _part(rule: Rule, tables: Mapping[str, Schema], text: str) -> Part:
    name, _, source = (one.strip() for one in text.partition("="))
    (column,) = columns_of(rule, tables[rule.table], (name,))
    if not source:
        return Part(column)
    first, dots, last = source.partition("..")
    if dots:
        if not (first.strip().isdecimal() and last.strip().isdecimal()):
            raise ExpressionError(f"{source!r} is no range: write 2020..2024")
        if int(last) - int(first) >= MOST_NUMBERS:
            raise ExpressionError(f"{source!r} has more than {MOST_NUMBERS} numbers")
        return Part(column, numbers=(int(first), int(last)))
    table, _, wanted = source.partition(".")
    other = find(table.strip(), tables)
    match = find(wanted.strip(), tables[other]) if other is not None else None
    if other is None or match is None:
        raise ModelError(f"{source!r}: write a column as {column} = table.column")
    return Part(column, other, match)

"""A rule as SQL over tables: what its kind means, said once for forms and for any other table."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.model.cell_rules import Names, columns_of, limit_of, resolved
from services.model.combinations import Combinations, parts_of
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
from services.model.expression.values import DIGITS, NUMBERS, ROW, Kind, nearest
from services.model.messages import texts
from services.model.rule import CELL_KINDS, Rule, RuleKind, names_of, parse_names
from services.model.rule_conditions import CODE, condition_of, within

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
class OfQuery:
    """A rule of kind sql: the rows that the query returns offend."""

    query: Query


@dataclass(frozen=True)
class OfCells:
    """A rule about cells or sums, with names as its table has them.

    `listed`: the table and column from which a rule of kind codelist takes its codes, where no catalogue has them.
    """

    rule: Rule
    listed: tuple[str, str] | None = None


CompiledRule = OfRows | OfTable | Combinations | OfQuery | OfCells


def compile_rule(
    rule: Rule, tables: Mapping[str, Schema], names: Names | None = None
) -> CompiledRule:
    """The rule over the tables; raises ModelError that says what is wrong and how to mend it.

    `names` are what a rule about cells may name in a form, whose lists are the catalogue's; without them its columns.
    """
    refuse_long(rule)
    if rule.kind in CELL_KINDS and rule.when:
        compile_rule(limit_of(rule), tables)
    with bounded():
        compiled = _compiled(rule, tables, names)
    if isinstance(compiled, OfRows | OfTable):
        sql = f"SELECT {compiled.predicate.sql} FROM {quoted(rule.table)}"
        refuse_unsupported(sql, tables)
    elif isinstance(compiled, OfQuery):
        refuse_unsupported(compiled.query.sql, tables)
    return compiled


def refuse_long(rule: Rule) -> None:
    """Raises ExpressionError for a rule that is longer than may be read."""
    if len(rule.expression) + len(rule.when) > MOST_CHARACTERS:
        raise ExpressionError(texts("rule.too_long", most=MOST_CHARACTERS))


def _compiled(rule: Rule, tables: Mapping[str, Schema], names: Names | None) -> CompiledRule:
    if rule.table not in tables:
        near = nearest(rule.table, tables)
        raise ExpressionError(texts("rule.no_table", name=rule.table, near=near))
    _check_options(rule, tables[rule.table])
    if rule.kind in CELL_KINDS:
        if names is not None:
            return OfCells(resolved(rule, names))
        names = Names(tuple(name for name in tables[rule.table] if name != ROW))
        listed = _listed(rule, tables) if rule.kind is RuleKind.CODELIST else None
        rule = resolved(rule, names)
        _check_numbers(rule, tables[rule.table])
        return OfCells(rule, listed)
    if rule.kind is RuleKind.SQL:
        return OfQuery(compile_query(rule.expression, tables))
    if rule.kind is RuleKind.COMPLETE:
        return Combinations(parts_of(rule, tables))
    if rule.kind is RuleKind.EXISTS and rule.by is None:
        predicate = compile_predicate(within(rule, rule.expression), tables, rule.table)
        return OfTable(predicate, rule.exactly)
    text = condition_of(rule, tables)
    by = rule.by
    if rule.kind is RuleKind.UNIQUE:
        by = columns_of(rule.table, parse_names(rule.expression), tables[rule.table])
    tolerance = rule.tolerance if rule.kind in (RuleKind.CHECK, RuleKind.CHANGE) else None
    predicate = compile_predicate(text, tables, rule.table, by, tolerance)
    if rule.when:
        when = compile_predicate(rule.when, tables, rule.table, rule.by)
        named = dict.fromkeys((*when.columns, *predicate.columns))
        sql = f"(NOT {when.sql} OR {predicate.sql})"
        predicate = Predicate(sql, tuple(named), predicate.tables | when.tables)
    return OfRows(predicate)


def _check_numbers(rule: Rule, schema: Schema) -> None:
    """A total is of numbers: in a table without declared types one cell of text makes a column text."""
    if rule.kind is RuleKind.TOTAL:
        for name in rule.columns if rule.code else names_of(rule):
            if schema[name].kind not in (*NUMBERS, Kind.NULL):
                kind = schema[name].kind.words
                raise ExpressionError(texts("rule.total_of_numbers", name=name, kind=kind))


def _listed(rule: Rule, tables: Mapping[str, Schema]) -> tuple[str, str]:
    """`list` or `list.column`; a list without a column has one called code, or one column."""
    table, _, column = rule.expression.partition(".")
    source = find(table.strip(), tables)
    if source is None:
        near = nearest(table, tables)
        raise ExpressionError(texts("rule.no_list", name=table, near=near))
    names = [column for column in tables[source] if column != ROW]
    wanted = column.strip() or (CODE if CODE in names else names[0] if len(names) == 1 else "")
    if not wanted:
        raise ExpressionError(texts("rule.several_columns", table=source, column=names[0]))
    (match,) = columns_of(source, (wanted,), names)
    return source, match


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
        option = getattr(rule, name)
        if option not in (None, "", (), Decimal(0)) and rule.kind not in kinds:
            given = {"kind": rule.kind, "kinds": ", ".join(sorted(kind.value for kind in kinds))}
            raise ExpressionError(texts("rule.option", name=name, **given))
    if rule.tolerance < 0 or rule.tolerance.adjusted() > DIGITS:
        raise ExpressionError(texts("rule.tolerance", given=f"{rule.tolerance:.3g}"))
    for names in (rule.by or (), rule.order):
        columns_of(rule.table, names, schema)

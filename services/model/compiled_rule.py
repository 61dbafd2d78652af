"""A rule as SQL over tables: what its kind means, said once for forms and for any other table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from services.model.expression import (
    ExpressionError,
    Predicate,
    Query,
    Schema,
    compile_predicate,
    compile_query,
    quoted,
)
from services.model.expression.compiler import DIALECT, parse
from services.model.expression.scope import find
from services.model.expression.support import refuse_unsupported
from services.model.expression.values import nearest
from services.model.rule import (
    Axis,
    CellType,
    Relation,
    Rule,
    RuleKind,
    Total,
    parse_names,
    parse_totals,
)
from services.model.text import ModelError

CODE = "code"
"""The column of a table that lists codes."""
RAW = "_raw."
"""Before its name: the column with a column's cells as they are written."""
_TYPES = {
    CellType.NUMBER: "{0} ~ '^[+-]?[0-9]+([.][0-9]+)?$'",
    CellType.INTEGER: "{0} ~ '^[+-]?[0-9]+([.]0+)?$'",
    CellType.DATE: "try_cast({0} as date) is not null",
    CellType.TEXT: "{0} is not null",
}


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
    compiled = _compiled(rule, tables)
    if isinstance(compiled, OfRows | OfTable):
        sql = f"SELECT {compiled.predicate.sql} FROM {quoted(rule.table)}"
        refuse_unsupported(sql, tables)
    elif isinstance(compiled, OfQuery):
        refuse_unsupported(compiled.query.sql, tables)
    return compiled


def _compiled(rule: Rule, tables: Mapping[str, Schema]) -> CompiledRule:
    if rule.table not in tables:
        raise ExpressionError(f"no table {rule.table}: {nearest(rule.table, tables)}")
    _check_options(rule, tables[rule.table])
    if rule.kind is RuleKind.SQL:
        return OfQuery(compile_query(rule.expression, tables))
    if rule.kind is RuleKind.COMPLETE:
        return Combinations(_parts(rule, tables))
    if rule.kind is RuleKind.EXISTS and rule.by is None:
        predicate = compile_predicate(_within(rule, rule.expression), tables, rule.table)
        return OfTable(predicate, rule.exactly)
    text = _condition(rule, tables)
    by = rule.by
    if rule.kind is RuleKind.UNIQUE:
        by = _columns(rule, tables[rule.table], parse_names(rule.expression))
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
        _columns(rule, schema, names)


def _columns(rule: Rule, schema: Schema, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of these names as the table has them."""
    found = []
    for name in names:
        match = find(name.strip('"'), schema)
        if match is None:
            raise ExpressionError(f"no column {name} in {rule.table}: {nearest(name, schema)}")
        found.append(match)
    return tuple(found)


def _within(rule: Rule, condition: str) -> str:
    """The condition of an exists rule on the rows that it is about."""
    return f"({rule.when}) and ({condition})" if rule.when else condition


def _condition(rule: Rule, tables: Mapping[str, Schema]) -> str:
    """What the rule asks of each row, in the language."""
    schema = tables[rule.table]
    match rule.kind:
        case RuleKind.CHECK:
            return rule.expression
        case RuleKind.UNIQUE:
            only = f" filter (where {rule.when})" if rule.when else ""
            return f"count(*){only} = 1"
        case RuleKind.REQUIRED:
            names = _columns(rule, schema, parse_names(rule.expression))
            return _all(f"{quoted(name)} is not null" for name in names)
        case RuleKind.TYPE:
            return _all(_type(rule, schema, name) for name in _subjects(rule, schema))
        case RuleKind.CODELIST:
            return _all(_listed(rule, tables, name) for name in _subjects(rule, schema))
        case RuleKind.EXISTS:
            wanted = f"= {rule.exactly}" if rule.exactly is not None else ">= 1"
            return f"count(*) filter (where {_within(rule, rule.expression)}) {wanted}"
        case RuleKind.CHANGE:
            return _change(rule, tables)
    return _totals(rule, schema)


def _all(conditions: Iterable[str]) -> str:
    return " and ".join(f"({one})" for one in conditions)


def _subjects(rule: Rule, schema: Schema) -> tuple[str, ...]:
    if not rule.columns:
        raise ExpressionError(f"kind {rule.kind} needs columns: [name of a column]")
    return _columns(rule, schema, rule.columns)


def _type(rule: Rule, schema: Schema, name: str) -> str:
    try:
        pattern = _TYPES[CellType(rule.expression)]
    except ValueError:
        raise ExpressionError(
            f"no type {rule.expression}: {nearest(rule.expression, CellType)}"
        ) from None
    raw = f"{RAW}{name}"
    return pattern.format(quoted(raw) if raw in schema else f"cast({quoted(name)} as text)")


def _listed(rule: Rule, tables: Mapping[str, Schema], name: str) -> str:
    """`list` or `list.column`; a list without a column has one called code, or one column."""
    table, _, column = rule.expression.partition(".")
    source = find(table.strip(), tables)
    if source is None:
        raise ExpressionError(f"no list {table}: {nearest(table, tables)}")
    names = [one for one in tables[source] if not one.startswith("_")]
    wanted = column.strip() or (CODE if CODE in names else names[0] if len(names) == 1 else "")
    match = find(wanted, tables[source]) if wanted else None
    if match is None:
        raise ExpressionError(f"{source} has several columns: write {source}.{names[0]}")
    listed = f"select cast({quoted(match)} as text) from {quoted(source)} where {quoted(match)} is not null"
    return f"cast({quoted(name)} as text) in ({listed})"


def _totals(rule: Rule, schema: Schema) -> str:
    totals = parse_totals(rule.expression)
    if rule.axis is Axis.COLUMNS or not rule.code:
        for total in totals:
            _columns(rule, schema, total.codes)
        return _all(
            _total(rule, total, {code: quoted(code) for code in total.codes}) for total in totals
        )
    if not rule.columns or rule.by is None:
        raise ExpressionError("a total over rows needs code, columns and by")
    (code,) = _columns(rule, schema, (rule.code,))
    conditions = []
    for total in totals:
        codes = ", ".join(f"'{one}'" for one in total.codes)
        for column in _columns(rule, schema, rule.columns):
            terms = {
                one: f"sum({quoted(column)}) filter (where cast({quoted(code)} as text) = '{one}')"
                for one in total.codes
            }
            holds = _total(rule, total, terms)
            conditions.append(f"cast({quoted(code)} as text) not in ({codes}) or {holds}")
    return _all(conditions)


def _total(rule: Rule, total: Total, terms: Mapping[str, str]) -> str:
    parts = " ".join(f"{'-' if sign < 0 else '+'} {terms[code]}" for sign, code in total.terms)
    allowed = rule.tolerance
    if rule.decimals is not None:
        allowed += (len(total.terms) + 1) * Decimal("0.5").scaleb(-rule.decimals)
    difference = f"{terms[total.left]} - (0 {parts})"
    if total.relation is Relation.AT_LEAST:
        return f"{difference} >= {-allowed:f}"
    return f"abs({difference}) <= {allowed:f}"


def _change(rule: Rule, tables: Mapping[str, Schema]) -> str:
    """`now`, `before`, `change` (now - before) and `growth` (change / before) of each column."""
    schema = tables[rule.table]
    if not rule.columns:
        raise ExpressionError("kind change needs columns: [the figures that are compared]")
    return _all(_changed(rule, tables, name) for name in _columns(rule, schema, rule.columns))


def _changed(rule: Rule, tables: Mapping[str, Schema], column: str) -> str:
    now = f"{quoted(rule.table)}.{quoted(column)}"
    before = _before(rule, tables, column, now)
    meanings = {
        "now": now,
        "before": before,
        "change": f"({now} - {before})",
        "growth": f"(({now} - {before}) / {before})",
    }
    trees = {name: parse(text) for name, text in meanings.items()}

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name.lower() in trees:
            return trees[node.name.lower()].copy()
        return node

    tree = parse(rule.expression)
    named = {one.name.lower() for one in tree.find_all(exp.Column)}
    if not named & {"before", "change", "growth"}:
        raise ExpressionError(f"{rule.expression!r} names neither before, change nor growth")
    return tree.transform(replaced).sql(DIALECT)


def _before(rule: Rule, tables: Mapping[str, Schema], column: str, now: str) -> str:
    by = rule.by or ((CODE,) if rule.reference and CODE in tables[rule.table] else ())
    if not rule.reference:
        if not rule.order:
            raise ExpressionError("kind change needs order: [year], or a reference")
        keys = f"partition by {', '.join(quoted(one) for one in by)} " if by else ""
        order = ", ".join(quoted(one) for one in rule.order)
        return f"lag({now}) over ({keys}order by {order})"
    other = find(rule.reference, tables)
    if other is None:
        raise ExpressionError(f"no reference {rule.reference}: {nearest(rule.reference, tables)}")
    if not by:
        raise ExpressionError(
            "a change against a reference needs by: the columns that identify a row"
        )
    lacking = [name for name in (*by, column) if find(name, tables[other]) is None]
    if lacking:
        raise ExpressionError(
            f"{other} has no column {lacking[0]}: {nearest(lacking[0], tables[other])}"
        )
    same = " and ".join(f"r.{quoted(one)} = {quoted(rule.table)}.{quoted(one)}" for one in by)
    value = f"case when count(*) = 1 then min(r.{quoted(column)}) end"
    return f"(select {value} from {quoted(other)} as r where {same})"


def _parts(rule: Rule, tables: Mapping[str, Schema]) -> tuple[Part, ...]:
    """`region, year`, or with values from elsewhere `region = regions.code, year = 2020..2024`."""
    return tuple(_part(rule, tables, text) for text in parse_names(rule.expression))


def _part(rule: Rule, tables: Mapping[str, Schema], text: str) -> Part:
    name, _, source = (one.strip() for one in text.partition("="))
    (column,) = _columns(rule, tables[rule.table], (name,))
    if not source:
        return Part(column)
    first, dots, last = source.partition("..")
    if dots:
        if not (first.strip().isdecimal() and last.strip().isdecimal()):
            raise ExpressionError(f"{source!r} is no range: write 2020..2024")
        return Part(column, numbers=(int(first), int(last)))
    table, _, wanted = source.partition(".")
    other = find(table.strip(), tables)
    match = find(wanted.strip(), tables[other]) if other is not None else None
    if other is None or match is None:
        raise ModelError(f"{source!r}: write a column as {column} = table.column")
    return Part(column, other, match)

"""What each kind of rule asks of a row, written in the language of rules."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlglot import exp

from services.model.expression import ExpressionError, Schema, quoted
from services.model.expression.compiler import DIALECT, parse
from services.model.expression.scope import find
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

CODE = "code"
"""The column of a table that lists codes."""


RAW = "_raw."
"""Before its name: the column with a column's cells as they are written."""


_TYPES = {
    CellType.NUMBER: "{0} ~ '^[+-]?[0-9]+([.][0-9]+)?$'",
    CellType.INTEGER: "{0} ~ '^[+-]?[0-9]+([.]0+)?$'",
    CellType.DATE: "{0} = {0} and (cast({0} as date) is not null or {0} is null)",
    CellType.TEXT: "{0} = {0}",
}


def columns_of(rule: Rule, schema: Schema, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of these names as the table has them."""
    found = []
    for name in names:
        match = find(name.strip('"'), schema)
        if match is None:
            raise ExpressionError(f"no column {name} in {rule.table}: {nearest(name, schema)}")
        found.append(match)
    return tuple(found)


def within(rule: Rule, condition: str) -> str:
    """The condition of an exists rule on the rows that it is about."""
    return f"({rule.when}) and ({condition})" if rule.when else condition


def condition_of(rule: Rule, tables: Mapping[str, Schema]) -> str:
    """What the rule asks of each row, in the language; of kinds that ask it of rows."""
    schema = tables[rule.table]
    match rule.kind:
        case RuleKind.CHECK:
            return rule.expression
        case RuleKind.UNIQUE:
            only = f" filter (where {rule.when})" if rule.when else ""
            return f"count(*){only} = 1"
        case RuleKind.REQUIRED:
            names = columns_of(rule, schema, parse_names(rule.expression))
            return _all(f"{quoted(name)} is not null" for name in names)
        case RuleKind.TYPE:
            return _all(_type(rule, schema, name) for name in _subjects(rule, schema))
        case RuleKind.CODELIST:
            return _all(_listed(rule, tables, name) for name in _subjects(rule, schema))
        case RuleKind.EXISTS:
            wanted = f"= {rule.exactly}" if rule.exactly is not None else ">= 1"
            return f"count(*) filter (where {within(rule, rule.expression)}) {wanted}"
        case RuleKind.CHANGE:
            return _change(rule, tables)
        case RuleKind.TOTAL:
            return _totals(rule, schema)
        case RuleKind.COMPLETE | RuleKind.SQL:
            raise AssertionError(f"{rule.kind} asks nothing of a row")


def _all(conditions: Iterable[str]) -> str:
    return " and ".join(f"({one})" for one in conditions)


def _subjects(rule: Rule, schema: Schema) -> tuple[str, ...]:
    if not rule.columns:
        raise ExpressionError(f"kind {rule.kind} needs columns: [name of a column]")
    return columns_of(rule, schema, rule.columns)


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
            columns_of(rule, schema, total.codes)
        return _all(
            _total(rule, total, {code: quoted(code) for code in total.codes}) for total in totals
        )
    if not rule.columns or rule.by is None:
        raise ExpressionError("a total over rows needs code, columns and by")
    (code,) = columns_of(rule, schema, (rule.code,))
    conditions = []
    for total in totals:
        codes = ", ".join(f"'{one}'" for one in total.codes)
        for column in columns_of(rule, schema, rule.columns):
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
    return _all(_changed(rule, tables, name) for name in columns_of(rule, schema, rule.columns))


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

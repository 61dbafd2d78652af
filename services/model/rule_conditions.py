"""What each kind of rule asks of a row, written in the language of rules."""

from collections.abc import Mapping

from sqlglot import exp

from services.model.cell_rules import columns_of
from services.model.expression import ExpressionError, Schema, quoted
from services.model.expression.compiler import DIALECT, parse
from services.model.expression.scope import find
from services.model.expression.values import nearest
from services.model.messages import texts
from services.model.rule import Rule, RuleKind

CODE = "code"
"""The column that identifies the rows of a form's table."""


def within(rule: Rule, condition: str) -> str:
    """The condition of an exists rule on the rows that it is about."""
    return f"({rule.when}) and ({condition})" if rule.when else condition


def condition_of(rule: Rule, tables: Mapping[str, Schema]) -> str:
    """What the rule asks of each row, in the language; of kinds that ask it of rows."""
    match rule.kind:
        case RuleKind.CHECK:
            return rule.expression
        case RuleKind.UNIQUE:
            only = f" filter (where {rule.when})" if rule.when else ""
            return f"count(*){only} = 1"
        case RuleKind.EXISTS:
            wanted = f"= {rule.exactly}" if rule.exactly is not None else ">= 1"
            return f"count(*) filter (where {within(rule, rule.expression)}) {wanted}"
        case RuleKind.CHANGE:
            return _change(rule, tables)
        case _:
            raise AssertionError(f"{rule.kind} is no condition on a row")


def _change(rule: Rule, tables: Mapping[str, Schema]) -> str:
    """`now`, `before`, `change` (now - before) and `growth` (change / before) of each column."""
    schema = tables[rule.table]
    if not rule.columns:
        raise ExpressionError(texts("rule.needs_columns", kind=rule.kind))
    columns = columns_of(rule.table, rule.columns, schema)
    return " and ".join(f"({_changed(rule, tables, name)})" for name in columns)


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
    named = {column.name.lower() for column in tree.find_all(exp.Column)}
    if not named & {"before", "change", "growth"}:
        raise ExpressionError(texts("rule.change_of_nothing", text=rule.expression))
    return tree.transform(replaced).sql(DIALECT)


def _before(rule: Rule, tables: Mapping[str, Schema], column: str, now: str) -> str:
    by = rule.by or ((CODE,) if rule.reference and CODE in tables[rule.table] else ())
    if not rule.reference:
        if not rule.order:
            raise ExpressionError(texts("rule.change_order"))
        keys = f"partition by {', '.join(quoted(column) for column in by)} " if by else ""
        order = ", ".join(quoted(column) for column in rule.order)
        return f"lag({now}) over ({keys}order by {order})"
    other = find(rule.reference, tables)
    if other is None:
        near = nearest(rule.reference, tables)
        raise ExpressionError(texts("rule.no_reference", name=rule.reference, near=near))
    if not by:
        raise ExpressionError(texts("rule.change_by"))
    columns_of(other, (*by, column), tables[other])
    same = " and ".join(
        f"r.{quoted(column)} = {quoted(rule.table)}.{quoted(column)}" for column in by
    )
    value = f"case when count(*) = 1 then min(r.{quoted(column)}) end"
    return f"(select {value} from {quoted(other)} as r where {same})"

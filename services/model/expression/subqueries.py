"""Queries within expressions: as a value, after IN, after EXISTS."""

from dataclasses import replace

from sqlglot import exp

from services.model.expression.compiler import DIALECT, Compiler, alias, handles
from services.model.expression.operators import compare
from services.model.expression.queries import from_clause, write_query
from services.model.expression.scope import Scope
from services.model.expression.values import (
    ROW,
    UNDECIDED,
    ExpressionError,
    Schema,
    Value,
    boolean,
    quoted,
)


@handles(exp.Subquery, parts=("alias",))
def _scalar(compiler: Compiler, node: exp.Subquery) -> Value:
    """A query as a value: its one column, of its one row."""
    sql, columns = write_query(compiler, node.this)
    if len(columns) != 1:
        raise ExpressionError(f"{node.sql(DIALECT)}: a query used as a value has one column")
    (column,) = columns.values()
    return Value(f"({sql})", column.kind, column.scale)


@handles(exp.Exists)
def _exists(compiler: Compiler, node: exp.Exists) -> Value:
    """In a predicate EXISTS is unknown where a value of the row that it compares is null."""
    query = node.this
    found = _joined(compiler, query)
    if found is None:
        found = f"EXISTS ({write_query(compiler, query)[0]})"
    if not compiler.own or compiler.in_query:
        return boolean(found)
    lacking = [f"{value.sql} IS NULL" for value in _compared(compiler, query)]
    if not lacking:
        return boolean(found)
    return boolean(f"CASE WHEN {' OR '.join(lacking)} THEN NULL ELSE {found} END")


def _joined(compiler: Compiler, query: exp.Expr) -> str | None:
    """EXISTS as a join: the rows that find something, by their number.

    polars knows EXISTS only with plain comparisons of columns, a join with any condition.
    """
    scope = compiler.scope
    simple = isinstance(query, exp.Select) and not (set(query.args) & _BEYOND & _given(query))
    if not simple or len(scope.sources) != 1 or query.args.get("where") is None:
        return None
    (outer,) = scope.sources
    table = scope.tables.get(outer)
    sources: dict[str, Schema] = {}
    named: dict[str, str] = {}
    from_ = from_clause(compiler, query, sources, named)
    if table is None or ROW not in scope.sources[outer] or outer in sources:
        return None
    within = compiler.inside(Scope(sources, scope, tables=named), compiler.tables)
    condition = within.condition(query.args["where"].this)
    row = f"{quoted(outer)}.{quoted(ROW)}"
    own = f"{quoted(table)}{alias(outer)}"
    if query.args.get("joins"):
        return f"{row} IN (SELECT {row}{from_} CROSS JOIN {own} WHERE {condition})"
    return f"{row} IN (SELECT {row} FROM {own} JOIN {from_.removeprefix(' FROM ')} ON {condition})"


_BEYOND = frozenset({"group", "having", "qualify", "limit", "offset", "distinct", "with_"})


def _given(query: exp.Expr) -> set[str]:
    return {name for name, part in query.args.items() if part}


def _compared(compiler: Compiler, query: exp.Expr) -> list[Value]:
    """What WHERE compares that is of the row alone: columns, or expressions of them."""
    where = query.args.get("where")
    if where is None:
        return []
    sources: dict[str, Schema] = {}
    from_clause(replace(compiler, seen=type(compiler.seen)()), query, sources, {})
    scope = Scope(sources, compiler.scope)
    found: dict[str, Value] = {}
    for one in where.this.flatten() if isinstance(where.this, exp.And) else (where.this,):
        comparison = one.unnest()
        if not isinstance(comparison, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
            continue
        for side in (comparison.this, comparison.expression):
            if _is_of_own(compiler, scope, side):
                value = compiler.whole(side)
                found[value.sql] = value
    return list(found.values())


def _is_of_own(compiler: Compiler, scope: Scope, node: exp.Expr) -> bool:
    columns = list(node.find_all(exp.Column))
    if not columns or node.find(exp.Subquery, exp.Exists) is not None:
        return False
    return all(scope.column(one.name, one.table)[2] is compiler.scope for one in columns)


def _within_query(compiler: Compiler, node: exp.In, query: exp.Expr) -> Value:
    """`x IN (SELECT …)`: unknown where x is null, or where it isn't found and the list has a null."""
    value = compiler.whole(node.this)
    sql, columns = write_query(compiler, query)
    if len(columns) != 1:
        raise ExpressionError(f"{node.sql(DIALECT)}: the query after IN has one column")
    (column,) = columns.values()
    # Says so where the two can't be compared.
    if compare(node, value, "=", Value("", column.kind, column.scale)) is UNDECIDED:
        return UNDECIDED
    return boolean(f"{value.sql} IN ({sql})")


def _within_list(compiler: Compiler, node: exp.In, query: exp.Expr) -> Value:
    """`(a, b) IN (SELECT c, d …)`: whether a row of the answer has both."""
    _, columns = write_query(compiler, query)
    parts = [
        part.transform(lambda one: _qualified(compiler, one)) for part in node.this.expressions
    ]
    if len(parts) != len(columns):
        raise ExpressionError(f"{node.sql(DIALECT)}: the query needs {len(parts)} columns")
    source = exp.Subquery(
        this=query.unnest().copy(), alias=exp.TableAlias(this=exp.to_identifier(_LIST))
    )
    equal = [
        exp.EQ(this=exp.column(name, table=_LIST, quoted=True), expression=part)
        for name, part in zip(columns, parts, strict=True)
    ]
    found = exp.select("1").from_(source).where(*equal)
    return compiler.value(exp.Exists(this=found))


_LIST = "_list"


def _qualified(compiler: Compiler, node: exp.Expr) -> exp.Expr:
    """A bare column with its table, so that it means the same within a subquery."""
    if not isinstance(node, exp.Column) or node.table:
        return node
    _, source, _ = compiler.scope.column(node.name)
    return exp.column(node.name, table=source, quoted=node.this.quoted)


@handles(exp.In, parts=("query",))
def _in(compiler: Compiler, node: exp.In) -> Value:
    query = node.args.get("query")
    if query is not None:
        if isinstance(node.this, exp.Tuple):
            return _within_list(compiler, node, query)
        return _within_query(compiler, node, query)
    value = compiler.value(node.this)
    if not node.expressions:
        raise ExpressionError(f"{node.sql('postgres')}: the list is empty")
    equals = [compare(node, value, "=", compiler.value(one)) for one in node.expressions]
    return boolean(" OR ".join(one.sql for one in equals))

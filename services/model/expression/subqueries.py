"""Queries within expressions: as a value, after IN, after EXISTS."""

from dataclasses import dataclass, replace

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
from services.model.messages import texts


@dataclass(frozen=True)
class _Correlated:
    """A subquery about each row of the query around it, taken apart for a join.

    polars knows such subqueries only with plain comparisons of columns, a join with any condition.
    `row` is the number of the row around, `around` its table, `inner` what the subquery is from.
    """

    compiler: Compiler
    query: exp.Expr
    row: str
    around: str
    inner: str
    sources: tuple[str, ...]
    condition: str

    def pairs(self, selected: str) -> str:
        """Each row around with each row of the subquery that belongs to it."""
        if len(self.sources) == 1:
            return f"SELECT {selected} FROM {self.around} JOIN {self.inner} ON {self.condition}"
        return (
            f"SELECT {selected} FROM {self.inner} CROSS JOIN {self.around} WHERE {self.condition}"
        )


def _correlated(compiler: Compiler, query: exp.Expr) -> _Correlated | None:
    """None where the subquery has no need of a join, or more parts than one can have."""
    scope = compiler.scope
    if not isinstance(query, exp.Select) or len(scope.sources) != 1 or _given(query) & _BEYOND:
        return None
    (outer,) = scope.sources
    table, where = scope.tables.get(outer), query.args.get("where")
    sources: dict[str, Schema] = {}
    named: dict[str, str] = {}
    inner = from_clause(compiler, query, sources, named).removeprefix(" FROM ")
    if table is None or where is None or ROW not in scope.sources[outer] or outer in sources:
        return None
    within = compiler.inside(Scope(sources, scope, tables=named), compiler.tables)
    row, around = f"{quoted(outer)}.{quoted(ROW)}", f"{quoted(table)}{alias(outer)}"
    condition = within.condition(where.this)
    return _Correlated(within, query, row, around, inner, tuple(sources), condition)


_BEYOND = frozenset({"group", "having", "qualify", "limit", "offset", "distinct", "with_", "order"})
_OWN = "_own"


def _given(query: exp.Expr) -> set[str]:
    return {name for name, part in query.args.items() if part}


@handles(exp.Subquery, parts=("alias",))
def _scalar(compiler: Compiler, node: exp.Subquery) -> Value:
    """A query as a value: its one column, of its one row."""
    sql, columns = write_query(compiler, node.this)
    if len(columns) != 1:
        raise ExpressionError(texts("rule.one_column", what=node.sql(DIALECT)))
    (column,) = columns.values()
    about = _correlated(compiler, node.this)
    if about is not None and len(about.sources) == 1:
        sql = _looked_up(about)
    return Value(f"({sql})", column.kind, column.scale)


def _looked_up(about: _Correlated) -> str:
    """The values by the number of their row, then the one of this row.

    Aggregates see the rows that belong to it, none where there are none: a count is then nought.
    """
    (source,) = about.sources
    (projected,) = about.query.expressions
    own = f"{quoted(source)}.{quoted(_OWN)}"
    if projected.find(exp.AggFunc, exp.Anonymous) is None:
        value = about.compiler.whole(projected.unalias()).sql
        values = about.pairs(f"{about.row}{alias(_OWN)}, {value}{alias('value')}")
    else:
        matched = replace(about.compiler, matched=f"{own} IS NOT NULL")
        value = matched.whole(projected.unalias()).sql
        pairs = about.pairs(f"{about.row}{alias(_OWN)}, {quoted(source)}.*")
        values = (
            f"SELECT {about.row}{alias(_OWN)}, {value}{alias('value')} FROM {about.around}"
            f" LEFT JOIN ({pairs}){alias(source)} ON {own} = {about.row} GROUP BY {about.row}"
        )
    found = quoted("_found")
    return (
        f"SELECT {found}.{quoted('value')} FROM ({values}) AS {found}"
        f" WHERE {found}.{quoted(_OWN)} = {about.row}"
    )


@handles(exp.Exists)
def _exists(compiler: Compiler, node: exp.Exists) -> Value:
    """In a predicate EXISTS is unknown where a value of the row that it compares is null."""
    query = node.this
    about = _correlated(compiler, query)
    if about is None:
        found = f"EXISTS ({write_query(compiler, query)[0]})"
    else:
        found = f"{about.row} IN ({about.pairs(about.row)})"
    if not compiler.own or compiler.in_query:
        return boolean(found)
    lacking = [f"{value.sql} IS NULL" for value in _compared(compiler, query)]
    if not lacking:
        return boolean(found)
    return boolean(f"CASE WHEN {' OR '.join(lacking)} THEN NULL ELSE {found} END")


def _compared(compiler: Compiler, query: exp.Expr) -> list[Value]:
    """What WHERE compares that is of the row alone: columns, or expressions of them."""
    where = query.args.get("where")
    if where is None:
        return []
    sources: dict[str, Schema] = {}
    from_clause(replace(compiler, seen=type(compiler.seen)()), query, sources, {})
    scope = Scope(sources, compiler.scope)
    found: dict[str, Value] = {}
    for predicate in where.this.flatten() if isinstance(where.this, exp.And) else (where.this,):
        comparison = predicate.unnest()
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
    return all(scope.column(column.name, column.table)[2] is compiler.scope for column in columns)


def _within_query(compiler: Compiler, node: exp.In, query: exp.Expr) -> Value:
    """`x IN (SELECT …)`: unknown where x is null, or where it isn't found and the list has a null."""
    value = compiler.whole(node.this)
    sql, columns = write_query(compiler, query)
    if len(columns) != 1:
        raise ExpressionError(texts("rule.one_column", what=node.sql(DIALECT)))
    (column,) = columns.values()
    # Says so where the two can't be compared.
    if compare(node, value, "=", Value("", column.kind, column.scale)) is UNDECIDED:
        return UNDECIDED
    return boolean(f"{value.sql} IN ({sql})")


def _within_list(compiler: Compiler, node: exp.In, query: exp.Expr) -> Value:
    """`(a, b) IN (SELECT c, d …)`: whether a row of the answer has both."""
    _, columns = write_query(compiler, query)
    parts = [
        part.transform(lambda expression: _qualified(compiler, expression))
        for part in node.this.expressions
    ]
    if len(parts) != len(columns):
        given = {"what": node.sql(DIALECT), "count": len(parts)}
        raise ExpressionError(texts("rule.columns_of_query", **given))
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
        raise ExpressionError(texts("rule.empty_list", what=node.sql(DIALECT)))
    equals = [
        compare(node, value, "=", compiler.value(expression)) for expression in node.expressions
    ]
    return boolean(" OR ".join(equal.sql for equal in equals))

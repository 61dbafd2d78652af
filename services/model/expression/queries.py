"""Queries: SELECT with all its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from services.model.expression.compiler import DIALECT, Compiler, Seen, alias, only, parse
from services.model.expression.scope import Scope, find
from services.model.expression.values import (
    DIGITS,
    MOST_NUMBERS,
    ColumnType,
    ExpressionError,
    Kind,
    Schema,
    Value,
    nearest,
    quoted,
)
from services.model.expression.windows import ordered
from services.model.messages import texts


@dataclass(frozen=True)
class Query:
    """A query that returns rows with these columns."""

    sql: str
    columns: tuple[str, ...]
    tables: frozenset[str]


def compile_query(text: str, tables: Mapping[str, Schema]) -> Query:
    """The query `text` over the tables; raises ExpressionError."""
    compiler = Compiler(tables, Scope({}), Seen(), in_query=True)
    tree = parse(text)
    if not isinstance(tree, exp.Query):
        raise ExpressionError(texts("rule.no_query", what=text))
    sql, columns = write_query(compiler, tree)
    return Query(sql, tuple(columns), frozenset(compiler.seen.tables))


_PARTS = (
    "from_", "joins", "where", "group", "having", "qualify", "order", "limit", "distinct", "with_", "offset",
)  # fmt: skip


def write_query(compiler: Compiler, node: exp.Expr) -> tuple[str, dict[str, ColumnType]]:
    """The SQL of a query and the columns that it returns."""
    if isinstance(node, exp.Subquery):
        return write_query(compiler, node.this)
    compiler, prefix = _with(compiler, node)
    if isinstance(node, exp.SetOperation):
        sql, columns = _set_operation(compiler, node)
    elif isinstance(node, exp.Select):
        sql, columns = _select(compiler, node)
    else:
        raise ExpressionError(texts("rule.no_query", what=node.sql(DIALECT)))
    return prefix + sql, columns


def _with(compiler: Compiler, node: exp.Expr) -> tuple[Compiler, str]:
    clause = node.args.get("with_")
    if clause is None:
        return compiler, ""
    if clause.args.get("recursive"):
        raise ExpressionError(texts("rule.not_in_language", what="WITH RECURSIVE"))
    parts = []
    for expression in clause.expressions:
        only(expression, "alias")
        sql, columns = write_query(compiler, expression.this)
        compiler = replace(
            compiler,
            tables={**compiler.tables, expression.alias: columns},
            defined=compiler.defined | {expression.alias},
        )
        parts.append(f"{quoted(expression.alias)} AS ({sql})")
    return compiler, f"WITH {', '.join(parts)} "


def _set_operation(compiler: Compiler, node: exp.SetOperation) -> tuple[str, dict[str, ColumnType]]:
    left, columns = write_query(compiler, node.this)
    right, others = write_query(compiler, node.expression)
    if len(columns) != len(others):
        raise ExpressionError(texts("rule.as_many_columns", what=node.sql(DIALECT)))
    only(node, "distinct", "with_", "order", "limit", "offset")
    word = type(node).__name__.upper()
    both = "" if node.args.get("distinct") else " ALL"
    return f"{left} {word}{both} {right}{_tail(compiler, node)}", columns


def _select(compiler: Compiler, node: exp.Select) -> tuple[str, dict[str, ColumnType]]:
    only(node, *_PARTS)
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        raise ExpressionError(texts("rule.distinct_on"))
    sources: dict[str, Schema] = {}
    tables: dict[str, str] = {}
    outer = compiler.scope if compiler.scope.sources else None
    from_ = from_clause(compiler, node, sources, tables)
    inner = compiler.inside(Scope(sources, outer, tables=tables), compiler.tables)
    projected, columns, aliases = _projections(inner, node)
    where = node.args.get("where")
    condition = f" WHERE {inner.condition(where.this)}" if where is not None else ""
    named = replace(inner, scope=replace(inner.scope, aliases=aliases))
    sql = f"SELECT {'DISTINCT ' if node.args.get('distinct') else ''}{', '.join(projected)}{from_}{condition}"
    sql += _group(named, node)
    for part in ("having", "qualify"):
        if (clause := node.args.get(part)) is not None:
            sql += f" {part.upper()} {named.condition(clause.this)}"
    return sql + _tail(named, node), columns


def from_clause(
    compiler: Compiler, node: exp.Expr, sources: dict[str, Schema], tables: dict[str, str]
) -> str:
    """The FROM clause; adds its tables to `sources` by alias, and to `tables` the name of each."""
    clause = node.args.get("from_")
    if clause is None:
        return ""
    sql = f" FROM {_source(compiler, clause.this, sources, tables)}"
    for join in node.args.get("joins") or ():
        sql += _join(compiler, join, sources, tables)
    return sql


def _source(
    compiler: Compiler, node: exp.Expr, sources: dict[str, Schema], tables: dict[str, str]
) -> str:
    only(node, "alias")
    if isinstance(node, exp.Subquery):
        sql, columns = write_query(replace(compiler, scope=Scope({})), node.this)
        if not node.alias:
            raise ExpressionError(texts("rule.nameless_subquery", what=node.sql(DIALECT)))
        sources[node.alias] = columns
        return f"({sql}){alias(node.alias)}"
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        name = find(node.name, compiler.tables)
        if name is None:
            near = nearest(node.name, compiler.tables)
            raise ExpressionError(texts("rule.no_table", name=node.name, near=near))
        compiler.seen.tables.add(name)
        sources[node.alias or name] = compiler.tables[name]
        if name not in compiler.defined:
            tables[node.alias or name] = name
        return f"{quoted(name)}{alias(node.alias or name)}"
    if isinstance(node, exp.Table) and isinstance(node.this, exp.GenerateSeries):
        return _series(compiler, node, sources)
    raise ExpressionError(texts("rule.from", what=node.sql(DIALECT)))


def _series(compiler: Compiler, node: exp.Table, sources: dict[str, Schema]) -> str:
    """`generate_series(1, 12) AS months(month)`."""
    series = node.this
    ends = [compiler.value(series.args[name]).constant for name in ("start", "end")]
    if None in ends or series.args.get("step") is not None or not node.alias:
        raise ExpressionError(texts("rule.series"))
    column = node.args["alias"].columns[0].name if node.args["alias"].columns else node.alias
    first, last = (int(end or 0) for end in ends)
    if last - first >= MOST_NUMBERS:
        raise ExpressionError(
            texts("rule.most_numbers", what=series.sql(DIALECT), most=MOST_NUMBERS)
        )
    values = ", ".join(f"({number})" for number in range(first, last + 1))
    sources[node.alias] = {column: ColumnType(Kind.NUMBER)}
    cast = f"CAST({quoted('n')} AS DECIMAL({DIGITS}, 0)){alias(column)}"
    return (
        f"(SELECT {cast} FROM (VALUES {values}) AS {quoted('v')}({quoted('n')})){alias(node.alias)}"
    )


def _join(
    compiler: Compiler, join: exp.Join, sources: dict[str, Schema], tables: dict[str, str]
) -> str:
    source = _source(compiler, join.this, sources, tables)
    only(join, "side", "kind", "using", "on")
    side, kind = (join.side or "").upper(), (join.kind or "").upper()
    if side in ("FULL",) or kind in ("SEMI", "ANTI"):
        raise ExpressionError(texts("rule.join", what=join.sql(DIALECT)))
    if using := join.args.get("using"):
        names = ", ".join(quoted(column.name) for column in using)
        return f" {side} JOIN {source} USING ({names})"
    on = join.args.get("on")
    if on is None:
        return f" CROSS JOIN {source}"
    within = compiler.inside(Scope(sources), compiler.tables)
    return f" {side} JOIN {source} ON {within.condition(on)}"


def _projections(
    compiler: Compiler, node: exp.Select
) -> tuple[list[str], dict[str, ColumnType], dict[str, Value]]:
    projected: list[str] = []
    columns: dict[str, ColumnType] = {}
    aliases: dict[str, Value] = {}
    for expression in node.expressions:
        if expression.is_star:
            for source, name, column in _starred(compiler, expression):
                if name not in columns:
                    projected.append(f"{quoted(source)}.{quoted(name)}{alias(name)}")
                    columns[name] = column
            continue
        value = compiler.whole(expression.unalias())
        name = expression.output_name or f"column_{len(projected) + 1}"
        projected.append(f"{value.sql}{alias(name)}")
        columns[name] = ColumnType(value.kind, value.scale)
        if isinstance(expression, exp.Alias) and not _is_column(compiler, name):
            aliases[name] = value
    return projected, columns, aliases


def _is_column(compiler: Compiler, name: str) -> bool:
    return any(name in schema for schema in compiler.scope.sources.values())


def _starred(compiler: Compiler, node: exp.Expr) -> list[tuple[str, str, ColumnType]]:
    sources: Mapping[str, Schema] = compiler.scope.sources
    if isinstance(node, exp.Column):
        source = find(node.table, sources)
        if source is None:
            near = nearest(node.table, sources)
            raise ExpressionError(texts("rule.no_table", name=node.table, near=near))
        sources = {source: sources[source]}
    return [
        (source, name, column)
        for source, schema in sources.items()
        for name, column in schema.items()
    ]


def _group(compiler: Compiler, node: exp.Select) -> str:
    clause = node.args.get("group")
    if clause is None:
        return ""
    only(clause, "all")
    if clause.args.get("all") or not clause.expressions:
        raise ExpressionError(texts("rule.group_by"))
    terms = []
    for expression in clause.expressions:
        if isinstance(expression, exp.Literal):
            places = {str(place): one for place, one in enumerate(node.expressions, 1)}
            if expression.name not in places:
                raise ExpressionError(texts("rule.group_by"))
            expression = places[expression.name].unalias()
        terms.append(compiler.whole(expression).sql)
    return f" GROUP BY {', '.join(terms)}"


def _tail(compiler: Compiler, node: exp.Expr) -> str:
    sql = ""
    if (order := node.args.get("order")) is not None:
        sql += f" ORDER BY {', '.join(ordered(compiler, expression) for expression in order.expressions)}"
    for part in ("limit", "offset"):
        if (clause := node.args.get(part)) is not None:
            sql += f" {part.upper()} {int(clause.expression.name)}"
    return sql

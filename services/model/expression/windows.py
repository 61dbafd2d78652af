"""Windows: aggregates over rows in order, ranks, and the rows before and behind."""

from sqlglot import exp

from services.model.expression.aggregates import aggregate_over
from services.model.expression.compiler import DIALECT, Compiler, handles, only
from services.model.expression.numbers import constant_of
from services.model.expression.values import ROW, ExpressionError, Value, whole_number
from services.model.messages import texts

_RANKS: dict[type[exp.Expr], str] = {
    exp.RowNumber: "ROW_NUMBER",
    exp.Rank: "RANK",
    exp.DenseRank: "DENSE_RANK",
}


_ENDS = (None, "CURRENT ROW")


_TIED = (exp.Rank, exp.DenseRank)


_NEIGHBOURS: dict[type[exp.Expr], str] = {
    exp.Lag: "LAG",
    exp.Lead: "LEAD",
    exp.FirstValue: "FIRST_VALUE",
    exp.LastValue: "LAST_VALUE",
}


@handles(exp.Window, parts=("partition_by", "order", "spec", "over"))
def _window(compiler: Compiler, node: exp.Window) -> Value:
    keys = [compiler.whole(key).sql for key in node.args.get("partition_by") or ()]
    order = node.args.get("order")
    parts = [f"PARTITION BY {', '.join(keys)}"] if keys else []
    if order is not None:
        terms = [ordered(compiler, expression) for expression in order.expressions]
        if type(node.this) not in _TIED:
            terms += _row_of(compiler)
        parts.append(f"ORDER BY {', '.join(terms)}")
    if node.args.get("spec") is not None:
        parts.append(_frame(node))
    window = f" OVER ({' '.join(parts)})"
    inner = node.this
    if type(inner) in _RANKS or type(inner) in _NEIGHBOURS:
        if order is None:
            raise ExpressionError(texts("rule.needs_order", what=node.sql(DIALECT)))
        return _neighbour(compiler, inner, window)
    return aggregate_over(compiler, inner, window)


def _row_of(compiler: Compiler) -> list[str]:
    """Ties stand in the order of the table: after a join polars may have another one."""
    sources = [name for name, schema in compiler.scope.sources.items() if ROW in schema]
    return [compiler.scope.column(ROW, sources[0])[0].sql] if len(sources) == 1 else []


def ordered(compiler: Compiler, node: exp.Expr) -> str:
    """One term of ORDER BY."""
    term = node.this if isinstance(node, exp.Ordered) else node
    only(node, "desc", "nulls_first", "table", "is_string")
    sql = compiler.whole(term).sql
    if not isinstance(node, exp.Ordered):
        return sql
    nulls = "FIRST" if node.args.get("nulls_first") else "LAST"
    return f"{sql}{' DESC' if node.args.get('desc') else ''} NULLS {nulls}"


def _frame(node: exp.Window) -> str:
    spec = node.args["spec"]
    only(spec, "kind", "start", "start_side", "end", "end_side")
    words = [str(spec.args.get(name) or "").upper() for name in ("kind", "start", "start_side")]
    if words != ["ROWS", "UNBOUNDED", "PRECEDING"] or spec.args.get("end") not in _ENDS:
        raise ExpressionError(texts("rule.frame", what=node.sql(DIALECT)))
    return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


def _neighbour(compiler: Compiler, node: exp.Expr, window: str) -> Value:
    only(node, "offset", "default")
    if name := _RANKS.get(type(node)):
        return whole_number(f"{name}(){window}")
    value = compiler.whole(node.this)
    arguments = [value.sql]
    if (offset := node.args.get("offset")) is not None:
        arguments.append(str(int(constant_of(compiler, offset, "offset", node.key))))
    if node.args.get("default") is not None:
        raise ExpressionError(texts("rule.default"))
    return Value(
        f"{_NEIGHBOURS[type(node)]}({', '.join(arguments)}){window}", value.kind, value.scale
    )


@handles(*_RANKS, *_NEIGHBOURS)
def _without_window(_: Compiler, node: exp.Expr) -> Value:
    raise ExpressionError(texts("rule.needs_over", what=node.sql(DIALECT)))

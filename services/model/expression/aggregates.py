"""Aggregates.

In a predicate an aggregate is of the group of its row. A sum with an unknown part is unknown; the
other aggregates leave nulls out, as SQL does. In queries all of them do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlglot import exp

from services.model.expression.compiler import DIALECT, Compiler, handles, named, only, partition
from services.model.expression.numbers import constant_of
from services.model.expression.values import (
    DIGITS,
    NO_NUMBER,
    ExpressionError,
    Kind,
    Value,
    boolean,
    whole_number,
)
from services.model.messages import texts

_MOST_PLACES = 18


_PARTS = ("big_int", "quantile")


@dataclass(frozen=True)
class Over:
    """What an aggregate is of: rows that pass a filter, in a window."""

    filter: str = ""
    window: str = ""

    def call(self, sql: str) -> str:
        """The call with what follows it."""
        return f"{sql}{self.filter}{self.window}"


Aggregate = Callable[[Compiler, exp.Expr, Over], Value]


_AGGREGATES: dict[type[exp.Expr], Aggregate] = {}


def _aggregate(*kinds: type[exp.Expr]) -> Callable[[Aggregate], Aggregate]:
    def register(function: Aggregate) -> Aggregate:
        for kind in kinds:
            _AGGREGATES[kind] = function
            handles(kind, parts=_PARTS)(_by_itself)
        return function

    return register


def _group(compiler: Compiler, node: exp.Expr) -> str:
    """The window of an aggregate that names none."""
    if compiler.in_query:
        return ""
    if compiler.by is None:
        raise ExpressionError(texts("rule.of_group", what=node.sql(DIALECT)))
    return partition(compiler, compiler.by)


def _by_itself(compiler: Compiler, node: exp.Expr) -> Value:
    over = Over(_filter(compiler), _group(compiler, node))
    return _AGGREGATES[type(node)](compiler, node, over)


def _filter(compiler: Compiler, condition: str = "") -> str:
    conditions = " AND ".join(part for part in (compiler.matched, condition) if part)
    return f" FILTER (WHERE {conditions})" if conditions else ""


@handles(exp.Filter)
def _filtered(compiler: Compiler, node: exp.Filter) -> Value:
    return aggregate_over(compiler, node, _group(compiler, node))


def aggregate_over(compiler: Compiler, node: exp.Expr, window: str) -> Value:
    """An aggregate, with its filter, in a window; raises ExpressionError for anything else."""
    condition = ""
    if isinstance(node, exp.Filter):
        condition = compiler.condition(node.expression.this)
        node = node.this
    filter_ = _filter(compiler, condition)
    only(node, *_PARTS)
    if isinstance(node, exp.Anonymous):
        return _named(compiler, node, Over(filter_, window))
    function = _AGGREGATES.get(type(node))
    if function is None:
        raise ExpressionError(texts("rule.before_over", what=node.sql(DIALECT)))
    return function(compiler, node, Over(filter_, window))


@_aggregate(exp.Count)
def _count(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    inner = node.this
    if isinstance(inner, exp.Star):
        return whole_number(over.call("COUNT(*)"))
    if isinstance(inner, exp.Distinct):
        if len(inner.expressions) != 1:
            raise ExpressionError(texts("rule.count_of_several", what=node.sql(DIALECT)))
        value = compiler.whole(inner.expressions[0])
        return whole_number(over.call(f"COUNT(DISTINCT {value.sql})"))
    return whole_number(over.call(f"COUNT({compiler.whole(inner).sql})"))


@_aggregate(exp.Sum)
def _sum(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    value = _number(compiler, node.this)
    total = over.call(f"SUM({value.sql})")
    known = over.call(f"COUNT({value.sql})")
    if compiler.in_query and not compiler.own:
        sql = f"(CASE WHEN {known} > 0 THEN {total} END)"
    else:
        sql = f"(CASE WHEN {known} = {over.call('COUNT(*)')} AND {known} > 0 THEN {total} END)"
    return Value(sql, value.kind, value.scale)


@_aggregate(exp.Avg)
def _average(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    """Exact: the sum of what is there, divided by how many."""
    value = _number(compiler, node.this)
    count = whole_number(over.call(f"COUNT({value.sql})"))
    return replace(value, sql=over.call(f"SUM({value.sql})"), divisor=count.sql)


@_aggregate(exp.Min, exp.Max)
def _extreme(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    value = compiler.whole(node.this)
    name = "MIN" if isinstance(node, exp.Min) else "MAX"
    return replace(value, sql=over.call(f"{name}({value.sql})"), constant=None)


@_aggregate(exp.Median)
def _median(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    value = _number(compiler, node.this)
    return _rounded(value, over.call(f"MEDIAN({value.sql})"), 1)


def _quantile(compiler: Compiler, value: Value, share: Decimal, over: Over, name: str) -> Value:
    if not 0 <= share <= 1:
        raise ExpressionError(texts("rule.share", share=share))
    call = over.call(f"{name}({value.sql}, {share})")
    return _rounded(value, call, len(f"{share:f}".partition(".")[2]))


def _rounded(value: Value, sql: str, places: int) -> Value:
    """polars interpolates in floats; the places that the result can have make it exact again."""
    if value.kind is Kind.APPROXIMATE:
        return Value(sql, value.kind)
    scale = min(value.scale + places, _MOST_PLACES)
    return Value(f"CAST({sql} AS DECIMAL({DIGITS}, {scale}))", Kind.NUMBER, scale)


@_aggregate(exp.Quantile)
def _quantile_of(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    share = constant_of(compiler, node.args["quantile"], "share", "quantile")
    return _quantile(compiler, _number(compiler, node.this), share, over, "QUANTILE_CONT")


@_aggregate(exp.WithinGroup)
def _percentile(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    inner, order = node.this, node.expression.expressions[0]
    if not isinstance(inner, exp.PercentileCont | exp.PercentileDisc):
        raise ExpressionError(texts("rule.quantile", what=node.sql(DIALECT)))
    share = constant_of(compiler, inner.this, "share", "quantile")
    share = 1 - share if order.args.get("desc") else share
    name = "QUANTILE_CONT" if isinstance(inner, exp.PercentileCont) else "QUANTILE_DISC"
    return _quantile(compiler, _number(compiler, order.this), share, over, name)


_DEVIATIONS: dict[type[exp.Expr], str] = {
    exp.Stddev: "STDDEV",
    exp.StddevSamp: "STDDEV",
    exp.Variance: "VARIANCE",
}


@_aggregate(*_DEVIATIONS)
def _deviation(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    value = _number(compiler, node.this)
    sql = over.call(f"{_DEVIATIONS[type(node)]}(CAST({value.sql} AS DOUBLE))")
    return Value(sql, Kind.APPROXIMATE)


@_aggregate(exp.LogicalAnd, exp.LogicalOr)
def _all_or_any(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    """True, false or unknown of the group as AND and OR have it, nulls included."""
    condition = compiler.condition(node.this)
    every = isinstance(node, exp.LogicalAnd)
    decisive = f"NOT {condition}" if every else condition
    decided = over.call(f"COUNT(CASE WHEN {decisive} THEN 1 END)")
    open_ = over.call(f"COUNT(CASE WHEN {condition} IS NULL THEN 1 END)")
    decides, otherwise = ("FALSE", "TRUE") if every else ("TRUE", "FALSE")
    return boolean(f"CASE WHEN {decided} > 0 THEN {decides} WHEN {open_} = 0 THEN {otherwise} END")


def _number(compiler: Compiler, node: exp.Expr | None) -> Value:
    value = compiler.of_kind(node, Kind.NUMBER)
    return replace(NO_NUMBER if value.kind is Kind.NULL else value, constant=None)


def _named(compiler: Compiler, node: exp.Anonymous, over: Over) -> Value:
    name, arguments = node.name.lower(), node.expressions
    if name in _QUANTILES and len(arguments) == 2:
        share = constant_of(compiler, arguments[1], "share", name)
        value = _number(compiler, arguments[0])
        return _quantile(compiler, value, share, over, _QUANTILES[name])
    if name == "mad" and len(arguments) == 1:
        return _absolute_deviation(compiler, arguments[0], over)
    if name == "every" and len(arguments) == 1:
        return _all_or_any(compiler, exp.LogicalAnd(this=arguments[0]), over)
    raise ExpressionError(texts("rule.no_aggregate", what=node.sql(DIALECT)))


_QUANTILES = {"quantile_cont": "QUANTILE_CONT", "quantile_disc": "QUANTILE_DISC"}


def _absolute_deviation(compiler: Compiler, node: exp.Expr, over: Over) -> Value:
    """Median of the distances from the median (MAD), not scaled."""
    if compiler.in_query and not over.window:
        raise ExpressionError(texts("rule.mad"))
    middle = _median(compiler, exp.Median(this=node), over)
    value = _number(compiler, node)
    distance = f"ABS({value.sql} - {middle.sql})"
    return _rounded(value, over.call(f"MEDIAN({distance})"), 2)


def _call_of(name: str) -> Callable[[Compiler, Sequence[exp.Expr]], Value]:
    def handler(compiler: Compiler, arguments: Sequence[exp.Expr]) -> Value:
        node = exp.Anonymous(this=name, expressions=list(arguments))
        return _named(compiler, node, Over(_filter(compiler), _group(compiler, node)))

    return handler


for _name in (*_QUANTILES, "mad", "every"):
    named(_name)(_call_of(_name))

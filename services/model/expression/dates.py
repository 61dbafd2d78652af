"""Functions of dates."""

from sqlglot import exp

from services.model.expression.compiler import Compiler, handles
from services.model.expression.operators import days, one_of
from services.model.expression.values import ExpressionError, Kind, Value, whole_number
from services.model.messages import texts

_PARTS = ("year", "quarter", "month", "week", "day", "dow", "doy")
_DIFFERENCES = ("day", "month", "year")
_STARTS = ("week", "month", "quarter", "year")


def _part(compiler: Compiler, node: exp.Expr | None, part: str) -> Value:
    one_of("extract", part, _PARTS)
    date = compiler.of_kind(node, Kind.DATE)
    return whole_number(f"EXTRACT({part.upper()} FROM {date.sql})")


@handles(exp.Extract)
def _extract(compiler: Compiler, node: exp.Extract) -> Value:
    return _part(compiler, node.expression, node.name.lower())


@handles(exp.Year, exp.Month, exp.Day, exp.Quarter)
def _calendar(compiler: Compiler, node: exp.Expr) -> Value:
    return _part(compiler, node.this, type(node).__name__.lower())


@handles(exp.DateDiff, parts=("unit",))
def _date_difference(compiler: Compiler, node: exp.DateDiff) -> Value:
    """`date_diff('day', start, end)`: days, or how often a month or a year begins in between."""
    unit = node.this.name.lower() if isinstance(node.this, exp.Literal) else ""
    ends = [node.expression, node.args.get("unit")]
    if not unit or ends[1] is None:
        raise ExpressionError(texts("rule.date_diff"))
    one_of("date_diff", unit, _DIFFERENCES)
    end = exp.column(ends[1].name) if isinstance(ends[1], exp.Var) else ends[1]
    start_value = compiler.of_kind(ends[0], Kind.DATE)
    end_value = compiler.of_kind(end, Kind.DATE)
    if unit == "day":
        return Value(f"({days(end_value)} - {days(start_value)})", Kind.NUMBER)
    months = [_months(moment, unit) for moment in (end_value, start_value)]
    return Value(f"({months[0]} - {months[1]})", Kind.NUMBER)


def _months(date: Value, unit: str) -> str:
    year = whole_number(f"EXTRACT(YEAR FROM {date.sql})").sql
    if unit == "year":
        return year
    return f"({year} * 12 + {whole_number(f'EXTRACT(MONTH FROM {date.sql})').sql})"


@handles(exp.TimestampTrunc, exp.DateTrunc, parts=("unit",))
def _date_trunc(compiler: Compiler, node: exp.TimestampTrunc | exp.DateTrunc) -> Value:
    """The first day of the month, quarter, year or week."""
    unit = node.args["unit"].name.lower()
    one_of("date_trunc", unit, _STARTS)
    date = compiler.of_kind(node.this, Kind.DATE)
    return Value(f"CAST(DATE_TRUNC('{unit}', {date.sql}) AS DATE)", Kind.DATE)

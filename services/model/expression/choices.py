"""Choices between values, and casts."""

from collections.abc import Sequence

from sqlglot import exp

from services.model.expression import arithmetic
from services.model.expression.compiler import DIALECT, Compiler, handles
from services.model.expression.operators import compare, day
from services.model.expression.values import (
    DIGITS,
    NO_NUMBER,
    ExpressionError,
    Kind,
    Value,
    as_kind,
    whole_number,
)
from services.model.messages import texts
from services.model.text import AND, joined

PLACES_OF_TEXT = 9


"""Decimal places of a number that is read from text."""


def same_kind(node: exp.Expr, values: Sequence[Value]) -> Kind:
    """The kind that all values have; raises ExpressionError where they differ."""
    kinds = {value.kind for value in values} - {Kind.NULL}
    if kinds == {Kind.NUMBER, Kind.APPROXIMATE}:
        return Kind.APPROXIMATE
    if len(kinds) > 1:
        shown = joined((kind.words for kind in sorted(kinds)), AND)
        raise ExpressionError(texts("rule.mixes", what=node.sql(DIALECT), kinds=shown))
    return kinds.pop() if kinds else Kind.NULL


@handles(exp.Case, parts=("ifs", "default"))
def _case(compiler: Compiler, node: exp.Case) -> Value:
    subject = compiler.value(node.this) if node.this is not None else None
    conditions, results = [], []
    for branch in node.args["ifs"]:
        if subject is None:
            conditions.append(compiler.condition(branch.this))
        else:
            conditions.append(compare(node, subject, "=", compiler.value(branch.this)).sql)
        results.append(compiler.whole(branch.args["true"]))
    default = node.args.get("default")
    return _choice(node, conditions, results, compiler.whole(default) if default else None)


@handles(exp.If, parts=("true", "false"))
def _if(compiler: Compiler, node: exp.If) -> Value:
    default = node.args.get("false")
    other = compiler.whole(default) if default is not None else None
    return _choice(
        node, [compiler.condition(node.this)], [compiler.whole(node.args["true"])], other
    )


def _choice(
    node: exp.Expr, conditions: Sequence[str], results: Sequence[Value], other: Value | None
) -> Value:
    values = [*results, other] if other is not None else list(results)
    kind = same_kind(node, values)
    whens = " ".join(
        f"WHEN {condition} THEN {as_kind(one, kind).sql}"
        for condition, one in zip(conditions, results, strict=True)
    )
    otherwise = f" ELSE {as_kind(other, kind).sql}" if other is not None else ""
    return Value(f"(CASE {whens}{otherwise} END)", kind, max(value.scale for value in values))


@handles(exp.Coalesce)
def _coalesce(compiler: Compiler, node: exp.Coalesce) -> Value:
    values = [compiler.whole(operand) for operand in (node.this, *node.expressions)]
    kind = same_kind(node, values)
    listed = ", ".join(as_kind(value, kind).sql for value in values)
    return Value(f"COALESCE({listed})", kind, max(value.scale for value in values))


@handles(exp.Nullif)
def _nullif(compiler: Compiler, node: exp.Nullif) -> Value:
    left = compiler.whole(node.this)
    equal = compare(node, left, "=", compiler.value(node.expression))
    sql = f"(CASE WHEN COALESCE({equal.sql}, FALSE) THEN NULL ELSE {left.sql} END)"
    return Value(sql, left.kind, left.scale)


@handles(exp.Greatest, exp.Least, parts=("ignore_nulls",))
def _extreme(compiler: Compiler, node: exp.Greatest | exp.Least) -> Value:
    values = [compiler.whole(operand) for operand in (node.this, *node.expressions)]
    kind = same_kind(node, values)
    lacking = " OR ".join(f"{value.sql} IS NULL" for value in values)
    name = "GREATEST" if isinstance(node, exp.Greatest) else "LEAST"
    call = f"{name}({', '.join(as_kind(value, kind).sql for value in values)})"
    sql = f"(CASE WHEN {lacking} THEN NULL ELSE {call} END)"
    return Value(sql, kind, max(value.scale for value in values))


@handles(exp.Cast, exp.TryCast, parts=("to", "safe"))
def _cast(compiler: Compiler, node: exp.Cast) -> Value:
    """What can't be cast is null in every cast, so that one cell never stops a rule."""
    target, value = node.to, compiler.whole(node.this)
    if target.is_type(*exp.DataType.TEXT_TYPES):
        return Value(f"CAST({value.sql} AS VARCHAR)", Kind.TEXT)
    if target.is_type(exp.DataType.Type.DATE):
        if value.kind is Kind.TEXT and isinstance(node.this, exp.Literal):
            return day(node.this.name)
        if value.kind not in (Kind.TEXT, Kind.DATE, Kind.NULL):
            raise ExpressionError(texts("rule.cast_to_date", what=node.sql(DIALECT)))
        if value.kind is Kind.DATE:
            return value
        return Value(f"TRY_CAST({_like(value, _DAY)} AS DATE)", Kind.DATE)
    if target.is_type(exp.DataType.Type.BOOLEAN) and value.kind in (Kind.BOOLEAN, Kind.NULL):
        return Value(f"CAST({value.sql} AS BOOLEAN)", Kind.BOOLEAN)
    if target.is_type(*exp.DataType.FLOAT_TYPES):
        return arithmetic.approximate(_as_number(node, value, PLACES_OF_TEXT))
    if target.is_type(*exp.DataType.INTEGER_TYPES):
        return _as_number(node, value, 0)
    if target.is_type(exp.DataType.Type.DECIMAL):
        places = target.expressions[1].this if len(target.expressions) > 1 else None
        default = 0 if target.expressions else PLACES_OF_TEXT
        return _as_number(node, value, int(places.name) if places is not None else default)
    raise ExpressionError(texts("rule.cast", what=node.sql(DIALECT)))


_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_WHOLE = "^[+-]?[0-9]+$"
_FRACTION = "^[+-]?[0-9]+([.][0-9]+)?$"


def _like(text: Value, pattern: str) -> str:
    """The text where it is written so; polars would guess at the format of dates from the first one."""
    return f"(CASE WHEN {text.sql} ~ '{pattern}' THEN {text.sql} END)"


def _as_number(node: exp.Cast, value: Value, places: int) -> Value:
    if value.kind is Kind.NULL:
        return NO_NUMBER
    if value.kind is Kind.NUMBER:
        rounded = f"ROUND({value.sql}, {places})" if value.scale > places else value.sql
        return Value(f"CAST({rounded} AS DECIMAL({DIGITS}, {places}))", Kind.NUMBER, places)
    if value.kind in (Kind.TEXT, Kind.APPROXIMATE):
        pattern = _FRACTION if places else _WHOLE
        written = _like(value, pattern) if value.kind is Kind.TEXT else value.sql
        sql = f"TRY_CAST({written} AS DECIMAL({DIGITS}, {places}))"
        return Value(sql, Kind.NUMBER, places)
    if value.kind is Kind.BOOLEAN:
        return whole_number(f"CAST({value.sql} AS INT)")
    shown = node.this.sql(DIALECT)
    raise ExpressionError(texts("rule.no_number", what=shown, kind=value.kind.words))

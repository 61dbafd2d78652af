"""Literals, logic and comparisons."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import TypeVar

from sqlglot import exp

from services.model.expression import arithmetic
from services.model.expression.compiler import DIALECT, Compiler, handles
from services.model.expression.values import (
    DIGITS,
    NULL,
    NUMBERS,
    UNDECIDED,
    ExpressionError,
    Kind,
    Value,
    as_kind,
    boolean,
    number,
    text_literal,
)
from services.model.messages import texts
from services.model.text import Text


@handles(exp.Literal, parts=("is_string",))
def _literal(_: Compiler, node: exp.Literal) -> Value:
    if node.is_string:
        return Value(text_literal(node.name), Kind.TEXT)
    try:
        return number(Decimal(node.name))
    except InvalidOperation:
        raise ExpressionError(texts("rule.not_number", text=node.name)) from None


@handles(exp.Null)
def _null(_: Compiler, __: exp.Null) -> Value:
    return NULL


@handles(exp.Boolean)
def _boolean(_: Compiler, node: exp.Boolean) -> Value:
    return Value("TRUE" if node.this else "FALSE", Kind.BOOLEAN)


@handles(exp.Paren)
def _paren(compiler: Compiler, node: exp.Paren) -> Value:
    return compiler.value(node.this)


_MANY = 10
"""Terms of a sum from which on it is written balanced."""
Part = TypeVar("Part")


def _chain(node: exp.Expr, kinds: type[exp.Expr] | UnionType) -> tuple[exp.Expr, list[exp.Binary]]:
    """`a + b - c` as its first operand and the nodes that add the others, in their order."""
    steps: list[exp.Binary] = []
    while isinstance(node, kinds):
        assert isinstance(node, exp.Binary)
        steps.append(node)
        node = node.this
    return node, steps[::-1]


def balanced(parts: Sequence[Part], join: Callable[[Part, Part], Part]) -> Part:
    """All parts joined, in their order, no deeper than need be: polars reads SQL of 50 levels at most."""
    while len(parts) > 1:
        pairs = [join(*parts[at : at + 2]) for at in range(0, len(parts) - 1, 2)]
        parts = pairs + list(parts[len(pairs) * 2 :])
    return parts[0]


@handles(exp.And, exp.Or)
def _connector(compiler: Compiler, node: exp.And | exp.Or) -> Value:
    word = "AND" if isinstance(node, exp.And) else "OR"
    first, rest = _chain(node, type(node))
    parts = [
        compiler.condition(operand) for operand in (first, *(each.expression for each in rest))
    ]
    return boolean(balanced(parts, lambda left, right: f"({left} {word} {right})"))


@handles(exp.Not)
def _not(compiler: Compiler, node: exp.Not) -> Value:
    return boolean(f"NOT {compiler.condition(node.this)}")


@handles(exp.Xor)
def _xor(compiler: Compiler, node: exp.Xor) -> Value:
    return boolean(f"{compiler.condition(node.this)} <> {compiler.condition(node.expression)}")


_OPERATORS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}


@handles(*_OPERATORS)
def _comparison(compiler: Compiler, node: exp.Binary) -> Value:
    if isinstance(node.expression, exp.Any | exp.All):
        raise ExpressionError(texts("rule.any_all"))
    left, right = compiler.value(node.this), compiler.value(node.expression)
    return compare(node, left, _OPERATORS[type(node)], right, compiler.tolerance)


def compare(
    node: exp.Expr, left: Value, operator: str, right: Value, tolerance: Value | None = None
) -> Value:
    """The comparison of two values of one kind; raises ExpressionError where they are of two."""
    if Kind.NULL in (left.kind, right.kind):
        return UNDECIDED
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return arithmetic.compare(left, operator, right, tolerance)
    left, right = _dated(left, right), _dated(right, left)
    if left.kind is not right.kind:
        kinds = {"left": left.kind.words, "right": right.kind.words}
        advice = _advice(left, right)
        raise ExpressionError(
            texts("rule.compares", what=node.sql(DIALECT), advice=advice, **kinds)
        )
    return boolean(f"{left.sql} {operator} {right.sql}")


def _dated(one: Value, other: Value) -> Value:
    """A text literal beside a date is that date; beside a condition it may be true or false."""
    if other.kind is Kind.BOOLEAN and one.sql.lower() in ("'true'", "'false'"):
        return Value(one.sql.strip("'").upper(), Kind.BOOLEAN)
    if other.kind is Kind.DATE and one.kind is Kind.TEXT and one.sql.startswith("'"):
        return day(one.sql.strip("'"))
    return as_kind(one, other.kind) if other.kind is Kind.DATE else one


def day(text: str) -> Value:
    """The date that a text names; raises ExpressionError where it is none."""
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ExpressionError(texts("rule.not_date", text=text)) from None
    return Value(f"CAST({text_literal(text)} AS DATE)", Kind.DATE)


def _advice(left: Value, right: Value) -> Text:
    kinds = {left.kind, right.kind}
    if Kind.TEXT in kinds and kinds & NUMBERS:
        return texts("rule.compares.number")
    if Kind.TEXT in kinds and Kind.DATE in kinds:
        return texts("rule.compares.date")
    return texts("rule.compares.other")


@handles(exp.Between, parts=("low", "high", "symmetric"))
def _between(compiler: Compiler, node: exp.Between) -> Value:
    value = compiler.value(node.this)
    low, high = compiler.value(node.args["low"]), compiler.value(node.args["high"])
    if node.args.get("symmetric"):
        raise ExpressionError(texts("rule.not_in_language", what="BETWEEN SYMMETRIC"))
    above = compare(node, value, ">=", low, compiler.tolerance)
    below = compare(node, value, "<=", high, compiler.tolerance)
    return boolean(f"{above.sql} AND {below.sql}")


@handles(exp.Is, parts=("negate",))
def _is(compiler: Compiler, node: exp.Is) -> Value:
    word = "IS NOT" if node.args.get("negate") else "IS"
    if isinstance(node.expression, exp.Null):
        return boolean(f"{compiler.whole(node.this).sql} {word} NULL")
    if not isinstance(node.expression, exp.Boolean):
        raise ExpressionError(texts("rule.is_what", what=node.sql(DIALECT)))
    # polars gives null for IS TRUE of null.
    inner = compiler.condition(node.this)
    wanted = inner if node.expression.this else f"NOT {inner}"
    found = f"COALESCE({wanted}, FALSE)"
    return boolean(f"NOT {found}" if node.args.get("negate") else found)


@handles(exp.NullSafeEQ, exp.NullSafeNEQ)
def _null_safe(compiler: Compiler, node: exp.Binary) -> Value:
    left, right = compiler.whole(node.this), compiler.whole(node.expression)
    equal = compare(node, left, "=", right)
    both = f"({left.sql} IS NULL AND {right.sql} IS NULL)"
    same = f"COALESCE({equal.sql}, {both})"
    return boolean(same if isinstance(node, exp.NullSafeEQ) else f"NOT {same}")


@handles(exp.Add, exp.Sub)
def _sum(compiler: Compiler, node: exp.Add | exp.Sub) -> Value:
    first, steps = _chain(node, exp.Add | exp.Sub)
    total = compiler.value(first)
    if len(steps) < _MANY:
        for step in steps:
            total = _added(compiler, total, step)
        return total
    terms = [(compiler.value(step.expression), step) for step in steps]
    signed = [arithmetic.negate(one) if isinstance(step, exp.Sub) else one for one, step in terms]
    return balanced([total, *signed], lambda left, right: arithmetic.add(left, right, "+"))


def _added(compiler: Compiler, left: Value, node: exp.Binary) -> Value:
    sign = "+" if isinstance(node, exp.Add) else "-"
    if isinstance(node.expression, exp.Interval):
        return _shifted(compiler, as_kind(left, Kind.DATE), sign, node.expression)
    right = compiler.value(node.expression)
    if left.kind is Kind.DATE and sign == "-":
        right = _dated(right, left)
    elif right.kind is Kind.DATE and sign == "-":
        left = _dated(left, right)
    if left.kind is right.kind is Kind.DATE and sign == "-":
        return Value(f"({days(left)} - {days(right)})", Kind.NUMBER)
    if left.kind is Kind.DATE and right.kind is Kind.NUMBER:
        if right.constant is None or right.constant % 1:
            raise ExpressionError(texts("rule.days"))
        return Value(f"({left.sql} {sign} INTERVAL '{right.constant} day')", Kind.DATE)
    return arithmetic.add(left, right, sign)


def days(value: Value) -> str:
    """The number of a day, so that days can be counted."""
    return f"CAST(CAST({value.sql} AS INT) AS DECIMAL({DIGITS}, 0))"


_UNITS = ("day", "week", "month", "quarter", "year")


def one_of(function: str, unit: str, units: Sequence[str]) -> None:
    """Raises ExpressionError for a unit of time that the function doesn't have."""
    if unit not in units:
        given = {"function": function, "unit": unit, "units": ", ".join(units)}
        raise ExpressionError(texts("rule.unit", **given))


def _shifted(compiler: Compiler, start: Value, sign: str, interval: exp.Interval) -> Value:
    if start.kind is not Kind.DATE:
        raise ExpressionError(texts("rule.interval"))
    unit = interval.args["unit"].name.lower().rstrip("s")
    one_of("interval", unit, _UNITS)
    return Value(f"({start.sql} {sign} INTERVAL '{interval.this.name} {unit}')", Kind.DATE)


@handles(exp.Mul)
def _product(compiler: Compiler, node: exp.Mul) -> Value:
    return arithmetic.multiply(compiler.value(node.this), compiler.value(node.expression))


@handles(exp.Div, parts=("typed", "safe"))
def _quotient(compiler: Compiler, node: exp.Div) -> Value:
    return arithmetic.divide(compiler.value(node.this), compiler.value(node.expression))


@handles(exp.Neg)
def _negative(compiler: Compiler, node: exp.Neg) -> Value:
    return arithmetic.negate(compiler.value(node.this))

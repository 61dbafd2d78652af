"""Functions of numbers."""

from collections.abc import Callable
from decimal import Decimal

from sqlglot import exp

from services.model.expression import arithmetic
from services.model.expression.compiler import DIALECT, Compiler, handles
from services.model.expression.values import ExpressionError, Kind, Value
from services.model.messages import texts


def constant_of(compiler: Compiler, node: exp.Expr | None, what: str, function: str) -> Decimal:
    """A number that is written down; raises ExpressionError for anything else.

    `what` it is of the function is the message `rule.argument.<what>`.
    """
    constant = compiler.value(node).constant
    if constant is None:
        named = texts(f"rule.argument.{what}", function=function)
        raise ExpressionError(texts("rule.written_number", what=named))
    return constant


def integer(compiler: Compiler, node: exp.Expr | None, what: str, function: str) -> int:
    """A whole number that is written down."""
    constant = constant_of(compiler, node, what, function)
    if constant % 1:
        named = texts(f"rule.argument.{what}", function=function)
        raise ExpressionError(texts("rule.whole_number", what=named))
    return int(constant)


@handles(exp.Abs)
def _absolute(compiler: Compiler, node: exp.Abs) -> Value:
    return arithmetic.absolute(compiler.value(node.this))


@handles(exp.Sign)
def _sign(compiler: Compiler, node: exp.Sign) -> Value:
    value = compiler.of_kind(node.this, Kind.NUMBER)
    return Value(f"SIGN({value.sql})", value.kind, value.scale)


@handles(exp.Round, parts=("decimals",))
def _round(compiler: Compiler, node: exp.Round) -> Value:
    value = compiler.of_kind(node.this, Kind.NUMBER)
    decimals = node.args.get("decimals")
    places = integer(compiler, decimals, "places", "round") if decimals is not None else 0
    if places < 0:
        factor = 10**-places
        return Value(f"(ROUND({value.sql} / {factor}, 0) * {factor})", value.kind, value.scale)
    return Value(f"ROUND({value.sql}, {places})", value.kind, value.scale)


@handles(exp.Floor, exp.Ceil)
def _floor(compiler: Compiler, node: exp.Floor | exp.Ceil) -> Value:
    value = compiler.of_kind(node.this, Kind.NUMBER)
    name = "FLOOR" if isinstance(node, exp.Floor) else "CEIL"
    return Value(f"{name}({value.sql})", value.kind, value.scale)


@handles(exp.Trunc, parts=("decimals",))
def _trunc(compiler: Compiler, node: exp.Trunc) -> Value:
    value = compiler.of_kind(node.this, Kind.NUMBER)
    decimals = node.args.get("decimals")
    places = integer(compiler, decimals, "places", "trunc") if decimals is not None else 0
    return Value(f"TRUNC({value.sql}, {places})", value.kind, value.scale)


@handles(exp.Mod)
def _modulo(compiler: Compiler, node: exp.Mod) -> Value:
    left = compiler.of_kind(node.this, Kind.NUMBER)
    right = compiler.of_kind(node.expression, Kind.NUMBER)
    if Kind.APPROXIMATE in (left.kind, right.kind):
        raise ExpressionError(texts("rule.remainder", what=node.sql(DIALECT)))
    scale = max(left.scale, right.scale)
    return Value(f"({left.sql} % NULLIF({right.sql}, 0))", Kind.NUMBER, scale)


def _approximate(call: str, domain: str = "") -> Callable[[Compiler, exp.Expr], Value]:
    def handler(compiler: Compiler, node: exp.Expr) -> Value:
        value = arithmetic.approximate(compiler.of_kind(node.this, Kind.NUMBER))
        inner = f"CASE WHEN {value.sql} {domain} THEN {value.sql} END" if domain else value.sql
        return Value(f"{call}({inner})", Kind.APPROXIMATE)

    return handler


_logarithm = _approximate("LN", "> 0")


handles(exp.Ln)(_logarithm)


handles(exp.Sqrt)(_approximate("SQRT", ">= 0"))


handles(exp.Exp)(_approximate("EXP"))


@handles(exp.Log)
def _log(compiler: Compiler, node: exp.Log) -> Value:
    """`log(x)` and `log10(x)` to the base 10, `log(base, x)` to another."""
    argument = node.expression if node.expression is not None else node.this
    base = node.this if node.expression is not None else exp.Literal.number(10)
    logarithms = [_logarithm(compiler, exp.Ln(this=operand)) for operand in (argument, base)]
    return arithmetic.divide(*logarithms)


@handles(exp.Pow)
def _power(compiler: Compiler, node: exp.Pow) -> Value:
    """Small whole powers are exact; others are approximate, of numbers that are not negative."""
    base, exponent = compiler.value(node.this), compiler.value(node.expression)
    wanted = exponent.constant
    if wanted is not None and wanted % 1 == 0 and 1 <= wanted <= 4:
        result = base
        for _ in range(int(wanted) - 1):
            result = arithmetic.multiply(result, base)
        return result
    left, right = arithmetic.approximate(base), arithmetic.approximate(exponent)
    return Value(
        f"POWER(CASE WHEN {left.sql} >= 0 THEN {left.sql} END, {right.sql})", Kind.APPROXIMATE
    )

"""Exact arithmetic: fractions are kept as numerator and divisor until they are compared.

`a / b <= 0.3` becomes `a <= 0.3 * b` where b is positive and the reverse where it is negative, so
that no digit is lost; where b is nought there is no verdict.
"""

from collections.abc import Callable
from decimal import Decimal, localcontext

from services.model.expression.values import (
    DIGITS,
    NO_NUMBER,
    NUMBERS,
    ExpressionError,
    Kind,
    Value,
    boolean,
    number,
)
from services.model.messages import texts

_REVERSED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


def _constant(
    left: Value, right: Value, compute: Callable[[Decimal, Decimal], Decimal]
) -> Value | None:
    if left.constant is None or right.constant is None:
        return None
    with localcontext() as context:
        context.prec = 2 * DIGITS
        return number(compute(left.constant, right.constant))


def _no_number(value: Value) -> ExpressionError:
    return ExpressionError(texts("rule.no_number", what=value.sql, kind=value.kind.words))


def _pair(left: Value, right: Value) -> tuple[Value, Value, Kind]:
    """Both operands of one kind; a null takes the kind of the other."""
    for side in (left, right):
        if side.kind not in NUMBERS:
            raise _no_number(side)
    left, right = (NO_NUMBER if side.kind is Kind.NULL else side for side in (left, right))
    if Kind.APPROXIMATE in (left.kind, right.kind):
        return approximate(left), approximate(right), Kind.APPROXIMATE
    return left, right, Kind.NUMBER


def approximate(value: Value) -> Value:
    """The number in binary floating point, never infinite and never NaN."""
    whole = value.whole()
    if whole.kind is Kind.APPROXIMATE:
        return whole
    return Value(f"CAST({whole.sql} AS DOUBLE)", Kind.APPROXIMATE)


def _times(left: str, right: str) -> str:
    if not left or not right:
        return left or right
    return f"({left} * {right})"


def add(left: Value, right: Value, sign: str) -> Value:
    """`left + right`, or with the sign `-` the difference."""
    folded = _constant(left, right, lambda a, b: a + b if sign == "+" else a - b)
    if folded is not None:
        return folded
    left, right, kind = _pair(left, right)
    if left.divisor == right.divisor:
        sql = f"({left.sql} {sign} {right.sql})"
        return Value(sql, kind, max(left.scale, right.scale), left.divisor)
    crossed = (_times(left.sql, right.divisor), _times(right.sql, left.divisor))
    divisor = _times(left.divisor, right.divisor)
    return Value(f"({crossed[0]} {sign} {crossed[1]})", kind, left.scale + right.scale, divisor)


def multiply(left: Value, right: Value) -> Value:
    """`left * right`."""
    folded = _constant(left, right, lambda a, b: a * b)
    if folded is not None:
        return folded
    left, right, kind = _pair(left, right)
    divisor = _times(left.divisor, right.divisor)
    return Value(_times(left.sql, right.sql), kind, left.scale + right.scale, divisor)


def divide(left: Value, right: Value) -> Value:
    """`left / right`, a fraction; of approximate numbers the quotient, null where right is nought."""
    left, right, kind = _pair(left, right)
    if kind is Kind.APPROXIMATE:
        return Value(left.sql, kind, divisor=right.sql).whole()
    # A divisor of the divisor that is nought leaves no value either.
    inner = f"NULLIF({right.divisor}, 0)" if right.divisor else ""
    divisor = _times(left.divisor, right.sql)
    return Value(_times(left.sql, inner), kind, left.scale + right.scale, divisor)


def negate(value: Value) -> Value:
    """`-one`."""
    if value.constant is not None:
        return number(-value.constant)
    if value.kind not in NUMBERS:
        raise _no_number(value)
    return Value(f"(-{value.sql})", value.kind, value.scale, value.divisor)


def absolute(value: Value) -> Value:
    """`abs(one)`; of a fraction that of both parts."""
    divisor = f"ABS({value.divisor})" if value.divisor else ""
    return Value(f"ABS({value.sql})", value.kind, value.scale, divisor)


def compare(left: Value, operator: str, right: Value, tolerance: Value | None = None) -> Value:
    """Whether `left operator right` holds for numbers; with a tolerance, whether it nearly does."""
    if tolerance is not None and operator != "<>":
        return _nearly(add(left, right, "-"), operator, tolerance)
    left, right, _ = _pair(left, right)
    if left.divisor == right.divisor == "":
        return boolean(f"{left.sql} {operator} {right.sql}")
    divisor = _times(left.divisor, right.divisor)
    crossed = (_times(left.sql, right.divisor), _times(right.sql, left.divisor))
    upright = f"{crossed[0]} {operator} {crossed[1]}"
    if operator in ("=", "<>"):
        return boolean(f"CASE WHEN {divisor} <> 0 THEN {upright} END")
    reverse = f"{crossed[0]} {_REVERSED[operator]} {crossed[1]}"
    return boolean(f"CASE WHEN {divisor} > 0 THEN {upright} WHEN {divisor} < 0 THEN {reverse} END")


def _nearly(difference: Value, operator: str, tolerance: Value) -> Value:
    """The comparison of a difference with nought, off by at most the tolerance."""
    if operator == "=":
        return compare(absolute(difference), "<=", tolerance)
    allowed = tolerance if operator in ("<", "<=") else negate(tolerance)
    return compare(difference, operator, allowed)

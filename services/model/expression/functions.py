"""Functions of one row: numbers, text, dates, and choices between values."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from sqlglot import exp

from services.model.expression import arithmetic
from services.model.expression.compiler import DIALECT, Compiler, handles, named
from services.model.expression.operators import compare, day, days
from services.model.expression.values import (
    DIGITS,
    NO_NUMBER,
    ExpressionError,
    Kind,
    Value,
    boolean,
    whole_number,
)

PLACES_OF_TEXT = 9
"""Decimal places of a number that is read from text."""


def same_kind(node: exp.Expr, values: Sequence[Value]) -> Kind:
    """The kind that all values have; raises ExpressionError where they differ."""
    kinds = {one.kind for one in values} - {Kind.NULL}
    if kinds == {Kind.NUMBER, Kind.APPROXIMATE}:
        return Kind.APPROXIMATE
    if len(kinds) > 1:
        shown = " and ".join(sorted(kind.value for kind in kinds))
        raise ExpressionError(f"{node.sql(DIALECT)} mixes {shown}")
    return kinds.pop() if kinds else Kind.NULL


def constant_of(compiler: Compiler, node: exp.Expr | None, what: str) -> Decimal:
    """A number that is written down; raises ExpressionError for anything else."""
    found = compiler.value(node).constant
    if found is None:
        raise ExpressionError(f"{what} has to be a number that is written down")
    return found


def _integer(compiler: Compiler, node: exp.Expr | None, what: str) -> int:
    found = constant_of(compiler, node, what)
    if found % 1:
        raise ExpressionError(f"{what} has to be a whole number")
    return int(found)


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
        f"WHEN {condition} THEN {one.sql}"
        for condition, one in zip(conditions, results, strict=True)
    )
    otherwise = f" ELSE {other.sql}" if other is not None else ""
    return Value(f"(CASE {whens}{otherwise} END)", kind, max(one.scale for one in values))


@handles(exp.Coalesce)
def _coalesce(compiler: Compiler, node: exp.Coalesce) -> Value:
    values = [compiler.whole(one) for one in (node.this, *node.expressions)]
    kind = same_kind(node, values)
    listed = ", ".join(one.sql for one in values)
    return Value(f"COALESCE({listed})", kind, max(one.scale for one in values))


@handles(exp.Nullif)
def _nullif(compiler: Compiler, node: exp.Nullif) -> Value:
    left = compiler.whole(node.this)
    equal = compare(node, left, "=", compiler.value(node.expression))
    sql = f"(CASE WHEN COALESCE({equal.sql}, FALSE) THEN NULL ELSE {left.sql} END)"
    return Value(sql, left.kind, left.scale)


@handles(exp.Greatest, exp.Least, parts=("ignore_nulls",))
def _extreme(compiler: Compiler, node: exp.Greatest | exp.Least) -> Value:
    values = [compiler.whole(one) for one in (node.this, *node.expressions)]
    kind = same_kind(node, values)
    lacking = " OR ".join(f"{one.sql} IS NULL" for one in values)
    name = "GREATEST" if isinstance(node, exp.Greatest) else "LEAST"
    call = f"{name}({', '.join(one.sql for one in values)})"
    sql = f"(CASE WHEN {lacking} THEN NULL ELSE {call} END)"
    return Value(sql, kind, max(one.scale for one in values))


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
            raise ExpressionError(f"{node.sql(DIALECT)}: only text can be cast to a date")
        return Value(f"TRY_CAST({value.sql} AS DATE)", Kind.DATE)
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
    raise ExpressionError(
        f"{node.sql(DIALECT)}: write integer, decimal(38, 2), double, text or date as the type"
    )


def _as_number(node: exp.Cast, value: Value, places: int) -> Value:
    if value.kind is Kind.NULL:
        return NO_NUMBER
    if value.kind is Kind.NUMBER:
        rounded = f"ROUND({value.sql}, {places})" if value.scale > places else value.sql
        return Value(f"CAST({rounded} AS DECIMAL({DIGITS}, {places}))", Kind.NUMBER, places)
    if value.kind in (Kind.TEXT, Kind.APPROXIMATE):
        sql = f"TRY_CAST({value.sql} AS DECIMAL({DIGITS}, {places}))"
        return Value(sql, Kind.NUMBER, places)
    if value.kind is Kind.BOOLEAN:
        return whole_number(f"CAST({value.sql} AS INT)")
    raise ExpressionError(f"{node.sql(DIALECT)}: a {value.kind.value} is no number")


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
    places = _integer(compiler, decimals, "the places of round") if decimals is not None else 0
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
    places = _integer(compiler, decimals, "the places of trunc") if decimals is not None else 0
    return Value(f"TRUNC({value.sql}, {places})", value.kind, value.scale)


@handles(exp.Mod)
def _modulo(compiler: Compiler, node: exp.Mod) -> Value:
    left = compiler.of_kind(node.this, Kind.NUMBER)
    right = compiler.of_kind(node.expression, Kind.NUMBER)
    if Kind.APPROXIMATE in (left.kind, right.kind):
        raise ExpressionError(f"{node.sql(DIALECT)}: no remainder of an approximate number")
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
    logarithms = [_logarithm(compiler, exp.Ln(this=one)) for one in (argument, base)]
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


def _text(compiler: Compiler, node: exp.Expr | None) -> str:
    """A text; a whole number is its digits, since codes may look like numbers."""
    value = compiler.whole(node)
    if value.kind is Kind.NUMBER and value.scale == 0:
        return f"CAST({value.sql} AS VARCHAR)"
    return compiler.of_kind(node, Kind.TEXT).sql


@handles(exp.Upper, exp.Lower)
def _letters(compiler: Compiler, node: exp.Upper | exp.Lower) -> Value:
    name = "UPPER" if isinstance(node, exp.Upper) else "LOWER"
    return Value(f"{name}({_text(compiler, node.this)})", Kind.TEXT)


@handles(exp.Trim, parts=("position",))
def _trim(compiler: Compiler, node: exp.Trim) -> Value:
    names = {"LEADING": "LTRIM", "TRAILING": "RTRIM"}
    name = names.get((node.args.get("position") or "").upper(), "TRIM")
    if node.expression is not None:
        raise ExpressionError(f"{node.sql(DIALECT)}: trim takes away blanks alone")
    return Value(f"{name}({_text(compiler, node.this)})", Kind.TEXT)


@handles(exp.Length)
def _length(compiler: Compiler, node: exp.Length) -> Value:
    return whole_number(f"LENGTH({_text(compiler, node.this)})")


@handles(exp.Substring, parts=("start", "length"))
def _substring(compiler: Compiler, node: exp.Substring) -> Value:
    start = _integer(compiler, node.args.get("start"), "the start of substr")
    parts = [_text(compiler, node.this), str(start)]
    if node.args.get("length") is not None:
        parts.append(str(_integer(compiler, node.args["length"], "the length of substr")))
    return Value(f"SUBSTR({', '.join(parts)})", Kind.TEXT)


@handles(exp.Left, exp.Right)
def _end(compiler: Compiler, node: exp.Left | exp.Right) -> Value:
    name = "LEFT" if isinstance(node, exp.Left) else "RIGHT"
    count = _integer(compiler, node.expression, f"the length of {name.lower()}")
    return Value(f"{name}({_text(compiler, node.this)}, {count})", Kind.TEXT)


@handles(exp.Replace, parts=("replacement",))
def _replace(compiler: Compiler, node: exp.Replace) -> Value:
    parts = (node.this, node.expression, node.args.get("replacement"))
    return Value(f"REPLACE({', '.join(_text(compiler, one) for one in parts)})", Kind.TEXT)


@handles(exp.RegexpReplace, parts=("replacement", "single_replace"))
def _regexp_replace(compiler: Compiler, node: exp.RegexpReplace) -> Value:
    parts = (node.this, node.expression, node.args.get("replacement"))
    listed = ", ".join(_text(compiler, one) for one in parts)
    return Value(f"REGEXP_REPLACE({listed})", Kind.TEXT)


@handles(exp.Pad, parts=("fill_pattern", "is_left"))
def _pad(compiler: Compiler, node: exp.Pad) -> Value:
    name = "LPAD" if node.args.get("is_left") else "RPAD"
    width = _integer(compiler, node.expression, f"the length of {name.lower()}")
    fill = node.args.get("fill_pattern")
    filling = _text(compiler, fill) if fill is not None else "' '"
    return Value(f"{name}({_text(compiler, node.this)}, {width}, {filling})", Kind.TEXT)


@handles(exp.SplitPart, parts=("delimiter", "part_index"))
def _split_part(compiler: Compiler, node: exp.SplitPart) -> Value:
    index = _integer(compiler, node.args.get("part_index"), "the index of split_part")
    delimiter = _text(compiler, node.args.get("delimiter"))
    return Value(f"SPLIT_PART({_text(compiler, node.this)}, {delimiter}, {index})", Kind.TEXT)


@handles(exp.DPipe, parts=("safe",))
def _joined(compiler: Compiler, node: exp.DPipe) -> Value:
    return _concatenated(compiler, (node.this, node.expression))


@handles(exp.Concat, parts=("safe", "coalesce"))
def _concat(compiler: Compiler, node: exp.Concat) -> Value:
    return _concatenated(compiler, node.expressions)


def _concatenated(compiler: Compiler, nodes: Sequence[exp.Expr]) -> Value:
    """Null where a part is null, as || is; polars' CONCAT would leave it out."""
    parts = []
    for node in nodes:
        value = compiler.whole(node)
        text = value.kind in (Kind.TEXT, Kind.NULL)
        parts.append(value.sql if text else f"CAST({value.sql} AS VARCHAR)")
    return Value(f"({' || '.join(parts)})", Kind.TEXT)


@handles(exp.StrPosition, parts=("substr",))
def _position(compiler: Compiler, node: exp.StrPosition) -> Value:
    text, part = _text(compiler, node.this), _text(compiler, node.args.get("substr"))
    # polars gives 0 for a text that is null.
    known = f"{text} IS NOT NULL AND {part} IS NOT NULL"
    return whole_number(f"(CASE WHEN {known} THEN STRPOS({text}, {part}) END)")


@handles(exp.StartsWith, exp.EndsWith)
def _begins(compiler: Compiler, node: exp.StartsWith | exp.EndsWith) -> Value:
    name = "STARTS_WITH" if isinstance(node, exp.StartsWith) else "ENDS_WITH"
    return boolean(f"{name}({_text(compiler, node.this)}, {_text(compiler, node.expression)})")


@handles(exp.Like, exp.ILike, parts=("negate",))
def _like(compiler: Compiler, node: exp.Like | exp.ILike) -> Value:
    word = "ILIKE" if isinstance(node, exp.ILike) else "LIKE"
    word = f"NOT {word}" if node.args.get("negate") else word
    return boolean(f"{_text(compiler, node.this)} {word} {_text(compiler, node.expression)}")


@handles(exp.RegexpLike, exp.RegexpILike)
def _regexp(compiler: Compiler, node: exp.RegexpLike | exp.RegexpILike) -> Value:
    sign = "~*" if isinstance(node, exp.RegexpILike) else "~"
    return boolean(f"{_text(compiler, node.this)} {sign} {_text(compiler, node.expression)}")


@named("regexp_matches")
def _regexp_matches(compiler: Compiler, arguments: Sequence[exp.Expr]) -> Value:
    text, pattern = (_text(compiler, one) for one in arguments)
    return boolean(f"{text} ~ {pattern}")


_PARTS = ("year", "quarter", "month", "week", "day", "dow", "doy")


def _part(compiler: Compiler, node: exp.Expr | None, part: str) -> Value:
    if part not in _PARTS:
        raise ExpressionError(f"no part {part} of a date: write {', '.join(_PARTS)}")
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
        raise ExpressionError("write date_diff('day', start, end); or month, or year")
    end = exp.column(ends[1].name) if isinstance(ends[1], exp.Var) else ends[1]
    start_value = compiler.of_kind(ends[0], Kind.DATE)
    end_value = compiler.of_kind(end, Kind.DATE)
    if unit == "day":
        return Value(f"({days(end_value)} - {days(start_value)})", Kind.NUMBER)
    if unit not in ("month", "year"):
        raise ExpressionError(f"no date_diff in {unit}: write day, month or year")
    months = [_months(one, unit) for one in (end_value, start_value)]
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
    if unit not in ("week", "month", "quarter", "year"):
        raise ExpressionError(f"no date_trunc to {unit}: write week, month, quarter or year")
    date = compiler.of_kind(node.this, Kind.DATE)
    return Value(f"CAST(DATE_TRUNC('{unit}', {date.sql}) AS DATE)", Kind.DATE)

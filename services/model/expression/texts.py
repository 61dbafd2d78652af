"""Functions of text."""

from collections.abc import Sequence

from sqlglot import exp

from services.model.expression.compiler import DIALECT, Compiler, handles, named
from services.model.expression.numbers import integer
from services.model.expression.values import (
    WIDEST,
    ExpressionError,
    Kind,
    Value,
    boolean,
    whole_number,
)
from services.model.messages import texts


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
        raise ExpressionError(texts("rule.trim", what=node.sql(DIALECT)))
    return Value(f"{name}({_text(compiler, node.this)})", Kind.TEXT)


@handles(exp.Length)
def _length(compiler: Compiler, node: exp.Length) -> Value:
    return whole_number(f"LENGTH({_text(compiler, node.this)})")


@handles(exp.Substring, parts=("start", "length"))
def _substring(compiler: Compiler, node: exp.Substring) -> Value:
    start = integer(compiler, node.args.get("start"), "start", "substr")
    parts = [_text(compiler, node.this), str(start)]
    if node.args.get("length") is not None:
        parts.append(str(integer(compiler, node.args["length"], "length", "substr")))
    return Value(f"SUBSTR({', '.join(parts)})", Kind.TEXT)


@handles(exp.Left, exp.Right)
def _end(compiler: Compiler, node: exp.Left | exp.Right) -> Value:
    name = "LEFT" if isinstance(node, exp.Left) else "RIGHT"
    count = integer(compiler, node.expression, "length", name.lower())
    return Value(f"{name}({_text(compiler, node.this)}, {count})", Kind.TEXT)


@handles(exp.Replace, parts=("replacement",))
def _replace(compiler: Compiler, node: exp.Replace) -> Value:
    parts = (node.this, node.expression, node.args.get("replacement"))
    return Value(f"REPLACE({', '.join(_text(compiler, part) for part in parts)})", Kind.TEXT)


@handles(exp.RegexpReplace, parts=("replacement", "single_replace"))
def _regexp_replace(compiler: Compiler, node: exp.RegexpReplace) -> Value:
    parts = (node.this, node.expression, node.args.get("replacement"))
    listed = ", ".join(_text(compiler, part) for part in parts)
    return Value(f"REGEXP_REPLACE({listed})", Kind.TEXT)


@handles(exp.Pad, parts=("fill_pattern", "is_left"))
def _pad(compiler: Compiler, node: exp.Pad) -> Value:
    name = "LPAD" if node.args.get("is_left") else "RPAD"
    width = integer(compiler, node.expression, "length", name.lower())
    if width > WIDEST:
        raise ExpressionError(texts("rule.pad", function=name.lower(), most=WIDEST))
    fill = node.args.get("fill_pattern")
    filling = _text(compiler, fill) if fill is not None else "' '"
    return Value(f"{name}({_text(compiler, node.this)}, {width}, {filling})", Kind.TEXT)


@handles(exp.SplitPart, parts=("delimiter", "part_index"))
def _split_part(compiler: Compiler, node: exp.SplitPart) -> Value:
    index = integer(compiler, node.args.get("part_index"), "index", "split_part")
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
    text, pattern = (_text(compiler, argument) for argument in arguments)
    return boolean(f"{text} ~ {pattern}")

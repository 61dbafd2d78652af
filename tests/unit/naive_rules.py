"""A second, slow reading of the language of rules: plain Python, fractions, three values.

Only for comparison with the engine. An expression is a tree of tuples; `sql` writes it, `value` says
what it is for one row. None is null: it stays null through arithmetic and comparisons, and through
logic unless the other side decides.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

Row = Mapping[str, Any]
Tree = tuple[Any, ...]
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "<>": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def sql(tree: Tree) -> str:
    """The tree in the language."""
    kind, *parts = tree
    inner = [sql(one) if isinstance(one, tuple) else one for one in parts]
    match kind:
        case "column" | "number":
            return str(parts[0])
        case "text":
            return f"'{parts[0]}'"
        case "arithmetic" | "compare" | "logic":
            return f"({inner[1]} {parts[0]} {inner[2]})"
        case "negative":
            return f"(- {inner[0]})"
        case "not":
            return f"(not {inner[0]})"
        case "is null" | "is not null" | "is true" | "is not true":
            return f"({inner[0]} {kind})"
        case "between":
            return f"({inner[0]} between {inner[1]} and {inner[2]})"
        case "in":
            return f"({inner[0]} in ({', '.join(inner[1:])}))"
        case "case":
            return f"(case when {inner[0]} then {inner[1]} else {inner[2]} end)"
        case "count all":
            return "count(*)"
        case "count where":
            return f"count(*) filter (where {inner[0]})"
        case "found":
            return f"(exists (select 1 from other where other.ref = {inner[0]}))"
        case "above":
            return (
                "(exists (select 1 from other as o"
                f" where o.ref = data.s and coalesce(o.v, 0) + 1 > {inner[0]}))"
            )
        case "looked up":
            return f"(select {inner[0]}(o.v) from other as o where o.ref = data.s)"
        case "beyond":
            return f"(select {inner[0]}(o.v + data.t) from other as o where coalesce(o.v, 1) + 1 > data.t)"
        case "step":
            return "(select d.a from data as d where d.k = data.k and d.t = data.t - 1)"
        case "before all":
            return f"(not exists (select 1 from data as d where d.k = data.k and d.t < {inner[0]}))"
        case "listed":
            return f"({inner[0]} in (select ref from other))"
        case "lag":
            return f"(lag({inner[0]}) over (partition by k order by t))"
        case _:
            return f"{kind}({', '.join(inner)})"


class Naive:
    """Evaluates trees over a table, with another one beside it."""

    def __init__(
        self, rows: Sequence[Row], other: Sequence[tuple[Any, Any]], by: str | None = None
    ) -> None:
        self._rows = rows
        self._other = other
        self._by = by

    def verdict(self, tree: Tree, row: Row) -> bool | None:
        """What a rule says of a row; a row without a key is of no known group."""
        if self._by is not None and row[self._by] is None:
            return None
        found = self.value(tree, row)
        assert found is None or isinstance(found, bool)
        return found

    def value(self, tree: Tree, row: Row) -> Any:
        """The value of a tree for a row."""
        kind, *parts = tree
        if kind == "column":
            found = row[parts[0].removeprefix("data.")]
            return Fraction(found) if isinstance(found, Decimal | int) else found
        if kind == "number":
            return Fraction(parts[0])
        if kind == "text":
            return parts[0]
        if kind in _AGGREGATES:
            group = [one for one in self._rows if one[self._by or ""] == row[self._by or ""]]
            return _AGGREGATES[kind](
                [self.value(parts[0], one) for one in group] if parts else group
            )
        if kind == "lag":
            return self._before(parts[0], row)
        if kind == "looked up":
            found = [one for ref, one in self._other if ref is not None and ref == row["s"]]
            return _AGGREGATES[parts[0]]([None if one is None else Fraction(one) for one in found])
        if kind == "beyond":
            beyond = [
                one for _, one in self._other if Fraction(1 if one is None else one) + 1 > row["t"]
            ]
            added = [None if one is None else Fraction(one) + Fraction(row["t"]) for one in beyond]
            return _AGGREGATES[parts[0]](added)
        if kind == "step":
            last = [
                one["a"] for one in self._rows if one["k"] == row["k"] and one["t"] == row["t"] - 1
            ]
            known = row["k"] is not None and last and last[0] is not None
            return Fraction(last[0]) if known else None
        if kind == "above":
            bound = self.value(parts[0], row)
            if row["s"] is None or bound is None:
                return None
            matching = [one or 0 for ref, one in self._other if ref == row["s"]]
            return any(Fraction(one) + 1 > bound for one in matching)
        if kind == "before all":
            bound = self.value(parts[0], row)
            if row["k"] is None or bound is None:
                return None
            same = [one for one in self._rows if one["k"] == row["k"]]
            return not any(one["t"] < bound for one in same)
        values = [self.value(one, row) if isinstance(one, tuple) else one for one in parts]
        return self._of(kind, values)

    def _before(self, tree: Tree, row: Row) -> Any:
        earlier = [one for one in self._rows if one["k"] == row["k"] and one["t"] < row["t"]]
        return self.value(tree, max(earlier, key=lambda one: one["t"])) if earlier else None

    def _of(self, kind: str, values: list[Any]) -> Any:
        match kind:
            case "is null":
                return values[0] is None
            case "is not null":
                return values[0] is not None
            case "is true":
                return values[0] is True
            case "is not true":
                return values[0] is not True
            case "logic":
                return _logic(*values)
            case "not":
                return None if values[0] is None else not values[0]
            case "coalesce":
                return next((one for one in values if one is not None), None)
            case "case":
                return values[1] if values[0] is True else values[2]
            case "in":
                equals = [self._of("compare", ["=", values[0], one]) for one in values[1:]]
                return _any(equals)
            case "listed":
                return _any([self._of("compare", ["=", values[0], one]) for one, _ in self._other])
            case "between":
                above = self._of("compare", [">=", values[0], values[1]])
                return _logic("and", above, self._of("compare", ["<=", values[0], values[2]]))
            case _:
                return None if None in values else self._strict(kind, values)

    def _strict(self, kind: str, values: list[Any]) -> Any:
        match kind:
            case "compare":
                return _COMPARE[values[0]](values[1], values[2])
            case "arithmetic":
                return _arithmetic(*values)
            case "negative":
                return -values[0]
            case "abs":
                return abs(values[0])
            case "greatest":
                return max(values)
            case "least":
                return min(values)
            case "found":
                return values[0] in [one for one, _ in self._other]
            case "upper":
                return values[0].upper()
            case "length":
                return Fraction(len(values[0]))
            case _:
                raise AssertionError(kind)


def _logic(word: str, left: bool | None, right: bool | None) -> bool | None:
    decisive = word == "or"
    if decisive in (left, right):
        return decisive
    return None if None in (left, right) else not decisive


def _any(values: Sequence[bool | None]) -> bool | None:
    if True in values:
        return True
    return None if None in values else False


def _arithmetic(sign: str, left: Fraction, right: Fraction) -> Fraction | None:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left / right if right else None


def _known(values: Sequence[Any]) -> list[Any]:
    return [one for one in values if one is not None]


_AGGREGATES: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "count all": lambda rows: Fraction(len(rows)),
    "count": lambda values: Fraction(len(_known(values))),
    "count where": lambda values: Fraction(sum(one is True for one in values)),
    "sum": lambda values: None if None in values or not values else sum(values, Fraction(0)),
    "avg": lambda values: (
        sum(known, Fraction(0)) / len(known) if (known := _known(values)) else None
    ),
    "min": lambda values: min(_known(values), default=None),
    "max": lambda values: max(_known(values), default=None),
    "median": lambda values: median(known) if (known := _known(values)) else None,
    "bool_and": lambda values: (
        None if None in values and False not in values else False not in values
    ),
    "bool_or": lambda values: _any(values),
}

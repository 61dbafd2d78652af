"""The engine beside a naive reading of the language: random tables, random expressions, one verdict."""

from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.rule import Rule, RuleKind
from services.validation.rules.engine import Frame, run_rules
from tests.unit.naive_rules import Naive, Row, Tree, sql

COLUMNS: dict[str, pl.DataType] = {
    "a": pl.Decimal(38, 2),
    "b": pl.Decimal(38, 1),
    "n": pl.Decimal(38, 0),
    "t": pl.Decimal(38, 0),
    "s": pl.String(),
    "k": pl.String(),
}
texts = st.sampled_from(["x", "y", "Hà Nội", "", "x'y"]).filter(lambda one: "'" not in one)
maybe = st.none()


def decimals(places: int) -> st.SearchStrategy[Decimal]:
    """Small numbers, nought and ties among them often."""
    return st.integers(-30, 30).map(lambda one: Decimal(one).scaleb(-places))


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    size = draw(st.integers(1, 7))
    order = draw(st.permutations(range(size)))
    return [
        {
            "a": draw(maybe | decimals(2)),
            "b": draw(maybe | decimals(1)),
            "n": draw(maybe | decimals(0)),
            "t": Decimal(order[index]),
            "s": draw(maybe | texts),
            "k": draw(st.sampled_from(["p", "q", None])),
        }
        for index in range(size)
    ]


literals: st.SearchStrategy[Tree] = st.sampled_from(
    ["0", "1", "0.1", "0.3", "2", "10", "0.05"]
).map(lambda one: ("number", one))
columns: st.SearchStrategy[Tree] = st.sampled_from(["a", "b", "n"]).map(lambda one: ("column", one))
words = st.sampled_from([("column", "s"), ("column", "k"), ("text", "x"), ("text", "Hà Nội")])
signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
groups = st.sampled_from(["sum", "avg", "min", "max", "count", "median"])


def numbers(aggregates: bool, depth: int = 2) -> st.SearchStrategy[Tree]:
    """Numbers whose divisions are compared at once."""
    leaves = columns | literals
    if aggregates:
        leaves |= st.just(("count all",)) | st.tuples(groups, columns)
    if depth == 0:
        return leaves
    inner = numbers(aggregates, depth - 1)
    return (
        leaves
        | st.tuples(st.just("arithmetic"), st.sampled_from("+-*/"), inner, inner)
        | st.tuples(st.just("abs"), inner)
        | st.tuples(st.just("negative"), inner)
        | choices(aggregates)
    )


def choices(aggregates: bool) -> st.SearchStrategy[Tree]:
    """Values of which one is taken."""
    leaves = columns | literals
    call = st.sampled_from(["coalesce", "greatest", "least"])
    chosen: st.SearchStrategy[Tree] = st.tuples(call, leaves, leaves)
    decided = st.tuples(st.just("compare"), signs, leaves, leaves)
    found: st.SearchStrategy[Tree] = chosen | st.tuples(st.just("case"), decided, leaves, leaves)
    found |= st.tuples(st.just("length"), st.tuples(st.just("upper"), words))
    if not aggregates:
        return found | st.tuples(st.just("lag"), leaves)
    return found | st.tuples(st.just("count where"), decided) | st.tuples(groups, chosen)


def conditions(aggregates: bool, depth: int = 2) -> st.SearchStrategy[Tree]:
    """Conditions, with a verdict of three values."""
    value = numbers(aggregates)
    leaves: st.SearchStrategy[Tree] = st.tuples(st.just("compare"), signs, value, value)
    leaves |= st.tuples(st.just("compare"), signs, words, words)
    leaves |= st.tuples(st.just("between"), columns, value, value)
    leaves |= st.tuples(st.just("in"), value, literals, columns)
    leaves |= st.tuples(st.sampled_from(["is null", "is not null"]), value | words)
    leaves |= st.tuples(st.sampled_from(["found", "listed"]), st.just(("column", "s")))
    named = st.sampled_from(["a", "t"]).map(lambda one: ("column", f"data.{one}"))
    leaves |= st.tuples(st.sampled_from(["above", "before all"]), named)
    looked: st.SearchStrategy[Tree] = st.tuples(
        st.just("looked up"), st.sampled_from(["sum", "avg", "max", "count"])
    )
    looked |= st.tuples(st.just("beyond"), st.sampled_from(["sum", "avg", "count", "min"]))
    leaves |= st.tuples(st.just("compare"), signs, looked | st.just(("step",)), value)
    if aggregates:
        decided = st.tuples(st.just("compare"), signs, columns, literals)
        leaves |= st.tuples(st.sampled_from(["bool_and", "bool_or"]), decided)
    if depth == 0:
        return leaves
    inner = conditions(aggregates, depth - 1)
    return (
        leaves
        | st.tuples(st.just("logic"), st.sampled_from(["and", "or"]), inner, inner)
        | st.tuples(st.just("not"), inner)
        | st.tuples(st.sampled_from(["is true", "is not true"]), inner)
    )


others = st.lists(st.tuples(maybe | texts, maybe | decimals(1)), min_size=1, max_size=4)


def verdicts(
    rows: list[Row], other: list[Any], trees: list[Tree], by: str | None
) -> list[list[bool | None]]:
    """What the engine says of each row, by each of the rules that run together."""
    beside = {"ref": pl.String(), "v": pl.Decimal(38, 1)}
    frames = {
        "data": Frame.of(pl.DataFrame(rows, schema=COLUMNS, orient="row")),
        "other": Frame.of(pl.DataFrame(other, schema=beside, orient="row")),
    }
    keys = None if by is None else (by,)
    rules = [
        Rule(str(number), RuleKind.CHECK, sql(tree), 1, table="data", by=keys)
        for number, tree in enumerate(trees)
    ]
    found = []
    for outcome in run_rules(rules, frames):
        assert outcome.error is None, outcome.error
        states: list[bool | None] = [True] * len(rows)
        for row in outcome.failing:
            states[row - 1] = False
        for row in outcome.unknown:
            states[row - 1] = None
        found.append(states)
    return found


def expected(
    rows: list[Row], other: list[Any], trees: list[Tree], by: str | None
) -> list[list[bool | None]]:
    naive = Naive(rows, other, by)
    return [[naive.verdict(tree, row) for row in rows] for tree in trees]


def together(conditions: st.SearchStrategy[Tree]) -> st.SearchStrategy[list[Tree]]:
    return st.lists(conditions, min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(tables(), others, together(conditions(aggregates=False)))
def test_conditions_on_records(rows: list[Row], other: list[Any], trees: list[Tree]) -> None:
    written = [sql(one) for one in trees]
    assert verdicts(rows, other, trees, None) == expected(rows, other, trees, None), written


@settings(max_examples=150, deadline=None)
@given(tables(), others, together(conditions(aggregates=True)))
def test_conditions_on_groups(rows: list[Row], other: list[Any], trees: list[Tree]) -> None:
    written = [sql(one) for one in trees]
    assert verdicts(rows, other, trees, "k") == expected(rows, other, trees, "k"), written

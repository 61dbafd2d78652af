"""However deeply an expression nests: an answer in words, at once, and never the end of the stack."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model.compiled_rule import MOST_CHARACTERS, compile_rule
from services.model.expression import ColumnType, Kind, Schema
from services.model.expression.compiler import MOST_NESTED, parse
from services.model.form import Form, shipped_forms
from services.model.form_rules import tables_of
from services.model.nesting import deepest
from services.model.rule import Rule, RuleKind
from services.model.text import ModelError

TABLES: Mapping[str, Schema] = {"t": {"a": ColumnType(Kind.NUMBER), "b": ColumnType(Kind.TEXT)}}
WRAPPERS: Mapping[str, tuple[str, str]] = {
    "parentheses": ("(", ")"),
    "minus": ("- ", ""),
    "minus and parentheses": ("-(", ")"),
    "not": ("not ", ""),
    "not and parentheses": ("not (", ")"),
    "case": ("case when a = 1 then ", " else 2 end"),
    "condition of a case": ("case when ", " then 1 else 2 end"),
    "function": ("abs(", ")"),
    "function of two": ("coalesce(", ", 1)"),
    "cast": ("cast(", " as decimal(38, 2))"),
    "cast after": ("", "::decimal(38, 2)"),
    "window": ("sum(", ") over ()"),
    "power": ("a ^ ", ""),
    "power after": ("", " ^ a"),
    "subquery": ("(select max(a) from t where a = ", ")"),
    "exists": ("exists (select 1 from t where ", ")"),
    "in": ("a in (", ")"),
    "any": ("a = any(", ")"),
    "between": ("a between ", " and 2"),
    "filter": ("sum(a) filter (where ", ")"),
    "array": ("array[", "]"),
    "list": ("[", "]"),
    "braces": ("{", "}"),
    "or": ("a = 1 or ", ""),
    "and, or": ("(a = 1 and (a = 2 or ", "))"),
    "is null": ("", " is null"),
    "comparison": ("", " = a"),
    "concatenation": ("b || ", ""),
    "sum": ("a + ", ""),
    "with": ("with x as (", ") select a from x"),
    "from": ("select a from (", ") as x"),
    "comment": ("/*", "*/"),
    "opened only": ("(", ""),
    "closed only": ("", ")"),
    "case without an end": ("case ", ""),
}
CORES = ("a", "a = 1", "select a from t")


def judged(text: str) -> None:
    """Everything that is done with a rule's expression when a form or a file of rules is read."""
    others: tuple[tuple[RuleKind, dict[str, tuple[str, ...]]], ...] = (
        (RuleKind.CHECK, {}),
        (RuleKind.SQL, {}),
        (RuleKind.CHANGE, {"order": ("a",), "columns": ("a",)}),
    )
    for kind, options in others:
        rule = Rule(id="r", kind=kind, table="t", expression=text, level=1, **options)  # type: ignore[arg-type]
        for step in (tables_of, lambda rule: compile_rule(rule, TABLES)):
            try:
                step(rule)
            except ModelError:
                continue


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("times", [MOST_NESTED, 600])
def test_one_kind_within_itself(name: str, times: int) -> None:
    before, after = WRAPPERS[name]
    for core in CORES:
        judged(before * times + core + after * times)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from(sorted(WRAPPERS)), min_size=1, max_size=5),
    st.integers(1, 8),
    st.sampled_from(CORES),
)
def test_kinds_within_one_another(names: list[str], times: int, core: str) -> None:
    for name in names * times:
        before, after = WRAPPERS[name]
        core = f"{before}{core}{after}"
        if len(core) > MOST_CHARACTERS:
            break
    judged(core)


@pytest.mark.parametrize(
    "name", ["parentheses", "not", "case", "function", "subquery", "exists", "cast after"]
)
def test_the_limit_is_named(name: str) -> None:
    before, after = WRAPPERS[name]
    with pytest.raises(ModelError, match=f"nested more than {MOST_NESTED} levels deep"):
        parse(before * 4000 + "a = 1" + after * 4000)


@pytest.mark.parametrize("name", ["parentheses", "minus", "case", "function"])
def test_up_to_the_limit_it_is_a_rule(name: str) -> None:
    before, after = WRAPPERS[name]
    text = before * MOST_NESTED + "a" + after * MOST_NESTED + " = 1"
    compile_rule(Rule(id="r", kind=RuleKind.CHECK, table="t", expression=text, level=1), TABLES)


def test_a_form_with_a_rule_that_nests_too_deeply_says_so() -> None:
    body = shipped_forms()["cv17809-1"].to_dict()
    deep = "(" * 4000 + "1" + ")" * 4000 + " = 1"
    rule = {
        "id": "deep",
        "level": 0,
        "kind": "check",
        "table": body["tables"][0]["id"],
        "expression": deep,
    }
    with pytest.raises(ModelError, match="nested more than"):
        Form.from_dict(body | {"rules": [rule]})


@pytest.mark.parametrize(
    ("text", "levels"),
    [("", 0), ("( )", 1), ("( ( ) ( ( ) ) )", 3), (") ) (", 1), ("- - - a", 3), ("( - ( - - a", 4)],
)
def test_levels(text: str, levels: int) -> None:
    assert deepest(text.split(), "(", ")", "-") == levels

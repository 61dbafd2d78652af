"""The language of rules and its engine, where they could be wrong: numbers, nulls, order, refusals."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from services.model.expression import ExpressionError
from services.model.rule import Rule, RuleKind
from services.validation.rules.engine import Frame, run_rules
from services.validation.rules.verdict import Outcome

DATA = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "k": ["x", "x", "y", None],
        "x": [Decimal("1.10"), Decimal("0.20"), None, Decimal("0.30")],
        "n": [9_223_372_036_854_775_807, 2, 3, 0],
        "d": [date(2024, 1, 31), date(2024, 2, 29), None, date(2023, 12, 1)],
        "ok": [True, False, None, True],
        "Thu nhập": [1, 2, 3, 4],
    },
    schema_overrides={
        "x": pl.Decimal(38, 2),
        "n": pl.Decimal(38, 0),
        "Thu nhập": pl.Decimal(38, 0),
    },
)
OTHER = pl.DataFrame({"code": ["x", "z"], "t": [Decimal("1.3"), Decimal(3)]})
HUGE = pl.DataFrame({"h": ["9" * 37, "1"]}).with_columns(pl.col("h").cast(pl.Decimal(38, 0)))
FRAMES = {"data": Frame.of(DATA), "other": Frame.of(OTHER), "huge": Frame.of(HUGE)}


def run(expression: str, kind: str = "check", **more: Any) -> Outcome:
    rule = Rule("r", RuleKind(kind), expression, 1, **({"table": "data"} | more))
    return run_rules([rule], FRAMES)[0]


def states(expression: str, **more: Any) -> str:
    """A letter for each row: p, f or u."""
    outcome = run(expression, **more)
    assert outcome.error is None
    letters = ["p"] * outcome_height(outcome)
    for row in outcome.failing:
        letters[row - 1] = "f"
    for row in outcome.unknown:
        letters[row - 1] = "u"
    return "".join(letters)


def outcome_height(outcome: Outcome) -> int:
    return outcome.passed + outcome.failed + outcome.undecided


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("n * 2 > n", "pppf"),
        ("n + n - n = n", "pppp"),
        ("count(*) over (partition by k) - 3 < 0", "pppp"),
        ("length(id) - 2 = -1", "pppp"),
        ("month(d) * 100 >= 100", "ppup"),
        ("x = 0.1 + 0.2", "ffup"),
        ("x * 3 = 0.9", "ffup"),
        ("x / 3 = 0.1", "ffup"),
        ("1 / x > 0.9 and 1 / x < 1", "pfuf"),
        ("n / (n - 2) >= 1", "pupf"),
        ("x / 0 = x / 0", "uuuu"),
        ("-n / 2 <= n / -2", "pppp"),
        ("n / 7 * 7 = n", "pppp"),
        ("abs(-n / 2) = n / 2", "pppp"),
        ("round(n / 8, 2) = 0.25", "fpff"),
        ("round(x, 1) = 0.2", "fpuf"),
        ("power(x, 2) = x * x", "ppup"),
        ("sqrt(x) > 0.5 and sqrt(-x) > 0", "ufuu"),
        ("sum(case when ok then 3000000000 else 0 end) over () = 6000000000", "pppp"),
        ("cast('12.5' as decimal(38, 1)) = 12.5", "pppp"),
        ("cast(id as integer) = 1", "uuuu"),
        ("n % 2 = 1", "pfpf"),
    ],
)  # fmt: skip
def test_numbers_are_exact_and_never_wrap(expression: str, wanted: str) -> None:
    assert states(expression) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("ok", "pfup"),
        ("ok is true", "pffp"),
        ("ok is not true", "fppf"),
        ("ok is not false", "pfpp"),
        ("ok = 'true'", "pfup"),
        ("k in ('x')", "ppfu"),
        ("k not in ('y')", "ppfu"),
        ("k in (select code from other)", "ppfu"),
        ("k not in (select k from data)", "fffu"),
        ("k not in (select code from other)", "ffpu"),
        ("(k, n) in (select code, 2 from other)", "fpfu"),
        ("exists (select 1 from other where other.code = data.k)", "ppfu"),
        ("not exists (select 1 from data as o where o.k = data.k and o.x + 1 > data.x + 1)", "pfuu"),
        ("x is distinct from 0.2", "pfpp"),
        ("greatest(x, 0.25) > 0.25", "pfup"),
        ("concat(k, 'z') = 'xz'", "ppfu"),
        ("strpos(k, 'q') = 0", "pppu"),
        ("case when x > 1 then ok else not ok end", "ppuf"),
        ("coalesce(x, 0) = 0", "ffpf"),
        ("x between 0.2 and n", "ppuf"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_undecided(expression: str, wanted: str) -> None:
    assert states(expression) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("d - date '2024-01-01' >= 30", "ppuf"),
        ("d + 1 = '2024-02-01'", "pfuf"),
        ("d + interval '1 month' = '2024-02-29'", "pfuf"),
        ("date_diff('month', date '2023-11-30', d) = 2", "pfuf"),
        ("date_diff('day', d, date '2024-03-01') = 1", "fpuf"),
        ("date_trunc('month', d) = '2024-02-01'", "fpuf"),
        ("extract(year from d) = 2024", "ppuf"),
        ("k || id like 'x_'", "ppfu"),
        ("upper(k) ~ '^[X]$'", "ppfu"),
        ("n ~ '^[0-9]$'", "fppp"),
        ("\"Thu nhập\" >= 2 and data.\"Thu nhập\" < 4", "fppf"),
        ("ID = 'a'", "pfff"),
        ("lpad(id, 3, '0') = '00a'", "pfff"),
    ],
)  # fmt: skip
def test_dates_text_and_names(expression: str, wanted: str) -> None:
    assert states(expression) == wanted


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("xx > 1", "no column xx: did you mean x"),
        ("Thu_nhap > 1", "did you mean Thu nhập"),
        ("foo(x) > 1", "no function foo"),
        ("medain(x) > 1", "did you mean median"),
        ("x > 'a'", "compares number with text"),
        ("k > 1", "compares text with number"),
        ("d > '2024-02-30'", "no date"),
        ("x > 1 or", "can't be read at"),
        ("x + 1", "x \\+ 1 is number, expected boolean"),
        ("sum(x) > 1", "name its columns in by"),
        ("lag(x) > 1", "needs OVER"),
        ("x > all (select t from other)", "use IN, EXISTS, MIN or MAX"),
        ("x in (select code from other)", "compares number with text"),
        ("x in (select code, t from other)", "has one column"),
        ("exists (select 1 from others)", "no table others: did you mean other"),
        ("current_date > d", "doesn't have this"),
        ("date_trunc('hour', d) = d", "date_trunc has no hour: write one of week, month"),
        ("sum(x) over (order by n rows between 1 preceding and current row) > 0", "a frame is ROWS"),
        ("code = k and exists (select 1 from other)", "no column code"),
        ("(select t from other as o where o.t + 1 > data.x + 1 order by t limit 1) > 0", "polars can't run this"),
        ("x between symmetric 1 and 0", "SYMMETRIC"),
        ("trim(both 'x' from k) = ''", "blanks alone"),
    ],
)  # fmt: skip
def test_what_the_language_lacks_is_refused_when_it_is_read(expression: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        run(expression)


@pytest.mark.parametrize(
    "query",
    ["select distinct on (k) * from data", "with recursive r as (select 1) select * from r",
     "select * from data full join other on data.k = other.code", "x > 1", "delete from data",
     "select * from read_csv('/etc/passwd')"],
)  # fmt: skip
def test_queries_that_are_refused(query: str) -> None:
    with pytest.raises(ExpressionError, match="rule r"):
        run(query, "sql")


def test_casts_of_text_take_what_is_plainly_written_and_nothing_else() -> None:
    texts = ["01/02/2026", "2026-02-30", "2026-11-20", "1.50", "1,5", "1e3", " 2", None, "-7"]
    frames = {"data": Frame.of(pl.DataFrame({"t": texts}))}

    def holds(expression: str) -> list[str | None]:
        rule = Rule("r", RuleKind.CHECK, expression, 1, table="data")
        (outcome,) = run_rules([rule], frames)
        assert not outcome.error
        return [
            one
            for row, one in enumerate(texts, 1)
            if row not in (*outcome.failing, *outcome.unknown)
        ]

    assert holds("cast(t as date) > date '2000-01-01'") == ["2026-11-20"]
    assert holds("cast(t as decimal(38, 2)) is not null") == ["1.50", "-7"]
    assert holds("cast(t as decimal(38, 1)) = 1.5") == ["1.50"]
    assert holds("t::integer = -7") == ["-7"]
    assert holds("cast(t as integer) is not null") == ["-7"]


def test_a_rule_that_overflows_is_undecided_and_the_others_are_not() -> None:
    rules = [
        Rule("over", RuleKind.CHECK, "h * 100 > 0", 1, table="huge"),
        Rule("fine", RuleKind.CHECK, "h > 5", 1, table="huge"),
    ]
    over, fine = run_rules(rules, FRAMES)
    assert (over.passed, over.failed, over.undecided, over.unknown) == (0, 0, 2, (1, 2))
    assert over.error is not None and "overflow" in over.error.en
    assert (fine.passed, fine.failed, fine.undecided, fine.error) == (1, 1, 0, None)


def test_a_query_with_several_rows_is_no_value() -> None:
    outcome = run("x = (select t from other)")
    assert outcome.undecided == 4
    assert outcome.error


def test_verdicts_keep_the_order_of_the_rows() -> None:
    size = 3_000
    rows = pl.DataFrame({"k": [str(one * 7919 % size) for one in range(size)]})
    look_up = pl.DataFrame({"k": [str(one) for one in range(size)], "v": list(range(size))})
    frames = {"data": Frame.of(rows), "v": Frame.of(look_up)}
    texts = [
        "(select max(v.v) from v where v.k = data.k) = cast(k as integer)",
        "k = '7919' or (select max(v.v) from v where v.k = data.k) <> 5",
    ]
    rules = [Rule(text[:9], RuleKind.CHECK, text, 1, table="data") for text in texts]
    same, five = run_rules(rules, frames)
    assert same.passed == size
    assert [rows["k"][row - 1] for row in five.failing] == ["5"]


def test_queries_and_combinations_meet_the_table_in_exact_values() -> None:
    rows = pl.DataFrame({"k": ["a", "b", None], "x": [1, 2, 3]})
    frames = {
        "data": Frame.of(rows.with_columns(pl.col("x").cast(pl.Decimal(38, 0)))),
        "o": Frame.of(pl.DataFrame({"v": [Decimal("1.0"), Decimal("1.5")], "t": ["a", "2"]})),
    }

    def outcome(expression: str, kind: RuleKind) -> Outcome:
        return run_rules([Rule("r", kind, expression, 1, table="data")], frames)[0]

    assert outcome("select v as x from o", RuleKind.SQL).failing == (1,)
    assert outcome("select v as x from o", RuleKind.SQL).lacking == ({"x": Decimal("1.5")},)
    assert outcome("select null as k from o", RuleKind.SQL).failing == (3,)
    assert outcome("x = o.v", RuleKind.COMPLETE).lacking == ({"x": Decimal("1.5")},)
    assert outcome("x = 1..4", RuleKind.COMPLETE).lacking == ({"x": Decimal(4)},)
    for text, kind in (("x = o.t", RuleKind.COMPLETE), ("select t as x from o", RuleKind.SQL)):
        error = outcome(text, kind).error
        assert error is not None
        assert "declare the type" in error.en


def test_a_table_without_rows_passes_nothing_and_fails_nothing() -> None:
    frames = {"data": Frame.of(DATA.clear()), "other": FRAMES["other"]}
    rules = [
        Rule("check", RuleKind.CHECK, "x > 0", 1, table="data"),
        Rule("group", RuleKind.CHECK, "sum(x) > 0", 1, table="data", by=("k",)),
        Rule("exists", RuleKind.EXISTS, "x > 0", 1, table="data"),
        Rule("complete", RuleKind.COMPLETE, "k = other.code", 1, table="data"),
        Rule("sql", RuleKind.SQL, "select * from data", 1, table="data"),
    ]
    counts = [(one.passed, one.failed, one.undecided) for one in run_rules(rules, frames)]
    assert counts == [(0, 0, 0), (0, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 0)]


def test_a_tolerance_widens_comparisons_and_never_narrows_a_denial() -> None:
    assert states("x = 0.25", tolerance=Decimal("0.05")) == "fpup"
    assert states("x <= 0.25", tolerance=Decimal("0.05")) == "fpup"
    assert states("x > 0.3", tolerance=Decimal("0.05")) == "pfup"
    assert states("not (x = 0.25)", tolerance=Decimal("0.05")) == "ppup"
    assert states("x / 2 = 0.12", tolerance=Decimal("0.02")) == "fpuf"


def test_when_and_missing() -> None:
    assert states("x > 0.25", when="k = 'x'") == "pfpp"
    assert states("x > 1", when="k = 'x'") == "pfpu"
    assert states("x > 1", missing="fail") == "pfff"
    assert states("x > 1", missing="pass") == "pfpf"


@pytest.mark.parametrize(("exactly", "wanted"), [(0, "f"), (1, "u"), (2, "u"), (3, "f")])
def test_as_many_rows_as_there_may_be_is_undecided(exactly: int, wanted: str) -> None:
    """One row is certainly so, one perhaps."""
    outcome = run("x > 1", kind="exists", exactly=exactly)
    assert (outcome.passed, outcome.failed, outcome.undecided) == (
        0,
        int(wanted == "f"),
        int(wanted == "u"),
    )

"""Figures that their own history does not explain: suspected where it says enough, undecided where not."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from services.model.enumerations import Completeness, Severity
from services.model.observation import Measure, Observation, to_frame
from services.model.period import Period
from services.validation.checks.plausibility import Past, check_plausibility
from services.validation.findings import Finding, Notebook
from services.validation.reading.statement import Statement
from tests.unit.test_validation_check import FORM, STATEMENT

OFFICIAL, PRELIMINARY = Completeness.OFFICIAL, Completeness.PRELIMINARY
NOW = replace(STATEMENT, completeness=OFFICIAL)
USUAL = (100.0, 108.0, 121.0, 127.0, 138.0, 151.0)
"""The third quarter of six years, the last being that before."""


def figure(value: float | None, period: str = "2026-Q3", **changes: Any) -> Observation:
    one = Observation(
        indicator_list="small/1",
        indicator="1",
        area_list="63",
        area="11",
        period=period,
        reference_start=None,
        reference_end=None,
        value=None if value is None else Decimal(str(value)),
        completeness=OFFICIAL,
        unit="VND",
        unit_multiplier=6,
        measure=Measure.FLOW,
        sheet="Biểu 1",
        cell="C5",
    )
    return replace(one, **changes)


def past(*figures: Observation, completeness: Completeness = OFFICIAL, round: int = 1) -> Past:
    return Past(completeness, round, to_frame(figures))


def years(values: Iterable[float] = USUAL, **changes: Any) -> list[Past]:
    known = tuple(values)
    first = 2026 - len(known)
    return [past(figure(value, f"{first + n}-Q3", **changes)) for n, value in enumerate(known)]


def said(
    history: Sequence[Past], *figures: Observation, statement: Statement = NOW, form: Any = FORM
) -> list[Finding]:
    notebook = Notebook()
    check_plausibility(form, statement, to_frame(figures), history, notebook)
    return notebook.findings


def codes(found: Iterable[Finding]) -> list[str]:
    return [one.code for one in found]


def test_what_goes_on_as_ever_is_plausible() -> None:
    assert said(years(), figure(163.0)) == []


@pytest.mark.parametrize("value", [420.0, 60.0])
def test_a_change_as_there_never_was_is_suspected(value: float) -> None:
    (found,) = said(years(), figure(value))
    assert (found.code, found.severity, found.level) == ("implausible", Severity.WARNING, 2)
    assert found.place.cells == ("C5",)
    assert "151" in found.message.vi
    assert "cùng kỳ năm trước" in found.message.vi


@pytest.mark.parametrize("value", [0.0, -163.0])
def test_what_was_always_much_and_is_nothing_now_is_suspected(value: float) -> None:
    (found,) = said(years(), figure(value))
    assert (found.code, found.place.cells) == ("implausible", ("C5",))
    assert "151" in found.message.vi


def test_what_is_nothing_now_is_no_slip_and_without_a_history_undecided() -> None:
    for history in (years([1.0]), years([0.0] * 6), years([-1.0] * 6)):
        assert codes(said(history, figure(0.0), figure(5.0, indicator="2"))) == [
            "plausibility_undecided"
        ]


@pytest.mark.parametrize("power", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("known", [1, 6])
def test_a_slip_is_named_with_its_power_of_ten_with_or_without_a_history(
    power: int, up: bool, known: int
) -> None:
    value = 163.0 * 10 ** (power if up else -power)
    (found, *rest) = said(years(USUAL[-known:]), figure(value))
    assert found.code == "slip_suspected"
    assert f"{10**power:,}".replace(",", ".") in found.message.vi
    assert codes(rest) == ([] if known == 6 else ["plausibility_undecided"])


def test_less_than_four_earlier_changes_decide_nothing_and_are_counted_in_one_line() -> None:
    (found,) = said(years(USUAL[-4:]), figure(420.0), figure(500.0, indicator="2"))
    assert (found.code, found.severity) == ("plausibility_undecided", Severity.INFORMATION)
    assert dict(found.particulars)["count"] == "2"


def test_without_any_history_one_line_counts_what_nobody_can_say() -> None:
    assert codes(said([], figure(5.0))) == ["plausibility_undecided"]


def test_a_history_that_never_varied_decides_nothing() -> None:
    assert codes(said(years([100.0] * 6), figure(160.0))) == ["plausibility_undecided"]


def test_the_form_says_what_the_least_implausible_change_is() -> None:
    assert codes(said(years(), figure(200.0))) == []
    strict = replace(FORM, plausible_change=0.1)
    assert codes(said(years(), figure(200.0), form=strict)) == ["implausible"]


def beside(others: Iterable[float]) -> list[Past]:
    """The same history, with another figure in each year."""
    return [
        past(
            figure(value, f"{2020 + n}-Q3"),
            figure(other, f"{2020 + n}-Q3", indicator="2", cell="C6"),
        )
        for n, (value, other) in enumerate(zip(USUAL, others, strict=True))
    ]


def test_a_form_may_say_that_its_figures_have_no_usual_change() -> None:
    free = replace(FORM, plausible_change=100)
    assert said(years(), figure(163_000.0), form=free) == []


def test_what_is_light_is_not_looked_at() -> None:
    assert said(beside([5.0] * 6), figure(163.0), figure(9.0, indicator="2", cell="C6")) == []


def test_what_was_heavy_and_is_no_more_is_looked_at() -> None:
    history = beside(90.0 + n for n in range(6))
    (found,) = said(history, figure(163.0), figure(0.09, indicator="2", cell="C6"))
    assert found.place.cells == ("C6",)


@pytest.mark.parametrize(
    "other",
    [
        {"unit": "USD"},
        {"unit_multiplier": 9},
        {"area_list": "34"},
        {"base_year": 2020},
        {"breakdown": "x"},
        {"reference_start": date(2025, 7, 1), "reference_end": date(2025, 9, 20)},
    ],
)
def test_only_equals_are_compared(other: dict[str, Any]) -> None:
    """Another unit, area list, price base or coverage is no history."""
    assert codes(said(years(**other), figure(420.0))) == ["plausibility_undecided"]


def test_cumulative_figures_are_compared_with_cumulative_ones() -> None:
    """Nine months with nine months; the quarter of the same name is another figure."""
    months = [past(figure(3 * v, f"{2020 + n}-01-01/P9M")) for n, v in enumerate(USUAL)]
    now = figure(3 * 163.0, "2026-01-01/P9M")
    assert said([*months, *years()], now) == []
    assert codes(said([*years()], now)) == ["plausibility_undecided"]


def since_january(value: float, until: int = 9, **changes: Any) -> Observation:
    return figure(value, f"2026-01-01/P{until}M", cell="D5", **changes)


SECOND = [past(figure(60.0, "2026-Q2"), since_january(100.0, 6))]
"""What was accepted until June."""


@pytest.mark.parametrize(
    ("history", "quarter", "since", "differs"),
    [
        (SECOND, 50.0, 150.0, False),
        (SECOND, 50.0, 157.0, False),  # earlier quarters, revised a little
        (SECOND, 50.0, 170.0, True),
        (SECOND, 50.0, 130.0, True),
        (SECOND, 50.0, 60.0, True),  # since July
        ([], 50.0, 170.0, False),
        ([*SECOND, past(since_january(119.0, 6), round=2)], 50.0, 170.0, False),  # the last round
        ([past(since_january(100.0, 3))], 50.0, 170.0, False),  # June is unknown
        ([past(since_january(2.0, 6))], 1.0, 4.0, False),  # three figures, each rounded
        ([past(since_january(2.0, 6))], 1.0, 5.0, True),
        ([past(since_january(2.0, 6))], 1.1, 4.0, True),  # to tenths
    ],
)
def test_cumulative_is_what_was_accepted_before_and_came_in_the_period(
    history: list[Past], quarter: float, since: float, differs: bool
) -> None:
    free = replace(FORM, plausible_change=100)
    found = said(history, figure(quarter), since_january(since), form=free)
    told = [one for one in found if one.code == "cumulative_differs"]
    assert bool(told) is differs
    if told:
        assert (told[0].place.cells, told[0].severity) == (("D5",), Severity.WARNING)


def test_what_slipped_is_told_of_once() -> None:
    history = [*SECOND, past(since_january(15.0, 9), completeness=PRELIMINARY)]
    found = said(history, figure(50.0), since_january(1500.0))
    assert [one.code for one in found if one.place.cells == ("D5",)] == ["slip_suspected"]


def test_the_first_period_of_a_year_adds_to_nothing() -> None:
    last_year = [past(figure(900.0, "2025-01-01/P12M"))]
    found = said(last_year, figure(50.0, "2026-Q1"), since_january(50.0, 3))
    assert "cumulative_differs" not in codes(found)


def test_stocks_do_not_add_up() -> None:
    history = [past(since_january(100.0, 6, measure=Measure.STOCK))]
    now = (figure(50.0, measure=Measure.STOCK), since_january(500.0, measure=Measure.STOCK))
    assert "cumulative_differs" not in codes(said(history, *now))


def test_a_new_version_of_the_form_has_the_history_of_the_old_one() -> None:
    assert codes(said(years(), figure(420.0, indicator_list="small/2"))) == ["implausible"]


def test_the_round_before_is_compared_too() -> None:
    """Official after preliminary: in each year it rose by a little, now it is ten times as much."""
    rounds = [
        one
        for n, value in enumerate(USUAL)
        for one in (
            past(
                figure(value * (0.97 + 0.005 * n), f"{2020 + n}-Q3"),
                completeness=PRELIMINARY,
            ),
            past(figure(value, f"{2020 + n}-Q3")),
        )
    ]
    before = past(figure(1600.0), completeness=PRELIMINARY)
    found = said([*rounds, before], figure(163.0))
    assert [one.code for one in found] == ["slip_suspected"]
    assert "lần báo cáo trước" in found[0].message.vi


def test_figures_of_zero_or_less_that_never_were_more_have_no_ratio() -> None:
    assert said(years(), figure(-5.0, indicator="2"), figure(None, indicator="3")) == []
    assert codes(said(years([0.0, 0.0, 0.0]), figure(5.0))) == ["plausibility_undecided"]


def clean_year(chance: Random, rows: int) -> tuple[list[Past], list[Observation]]:
    """Six years of a form whose figures grow by 8 % a year, give or take 10 %, and then a seventh."""
    level = [10 ** chance.uniform(0, 4) for _ in range(rows)]
    made = []
    for year in range(2020, 2027):
        level = [value * 1.08 * chance.lognormvariate(0, 0.1) for value in level]
        made.append(
            [
                figure(round(v, 6), f"{year}-Q3", indicator=str(n), cell=f"C{n}")
                for n, v in enumerate(level)
            ]
        )
    return [past(*one) for one in made[:-1]], made[-1]


def test_a_clean_year_warns_in_fewer_than_two_attempts_of_a_hundred() -> None:
    warned = sum(
        any(one.severity is Severity.WARNING for one in said(history, *now))
        for seed in range(200)
        for history, now in [clean_year(Random(seed), 47)]
    )
    assert warned < 4


def test_a_slip_in_the_heaviest_figure_is_always_found() -> None:
    for seed in range(50):
        history, now = clean_year(Random(seed), 47)
        heaviest = max(now, key=lambda one: one.value or Decimal(0))
        wrong = replace(heaviest, value=(heaviest.value or Decimal(0)) * 1000)
        found = said(history, *(wrong if one is heaviest else one for one in now))
        named = [one.place.cells for one in found if one.severity is Severity.WARNING]
        assert any(heaviest.cell in cells for cells in named), seed


def test_the_period_of_the_statement_is_no_history_of_itself() -> None:
    own = past(figure(9_000.0))
    assert codes(said([*years(), own], figure(163.0))) == []


def test_a_period_before_the_calendar_has_none_before_it() -> None:
    early = replace(NOW, period=Period.parse("0001-Q3"))
    assert codes(said([], figure(5.0, "0001-Q3"), statement=early)) == ["plausibility_undecided"]

"""When something is due: against a model that walks day by day, and the days that people remember."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.model.due import Anchor, Counted, Due, Roll
from services.model.period import Period
from services.model.text import SCHEMAS, ModelError, load_yaml
from services.model.working_days import UnknownYear, WorkingDays

FILE: Any = load_yaml(SCHEMAS / "catalogue" / "working-days" / "vn.yaml")
CALENDAR = WorkingDays.from_dict(FILE)
DAY = timedelta(days=1)
NAMES = [
    "2025",
    "2025-S2",
    "2025-Q1",
    "2025-Q4",
    "2026-Q1",
    "2025-M02",
    "2026-M12",
    "2025-01-01/P9M",
    "2025-11-20",
]
periods = st.sampled_from([Period.parse(name) for name in NAMES])


def off(day: date) -> bool:
    """Simply: by the words of the file."""
    for year in FILE["years"]:
        if day in year.get("worked", []):
            return False
        if day in [holiday["day"] for holiday in year["holidays"]]:
            return True
    return day.strftime("%a") in ("Sat", "Sun")


OFF = {day for n in range(3 * 366) if off(day := date(2024, 6, 1) + n * DAY)}


def simply(due: dict[str, Any], period: Period) -> date:
    """What a person does with a wall calendar and a finger."""
    if "printed" in due:
        day = date.fromisoformat(due["printed"])
    elif "day" in due:
        month = (period.start if due["anchor"] == "start" else period.end).replace(day=1)
        for _ in range(abs(due["months"])):
            month = (month + 31 * DAY if due["months"] > 0 else month - DAY).replace(day=1)
        day = month
        for _ in range(due["day"] - 1):
            if (day + DAY).month == month.month:
                day += DAY
    else:
        day = period.end if due["anchor"] == "end" else period.start - DAY
        left, step = abs(due["days"]), DAY if due["days"] > 0 else -DAY
        while left:
            day += step
            left -= due["counted"] == "calendar" or day not in OFF
    if due["before"]:
        day -= DAY
    while day in OFF and due["roll"] != "unadjusted":
        day += DAY if due["roll"] == "following" else -DAY
    return day


common = {
    "anchor": st.sampled_from([*Anchor]).map(str),
    "before": st.booleans(),
    "roll": st.sampled_from([*Roll]).map(str),
}
rules = st.one_of(
    st.fixed_dictionaries(common | {"day": st.integers(1, 31), "months": st.integers(-3, 4)}),
    st.fixed_dictionaries(
        common | {"days": st.integers(-60, 60), "counted": st.sampled_from([*Counted]).map(str)}
    ),
    st.fixed_dictionaries(
        common | {"printed": st.dates(date(2025, 1, 1), date(2026, 12, 31)).map(date.isoformat)}
    ),
)


@given(rules, periods)
def test_a_rule_says_what_a_person_with_a_calendar_says(
    rule: dict[str, Any], period: Period
) -> None:
    due = Due.from_dict(rule)
    day = due.last_day(period, CALENDAR)
    assert day == simply(rule, period)
    assert due.until(period, CALENDAR).astimezone(UTC) == datetime(
        day.year, day.month, day.day, 17, tzinfo=UTC
    ), "24:00 in Viet Nam is 17:00 UTC"
    assert Due.from_dict(due.to_dict()) == due


@given(rules, periods)
def test_whoever_looks_for_the_periods_of_a_term_finds_them_near_it(
    rule: dict[str, Any], period: Period
) -> None:
    due = Due.from_dict(rule)
    try:
        day = due.last_day(period, CALENDAR)
    except UnknownYear:
        return
    near = due.around(day, day)
    assert (near is None) == ("printed" in rule)
    if near is not None:
        assert near[0] <= period.end
        assert period.start <= near[1]
        assert near[1] - near[0] <= timedelta(days=2 * 62 + max(0, abs(rule.get("days", 0))))


@pytest.mark.parametrize(
    ("rule", "period", "day"),
    [
        (
            {"printed": "2025-11-22"},
            "2025-Q4",
            "2025-11-22",
        ),  # a Saturday that Công văn 17809 prints
        ({"day": 12, "months": 1, "before": True}, "2025-Q3", "2025-10-11"),
        ({"day": 20}, "2026-Q1", "2026-03-20"),
        ({"day": 31, "months": 2}, "2025-12-01/P1M", "2026-02-28"),
        ({"day": 31, "months": 2}, "2027-M12", "2028-02-29"),
        ({"days": -41}, "2025-Q4", "2025-11-20"),
        ({"days": 5, "counted": "working"}, "2025-Q4", "2026-01-08"),  # 1/1 is a holiday
        ({"days": 5, "counted": "working"}, "2026-01-01/P46D", "2026-02-27"),  # over Tết
        ({"days": 10, "roll": "following"}, "2026-M07", "2026-08-10"),
        (
            {"days": 22, "roll": "following"},
            "2026-M07",
            "2026-08-22",
        ),  # a Saturday, worked for 31/8
        ({"days": 31, "roll": "following"}, "2026-M07", "2026-09-03"),
        ({"days": 24, "roll": "preceding"}, "2026-M10", "2026-11-23"),  # 24/11 is off from 2026
        ({"anchor": "start", "days": 10}, "2026-M10", "2026-10-10"),
    ],
)
def test_days_that_people_remember(rule: dict[str, Any], period: str, day: str) -> None:
    due = Due.from_dict(rule)
    assert due.last_day(Period.parse(period), CALENDAR) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({}, "here –"),
        ({"printed": "2025-11-22", "day": 3}, "here printed, day"),
        ({"days": 3, "months": 1}, "only with the day"),
        ({"day": 3, "counted": "working"}, "only with days"),
        ({"day": 32}, "day: "),
        ({"dayz": 3}, "dayz"),
    ],
)
def test_a_rule_that_says_two_things_or_none_is_refused(rule: dict[str, Any], why: str) -> None:
    with pytest.raises(ModelError, match=why):
        Due.from_dict(rule)


def test_a_year_that_nobody_entered_is_unknown_and_needs_none_where_no_working_day_is_asked_for() -> (
    None
):
    far = Period.parse("2031-Q4")
    assert Due(day=12, months=1).last_day(far, CALENDAR) == date(2032, 1, 12)
    for rule in ({"days": 5, "counted": "working"}, {"day": 12, "roll": "following"}):
        with pytest.raises(UnknownYear, match="holidays of 203"):
            Due.from_dict(rule).last_day(far, CALENDAR)

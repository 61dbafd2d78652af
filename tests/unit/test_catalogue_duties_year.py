"""A year of 120 agencies and 400 items: its measures are its own counts, its reminders those of a wall calendar."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median

import pytest

from services.catalogue.duties.duty import Duty
from services.catalogue.duties.making import Known, merged, of_calls, of_items
from services.catalogue.duties.measures import measured
from services.catalogue.duties.reminding import planned, to_send
from services.catalogue.duties.standing import Delivery, Facts, standing
from services.catalogue.duties.terms import Announced, Granted
from services.model.crosswalk import provinces
from services.model.deadline import Call
from services.model.item import Item
from services.model.regulation import VIETNAM
from services.model.starter_pack import load_items, load_working_days

AGENCIES, ITEMS = 120, 400
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
END = datetime(2027, 3, 1, tzinfo=VIETNAM)
(CALENDAR,) = load_working_days()
OFF = {holiday.day for year in CALENDAR.years for holiday in year.holidays}
WORKED = {day for year in CALENDAR.years for day in year.worked}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Wanted = tuple[str, str]
"""How timely a story is, and the state in which it ends."""


@dataclass(frozen=True)
class Story:
    """What happens to a duty, and what the teller says it comes to; `until` is when it is waited for no more."""

    facts: Facts
    wanted: Wanted
    late_from: datetime
    waits: Callable[[datetime], bool]
    returns: int = 0
    corrections: int = 0
    response: timedelta | None = None


def items() -> list[Item]:
    """Monthly, quarterly and yearly ones, in a province of today that was three before, and in one that stayed; some of
    two sections, each of which comes or not by itself.
    """
    body = load_items()[0].to_dict()
    dues = [
        {"day": 12, "months": 1, "roll": "following"},
        {"days": -5},
        {"days": 10, "counted": "working"},
    ]
    made = []
    for number in range(ITEMS):
        frequency = ("month", "quarter", "year")[number % 3]
        deadlines = [
            {"completeness": "official", "due": dues[number % len(dues)], "grace": number % 3},
            {"completeness": "estimate", "due": {"day": 20, "before": True}},
        ]
        made.append(
            Item.from_dict(
                body
                | {
                    "id": f"muc-{number}", "responsible": f"so-{number % AGENCIES}", "frequency": frequency,
                    "form": f"bieu-{number % 40}", "deadlines": deadlines[: 1 + number % 2],
                    "room": f"phong-{number % 2}",
                }
                | ({"sections": ["A", "B"]} if number % 10 == 3 else {})
            )
        )  # fmt: skip
    return made


def owed() -> list[Duty]:
    """A year of them; four calls ask for more of some items."""
    known = Known(
        CALENDAR,
        {f"bieu-{n}": ("63",) if n % 4 == 0 else ("34",) for n in range(40)},
        provinces(),
        {"phong-0": "11", "phong-1": "14"},
    )
    everything = items()
    calls = [
        Call.from_dict(
            {
                "id": f"cv-{quarter}", "origin": "ministry", "number": str(quarter), "issued_on": "2026-01-02",
                "title": {"vi": "x", "en": "x"}, "items": [f"muc-{n}" for n in range(1, 400, 7)],
                "asked": [{"period": f"2026-Q{quarter}", "completeness": "preliminary"}],
                "due": {"printed": f"2026-{3 * quarter:02}-22"},
            }
        )
        for quarter in range(1, 5)
    ]  # fmt: skip
    made = (*of_items(everything, known, *YEAR), *of_calls(calls, everything, known))
    return list(merged(made).values())


def told(duty: Duty, rng: random.Random) -> Story:
    """One of the things that happen to a duty."""
    term = duty.late_from
    before, after = term - rng.randint(1, 90) * HOUR, term + rng.randint(0, 90) * HOUR
    soon = rng.randint(1, 5) * HOUR

    def came(at: datetime, number: int = 1, **more: datetime | bool) -> Delivery:
        return Delivery(number, at, **more)  # type: ignore[arg-type]

    match rng.randrange(10):
        case 0:
            return Story(Facts(), ("missing", "expected"), term, lambda at: True)
        case 1:
            corrected = rng.randrange(2)
            later = [came(after + soon + HOUR, 2)][:corrected]
            facts = Facts([came(before, accepted_at=after + soon), *later])
            story = Story(facts, ("on_time", "accepted"), term, lambda at: at < before)
            return replace(story, corrections=corrected)
        case 2:
            facts = Facts([came(after, accepted_at=after + soon)])
            return Story(facts, ("late", "accepted"), term, lambda at: at < after)
        case 3:
            back, again = before + soon, after + 100 * HOUR
            facts = Facts(
                [came(before, returned_at=back), came(again, 2, accepted_at=again + soon)]
            )
            waits = lambda at: at < before or back <= at < again  # noqa: E731
            story = Story(facts, ("on_time_then_returned", "accepted"), term, waits)
            return replace(story, returns=1, response=again - back)
        case 4:
            granted = before
            facts = Facts(granted=[Granted(granted, "lũ", is_excused=True)])
            return Story(facts, ("excused", "excused"), term, lambda at: at < granted)
        case 5:
            longer = term + rng.randint(3, 9) * DAY
            facts = Facts([came(after)], [Granted(before, "lũ", late_from=longer)])
            timely = "on_time" if after < longer else "late"
            return Story(facts, (timely, "received"), longer, lambda at: at < after)
        case 6:
            facts = Facts([came(before, is_nil=True, accepted_at=before + soon)])
            return Story(facts, ("on_time", "nil"), term, lambda at: at < before)
        case 7:
            gone = before + soon
            facts = Facts([came(before, ended_at=gone)])
            return Story(facts, ("missing", "expected"), term, lambda at: at < before or at >= gone)
        case 8:
            until = term + rng.randint(1, 9) * DAY
            facts = Facts(announced=[Announced(before, until)])
            return Story(facts, ("missing", "expected"), term, lambda at: not before <= at < until)
        case _:
            back = after + soon
            facts = Facts([came(after, returned_at=back)])
            waits = lambda at: at < after or at >= back  # noqa: E731
            return Story(facts, ("late", "returned"), term, waits, returns=1)


def is_worked(day: date) -> bool:
    """By a calendar on the wall."""
    return day in WORKED or (day.weekday() < 5 and day not in OFF)


def mornings(last: date) -> dict[date, int]:
    """The five mornings of a term's reminders, each with how many working days it is from the last day."""
    found = {last: 0}
    for step, offsets in ((-1, (-1, -7)), (1, (1, 3))):
        day, count = last, 0
        while count != offsets[-1]:
            day += timedelta(days=step)
            count += step * is_worked(day)
            if is_worked(day) and count in offsets:
                found[day] = count
    return found


def by_hand(story: Story, days: list[date]) -> Iterator[tuple[date, int]]:
    """Who looks every morning at eight sends the one of today, or the newest of before that waits to be sent."""
    wanted = mornings((story.late_from - HOUR).astimezone(VIETNAM).date())
    open_ = [offset for day, offset in sorted(wanted.items()) if day < days[0]]
    for day in days:
        if day in wanted:
            open_.append(wanted[day])
        at = datetime(day.year, day.month, day.day, 8, tzinfo=VIETNAM)
        if open_ and story.waits(at):
            yield day, open_[-1]
            open_ = []


def sent(duty: Duty, story: Story, days: list[date]) -> Iterator[tuple[date, int]]:
    """The product's own, swept every morning at eight."""
    plan, dealt_with = planned(story.late_from, CALENDAR), 0
    for day in days:
        at = datetime(day.year, day.month, day.day, 8, tzinfo=VIETNAM)
        reminder = to_send(plan, dealt_with, standing(duty, story.facts, at), at)
        if reminder is not None:
            dealt_with = plan.index(reminder) + 1
            yield day, reminder.offset


@pytest.fixture(scope="module")
def year() -> list[tuple[Duty, Story]]:
    rng = random.Random(16)
    return [(duty, told(duty, rng)) for duty in sorted(owed(), key=lambda one: one.key)]


def test_the_year_is_as_large_as_it_should_be(year: list[tuple[Duty, Story]]) -> None:
    assert len({duty.supplier for duty, _ in year}) == AGENCIES
    assert len({duty.key.item for duty, _ in year}) == ITEMS
    assert len(year) > 3_000 and len({duty.key for duty, _ in year}) == len(year)
    assert {duty.key.area_list for duty, _ in year} == {"63", "34"}
    halves = {replace(duty.key, section="") for duty, _ in year if duty.key.section}
    assert len(halves) > 100
    assert {replace(half, section=one) for half in halves for one in "AB"} < {
        duty.key for duty, _ in year
    }


@pytest.mark.parametrize("by", ["supplier", "item", "room", "month"])
def test_its_measures_are_its_own_counts(year: list[tuple[Duty, Story]], by: str) -> None:
    groups: Mapping[str, Callable[[Duty], str]] = {
        "supplier": lambda duty: duty.supplier,
        "item": lambda duty: duty.key.item,
        "room": lambda duty: duty.recipient or "",
        "month": lambda duty: f"{duty.late_from:%Y-%m}",
    }
    group = groups[by]
    found = measured(((duty, standing(duty, story.facts, END)) for duty, story in year), group)
    timeliness: dict[str, Counter[str]] = {}
    states: dict[str, Counter[str]] = {}
    for duty, story in year:
        timeliness.setdefault(group(duty), Counter())[story.wanted[0]] += 1
        states.setdefault(group(duty), Counter())[story.wanted[1]] += 1
    assert {
        name: {k.value: n for k, n in one.timeliness.items()} for name, one in found.items()
    } == timeliness
    assert {
        name: {k.value: n for k, n in one.states.items()} for name, one in found.items()
    } == states
    for name, measure in found.items():
        counts = timeliness[name]
        owed_ = sum(counts.values()) - counts["excused"]
        assert measure.counted == owed_
        assert measure.on_time == (counts["on_time"] / owed_ if owed_ else None)
        stories = [story for duty, story in year if group(duty) == name]
        assert measure.returns == sum(story.returns for story in stories)
        assert measure.corrections == sum(story.corrections for story in stories)
        responses = [story.response / HOUR for story in stories if story.response]
        found_hours = measure.response and measure.response / HOUR
        assert found_hours == (pytest.approx(median(responses)) if responses else None)
    assert sum(one.corrections for one in found.values()) > 50


def test_its_reminders_are_those_of_somebody_with_a_calendar(
    year: list[tuple[Duty, Story]],
) -> None:
    seen: Counter[int] = Counter()
    for duty, story in year[::4]:
        last = (story.late_from - HOUR).astimezone(VIETNAM).date()
        days = [last + timedelta(days=n) for n in range(-25, 21)]
        if story.facts.granted and story.facts.granted[0].late_from:
            # Before it was extended the other term had its own.
            begins = story.facts.granted[0].at.astimezone(VIETNAM).date()
            days = [day for day in days if day > begins]
        wanted = list(by_hand(story, days))
        assert list(sent(duty, story, days)) == wanted
        seen.update(offset for _, offset in wanted)
    assert set(seen) == {-7, -1, 0, 1, 3}

"""Who owes what by when, and how it stands: by hand for a quarter, and by a simple walk for any story."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalogue.duties.closing import closing
from services.catalogue.duties.duty import Duty, Key
from services.catalogue.duties.making import Known, merged, of_calls, of_items
from services.catalogue.duties.measures import Measure, measured
from services.catalogue.duties.names import Names
from services.catalogue.duties.register import Register, parted
from services.catalogue.duties.reminding import planned, to_send
from services.catalogue.duties.standing import (
    Delivery,
    Facts,
    State,
    Timeliness,
    standing,
)
from services.catalogue.duties.store import ClosingRow
from services.catalogue.duties.terms import Announced, Granted
from services.catalogue.duties.views import DutyView
from services.events.catalogue import ObligationClosing
from services.model.crosswalk import provinces
from services.model.deadline import Call
from services.model.due import Due
from services.model.enumerations import Completeness
from services.model.item import Item
from services.model.period import Period
from services.model.regulation import VIETNAM
from services.model.text import SCHEMAS, ModelError, Text, load_yaml
from services.model.working_days import WorkingDays

CALENDAR = WorkingDays.from_dict(load_yaml(SCHEMAS / "catalogue" / "working-days" / "vn.yaml"))
ITEMS = [
    Item.from_dict(one) for one in load_yaml(SCHEMAS / "catalogue" / "items" / "dien-bien.yaml")
]
REVENUE = next(one for one in ITEMS if one.id == "thu-ngan-sach-quy")
LISTS = {one.form: ("63",) for one in ITEMS} | {"t0111": ("34",)}
ROOM = "phong-thong-ke-kinh-te-dien-bien"
KNOWN = Known(CALENDAR, LISTS, provinces(), {ROOM: "11"})
DEADLINES: list[dict[str, Any]] = [
    {"completeness": "estimate", "due": {"days": -41}, "grace": 2},
    {
        "completeness": "official",
        "due": {"day": 12, "months": 1, "roll": "following"},
        "closes": 20,
    },
]
QUARTERLY = Item.from_dict(REVENUE.to_dict() | {"deadlines": DEADLINES})
CALL: dict[str, Any] = {
    "id": "cv-17809", "origin": "ministry", "number": "17809/BTC-CTK", "issued_on": "2025-11-17",
    "title": {"vi": "Cung cấp thông tin", "en": "Inputs asked for"},
    "items": ["thu-ngan-sach-quy", "chi-ngan-sach-quy", "ngan-hang-quy", "gone"],
    "asked": [
        {"period": "2025-Q3", "completeness": "preliminary"},
        {"period": "2025-Q4", "completeness": "estimate"},
    ],
    "due": {"printed": "2025-11-22"},
}  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def test_an_item_makes_a_duty_for_each_period_and_completeness() -> None:
    of = of_items([QUARTERLY, REVENUE], KNOWN, date(2025, 10, 1), date(2026, 2, 1))
    made = sorted(of, key=lambda one: (one.key.period, one.key.completeness))
    said = [(one.key.period, str(one.key.completeness), one.late_from) for one in made]
    assert said == [
        ("2025-Q4", "estimate", at("2025-11-21")),
        ("2025-Q4", "official", at("2026-01-13")),
        ("2026-Q1", "estimate", at("2026-02-19")),
        ("2026-Q1", "official", at("2026-04-14")),  # 12/4/2026 is a Sunday
    ]
    assert made[0].urged_from == at("2025-11-25"), "21/11 is a Friday"
    assert (made[0].closed_from, made[1].closed_from) == (None, at("2026-02-10"))
    assert {(one.key.area_list, one.key.area) for one in made} == {("63", "11")}
    assert len({one.key.id for one in made}) == 4


def test_a_merged_province_owes_for_each_old_one() -> None:
    merged_province = replace(KNOWN, provinces={ROOM: "14"})
    made = of_items([QUARTERLY], merged_province, date(2025, 12, 1), date(2025, 12, 1))
    areas = {one.key.area for one in made}
    assert areas == {one.code for one in provinces().predecessors("14")} and areas


def test_a_call_makes_duties_of_whom_it_addresses_and_its_printed_day_stays() -> None:
    made = list(of_calls([Call.from_dict(CALL)], ITEMS, KNOWN))
    assert {(one.key.item, one.key.period) for one in made} == {
        (item, period) for item in CALL["items"][:3] for period in ("2025-Q3", "2025-Q4")
    }
    assert {one.late_from for one in made} == {at("2025-11-23")}, "22/11/2025 is a Saturday"
    one_of_them = Call.from_dict(CALL | {"addressees": ["so-tai-chinh-dien-bien"]})
    addressed = {one.key.item for one in of_calls([one_of_them], ITEMS, KNOWN)}
    assert addressed == {"thu-ngan-sach-quy", "chi-ngan-sach-quy"}


def test_a_call_of_the_offices_own_binds_once_it_is_approved() -> None:
    agreed = {"number": "12/TTDL", "issued_on": "2025-11-14"}
    approved = {"number": "9/QĐ-TKQG", "issued_on": "2025-11-15"}
    own = CALL | {"origin": "own"}
    assert not Call.from_dict(own).is_binding
    assert not Call.from_dict(own | {"agreed": agreed}).is_binding
    assert Call.from_dict(own | {"agreed": agreed, "approved": approved}).is_binding
    assert Call.from_dict(CALL).is_binding, "a ministry asks nobody here"
    with pytest.raises(ModelError, match="agreed before it is approved"):
        Call.from_dict(own | {"approved": approved})
    scan = {"name": "17809.pdf", "sha256": "0f" * 32}
    assert Call.from_dict(CALL | {"scan": scan}).to_dict()["scan"] == scan


def test_each_section_of_an_item_is_owed_by_itself() -> None:
    parted = replace(QUARTERLY, sections=("A", "B"))
    first, last = date(2025, 10, 1), date(2025, 12, 31)
    made = list(of_items([parted], KNOWN, first, last))
    whole = list(of_items([QUARTERLY], KNOWN, first, last))
    assert len(made) == 2 * len(whole) == len({one.key.id for one in made})
    assert {one.key.section for one in made} == {"A", "B"}
    assert {replace(one, key=replace(one.key, section="")) for one in made} == set(whole)


def test_a_section_of_several_is_called_as_its_form_calls_it() -> None:
    made = list(
        of_items([replace(QUARTERLY, sections=("A", "B"))], KNOWN, *[date(2025, 12, 1)] * 2)
    )
    assert parted(made) == {QUARTERLY.id}
    assert parted(one for one in made if one.key.section == "A") == frozenset()
    names = Names(sections={QUARTERLY.form: {"A": Text("A. Ngân hàng", "A. Banking")}})
    for is_parted, expected in (
        (parted(made), {"A": f"{QUARTERLY.name.vi}, phần A. Ngân hàng", "B": f"{QUARTERLY.name.vi}, phần B"}),
        (frozenset[str](), dict.fromkeys("AB", QUARTERLY.name.vi)),
    ):  # fmt: skip
        found = Register([], {QUARTERLY.id: QUARTERLY}, CALENDAR, names=names, parted=is_parted)
        now = at("2025-11-01")
        views = [DutyView.of(one, standing(one, Facts(), now), found, now) for one in made]
        assert {str(one.section): one.name["vi"] for one in views} == expected


def test_what_item_and_call_both_ask_for_is_owed_once_and_by_the_call() -> None:
    made = [
        *of_items([QUARTERLY], KNOWN, date(2025, 10, 1), date(2025, 12, 31)),
        *of_calls([Call.from_dict(CALL)], ITEMS, KNOWN),
    ]
    found = merged(made)
    (estimate,) = (
        one
        for key, one in found.items()
        if (key.item, key.period, key.completeness)
        == (REVENUE.id, "2025-Q4", Completeness.ESTIMATE)
    )
    assert (estimate.call, estimate.late_from) == ("cv-17809", at("2025-11-23"))
    assert merged(reversed(made)) == found


def test_who_was_given_time_is_not_late_before_everybody_else() -> None:
    """As in eecs-autograder/autograder.io #29: then the term of all moved beyond it."""
    longer = Granted(at("2025-11-20"), "lũ", late_from=at("2025-11-27"))
    moved = replace(DUTY, late_from=at("2025-12-02"))
    stood = standing(moved, Facts(granted=(longer,)), at("2025-11-28"))
    assert (stood.late_from, stood.timeliness) == (at("2025-12-02"), Timeliness.OPEN)


BASE = at("2026-01-01")
HOUR = timedelta(hours=1)
DUTY = Duty(
    Key("i", "63", "11", "2025-Q4", Completeness.ESTIMATE, 1), "f", "s", "r",
    late_from=BASE + 10 * HOUR, urged_from=BASE + 12 * HOUR, closed_from=BASE + 20 * HOUR,
)  # fmt: skip
moments = st.integers(0, 30).map(lambda hours: BASE + hours * HOUR)


def after(n: int) -> datetime:
    return BASE + n * HOUR


def test_stories_that_people_tell() -> None:
    def told(now: int, *deliveries: Delivery, **more: Any) -> tuple[State, Timeliness]:
        found = standing(DUTY, Facts(deliveries, **more), after(now))
        return found.state, found.timeliness

    on_time = Delivery(1, after(9))
    assert told(9) == (State.EXPECTED, Timeliness.OPEN)
    assert told(10) == (State.EXPECTED, Timeliness.MISSING)
    assert told(20) == (State.CLOSED, Timeliness.MISSING)
    assert told(8, on_time) == (State.EXPECTED, Timeliness.OPEN), "it has not come yet"
    assert told(30, on_time) == (State.RECEIVED, Timeliness.ON_TIME), "the office takes its time"
    returned = replace(on_time, returned_at=after(11))
    assert told(12, returned) == (State.RETURNED, Timeliness.RETURNED)
    again = Delivery(2, after(13), accepted_at=after(14))
    assert told(13, returned, again) == (State.RECEIVED, Timeliness.RETURNED)
    assert told(14, returned, again) == (State.ACCEPTED, Timeliness.RETURNED)
    nil = replace(on_time, accepted_at=after(9), is_nil=True)
    assert told(9, nil) == (State.NIL, Timeliness.ON_TIME)
    assert told(25, Delivery(1, after(21))) == (State.RECEIVED, Timeliness.LATE)
    gone = replace(on_time, accepted_at=after(9), ended_at=after(11))
    assert told(11, gone) == (State.EXPECTED, Timeliness.MISSING)
    other = Delivery(1, after(8), sections=frozenset({"B"}))
    assert told(7, beside=[other])[0] == State.EXPECTED
    assert told(12, beside=[other]) == (State.MISSING_SECTIONS, Timeliness.MISSING)
    assert told(12, beside=[replace(other, ended_at=after(9))])[0] == State.EXPECTED
    assert told(12, returned, beside=[other])[0] == State.RETURNED
    assert told(20, beside=[other])[0] == State.CLOSED
    announced = [Announced(after(9), after(15))]
    assert told(12, announced=announced)[0] == State.ANNOUNCED_LATE
    assert told(15, announced=announced)[0] == State.EXPECTED
    longer = [Granted(after(9), "mất điện", late_from=after(22))]
    assert told(21, granted=longer) == (State.EXPECTED, Timeliness.OPEN)
    assert told(21, Delivery(1, after(21)), granted=longer)[1] == Timeliness.ON_TIME
    excused = [*longer, Granted(after(15), "biểu bị bãi bỏ", is_excused=True)]
    assert told(14, granted=excused)[0] == State.EXPECTED
    assert told(16, granted=excused) == (State.EXCUSED, Timeliness.EXCUSED)


@given(
    st.lists(
        st.tuples(moments, st.none() | moments, st.none() | moments, st.booleans()), max_size=4
    ),
    moments,
)
def test_the_past_is_told_as_it_was(story: list[Any], now: datetime) -> None:
    """What comes later changes nothing of how it stood: a story cut off at a moment says the same of that moment."""
    deliveries = [
        Delivery(
            number,
            came,
            returned and max(came, returned),
            accepted and max(came, accepted),
            is_nil=nil,
        )
        for number, (came, returned, accepted, nil) in enumerate(
            sorted(story, key=lambda one: one[0]), 1
        )
    ]
    until_now = [
        replace(
            one,
            returned_at=one.returned_at if one.returned_at and one.returned_at <= now else None,
            accepted_at=one.accepted_at if one.accepted_at and one.accepted_at <= now else None,
        )
        for one in deliveries
        if one.received_at <= now
    ]
    assert standing(DUTY, Facts(deliveries), now) == standing(DUTY, Facts(until_now), now)


def test_reminders_are_on_working_mornings_and_what_is_past_is_one() -> None:
    ends = at("2026-02-27")  # the last day is Thursday 26/2, after Tết
    plan = planned(ends, CALENDAR)
    assert [(one.at.isoformat(), one.offset, one.to_head) for one in plan] == [
        ("2026-02-10T08:00:00+07:00", -7, False),
        ("2026-02-25T08:00:00+07:00", -1, False),
        ("2026-02-26T08:00:00+07:00", 0, False),
        ("2026-02-27T08:00:00+07:00", 1, False),
        ("2026-03-03T08:00:00+07:00", 3, True),
    ]
    called = at("2026-02-25T09:00")
    first = to_send(plan, 0, standing(replace(DUTY, late_from=ends), Facts(), called), called)
    assert first is not None and first.offset == -1, "a call that gave two days has one at once"


def test_a_reminder_stops_when_it_came_and_goes_on_when_it_was_returned() -> None:
    duty = replace(DUTY, late_from=at("2026-02-27"), closed_from=None)
    plan = planned(duty.late_from, CALENDAR)
    delivery = Delivery(1, at("2026-02-24"), returned_at=at("2026-02-26T10:00"))

    def sent(moment: str, sent: int, *deliveries: Delivery) -> int | None:
        now = at(moment)
        found = to_send(plan, sent, standing(duty, Facts(deliveries), now), now)
        return found.offset if found else None

    assert sent("2026-02-10T07:59", 0) is None
    assert sent("2026-02-10T08:00", 0) == -7
    assert sent("2026-02-10T08:00", 1) is None
    assert sent("2026-02-26T12:00", 1) == 0, "the newest alone"
    assert sent("2026-02-25T08:00", 1, delivery) is None
    assert sent("2026-02-26T12:00", 1, delivery) == 0
    accepted = Delivery(2, at("2026-02-26T11:00"), accepted_at=at("2026-02-26T11:05"))
    assert sent("2026-03-03T12:00", 1, delivery, accepted) is None


def test_what_is_excused_leaves_the_denominator_and_the_office_s_time_never_counts() -> None:
    now, facts = after(11), [
        Facts([Delivery(1, after(9))]),
        Facts([Delivery(1, after(9), returned_at=after(11))]),
        Facts([Delivery(1, after(11), accepted_at=after(11))]),
        Facts(),
        Facts(granted=[Granted(after(1), "x", is_excused=True)]),
        Facts(granted=[Granted(after(1), "x", late_from=after(20))]),
    ]  # fmt: skip
    (measure,) = measured(
        ((DUTY, standing(DUTY, one, now)) for one in facts), lambda duty: duty.supplier
    ).values()
    assert (measure.counted, measure.on_time, measure.complete) == (4, 0.25, 0.25)
    assert measured([], lambda duty: duty.supplier) == {}
    assert Measure().on_time is None


def test_the_last_moment_of_the_last_day_in_viet_nam_is_in_time() -> None:
    """Public reports: late in the right minute, at 20:25 local time, an hour beside a change of clocks."""
    duty = replace(DUTY, late_from=at("2026-03-01"))
    last = datetime(2026, 2, 28, 16, 59, 59, 999_999, tzinfo=UTC)
    for moment, expected in ((last, Timeliness.ON_TIME), (at("2026-03-01"), Timeliness.LATE)):
        facts = Facts([Delivery(1, moment)])
        assert standing(duty, facts, at("2026-03-02")).timeliness == expected


def test_days_at_the_end_of_months_do_not_drift() -> None:
    """Public reports: 31 January, 28 February, 28 March, 28 April, for ever."""
    due = Due(day=31)
    months = [Period.parse(f"2026-M{number:02}") for number in range(1, 13)]
    assert [due.last_day(month, CALENDAR) for month in months] == [month.end for month in months]


def test_an_extended_term_has_its_own_reminders() -> None:
    """Public reports: overdue by the first date, and never reminded of the second."""
    granted = Granted(at("2026-02-26T09:00"), "lũ", late_from=at("2026-03-07"))
    duty = replace(DUTY, late_from=at("2026-02-27"), closed_from=None)
    now = at("2026-03-05T09:00")
    said = standing(duty, Facts(granted=[granted]), now)
    assert (said.timeliness, said.late_from) == (Timeliness.OPEN, granted.late_from)
    plan = planned(said.late_from, CALENDAR)
    assert [(one.at, one.offset) for one in plan][1:3] == [
        (at("2026-03-05T08:00"), -1),
        (at("2026-03-06T08:00"), 0),
    ]
    found = to_send(plan, 1, said, now)
    assert found is not None and found.offset == -1


def test_no_more_is_delivered_than_was_owed() -> None:
    """Public reports: 32 of 28 reports; open ones counted as late though their time has not come."""
    many = Facts(
        [Delivery(number, after(number), accepted_at=after(number)) for number in (1, 2, 3)]
    )
    told = [(DUTY, standing(DUTY, one, after(9))) for one in (many, Facts())]
    (measure,) = measured(told, lambda duty: duty.form).values()
    assert (measure.counted, measure.on_time, measure.complete) == (1, 1.0, 1.0)


def test_what_lies_in_a_year_that_nobody_entered_is_left_out_and_stops_nothing() -> None:
    plan = planned(at("2028-01-01"), CALENDAR)
    assert [one.offset for one in plan] == [-7, -1, 0], "the last day is 31/12/2027"
    assert CALENDAR.until == date(2027, 12, 31)


def told(now: int, last: ClosingRow | None = None, *came: Delivery, **more: Any) -> Any:
    """The moment that is told at an hour: nothing, or in brackets since None is one."""
    outcome = closing(DUTY, standing(DUTY, Facts(came, **more), after(now)), last, after(now))
    if outcome is None:
        return "nothing"
    ((event,), (row,)) = outcome.events, outcome.rows
    assert isinstance(event, ObligationClosing)
    assert row.values == {
        "duty": DUTY.key.id,
        "at": after(now),
        "closes_at": event.closes_at,
        "supplier": "s",
        "late_from": DUTY.late_from,
        "obligation": event.obligation,
    }
    return event.closes_at


def test_a_closing_is_told_before_it_comes_and_again_where_it_moves() -> None:
    assert told(9) == "nothing", "the term has not ended"
    assert told(10) == after(20)
    word = ClosingRow(
        duty=DUTY.key.id, at=after(10), closes_at=after(20), supplier="s", late_from=DUTY.late_from
    )
    assert told(11, word) == "nothing", "once"
    assert told(25, word) == "nothing"
    longer = Granted(after(12), "lũ", late_from=after(24))
    assert told(13, word, granted=[longer]) == after(24)
    assert told(13, word, granted=[Granted(after(12), "x", is_excused=True)]) is None
    taken_back = Delivery(1, after(9), ended_at=after(9))
    assert told(10, None, taken_back) == after(20), "a revision after it needs a reason"
    ahead = ClosingRow(**word.model_dump() | {"at": after(15)})
    outcome = closing(
        DUTY, standing(DUTY, Facts((), granted=[longer]), after(13)), ahead, after(13)
    )
    assert outcome and outcome.rows[0].values["at"] > ahead.at, "the clock was set back"
    never = replace(DUTY, closed_from=None)
    assert closing(never, standing(never, Facts(), after(10)), None, after(10)) is None

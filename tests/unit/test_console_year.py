"""A year of duties, counted and drawn."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalogue.duties.standing import Timeliness
from services.console import year
from services.console.standing import TIMELINESS
from services.console.year import said


def duty(number: int, due: str, timeliness: str = "on_time", **more: Any) -> dict[str, Any]:
    name = {"vi": f"Mục {number % 3}", "en": f"Item {number % 3}"}
    return {
        "id": f"{number:04}", "item": f"i{number % 3}", "name": name, "due": due,
        "timeliness": timeliness, "is_shared": False, **more,
    }  # fmt: skip


def test_each_way_in_which_a_duty_is_met_is_drawn() -> None:
    assert set(TIMELINESS) == set(Timeliness)
    assert len(set(TIMELINESS.values())) == len(TIMELINESS)


def test_months_are_counted_and_the_fullest_fills_the_picture() -> None:
    duties = [
        *(duty(n, "2026-03-10", "late" if n == 0 else "on_time") for n in range(4)),
        duty(5, "2026-12-31", "missing"),
        duty(6, "2025-12-31"),
        duty(7, "2027-01-01"),
    ]
    made = year.year(2026, duties, "vi", 1)
    assert (made.count, dict(made.totals)) == (5, {"on_time": 3, "late": 1, "missing": 1})
    march, december = made.months[2], made.months[11]
    assert [(one.kind, one.count, one.start, one.width) for one in march.parts] == [
        ("on_time", 3, 0, 75),
        ("late", 1, 75, 25),
    ]
    assert [(one.kind, one.width) for one in december.parts] == [("missing", 25)]
    assert [one.count for one in made.months] == [0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert said(made.totals, "vi") == "3 đúng hạn; 1 trễ; 1 quá hạn, chưa có"


def test_what_is_shared_without_being_owed_is_counted_apart() -> None:
    made = year.year(2026, [duty(1, "2026-01-05"), duty(2, "2026-01-05", is_shared=True)], "vi", 1)
    assert (made.count, made.shared) == (1, 1)


def test_a_year_without_a_duty_is_no_division_by_zero() -> None:
    made = year.year(2026, [], "en", 1)
    assert (made.count, said(made.totals, "en"), made.at.count) == (0, "", 1)
    assert all(not one.parts for one in made.months)


@pytest.mark.parametrize(("page", "length"), [(1, 50), (3, 50), (9, 20)])
def test_the_table_has_pages_by_item(page: int, length: int) -> None:
    duties = [duty(n, "2026-05-05") for n in range(170)]
    made = year.year(2026, duties, "vi", page)
    assert len(made.rows) == length
    ids = [one["id"] for one in sorted(duties, key=lambda one: (one["item"], one["id"]))]
    assert [one["id"] for one in made.rows] == ids[(made.at.number - 1) * 50 :][:length]


def test_a_part_too_small_for_its_sign_has_none() -> None:
    duties = [duty(n, "2026-05-05", "late" if n == 0 else "on_time") for n in range(40)]
    on_time, late = year.year(2026, duties, "vi", 1).months[4].parts
    assert (on_time.has_sign, late.has_sign) == (True, False)

"""Nobody is reminded at night, on weekends or on holidays, whatever was away before."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.model.regulation import VIETNAM
from services.model.starter_pack import load_working_days
from services.model.working_days import WorkingDays
from services.notification.quiet import is_quiet

(CALENDAR,) = load_working_days()


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        ("2026-11-24T02:15", True),
        ("2026-11-25T06:59", True),
        ("2026-11-25T07:00", False),
        ("2026-11-25T08:00", False),
        ("2026-11-25T17:59", False),
        ("2026-11-25T18:00", True),
        ("2026-11-28T08:00", True),  # a Saturday
        ("2026-09-02T08:00", True),  # Quốc khánh
    ],
)
def test_reminders_reach_people_in_working_hours_alone(at: str, quiet: bool) -> None:
    assert is_quiet(datetime.fromisoformat(at).replace(tzinfo=VIETNAM), CALENDAR) == quiet


@pytest.mark.parametrize("calendar", [None, CALENDAR])
def test_of_a_year_that_nobody_entered_weekends_are_known(calendar: WorkingDays | None) -> None:
    monday, saturday = (datetime(2099, 6, day, 9, tzinfo=VIETNAM) for day in (1, 6))
    assert not is_quiet(monday, calendar)
    assert is_quiet(saturday, calendar)

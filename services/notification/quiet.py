"""When people are left in peace: reminders wait for the next working day's hours, whatever was away before. Pure."""

from __future__ import annotations

from datetime import datetime, time

from services.model.regulation import VIETNAM
from services.model.working_days import SATURDAY, UnknownYear, WorkingDays

BEGINS, ENDS = time(7), time(18)
"""The hours in which offices read their mail; reminders are made for eight o'clock."""


def is_quiet(at: datetime, calendar: WorkingDays | None) -> bool:
    """Whether no reminder is to reach a person now; of a year that nobody has entered, weekends are known."""
    local = at.astimezone(VIETNAM)
    if not BEGINS <= local.time() < ENDS:
        return True
    try:
        if calendar is not None:
            return not calendar.is_worked(local.date())
    except UnknownYear:
        pass
    return local.weekday() >= SATURDAY

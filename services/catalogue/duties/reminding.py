"""Whom to remind of a duty, and when: before it is due, on the day, and after. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.catalogue.duties.standing import Standing, State
from services.model.regulation import VIETNAM
from services.model.working_days import UnknownYear, WorkingDays

OFFSETS = (-7, -1, 0, 1, 3)
"""Working days from the last day on which it is on time."""
TO_THE_HEAD = 3
"""From here on the head of the supplier is told, too."""
MORNING = time(8)
OWED = frozenset({State.EXPECTED, State.MISSING_SECTIONS, State.RETURNED})
"""What is being waited for: what came needs no reminder, and what was returned needs one again."""


@dataclass(frozen=True)
class Reminder:
    """One that may be sent from a moment on; `offset` in working days, `to_head` where it escalates."""

    at: datetime
    offset: int
    to_head: bool = False


def planned(late_from: datetime, calendar: WorkingDays) -> list[Reminder]:
    """The reminders of a term that ends there, in their order: one that was extended has others from then on.

    None on days of a year of which nobody has entered the days off.
    """
    last = late_from.astimezone(VIETNAM).date() - timedelta(days=1)
    found = []
    for offset in OFFSETS:
        with suppress(UnknownYear):
            at = _morning(calendar.after(last, offset))
            found.append(Reminder(at, offset, offset >= TO_THE_HEAD))
    return found


def to_send(
    plan: Iterable[Reminder], sent: int, standing: Standing, at: datetime
) -> Reminder | None:
    """The newest whose moment has come and that was not sent, while it is waited for; `sent` of them were dealt with.

    One that was missed is not made up for beside a newer one: a call gives few days, the office's machine may be off.
    """
    due = [one for one in list(plan)[sent:] if one.at <= at]
    return due[-1] if due and standing.state in OWED else None


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, VIETNAM)

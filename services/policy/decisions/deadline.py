"""By when a held attempt should be decided: until such a date it is nobody's fault."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from services.model.regulation import VIETNAM

WORKING_DAYS = 2
CLOSING = time(17)
SATURDAY = 5


def due(at: datetime) -> datetime:
    """The end of the second working day after `at`, by the hours of Việt Nam; UTC. Holidays are not known here."""
    day = at.astimezone(VIETNAM).date()
    left = WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return datetime.combine(day, CLOSING, VIETNAM).astimezone(UTC)

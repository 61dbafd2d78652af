"""When something is due: rules for programs, counted from the period that it is about.

Days are of Viet Nam, and a day ends at 24:00. Of a term in days the day on which it begins doesn't count (Civil Code
91/2015/QH13, article 147), and one that ends on a day off ends with the next working day (article 148, clause 5); a day
that a document prints stays where it is. «Trước ngày 12» leaves the 12th itself out.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from services.model.messages import texts
from services.model.period import Period
from services.model.regulation import midnight
from services.model.text import STRICT, ModelError, plain, read
from services.model.working_days import WorkingDays

MOST_DAYS = 400
NEAR = 62
"""Days: a month that is shorter, the longest holidays and the end of a weekend together move no term so far."""
FIRST_YEAR, LAST_YEAR = 1990, 2200
"""Nobody is asked for anything of another time, nor by a day of one."""


class Anchor(StrEnum):
    """From where a term is counted."""

    START = "start"
    """The day before the period: its first day is day 1."""
    END = "end"
    """The period's last day: the day after it is day 1, and day 0 the last day itself."""


class Counted(StrEnum):
    """Which days of a term count."""

    CALENDAR = "calendar"
    WORKING = "working"


class Roll(StrEnum):
    """What becomes of a day that isn't worked (ISDA's words for business day conventions)."""

    UNADJUSTED = "unadjusted"
    FOLLOWING = "following"
    PRECEDING = "preceding"


@dataclass(frozen=True, config=STRICT)
class Due:
    """The rule of one deadline: one of a printed date, a day of a month, and a term in days.

    `printed`: the date that a document prints. `day` of the month that is `months` after the one in which the anchor
    lies; a month that has no such day ends earlier. `days` after the anchor, before it where below nought: estimates
    are owed before the end of what they estimate. `before`: until the day before.
    """

    printed: date | None = None
    anchor: Anchor = Anchor.END
    months: Annotated[int, Field(ge=-24, le=24)] = 0
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    days: Annotated[int, Field(ge=-MOST_DAYS, le=MOST_DAYS)] | None = None
    counted: Counted = Counted.CALENDAR
    before: bool = False
    roll: Roll = Roll.UNADJUSTED

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in ("printed", "day", "days") if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ModelError(texts("entry.when", ways=", ".join(ways) or "–"))
        if self.printed and not FIRST_YEAR <= self.printed.year <= LAST_YEAR:
            raise ModelError(texts("entry.printed", first=FIRST_YEAR, last=LAST_YEAR))
        if self.months and self.day is None:
            raise ModelError(texts("entry.months"))
        if self.counted is Counted.WORKING and self.days is None:
            raise ModelError(texts("entry.counted"))
        return self

    def last_day(self, period: Period, calendar: WorkingDays) -> date:
        """The last day on which it is on time; raises UnknownYear where the calendar doesn't reach so far."""
        day = self._named(period, calendar)
        if self.before:
            day -= timedelta(days=1)
        match self.roll:
            case Roll.UNADJUSTED:
                return day
            case Roll.FOLLOWING:
                return calendar.first_from(day)
            case Roll.PRECEDING:
                return calendar.first_from(day, -1)

    def until(self, period: Period, calendar: WorkingDays) -> datetime:
        """The first moment at which it is late: 24:00 in Viet Nam of the last day."""
        return midnight(self.last_day(period, calendar) + timedelta(days=1))

    def around(self, first: date, last: date) -> tuple[date, date] | None:
        """Where the periods lie whose terms end between two days, wider than need be; None for a printed date."""
        if self.printed is not None:
            return None
        if self.day is not None:
            reach = (self.months * 31, self.months * 31)
        else:
            count = self.days or 0
            # No two working days are worked in less than one day each, nor on average in more than two.
            reach = (count, count * (2 if self.counted is Counted.WORKING else 1))
        return (
            first - timedelta(days=max(reach) + NEAR),
            last - timedelta(days=min(reach) - NEAR),
        )

    def _named(self, period: Period, calendar: WorkingDays) -> date:
        if self.printed is not None:
            return self.printed
        if self.day is not None:
            inside = period.start if self.anchor is Anchor.START else period.end
            number = inside.year * 12 + inside.month - 1 + self.months
            year, month = divmod(number, 12)
            return date(year, month + 1, min(self.day, monthrange(year, month + 1)[1]))
        begins = period.end if self.anchor is Anchor.END else period.start - timedelta(days=1)
        count = self.days or 0
        if self.counted is Counted.WORKING:
            return calendar.after(begins, count)
        return begins + timedelta(days=count)

    @classmethod
    def from_dict(cls, data: Any) -> Due:
        """From plain data; raises ModelError naming each wrong place."""
        return read(cls, data, "due")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)

"""SDMX time periods and ranges: one spelling for each span of time.

`2026`, `2026-S1`, `2026-Q3`, `2026-M09`, `2026-11-20`, and for what has no name of its own a range
from a day: nine months are `2026-01-01/P9M`. Both ends count. A range that has a name is read as
that: `2026-01-01/P3M` is `2026-Q1`, so that a span is never stored under two keys.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class PeriodError(ValueError):
    """The text is no time period of SDMX that this product reads."""


class Frequency(StrEnum):
    """How long a period is."""

    YEAR = "year"
    HALF_YEAR = "half_year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"
    RANGE = "range"


_MONTHS = {
    Frequency.YEAR: 12,
    Frequency.HALF_YEAR: 6,
    Frequency.QUARTER: 3,
    Frequency.MONTH: 1,
}
_NAMED = re.compile(r"(\d{4})(?:-(A1|S[12]|Q[1-4]|M(?:0[1-9]|1[0-2])))?", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})/P(\d{1,7})([YMD])", re.ASCII)
_LETTERS = {
    "A": Frequency.YEAR,
    "S": Frequency.HALF_YEAR,
    "Q": Frequency.QUARTER,
    "M": Frequency.MONTH,
}
_HOW = "write 2026, 2026-S1, 2026-Q3, 2026-M09, 2026-11-20 or a range such as 2026-01-01/P9M"


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole days, from `start` to `end`, both counted."""

    start: date
    end: date

    @classmethod
    def parse(cls, text: str) -> "Period":
        """The period that `text` names; raises PeriodError, which says what to write instead."""
        if match := _NAMED.fullmatch(text):
            name = match[2] or "A1"
            months = _MONTHS[_LETTERS[name[0]]]
            first = (int(name[1:]) - 1) * months + 1
            return cls._of_months(text, int(match[1]), first, months)
        if _DAY.fullmatch(text):
            return cls._of_range(text, _day(text), 1, "D")
        if match := _RANGE.fullmatch(text):
            return cls._of_range(text, _day(match[1]), int(match[2]), match[3])
        raise PeriodError(f"{text!r} is no time period: {_HOW}")

    @classmethod
    def _of_months(cls, text: str, year: int, first: int, months: int) -> "Period":
        try:
            start = date(year, first, 1)
            return cls(start, _months_later(start, months) - timedelta(days=1))
        except (ValueError, OverflowError):
            raise PeriodError(f"{text!r} is outside the calendar") from None

    @classmethod
    def _of_range(cls, text: str, start: date, count: int, unit: str) -> "Period":
        if count == 0:
            raise PeriodError(f"{text!r} covers no day: {_HOW}")
        try:
            after = (
                start + timedelta(days=count)
                if unit == "D"
                else _months_later(start, count * (12 if unit == "Y" else 1))
            )
            return cls(start, after - timedelta(days=1))
        except (ValueError, OverflowError):
            raise PeriodError(f"{text!r} is outside the calendar, or its day not in it") from None

    @property
    def months(self) -> int | None:
        """How many whole months from the first of a month; None where it isn't whole months."""
        after = self.end + timedelta(days=1)
        if self.start.day != 1 or after.day != 1:
            return None
        return (after.year - self.start.year) * 12 + after.month - self.start.month

    @property
    def frequency(self) -> Frequency:
        """The named length that it has, else DAY or RANGE."""
        months = self.months
        for frequency, length in _MONTHS.items():
            if months == length and (self.start.month - 1) % length == 0:
                return frequency
        return Frequency.DAY if self.start == self.end else Frequency.RANGE

    @property
    def year(self) -> int:
        """The year in which it begins."""
        return self.start.year

    @property
    def number(self) -> int:
        """Which quarter, half or month of its year it is; 1 for a year."""
        return (self.start.month - 1) // _MONTHS.get(self.frequency, 12) + 1

    def __str__(self) -> str:
        """The one SDMX spelling of this span."""
        match self.frequency:
            case Frequency.YEAR:
                return f"{self.year:04}"
            case Frequency.HALF_YEAR:
                return f"{self.year:04}-S{self.number}"
            case Frequency.QUARTER:
                return f"{self.year:04}-Q{self.number}"
            case Frequency.MONTH:
                return f"{self.year:04}-M{self.number:02}"
            case Frequency.DAY:
                return self.start.isoformat()
            case Frequency.RANGE:
                months = self.months
                days = (self.end - self.start).days + 1
                return f"{self.start.isoformat()}/P{f'{months}M' if months else f'{days}D'}"

    def year_to_date(self) -> "Period":
        """From the first day of the year in which it ends to its end."""
        return Period(date(self.end.year, 1, 1), self.end)

    def previous(self) -> "Period | None":
        """The one of the same length just before it; None before the calendar begins."""
        months = self.months
        try:
            if months is None:
                length = self.end - self.start + timedelta(days=1)
                return Period(self.start - length, self.start - timedelta(days=1))
            return Period(_months_later(self.start, -months), self.start - timedelta(days=1))
        except (ValueError, OverflowError):
            return None

    def year_before(self) -> "Period | None":
        """The same span a year earlier; None where that year lacks its first or last day."""
        try:
            if self.months is None:
                years = (self.start.year - 1, self.end.year - 1)
                return Period(self.start.replace(year=years[0]), self.end.replace(year=years[1]))
            after = _months_later(self.end + timedelta(days=1), -12)
            return Period(_months_later(self.start, -12), after - timedelta(days=1))
        except (ValueError, OverflowError):
            return None

    @classmethod
    def within(cls, frequency: Frequency, first: date, last: date) -> "Iterator[Period]":
        """The periods of a named frequency of which any day lies between the two, in order; none of days and ranges."""
        if (length := _MONTHS.get(frequency)) is None:
            return
        start = date(first.year, (first.month - 1) // length * length + 1, 1)
        while start <= last:
            after = _months_later(start, length)
            yield cls(start, after - timedelta(days=1))
            start = after

    def nearby(self) -> Iterator["Period"]:
        """Other periods of the same frequency in the same year and those beside it."""
        if (length := _MONTHS.get(self.frequency)) is None:
            return
        for year in (self.year, self.year - 1, self.year + 1):
            for first in range(1, 13, length):
                other = Period._of_months(str(self), year, first, length)
                if other != self:
                    yield other


def spelt(text: str) -> str:
    """A period in its one spelling, by which what is about the same is found; other text as it is."""
    try:
        return str(Period.parse(text))
    except PeriodError:
        return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PeriodError(f"{text!r} is no day of the calendar: {_HOW}") from None


def _months_later(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)

"""Which days are worked in Viet Nam: weekends, holidays, and the days that were exchanged for others.

The Government and the Prime Minister say so anew each year, often late in the year before; so a year that nobody has
entered is unknown, not guessed. First source of the data is the library `holidays`; an administrator corrects it.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from services.model.messages import texts
from services.model.text import STRICT, ModelError, Text, plain, read

COUNTRY = "VN"
"""The id of the entry that holds Viet Nam's."""
SATURDAY = 5
"""The first day of a weekend, as `date.weekday` counts (Labour Code 45/2019/QH14, article 111; QĐ 188/1999/QĐ-TTg)."""


class UnknownYear(ModelError):
    """Nobody has entered yet which days of this year are holidays."""


@dataclass(frozen=True, config=STRICT)
class Holiday:
    """A day off besides weekends; `name` says which holiday it is, or for which day it was exchanged."""

    day: date
    name: Text


@dataclass(frozen=True, config=STRICT)
class Year:
    """One year: its holidays, and the days of weekends that are worked in exchange; `source` says by which document."""

    year: int
    source: str
    holidays: Annotated[tuple[Holiday, ...], Field(min_length=1)]
    worked: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _of_this_year(self) -> Self:
        days = [holiday.day for holiday in self.holidays] + list(self.worked)
        if wrong := [day.isoformat() for day in days if day.year != self.year]:
            raise ModelError(texts("entry.other_year", year=self.year, days=", ".join(wrong)))
        if len(set(days)) < len(days):
            raise ModelError(texts("entry.day_twice"))
        if wrong := [day.isoformat() for day in self.worked if day.weekday() < SATURDAY]:
            raise ModelError(texts("entry.no_weekend", days=", ".join(wrong)))
        return self


@dataclass(frozen=True, config=STRICT)
class WorkingDays:
    """The working days of the years that are known."""

    id: str
    years: Annotated[tuple[Year, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_year_once(self) -> Self:
        if len({one.year for one in self.years}) < len(self.years):
            raise ModelError(texts("entry.year_twice"))
        return self

    def is_worked(self, day: date) -> bool:
        """Whether people work on that day; raises UnknownYear."""
        if day.year not in self._known:
            raise UnknownYear(f"{self.id}: nobody has entered the holidays of {day.year}")
        if day.weekday() >= SATURDAY:
            return day in self._worked
        return day not in self._off

    def first_from(self, day: date, step: int = 1) -> date:
        """The day itself where it is worked, else the next one that is; with the step -1 the last one before it.

        Raises UnknownYear.
        """
        while not self.is_worked(day):
            day += timedelta(days=step)
        return day

    def after(self, day: date, count: int) -> date:
        """The `count`th working day after a day, which does not count itself; before it where `count` is below nought.

        The day itself for nought. Raises UnknownYear.
        """
        step = 1 if count > 0 else -1
        for _ in range(abs(count)):
            day = self.first_from(day + timedelta(days=step), step)
        return day

    @property
    def until(self) -> date:
        """The last day of the years that are known without a gap from the first one."""
        year = min(self._known)
        while year + 1 in self._known:
            year += 1
        return date(year, 12, 31)

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(one.year for one in self.years)

    @cached_property
    def _off(self) -> frozenset[date]:
        return frozenset(holiday.day for one in self.years for holiday in one.holidays)

    @cached_property
    def _worked(self) -> frozenset[date]:
        return frozenset(day for one in self.years for day in one.worked)

    @classmethod
    def from_dict(cls, data: Any) -> WorkingDays:
        """From plain data; raises ModelError naming each wrong place."""
        return read(cls, data, f"working days {data.get('id', '?')}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)

"""A year of what somebody owed: month by month how it stood, as bars and in words, and item by item. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.console import words
from services.console.paging import Page
from services.console.standing import TIMELINESS, Tone
from services.model.text import Language

Duty = Mapping[str, Any]
ROWS = 50
"""Duties on one page of the table: more would be heavy to load."""
ROOM_FOR_A_SIGN = 10
"""Per cent of the width below which a part of a bar has no room for its sign, on the narrowest screen."""


@dataclass(frozen=True)
class Part:
    """So many that stood alike; `start` and `width` are per cent of the picture."""

    kind: str
    count: int
    start: float
    width: float

    @property
    def tone(self) -> Tone:
        """What it is coloured and signed by."""
        return TIMELINESS[self.kind]

    @property
    def has_sign(self) -> bool:
        """Whether a sign fits into it."""
        return self.width >= ROOM_FOR_A_SIGN


@dataclass(frozen=True)
class Month:
    """A month in which terms ended, by its number."""

    number: int
    count: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Year:
    """What one supplier owed in a year. `shared` is how much was offered besides, which nobody owed."""

    number: int
    totals: Mapping[str, int]
    months: tuple[Month, ...]
    shared: int
    rows: Sequence[Duty]
    at: Page

    @property
    def count(self) -> int:
        """How much was owed."""
        return sum(self.totals.values())


def year(number: int, duties: Iterable[Duty], language: Language, page: int) -> Year:
    """Of those whose last day on time is in this year; `page` of the table is shown."""
    found = [one for one in duties if date.fromisoformat(one["due"]).year == number]
    owed = [one for one in found if not one["is_shared"]]
    by_month = [
        Counter(one["timeliness"] for one in owed if date.fromisoformat(one["due"]).month == month)
        for month in range(1, 13)
    ]
    most = max(counted.total() for counted in by_month)
    at = Page.of(page, len(owed), ROWS)
    ordered = sorted(owed, key=lambda one: (_name(one, language), one["due"], one["id"]))
    return Year(
        number,
        _ordered(Counter(one["timeliness"] for one in owed)),
        tuple(_month(month, counted, most) for month, counted in enumerate(by_month, 1)),
        len(found) - len(owed),
        ordered[at.among(ROWS)],
        at,
    )


def said(counts: Mapping[str, int], language: Language) -> str:
    """«9 đúng hạn; 2 trễ»: those that there are."""
    say = words.sayer(language)
    return "; ".join(
        say("year.part", count=count, what=say(f"duty.timeliness.{kind}"))
        for kind, count in counts.items()
        if count
    )


def _month(number: int, counted: Mapping[str, int], most: int) -> Month:
    parts, start = [], 0.0
    for kind, count in _ordered(counted).items():
        width = 100 * count / most
        parts.append(Part(kind, count, round(start, 2), round(width, 2)))
        start += width
    return Month(number, sum(counted.values()), tuple(parts))


def _ordered(counted: Mapping[str, int]) -> dict[str, int]:
    return {kind: counted[kind] for kind in TIMELINESS if counted.get(kind)}


def _name(duty: Duty, language: Language) -> str:
    return words.in_language(duty["name"], language, duty["item"])

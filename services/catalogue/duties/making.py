"""The duties that items, reports and calls make: the same entries make the same ones, so any past day can be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from services.catalogue.duties.duty import Duty, Key
from services.model.crosswalk import BEFORE, SINCE, Crosswalk
from services.model.deadline import Call
from services.model.due import Due
from services.model.enumerations import Completeness
from services.model.item import Item
from services.model.period import Frequency, Period
from services.model.regulation import midnight
from services.model.report import Report
from services.model.working_days import UnknownYear, WorkingDays


@dataclass(frozen=True)
class Known:
    """What duties are made of besides items, reports and calls.

    `lists` are the area lists of each form, the first one preferred. `provinces` says in which province of list 34 each
    organisation and room is; an item is owed about that of its room, else of its supplier, a report of who owes it.
    `ends`: only duties whose terms end on one of these days, or between; None for all. `sections` are those of each
    form, with the kinds of organisation that answer for them, and `kinds` what each organisation is.
    """

    calendar: WorkingDays
    lists: Mapping[str, Sequence[str]]
    crosswalk: Crosswalk
    provinces: Mapping[str, str]
    ends: tuple[date, date] | None = None
    sections: Mapping[str, Sequence[tuple[str, Collection[str]]]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def province(self, owed: Item | Report) -> str | None:
        """About which province it is owed; None where nobody can say."""
        room = owed.room if isinstance(owed, Item) else None
        return self.provinces.get(room or "") or self.provinces.get(owed.responsible)

    def sections_of(self, item: Item | Report) -> tuple[str, ...]:
        """The sections that it is about: those of its supplier's kind where it names none; blank for a whole form."""
        if isinstance(item, Report):
            return ("",)
        kind = self.kinds.get(item.responsible)
        by_kind = tuple(id_ for id_, kinds in self.sections.get(item.form, ()) if kind in kinds)
        return item.sections or by_kind or ("",)


def of_items(
    items: Iterable[Item | Report], known: Known, first: date, last: date
) -> Iterator[Duty]:
    """The duties of the items and reports themselves for all periods of which a day lies between the two.

    What is shared without a duty has dates where they were agreed, and is made here, too: measures tell it apart. None
    whose term ends in a year of which nobody has entered the days off.
    """
    for item in items:
        if item.frequency is None:
            continue
        for deadline in item.deadlines:
            near = known.ends and deadline.due.around(*known.ends)
            begins, ends = near or (first, last)
            for period in Period.within(item.frequency, max(first, begins), min(last, ends)):
                if deadline.since is not None and period.start < deadline.since:
                    continue
                what = (period, deadline.completeness, deadline.round)
                term = _Term(deadline.due, deadline.grace, deadline.closes)
                yield from _duties(item, what, term, known)


def of_calls(calls: Iterable[Call], items: Iterable[Item], known: Known) -> Iterator[Duty]:
    """The duties that calls make: of those whom they address, and who supply one of their items."""
    by_id = {item.id: item for item in items}
    for call in calls:
        for item in (by_id[id_] for id_ in dict.fromkeys(call.items) if id_ in by_id):
            if call.addressees is not None and item.responsible not in call.addressees:
                continue
            for asked in call.asked:
                what = (Period.parse(asked.period), asked.completeness, asked.round)
                if what[0].frequency not in (item.frequency, Frequency.RANGE):
                    continue
                term = _Term(call.due, call.grace, call.closes)
                yield from _duties(item, what, term, known, call.id)


def merged(made: Iterable[Duty]) -> dict[Key, Duty]:
    """Each duty once. Where an item and a call ask for the same, the call says when; of two calls the later term."""
    found: dict[Key, Duty] = {}
    for duty in made:
        before = found.get(duty.key)
        if before is None or (duty.call, duty.late_from) > (before.call, before.late_from):
            found[duty.key] = duty
    return found


@dataclass(frozen=True)
class _Term:
    due: Due
    grace: int
    closes: int | None


def _duties(
    item: Item | Report,
    what: tuple[Period, Completeness, int],
    term: _Term,
    known: Known,
    call: str = "",
) -> Iterator[Duty]:
    period, completeness, round_ = what
    try:
        day = term.due.last_day(period, known.calendar)
        if known.ends is not None and not known.ends[0] <= day <= known.ends[1]:
            return
        urged = known.calendar.after(day, term.grace)
        closed = None if term.closes is None else known.calendar.after(day, term.closes)
    except UnknownYear:
        return
    goes_by = _goes_by(item)
    for (area_list, area), section in product(_areas(known, item), known.sections_of(item)):
        yield Duty(
            key=Key(item.id, area_list, area, str(period), completeness, round_, section),
            supplier=item.responsible,
            **goes_by,
            late_from=_after(day),
            urged_from=_after(urged),
            closed_from=None if closed is None else _after(closed),
            call=call,
        )


def _goes_by(owed: Item | Report) -> dict[str, Any]:
    """What a duty says of the form by which it is owed, or of the report, and to whom."""
    if isinstance(owed, Item):
        return {"form": owed.form, "recipient": owed.room}
    recipient = next(iter(owed.recipients), None)
    return {"form": "", "recipient": recipient, "report": owed.name}


def _areas(known: Known, item: Item | Report) -> list[tuple[str, str]]:
    """The areas for which it is owed: each old province of a merged one where its form goes by the old list."""
    province = known.province(item)
    if province is None:
        return []
    (preferred, *_) = known.lists[item.form] if isinstance(item, Item) else (SINCE,)
    if preferred == BEFORE:
        return [(BEFORE, area.code) for area in known.crosswalk.predecessors(province)]
    return [(SINCE, province)]


def _after(day: date) -> datetime:
    """The end of a day in Viet Nam."""
    return midnight(day + timedelta(days=1))

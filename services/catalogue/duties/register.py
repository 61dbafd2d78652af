"""The register of duties as it stood at a moment: made of the entries of then, and what had come until then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session

from services.catalogue.duties import store
from services.catalogue.duties.act import Said, said_by
from services.catalogue.duties.acts import difficulty_of
from services.catalogue.duties.deliveries import Owed, deliveries
from services.catalogue.duties.duty import Duty
from services.catalogue.duties.making import Known, merged, of_calls, of_items
from services.catalogue.duties.names import Names
from services.catalogue.duties.reports import supplied_by
from services.catalogue.duties.standing import Delivery, Facts, Standing, standing
from services.catalogue.entry import EntryKind, Version
from services.model import crosswalk
from services.model.deadline import Call
from services.model.item import Item
from services.model.messages import texts
from services.model.regulation import day
from services.model.report import Report
from services.model.text import ModelError
from services.model.working_days import COUNTRY, WorkingDays

T = TypeVar("T")
INSTANT, ONE_DAY = timedelta(microseconds=1), timedelta(days=1)
LONGEST = timedelta(days=800)
"""No term is further from its period than this (`due`: 24 months, 400 days)."""


class NoCalendar(ModelError):
    """The catalogue lacks the days off, of which terms are made."""


@dataclass(frozen=True)
class Register:
    """Duties whose terms end in a span of time, by when they do, each with how it stood."""

    duties: Sequence[tuple[Duty, Standing]]
    items: Mapping[str, Item | Report]
    calendar: WorkingDays
    unread: Sequence[str] = ()
    """Items, reports and calls that make no duties: a release has asked for more since they were entered."""
    reminded: Mapping[UUID, tuple[int, datetime]] = field(default_factory=dict)
    """How many reminders of a duty went out, and when the last did."""
    unaddressed: frozenset[str] = frozenset()
    """Organisations to which nothing can be sent: the catalogue has no address of theirs."""
    names: Names = field(default_factory=Names)
    parted: frozenset[str] = frozenset()
    ended: Mapping[str, Version] = field(default_factory=dict)
    """Suppliers that ended, by id: what they owed goes to whom a document names, item by item."""

    def is_shared(self, duty: Duty) -> bool:
        """Whether it is offered, not owed: it has a date only where that was agreed."""
        item = self.items[duty.key.item]
        return isinstance(item, Item) and item.regime == "sharing"

    def is_orphaned(self, duty: Duty) -> bool:
        """Whether its supplier has ended before its term does, and no version of the item names another."""
        supplier = self.ended.get(duty.supplier)
        return supplier is not None and not supplier.in_force(duty.late_from - INSTANT)


def register(session: Session, first: datetime, last: datetime, at: datetime) -> Register:
    """The duties whose terms, before what was granted, end from `first` on and before `last`, as they stood at `at`.

    Raises NoCalendar.
    """
    entries = {
        kind: store.as_of(session, kind, at)
        for kind in (
            EntryKind.ITEM,
            EntryKind.REPORT,
            EntryKind.CALL,
            EntryKind.FORM,
            EntryKind.WORKING_DAYS,
            EntryKind.ORGANISATION,
        )
    }
    items, unread = _read(Item.from_dict, entries[EntryKind.ITEM])
    reports, unread_reports = _read(Report.from_dict, entries[EntryKind.REPORT])
    calls, unread_calls = _read(Call.from_dict, entries[EntryKind.CALL])
    known = replace(_known(entries), ends=(day(first) - ONE_DAY, day(last)))
    binding = [call for call in calls.values() if call.is_binding]
    owed: dict[str, Item | Report] = {**reports, **items}
    made = _made(entries, owed, binding, known, (day(first - LONGEST), day(last + LONGEST)))
    wanted = [duty for duty in made if first <= duty.late_from < last]
    came = deliveries(store.came(session, wanted, at))
    acts: dict[UUID, list[Said]] = {}
    for row in store.acts(session, (duty.key.id for duty in wanted), at):
        acts.setdefault(row.duty, []).append(said_by(row))
    stood = [
        (duty, standing(duty, _facts(duty, _of(came, duty), acts.get(duty.key.id, ())), at))
        for duty in wanted
    ]
    return Register(
        sorted(stood, key=lambda one: (one[1].late_from, one[0].key)),
        owed,
        known.calendar,
        [*unread, *unread_reports, *unread_calls],
        store.reminders(session, (duty.key.id for duty in wanted), at),
        frozenset(
            one.id for one in entries[EntryKind.ORGANISATION] if not one.body.get("contacts")
        ),
        Names.of(entries[EntryKind.ORGANISATION], entries[EntryKind.FORM]),
        parted(wanted),
        {one.id: one for one in entries[EntryKind.ORGANISATION] if one.valid_to is not None},
    )


def _read(
    read: Callable[[dict[str, Any]], T], entries: Iterable[Version]
) -> tuple[dict[str, T], list[str]]:
    """The entries that can be read, and the ids of the others: one of them must not hide what all others owe."""
    found, unread = {}, []
    for entry in entries:
        try:
            found[entry.id] = read(entry.body)
        except ModelError:
            unread.append(entry.id)
    return found, unread


def _made(
    entries: Mapping[EntryKind, Sequence[Version]],
    items: Mapping[str, Item | Report],
    calls: Sequence[Call],
    known: Known,
    span: tuple[date, date],
) -> Iterable[Duty]:
    validity = {one.id: one for kind in (EntryKind.REPORT, EntryKind.ITEM) for one in entries[kind]}
    asked = [one for one in items.values() if isinstance(one, Item)]
    made = (*of_items(items.values(), known, *span), *of_calls(calls, asked, known))
    called = {one.id: one for one in entries[EntryKind.CALL]}
    # Owed is what was in force on the last day of the term, and called for by what was.
    in_force = (
        one
        for one in made
        if validity[one.key.item].in_force(one.late_from - INSTANT)
        and (not one.call or called[one.call].in_force(one.late_from - INSTANT))
    )
    return merged(in_force).values()


def _known(entries: Mapping[EntryKind, Sequence[Version]]) -> Known:
    calendars = (one.body for one in entries[EntryKind.WORKING_DAYS] if one.id == COUNTRY)
    calendar = next(calendars, None)
    if calendar is None:
        raise NoCalendar(texts("catalogue.duties.calendar"))
    organisations = {one.id: one.body for one in entries[EntryKind.ORGANISATION]}
    provinces = {
        id_: body.get("province") or organisations.get(body.get("parent", ""), {}).get("province")
        for id_, body in organisations.items()
    }
    return Known(
        calendar=WorkingDays.from_dict(calendar),
        lists={one.id: tuple(one.body["area_lists"]) for one in entries[EntryKind.FORM]},
        crosswalk=crosswalk.provinces(),
        provinces={id_: province for id_, province in provinces.items() if province},
        sections={
            form.id: [
                (section["id"], section["organisation_kinds"])
                for section in form.body["responsible"]
                if section.get("id")
            ]
            for form in entries[EntryKind.FORM]
        },
        kinds={id_: body["kind"] for id_, body in organisations.items()},
    )


def parted(duties: Iterable[Duty]) -> frozenset[str]:
    """The items that are owed section by section, in more than one."""
    owed = {(duty.key.item, duty.key.section) for duty in duties}
    return frozenset(item for item, many in Counter(item for item, _ in owed).items() if many > 1)


def _facts(duty: Duty, came: Sequence[Delivery], acts: Sequence[Said]) -> Facts:
    # What the office granted holds for whoever owes it; what one that owed it before said of itself does not.
    own = [one for one in acts if one.supplier in ("", duty.supplier)]
    granted = tuple(one.granted for one in acts if one.granted)
    announced = tuple(one.announced for one in own if one.announced)
    requested = tuple(one.requested for one in own if one.requested)
    declined = tuple(one.declined for one in own if one.declined)
    thread = tuple(one.remark for one in acts if one.remark)
    covering = [one for one in came if _covers(one.sections, duty.key.section)]
    return Facts(
        deliveries=(*covering, *supplied_by(acts)),
        granted=granted,
        announced=announced,
        requested=requested,
        declined=declined,
        difficulty=difficulty_of(own),
        thread=thread,
        beside=tuple(one for one in came if one not in covering),
    )


def _of(came: Mapping[Owed, Sequence[Delivery]], duty: Duty) -> Sequence[Delivery]:
    """The attempts at it, about its area, or about the province of today where the form goes by both lists."""
    key = duty.key
    area = crosswalk.Area(key.area_list, key.area)
    rest = key.period, key.completeness.value, key.round
    found = (
        came.get(Owed(duty.form, duty.supplier, one.area_list, one.code, *rest))
        for one in (area, crosswalk.provinces().successor(area))
    )
    return next((each for each in found if each), ())


def _covers(sections: frozenset[str], section: str) -> bool:
    """Whether a delivery of these sections is one of the duty's: none are all that the supplier answers for."""
    return not sections or section in sections

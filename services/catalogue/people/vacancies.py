"""Where nobody is named who answers: bodies without a focal point (R29), rooms without an accountable head (R70)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from services.catalogue.people import changes, store
from services.catalogue.people.person import Person
from services.kernel import metrics
from services.kernel.api import Context
from services.kernel.auth import Role
from services.model.form import Form

SECONDS = 60.0
"""Between two counts, for the alarm."""
IN_FORCE = sa.text("""
select kind, id, body from (
    select distinct on (kind, id) kind, id, body, valid_from, valid_to from entries
    where kind in ('item', 'form', 'organisation') order by kind, id, version desc) newest
where (valid_from is null or valid_from <= :now) and (valid_to is null or valid_to > :now)
""")
Bodies = Mapping[str, Mapping[str, Any]]
"""Entries of one kind as the catalogue has them, by id."""


@dataclass(frozen=True)
class Vacant:
    """Ids of bodies that may send and of rooms that accept; who is locked out answers for nothing."""

    agencies: tuple[str, ...]
    rooms: tuple[str, ...]


def vacant(session: Session, now: datetime) -> Vacant:
    """What is vacant by the entries in force and the people of now."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {"item": {}, "form": {}, "organisation": {}}
    for kind, id_, body in session.execute(IN_FORCE, {"now": now}):
        found[kind][id_] = body
    people = store.everyone(session).values()
    return without_people(found["item"], found["form"], found["organisation"], people)


def without_people(
    items: Bodies, forms: Bodies, organisations: Bodies, people: Iterable[Person]
) -> Vacant:
    """Which body may send, or owes an item, and has nobody in the role `agency`; which room accepts and has no head."""
    there = [person for person in people if not person.locked]
    reachable = {person.organisation for person in there if Role.AGENCY in person.roles}
    headed = {unit for person in there for unit in person.head_of}
    sendable = [Form.from_dict(form) for form in forms.values()]
    senders = {
        id_
        for id_, organisation in organisations.items()
        if any(form.may_come_from(organisation) for form in sendable)
    }
    owing = {item["responsible"] for item in items.values()}
    accepting = {item["room"] for item in items.values() if item.get("room")}
    return Vacant(tuple(sorted((owing | senders) - reachable)), tuple(sorted(accepting - headed)))


def count(context: Context) -> None:
    """Sets the gauges to what is vacant now."""
    with Session(context.engine) as session:
        vacancies = vacant(session, context.clock())
        waiting = changes.waiting_foundings(session)
    metrics.FOUNDINGS_WAITING.labels(context.service).set(waiting)
    metrics.VACANCIES.labels(context.service, "focal_point").set(len(vacancies.agencies))
    metrics.VACANCIES.labels(context.service, "head").set(len(vacancies.rooms))

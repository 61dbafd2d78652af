"""Where nobody is named who answers: agencies without a focal point (R29), rooms without an accountable head (R70)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from services.catalogue.people import changes, store
from services.kernel import metrics
from services.kernel.api import Context
from services.kernel.auth import Role

SECONDS = 60.0
"""Between two counts, for the alarm."""
ITEMS = sa.text("""
select body ->> 'responsible', body ->> 'room' from (
    select distinct on (id) body, valid_from, valid_to from entries
    where kind = 'item' order by id, version desc) newest
where (valid_from is null or valid_from <= :now) and (valid_to is null or valid_to > :now)
""")


@dataclass(frozen=True)
class Vacant:
    """Ids of agencies and rooms that an item in force names; who is locked out answers for nothing."""

    agencies: tuple[str, ...]
    rooms: tuple[str, ...]


def vacant(session: Session, now: datetime) -> Vacant:
    """Who owes an item and has no person in the role `agency`; which room accepts one and has no head."""
    items = session.execute(ITEMS, {"now": now}).all()
    there = [person for person in store.everyone(session).values() if not person.locked]
    reachable = {person.organisation for person in there if Role.AGENCY in person.roles}
    headed = {unit for person in there for unit in person.head_of}
    return Vacant(
        tuple(sorted({agency for agency, _ in items} - reachable)),
        tuple(sorted({room for _, room in items if room} - headed)),
    )


def count(context: Context) -> None:
    """Sets the gauges to what is vacant now."""
    with Session(context.engine) as session:
        vacancies = vacant(session, context.clock())
        waiting = changes.waiting_foundings(session)
    metrics.FOUNDINGS_WAITING.labels(context.service).set(waiting)
    metrics.VACANCIES.labels(context.service, "focal_point").set(len(vacancies.agencies))
    metrics.VACANCIES.labels(context.service, "head").set(len(vacancies.rooms))

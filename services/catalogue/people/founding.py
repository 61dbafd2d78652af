"""Founding the office: its first two leaders, by a command on the machine, of whom nobody else knows a password.

Before the first submission they are there at once. In an office that works already the same command waits for a day,
which every office of the province hears of and any leader ends: it is the way back where no leader is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from services.catalogue.people import authority, changes, governing, links, store
from services.catalogue.people.authority import FOUNDING, WAITS, Change, Told
from services.catalogue.people.links import Link
from services.catalogue.people.person import Person, Written
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.kernel.outbox import Outbox

LEADERS = 2


class NotFounded(Exception):
    """The command can't be carried out; `code` names the message `operators.founding.<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Founded:
    """The links of the new leaders; or the change that waits, and none."""

    links: tuple[Link, ...]
    waits: Change | None = None


def found(
    session: Session,
    outbox: Outbox,
    leaders: Sequence[Person],
    now: datetime,
    *,
    works_already: bool,
) -> Founded:
    """Makes the leaders, or proposes that and does it a day later. Raises NotFounded, or Problem for wrong persons."""
    if len({leader.id for leader in leaders}) != LEADERS:
        raise NotFounded("two")
    for person in leaders:
        governing.check(session, person)
        if store.newest(session, person.id):
            # Somebody may know the password of who is there.
            raise NotFounded("there")
    body = {"leaders": [person.to_dict() for person in leaders]}
    late = works_already or changes.is_founded(session)
    change, is_new = changes.propose(
        session,
        PeopleChangeKind.FOUNDING,
        "",
        0,
        body,
        (),
        FOUNDING,
        now,
        now + WAITS if late else None,
    )
    if late and is_new:
        told = Told(
            PeopleChangeKind.FOUNDING,
            PeopleChangeState.PROPOSED,
            organisation=leaders[0].organisation,
            is_founding=True,
        )
        outbox.add(session, authority.event(change.id, told, FOUNDING, None, now))
    if change.not_before and now < change.not_before:
        return Founded((), change)
    made = tuple(_make(session, outbox, person, now) for person in leaders)
    changes.decide(session, change.id, PeopleChangeState.DONE, FOUNDING, now)
    told = Told(PeopleChangeKind.FOUNDING, organisation=leaders[0].organisation, is_founding=True)
    outbox.add(session, authority.event(change.id, told, FOUNDING, None, now))
    return Founded(made)


def _make(session: Session, outbox: Outbox, person: Person, now: datetime) -> Link:
    if not store.create(session, person.id, None, now):
        raise NotFounded("there")
    written = Written(person, 1, now, FOUNDING)
    store.add(session, written)
    store.raise_(session, person.id, FOUNDING, now)
    told = Told(
        PeopleChangeKind.PERSON,
        person=person,
        fields=authority.differing(None, person),
        is_founding=True,
    )
    outbox.add(session, authority.event(uuid4(), told, FOUNDING, None, now))
    return links.make(session, person.id, now)

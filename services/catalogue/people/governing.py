"""Changes of people in the database: at once, or proposed for a second person. Each is an event with its author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from services.catalogue.people import authority, changes, links, sessions, store
from services.catalogue.people.authority import Change, Code, Told
from services.catalogue.people.links import Link
from services.catalogue.people.person import ID, Person, Written, flaws
from services.catalogue.refusals import absent, wrong
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.kernel.auth import Role
from services.kernel.outbox import Outbox
from services.kernel.problems import Problem


@dataclass(frozen=True)
class Outcome:
    """What became of a wish. `change`: it waits, or was decided now."""

    written: Written | None = None
    is_new: bool = False
    change: Change | None = None
    link: Link | None = None


def create(
    outbox: Outbox, person: Person, hashed: str | None, author: str, session: Session, now: datetime
) -> Outcome:
    """A person who is not there yet; the same again changes nothing. Raises Problem where it is another."""
    check(session, person)
    gains = authority.gained(None, person)
    is_founded = _may_alone(session, None, person)
    if gains and is_founded and store.newest(session, person.id) is None:
        if hashed:
            # Who adds somebody with rights must not know the password.
            raise wrong(422, "password-by-link", "catalogue.change.by-link", [])
        return _propose(outbox, session, person, 0, gains, author, now)
    if not store.create(session, person.id, hashed, now):
        existing = store.lock(session, person.id)
        assert existing is not None
        if existing.person != person:
            raise wrong(409, "person-exists", "catalogue.person.exists", [], id=person.id)
        return Outcome(existing)
    written = Written(person, 1, now, author)
    _write(outbox, session, None, written, not is_founded)
    return Outcome(written, True)


def change(
    outbox: Outbox, id_: str, values: Mapping[str, Any], author: str,
    session: Session, now: datetime,
) -> Outcome:  # fmt: skip
    """A new version of a person, at once or once a second person agrees; none where nothing changes."""
    existing = _locked(session, id_)
    person = Person(**{**vars(existing.person), **values})
    if person == existing.person:
        return Outcome(existing)
    check(session, person)
    is_founded = _may_alone(session, existing.person, person)
    gains = authority.gained(existing.person, person)
    if gains and is_founded:
        return _propose(outbox, session, person, existing.version, gains, author, now)
    written = Written(person, existing.version + 1, now, author)
    _write(outbox, session, existing.person, written, not is_founded)
    return Outcome(written, True)


def reset(outbox: Outbox, id_: str, author: str, session: Session, now: datetime) -> Outcome:
    """The password ends and a one-time link takes its place, once a second person agrees."""
    existing = _locked(session, id_)
    if not changes.is_founded(session):
        link = _end_password(session, id_, author, now)
        told = Told(PeopleChangeKind.PASSWORD, person=existing.person, is_founding=True)
        outbox.add(session, authority.event(uuid4(), told, author, None, now))
        return Outcome(link=link)
    kind = PeopleChangeKind.PASSWORD
    found, is_new = changes.propose(session, kind, id_, 0, {}, (), author, now)
    told = Told(kind, PeopleChangeState.PROPOSED, existing.person)
    return _proposed(outbox, session, found, is_new, told)


def set_own(outbox: Outbox, id_: str, hashed: str, session: Session, now: datetime) -> None:
    """Somebody's own new password."""
    existing = _locked(session, id_)
    store.set_password(session, id_, hashed, now)
    told = Told(PeopleChangeKind.PASSWORD, person=existing.person)
    outbox.add(session, authority.event(uuid4(), told, id_, None, now))


def use_link(outbox: Outbox, token: str, hashed: str, session: Session, now: datetime) -> bool:
    """The password of whom a one-time link names; False where it is good no more."""
    row = links.holder(session, token, now, lock=True)
    if row is None:
        return False
    row.used_at = now
    session.add(row)
    set_own(outbox, row.person, hashed, session, now)
    return True


def confirm(
    outbox: Outbox, session: Session, change: Change, who: str, now: datetime
) -> Link | None:
    """Carries out a change of a person, or of its password, that this second person agrees to; perhaps with a link."""
    author = change.proposed_by
    if change.what is PeopleChangeKind.PASSWORD:
        existing = _locked(session, change.subject)
        given = _end_password(session, change.subject, author, now)
        told = Told(PeopleChangeKind.PASSWORD, person=existing.person)
        outbox.add(session, authority.event(change.id, told, author, who, now))
        return given
    person = Person.from_dict(change.body)
    before = store.lock(session, person.id)
    is_other = (before.version if before else 0) != change.base
    if not is_other:
        check(session, person)
    if is_other or (before is None and not store.create(session, person.id, None, now)):
        raise wrong(409, "changed-meanwhile", "catalogue.change.meanwhile", [])
    link = None
    store.add(session, Written(person, change.base + 1, now, author))
    raise_(session, person.id, author, now)
    if before is None or not set(before.person.roles) & authority.TRUSTED:
        # Whoever made somebody without rights may know the password.
        link = _end_password(session, person.id, author, now)
    fields = authority.differing(before.person if before else None, person)
    told = Told(PeopleChangeKind.PERSON, person=person, fields=fields)
    outbox.add(session, authority.event(change.id, told, author, who, now))
    return link


def raise_(session: Session, person: str, author: str, now: datetime) -> None:
    """Others gave somebody more: its tokens say so from now on, so those before end."""
    store.raise_(session, person, author, now)
    sessions.end(session, person, now)


def check(session: Session, person: Person) -> None:
    """Raises Problem for what a person cannot be."""
    if found := flaws(person, store.known(session)):
        raise wrong(422, "person", "catalogue.person.refused", found, id=person.id)


def nobody(id_: str) -> Problem:
    """That there is no such person."""
    return absent("no-person", "catalogue.person.absent", id=id_[:100])


def refusal(code: Code) -> Problem:
    """Why somebody can't decide about a change."""
    status = 409 if code in (Code.DECIDED, Code.TOO_LATE, Code.BY_COMMAND) else 403
    return wrong(status, f"change-{code.value}", f"catalogue.change.{code.value}", [])


def _may_alone(session: Session, before: Person | None, person: Person) -> bool:
    """Whether the office is founded; raises Problem for a leader before: the first two come by the command."""
    is_founded = changes.is_founded(session)
    is_new = before is None or Role.LEADER not in before.roles
    if not is_founded and is_new and Role.LEADER in person.roles:
        raise refusal(Code.BY_COMMAND)
    return is_founded


def _propose(
    outbox: Outbox,
    session: Session,
    person: Person,
    base: int,
    gains: tuple[str, ...],
    author: str,
    now: datetime,
) -> Outcome:
    kind, body = PeopleChangeKind.PERSON, person.to_dict()
    found, is_new = changes.propose(session, kind, person.id, base, body, gains, author, now)
    told = Told(kind, PeopleChangeState.PROPOSED, person, fields=gains)
    return _proposed(outbox, session, found, is_new, told)


def _proposed(
    outbox: Outbox, session: Session, change: Change, is_new: bool, told: Told
) -> Outcome:
    if is_new:
        event = authority.event(change.id, told, change.proposed_by, None, change.proposed_at)
        outbox.add(session, event)
    return Outcome(is_new=is_new, change=change)


def _write(
    outbox: Outbox, session: Session, before: Person | None, written: Written, is_founding: bool
) -> None:
    person, author, now = written.person, written.changed_by, written.changed_at
    store.add(session, written)
    if authority.gained(before, person):
        store.raise_(session, person.id, author, now)
    if person.locked:
        sessions.end(session, person.id, now)
    fields = authority.differing(before, person)
    told = Told(PeopleChangeKind.PERSON, person=person, fields=fields, is_founding=is_founding)
    outbox.add(session, authority.event(uuid4(), told, author, None, now))


def _end_password(session: Session, person: str, author: str, now: datetime) -> Link:
    store.set_password(session, person, None, now)
    raise_(session, person, author, now)
    return links.make(session, person, now)


def _locked(session: Session, id_: str) -> Written:
    existing = store.lock(session, id_) if ID.fullmatch(id_) else None
    if existing is None:
        raise nobody(id_)
    return existing

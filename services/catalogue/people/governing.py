"""Changes of people in the database: at once, or proposed for a second person. Each is an event with its author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from services.catalogue.people import authority, changes, links, sessions, store
from services.catalogue.people.authority import Change, Code, Told
from services.catalogue.people.links import Link
from services.catalogue.people.person import ID, Person, Written, flaws
from services.catalogue.refusals import absent, wrong
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.kernel.api import Context
from services.kernel.auth import Role
from services.kernel.problems import Problem


@dataclass(frozen=True)
class Outcome:
    """What became of a wish. `change`: it waits, or was decided now. `sequence`: the outbox row to wait for."""

    written: Written | None = None
    is_new: bool = False
    change: Change | None = None
    link: Link | None = None
    sequence: int | None = None


def create(context: Context, person: Person, hashed: str | None, author: str) -> Outcome:
    """A person who is not there yet; the same again changes nothing. Raises Problem where it is another."""
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        check(session, person)
        gains = authority.gained(None, person)
        is_founded = _may_alone(session, None, person)
        if gains and is_founded and store.newest(session, person.id) is None:
            if hashed:
                # Who adds somebody with rights must not know the password.
                raise wrong(422, "password-by-link", "catalogue.change.by-link", [])
            return _propose(context, session, person, 0, gains, author, now)
        if not store.create(session, person.id, hashed, now):
            existing = store.lock(session, person.id)
            assert existing is not None
            if existing.person != person:
                message = "catalogue.person.exists"
                raise wrong(409, "person-exists", message, [], id=person.id)
            return Outcome(existing, sequence=context.outbox.unpublished(session))
        written = Written(person, 1, now, author)
        sequence = _write(context, session, None, written, not is_founded)
        return Outcome(written, True, sequence=sequence)


def change(context: Context, id_: str, values: Mapping[str, Any], author: str) -> Outcome:
    """A new version of a person, at once or once a second person agrees; none where nothing changes."""
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        existing = _locked(session, id_)
        person = Person(**{**vars(existing.person), **values})
        if person == existing.person:
            return Outcome(existing, sequence=context.outbox.unpublished(session))
        check(session, person)
        is_founded = _may_alone(session, existing.person, person)
        gains = authority.gained(existing.person, person)
        if gains and is_founded:
            return _propose(context, session, person, existing.version, gains, author, now)
        written = Written(person, existing.version + 1, now, author)
        sequence = _write(context, session, existing.person, written, not is_founded)
        return Outcome(written, True, sequence=sequence)


def reset(context: Context, id_: str, author: str) -> Outcome:
    """The password ends and a one-time link takes its place, once a second person agrees."""
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        existing = _locked(session, id_)
        if not changes.is_founded(session):
            link = _end_password(session, id_, author, now)
            told = Told(PeopleChangeKind.PASSWORD, person=existing.person, is_founding=True)
            return Outcome(link=link, sequence=_tell(context, session, uuid4(), told, author))
        found, is_new = changes.propose(
            session, PeopleChangeKind.PASSWORD, id_, 0, {}, (), author, now
        )
        told = Told(PeopleChangeKind.PASSWORD, PeopleChangeState.PROPOSED, existing.person)
        return _proposed(context, session, found, is_new, told)


def set_own(context: Context, id_: str, hashed: str) -> int | None:
    """Somebody's own new password; returns the outbox row to wait for."""
    with Session(context.engine) as session, session.begin():
        return _set(context, session, id_, hashed)


def use_link(context: Context, token: str, hashed: str) -> int | None:
    """The password of whom a one-time link names; None where it is good no more."""
    now = context.clock()
    with Session(context.engine) as session, session.begin():
        row = links.holder(session, token, now, lock=True)
        if row is None:
            return None
        row.used_at = now
        session.add(row)
        return _set(context, session, row.person, hashed)


def confirm(context: Context, session: Session, found: Change, who: str) -> Outcome:
    """Carries out a change of a person, or of its password, that this second person agrees to."""
    now, author = context.clock(), found.proposed_by
    if found.what is PeopleChangeKind.PASSWORD:
        existing = _locked(session, found.subject)
        given = _end_password(session, found.subject, author, now)
        told = Told(PeopleChangeKind.PASSWORD, person=existing.person)
        return Outcome(link=given, sequence=_tell(context, session, found.id, told, author, who))
    person = Person.from_dict(found.body)
    before = store.lock(session, person.id)
    if (before.version if before else 0) != found.base:
        raise wrong(409, "changed-meanwhile", "catalogue.change.meanwhile", [])
    check(session, person)
    link = None
    if before is None and not store.create(session, person.id, None, now):
        raise wrong(409, "changed-meanwhile", "catalogue.change.meanwhile", [])
    store.add(session, Written(person, found.base + 1, now, author))
    raise_(session, person.id, author, now)
    if before is None or not set(before.person.roles) & authority.TRUSTED:
        # Whoever made somebody without rights may know the password.
        link = _end_password(session, person.id, author, now)
    fields = authority.differing(before.person if before else None, person)
    told = Told(PeopleChangeKind.PERSON, person=person, fields=fields)
    return Outcome(link=link, sequence=_tell(context, session, found.id, told, author, who))


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
    context: Context,
    session: Session,
    person: Person,
    base: int,
    gains: tuple[str, ...],
    author: str,
    now: datetime,
) -> Outcome:
    body = person.to_dict()
    found, is_new = changes.propose(
        session, PeopleChangeKind.PERSON, person.id, base, body, gains, author, now
    )
    told = Told(PeopleChangeKind.PERSON, PeopleChangeState.PROPOSED, person, fields=gains)
    return _proposed(context, session, found, is_new, told)


def _proposed(
    context: Context, session: Session, found: Change, is_new: bool, told: Told
) -> Outcome:
    if not is_new:
        return Outcome(change=found, sequence=context.outbox.unpublished(session))
    sequence = _tell(context, session, found.id, told, found.proposed_by)
    return Outcome(is_new=True, change=found, sequence=sequence)


def _write(
    context: Context, session: Session, before: Person | None, written: Written, is_founding: bool
) -> int:
    person, author = written.person, written.changed_by
    store.add(session, written)
    if authority.gained(before, person):
        store.raise_(session, person.id, author, written.changed_at)
    if person.locked:
        sessions.end(session, person.id, written.changed_at)
    fields = authority.differing(before, person)
    told = Told(PeopleChangeKind.PERSON, person=person, fields=fields, is_founding=is_founding)
    return _tell(context, session, uuid4(), told, author)


def _end_password(session: Session, person: str, author: str, now: datetime) -> Link:
    store.set_password(session, person, None, now)
    raise_(session, person, author, now)
    return links.make(session, person, now)


def _set(context: Context, session: Session, id_: str, hashed: str) -> int | None:
    existing = _locked(session, id_)
    store.set_password(session, id_, hashed, context.clock())
    told = Told(PeopleChangeKind.PASSWORD, person=existing.person)
    return _tell(context, session, uuid4(), told, id_)


def _locked(session: Session, id_: str) -> Written:
    existing = store.lock(session, id_) if ID.fullmatch(id_) else None
    if existing is None:
        raise nobody(id_)
    return existing


def _tell(
    context: Context,
    session: Session,
    id_: UUID,
    told: Told,
    author: str,
    second: str | None = None,
) -> int:
    draft = authority.event(id_, told, author, second, context.clock())
    return context.outbox.add(session, draft)

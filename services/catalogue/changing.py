"""Changes of entries in the database: at once, or proposed for a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from services.catalogue import handler, store
from services.catalogue.entry import Command, EntryKind, Refused, Version
from services.catalogue.people import authority, changes
from services.catalogue.people.authority import Change, Told
from services.catalogue.refusals import named, wrong
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.kernel.outbox import Outbox
from services.kernel.problems import Problem


@dataclass(frozen=True)
class Changed:
    """The version now in the catalogue, None where the change waits."""

    version: Version | None
    is_new: bool
    change: Change | None = None


def change(
    outbox: Outbox, command: Command, author: str, session: Session, now: datetime
) -> Changed:
    """Carries out a command, or proposes it where it says who may act; raises Refused.

    Raises Problem 409 where somebody else changed the entry since the version that the command is based on.
    """
    counter = store.lock(session)
    facts = store.facts(session, command.kind, command.id)
    version = handler.decide(command, facts, counter, now)
    if version is None:
        return Changed(facts.newest, False)
    if command.base not in (None, version.version - 1):
        raise wrong(409, "changed-meanwhile", "catalogue.changed_meanwhile", [])
    what = authority.governed(replace(command, body=version.body), facts.newest, now)
    if what and changes.is_founded(session):
        return _propose(outbox, session, what, version, author)
    _write(outbox, session, version)
    if what:
        told = _told(what, version, PeopleChangeState.DONE, is_founding=True)
        outbox.add(session, authority.event(uuid4(), told, author, None, now))
    return Changed(version, True)


def confirm(outbox: Outbox, session: Session, change: Change, who: str, now: datetime) -> None:
    """Carries out a change that this second person agrees to."""
    kind, _, id_ = change.subject.partition("/")
    times: dict[str, Any] = {
        n: change.body[n] and datetime.fromisoformat(change.body[n]) for n in TIMES
    }
    command = Command(EntryKind(kind), id_, change.body["body"], **times)
    counter = store.lock(session)
    facts = store.facts(session, command.kind, command.id)
    if (facts.newest.version if facts.newest else 0) != change.base:
        raise wrong(409, "changed-meanwhile", "catalogue.change.meanwhile", [])
    try:
        version = handler.decide(command, facts, counter, now)
    except Refused as refused:
        raise refusal(command, refused) from None
    assert version is not None, "the entry is as it was when this differed from it"
    _write(outbox, session, version)
    told = _told(change.what, version, PeopleChangeState.DONE)
    outbox.add(session, authority.event(change.id, told, change.proposed_by, who, now))


def refusal(command: Command, refused: Refused) -> Problem:
    """All that is wrong with a command."""
    values = {"entry": named(command.kind.value), "id": command.id}
    return wrong(422, "catalogue-entry", "catalogue.refused", refused.flaws, **values)


TIMES = ("valid_from", "valid_to")


def _propose(
    outbox: Outbox, session: Session, what: PeopleChangeKind, version: Version, author: str
) -> Changed:
    body: Mapping[str, Any] = {
        "body": version.body,
        **{name: at.isoformat() if (at := getattr(version, name)) else None for name in TIMES},
    }
    subject, now = f"{version.kind.value}/{version.id}", version.changed_at
    base = version.version - 1
    found, is_new = changes.propose(session, what, subject, base, body, (), author, now)
    if is_new:
        told = _told(what, version, PeopleChangeState.PROPOSED)
        outbox.add(session, authority.event(found.id, told, author, None, now))
    return Changed(None, is_new, found)


def _write(outbox: Outbox, session: Session, version: Version) -> None:
    store.add(session, version)
    outbox.add(session, handler.event(version))


def _told(
    what: PeopleChangeKind, version: Version, state: PeopleChangeState, *, is_founding: bool = False
) -> Told:
    whose = {
        PeopleChangeKind.SENDER_KEY: version.body.get("sender"),
        PeopleChangeKind.CONTACT: version.id,
    }
    entry = f"{version.kind.value}/{version.id}"
    return Told(what, state, entry=entry, organisation=whose.get(what), is_founding=is_founding)

"""Who may change who may do what, and who must agree. Pure.

Whoever gives rights alone has them all. So what gives somebody more than before takes two: the administrator proposes,
a leader confirms, whom nobody made or reset within a day. What takes rights away takes one, at once.

Until the office is founded there is nobody to confirm: the administrator sets up alone what is no leader, and the log
says so. The first two leaders come by a command on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.catalogue.entry import Command, EntryKind, Version
from services.catalogue.people.person import Person
from services.events.catalogue import PeopleChanged, PeopleChangeKind, PeopleChangeState
from services.kernel.auth import Role

FOUNDING = "founding"
"""Who is named as the author of what the command on the machine does."""
LASTS = timedelta(days=7)
"""What nobody confirms for so long has to be proposed again."""
WAITS = timedelta(days=1)
"""From the command on the machine to its effect, in an office that works already."""
TRUSTED = frozenset(Role) - {Role.OPERATOR, Role.AUDITOR}
"""Roles that decide, read figures, or say who may."""


class Code(StrEnum):
    """Why somebody can't decide about a change; the messages `catalogue.change.<code>`."""

    NO_LEADER = "no-leader"
    AUTHOR = "author"
    OWN = "own"
    ADMINISTRATOR = "administrator"
    LATELY = "lately"
    DECIDED = "decided"
    TOO_LATE = "too-late"
    BY_COMMAND = "by-command"


@dataclass(frozen=True)
class Change:
    """A change that somebody proposed. `subject` is a person's id, or kind/id of an entry; `base` its version then."""

    id: UUID
    what: PeopleChangeKind
    subject: str
    base: int
    body: Mapping[str, Any]
    fields: tuple[str, ...]
    proposed_by: str
    proposed_at: datetime
    state: PeopleChangeState = PeopleChangeState.PROPOSED
    not_before: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Raised:
    """When somebody last got more rights or a new password through others, and by whom."""

    at: datetime | None = None
    by: str | None = None

    def is_lately(self, now: datetime) -> bool:
        """Whether that was within a day; who founded the office needs no day: there was nobody before."""
        return self.at is not None and self.by != FOUNDING and now < self.at + WAITS


def gained(before: Person | None, after: Person) -> tuple[str, ...]:
    """The fields by which a person may do more than before; empty where one author is enough."""
    found = []
    if (set(after.roles) - set(before.roles if before else ())) & TRUSTED:
        found.append("roles")
    if set(after.rooms) - set(before.rooms if before else ()):
        found.append("rooms")
    if set(after.deputies) - set(before.deputies if before else ()):
        found.append("deputies")
    if before and before.organisation != after.organisation:
        found.append("organisation")
    if before and before.locked and not after.locked:
        found.append("locked")
    return tuple(found)


def differing(before: Person | None, after: Person) -> tuple[str, ...]:
    """The fields that differ at all."""
    names = [field.name for field in fields(Person) if field.name != "id"]
    return tuple(n for n in names if before is None or getattr(before, n) != getattr(after, n))


def governed(command: Command, newest: Version | None, now: datetime) -> PeopleChangeKind | None:
    """What of an entry takes a second person, None for nothing. To end a key takes one, and none may extend it."""
    if command.kind is EntryKind.REGULATION:
        return PeopleChangeKind.REGULATION
    if command.kind is EntryKind.SENDER_KEY:
        return None if newest and _only_ends(command, newest, now) else PeopleChangeKind.SENDER_KEY
    if command.kind is EntryKind.ORGANISATION:
        known = newest.body.get("contacts") if newest else None
        return (
            PeopleChangeKind.CONTACT
            if (command.body.get("contacts") or []) != (known or [])
            else None
        )
    return None


def _only_ends(command: Command, newest: Version, now: datetime) -> bool:
    if command.valid_to is None:
        return False
    starts_no_earlier = newest.valid_from is None or (
        command.valid_from is not None and command.valid_from >= newest.valid_from
    )
    ends_no_later = newest.valid_to is None or command.valid_to <= newest.valid_to
    # One that is over now is good for nothing, whenever it began.
    return command.valid_to <= now or (starts_no_earlier and ends_no_later)


def objection(
    change: Change, who: str, person: Person | None, raised: Raised, now: datetime
) -> Code | None:
    """Why this person, as the catalogue knows it now, can't confirm the change; None where it may."""
    if change.state is not PeopleChangeState.PROPOSED:
        return Code.DECIDED
    if change.what is PeopleChangeKind.FOUNDING:
        return Code.BY_COMMAND
    if now >= change.proposed_at + LASTS:
        return Code.TOO_LATE
    if person is None or person.locked or Role.LEADER not in person.roles:
        return Code.NO_LEADER
    if who == change.proposed_by:
        return Code.AUTHOR
    if change.subject == who:
        return Code.OWN
    if Role.ADMINISTRATOR in person.roles:
        return Code.ADMINISTRATOR
    if raised.is_lately(now):
        return Code.LATELY
    return None


@dataclass(frozen=True)
class Told:
    """What the event of a change says besides its author and time."""

    what: PeopleChangeKind
    state: PeopleChangeState = PeopleChangeState.DONE
    person: Person | None = None
    entry: str | None = None
    organisation: str | None = None
    fields: tuple[str, ...] = field(default=())
    is_founding: bool = False


def event(id_: UUID, told: Told, author: str, second: str | None, now: datetime) -> PeopleChanged:
    """The event of a change."""
    person = told.person
    return PeopleChanged(
        change_id=str(id_),
        state=told.state,
        what=told.what,
        person=person.id if person else None,
        entry=told.entry,
        organisation=person.organisation if person else told.organisation,
        fields=told.fields,
        roles=tuple(role.value for role in person.roles) if person else (),
        rooms=person.rooms if person else (),
        deputies=tuple(deputy.person for deputy in person.deputies) if person else (),
        locked=person.locked if person else False,
        author=author,
        decided_by=second,
        founding=told.is_founding,
        changed_at=now,
    )

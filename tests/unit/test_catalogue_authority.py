"""Who may change who may do what, and who must agree: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.catalogue.entry import Command, EntryKind, Version
from services.catalogue.people.authority import (
    FOUNDING,
    LASTS,
    Change,
    Code,
    Raised,
    gained,
    governed,
    objection,
)
from services.catalogue.people.person import Deputy, Person
from services.events.catalogue import PeopleChangeKind, PeopleChangeState
from services.kernel.auth import Role

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICER = Person("p-a", "A", "office", (Role.OFFICER,), ("room",))
LEADER = Person("p-l", "L", "office", (Role.LEADER,))
DEPUTY = Deputy("p-b", date(2026, 11, 26), date(2026, 11, 27))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (None, OFFICER, ("roles", "rooms")),
        (None, replace(OFFICER, roles=(Role.AUDITOR,), rooms=()), ()),
        (None, replace(OFFICER, roles=(Role.ADMINISTRATOR,), rooms=()), ("roles",)),
        (OFFICER, replace(OFFICER, name="B", head_of=("room",)), ()),
        (OFFICER, replace(OFFICER, roles=(Role.OFFICER, Role.LEADER)), ("roles",)),
        (OFFICER, replace(OFFICER, roles=(Role.AUDITOR,)), ()),
        (OFFICER, replace(OFFICER, rooms=("room", "other")), ("rooms",)),
        (OFFICER, replace(OFFICER, rooms=()), ()),
        (OFFICER, replace(OFFICER, deputies=(DEPUTY,)), ("deputies",)),
        (replace(OFFICER, deputies=(DEPUTY,)), OFFICER, ()),
        (OFFICER, replace(OFFICER, organisation="agency"), ("organisation",)),
        (OFFICER, replace(OFFICER, locked=True), ()),
        (replace(OFFICER, locked=True), OFFICER, ("locked",)),
        # What somebody will have once it is unlocked, too.
        (replace(OFFICER, locked=True), replace(OFFICER, locked=True, rooms=("x",)), ("rooms",)),
        # The rooms of an auditor are lent to its deputy.
        (replace(OFFICER, roles=(Role.AUDITOR,), rooms=(), deputies=(DEPUTY,)),
         replace(OFFICER, roles=(Role.AUDITOR,), deputies=(DEPUTY,)), ("rooms",)),
    ],
)  # fmt: skip
def test_whatever_lets_somebody_do_more_takes_two(
    before: Person | None, after: Person, found: tuple[str, ...]
) -> None:
    assert gained(before, after) == found


def change(**more: Any) -> Change:
    values: dict[str, Any] = {
        "id": UUID(int=1), "what": PeopleChangeKind.PERSON, "subject": "p-a", "base": 1, "body": {}, "fields": (),
        "proposed_by": "p-admin", "proposed_at": NOW - HOUR,
    }  # fmt: skip
    return Change(**values | more)


@pytest.mark.parametrize(
    ("found", "person", "raised", "code"),
    [
        (change(), LEADER, Raised(), None),
        (change(proposed_by="p-l"), LEADER, Raised(), Code.AUTHOR),
        (change(subject="p-l", what=PeopleChangeKind.PASSWORD), LEADER, Raised(), Code.OWN),
        (change(), OFFICER, Raised(), Code.NO_LEADER),
        (change(), None, Raised(), Code.NO_LEADER),
        (change(), replace(LEADER, locked=True), Raised(), Code.NO_LEADER),
        (change(), replace(LEADER, roles=(Role.LEADER, Role.ADMINISTRATOR)), Raised(),
         Code.ADMINISTRATOR),
        (change(), LEADER, Raised(NOW - 23 * HOUR, "p-admin"), Code.LATELY),
        (change(), LEADER, Raised(NOW - 23 * HOUR, "p-admin-2"), Code.LATELY),
        (change(), LEADER, Raised(NOW - 24 * HOUR, "p-admin"), None),
        (change(), LEADER, Raised(NOW, FOUNDING), None),
        (change(proposed_at=NOW - LASTS), LEADER, Raised(), Code.TOO_LATE),
        (change(state=PeopleChangeState.REFUSED), LEADER, Raised(), Code.DECIDED),
        (change(state=PeopleChangeState.DONE), LEADER, Raised(), Code.DECIDED),
        (change(what=PeopleChangeKind.FOUNDING, subject=""), LEADER, Raised(), Code.BY_COMMAND),
    ],
)  # fmt: skip
def test_a_second_person_is_a_leader_whom_nobody_just_made(
    found: Change, person: Person | None, raised: Raised, code: Code | None
) -> None:
    assert objection(found, "p-l" if person != OFFICER else "p-a2", person, raised, NOW) is code


def version(kind: EntryKind, body: dict[str, Any], **valid: datetime) -> Version:
    times = {"valid_from": None, "valid_to": None} | valid
    return Version(kind, "x", 1, 1, body, changed_at=NOW, **times)


KEY = {"sender": "so", "public_key": {}}
MAIL = [{"channel": "email", "address": "a@example.vn"}]


@pytest.mark.parametrize(
    ("kind", "body", "valid", "newest", "what"),
    [
        (EntryKind.REGULATION, {}, {}, None, PeopleChangeKind.REGULATION),
        (EntryKind.REGULATION, {}, {}, version(EntryKind.REGULATION, {}), PeopleChangeKind.REGULATION),
        (EntryKind.SENDER_KEY, KEY, {}, None, PeopleChangeKind.SENDER_KEY),
        (EntryKind.SENDER_KEY, KEY, {"valid_to": NOW}, version(EntryKind.SENDER_KEY, KEY), None),
        (EntryKind.SENDER_KEY, KEY, {"valid_to": NOW + HOUR}, version(EntryKind.SENDER_KEY, KEY), None),
        (EntryKind.SENDER_KEY, KEY, {"valid_to": NOW + HOUR},
         version(EntryKind.SENDER_KEY, KEY, valid_to=NOW + HOUR / 2), PeopleChangeKind.SENDER_KEY),
        (EntryKind.SENDER_KEY, KEY, {"valid_to": NOW + HOUR},
         version(EntryKind.SENDER_KEY, KEY, valid_from=NOW + HOUR / 2), PeopleChangeKind.SENDER_KEY),
        (EntryKind.SENDER_KEY, KEY, {"valid_from": NOW},
         version(EntryKind.SENDER_KEY, KEY, valid_from=NOW + HOUR), PeopleChangeKind.SENDER_KEY),
        (EntryKind.SENDER_KEY, KEY, {"valid_to": NOW},
         version(EntryKind.SENDER_KEY, KEY, valid_from=NOW + HOUR), None),
        (EntryKind.ORGANISATION, {"id": "x"}, {}, None, None),
        (EntryKind.ORGANISATION, {"id": "x", "contacts": MAIL}, {}, None, PeopleChangeKind.CONTACT),
        (EntryKind.ORGANISATION, {"id": "x"}, {},
         version(EntryKind.ORGANISATION, {"contacts": MAIL}), PeopleChangeKind.CONTACT),
        (EntryKind.ORGANISATION, {"id": "x", "contacts": MAIL}, {},
         version(EntryKind.ORGANISATION, {"contacts": MAIL}), None),
        (EntryKind.FORM, {}, {}, None, None),
    ],
)  # fmt: skip
def test_keys_regulations_and_addresses_take_two_and_an_end_takes_one(
    kind: EntryKind,
    body: dict[str, Any],
    valid: dict[str, Any],
    newest: Version | None,
    what: PeopleChangeKind | None,
) -> None:
    assert governed(Command(kind, "x", body, **valid), newest, NOW) is what

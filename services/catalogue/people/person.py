"""Persons: what the catalogue keeps of them, what is wrong with a change, and for which rooms they act. Pure.

Names stay here: no event, log or metric has one, and a token its holder's alone. Who is named elsewhere is
named by the id, which is never given to another person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass as plain_dataclass
from dataclasses import field
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from services.catalogue.entry import Flaw
from services.kernel.auth import Role
from services.model.text import STRICT, plain, read

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
ROOM = "room"
MOST = 100
Id = Annotated[str, Field(max_length=100)]
Ids = Annotated[tuple[Id, ...], Field(max_length=MOST)]


@dataclass(frozen=True, config=STRICT)
class Deputy:
    """Who acts in a person's stead, from the first day to the last, which counts; days in Viet Nam."""

    person: Id
    first: date
    last: date


@dataclass(frozen=True, config=STRICT)
class Person:
    """One person. `rooms` are of its own office; `head_of` names what it is accountable for as the head (R70)."""

    id: Annotated[str, Field(pattern=f"^{ID.pattern}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    organisation: Id
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]
    rooms: Ids = ()
    head_of: Ids = ()
    deputies: Annotated[tuple[Deputy, ...], Field(max_length=MOST)] = ()
    locked: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Person:
        """A person from plain data; raises ModelError naming each wrong place."""
        return read(cls, dict(data), f"person {data.get('id', '?')}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)


@plain_dataclass(frozen=True)
class Written:
    """One version of a person; nothing of it is ever changed. `changed_by` is a person's id, or `token:<role>`."""

    person: Person
    version: int
    changed_at: datetime
    changed_by: str


@plain_dataclass(frozen=True)
class Unit:
    """An organisation, as far as persons are concerned; a room names its office as its parent."""

    kind: str
    parent: str | None = None


@plain_dataclass(frozen=True)
class Known:
    """What a person is judged by: all organisations, and all persons, by id."""

    units: Mapping[str, Unit]
    people: Mapping[str, Person] = field(default_factory=dict)


def flaws(person: Person, known: Known) -> list[Flaw]:
    """All that is wrong with what a person shall be."""
    return [
        *_unstorable(person),
        *_wrong_units(person, known.units),
        *_wrong_deputies(person, known.people),
    ]


def lent(person: Person, people: Mapping[str, Person], day: date) -> dict[str, str]:
    """The rooms besides its own that a person acts for on that day, and in whose stead: the first id, of several.

    A deputy's own deputies don't inherit, and who is locked out has nobody act in their stead.
    """
    return {
        room: absent.id
        for absent in sorted(people.values(), key=lambda person: person.id, reverse=True)
        if not absent.locked
        for deputy in absent.deputies
        if deputy.person == person.id and deputy.first <= day <= deputy.last
        for room in absent.rooms
        if room not in person.rooms
    }


def _unstorable(person: Person) -> Iterator[Flaw]:
    # Signs that no page shows, or that turn its text round, name nobody.
    if not (person.name.isprintable() and any(sign.isalpha() for sign in person.name)):
        yield Flaw("name", "characters")


def _wrong_units(person: Person, units: Mapping[str, Unit]) -> Iterator[Flaw]:
    home = units.get(person.organisation)
    if home is None or home.kind == ROOM:
        yield Flaw("organisation", "person.organisation", {"id": person.organisation})
    own = {id_ for id_, unit in units.items() if unit.kind == ROOM} & {
        id_ for id_, unit in units.items() if unit.parent == person.organisation
    }
    for index, room in enumerate(person.rooms):
        if room not in own:
            yield Flaw(f"rooms.{index}", "person.room", _at(room, person))
    for index, unit_id in enumerate(person.head_of):
        if unit_id not in own | {person.organisation}:
            yield Flaw(f"head_of.{index}", "person.head", _at(unit_id, person))


def _at(unit: str, person: Person) -> dict[str, object]:
    return {"id": unit, "organisation": person.organisation}


def _wrong_deputies(person: Person, people: Mapping[str, Person]) -> Iterator[Flaw]:
    for index, deputy in enumerate(person.deputies):
        where = f"deputies.{index}"
        other = people.get(deputy.person)
        if other is None or other.id == person.id or other.organisation != person.organisation:
            yield Flaw(f"{where}.person", "person.deputy", {"id": deputy.person})
        elif not set(other.roles) & {Role.OFFICER, Role.LEADER}:
            yield Flaw(f"{where}.person", "person.deputy-role", {"id": deputy.person})
        if deputy.last < deputy.first:
            yield Flaw(f"{where}.last", "person.deputy-days")

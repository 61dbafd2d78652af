"""The facts that notification's handler works from: who can be told, and what was told before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.model.text import Text

Key = tuple[UUID, int]
"""A submission and the number of its attempt."""


@dataclass(frozen=True)
class Contact:
    """An official mailbox or web address, the head's or the organisation's; without `events`, for all of them."""

    channel: str
    address: str
    language: str
    events: frozenset[str]
    is_head: bool = False

    def wants(self, topic: str) -> bool:
        """Whether it is to be told of events of this topic."""
        return not self.events or topic in self.events


@dataclass(frozen=True)
class Organisation:
    """What telling an organisation takes. Read leniently: a newer catalogue may say more."""

    id: str
    kind: str
    name: Text
    province: str | None = None
    contacts: tuple[Contact, ...] = ()

    def told(self, to_head: bool) -> tuple[Contact, ...]:
        """The addresses for what goes to the head as well, or for everyday news, which spares the head."""
        everyday = tuple(contact for contact in self.contacts if not contact.is_head)
        return self.contacts if to_head or not everyday else everyday

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Organisation:
        """From the catalogue's entry."""
        contacts = tuple(
            Contact(
                contact["channel"],
                contact["address"],
                contact.get("language", "vi"),
                frozenset(contact.get("events", ())),
                contact.get("is_head", False),
            )
            for contact in body.get("contacts", ())
        )
        name = Text(body["name"]["vi"], body["name"]["en"])
        return cls(body["id"], body["kind"], name, body.get("province"), contacts)


@dataclass(frozen=True)
class Known:
    """What was told of an attempt last; decision -1 and empty texts before the first time."""

    decision: int = -1
    told: str = ""
    form: str = ""
    period: str = ""
    province: str = ""


@dataclass(frozen=True)
class Facts:
    """What `store.load` knows. `titles` are of forms, `instruments` the numbers that people know laws by."""

    now: datetime
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    titles: Mapping[str, Text] = field(default_factory=dict)
    instruments: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[Key, Known] = field(default_factory=dict)

    def offices(self, province: str | None) -> tuple[str, ...]:
        """The statistics office of the province, whose leadership decides where no room does; all, where unknown."""
        return tuple(
            organisation.id
            for organisation in self.organisations.values()
            if organisation.kind == "provincial_office"
            and province in (None, "", organisation.province)
        )

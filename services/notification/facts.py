"""The facts that notification's handler works from: who can be told, and what was told before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.model.form import section_names
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
class Section:
    """A section of a form, and the kinds of organisation that answer for it."""

    id: str
    name: Text
    kinds: frozenset[str]

    @classmethod
    def all_of(cls, form: Mapping[str, Any]) -> tuple[Section, ...]:
        """Those of a form's body."""
        names = section_names(form)
        return tuple(
            cls(one["id"], names[one["id"]], frozenset(one["organisation_kinds"]))
            for one in form.get("responsible", ())
            if one.get("id")
        )


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
    """What `store.load` knows. `titles` and `sections` are of forms, `instruments` how people know laws."""

    now: datetime
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    titles: Mapping[str, Text] = field(default_factory=dict)
    sections: Mapping[str, tuple[Section, ...]] = field(default_factory=dict)
    instruments: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[Key, Known] = field(default_factory=dict)

    def section(self, form: str, id_: str) -> Text:
        """The name of a section; its id where the form has none."""
        named = (one.name for one in self.sections.get(form, ()) if one.id == id_)
        return next(named, Text(id_, id_))

    def own_section(self, form: str, sender: str) -> Text | None:
        """The name of the one section of several that the sender answers for; None where it is all, or several."""
        organisation, sections = self.organisations.get(sender), self.sections.get(form, ())
        own = [one for one in sections if organisation and organisation.kind in one.kinds]
        return own[0].name if len(own) == 1 < len(sections) else None

    def offices(self, province: str | None) -> tuple[str, ...]:
        """The statistics office of the province, whose leadership decides where no room does; all, where unknown."""
        return tuple(
            organisation.id
            for organisation in self.organisations.values()
            if organisation.kind == "provincial_office"
            and province in (None, "", organisation.province)
        )

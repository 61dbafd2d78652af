"""What the catalogue tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from services.kernel.avro import FLAT, Long, to_avro
from services.kernel.events import EventData, derived_id
from services.model.enumerations import Completeness

NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:solieu:catalogue.changed")
"""Of the ids of changes."""


class PeopleChangeState(StrEnum):
    """What became of a change."""

    PROPOSED = "proposed"
    DONE = "done"
    REFUSED = "refused"


class PeopleChangeKind(StrEnum):
    """What is changed."""

    PERSON = "person"
    PASSWORD = "password"
    SENDER_KEY = "sender_key"
    REGULATION = "regulation"
    CONTACT = "contact"
    FOUNDING = "founding"


class CatalogueKind(StrEnum):
    """The kinds of which `catalogue.changed` tells. An enum of Avro can't grow: RegisterChanged has the others."""

    ORGANISATION = "organisation"
    SENDER_KEY = "sender_key"
    FORM = "form"
    ITEM = "item"
    REGULATION = "regulation"
    CODELIST = "codelist"


@dataclass(frozen=True, kw_only=True)
class CalendarReleased(EventData):
    """The office published a figure of the indicator system: it is under embargo no more."""

    TOPIC = "calendar.released"
    KEY = "release_id"

    release_id: Annotated[str, "Identity of the act."]
    indicator_list: Annotated[str, "List of the indicator."]
    indicator: Annotated[str, "Indicator."]
    area_list: Annotated[str, "List of the area."]
    area: Annotated[str, "Reference area."]
    period: Annotated[str, "SDMX time period or range."]
    completeness: Annotated[Completeness, "Mức độ hoàn chỉnh: ước tính, sơ bộ, chính thức."]
    document_number: Annotated[str, "Number of the publishing document."]
    document_date: Annotated[date, "Its date."]
    person: Annotated[str, "Who released it; an id of the catalogue."]
    released_at: Annotated[datetime, "When."]

    @property
    def own_id(self) -> UUID:
        """An act has one event."""
        return derived_id(UUID(self.release_id), self.TOPIC, 0)


@dataclass(frozen=True, kw_only=True)
class PeopleChanged(EventData):
    """Who may do what was changed, or shall be: a person, a password, a key, a regulation, a contact address. Never a
    name, an address or a password.
    """

    TOPIC = "people.changed"

    change_id: Annotated[str, "Identity of the change."]
    state: Annotated[PeopleChangeState, "Waits for a second person, holds, or was refused by one."]
    what: Annotated[PeopleChangeKind, "What is changed."]
    person: Annotated[str | None, "Whom it is about; an id of the catalogue."] = None
    entry: Annotated[str | None, "Which entry of the catalogue it is about, as kind/id."] = None
    organisation: Annotated[str | None, "Whose person, key or address it is."] = None
    fields: Annotated[tuple[str, ...], "What of the person differs."]
    roles: Annotated[tuple[str, ...], "The person's roles from then on."]
    rooms: Annotated[tuple[str, ...], "The person's rooms from then on."]
    deputies: Annotated[
        tuple[str, ...], "Who acts in the person's stead from then on; ids of the catalogue."
    ]
    locked: Annotated[bool, "Whether the person is locked out from then on."]
    author: Annotated[
        str,
        "Who changed or proposed it: a person's id, token:<role>, or founding for the command on the machine.",
    ]
    decided_by: Annotated[str | None, "The second person, where there is one."] = None
    founding: Annotated[bool, "Done before the office had two leaders, or making them."]
    changed_at: Annotated[datetime, "When."]

    @property
    def key(self) -> str:
        """The person or the entry; the change itself where it is about neither."""
        return self.person or self.entry or self.change_id

    @property
    def own_id(self) -> UUID:
        """A change is proposed once, and decided once."""
        return derived_id(UUID(self.change_id), self.state.value, 0)


@dataclass(frozen=True, kw_only=True)
class CatalogueKey:
    """One version of one entry."""

    kind: Annotated[str, "Kind of entry."]
    id: Annotated[str, "Identity within its kind."]
    version: Annotated[int, "Version of the entry."]


@dataclass(frozen=True, kw_only=True)
class RegisterKey(CatalogueKey):
    """One version of one entry."""


@dataclass(frozen=True, kw_only=True)
class OfEntry(EventData):
    """One version of one entry of the catalogue."""

    kind: Annotated[str, "Kind of entry: call, working_days; others may come."]
    id: Annotated[str, "Identity within its kind."]
    version: Annotated[int, "Version of the entry, from 1."]
    catalogue_version: Annotated[Long, "State of the whole catalogue after this change; monotone."]
    body: Annotated[str, "The entry, JSON."]
    valid_from: Annotated[datetime | None, "In force from."] = None
    valid_to: Annotated[datetime | None, "In force before."] = None
    changed_at: Annotated[datetime, "When."]

    @property
    def key(self) -> Mapping[str, Any]:
        """Each version of an entry stays."""
        return to_avro(CatalogueKey(kind=str(self.kind), id=self.id, version=self.version))

    @property
    def subject(self) -> str:
        """The entry."""
        return f"{self.kind}/{self.id}"

    @property
    def own_id(self) -> UUID:
        """A version has one event."""
        return derived_id(NAMESPACE, self.subject, self.version)


@dataclass(frozen=True, kw_only=True)
class CatalogueChanged(OfEntry):
    """One version of one entry of the catalogue."""

    TOPIC = "catalogue.changed"

    kind: Annotated[CatalogueKind, "Kind of entry."]


@dataclass(frozen=True, kw_only=True)
class RegisterChanged(OfEntry):
    """One version of one entry of a kind that came after `catalogue.changed` was fixed: a call, working days."""

    TOPIC = "register.changed"


@dataclass(frozen=True, kw_only=True)
class ObligationHead:
    """Which duty: an item or report of the catalogue, of an area and period, at a completeness."""

    duty_id: Annotated[str, "uuid5 of item, area, period and completeness round."]
    item: Annotated[str, "Item or report of the catalogue."]
    form: Annotated[str, "Form of the item; empty for a report, which has none."]
    area_list: Annotated[str, "List of the area."]
    area: Annotated[str, "Reference area."]
    period: Annotated[str, "SDMX time period or range."]
    completeness: Annotated[Completeness, "Mức độ hoàn chỉnh: ước tính, sơ bộ, chính thức."]
    round: Annotated[int, "Round of the completeness, from 1."]
    supplier: Annotated[str, "Organisation that owes it."]
    room: Annotated[str | None, "Room that it is owed to."] = None
    section: Annotated[str, "Section of the form that it is about; empty for all of the item."] = ""
    report_vi: Annotated[str, "Name of the report in Vietnamese; empty for an item."] = ""
    report_en: Annotated[str, "Name of the report in English; empty for an item."] = ""


@dataclass(frozen=True, kw_only=True)
class ObligationChanged(EventData):
    """Something was said of a duty: by the office, that it gives more time, gives none, or excuses it; by its supplier,
    that it asks for time, will be late or has a difficulty; by either, a question or an answer.
    """

    TOPIC = "obligation.changed"

    act_id: Annotated[str, "Identity of the act."]
    obligation: Annotated[ObligationHead, FLAT]
    change: Annotated[
        str,
        "extended, excused, extension_refused, announced_late, extension_requested, difficulty_reported,"
        " difficulty_forwarded, question, answer, supplied, supply_retracted; others may come.",
    ]
    until: Annotated[
        datetime | None,
        "The first moment that is late from then on, or until when it is announced; of what was supplied the end of"
        " the document's day.",
    ] = None
    person: Annotated[str, "Who said it; an id of the catalogue."]
    organisation: Annotated[str, "Whose person that is."]
    document: Annotated[str | None, "Number of the document that it rests on."] = None
    channel: Annotated[
        str,
        "By which it was said: system, meeting, letter, email, plan, task_team; others may come.",
    ] = "system"
    row: Annotated[str | None, "Row of the form that a question is about, by its code."] = None
    column: Annotated[str | None, "Column of the form that a question is about, by its id."] = None
    reason_sha256: Annotated[str, "SHA-256 of the reason, in hex."]
    changed_at: Annotated[datetime, "When."]

    @property
    def key(self) -> str:
        """The duty: its acts stand in one partition."""
        return self.obligation.duty_id

    @property
    def own_id(self) -> UUID:
        """An act has one event."""
        return derived_id(UUID(self.act_id), self.TOPIC, 0)


@dataclass(frozen=True, kw_only=True)
class ObligationDue(EventData):
    """A duty is to be reminded of: it is due soon, today, or overdue, and nothing that counts came."""

    TOPIC = "obligation.due"

    reminder_id: Annotated[str, "Identity of the reminder."]
    obligation: Annotated[ObligationHead, FLAT]
    due: Annotated[date, "Last day on which it is on time, in Viet Nam."]
    offset: Annotated[int, "Working days since that day; below nought before it."]
    returned: Annotated[bool, "Whether what came was returned to be mended."]
    to_head: Annotated[bool, "Whether the head of the supplier is told, too."]
    reminded_at: Annotated[datetime, "When."]

    @property
    def key(self) -> str:
        """The duty."""
        return self.obligation.duty_id

    @property
    def own_id(self) -> UUID:
        """A reminder has one event."""
        return derived_id(UUID(self.reminder_id), self.TOPIC, 0)


@dataclass(frozen=True, kw_only=True)
class ObligationClosing(EventData):
    """The term of a duty ended. From a moment on what comes first waits for the room, and a revision needs a reason."""

    TOPIC = "obligation.closing"

    closing_id: Annotated[str, "Identity of what is told."]
    obligation: Annotated[ObligationHead, FLAT]
    closes_at: Annotated[
        datetime | None, "The first moment that is after the closing; null: it closes no more."
    ] = None
    told_at: Annotated[datetime, "When."]

    @property
    def key(self) -> str:
        """The duty: what is told of its closing stands in one partition, the last word counts."""
        return self.obligation.duty_id

    @property
    def own_id(self) -> UUID:
        """What is told has one event."""
        return derived_id(UUID(self.closing_id), self.TOPIC, 0)

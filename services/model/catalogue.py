"""Entries of the catalogue besides forms: organisations and items; and the starter pack.

An item is what one agency supplies to another, with the seven fields that a catalogue of products
must have (R23): name; content and main breakdowns; completeness; period and time of supply; form;
responsible unit; other.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass as plain_dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from services.model.codelist import load_codelists
from services.model.deadline import Call, Deadline
from services.model.document import Document, SignedFile
from services.model.enumerations import Channel, Completeness
from services.model.form import SectionId, load_forms
from services.model.messages import texts
from services.model.period import Frequency
from services.model.regulation import load_regulations
from services.model.text import (
    SCHEMAS,
    STRICT,
    Language,
    ModelError,
    Text,
    joined,
    load_yaml,
    plain,
    read,
)
from services.model.working_days import WorkingDays

RECIPIENTS = frozenset({"room", "agency", "provincial_committee", "national_office", "user_group"})
"""The kinds of those who may get figures on from the office."""
Kind = Literal["codelist", "regulation", "organisation", "form", "item", "working_days", "call"]


ROOM = "room"
"""The kind of an organisation that is a room of the statistics office that is its parent."""
PROVINCIAL_OFFICE = "provincial_office"
NATIONAL_OFFICE = "national_office"
"""The kinds of the statistics offices: those of the provinces, and the one above them."""
OFFICES = (ROOM, PROVINCIAL_OFFICE, NATIONAL_OFFICE)
"""Kinds of organisations that receive, and send nothing."""


class Subject(StrEnum):
    """What an organisation can be told of: each is the topic of the event."""

    RETURNED = "submission.returned"
    CLEARED = "submission.cleared"
    HELD = "submission.held"
    WITHHELD = "submission.withheld"
    WITHDRAWN = "submission.withdrawn"
    REFUSED = "submission.refused"
    ANSWERED = "finding.answered"
    VERIFIED = "verification.changed"
    REVIEWED = "review.decided"
    REQUESTED = "request.decided"
    RELEASED = "calendar.released"
    RECALLED = "figure.recalled"
    SUSPECTED = "incident.opened"
    ENDED = "incident.closed"
    CHANGED = "people.changed"
    OBLIGED = "obligation.changed"
    DUE = "obligation.due"


_ADDRESSES = {
    # Of RFC 5322 what web browsers take, and no more: the address stands in a header and in a command of SMTP.
    Channel.EMAIL: re.compile(
        r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII
    ),
    Channel.WEBHOOK: re.compile(r"https?://[^\s/]+\S*"),
}


@dataclass(frozen=True, config=STRICT)
class Contact:
    """An official mailbox or web address of an organisation, never a person's; without `events`, for all of them."""

    channel: Channel
    address: str
    language: Language = "vi"
    events: tuple[Subject, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not _ADDRESSES[self.channel].fullmatch(self.address):
            raise ModelError(texts("entry.address", address=self.address, channel=self.channel))
        return self


@dataclass(frozen=True, config=STRICT)
class Organisation:
    """Who sends or receives; `province` is of list 34, None for national ones.

    A room (kind `room`) names the office that it belongs to as `parent`. `valid_to` is the last day of a body that
    ended, and `replaced_by` who took over what it did: several, where its area was divided.
    """

    id: str
    name: Text
    kind: str
    province: str | None = None
    parent: str | None = None
    contacts: tuple[Contact, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    replaced_by: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _unmistakable(self) -> Self:
        if self.id in RECIPIENTS:
            raise ModelError(texts("entry.id_of_kind", id=self.id))
        return self

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.parent == self.id:
            raise ModelError(texts("entry.own_parent"))
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ModelError(texts("entry.ends_before"))
        return self

    @model_validator(mode="after")
    def _ended(self) -> Self:
        if self.replaced_by is None:
            return self
        if self.valid_to is None:
            raise ModelError(texts("entry.no_last_day"))
        if self.id in self.replaced_by or len({*self.replaced_by}) < len(self.replaced_by):
            raise ModelError(texts("entry.replaced_by"))
        return self

    @property
    def refers_to(self) -> frozenset[str]:
        """The organisations that it names, which must be there before it."""
        return frozenset((self.replaced_by or ()) + ((self.parent,) if self.parent else ()))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Organisation":
        """An organisation from plain data; raises ModelError naming each wrong place."""
        return read(cls, dict(data), f"organisation {data.get('id', '?')}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)


@dataclass(frozen=True, config=STRICT)
class Signatory:
    """Who signed for a party, in which post: whoever has the authority to (QĐ 1618/QĐ-UBND, Điều 8 khoản 1)."""

    party: str
    name: Annotated[str, Field(min_length=1, max_length=200)]
    post: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, config=STRICT)
class Agreement:
    """The signed document that an item rests on (R27); its last day is part of it.

    `parties` are organisations, each with a signatory once these are known. What isn't known yet is None.
    """

    number: str
    signed_on: date
    valid_from: date
    valid_to: date | None = None
    parties: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    signatories: tuple[Signatory, ...] | None = None
    file: SignedFile | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ModelError(texts("entry.ends_before"))
        return self

    @model_validator(mode="after")
    def _signed_by_its_parties(self) -> Self:
        parties = self.parties or ()
        if len({*parties}) < len(parties):
            raise ModelError(texts("entry.parties"))
        if self.signatories is not None:
            signed = {signatory.party for signatory in self.signatories}
            if wrong := sorted({*parties} ^ signed):
                raise ModelError(texts("entry.signatories", wrong=", ".join(wrong)))
        return self

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is not known of it."""
        asked = ("parties", "signatories", "file")
        return tuple(name for name in asked if getattr(self, name) is None)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Agreement":
        """An agreement from plain data; raises ModelError naming each wrong place."""
        return read(cls, dict(data), f"agreement {data.get('number', '?')}")


class Category(StrEnum):
    """What an agency shares without a duty: Điều 5 khoản 2 of Điện Biên's regulation, Điều 7 khoản 1 of Lạng Sơn's."""

    BASE_REPORT = "base_report"
    """Base-level reports, and surveys of its own (R9)."""
    REPORT = "report"
    """Periodic, thematic and ad hoc reports, plans (R10)."""
    ADMINISTRATIVE_RECORD = "administrative_record"
    """What is in the records of its administration (R12)."""
    DATASET = "dataset"
    """Raw or aggregate databases and warehouses that it has no duty to connect (R13)."""
    OTHER = "other"
    """What else is at hand (R14)."""


class Source(StrEnum):
    """From where an item's figures come (R53): the three ways of collecting of Luật Thống kê 2015, chương III."""

    SURVEY = "survey"
    """Điều tra thống kê."""
    ADMINISTRATIVE = "administrative"
    """Dữ liệu hành chính."""
    REPORT = "report"
    """Chế độ báo cáo thống kê."""


IndicatorId = Annotated[str, Field(pattern=r"^[\p{L}\d.-]+/[\p{L}\d.-]+$")]


@dataclass(frozen=True, config=STRICT)
class Item:
    """One item of an agreement with the seven fields of R23, all mandatory.

    `responsible` supplies it; `room` is the statistics office's room that receives and accepts it (R28, R58), and
    `verifier` the one that verifies what others doubt (R62).
    `recipients` are the kinds of audience, or the organisations, to which alone it may go on, besides the compilers
    (R22); None for no such agreement. `purposes` are those that it may be asked for; what is asked for another one a
    person of the leadership judges (R21).
    `agreement` is the signed document; once it has ended, nothing more is received or shared by it alone.
    `category` is of what is shared, and of nothing else: what there is a duty to supply or to connect is no sharing.
    `sections` are those of the form that it is about; none: all that its supplier's kind answers for. `indicators` are
    those of a statistical indicator system that it brings, as list/code; `assigned` is the decision that gives them to
    the agency (R4), as QĐ 1395/QĐ-UBND of Điện Biên does. None in it and in `source`: not known.
    """

    id: str
    name: Text
    content: Text
    completeness: Annotated[tuple[Completeness, ...], Field(min_length=1)]
    frequency: Frequency
    supplied: Text
    form: str
    responsible: str
    other: Text
    regime: Literal["coordination", "sharing"] = "coordination"
    category: Category | None = None
    room: str | None = None
    verifier: str | None = None
    recipients: tuple[str, ...] | None = None
    purposes: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = ()
    agreement: Agreement | None = None
    deadlines: tuple[Deadline, ...] = ()
    sections: tuple[Annotated[SectionId, Field(min_length=1)], ...] = ()
    indicators: tuple[IndicatorId, ...] = ()
    source: Source | None = None
    assigned: Document | None = None

    @model_validator(mode="after")
    def _categorised(self) -> Self:
        if self.regime == "sharing" and self.category is None:
            raise ModelError(texts("entry.no_category", categories=", ".join(Category)))
        if self.regime == "coordination" and self.category is not None:
            raise ModelError(texts("entry.category"))
        return self

    @model_validator(mode="after")
    def _agreed_by_who_supplies(self) -> Self:
        parties = self.agreement and self.agreement.parties
        if parties and self.responsible not in parties:
            raise ModelError(texts("entry.no_party", supplier=self.responsible))
        return self

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        for name in ("sections", "indicators"):
            given = getattr(self, name)
            if len(set(given)) < len(given):
                raise ModelError(texts("entry.twice", name=name))
        return self

    @property
    def parties(self) -> tuple[str, ...]:
        """Those of its agreement; none where there is none, or they are not known."""
        return (self.agreement and self.agreement.parties) or ()

    @property
    def organisations(self) -> tuple[str, ...]:
        """Those that it names as recipients."""
        return tuple(
            recipient for recipient in self.recipients or () if recipient not in RECIPIENTS
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Item":
        """An item from plain data; raises ModelError naming each wrong place."""
        return read(cls, dict(data), f"item {data.get('id', '?')}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)


@plain_dataclass(frozen=True)
class Entry:
    """One entry of the catalogue."""

    kind: Kind
    id: str
    version: int
    body: dict[str, Any]


def load_organisations(
    folder: Path = SCHEMAS / "catalogue" / "organisations",
) -> list[Organisation]:
    """Every organisation of the folder; a file holds a list of them."""
    return [Organisation.from_dict(data) for data in _listed(folder)]


def load_senders(schemas: Path = SCHEMAS) -> list[Organisation]:
    """Those of the starter pack that may send a form of it, and have not ended."""
    forms = load_forms(schemas / "catalogue" / "forms").values()
    return [
        organisation
        for organisation in load_organisations(schemas / "catalogue" / "organisations")
        if organisation.valid_to is None
        and any(form.may_come_from(organisation.to_dict()) for form in forms)
    ]


def is_office_for(office: Mapping[str, Any], province: str | None) -> bool:
    """Whether the organisation is the statistics office to which senders of the province report, None: national ones.

    A national sender reports to the national office, and about a province to that one's.
    """
    if office.get("kind") == NATIONAL_OFFICE:
        return province is None
    return office.get("kind") == PROVINCIAL_OFFICE and province in (None, office.get("province"))


def load_items(folder: Path = SCHEMAS / "catalogue" / "items") -> list[Item]:
    """Every item of the folder; a file holds a list of them."""
    return [Item.from_dict(data) for data in _listed(folder)]


def load_working_days(folder: Path = SCHEMAS / "catalogue" / "working-days") -> list[WorkingDays]:
    """The calendars of the folder, one a file."""
    return [WorkingDays.from_dict(load_yaml(path)) for path in sorted(folder.glob("*.yaml"))]


def load_calls(folder: Path = SCHEMAS / "catalogue" / "calls") -> list[Call]:
    """Every call of the folder; a file holds a list of them."""
    return [Call.from_dict(data) for data in _listed(folder)]


def _listed(folder: Path) -> Iterator[Any]:
    for path in sorted(folder.glob("*.yaml")):
        entries = load_yaml(path)
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise ModelError(joined([f"{path.name}: ", texts("pack.no_list")]))
        yield from entries


def starter_pack(schemas: Path = SCHEMAS) -> list[Entry]:
    """All entries of the starter pack, what others refer to first.

    Raises ModelError where an entry is wrong or refers to something that the pack doesn't have.
    """
    folder = schemas / "catalogue"
    codelists = load_codelists(schemas / "codelists")
    regulations = load_regulations(schemas / "regulations")
    organisations = load_organisations(folder / "organisations")
    forms = load_forms(folder / "forms")
    items = load_items(folder / "items")
    known = {organisation.id: organisation.kind for organisation in organisations}
    for organisation in organisations:
        if lacking := sorted(organisation.refers_to - known.keys()):
            raise ModelError(
                texts(
                    "pack.no_organisation",
                    of=f"organisation {organisation.id}",
                    ids=", ".join(lacking),
                )
            )
    for item in items:
        if item.form not in forms or item.responsible not in known:
            raise ModelError(
                texts("pack.no_form", item=item.id, form=item.form, supplier=item.responsible)
            )
        if lacking := sorted({*item.sections} - {one.id for one in forms[item.form].sections}):
            raise ModelError(texts("pack.no_section", of=f"item {item.id}", ids=", ".join(lacking)))
        for indicator in item.indicators:
            list_, _, code = indicator.partition("/")
            if list_ not in codelists or code not in codelists[list_]:
                raise ModelError(texts("pack.no_indicator", of=f"item {item.id}", ids=indicator))
        for room in (item.room, item.verifier):
            if room is not None and known.get(room) != ROOM:
                raise ModelError(texts("pack.no_room", of=f"item {item.id}", ids=room))
        if lacking := [
            organisation for organisation in item.organisations if organisation not in known
        ]:
            raise ModelError(
                texts("pack.no_recipient", of=f"item {item.id}", ids=", ".join(lacking))
            )
        if lacking := [party for party in item.parties if party not in known]:
            raise ModelError(texts("pack.no_party", of=f"item {item.id}", ids=", ".join(lacking)))
    calls = load_calls(folder / "calls")
    for call in calls:
        if lacking := sorted({*call.items} - {item.id for item in items}):
            raise ModelError(texts("pack.no_item", of=f"call {call.id}", ids=", ".join(lacking)))
        if lacking := sorted({*(call.addressees or ())} - known.keys()):
            raise ModelError(
                texts("pack.no_addressee", of=f"call {call.id}", ids=", ".join(lacking))
            )
    return [
        *(
            Entry("working_days", days.id, 1, days.to_dict())
            for days in load_working_days(folder / "working-days")
        ),
        *(Entry("codelist", codelist.id, 1, codelist.to_dict()) for codelist in codelists.values()),
        *(
            Entry("regulation", regulation.id, 1, regulation.to_dict())
            for regulation in regulations
        ),
        *(
            Entry("organisation", organisation.id, 1, organisation.to_dict())
            for organisation in organisations
        ),
        *(Entry("form", form.id, form.version, form.to_dict()) for form in forms.values()),
        *(Entry("item", item.id, 1, item.to_dict()) for item in items),
        *(Entry("call", call.id, 1, call.to_dict()) for call in calls),
    ]

"""Organisations: who sends and who receives, offices and rooms, and by which channel each is told."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from services.model.enumerations import Channel
from services.model.messages import texts
from services.model.text import STRICT, Language, ModelError, Text, plain, read

RECIPIENTS = frozenset({"room", "agency", "provincial_committee", "national_office", "user_group"})
"""The kinds of those who may get figures on from the office."""


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
    COMPARED = "sections.compared"
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
    """An official mailbox or web address of an organisation, never a person's; without `events`, for all of them.

    The head's (`is_head`) is told of what escalates to the head, and of nothing else where there is another.
    """

    channel: Channel
    address: str
    language: Language = "vi"
    events: tuple[Subject, ...] = ()
    is_head: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not _ADDRESSES[self.channel].fullmatch(self.address):
            raise ModelError(texts("entry.address", address=self.address, channel=self.channel))
        return self


@dataclass(frozen=True, config=STRICT)
class Organisation:
    """Who sends or receives; `province` is of list 34, None for national ones.

    `one_may_send`: who prepared a submission may sign it, too, as where one person does both; else that takes two.
    A room (kind `room`) names the office that it belongs to as `parent`. `valid_to` is the last day of a body that
    ended, and `replaced_by` who took over what it did: several, where its area was divided.
    """

    id: str
    name: Text
    kind: str
    province: str | None = None
    parent: str | None = None
    contacts: tuple[Contact, ...] = ()
    one_may_send: bool = False
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


def is_office_for(office: Mapping[str, Any], province: str | None) -> bool:
    """Whether the organisation is the statistics office to which senders of the province report, None: national ones.

    A national sender reports to the national office, and about a province to that one's.
    """
    if office.get("kind") == NATIONAL_OFFICE:
        return province is None
    return office.get("kind") == PROVINCIAL_OFFICE and province in (None, office.get("province"))


def office_of(
    province: str | None, organisations: Iterable[tuple[str, str | None, str | None]]
) -> str | None:
    """The id of the statistics office of a province, of the national one for none, among (id, kind, province)."""
    kind = PROVINCIAL_OFFICE if province else NATIONAL_OFFICE
    return next((id_ for id_, *one in organisations if one == [kind, province]), None)

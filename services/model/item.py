"""An item: what one agency supplies to another, with the seven fields that a catalogue of products must have (R23).

Name; content and main breakdowns; completeness; period and time of supply; form; responsible unit; other.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from services.model.deadline import Deadline
from services.model.document import Document, SignedFile
from services.model.enumerations import Completeness
from services.model.form import SectionId
from services.model.messages import texts
from services.model.organisation import RECIPIENTS
from services.model.period import Frequency
from services.model.text import STRICT, ModelError, Text, plain, read


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

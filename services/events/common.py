"""What many events say: whose figures an event is about, objects of the vault, articles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from services.kernel.avro import FLAT, Long
from services.kernel.events import EventData
from services.model.enumerations import Completeness, Regime


class Classification(StrEnum):
    """What the sender declares the content to be, as far as events tell; a work secret is `internal`, and says so."""

    PUBLIC = "public"
    INTERNAL = "internal"
    STATE_SECRET = "state_secret"


@dataclass(frozen=True, kw_only=True)
class Head:
    """Whose figures, in which form, of what and when, under which rules: the same in all events of an attempt."""

    submission_id: Annotated[
        str, "uuid5 of sender, form, reference area, period and completeness round."
    ]
    attempt: Annotated[int, "1 for the first content; each different content is one more."]
    sender: Annotated[str, "Organisation of the catalogue that signed the statement."]
    form: Annotated[str, "Form of the catalogue."]
    form_version: Annotated[int, "Version of the form in force when intake accepted it."]
    area_list: Annotated[
        str, "Code list of the reference area: 63 or 34 (provinces before and after 1/7/2025)."
    ]
    area: Annotated[str, "Code of the reference area in that list."]
    period: Annotated[str, "SDMX time period or time range."]
    completeness: Annotated[Completeness, "Mức độ hoàn chỉnh: ước tính, sơ bộ, chính thức."]
    round: Annotated[int, "Round of the completeness, from 1."]
    regime: Annotated[Regime, "Phối hợp (a duty) or chia sẻ (by commitment)."]
    classification: Annotated[Classification, "What the sender declared."]
    province: Annotated[str, "Province whose regulation applies, list 34."]
    catalogue_version: Annotated[
        Long, "State of the catalogue that intake used; consumers wait for it."
    ]


@dataclass(frozen=True, kw_only=True)
class OfSubmission(EventData):
    """What happened to an attempt."""

    head: Annotated[Head, FLAT]

    @property
    def key(self) -> str:
        """Its submission: all events of one stand in one partition."""
        return self.head.submission_id

    @property
    def catalogue_seen(self) -> int:
        """See EventData."""
        return self.head.catalogue_version


@dataclass(frozen=True, kw_only=True)
class Article:
    """An article of an instrument."""

    instrument: Annotated[str, "Instrument of the regulation pack."]
    article: Annotated[str, "Điều."]
    clause: Annotated[str | None, "Khoản."] = None


def submission_of(data: EventData) -> str | None:
    """The submission that an event is about; None where it is about none."""
    named: str | None = getattr(data, "submission_id", None)
    return data.head.submission_id if isinstance(data, OfSubmission) else named


def attempt_of(data: EventData) -> int | None:
    """The attempt that an event is about; None where it is about none."""
    named: int | None = getattr(data, "attempt", None)
    return data.head.attempt if isinstance(data, OfSubmission) else named


def form_of(data: EventData) -> str | None:
    """The form that an event is about; None where it is about none."""
    named: str | None = getattr(data, "form", None)
    return data.head.form if isinstance(data, OfSubmission) else named

"""What the GRDP input store tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from services.events.common import Article, OfSubmission
from services.kernel.avro import FLAT, Long, digits, to_avro
from services.kernel.events import EventData, ObjectReference, derived_id
from services.model.enumerations import Completeness

NAMESPACE: Final = UUID("5e0f3c5a-8d0b-5c43-9a57-3f7d1c2b6e10")
"""Of keys and figures; changing it would give every key of the feed a new identity."""
Amount = Annotated[Decimal, digits(28, 6)]


@dataclass(frozen=True, kw_only=True)
class ReadSubmission:
    """What was read of one attempt."""

    submission_id: Annotated[str, "Submission."]
    attempt: Annotated[int, "Attempt."]
    figures: Annotated[int, "Figures of it."]


@dataclass(frozen=True, kw_only=True)
class SubmissionStored(OfSubmission):
    """Its figures are in the GRDP input store."""

    TOPIC = "submission.stored"

    figures: Annotated[int, "Figures stored."]
    vintage: Annotated[datetime, "known_from of the rows."]
    salt: Annotated[
        str,
        "Empty: the salt of the digest is the compilers' alone (GET /v1/digests of grdp), since with both a figure can"
        " be guessed. Older events have it, hexadecimal.",
    ] = ""
    digest: Annotated[
        str,
        "SHA-256 over salt and the sorted (key, revision, value), hexadecimal; stands for the feed's records in the"
        " evidence log.",
    ]
    observations: Annotated[
        ObjectReference | None,
        "The figures that were stored; null in events from before this field.",
    ] = None


@dataclass(frozen=True, kw_only=True)
class FigureRead(EventData):
    """Somebody read figures through the store's API."""

    TOPIC = "figure.read"
    KEY = "read_id"

    read_id: Annotated[str, "Identity of the read."]
    person: Annotated[str, "Who; an id of the catalogue, or token:… for a program."]
    organisation: Annotated[str | None, "For whom."] = None
    audience_kind: Annotated[str, "As which audience."]
    audience_id: Annotated[str, "Which."]
    as_of: Annotated[datetime, "State of the store that was read."]
    filters: Annotated[Mapping[str, str], "What was asked for."]
    figures: Annotated[int, "Figures that were answered."]
    submissions: Annotated[tuple[ReadSubmission, ...], "Where they come from."]
    articles: Annotated[tuple[Article, ...], "What allowed it."]
    read_at: Annotated[datetime, "When."]

    @property
    def own_id(self) -> UUID:
        """A read has one event."""
        return derived_id(UUID(self.read_id), self.TOPIC, 0)


@dataclass(frozen=True, kw_only=True)
class FigureRecalled(EventData):
    """Whoever read figures that it may read no more is told not to use them."""

    TOPIC = "figure.recalled"
    KEY = "submission_id"

    submission_id: Annotated[
        str, "uuid5 of sender, form, reference area, period and completeness round."
    ]
    attempt: Annotated[int, "1 for the first content; each different content is one more."]
    sender: Annotated[str, "Organisation of the catalogue that signed the statement."]
    form: Annotated[str, "Form of the catalogue."]
    period: Annotated[str, "SDMX time period or time range."]
    completeness: Annotated[Completeness, "Mức độ hoàn chỉnh: ước tính, sơ bộ, chính thức."]
    province: Annotated[str, "Province whose regulation applies, list 34."]
    decision: Annotated[Long, "The decision that it follows from, monotone per submission."]
    audience_kind: Annotated[str, "As which audience they were read."]
    audience_id: Annotated[str, "Its id; several between spaces."]
    organisation: Annotated[str | None, "Of those who read them."] = None
    reads: Annotated[int, "How many pages with figures of the attempt."]
    last_read_at: Annotated[datetime, "When the last of them was read."]


@dataclass(frozen=True, kw_only=True)
class ObservationKey:
    """Identity of a figure over its revisions."""

    indicator_list: Annotated[str, "List of the indicator."]
    indicator: Annotated[str, "Indicator."]
    area_list: Annotated[str, "List of the area."]
    area: Annotated[str, "Reference area."]
    activity_list: Annotated[str, "Classification of the activity, or empty."]
    activity: Annotated[str, "Activity, or empty."]
    breakdown: Annotated[str, "Further breakdowns, key=value separated by ;, or empty."]
    unit: Annotated[str, "Unit of measure."]
    unit_multiplier: Annotated[int, "Power of ten."]
    measure: Annotated[str, "flow, stock, ratio or index."]
    prices: Annotated[str, "current, constant or not_applicable."]
    base_year: Annotated[int | None, "Base year of constant prices."] = None
    scenario: Annotated[str, "actual or plan."]
    period: Annotated[str, "SDMX time period or range."]
    completeness: Annotated[str, "estimate, preliminary or official."]
    round: Annotated[int, "Round of the completeness."]
    sender: Annotated[str, "Source: organisation."]
    form: Annotated[str, "Source: form."]

    @property
    def id(self) -> UUID:
        """The same for whoever computes it."""
        parts = list(vars(self).values())
        return uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False, separators=(",", ":")))


@dataclass(frozen=True, kw_only=True)
class Observation(EventData):
    """The current state of one figure, for the compilers."""

    TOPIC = "grdp.observation"

    observed: Annotated[ObservationKey, FLAT]
    revision: Annotated[int, "Revision of this key, from 1."]
    value: Annotated[Amount | None, "The figure, or null where missing says why."] = None
    missing: Annotated[str | None, "nil, not_collected or not_applicable."] = None
    reference_start: Annotated[
        date | None, "First day covered, where it differs from the period's."
    ] = None
    reference_end: Annotated[
        date | None, "Last day covered, where it differs from the period's."
    ] = None
    obs_status: Annotated[str, "SDMX OBS_STATUS."]
    conf_status: Annotated[str, "SDMX CONF_STATUS."]
    conf_redist: Annotated[str, "SDMX CONF_REDIST."]
    embargo_time: Annotated[datetime | None, "SDMX EMBARGO_TIME."] = None
    obs_comment: Annotated[str | None, "SDMX OBS_COMMENT."] = None
    known_from: Annotated[datetime, "Vintage."]
    submission_id: Annotated[str, "Submission."]
    attempt: Annotated[int, "Attempt."]
    sheet: Annotated[str, "Sheet."]
    cell: Annotated[str, "A1 address."]

    @property
    def key(self) -> Mapping[str, Any]:
        """The figure over its revisions: the last one stays."""
        return to_avro(self.observed)

    @property
    def subject(self) -> str:
        """The submission that it comes from."""
        return self.submission_id

    @property
    def own_id(self) -> UUID:
        """A revision has one event, whoever caused it."""
        return uuid5(self.observed.id, str(self.revision))

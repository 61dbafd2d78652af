"""What policy's API takes and answers, as it stands in its OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.model.messages import texts
from services.model.observation import Completeness
from services.model.text import ModelError
from services.policy.holds import Choice
from services.policy.incidents import Ending
from services.policy.store import ActRow, AttemptRow, IncidentRow, RequestRow

HEAD = ("sender", "form", "form_version", "area_list", "area", "period", "completeness", "round")
WORDS = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
"""No control characters but line breaks and tabs."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=WORDS)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=WORDS)
]


class Decided(BaseModel):
    """What a person decides about a held attempt. Of the reason only the hash is published; the words stay here."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "outcome": "release",
                    "reason": "Đã đối chiếu đơn vị tính với văn bản gốc.",
                    "document": "12/TKĐB-TH",
                }
            ]
        },
    )

    outcome: Choice
    reason: Words
    document: Name | None = None


class ActView(BaseModel):
    """What one person decided, and whose deputy it was where the room was lent to it."""

    review_id: UUID
    person: str
    on_behalf: str | None
    outcome: Choice
    reason: str
    document: str | None
    step: int
    decided_at: datetime


class ReviewView(BaseModel):
    """An attempt that waits, or waited, for a person: why, whose turn it is, and by when.

    `room` null is the leadership's turn; `verdict` is held while it waits; `agreed` counts those who
    would release it.
    """

    submission_id: UUID
    attempt: int
    decision: int
    verdict: str
    sender: str
    form: str
    form_version: int
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    figures: int
    warnings: int
    reasons: list[dict[str, Any]]
    room: str | None
    held_since: datetime
    due: datetime
    is_overdue: bool
    reviewers: int
    agreed: int
    acts: list[ActView]


class Queue(BaseModel):
    """What waits, the most urgent first."""

    reviews: list[ReviewView]


class Wanted(BaseModel):
    """Which figure is asked for, and why. `room`: the asker's room, where there are several.

    Of the words only their hashes are published.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "indicator_list": "dp",
                    "indicator": "T0111",
                    "area_list": "34",
                    "area": "11",
                    "period": "2025",
                    "completeness": "official",
                    "purpose": "Xây dựng báo cáo bình đẳng giới của tỉnh.",
                    "basis": "Quy chế phối hợp, 1618/QĐ-UBND Điều 4",
                }
            ]
        },
    )

    indicator_list: Name
    indicator: Name
    area_list: Name
    area: Name
    period: Name
    completeness: Completeness
    purpose: Words
    basis: Words
    room: Name | None = None


class RequestView(BaseModel):
    """A request and the last answer to it; `articles` are what that rests on."""

    request_id: UUID
    decision: int
    audience_kind: str
    audience_id: str
    person: str
    indicator_list: str
    indicator: str
    area_list: str
    area: str
    period: str
    completeness: str
    purpose: str
    basis: str
    state: Literal["granted", "pending", "denied"]
    submission_id: UUID | None
    articles: list[dict[str, Any]]
    message: str
    text: dict[str, str]
    asked_at: datetime
    decided_at: datetime


class Requests(BaseModel):
    """Requests, the newest first."""

    requests: list[RequestView]


class Closed(BaseModel):
    """How a person ends an incident. Of the reason only the hash is published; the words stay here."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "outcome": "met_by_secrecy_channel",
                    "reason": "Bản giấy đã nhận theo chế độ bảo mật.",
                    "document": "45/TKĐB-TH",
                }
            ]
        },
    )

    outcome: Ending
    reason: Words
    document: Name | None = None


class IncidentView(BaseModel):
    """A suspected state secret: what was sent, where its markings stand, and how it ended.

    `erased` counts the objects of the vault whose keys are destroyed; `room` null is the leadership's turn.
    """

    incident_id: UUID
    submission_id: UUID
    attempt: int
    sender: str
    form: str
    period: str
    level: str
    markings: list[dict[str, str]]
    room: str | None
    opened_at: datetime
    erased: int
    outcome: Ending | None
    person: str | None
    reason: str | None
    document: str | None
    closed_at: datetime | None


class Incidents(BaseModel):
    """Incidents, the newest first."""

    incidents: list[IncidentView]


class SweptView(BaseModel):
    """How many submissions a sweep looked at, and how many it decided anew."""

    looked_at: int
    decided: int


def review_view(
    row: AttemptRow, acts: Sequence[ActRow], numbers: Mapping[str, str], now: datetime
) -> ReviewView:
    """An attempt that was held; `numbers` are the instruments'."""
    assert row.held_since is not None and row.due is not None
    waits = row.verdict == "held"
    return ReviewView(
        submission_id=row.submission_id,
        attempt=row.attempt,
        decision=row.decision,
        verdict=row.verdict,
        **{name: row.head[name] for name in HEAD},
        figures=row.figures,
        warnings=row.evidence["warnings"],
        reasons=[_reason(one, numbers) for one in row.reasons],
        room=row.room,
        held_since=row.held_since,
        due=row.due,
        is_overdue=waits and row.due < now,
        reviewers=row.reviewers or 1,
        agreed=sum(act.outcome == Choice.RELEASE for act in acts),
        acts=[ActView(**act.model_dump(include=set(ActView.model_fields))) for act in acts],
    )


def incident_view(row: IncidentRow) -> IncidentView:
    """An incident."""
    shown = row.model_dump(include=set(IncidentView.model_fields))
    return IncidentView(**shown, **{name: row.head[name] for name in ("sender", "form", "period")})


def request_view(row: RequestRow, numbers: Mapping[str, str]) -> RequestView:
    """A request; `numbers` are the instruments'."""
    shown = row.model_dump(include=set(RequestView.model_fields))
    shown["articles"] = [_numbered(one, numbers) for one in row.articles]
    return RequestView(**shown, text=texts(row.message).to_dict())


def _reason(reason: Mapping[str, Any], numbers: Mapping[str, str]) -> dict[str, Any]:
    """A reason with its instrument's number, and its text."""
    shown = _numbered(reason, numbers)
    try:
        return shown | {"text": texts(reason["message"]).to_dict()}
    except ModelError:
        return shown


def _numbered(named: Mapping[str, Any], numbers: Mapping[str, str]) -> dict[str, Any]:
    number = numbers.get(named["instrument"])
    return {**named, "number": number} if number else dict(named)

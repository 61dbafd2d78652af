"""What policy's API takes and answers, as it stands in its OpenAPI description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.events.policy import IncidentOutcome, ReleaseState
from services.events.policy import Outcome as ReviewOutcome
from services.kernel.command import Body, Name, Reasoned, Words
from services.model.enumerations import Completeness
from services.model.messages import texts
from services.model.regulation import Binds, Instrument, Validity
from services.model.text import ModelError, Text
from services.policy.insight.matrix import Cell
from services.policy.law.policies import Policy
from services.policy.store import ActRow, AttemptRow, IncidentRow, RequestRow

HEAD = ("sender", "form", "form_version", "area_list", "area", "period", "completeness", "round")


class Decided(Reasoned):
    """What a person decides about a held attempt. Of the reason only the hash is published; the words stay here."""

    outcome: ReviewOutcome = Field(examples=["release"])


class ActView(BaseModel):
    """What one person decided about the hold `decision`, and whose deputy it was where the room was lent to it."""

    review_id: UUID
    decision: int
    person: str
    on_behalf: str | None
    outcome: ReviewOutcome
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
    findings: str
    """Where validation tells of the warnings that are to be accepted."""


class Queue(BaseModel):
    """What waits, the most urgent first."""

    reviews: list[ReviewView]


class Wanted(Body):
    """Which figure is asked for, and why. `room`: the asker's room, where there are several. `user_group`: for whom of
    those that have no login an officer asks: a (Party, state, agencies), b (enterprises, investors), c (media, schools,
    international bodies, others). `private_interest`:
    that it is for an interest of those who ask, not of their office; a person of the leadership judges that, and every
    purpose that the catalogue's item doesn't name.

    Of the words only their hashes are published.
    """

    indicator_list: Name = Field(examples=["dp"])
    indicator: Name = Field(examples=["T0111"])
    area_list: Name = Field(examples=["34"])
    area: Name = Field(examples=["11"])
    period: Name = Field(examples=["2025"])
    completeness: Completeness
    purpose: Words = Field(examples=["Xây dựng báo cáo bình đẳng giới của tỉnh."])
    basis: Words = Field(examples=["Quy chế phối hợp, 1618/QĐ-UBND Điều 4"])
    private_interest: bool = False
    room: Name | None = None
    user_group: Literal["a", "b", "c"] | None = None


class Judged(Reasoned):
    """Whether the private interest of a request harms nobody. The words stay here."""

    is_harmless: bool


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
    private_interest: bool
    judged_by: str | None
    is_harmless: bool | None
    judgement_reason: str | None
    judgement_document: str | None
    judged_at: datetime | None
    state: ReleaseState
    submission_id: UUID | None
    articles: list[dict[str, Any]]
    message: str
    text: dict[str, str]
    asked_at: datetime
    decided_at: datetime


class Requests(BaseModel):
    """Requests, the newest first."""

    requests: list[RequestView]


class Closed(Reasoned):
    """How a person ends an incident. Of the reason only the hash is published; the words stay here."""

    outcome: IncidentOutcome


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
    outcome: IncidentOutcome | None
    person: str | None
    reason: str | None
    document: str | None
    closed_at: datetime | None


class Incidents(BaseModel):
    """Incidents, the newest first."""

    incidents: list[IncidentView]


class ChangeView(BaseModel):
    """Facts that would have to be otherwise, in words, and the verdict then."""

    facts: list[str]
    text: dict[str, str]
    verdict: str


class ExplanationView(BaseModel):
    """Why an attempt is decided so for an audience: facts, articles, and what would change it.

    `recorded` is the verdict that stands; `verdict` what today's law and facts say.
    """

    submission_id: UUID
    attempt: int
    audience_kind: str
    audience_id: str
    recorded: str
    verdict: str
    facts: dict[str, Any]
    policies: list[str]
    reasons: list[dict[str, Any]]
    articles: list[dict[str, Any]]
    reviewers: int
    changes: list[ChangeView]

    @classmethod
    def of(
        cls,
        submission: UUID,
        attempt: int,
        recorded: str,
        explanation: Mapping[str, Any],
        numbers: Mapping[str, str],
    ) -> ExplanationView:
        """From `explain.plain`; `numbers` are the instruments'."""
        shown = {
            **explanation,
            "reasons": [_reason(reason, numbers) for reason in explanation["reasons"]],
            "articles": [_numbered(article, numbers) for article in explanation["articles"]],
            "changes": [
                {
                    **change,
                    "text": _together([texts(f"policy.if.{name}") for name in change["facts"]]),
                }
                for change in explanation["changes"]
            ],
        }
        return cls(submission_id=submission, attempt=attempt, recorded=recorded, **shown)


class MatrixCell(BaseModel):
    """What is decided about a class of information for an audience, and the articles that decide it."""

    information: str
    audience: str
    verdict: str
    articles: list[dict[str, Any]]


class MatrixView(BaseModel):
    """Every audience by every class, class by class."""

    cells: list[MatrixCell]


class ArticleView(BaseModel):
    """An article, who keeps it, and the policies that are bound to it."""

    article: str
    clause: str | None
    summary: dict[str, str]
    requirement: str | None
    kept_by: str | None
    how: dict[str, str] | None
    policies: list[str]


class InstrumentView(BaseModel):
    """An instrument without its articles."""

    id: str
    number: str
    title: dict[str, str]
    province: str | None
    in_force_from: date
    in_force_to: date | None
    replaced_by: str | None
    source: str | None
    former_province: str | None
    binds: Binds | None
    validity: Validity | None

    @classmethod
    def of(cls, instrument: Instrument) -> InstrumentView:
        """From the catalogue's."""
        shown = {name: getattr(instrument, name) for name in InstrumentView.model_fields}
        return cls.model_validate({**shown, "title": instrument.title.to_dict()})


class LawsView(BaseModel):
    """The instruments that are kept."""

    regulations: list[InstrumentView]


class LawView(InstrumentView):
    """An instrument as it is kept."""

    articles: list[ArticleView]


class Changed(Body):
    """Policies to try instead of the product's: all files by name, *.cedar and policies.cedarschema."""

    files: dict[Annotated[str, StringConstraints(max_length=100)], str]
    since: date = date(1970, 1, 1)


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
        findings=f"/v1/submissions/{row.submission_id}/findings?attempt={row.attempt}",
        decision=row.decision,
        verdict=row.verdict,
        **{name: getattr(row.head, name) for name in HEAD},
        figures=row.figures,
        warnings=row.evidence["warnings"],
        reasons=[_reason(asdict(reason), numbers) for reason in row.reasons],
        room=row.room,
        held_since=row.held_since,
        due=row.due,
        is_overdue=waits and row.due < now,
        reviewers=row.reviewers or 1,
        agreed=sum(
            act.outcome == ReviewOutcome.RELEASE for act in acts if act.decision == row.hold
        ),
        acts=[ActView(**act.model_dump(include=set(ActView.model_fields))) for act in acts],
    )


def matrix_view(cells: Iterable[Cell], numbers: Mapping[str, str]) -> MatrixView:
    """The matrix; `numbers` are the instruments'."""
    return MatrixView(
        cells=[
            MatrixCell(
                information=cell.information,
                audience=cell.audience,
                verdict=cell.verdict.value,
                articles=[_numbered(asdict(article), numbers) for article in cell.articles],
            )
            for cell in cells
        ]
    )


def law_view(instrument: Instrument, policies: Iterable[Policy]) -> LawView:
    """An instrument, with the policies that are bound to its articles."""
    bound: dict[tuple[str, str | None], list[str]] = {}
    for policy in policies:
        if policy.instrument == instrument.id:
            bound.setdefault((policy.article, policy.clause), []).append(policy.id)
    articles = [
        {
            **dict.fromkeys(("clause", "requirement", "kept_by", "how")),
            **article,
            "policies": bound.get((article["article"], article.get("clause")), []),
        }
        for article in instrument.to_dict()["articles"]
    ]
    shown = InstrumentView.of(instrument).model_dump()
    return LawView.model_validate({**shown, "articles": articles})


def _together(texts: Sequence[Text]) -> dict[str, str]:
    return {"vi": ", ".join(text.vi for text in texts), "en": ", ".join(text.en for text in texts)}


def incident_view(row: IncidentRow) -> IncidentView:
    """An incident."""
    shown = row.model_dump(include=set(IncidentView.model_fields))
    return IncidentView(
        **shown, **{name: getattr(row.head, name) for name in ("sender", "form", "period")}
    )


def request_view(row: RequestRow, numbers: Mapping[str, str]) -> RequestView:
    """A request; `numbers` are the instruments'."""
    shown = row.model_dump(include=set(RequestView.model_fields))
    shown["articles"] = [_numbered(asdict(article), numbers) for article in row.articles]
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

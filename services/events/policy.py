"""What policy tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from services.events.common import Article, OfSubmission
from services.kernel.avro import Long
from services.kernel.events import EventData, ObjectReference
from services.model.enumerations import Completeness, SecretLevel


class AudienceKind(StrEnum):
    """Who may want to use figures."""

    COMPILERS = "compilers"
    ROOM = "room"
    AGENCY = "agency"
    PROVINCIAL_COMMITTEE = "provincial_committee"
    NATIONAL_OFFICE = "national_office"
    USER_GROUP = "user_group"


class ReleaseState(StrEnum):
    """What policy says to an audience."""

    GRANTED = "granted"
    PENDING = "pending"
    DENIED = "denied"


class Copy(StrEnum):
    """Which copy an audience may read."""

    FULL = "full"
    PROTECTED = "protected"


@dataclass(frozen=True, kw_only=True)
class ReleasedFigure:
    """One figure that a release is about."""

    indicator_list: Annotated[str, "List of the indicator."]
    indicator: Annotated[str, "Indicator."]
    area_list: Annotated[str, "List of the area."]
    area: Annotated[str, "Reference area."]
    period: Annotated[str, "SDMX time period or range."]


@dataclass(frozen=True, kw_only=True)
class ReleasedFlags:
    """One combination of SDMX flags that a release is about."""

    conf_status: Annotated[str, "SDMX CONF_STATUS."]
    conf_redist: Annotated[str, "SDMX CONF_REDIST: organisations to which it may go on."]
    embargo_time: Annotated[datetime | None, "SDMX EMBARGO_TIME."] = None


@dataclass(frozen=True, kw_only=True)
class Release:
    """Whether an audience may read, and what that rests on."""

    audience_kind: Annotated[AudienceKind, "Kind of audience."]
    audience_id: Annotated[str, "Which one."]
    state: Annotated[ReleaseState, "Whether it may read."]
    copy: Annotated[Copy, "Which copy it may read."]
    object: Annotated[str | None, "Name of the protected copy, if it has one of its own."] = None
    not_before: Annotated[datetime | None, "Not readable before."] = None
    articles: Annotated[tuple[Article, ...], "What the release rests on."]
    only: Annotated[
        tuple[ReleasedFigure, ...] | None,
        "The figures that it is about; null: all of the submission.",
    ] = None
    flags: Annotated[
        tuple[ReleasedFlags, ...] | None,
        "The combinations of flags that it is about; null: all of the submission.",
    ] = None


@dataclass(frozen=True, kw_only=True)
class CellFinding:
    """Where something was found; never what."""

    sheet: Annotated[str, "Sheet's name."]
    cell: Annotated[str, "A1 address."]
    kind: Annotated[str, "What was found there; never the value."]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an attempt is not cleared."""

    policy: Annotated[str, "@id of the policy that decided."]
    requirement: Annotated[str, "R1 … R82, or empty."]
    instrument: Annotated[str, "Instrument of the regulation pack."]
    article: Annotated[str, "Điều."]
    clause: Annotated[str | None, "Khoản."] = None
    message: Annotated[str, "Message of the catalogue."]
    cells: Annotated[tuple[CellFinding, ...], "Cells that it rests on."]


class Outcome(StrEnum):
    """What a person decided about a hold."""

    RELEASE = "release"
    WITHHOLD = "withhold"


class ConsentChange(StrEnum):
    """How a consent changed."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class IncidentOutcome(StrEnum):
    """How an incident ends."""

    MET = "met_by_secrecy_channel"
    """The document came by the secrecy channel; the sender's duty is met."""
    UNFOUNDED = "unfounded"
    """It was no secret. What was destroyed stays destroyed: the sender sends it again, without the marking."""


@dataclass(frozen=True, kw_only=True)
class SubmissionCleared(OfSubmission):
    """Policy lets the named audiences use it."""

    TOPIC = "submission.cleared"

    decision: Annotated[Long, "Monotone per submission; a lower one is ignored."]
    figures: Annotated[int, "Figures cleared."]
    observations: Annotated[ObjectReference, "Parquet, one row a figure."]
    checked: Annotated[tuple[str, ...], "Policies that were evaluated."]
    releases: Annotated[tuple[Release, ...], "Who may read what, under which article."]


@dataclass(frozen=True, kw_only=True)
class SubmissionHeld(OfSubmission):
    """Waits for a person."""

    TOPIC = "submission.held"

    decision: Annotated[Long, "Monotone per submission."]
    figures: Annotated[int, "Figures held."]
    reasons: Annotated[tuple[Reason, ...], "Why."]
    room: Annotated[str | None, "Room whose turn it is; null: the office's leadership."] = None
    due: Annotated[datetime | None, "By when it should be decided."] = None
    reviewers: Annotated[int, "How many persons must agree: 2 for four eyes."] = 1


@dataclass(frozen=True, kw_only=True)
class SubmissionWithheld(OfSubmission):
    """A regulation forbids its use."""

    TOPIC = "submission.withheld"

    decision: Annotated[Long, "Monotone per submission."]
    figures: Annotated[int, "Figures withheld."]
    reasons: Annotated[tuple[Reason, ...], "Why."]


@dataclass(frozen=True, kw_only=True)
class SubmissionSuperseded(OfSubmission):
    """A higher cleared attempt took its place."""

    TOPIC = "submission.superseded"

    decision: Annotated[Long, "Monotone per submission."]
    by_attempt: Annotated[int, "The attempt that is current now."]


@dataclass(frozen=True, kw_only=True)
class SubmissionWithdrawn(OfSubmission):
    """Its sender takes it back: nobody may read it any more."""

    TOPIC = "submission.withdrawn"

    decision: Annotated[Long, "Monotone per submission."]
    figures: Annotated[int, "How many it has."]
    withdrawal_id: Annotated[str, "Of the act; one act may be about several attempts."]
    person: Annotated[str, "Who entered it."]
    organisation: Annotated[
        str, "That person's: the sender's, or the office's on the sender's letter."
    ]
    reason_sha256: Annotated[str, "SHA-256 of the reason's UTF-8; policy's API shows the words."]
    document: Annotated[
        str | None, "Number of the letter; always there where the office entered it."
    ] = None
    effective_at: Annotated[datetime, "From when on nobody may read it."]


@dataclass(frozen=True, kw_only=True)
class ReviewDecided(EventData):
    """A person decided about a held submission."""

    TOPIC = "review.decided"
    KEY = "submission_id"

    review_id: Annotated[str, "Identity of this act."]
    submission_id: Annotated[str, "Submission."]
    attempt: Annotated[int, "Attempt."]
    decision: Annotated[
        Long, "Decision of policy that was reviewed; what follows has a higher one."
    ]
    kind: Annotated[str, "acceptance, or the id of the policy that held it."]
    outcome: Annotated[Outcome, "What was decided."]
    step: Annotated[int, "1, or 2 where four eyes are asked for."]
    steps: Annotated[int, "How many persons must agree."]
    person: Annotated[str, "Who decided; an id of the catalogue, never a name."]
    room: Annotated[str | None, "Room whose turn it was."] = None
    on_behalf: Annotated[str | None, "Whose deputy decided."] = None
    reason: Annotated[
        str,
        "Empty: what persons write stays with policy, whose API shows it. Older events have it.",
    ] = ""
    reason_sha256: Annotated[str, "SHA-256 of why, in the reviewer's words, hexadecimal."] = ""
    document: Annotated[str | None, "Number of the document that it rests on."] = None
    decided_at: Annotated[datetime, "When."]

    @property
    def own_id(self) -> UUID:
        """An act has one event, which bears its id."""
        return UUID(self.review_id)


@dataclass(frozen=True, kw_only=True)
class RequestDecided(EventData):
    """Whether an audience may read what it asked for."""

    TOPIC = "request.decided"
    KEY = "request_id"

    request_id: Annotated[str, "Identity of the request."]
    decision: Annotated[Long, "Monotone per request."]
    audience_kind: Annotated[
        str, "room, agency, provincial_committee, national_office or user_group."
    ]
    audience_id: Annotated[str, "Which."]
    person: Annotated[str, "Who asked."]
    indicator_list: Annotated[str, "List of the indicator."]
    indicator: Annotated[str, "Indicator."]
    area_list: Annotated[str, "List of the area."]
    area: Annotated[str, "Reference area."]
    period: Annotated[str, "SDMX time period or range."]
    completeness: Annotated[Completeness, "Mức độ hoàn chỉnh: ước tính, sơ bộ, chính thức."]
    purpose: Annotated[
        str,
        "Empty: what persons write stays with policy, whose API shows it. Older events have it.",
    ] = ""
    purpose_sha256: Annotated[
        str, "SHA-256 of what the figure is for, in the asker's words, hexadecimal."
    ] = ""
    basis: Annotated[str, "Empty, likewise."] = ""
    basis_sha256: Annotated[
        str, "SHA-256 of the legal basis that the asker names, hexadecimal."
    ] = ""
    state: Annotated[ReleaseState, "What policy decided."]
    submission_id: Annotated[
        str | None, "Submission that holds the figure, where there is one."
    ] = None
    articles: Annotated[tuple[Article, ...], "What the decision rests on."]
    message: Annotated[str, "Message of the catalogue that explains it."]
    decided_at: Annotated[datetime, "When."]
    judged_by: Annotated[
        str | None,
        "Who judged a private interest, where one was declared; an id of the catalogue, never a name.",
    ] = None


@dataclass(frozen=True, kw_only=True)
class ConsentChanged(EventData):
    """Those whom records name agreed to their use, or agree no more."""

    TOPIC = "consent.changed"
    KEY = "consent_id"

    consent_id: Annotated[str, "UUID of the consent."]
    change: Annotated[ConsentChange, "What happened to it."]
    sender: Annotated[str, "Organisation whose records they are."]
    form: Annotated[str, "Form of the catalogue."]
    period: Annotated[str | None, "SDMX time period; null: the records of every period."] = None
    identifiers: Annotated[tuple[str, ...], "Kinds of identifiers that it covers."]
    audiences: Annotated[tuple[str, ...], "Kinds of audience that it covers."]
    purposes: Annotated[
        tuple[str, ...], "statistics, state_management, information, private_interest."
    ]
    valid_from: Annotated[date, "Its first day."]
    valid_to: Annotated[date | None, "Its last day."] = None
    person: Annotated[str, "Who entered the change; empty where its last day is over."]
    document: Annotated[str | None, "Number of the document that shows it."] = None
    reason_sha256: Annotated[str | None, "SHA-256 of the UTF-8 of why it was withdrawn."] = None
    changed_at: Annotated[datetime, "When."]


@dataclass(frozen=True, kw_only=True)
class IncidentOpened(EventData):
    """A submission bears markings of secrecy: the keys of everything that the vault had of it are destroyed."""

    TOPIC = "incident.opened"
    KEY = "submission_id"

    incident_id: Annotated[str, "Identity of the incident."]
    submission_id: Annotated[str, "Submission."]
    attempt: Annotated[int, "Attempt."]
    sender: Annotated[str, "Organisation that sent it."]
    form: Annotated[str, "Form of the catalogue."]
    province: Annotated[str, "Province whose regulation applies, list 34."]
    level: Annotated[
        SecretLevel, "The highest level that its markings name: tuyệt mật, tối mật, mật."
    ]
    markings: Annotated[int, "Markings that were found, at most as many as a decision shows."]
    instrument: Annotated[str, "Instrument that forbids it; empty where none is in force."]
    article: Annotated[str, "Điều."]
    clause: Annotated[str | None, "Khoản."] = None
    opened_at: Annotated[datetime, "When."]


@dataclass(frozen=True, kw_only=True)
class IncidentClosed(EventData):
    """A person ended an incident."""

    TOPIC = "incident.closed"
    KEY = "submission_id"

    incident_id: Annotated[str, "The incident."]
    submission_id: Annotated[str, "Submission."]
    attempt: Annotated[int, "Attempt."]
    outcome: Annotated[
        IncidentOutcome,
        "The duty was met by the secrecy channel; or it was no secret, and has to be sent again without the marking.",
    ]
    person: Annotated[str, "Who ended it; an id of the catalogue, never a name."]
    reason_sha256: Annotated[str, "SHA-256 of why, in the person's words, hexadecimal."]
    document: Annotated[str | None, "Number of the document that it rests on."] = None
    closed_at: Annotated[datetime, "When."]


@dataclass(frozen=True, kw_only=True)
class PoliciesTried(EventData):
    """Somebody tried changed policies over decisions."""

    TOPIC = "policies.tried"
    KEY = "person"

    trial_id: Annotated[str, "Trial."]
    person: Annotated[
        str, "Who tried them: a person of the catalogue, or token:<role> for a program."
    ]
    organisation: Annotated[str | None, "Organisation of that person; null for a program."]
    policies_sha256: Annotated[str, "SHA-256 of the policies as canonical JSON of their files."]
    since: Annotated[str, "Day of the decision, UTC, from which on decisions were tried."]
    attempts: Annotated[
        int, "How many attempts were tried: of those whose decisions the person may have explained."
    ]
    tried_at: Annotated[datetime, "When."]

    @property
    def own_id(self) -> UUID:
        """A trial has one event."""
        return UUID(self.trial_id)


@dataclass(frozen=True, kw_only=True)
class ErasureDone(EventData):
    """Two people had an attempt, and all before it, erased for good."""

    TOPIC = "erasure.done"
    KEY = "submission_id"

    submission_id: Annotated[str, "Whose objects."]
    attempt: Annotated[int, "The last attempt that was erased."]
    erasure_id: Annotated[str, "UUID of the order."]
    ordered_by: Annotated[str, "Who ordered it."]
    confirmed_by: Annotated[str, "Who confirmed it: somebody else."]
    reason_sha256: Annotated[str, "SHA-256 of the reason's UTF-8; policy's API shows the words."]
    document: Annotated[str, "Number of the decision that it rests on."]
    objects: Annotated[int, "Objects of the vault whose keys were destroyed."]
    erased_at: Annotated[datetime, "When."]

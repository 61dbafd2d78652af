"""What the API answers, as it stands in its OpenAPI description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.intake import store
from services.intake.queries import Joined
from services.intake.status import Account, State, verdict
from services.model.messages import texts
from services.model.statement import reason_of, signatories
from services.model.text import ModelError

EXAMPLE_ID = "7f2f4d0e-7d0a-5c0b-9a52-2f6c1f1f7a10"
EXAMPLE_LINKS: Any = {
    "self": f"/v1/submissions/{EXAMPLE_ID}",
    "report": f"/v1/submissions/{EXAMPLE_ID}/report?attempt=1",
    "marked": None,
}
EXAMPLE_STATEMENT: dict[str, Any] = {
    "sender": "so-tai-chinh-dien-bien",
    "form": "cv17809-1",
    "form_version": 1,
    "area_list": "63",
    "area": "11",
    "period": "2026-Q3",
    "completeness": "estimate",
    "round": 1,
    "regime": "coordination",
    "classification": "internal",
}


class Links(BaseModel):
    """Where to go on. `marked` is null until the checks have found something in the workbook."""

    self: str
    report: str
    marked: str | None


class Receipt(BaseModel):
    """An attempt was taken in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": EXAMPLE_ID, "attempt": 1, "links": EXAMPLE_LINKS}]}
    )

    id: UUID
    attempt: int
    links: Links


class AttemptView(BaseModel):
    """Where an attempt stands. `verdict` is null until there is one; findings and reasons name cells, never values."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_ID,
                    "attempt": 1,
                    **EXAMPLE_STATEMENT,
                    "received_at": "2026-11-23T08:00:00Z",
                    "state": "stored",
                    "verdict": "cleared",
                    "since": "2026-11-23T08:00:02Z",
                    "decision": 1,
                    "figures": 94,
                    "reasons": [],
                    "findings": [],
                    "checked": ["classification", "regime"],
                    "links": EXAMPLE_LINKS,
                }
            ]
        }
    )

    id: UUID
    attempt: int
    sender: str
    form: str
    form_version: int
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    regime: str
    classification: str
    received_at: datetime
    state: State
    verdict: str | None
    since: datetime
    decision: int | None
    figures: int | None
    reasons: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    checked: list[str]
    links: Links


class StateView(AttemptView):
    """One attempt, the time of each state that it went through, and all attempts of the submission. `reason` is why it
    corrects what came before, or has no numbers: the sender's words, for whoever may read its report. `prepared_by` and
    `approved_by` are the persons of the sender whom its statement names; `countersigned_by` the office that signed for
    the latter.
    """

    reason: str | None
    prepared_by: str | None
    approved_by: str | None
    countersigned_by: str | None
    times: dict[str, datetime]
    attempts: list[dict[str, Any]]


class PathView(BaseModel):
    """Every event that intake saw about a submission."""

    id: UUID
    events: list[dict[str, Any]]


class Reconciliation(BaseModel):
    """Attempts = verdicts + held + in flight (dead ones among these); figures read = the others together."""

    attempts: int
    verdicts: dict[str, int]
    held: int
    in_flight: int
    states: dict[str, int]
    oldest_seconds: dict[str, float]
    figures: dict[str, int]
    refused: int


def links(submission_id: UUID, attempt: int, *, marked: bool = False) -> Links:
    """The links of an attempt; `marked` says whether its workbook was marked."""
    here = f"/v1/submissions/{submission_id}"
    return Links(
        self=here,
        report=f"{here}/report?attempt={attempt}",
        marked=f"{here}/marked?attempt={attempt}" if marked else None,
    )


def attempt_view(joined: Joined, numbers: Mapping[str, str]) -> AttemptView:
    """One attempt."""
    return AttemptView(**_attempt(joined, numbers))


def state_view(
    chosen: Joined,
    attempts: Sequence[Joined],
    path: Iterable[store.Path],
    numbers: Mapping[str, str],
    *,
    has_words: bool,
) -> StateView:
    """The state of the chosen one of a submission's attempts, and its path; `numbers` are the instruments'."""
    return StateView(
        **_attempt(chosen, numbers),
        reason=reason_of(chosen[1].statement) if has_words else None,
        **vars(signatories(chosen[1].statement)),
        times={event.state: event.at for event in path},
        attempts=[
            {"attempt": attempt.attempt, "state": status.state, "received_at": attempt.received_at}
            for _, attempt, status in attempts
        ],
    )


def path_view(submission_id: UUID, path: Iterable[store.Path]) -> PathView:
    """The path of a submission."""
    names = ("event_id", "attempt", "state", "at", "decision", "figures")
    events = [
        {name: getattr(event, name) for name in names} | {"topic": State(event.state).topic}
        for event in path
    ]
    return PathView(id=submission_id, events=events)


def _attempt(joined: Joined, numbers: Mapping[str, str]) -> dict[str, Any]:
    submission, attempt, status = joined
    state = State(status.state)
    detail = status.detail
    return {
        "id": submission.submission_id,
        **submission.model_dump(exclude={"submission_id", "created_at"}),
        **attempt.model_dump(
            include={"attempt", "form_version", "regime", "classification", "received_at"}
        ),
        "state": state,
        "verdict": verdict(state, Account(status.account)),
        "since": status.since,
        "decision": status.decision,
        "figures": status.figures_read,
        "reasons": [_reason(reason, numbers) for reason in detail.get("reasons", [])],
        "findings": detail.get("findings", []),
        "checked": detail.get("checked", []),
        "links": links(submission.submission_id, attempt.attempt, marked="marked" in detail),
    }


def _reason(reason: dict[str, Any], numbers: Mapping[str, str]) -> dict[str, Any]:
    """A reason with its instrument's number, and its text where that needs nothing the event doesn't say."""
    if reason["instrument"] in numbers:
        reason = reason | {"number": numbers[reason["instrument"]]}
    try:
        return reason | {"text": texts(reason["message"], **reason).to_dict()}
    except ModelError:
        return reason

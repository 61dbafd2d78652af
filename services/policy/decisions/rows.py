"""Between the facts and the rows that keep them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.events.policy import ReleaseState
from services.kernel.events import Row
from services.kernel.mapping import Mapped
from services.model.flags import Combination, Flags
from services.model.period import Period, PeriodError
from services.policy.decisions.facts import (
    Answer,
    Asked,
    Attempt,
    Evidence,
    Hold,
    Judgement,
    Reviewed,
    Withdrawal,
)
from services.policy.decisions.figures import Figure
from services.policy.evidence.finding import Finding
from services.policy.law.consent import Consent
from services.policy.law.verdict import BY_KIND, Audience, Verdict, WorkSecret
from services.policy.store import (
    ActRow,
    AttemptRow,
    ConsentRow,
    PreReleaseRow,
    ReleasedRow,
    RequestRow,
    WithdrawalRow,
)

REVIEWS = Mapped(Reviewed, ActRow, {"id": "review_id", "at": "decided_at"})
WITHDRAWALS = Mapped(Withdrawal, WithdrawalRow, {"id": "withdrawal_id", "at": "withdrawn_at"})
JUDGEMENT = ("judged_by", "is_harmless", "judgement_reason", "judgement_document", "judged_at")


def attempt_row(attempt: Attempt, at: datetime) -> Row:
    """The row of an attempt. Without a hold its columns are not named: those of the last one stay."""
    values: dict[str, Any] = {
        "submission_id": UUID(attempt.head.submission_id),
        "attempt": attempt.attempt,
        "verdict": attempt.verdict.value,
        "decision": attempt.decision,
        "decided_at": at,
        "head": attempt.head,
        "period_end": end_of(attempt.head.period),
        "figures": attempt.figures,
        "observations": attempt.observations,
        "evidence": _evidence(attempt.evidence),
        "checked": list(attempt.checked),
        "reasons": attempt.reasons,
        "releases": attempt.releases,
        "waived": sorted(attempt.waived),
    }
    if attempt.hold is not None:
        values |= {
            "room": attempt.hold.room,
            "hold": attempt.decision,
            "held_since": attempt.hold.since,
            "due": attempt.hold.due,
            "reviewers": attempt.hold.reviewers,
        }
    return Row(AttemptRow, values, conflict="replace")


def attempt_of(row: AttemptRow) -> Attempt:
    """Back from `attempt_row`."""
    verdict = Verdict(row.verdict)
    hold = None
    if verdict is Verdict.HELD and row.held_since and row.due:
        hold = Hold(row.room, row.held_since, row.due, row.reviewers or 1)
    return Attempt(
        attempt=row.attempt,
        verdict=verdict,
        decision=row.decision,
        head=row.head,
        figures=row.figures,
        observations=row.observations,
        evidence=_evidence_of(row.evidence),
        checked=tuple(row.checked),
        reasons=row.reasons,
        releases=row.releases,
        waived=frozenset(row.waived),
        hold=hold,
    )


def pre_release_rows(attempt: Attempt, at: datetime) -> Iterator[Row]:
    """The entries of the list of those who may read before publication; what is in it stays as it was."""
    for release in attempt.releases:
        if release.state is ReleaseState.GRANTED and release.audience_kind in BY_KIND:
            values = {
                "submission_id": UUID(attempt.head.submission_id),
                "attempt": attempt.attempt,
                "audience_kind": release.audience_kind.value,
                "audience_id": release.audience_id,
                "decision": attempt.decision,
                "head": attempt.head,
                "articles": release.articles,
                "since": at,
            }
            yield Row(PreReleaseRow, values, conflict="ignore")


def consent_of(row: ConsentRow) -> Consent:
    """The consent that a row keeps."""
    return Consent(
        id=row.consent_id,
        sender=row.sender,
        form=row.form,
        period=row.period,
        identifiers=frozenset(row.identifiers),
        audiences=frozenset(row.audiences),
        purposes=frozenset(row.purposes),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        withdrawn_at=row.withdrawn_at,
    )


def request_row(asked: Asked, answer: Answer) -> Row:
    """The row of a request with its last answer."""
    values = {
        "request_id": asked.id,
        "audience_kind": asked.audience.kind,
        "audience_id": asked.audience.id,
        "person": asked.person,
        **vars(asked.figure),
        "period_end": asked.figure.period_end,
        "purpose": asked.purpose,
        "basis": asked.basis,
        "private_interest": asked.private_interest,
        **judgement_columns(asked.judgement),
        "asked_at": asked.at,
        "decision": answer.decision,
        "state": answer.state.value,
        "message": answer.message,
        "articles": answer.articles,
        "submission_id": answer.submission_id and UUID(answer.submission_id),
        "decided_at": answer.at,
    }
    return Row(RequestRow, values, conflict="replace")


def asked_of(row: RequestRow) -> Asked:
    """Back from `request_row`."""
    answer = Answer(
        decision=row.decision,
        state=ReleaseState(row.state),
        message=row.message,
        articles=row.articles,
        submission_id=str(row.submission_id) if row.submission_id else None,
        at=row.decided_at,
    )
    return Asked(
        id=row.request_id,
        audience=Audience(row.audience_kind, row.audience_id),
        person=row.person,
        figure=figure_of(row),
        purpose=row.purpose,
        basis=row.basis,
        at=row.asked_at,
        answer=answer,
        private_interest=row.private_interest,
        judgement=_judgement_of(row),
    )


def judgement_columns(judgement: Judgement | None) -> dict[str, Any]:
    """The columns of what a person judged about a request; all null before."""
    if judgement is None:
        return dict.fromkeys(JUDGEMENT)
    values = (judgement.person, judgement.is_harmless, judgement.reason, judgement.document)
    return dict(zip(JUDGEMENT, (*values, judgement.at), strict=True))


def _judgement_of(row: RequestRow) -> Judgement | None:
    if row.judged_by is None or row.is_harmless is None or row.judged_at is None:
        return None
    return Judgement(
        row.is_harmless, row.judged_at, person=row.judged_by, reason=row.judgement_reason or "",
        document=row.judgement_document,
    )  # fmt: skip


def figure_of(row: RequestRow | ReleasedRow) -> Figure:
    """The figure that a row names."""
    return Figure(
        row.indicator_list, row.indicator, row.area_list, row.area, row.period, row.completeness
    )


def end_of(period: str) -> date | None:
    """The last day of a period; None for what is none."""
    try:
        return Period.parse(period).end
    except PeriodError:
        return None


def _evidence(evidence: Evidence) -> dict[str, Any]:
    findings = evidence.findings
    return {
        "findings": None if findings is None else _places(findings),
        "errors": evidence.errors,
        "integrity": evidence.integrity,
        "warnings": evidence.warnings,
        "lost": evidence.lost,
        "work_secret": evidence.work_secret.value,
        "received_at": _text(evidence.received_at),
        "is_after_closing": evidence.is_after_closing,
        "is_unexplained": evidence.is_unexplained,
        "markings": _places(evidence.markings),
        "flags": [
            [
                flag.flags.conf_status,
                flag.flags.conf_redist,
                _text(flag.flags.embargo_time),
                flag.figures,
            ]
            for flag in evidence.flags
        ],
    }


def _places(findings: Iterable[Finding]) -> list[list[str]]:
    return [[finding.sheet, finding.cell, finding.kind] for finding in findings]


def _evidence_of(kept: dict[str, Any]) -> Evidence:
    findings = kept["findings"]
    return Evidence(
        findings=None if findings is None else tuple(Finding(*finding) for finding in findings),
        errors=kept["errors"],
        integrity=kept["integrity"],
        warnings=kept["warnings"],
        # Rows from before lost figures, work secrets, markings, flags and closings were looked for have none.
        work_secret=WorkSecret(kept.get("work_secret", WorkSecret.NO)),
        lost=kept.get("lost", 0),
        received_at=_time(kept.get("received_at")),
        is_after_closing=kept.get("is_after_closing", False),
        is_unexplained=kept.get("is_unexplained", False),
        markings=tuple(Finding(*marking) for marking in kept.get("markings", ())),
        flags=tuple(
            Combination(Flags(status, redist, _time(time)), figures)
            for status, redist, time, figures in kept.get("flags", ())
        ),
    )


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

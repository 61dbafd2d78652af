"""Consents change: given, withdrawn, or past their last day; what was decided by them is decided again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from services.events.policy import ConsentChange, ConsentChanged
from services.kernel.command import Act, words_sha256
from services.kernel.events import Outcome
from services.model.regulation import day
from services.policy.decisions.case import case_of
from services.policy.decisions.facts import Attempt, Facts, Withdrawal
from services.policy.decisions.ledger import Ledger
from services.policy.law.decide import decide
from services.policy.law.verdict import Verdict
from services.policy.store import ConsentRow


@dataclass(frozen=True)
class Ended(Act):
    """Why a consent counts no more: a person's words, or that its last day is over."""

    change: ConsentChange
    organisation: str


def event_of(row: ConsentRow, change: ConsentChange, at: datetime) -> ConsentChanged:
    """The `consent.changed`: kinds and dates, and the hash of a person's words."""
    withdrawn = change is ConsentChange.WITHDRAWN
    by = {ConsentChange.GIVEN: row.person, ConsentChange.WITHDRAWN: row.withdrawn_by}
    hashed = words_sha256(row.withdrawn_reason or "")
    return ConsentChanged(
        consent_id=str(row.consent_id),
        change=change,
        sender=row.sender,
        form=row.form,
        period=row.period,
        identifiers=tuple(row.identifiers),
        audiences=tuple(row.audiences),
        purposes=tuple(row.purposes),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        person=by.get(change) or "",
        document=row.withdrawn_document if withdrawn else row.document,
        reason_sha256=hashed if withdrawn else None,
        changed_at=at,
    )


def is_expired(row: ConsentRow, today: date) -> bool:
    """Whether its last day is over, and nobody withdrew it before."""
    return row.withdrawn_at is None and row.valid_to is not None and row.valid_to < today


def ended(row: ConsentRow, today: date) -> Ended | None:
    """Why it counts no more; None where it counts."""
    if row.withdrawn_at is not None:
        return Ended(
            ConsentChange.WITHDRAWN,
            row.withdrawn_organisation or "",
            person=row.withdrawn_by or "",
            reason=row.withdrawn_reason or "",
            document=row.withdrawn_document,
        )
    if is_expired(row, today):
        return Ended(ConsentChange.EXPIRED, row.sender, person="", reason="", document=row.document)
    return None


def reconsidered(
    submission_id: UUID, facts: Facts, consent: UUID, end: Ended | None, at: datetime
) -> tuple[UUID, Outcome] | None:
    """What follows for the attempts of a submission, and its cause; None where nothing does.

    What the compilers may not read without the consent is taken back, what was superseded too: it was stored, and
    would be read as of then. Else what others may read follows.
    """
    change = end.change if end else ConsentChange.GIVEN
    cause = uuid5(consent, f"{change}/{submission_id}/{facts.last_decision}")
    current = facts.attempt(facts.current_attempt or 0)
    if current is None or current.verdict is not Verdict.CLEARED:
        return None
    ledger = Ledger(str(submission_id), facts, at, cause)
    lost = _lost(facts, at) if end is not None else []
    for attempt in lost:
        assert end is not None
        withdrawal = Withdrawal(
            cause, attempt.attempt, end.organisation, at,
            person=end.person, reason=end.reason, document=end.document,
        )  # fmt: skip
        ledger.withdraw(attempt, withdrawal)
    if current not in lost:
        ledger.settle()
    return None if ledger.is_empty else (cause, ledger.outcome())


def _lost(facts: Facts, at: datetime) -> list[Attempt]:
    """The stored attempts that the compilers may not read by what counts now."""
    stored = (
        attempt
        for attempt in facts.attempts
        if attempt.verdict in (Verdict.CLEARED, Verdict.SUPERSEDED)
    )
    return [
        attempt
        for attempt in stored
        if decide(case_of(attempt.head, attempt.evidence, facts, day(at), attempt.waived)).verdict
        is Verdict.WITHHELD
    ]

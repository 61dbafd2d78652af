"""The order of two people that removes for good what nobody may read any more. Pure.

It destroys the keys of everything that the vault has of the attempts: entering the confirmation does that, in its
transaction. What others keep (grdp its figures) they remove when they hear of it. Events, hashes and reasons stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from services.events.policy import ErasureDone
from services.kernel.command import Act, Refused, words_sha256
from services.policy.decisions.facts import Attempt
from services.policy.decisions.refusals import Code
from services.policy.law.verdict import Verdict
from services.policy.store import ErasureRow

UNUSED = frozenset({Verdict.WITHDRAWN, Verdict.WITHHELD})
"""Verdicts of attempts that nobody reads."""


@dataclass(frozen=True)
class Wish(Act):
    """What one person asks to have erased: an attempt, and all before it."""

    submission_id: UUID
    attempt: int
    document: str = field(kw_only=True)

    @property
    def id(self) -> UUID:
        """The order's id: one for an attempt."""
        return uuid5(self.submission_id, f"erasure/{self.attempt}")


@dataclass(frozen=True)
class Known:
    """The attempts of a submission: those that are decided, and those that validation sent back."""

    decided: tuple[Attempt, ...]
    returned: frozenset[int]


def order(wish: Wish, before: ErasureRow | None, known: Known, at: datetime) -> ErasureRow:
    """The order, which waits for a second person: the one before where it says the same.

    Raises Refused where that says something else, and where somebody may still read an attempt.
    """
    if before is not None:
        if wish.repeats(
            Act(person=before.ordered_by, reason=before.reason, document=before.document)
        ):
            return before
        raise Refused(Code.ORDERED_BEFORE)
    _require_unused(wish.attempt, known)
    return ErasureRow(
        erasure_id=wish.id,
        submission_id=wish.submission_id,
        attempt=wish.attempt,
        ordered_by=wish.person,
        reason=wish.reason,
        document=wish.document,
        ordered_at=at,
    )


def confirm(row: ErasureRow, person: str, known: Known, at: datetime) -> None:
    """Enters the second person; raises Refused for the first one again, and where somebody may read an attempt now."""
    if person == row.ordered_by:
        raise Refused(Code.SECOND_PERSON)
    _require_unused(row.attempt, known)
    row.confirmed_by, row.confirmed_at = person, at


def done(row: ErasureRow) -> ErasureDone:
    """The event of an erasure that was carried out."""
    assert row.confirmed_by and row.confirmed_at and row.erased is not None
    return ErasureDone(
        submission_id=str(row.submission_id),
        attempt=row.attempt,
        erasure_id=str(row.erasure_id),
        ordered_by=row.ordered_by,
        confirmed_by=row.confirmed_by,
        reason_sha256=words_sha256(row.reason),
        document=row.document,
        objects=row.erased,
        erased_at=row.confirmed_at,
    )


def _require_unused(last: int, known: Known) -> None:
    if last not in known.returned and last not in {attempt.attempt for attempt in known.decided}:
        raise Refused(Code.NO_DECISION)
    used = [
        attempt.attempt
        for attempt in known.decided
        if attempt.attempt <= last and attempt.verdict not in UNUSED
    ]
    if used:
        raise Refused(Code.STILL_USED, attempts=used)

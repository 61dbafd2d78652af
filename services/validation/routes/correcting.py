"""What asks the sender of an attempt to correct it, beside its own findings."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.validation.people.verification import Result
from services.validation.routes.views import CorrectionView
from services.validation.store import (
    AttemptRow,
    ComparedRow,
    VerificationAnswerRow,
    VerificationRow,
)


def corrections(session: Session, row: AttemptRow) -> list[CorrectionView]:
    """Figures that a room verified and found wrong, and sections of others that this one doesn't fit; the oldest first.

    No value of anybody's.
    """
    found = [*_found_wrong(session, row), *_unfitting(session, row)]
    return sorted(found, key=lambda one: one.at)


def _found_wrong(session: Session, row: AttemptRow) -> Iterator[CorrectionView]:
    same = col(VerificationAnswerRow.verification_id) == col(VerificationRow.verification_id)
    asked = (
        sa.select(VerificationRow, VerificationAnswerRow)
        .join(VerificationAnswerRow, same)
        .where(
            col(VerificationRow.submission_id) == row.submission_id,
            col(VerificationRow.attempt) == row.attempt,
            col(VerificationAnswerRow.result) == Result.WRONG.value,
        )
    )
    for question, answer in session.execute(asked):
        yield CorrectionView(reason="verified", cells=question.cells, at=answer.answered_at)


def _unfitting(session: Session, row: AttemptRow) -> Iterator[CorrectionView]:
    head = row.head
    compared = select(ComparedRow).where(
        ComparedRow.form == row.form,
        ComparedRow.period == head.period,
        sa.func.jsonb_array_length(col(ComparedRow.failing)) > 0,
    )
    mine = str(row.submission_id), row.attempt
    for one in session.exec(compared):
        if mine in {(part.submission_id, part.attempt) for part in one.parts}:
            yield CorrectionView(reason="sections", cells=[], at=one.compared_at)

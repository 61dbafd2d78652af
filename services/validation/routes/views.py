"""What validation's API takes and answers, as it stands in its OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.kernel.command import Body, Reasoned, Words, words_sha256
from services.model.statement import DocumentNumber
from services.validation.store import ComparedRow, VerificationAnswerRow, VerificationRow
from services.validation.telling.figures import Drawn

EXPLANATION = "Chênh lệch là phần ngân sách trung ương ghi ở chú thích cuối bảng."


class Explained(Body):
    """What the sender says about a finding."""

    text: Words = Field(examples=[EXPLANATION])


class Decided(Reasoned):
    """What an officer decides about a finding, why, and on which document it rests."""

    decision: Literal["accepted", "downgraded", "refused"]
    document: DocumentNumber | None = Field(None, examples=["12/TKĐB-TH"])


class CorrectionView(BaseModel):
    """Why its sender is asked to correct an attempt: a room verified its figures and found them wrong (in these cells,
    none for all), or it doesn't fit other sections.
    """

    reason: Literal["verified", "sections"]
    cells: list[str]
    at: datetime


class FindingsView(BaseModel):
    """The findings of an attempt as its report has them, each with all that was answered to it until now; and what else
    asks for its correction.
    """

    submission_id: UUID
    attempt: int
    verdict: Literal["validated", "returned"]
    findings: list[dict[str, Any]]
    corrections: list[CorrectionView]


Cell = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}[1-9][0-9]{0,6}$")]
"""An A1 address."""


class Asked(Body):
    """Which figures somebody doubts, and why; without cells, the whole submission."""

    question: Words = Field(examples=["Tăng 40 % so với quý trước, các sở khác đều giảm."])
    cells: list[Cell] = Field(default_factory=list, max_length=100, examples=[["D28"]])


class Found(Body):
    """What was found: right as it is, wrong at the sender, or at fault in the office's own processing."""

    result: Literal["confirmed", "wrong", "method"]
    text: Words = Field(examples=["Đã đối chiếu sổ thu, số liệu đúng."])
    document: DocumentNumber | None = None


class VerificationView(BaseModel):
    """A question about figures, and what was found; `state` is `asked` until then.

    The words may hold figures: who may not read those gets their SHA-256 alone.
    """

    verification_id: UUID
    submission_id: UUID
    attempt: int
    sender: str
    form: str
    period: str
    state: Literal["asked", "confirmed", "wrong", "method"]
    cells: list[str]
    question: str
    question_sha256: str
    room: str | None
    asked_by: str
    asked_at: datetime
    verifier: str | None
    text: str | None
    text_sha256: str | None
    document: str | None
    answered_by: str | None
    answered_at: datetime | None

    def without_words(self) -> VerificationView:
        """The same for who may not read figures."""
        return self.model_copy(update={"question": "", "text": None})


class VerificationsView(BaseModel):
    """Questions about figures, the newest first."""

    verifications: list[VerificationView]


def verification_view(
    asked: VerificationRow, answer: VerificationAnswerRow | None
) -> VerificationView:
    """A question with its answer, as the API shows it."""
    given: dict[str, Any] = {
        "state": answer.result if answer else "asked",
        "text": answer.text if answer else None,
        "text_sha256": words_sha256(answer.text) if answer else None,
        "document": answer.document if answer else None,
        "answered_by": answer.person if answer else None,
        "answered_at": answer.answered_at if answer else None,
    }
    return VerificationView(
        verification_id=asked.verification_id,
        submission_id=asked.submission_id,
        attempt=asked.attempt,
        sender=asked.head.sender,
        form=asked.head.form,
        period=asked.head.period,
        cells=asked.cells,
        question=asked.question,
        question_sha256=words_sha256(asked.question),
        room=asked.room,
        asked_by=asked.person,
        asked_at=asked.asked_at,
        verifier=asked.verifier,
        **given,
    )


class SectionPartView(BaseModel):
    """An attempt that stands for some sections of a form."""

    submission_id: UUID
    attempt: int
    sender: str


class InconsistencyView(BaseModel):
    """A rule that spans sections and does not hold: what stands there, and what the sum comes to."""

    rule: str
    expression: str
    column: str
    period: str
    sections: list[str]
    found: str
    expected: str
    difference: str


class ComparedView(BaseModel):
    """Parts of a form about the same area and time that do not fit together."""

    about: UUID
    form: str
    area_list: str
    area: str
    period: str
    completeness: str
    round: int
    parts: list[SectionPartView]
    failing: list[InconsistencyView]
    compared_at: datetime

    @classmethod
    def of(cls, row: ComparedRow) -> ComparedView:
        """From the row."""
        return cls.model_validate(
            {**row.model_dump(), "parts": map(vars, row.parts), "failing": map(vars, row.failing)}
        )


class ComparisonsView(BaseModel):
    """What does not fit together, compared last first."""

    comparisons: list[ComparedView]


class FiguresView(BaseModel):
    """The tables of an attempt's form as its workbook fills them in; none where it can't be read."""

    submission_id: UUID
    attempt: int
    tables: tuple[Drawn, ...]


class CheckView(BaseModel):
    """What was found in a workbook that was not sent: the report as it is kept of one that was, and its figures.

    `is_marked`: whether the workbook comes marked where that is asked for.
    """

    report: dict[str, Any]
    tables: tuple[Drawn, ...]
    is_marked: bool

"""What validation's API takes and answers, as it stands in its OpenAPI description."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.model.statement import DocumentNumber

WORDS = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
"""No control characters but line breaks and tabs."""
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=WORDS)
]
EXPLANATION = "Chênh lệch là phần ngân sách trung ương ghi ở chú thích cuối bảng."


class Explained(BaseModel):
    """What the sender says about a finding."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": EXPLANATION}]}
    )

    text: Words


class Decided(BaseModel):
    """What an officer decides about a finding, why, and on which document it rests."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "decision": "downgraded",
                    "reason": "Đúng như chú thích cuối bảng.",
                    "document": "12/TKĐB-TH",
                }
            ]
        },
    )

    decision: Literal["accepted", "downgraded", "refused"]
    reason: Words
    document: DocumentNumber | None = None


class FindingsView(BaseModel):
    """The findings of an attempt as its report has them, each with all that was answered to it until now."""

    submission_id: UUID
    attempt: int
    verdict: Literal["validated", "returned"]
    findings: list[dict[str, Any]]

"""What the API answers of refusals, and of the notices of state secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.intake import store
from services.intake.state_secrets import Ban

EXAMPLE_ID = "54fd5aa2-1595-57f7-8b2f-079ec8f8ad6e"


class NoticeView(BaseModel):
    """The notice of a state secret was recorded; the document itself goes another way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_ID,
                    "sender": "so-tai-chinh-dien-bien",
                    "document_number": "12/BC-STC",
                    "level": "confidential",
                    "date": "2026-11-20",
                    "receiver": "thong-ke-dien-bien",
                    "recorded_at": "2026-11-23T08:00:00Z",
                    "reasons": [
                        {
                            "requirement": "R18",
                            "instrument": "dien-bien-1618-2021",
                            "number": "1618/QĐ-UBND",
                            "article": "6",
                            "clause": "1",
                        }
                    ],
                }
            ]
        }
    )

    id: UUID
    sender: str
    document_number: str
    level: str
    date: str
    receiver: str
    recorded_at: datetime
    reasons: list[dict[str, Any]]


class RefusalView(BaseModel):
    """What was not taken in. The secret fields are those of a state secret."""

    refusal_id: UUID
    sender: str | None
    form: str | None
    area: str | None
    period: str | None
    code: str
    status: int
    refused_at: datetime
    document_number: str | None
    secret_level: str | None
    secret_date: str | None
    secret_receiver: str | None
    instrument: str | None
    article: str | None
    clause: str | None


class RefusalsView(BaseModel):
    """Refusals, the newest first."""

    refusals: list[RefusalView]


def notice_view(row: store.Refusal, numbers: Mapping[str, str]) -> NoticeView:
    """The notice as it was recorded, with the article of that day."""
    ban = Ban(row.instrument, numbers.get(row.instrument or ""), row.article, row.clause)
    return NoticeView(
        id=row.refusal_id,
        sender=row.sender or "",
        document_number=row.document_number or "",
        level=row.secret_level or "",
        date=row.secret_date or "",
        receiver=row.secret_receiver or "",
        recorded_at=row.refused_at,
        reasons=[ban.reason()],
    )


def refusals_view(rows: Iterable[store.Refusal]) -> RefusalsView:
    """Refusals as they are kept."""
    return RefusalsView(refusals=[RefusalView(**row.model_dump()) for row in rows])

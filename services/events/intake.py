"""What intake tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from services.events.common import OfSubmission
from services.kernel.events import EventData, ObjectReference, derived_id


@dataclass(frozen=True, kw_only=True)
class SubmissionReceived(OfSubmission):
    """An attempt is durable in the vault and numbered."""

    TOPIC = "submission.received"

    original: Annotated[ObjectReference, "The workbook as sent."]
    statement: Annotated[str, "The sender's statement, compact JWS (RFC 7515), Ed25519."]
    received_at: Annotated[datetime, "When intake accepted it."]
    nil: Annotated[
        str,
        "Why it is meant to have no numbers: none_occurred or not_collected; empty where it is not.",
    ] = ""
    work_secret: Annotated[
        bool,
        "Declared a work secret (bí mật công tác): it stays inside the statistics office. The"
        " classification is then internal, as far as older programs know.",
    ] = False
    sections: Annotated[
        str,
        "Sections of the form that it covers, parted by commas; empty where the form is one whole.",
    ] = ""

    @property
    def own_id(self) -> UUID:
        """An attempt is received once."""
        return derived_id(UUID(self.head.submission_id), self.TOPIC, self.head.attempt)


@dataclass(frozen=True, kw_only=True)
class SubmissionRefused(EventData):
    """A signed submission that was not taken in. Nothing of its content is kept."""

    TOPIC = "submission.refused"
    KEY = "refusal_id"

    refusal_id: Annotated[str, "Identity of the refusal."]
    sender: Annotated[str | None, "Organisation, where known."] = None
    form: Annotated[str | None, "Form as stated."] = None
    area: Annotated[str | None, "Area as stated."] = None
    period: Annotated[str | None, "Period as stated."] = None
    code: Annotated[str, "Stable code of the reason."]
    status: Annotated[int, "HTTP status that was answered."]
    refused_at: Annotated[datetime, "When."]
    document_number: Annotated[str | None, "State secrets: number of the document."] = None
    secret_level: Annotated[
        str | None, "State secrets: tuyệt mật (top_secret), tối mật (secret), mật (confidential)."
    ] = None
    secret_date: Annotated[str | None, "State secrets: the document's date, ISO 8601."] = None
    secret_receiver: Annotated[
        str | None, "State secrets: organisation that receives it outside this system."
    ] = None
    instrument: Annotated[str | None, "Instrument that forbids it."] = None
    article: Annotated[str | None, "Điều."] = None
    clause: Annotated[str | None, "Khoản."] = None

    @property
    def own_id(self) -> UUID:
        """A refusal is told once."""
        return derived_id(UUID(self.refusal_id), self.TOPIC, 0)

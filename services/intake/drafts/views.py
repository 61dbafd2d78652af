"""Drafts as the API shows them to their agency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.intake.drafts.draft import Draft
from services.model.enumerations import Completeness
from services.model.statement import Classification, NilKind


class PreparedView(BaseModel):
    """By whom it was made ready for the signature, and as what."""

    by: str
    at: AwareDatetime
    classification: Classification
    reason: str | None
    nil: NilKind | None
    nil_reason: str | None


class SentView(BaseModel):
    """As which attempt it was taken in, and whose signature it bears."""

    submission_id: UUID
    attempt: int
    by: str


class DraftView(BaseModel):
    """A workbook that was not sent yet, for which duty; `expires_at`: then it is gone."""

    id: UUID
    form: str
    area_list: str
    area: str
    period: str
    completeness: Completeness
    round: int
    sections: str
    file_name: str
    sha256: str
    size: int
    drafted_by: str
    changed_at: AwareDatetime
    expires_at: AwareDatetime
    prepared: PreparedView | None
    sent: SentView | None

    @classmethod
    def of(cls, draft: Draft) -> DraftView:
        """From the draft."""
        prepared = draft.prepared
        return cls(
            id=draft.id,
            **vars(draft.about),
            file_name=draft.file_name,
            sha256=draft.sha256,
            size=draft.size,
            drafted_by=draft.drafted_by,
            changed_at=draft.changed_at,
            expires_at=draft.expires_at,
            prepared=PreparedView(
                by=prepared.by,
                at=prepared.at,
                classification=prepared.classification,
                reason=prepared.reason,
                nil=prepared.nil.kind if prepared.nil else None,
                nil_reason=prepared.nil.reason if prepared.nil else None,
            )
            if prepared
            else None,
            sent=SentView(**vars(draft.sent)) if draft.sent else None,
        )


class DraftsView(BaseModel):
    """An agency's drafts, the newest first."""

    drafts: Sequence[DraftView]


class ToSignView(BaseModel):
    """What the signature is of (RFC 7515, section 5.1), and the claims in it; for the key with this thumbprint."""

    key: str
    signing_input: str
    statement: dict[str, Any]

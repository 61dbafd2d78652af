"""A draft: the workbook for one duty, what it is declared to be, and what may be done with it. Pure.

One person drafts and prepares, another approves by signing; both are named in the statement. A newer workbook for the
same duty takes the place of the one before it, and has to be prepared anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.intake.refusal import Code, Refusal
from services.model.enumerations import Completeness, Regime
from services.model.statement import Classification, Nil, Statement

NAMESPACE = UUID("0d3c5f1e-9f0b-5b1e-8f5a-2f7c7d1c9a42")
KEPT = timedelta(days=1)
"""From its last change on; what nobody has sent by then is gone."""
MOST = 10
"""Drafts of one agency at a time that were not sent yet."""


@dataclass(frozen=True)
class About:
    """What the workbook would be sent as; `sections` parted by commas, blank for all of the sender's own."""

    form: str
    area_list: str
    area: str
    period: str
    completeness: Completeness
    round: int
    sections: str = ""


@dataclass(frozen=True)
class Prepared:
    """Who made it ready for the signature, and as what; `reason` says why it corrects what came before."""

    by: str
    at: datetime
    classification: Classification
    reason: str | None = None
    nil: Nil | None = None


@dataclass(frozen=True)
class Sent:
    """As which attempt it was taken in, and whose signature it bears: of its sender where a program sent it before."""

    submission_id: UUID
    attempt: int
    by: str


@dataclass(frozen=True)
class Draft:
    """`sha256` of the workbook, `size` in bytes; `nonce` is that of its statement, so that it is taken in once."""

    organisation: str
    about: About
    file_name: str
    media_type: str
    sha256: str
    size: int
    nonce: str
    drafted_by: str
    changed_at: datetime
    prepared: Prepared | None = None
    sent: Sent | None = None

    @property
    def id(self) -> UUID:
        """The same for all workbooks for one duty."""
        parts = [self.organisation, *vars(self.about).values()]
        return uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False))

    @property
    def expires_at(self) -> datetime:
        """When it is gone."""
        return self.changed_at + KEPT

    def statement(
        self,
        office: str,
        regime: Regime,
        approver: str,
        now: datetime,
        countersigned_by: str | None = None,
    ) -> Statement:
        """The claims that its sender signs, for this office, by this person, or by the office on that person's word."""
        about, prepared = self.about, self.prepared
        return Statement(
            sender=self.organisation,
            aud=office,
            form=about.form,
            area_list=about.area_list,
            area=about.area,
            period=about.period,
            completeness=about.completeness,
            round=about.round,
            regime=regime,
            classification=prepared.classification if prepared else Classification.INTERNAL,
            sha256=self.sha256,
            size=self.size,
            issued_at=now,
            nonce=self.nonce,
            nil=prepared.nil if prepared else None,
            sections=tuple(about.sections.split(",")) if about.sections else None,
            reason=prepared.reason if prepared else None,
            prepared_by=prepared.by if prepared else self.drafted_by,
            approved_by=approver,
            countersigned_by=countersigned_by,
        )


def prepare(draft: Draft, sha256: str, prepared: Prepared) -> Draft | Refusal:
    """The draft made ready by somebody who has seen the workbook with this hash."""
    if refusal := _unchanged(draft, sha256):
        return refusal
    return replace(draft, prepared=prepared, changed_at=prepared.at)


def unsignable(draft: Draft, signer: str, one_may_send: bool) -> Refusal | None:
    """Why this person can't sign it; `one_may_send`: its organisation lets one person prepare and sign."""
    if draft.sent is not None:
        return Refusal(Code.DRAFT_SENT)
    if draft.prepared is None:
        return Refusal(Code.NOT_PREPARED)
    if draft.prepared.by == signer and not one_may_send:
        return Refusal(Code.SAME_PERSON)
    return None


def unlike(draft: Draft, signed: Statement, regime: Regime, signer: str) -> Refusal | None:
    """Why a statement is not the one of this draft by this person, as where a newer workbook came while it was looked
    at. None is signed before it was made ready.
    """
    expected = draft.statement(
        signed.aud, regime, signer, signed.issued_at, signed.countersigned_by
    )
    is_early = draft.prepared is None or signed.issued_at < draft.prepared.at
    return Refusal(Code.DRAFT_CHANGED) if is_early or signed != expected else None


def _unchanged(draft: Draft, sha256: str) -> Refusal | None:
    if draft.sent is not None:
        return Refusal(Code.DRAFT_SENT)
    return None if draft.sha256 == sha256 else Refusal(Code.DRAFT_CHANGED)

"""The case that the policies are asked about: what is known of one attempt."""

from __future__ import annotations

from dataclasses import dataclass

from services.model.flags import NONE, Flags
from services.model.regulation import Instrument
from services.policy.evidence.finding import Finding
from services.policy.law.verdict import WorkSecret


@dataclass(frozen=True)
class Case:
    """What is known of one attempt. None is a missing fact, and with one missing nothing is cleared.

    `missing` names entries of the catalogue that were not found: form, sender. `published`: whether
    what is asked for is under no embargo. `flags`: of the figures that are decided about. `lost`: how many figures of
    the current attempt it leaves without a number. `is_after_closing`: whether it is the first delivery, after its duty
    closed, and `is_unexplained` a revision after that without a reason. `waived`: policies whose hold a person lifted.
    What the other fields mean stands in policies.cedarschema.
    """

    classification: str | None
    regime: str | None
    findings: tuple[Finding, ...] | None
    demanded: frozenset[str] | None
    errors: int | None
    integrity: str | None
    recipients: frozenset[str] | None
    province: str | None
    instruments: tuple[Instrument, ...]
    named: frozenset[str] = frozenset()
    consent: bool = False
    agreement: str = "none"
    markings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    needs_acceptance: bool = False
    lost: int = 0
    is_after_closing: bool = False
    is_unexplained: bool = False
    work_secret: WorkSecret = WorkSecret.NO
    unpublished: bool = False
    published: bool = False
    private_interest: bool = False
    flags: Flags = NONE
    waived: frozenset[str] = frozenset()

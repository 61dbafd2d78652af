"""Consent of those whom records name: to what, for whom, for which purpose, from when to when. Values; pure.

Law 91/2025/QH15, Article 4; QĐ 1618/QĐ-UBND Điện Biên, Article 6(2); the second province's regulation, Articles 7(1)c
and 8(2). The sender collects it; what is kept here is which document holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.model.period import Period, PeriodError
from services.policy.law.verdict import Audience


class Purpose(StrEnum):
    """What figures are used for."""

    STATISTICS = "statistics"
    """Compiling statistics."""
    STATE_MANAGEMENT = "state_management"
    """The duties of an agency or of the provincial committee."""
    INFORMATION = "information"
    """Information of user groups outside of the state."""
    PRIVATE_INTEREST = "private_interest"
    """An interest of those who ask, not of their office."""


_PURPOSES = {
    "agency": Purpose.STATE_MANAGEMENT,
    "provincial_committee": Purpose.STATE_MANAGEMENT,
    "user_group": Purpose.INFORMATION,
}


def purpose_of(audience: Audience, private_interest: bool) -> Purpose:
    """For which purpose an audience uses figures."""
    if private_interest:
        return Purpose.PRIVATE_INTEREST
    return _PURPOSES.get(audience.kind, Purpose.STATISTICS)


@dataclass(frozen=True)
class Consent:
    """That all whom a sender's records of a form name agreed; `period` None: the records of every period.

    It covers kinds of `identifiers`, kinds of `audiences`, and `purposes`; the last day is part of it.
    """

    id: UUID
    sender: str
    form: str
    period: str | None
    identifiers: frozenset[str]
    audiences: frozenset[str]
    purposes: frozenset[str]
    valid_from: date
    valid_to: date | None
    withdrawn_at: datetime | None = None

    def in_force(self, today: date) -> bool:
        """Whether it counts on a day. Withdrawn it never does, whatever is decided anew about the past."""
        ends = self.valid_to is not None and self.valid_to < today
        return self.withdrawn_at is None and self.valid_from <= today and not ends

    def is_about(self, period: str) -> bool:
        """Whether it covers the records of a period."""
        return self.period is None or same_period(self.period, period)


def agreed(
    consents: Iterable[Consent],
    kinds: frozenset[str],
    period: str,
    audience: Audience,
    purpose: Purpose,
    today: date,
) -> bool:
    """Whether each kind of identifier is covered by a consent for this audience, purpose and day."""
    covered = frozenset[str]().union(
        *(
            consent.identifiers
            for consent in consents
            if consent.in_force(today)
            and consent.is_about(period)
            and audience.kind in consent.audiences
            and purpose in consent.purposes
        )
    )
    return bool(kinds) and kinds <= covered


def same_period(one: str, other: str) -> bool:
    """Whether two spellings name the same span of time; what is no period names none."""
    try:
        return str(Period.parse(one)) == str(Period.parse(other))
    except PeriodError:
        return False

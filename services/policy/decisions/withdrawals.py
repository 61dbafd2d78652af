"""A sender takes back what it sent: nobody may read it from then on, and who read it before is told. Pure.

What was stored stays where it is, for what was compiled from it; only an order to erase removes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.kernel.command import Act, Refused
from services.kernel.events import Outcome
from services.policy.decisions.facts import Attempt, Facts, Withdrawal
from services.policy.decisions.ledger import Ledger
from services.policy.decisions.refusals import Code
from services.policy.law.verdict import Verdict

TAKEN_BACK = frozenset({Verdict.CLEARED, Verdict.HELD, Verdict.SUPERSEDED})
"""Verdicts of attempts that somebody may read, could read once, or might be let read."""


@dataclass(frozen=True)
class Wish(Act):
    """A withdrawal as it was sent: of this attempt, and of all before it."""

    submission_id: str
    attempt: int
    organisation: str


def withdraw(wish: Wish, facts: Facts, at: datetime) -> tuple[Withdrawal, Outcome | None]:
    """The withdrawal, and what follows; no outcome where the same was entered before.

    Raises Refused for an attempt that isn't decided yet, for what can't be taken back any more, and where the office
    enters it without the sender's letter.
    """
    attempt = facts.attempt(wish.attempt)
    if attempt is None:
        raise Refused(Code.NO_DECISION)
    if (before := _before(wish, facts)) is not None:
        return before, None
    if wish.organisation != attempt.head.sender and not wish.document:
        raise Refused(Code.NO_LETTER)
    taken = [attempt for attempt in facts.attempts if _is_taken(attempt, wish.attempt)]
    if not taken:
        raise Refused(Code.NOTHING_LEFT, verdict=attempt.verdict.value)
    withdrawal = Withdrawal(
        id=uuid5(UUID(wish.submission_id), f"withdrawal/{wish.attempt}"),
        attempt=wish.attempt,
        person=wish.person,
        organisation=wish.organisation,
        reason=wish.reason,
        document=wish.document,
        at=at,
    )
    ledger = Ledger(wish.submission_id, facts, at, withdrawal.id)
    ledger.enter_withdrawal(withdrawal)
    for one in taken:
        ledger.withdraw(one, withdrawal)
    return withdrawal, ledger.outcome()


def _is_taken(attempt: Attempt, last: int) -> bool:
    return attempt.attempt <= last and attempt.verdict in TAKEN_BACK


def _before(wish: Wish, facts: Facts) -> Withdrawal | None:
    """The withdrawal of the same attempt; raises Refused where it was entered in other words."""
    for withdrawal in facts.withdrawals:
        if withdrawal.attempt == wish.attempt:
            if wish.repeats(withdrawal):
                return withdrawal
            raise Refused(Code.WITHDRAWN_BEFORE)
    return None

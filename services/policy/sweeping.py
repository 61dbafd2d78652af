"""Holds and requests whose reason is gone, decided again. Pure.

Events decide all of this as they come. What the sweep still finds is what the catalogue brought since, or a fault.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from services.kernel.events import Outcome
from services.model.regulation import day
from services.policy.book import Book
from services.policy.case import case_of
from services.policy.decide import decide
from services.policy.decision import Decision
from services.policy.facts import Attempt, Facts
from services.policy.policies import Verdict


def swept(submission_id: UUID, facts: Facts, at: datetime) -> tuple[UUID, Outcome] | None:
    """What is to be decided anew about a submission, and its cause; None where everything is as it should be."""
    cause = uuid5(submission_id, f"sweep/{facts.last_decision}/{at.isoformat()}")
    book = Book(str(submission_id), facts, at, cause)
    book.supersede_held()
    for attempt in facts.attempts:
        if attempt.verdict is Verdict.HELD and attempt.attempt > (facts.current_attempt or 0):
            case = case_of(attempt.head, attempt.evidence, facts, day(at), attempt.waived)
            decision = decide(case)
            if _differs(attempt, decision, facts):
                book.decide(attempt, decision)
    book.settle()
    return None if book.is_empty else (cause, book.outcome())


def _differs(attempt: Attempt, decision: Decision, facts: Facts) -> bool:
    """Whether it would be decided otherwise now, or held for other reasons or by another room."""
    if decision.verdict is not Verdict.HELD:
        return decision.verdict is not Verdict.CLEARED or attempt.observations is not None
    hold = attempt.hold
    before = [(one["policy"], one["requirement"]) for one in attempt.reasons]
    now = [(one.policy, one.requirement) for one in decision.reasons]
    return before != now or hold is None or hold.room != facts.item.room

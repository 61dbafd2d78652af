"""What ends a hold: what a person decides about it, or that its reason is gone. Pure.

A release is a decision of the policies without those whose hold is lifted: what a law forbids stays forbidden, and
what nobody knows yet (a form, a fact, a law) can't be lifted by a signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid5

from services.events import policy as told
from services.kernel.command import Act, Refused
from services.kernel.events import Outcome
from services.model.regulation import day
from services.policy.decisions.case import case_of
from services.policy.decisions.facts import Attempt, Facts, Reviewed
from services.policy.decisions.ledger import Ledger
from services.policy.decisions.refusals import Code
from services.policy.law.decide import decide
from services.policy.law.verdict import ACCEPTANCE, Decision, Verdict, reason

REJECTED = reason("review", "R58", "policy.rejected")
"""Why a person's decision withheld it; the hold's own reasons follow."""


@dataclass(frozen=True)
class Review(Act):
    """A person's decision about an attempt, as it was sent. `lent`: the rooms that it acts for as whose deputy."""

    submission_id: str
    attempt: int
    organisation: str
    outcome: told.Outcome
    lent: Mapping[str, str] = field(default_factory=dict)


def review(wish: Review, facts: Facts, at: datetime) -> tuple[Reviewed, Outcome | None]:
    """The decision, and what follows from it; no outcome where the same person had decided just so before.

    Raises Refused.
    """
    attempt = facts.attempt(wish.attempt)
    if attempt is None:
        raise Refused(Code.NO_REVIEW)
    if wish.organisation == attempt.head.sender:
        raise Refused(Code.OWN_SUBMISSION)
    if (before := _before(wish, attempt, facts)) is not None:
        return before, None
    if attempt.hold is None:
        raise Refused(Code.NOT_HELD, verdict=attempt.verdict.value)
    released = _released(attempt, facts, at) if wish.outcome is told.Outcome.RELEASE else None
    about = [review for review in facts.reviews if review.decision == attempt.decision]
    agreeing = [review for review in about if review.outcome == wish.outcome]
    act = Reviewed(
        id=uuid5(UUID(wish.submission_id), f"review/{attempt.decision}/{wish.person}"),
        attempt=attempt.attempt,
        decision=attempt.decision,
        person=wish.person,
        outcome=wish.outcome.value,
        reason=wish.reason,
        document=wish.document,
        step=len(agreeing) + 1,
        at=at,
        on_behalf=wish.lent.get(attempt.hold.room or ""),
    )
    ledger = Ledger(wish.submission_id, facts, at, act.id)
    ledger.review(attempt, act, kind_of(attempt), attempt.hold.reviewers)
    if act.step >= attempt.hold.reviewers:
        if released is not None:
            ledger.decide(*released)
        else:
            ledger.withhold(attempt, (REJECTED, *attempt.reasons))
    return act, ledger.outcome()


def kind_of(attempt: Attempt) -> str:
    """What holds the attempt: the id of the policy, or `acceptance` where nothing else does."""
    return next((reason.policy for reason in attempt.reasons), ACCEPTANCE)


def _before(wish: Review, attempt: Attempt, facts: Facts) -> Reviewed | None:
    """What the person decided about this hold before; raises Refused where that was something else."""
    here = [review for review in facts.reviews if review.attempt == attempt.attempt]
    open_ = (
        [review for review in here if review.decision == attempt.decision] if attempt.hold else here
    )
    mine = [review for review in open_ if review.person == wish.person]
    for review in reversed(mine):
        if review.outcome == wish.outcome and wish.repeats(review):
            return review
    if mine and attempt.hold:
        raise Refused(Code.REVIEWED_BEFORE, outcome=mine[-1].outcome)
    return None


def _released(attempt: Attempt, facts: Facts, at: datetime) -> tuple[Attempt, Decision]:
    """The attempt with its hold lifted, and the decision then; raises Refused where it still isn't cleared."""
    waived = attempt.waived | {reason.policy for reason in attempt.reasons}
    case = case_of(attempt.head, attempt.evidence, facts, day(at), waived)
    decision = decide(case)
    if decision.verdict is not Verdict.CLEARED or attempt.observations is None:
        reasons = [asdict(replace(reason, cells=())) for reason in decision.reasons]
        raise Refused(Code.NOT_RELEASABLE, reasons=reasons)
    return replace(attempt, waived=waived), decision


def decided_anew(submission_id: UUID, facts: Facts, at: datetime) -> tuple[UUID, Outcome] | None:
    """What the sweep decides anew about a submission, and its cause; None where everything is as it should be.

    Events decide all of this as they come. What is still found is what the catalogue brought since, or a fault.
    """
    cause = uuid5(submission_id, f"sweep/{facts.last_decision}/{at.isoformat()}")
    ledger = Ledger(str(submission_id), facts, at, cause)
    ledger.supersede_held()
    for attempt in facts.attempts:
        if attempt.verdict is Verdict.HELD and attempt.attempt > (facts.current_attempt or 0):
            case = case_of(attempt.head, attempt.evidence, facts, day(at), attempt.waived)
            decision = decide(case)
            if _differs(attempt, decision, facts):
                ledger.decide(attempt, decision)
    ledger.settle()
    return None if ledger.is_empty else (cause, ledger.outcome())


def _differs(attempt: Attempt, decision: Decision, facts: Facts) -> bool:
    """Whether it would be decided otherwise now, or held for other reasons or by another room."""
    if decision.verdict is not Verdict.HELD:
        return decision.verdict is not Verdict.CLEARED or attempt.observations is not None
    hold = attempt.hold
    before = [(reason.policy, reason.requirement) for reason in attempt.reasons]
    now = [(reason.policy, reason.requirement) for reason in decision.reasons]
    room = None if decision.leadership else facts.item.room
    return before != now or hold is None or hold.room != room

"""The ledger of one submission: each decision about it gets the next number, an event and a row. Pure.

Whatever decides (a validated attempt, a person, a request, the act that ends an embargo, the sweep) writes into it,
under the lock of the submission's row; so nothing is decided by two of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from services.events import policy as told
from services.events.common import OfSubmission
from services.events.policy import (
    Reason,
    RequestDecided,
    ReviewDecided,
    SubmissionCleared,
    SubmissionHeld,
    SubmissionSuperseded,
    SubmissionWithdrawn,
    SubmissionWithheld,
)
from services.kernel.command import words_sha256
from services.kernel.events import EventData, Outcome, Row
from services.model.enumerations import Completeness
from services.policy.decisions.deadline import due
from services.policy.decisions.facts import (
    Answer,
    Asked,
    Attempt,
    Facts,
    Hold,
    Reviewed,
    Withdrawal,
)
from services.policy.decisions.releases import releases, standing
from services.policy.decisions.requests import absent, answered
from services.policy.decisions.rows import (
    REVIEWS,
    WITHDRAWALS,
    attempt_row,
    pre_release_rows,
    request_row,
)
from services.policy.law.verdict import Decision, Verdict
from services.policy.store import DecisionRow, SubmissionRow

COMPILERS_ONLY = 1
"""The first release of a cleared attempt is that of the compilers; the others stand, or follow from requests."""


class Ledger:
    """What is known of a submission, and what is decided about it now, because of `cause`."""

    def __init__(self, submission_id: str, facts: Facts, at: datetime, cause: UUID) -> None:
        self._id = submission_id
        self._facts = facts
        self._at = at
        self._cause = cause
        self._number = facts.last_decision
        self._current = facts.current_attempt
        self._attempts = {attempt.attempt: attempt for attempt in facts.attempts}
        self._drafts: list[EventData] = []
        self._decisions: list[Row] = []
        self._changed: set[int] = set()
        self._others: list[Row] = []

    def decide(self, attempt: Attempt, decision: Decision) -> None:
        """Enters the decision about an attempt, and what it supersedes."""
        attempt = replace(attempt, checked=decision.checked, reasons=(), releases=(), hold=None)
        if decision.verdict is Verdict.CLEARED:
            self._clear(replace(attempt, releases=decision.releases))
        elif decision.verdict is Verdict.HELD:
            self._hold(attempt, decision)
        else:
            self.withhold(attempt, decision.reasons)

    def withhold(self, attempt: Attempt, reasons: tuple[Reason, ...]) -> None:
        """Enters that the attempt may not be used."""
        attempt = replace(attempt, reasons=reasons, hold=None)
        event = partial(SubmissionWithheld, figures=attempt.figures, reasons=reasons)
        self._enter(attempt, Verdict.WITHHELD, event)

    def review(self, attempt: Attempt, act: Reviewed, kind: str, steps: int) -> None:
        """Enters what a person decided about a hold."""
        hold = attempt.hold
        decided = ReviewDecided(
            review_id=str(act.id),
            submission_id=self._id,
            attempt=attempt.attempt,
            decision=act.decision,
            kind=kind,
            outcome=told.Outcome(act.outcome),
            step=act.step,
            steps=steps,
            person=act.person,
            room=hold.room if hold else None,
            on_behalf=act.on_behalf,
            reason_sha256=act.reason_sha256,
            document=act.document,
            decided_at=act.at,
        )
        self._drafts.append(decided)
        self._others.append(REVIEWS.row(act, submission_id=UUID(self._id)))

    def enter_withdrawal(self, withdrawal: Withdrawal) -> None:
        """Enters that the sender takes back an attempt, and all before it."""
        self._others.append(WITHDRAWALS.row(withdrawal, submission_id=UUID(self._id)))

    def withdraw(self, attempt: Attempt, withdrawal: Withdrawal) -> None:
        """Enters that an attempt is taken back; who waits for one of its figures waits for another submission."""
        event = partial(
            SubmissionWithdrawn,
            figures=attempt.figures,
            withdrawal_id=str(withdrawal.id),
            person=withdrawal.person,
            organisation=withdrawal.organisation,
            reason_sha256=withdrawal.reason_sha256,
            document=withdrawal.document,
            effective_at=withdrawal.at,
        )
        self._enter(replace(attempt, hold=None, reasons=(), releases=()), Verdict.WITHDRAWN, event)
        if attempt.attempt != self._current:
            return
        self._current = None
        for request in self._facts.requests:
            if request.answer is not None and request.answer.submission_id == self._id:
                self.answer(request, absent(request, self._at))

    def settle(self) -> None:
        """Answers the requests anew and, where that changes who may read, publishes the current attempt again."""
        current = self._attempts.get(self._current or 0)
        if current is None or current.observations is None:
            return
        before = current.releases
        current = self._with_answers(current)
        if current.releases != before:
            self._enter(current, Verdict.CLEARED, _cleared(current))

    def supersede_held(self) -> None:
        """Supersedes what still waits although a higher attempt is current."""
        for attempt in list(self._attempts.values()):
            if attempt.verdict is Verdict.HELD and attempt.attempt < (self._current or 0):
                self._supersede(attempt, self._current or 0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was decided."""
        return not self._drafts

    def outcome(self) -> Outcome:
        """The events in their order, and the rows."""
        submission = {
            "submission_id": UUID(self._id),
            "last_decision": self._number,
            "current_attempt": self._current,
        }
        attempts = (
            attempt_row(self._attempts[number], self._at) for number in sorted(self._changed)
        )
        rows = (*self._decisions, *attempts, *self._others)
        return Outcome(
            tuple(self._drafts), (*rows, Row(SubmissionRow, submission, conflict="replace"))
        )

    def _clear(self, attempt: Attempt) -> None:
        current = self._current or 0
        if current > attempt.attempt:
            self._enter(attempt, Verdict.CLEARED, _cleared(attempt))
            self._supersede(attempt, current)
            return
        for other in sorted(self._attempts.values(), key=lambda other: other.attempt):
            waits = other.verdict is Verdict.HELD and other.attempt < attempt.attempt
            if other.attempt != attempt.attempt and (waits or other.attempt == current):
                self._supersede(other, attempt.attempt)
        self._current = attempt.attempt
        attempt = self._with_answers(attempt)
        self._enter(attempt, Verdict.CLEARED, _cleared(attempt))

    def _hold(self, attempt: Attempt, decision: Decision) -> None:
        room = None if decision.leadership else self._facts.item.room
        hold = Hold(room, self._at, due(self._at), decision.reviewers)
        attempt = replace(attempt, hold=hold, reasons=decision.reasons)
        event = partial(
            SubmissionHeld,
            figures=attempt.figures,
            reasons=decision.reasons,
            room=room,
            due=hold.due,
            reviewers=hold.reviewers,
        )
        self._enter(attempt, Verdict.HELD, event)
        if (self._current or 0) > attempt.attempt:
            self._supersede(attempt, self._current or 0)

    def _supersede(self, attempt: Attempt, by_attempt: int) -> None:
        attempt = replace(attempt, hold=None)
        event = partial(SubmissionSuperseded, by_attempt=by_attempt)
        self._enter(attempt, Verdict.SUPERSEDED, event)

    def _with_answers(self, attempt: Attempt) -> Attempt:
        """The attempt with the releases that the requests lead to; changed answers are entered."""
        found = []
        for request in self._facts.requests:
            answer, parts = answered(request, attempt, self._facts, self._at)
            if request.audience not in self._facts.standing:
                found.append((request, parts))
            if answer != request.answer:
                self.answer(request, answer)
        own = attempt.releases[:COMPILERS_ONLY]
        stands = standing(attempt, self._facts, self._at)
        return replace(attempt, releases=(*own, *stands, *releases(found)))

    def answer(self, asked: Asked, answer: Answer) -> None:
        """Enters the answer to a request."""
        self._drafts.append(answered_event(asked, answer))
        self._others.append(request_row(asked, answer))

    def _enter(
        self, attempt: Attempt, verdict: Verdict, event: Callable[..., OfSubmission]
    ) -> None:
        """`event` lacks the head and the decision's number."""
        self._number += 1
        entered = replace(attempt, verdict=verdict, decision=self._number)
        self._attempts[attempt.attempt] = entered
        self._changed.add(attempt.attempt)
        self._drafts.append(event(head=entered.head, decision=self._number))
        if verdict is Verdict.CLEARED:
            self._others += pre_release_rows(entered, self._at)
        own = verdict not in (Verdict.SUPERSEDED, Verdict.WITHDRAWN)
        values = {
            "submission_id": UUID(self._id),
            "decision": self._number,
            "attempt": attempt.attempt,
            "verdict": verdict.value,
            "policies": list(entered.checked) if own else [],
            "reasons": entered.reasons if own else (),
            "head": entered.head,
            "event_id": self._cause,
            "decided_at": self._at,
        }
        self._decisions.append(Row(DecisionRow, values))


def answered_event(asked: Asked, answer: Answer) -> RequestDecided:
    """The `request.decided` of an answer."""
    figure = asdict(asked.figure) | {"completeness": Completeness(asked.figure.completeness)}
    return RequestDecided(
        request_id=str(asked.id),
        decision=answer.decision,
        audience_kind=asked.audience.kind,
        audience_id=asked.audience.id,
        person=asked.person,
        **figure,
        purpose_sha256=words_sha256(asked.purpose),
        basis_sha256=words_sha256(asked.basis),
        state=answer.state,
        submission_id=answer.submission_id,
        articles=answer.articles,
        message=answer.message,
        decided_at=answer.at,
        judged_by=asked.judgement.person if asked.judgement else None,
    )


def _cleared(attempt: Attempt) -> Callable[..., SubmissionCleared]:
    assert attempt.observations is not None, "who clears it has its figures"
    return partial(
        SubmissionCleared,
        figures=attempt.figures,
        observations=attempt.observations,
        checked=attempt.checked,
        releases=attempt.releases,
    )

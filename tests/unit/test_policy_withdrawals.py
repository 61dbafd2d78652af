"""What a sender takes back: nobody may read it any more, whatever was decided, and whatever still comes."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from services.kernel import command
from services.kernel.avro import to_avro
from services.kernel.command import Refused
from services.kernel.events import Outcome
from services.policy.decisions.facts import Facts, ItemFacts, Withdrawal
from services.policy.decisions.refusals import Code
from services.policy.decisions.rows import WITHDRAWALS
from services.policy.decisions.withdrawals import Wish, withdraw
from services.policy.law.verdict import Verdict
from services.policy.store import WithdrawalRow
from tests.unit.test_policy_handler import SUBMISSION, after, facts, topics
from tests.unit.test_policy_review import LATER, ROOM, checked, handled, held, refusal, sweep
from tests.unit.test_policy_review import wish as reviewed

SENDER = "so-tai-chinh-dien-bien"
OFFICE = "thong-ke-dien-bien"


def wish(**changes: Any) -> Wish:
    plain = Wish(
        SUBMISSION, 1, SENDER, person="p-so-tai-chinh", reason="Gửi nhầm số liệu 271828182."
    )
    return replace(plain, **changes)


def cleared(*attempts: int) -> Facts:
    known = facts(item=ItemFacts(ROOM))
    for attempt in attempts:
        known = after(known, handled(attempt, known))
    return known


def taken(one: Wish, known: Facts) -> tuple[Outcome, Facts]:
    """What follows from a withdrawal, and the facts after it."""
    withdrawal, outcome = withdraw(one, known, LATER)
    assert outcome is not None
    (kept,) = [
        WITHDRAWALS.of(WithdrawalRow(**row.values))
        for row in outcome.rows
        if row.table is WithdrawalRow
    ]
    assert kept == withdrawal
    next_ = after(known, checked(outcome))
    return outcome, replace(next_, withdrawals=(*known.withdrawals, withdrawal))


def refused(one: Wish, known: Facts) -> command.Code:
    with pytest.raises(Refused) as raised:
        withdraw(one, known, LATER)
    return raised.value.why


def verdicts(known: Facts) -> dict[int, Verdict]:
    return {one.attempt: one.verdict for one in known.attempts}


def test_what_was_cleared_is_taken_back_with_all_before_it() -> None:
    before = cleared(1, 2)
    outcome, known = taken(wish(attempt=2), before)
    assert topics(outcome) == ["withdrawn"] * 2
    assert [to_avro(one)["attempt"] for one in outcome.events] == [1, 2]
    assert [to_avro(one)["decision"] for one in outcome.events] == [
        before.last_decision + 1,
        before.last_decision + 2,
    ]
    assert verdicts(known) == {1: Verdict.WITHDRAWN, 2: Verdict.WITHDRAWN}
    assert known.current_attempt is None
    assert not any(one.releases for one in known.attempts)


def test_the_words_stay_here_and_their_hash_goes_out() -> None:
    outcome, _ = taken(wish(), cleared(1))
    data = to_avro(outcome.events[0])
    assert data["reason_sha256"] == sha256(wish().reason.encode()).hexdigest()
    assert "271828182" not in str([to_avro(one) for one in outcome.events])
    assert (data["person"], data["organisation"], data["effective_at"]) == (
        "p-so-tai-chinh",
        SENDER,
        LATER,
    )


def test_what_waits_for_a_person_waits_no_more() -> None:
    outcome, known = taken(wish(), held())
    assert topics(outcome) == ["withdrawn"]
    assert refusal(reviewed(), known) is Code.NOT_HELD
    assert sweep(known) is None


def test_a_later_attempt_is_not_taken_back_and_becomes_current() -> None:
    outcome, known = taken(wish(attempt=1), cleared(1, 2))
    assert [to_avro(one)["attempt"] for one in outcome.events] == [1]
    assert (verdicts(known)[2], known.current_attempt) == (Verdict.CLEARED, 2)
    _, known = taken(wish(attempt=2), known)
    known = after(known, handled(3, known))
    assert (verdicts(known)[3], known.current_attempt) == (Verdict.CLEARED, 3)


def test_a_lower_attempt_that_comes_late_is_taken_back_as_it_comes() -> None:
    """Attempts overtake each other; what was taken back must not become current by coming last."""
    _, known = taken(wish(attempt=2), cleared(2))
    outcome = handled(1, known)
    assert topics(outcome) == ["withdrawn"]
    assert after(known, outcome).current_attempt is None


def test_the_same_words_again_change_nothing_and_others_are_refused() -> None:
    _, known = taken(wish(), cleared(1))
    again, outcome = withdraw(wish(), known, LATER)
    assert isinstance(again, Withdrawal)
    assert outcome is None
    assert refused(wish(reason="Lý do khác."), known) is Code.WITHDRAWN_BEFORE


def test_the_office_needs_the_letter_of_the_sender() -> None:
    office = wish(person="p-kinh-te", organisation=OFFICE)
    assert refused(office, cleared(1)) is Code.NO_LETTER
    outcome, _ = taken(replace(office, document="118/STC-NS"), cleared(1))
    assert to_avro(outcome.events[0])["document"] == "118/STC-NS"


def test_nothing_is_left_to_take_back() -> None:
    known = facts()
    known = after(known, handled(1, known, classification="state_secret"))
    assert refused(wish(), known) is Code.NOTHING_LEFT
    assert refused(wish(attempt=2), known) is Code.NO_DECISION

"""A receipt checked step by step: what holds, what fails, and what was then not looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.audit.merkle import consistency_proof
from services.console import receipts
from services.console.receipts import FAILING, Known, Result, Step, checked, refuted
from services.model.verifier import PERSONS, Checkpoint, Reason
from tests.unit.test_audit_merkle import grown
from tests.unit.test_audit_verifier import (
    CLEARED,
    ORIGINAL,
    SUBMISSION,
    leaves_of,
    path,
    receipt_of,
    seal,
)

ABOUT = SUBMISSION, 1
HOLDS, FAILS, OPEN = Result.HOLDS, Result.FAILS, Result.OPEN


def stated(receipt: dict[str, Any]) -> Checkpoint:
    state = receipt["checkpoint"]
    return Checkpoint(state["size"], bytes.fromhex(state["root"]))


def test_each_reason_belongs_to_a_step() -> None:
    assert set(FAILING) == set(Reason)
    assert set(FAILING.values()) == set(Step)


def test_a_right_one_holds_step_by_step_and_says_what_came_in() -> None:
    receipt = receipt_of(path(*CLEARED))
    found = checked(receipt, ABOUT, Known(stated(receipt), original=ORIGINAL))
    assert found.holds
    assert dict(found.steps) == dict.fromkeys(Step, HOLDS)
    assert found.received is not None and found.verified is not None
    assert found.received["size"] == len(ORIGINAL)
    assert receipts.verdict(found.verified, "vi") == "được chấp nhận"
    told = [event for _, event in receipts.events(found.verified, "en")]
    assert told[0] == "Received" and len(told) == 5


def test_without_the_log_that_step_stays_open_and_without_a_file_none_is_asked() -> None:
    found = checked(receipt_of(path(*CLEARED)), ABOUT, Known())
    assert dict(found.steps)[Step.LOG] is OPEN
    assert Step.FILE not in dict(found.steps)
    assert receipts.why(found, "vi") == ""


def test_a_kept_one_holds_in_the_grown_log_and_not_in_a_rewritten_one() -> None:
    made = path(*CLEARED)
    kept = receipt_of(made)
    tree, lookup = grown([*leaves_of(made), bytes(32), bytes([1]) * 32])
    size = kept["checkpoint"]["size"]
    proof = {
        "first": size, "second": tree.size, "first_root": kept["checkpoint"]["root"],
        "second_root": tree.root.hex(),
        "proof": [step.hex() for step in consistency_proof(size, tree.size, lookup)],
    }  # fmt: skip
    now = Checkpoint(tree.size, tree.root)
    assert dict(checked(kept, ABOUT, Known(now, proof)).steps)[Step.LOG] is HOLDS
    rewritten = checked(kept, ABOUT, Known(now, proof | {"first_root": "ab" * 32}))
    assert rewritten.reason is Reason.CHECKPOINT
    assert dict(rewritten.steps)[Step.LOG] is FAILS


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (lambda one: one | {"attempt": 2}, Step.WHOLE),
        (lambda one: {}, Step.WHOLE),
        (lambda one: seal(one | {"attempt": 2}), Step.ATTEMPT),
        (lambda one: seal(one | {"statement": one["statement"][:-4] + "AAAA"}), Step.SIGNED),
        (lambda one: seal(one | {"events": one["events"][:1]}), Step.VERDICT),
        (lambda one: seal(one | {"events": [one["events"][0] | {"salt": "00" * 32}]}), Step.EVENTS),
    ],
)
def test_what_was_tampered_with_fails_at_its_step_and_no_later_one_is_said_to_hold(
    change: Callable[[dict[str, Any]], dict[str, Any]], step: Step
) -> None:
    whole = receipt_of(path(*CLEARED))
    found = checked(change(whole), ABOUT, Known(stated(whole), original=ORIGINAL))
    assert not found.holds and found.verified is None
    results = [result for _, result in found.steps]
    at = results.index(FAILS)
    assert found.steps[at][0] is step
    assert results == [HOLDS] * at + [FAILS] + [OPEN] * (len(results) - at - 1)


def test_one_that_is_longer_than_the_log_is_not_right_though_consistent_in_itself() -> None:
    made_up = receipt_of(path(*CLEARED), 50)
    now = Checkpoint(9, bytes(32))
    found = checked(made_up, ABOUT, Known(now))
    assert checked(made_up, ABOUT, Known()).holds
    assert (found.reason, dict(found.steps)[Step.LOG]) == (Reason.CHECKPOINT, FAILS)


def test_a_receipt_of_another_attempt_is_none_of_this_one() -> None:
    found = checked(receipt_of(path(*CLEARED)), (SUBMISSION, 3), Known())
    assert (found.reason, dict(found.steps)[Step.ATTEMPT]) == (Reason.SUBMISSION, FAILS)


@pytest.mark.parametrize("content", [ORIGINAL + b"\n", ORIGINAL[:-1], b"", ORIGINAL.upper()])
def test_a_file_is_compared_byte_by_byte(content: bytes) -> None:
    """Elsewhere a last line's end was trimmed before hashing (cardanoupdate #158)."""
    receipt = receipt_of(path(*CLEARED))
    found = checked(receipt, ABOUT, Known(stated(receipt), original=content))
    assert found.reason is Reason.ORIGINAL
    assert dict(found.steps) == dict.fromkeys(Step, HOLDS) | {Step.FILE: FAILS}
    assert [step for step, _ in found.steps] == list(Step)
    assert found.received is not None


def test_a_wrong_file_does_not_hide_that_the_receipt_is_wrong() -> None:
    whole = receipt_of(path("submission.cleared"))
    undecided = seal(whole | {"events": whole["events"][:1]})
    found = checked(undecided, ABOUT, Known(stated(whole), original=b""))
    assert found.reason is Reason.VERDICT


def test_the_log_is_never_said_to_hold_where_nobody_asked_it() -> None:
    for reason in Reason:
        assert dict(refuted(reason, Known(original=b"")).steps).get(Step.LOG) is not HOLDS


def test_persons_words_have_names() -> None:
    for topic in PERSONS:
        assert receipts._event(topic, lambda message, **_: message) == f"receipt.event.{topic}"

"""Holds and who decides about them: rooms, four eyes, nobody their own, and nothing held for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.common import Classification
from services.events.policy import Outcome as Choice
from services.kernel import command
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.kernel.command import Refused
from services.kernel.events import Outcome
from services.policy.decisions.attempts import handle
from services.policy.decisions.deadline import due
from services.policy.decisions.facts import Facts, ItemFacts, Reviewed
from services.policy.decisions.refusals import Code
from services.policy.decisions.reviews import Review, decided_anew, review
from services.policy.decisions.rows import REVIEWS
from services.policy.law.verdict import Verdict
from services.policy.store import ActRow
from tests.unit.test_policy_handler import (
    CLEAN,
    FORMS,
    SUBMISSION,
    T0,
    after,
    facts,
    topics,
    validated,
)

ROOM = "phong-thong-ke-kinh-te-dien-bien"
OTHER_ROOM = "phong-thong-ke-xa-hoi-dien-bien"
OFFICE = "thong-ke-dien-bien"
LATER = T0 + timedelta(hours=2)
UNPROVEN: dict[str, Any] = {"rule_set": "", "warnings": 0}


def checked(outcome: Outcome) -> Outcome:
    """The same, after the codec has accepted every event of it."""
    for draft in outcome.events:
        codec().encode(f"{draft.TOPIC}-value", to_avro(draft))
    return outcome


def handled(attempt: int, known: Facts, **changes: Any) -> Outcome:
    return checked(handle(validated(attempt, **changes), known, {"cells": CLEAN}))


def held(attempt: int = 1, known: Facts | None = None, **changes: Any) -> Facts:
    """The facts after an attempt that a room has to accept, because of a warning."""
    known = known or facts(item=ItemFacts(ROOM))
    return after(known, handled(attempt, known, **{"warnings": 1, **changes}))


def wish(**changes: Any) -> Review:
    plain = Review(
        SUBMISSION, 1, OFFICE, Choice.RELEASE, person="p-kinh-te", reason="Đã đối chiếu."
    )
    return replace(plain, **changes)


def decided(one: Review, known: Facts) -> tuple[Reviewed, Outcome]:
    act, outcome = review(one, known, LATER)
    assert outcome is not None
    return act, checked(outcome)


def refusal(one: Review, known: Facts) -> command.Code:
    with pytest.raises(Refused) as refused:
        review(one, known, LATER)
    return refused.value.why


def sweep(known: Facts) -> Outcome | None:
    found = decided_anew(UUID(SUBMISSION), known, LATER)
    return checked(found[1]) if found else None


@pytest.mark.parametrize(
    ("lent", "on_behalf"),
    [({ROOM: "p-truong-phong"}, "p-truong-phong"), ({OTHER_ROOM: "p-xa-hoi"}, None), ({}, None)],
)
def test_a_deputy_decides_in_the_name_of_whom_it_stands_in_for(
    lent: dict[str, str], on_behalf: str | None
) -> None:
    act, outcome = decided(wish(lent=lent), held())
    assert (act.person, act.on_behalf) == ("p-kinh-te", on_behalf)
    assert to_avro(outcome.events[0])["on_behalf"] == on_behalf
    (kept,) = [REVIEWS.of(ActRow(**row.values)) for row in outcome.rows if row.table is ActRow]
    assert kept == act


def test_what_a_reviewer_writes_stays_here_and_its_hash_goes_out() -> None:
    words = "Nguyễn Văn Kín khai 271828182"
    _, outcome = decided(wish(reason=words), held())
    assert words in str([row.values for row in outcome.rows])
    assert words not in str([to_avro(one) for one in outcome.events])
    (event,) = [one for one in outcome.events if one.TOPIC == "review.decided"]
    assert to_avro(event)["reason_sha256"] == sha256(words.encode()).hexdigest()


def test_a_warning_waits_for_the_room_of_its_item() -> None:
    (event,) = handled(1, facts(item=ItemFacts(ROOM)), warnings=1).events
    assert event.TOPIC == "submission.held"
    assert (to_avro(event)["room"], to_avro(event)["reviewers"]) == (ROOM, 1)
    assert to_avro(event)["due"] == datetime(2026, 11, 25, 10, tzinfo=UTC)
    (reason,) = to_avro(event)["reasons"]
    assert (reason["policy"], reason["message"]) == ("acceptance", "policy.acceptance")


def test_without_an_item_it_is_the_leaderships_turn() -> None:
    (event,) = handled(1, facts(), warnings=1).events
    assert to_avro(event)["room"] is None


def test_a_form_can_ask_for_acceptance_of_everything() -> None:
    form = replace(FORMS["cv17809-1"], acceptance="room")
    assert topics(handled(1, facts(forms={1: form}))) == ["held"]
    assert topics(handled(1, facts())) == ["cleared"]


def test_the_room_accepts() -> None:
    known = held()
    act, outcome = decided(wish(document="12/TB"), known)
    reviewed, cleared = outcome.events
    assert (reviewed.TOPIC, cleared.TOPIC) == ("review.decided", "submission.cleared")
    assert reviewed.own_id == act.id
    assert (to_avro(reviewed)["decision"], to_avro(cleared)["decision"]) == (1, 2)
    assert (to_avro(reviewed)["kind"], to_avro(reviewed)["person"]) == ("acceptance", "p-kinh-te")
    assert (to_avro(reviewed)["step"], to_avro(reviewed)["steps"]) == (1, 1)
    assert (to_avro(reviewed)["room"], to_avro(reviewed)["document"]) == (ROOM, "12/TB")
    assert to_avro(cleared)["releases"][0]["audience_kind"] == "compilers"
    now = after(known, outcome)
    assert now.current_attempt == 1
    assert now.attempts[0].hold is None


def test_the_room_rejects() -> None:
    _, outcome = decided(wish(outcome=Choice.WITHHOLD), held())
    withheld = outcome.events[-1]
    assert withheld.TOPIC == "submission.withheld"
    messages = [one["message"] for one in to_avro(withheld)["reasons"]]
    assert messages == ["policy.rejected", "policy.acceptance"]


def test_nobody_reviews_their_own() -> None:
    sender = wish(organisation="so-tai-chinh-dien-bien")
    assert refusal(sender, held()) is Code.OWN_SUBMISSION


def test_the_same_decision_again_is_the_same_act() -> None:
    known = held()
    act, outcome = decided(wish(), known)
    assert review(wish(), after(known, outcome), LATER + timedelta(hours=1)) == (act, None)


def test_what_waits_no_more_can_not_be_decided() -> None:
    known = held()
    known = after(known, decided(wish(), known)[1])
    assert refusal(wish(person="p-lanh-dao"), known) is Code.NOT_HELD
    assert refusal(wish(outcome=Choice.WITHHOLD), known) is Code.NOT_HELD
    assert refusal(wish(attempt=2), known) is Code.NO_REVIEW


def test_an_act_about_one_attempt_is_none_about_another() -> None:
    known = held()
    known = after(known, decided(wish(), known)[1])
    known = after(known, handled(2, known))
    assert refusal(wish(attempt=2), known) is Code.NOT_HELD


def test_four_eyes_are_those_of_two_persons() -> None:
    known = held(**UNPROVEN)
    assert known.attempts[0].hold is not None
    assert known.attempts[0].hold.reviewers == 2
    first, outcome = decided(wish(), known)
    assert [one.TOPIC for one in outcome.events] == ["review.decided"]
    assert (first.step, to_avro(outcome.events[0])["steps"]) == (1, 2)
    known = after(known, outcome)
    assert known.attempts[0].verdict is Verdict.HELD
    assert review(wish(), known, LATER) == (first, None)
    assert refusal(wish(reason="Xem lại."), known) is Code.REVIEWED_BEFORE
    assert refusal(wish(outcome=Choice.WITHHOLD), known) is Code.REVIEWED_BEFORE
    second, outcome = decided(wish(person="p-lanh-dao"), known)
    assert second.step == 2
    assert [one.TOPIC for one in outcome.events] == ["review.decided", "submission.cleared"]


def test_two_who_disagree_wait_for_a_third() -> None:
    known = held(**UNPROVEN)
    known = after(known, decided(wish(), known)[1])
    against, outcome = decided(wish(person="p-b", outcome=Choice.WITHHOLD), known)
    assert against.step == 1
    known = after(known, outcome)
    assert known.attempts[0].verdict is Verdict.HELD
    _, outcome = decided(wish(person="p-c", outcome=Choice.WITHHOLD), known)
    assert outcome.events[-1].TOPIC == "submission.withheld"


@pytest.mark.parametrize("gone", [{"forms": {}}, {"sender_known": False}, {"instruments": ()}])
def test_what_nobody_knows_no_signature_lifts(gone: dict[str, Any]) -> None:
    known = held(known=facts(item=ItemFacts(ROOM), **gone))
    assert known.attempts[0].verdict is Verdict.HELD
    assert refusal(wish(), known) is Code.NOT_RELEASABLE
    assert decided(wish(outcome=Choice.WITHHOLD), known)[1].events[-1].TOPIC.endswith("withheld")


def test_what_a_law_forbids_by_now_no_signature_lifts() -> None:
    known = held()
    (attempt,) = known.attempts
    secret = replace(
        attempt, head=replace(attempt.head, classification=Classification.STATE_SECRET)
    )
    assert refusal(wish(), replace(known, attempts=(secret,))) is Code.NOT_RELEASABLE


def test_what_is_withheld_can_not_be_released() -> None:
    known = held(classification="state_secret")
    assert known.attempts[0].verdict is Verdict.WITHHELD
    assert refusal(wish(), known) is Code.NOT_HELD


def test_a_cleared_correction_supersedes_what_waits() -> None:
    known = held()
    outcome = handled(2, known)
    assert topics(outcome) == ["superseded", "cleared"]
    assert to_avro(outcome.events[0])["by_attempt"] == 2
    assert refusal(wish(), after(known, outcome)) is Code.NOT_HELD


def test_what_would_wait_behind_the_current_one_is_superseded_at_once() -> None:
    known = facts(item=ItemFacts(ROOM))
    known = after(known, handled(2, known))
    assert topics(handled(1, known, warnings=1)) == ["held", "superseded"]


def test_a_higher_one_that_waits_leaves_the_current_one() -> None:
    known = held(2, after(facts(), handled(1, facts())))
    assert known.current_attempt == 1
    assert [one.verdict for one in known.attempts] == [Verdict.CLEARED, Verdict.HELD]
    _, outcome = decided(wish(attempt=2), known)
    assert [one.TOPIC for one in outcome.events] == [
        "review.decided",
        "submission.superseded",
        "submission.cleared",
    ]


def test_the_sweep_finds_nothing_where_all_is_well() -> None:
    assert sweep(held()) is None
    assert sweep(after(facts(), handled(1, facts()))) is None


def test_the_sweep_decides_what_the_catalogue_has_by_now() -> None:
    unknown = held(known=facts(forms={}), warnings=0)
    assert sweep(unknown) is None
    outcome = sweep(replace(unknown, forms=facts().forms))
    assert outcome is not None
    assert topics(outcome) == ["cleared"]
    waits = held(known=facts(forms={}), warnings=1)
    outcome = sweep(replace(waits, forms=facts().forms, item=ItemFacts(ROOM)))
    assert outcome is not None
    assert topics(outcome) == ["held"]
    assert to_avro(outcome.events[0])["room"] == ROOM


def test_the_sweep_hands_a_hold_to_the_room_that_is_responsible_now() -> None:
    outcome = sweep(replace(held(), item=ItemFacts(OTHER_ROOM)))
    assert outcome is not None
    (event,) = outcome.events
    assert (to_avro(event)["room"], to_avro(event)["decision"]) == (OTHER_ROOM, 2)


def test_the_sweep_supersedes_what_was_left_behind() -> None:
    known = held()
    now = after(known, handled(2, known))
    left = replace(now, attempts=(*known.attempts, now.attempts[1]))
    outcome = sweep(left)
    assert outcome is not None
    assert topics(outcome) == ["superseded"]


KINDS: dict[str, dict[str, Any]] = {
    "clean": {},
    "warning": {"warnings": 2},
    "unproven": {"rule_set": ""},
    "secret": {"classification": "state_secret"},
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*KINDS, "release", "withhold", "sweep"]),
        st.integers(1, 4),
        st.sampled_from(["p-a", "p-b", "p-c"]),
    ),
    max_size=12,
)


def happened(known: Facts, name: str, attempt: int, person: str) -> Outcome | None:
    """One step: an attempt is validated, a person decides, or the sweep passes, which must find nothing."""
    if name in KINDS:
        return handled(attempt, known, **KINDS[name]) if known.attempt(attempt) is None else None
    if name == "sweep":
        assert sweep(known) is None
        return None
    try:
        one = wish(attempt=attempt, person=person, outcome=Choice(name))
        return review(one, known, LATER)[1]
    except Refused:
        return None


@given(STEPS)
def test_in_any_order_numbers_rise_and_nothing_waits_behind_the_current(steps: list[Any]) -> None:
    known, numbers = facts(item=ItemFacts(ROOM)), []
    for step in steps:
        if (outcome := happened(known, *step)) is None:
            continue
        known = after(known, outcome)
        verdicts = [one for one in outcome.events if one.TOPIC.startswith("submission.")]
        numbers += [to_avro(one)["decision"] for one in verdicts]
    assert numbers == list(range(1, len(numbers) + 1))
    for one in known.attempts:
        if one.verdict is Verdict.HELD:
            assert one.hold is not None
            assert one.attempt > (known.current_attempt or 0)
        assert (one.verdict is Verdict.CLEARED) == (one.attempt == known.current_attempt)


@pytest.mark.parametrize(
    ("at", "by"),
    [
        ("2026-11-23T09:00:00", "2026-11-25T10:00:00"),
        ("2026-11-26T20:00:00", "2026-12-01T10:00:00"),  # a Friday in Việt Nam by then
        ("2026-11-28T09:00:00", "2026-12-01T10:00:00"),
    ],
)
def test_the_deadline_counts_working_days(at: str, by: str) -> None:
    assert due(datetime.fromisoformat(f"{at}+00:00")) == datetime.fromisoformat(f"{by}+00:00")

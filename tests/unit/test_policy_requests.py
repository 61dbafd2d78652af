"""Who gets a figure: compilers at once, others when it is published, and no more of a submission than asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.events.common import Head
from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import codec
from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome
from services.model.enumerations import Regime
from services.model.form import shipped_forms
from services.model.period import PeriodError
from services.policy.decisions.attempts import Affected, handle, handle_released
from services.policy.decisions.facts import Asked, Facts, FormFacts, ItemFacts, Judgement
from services.policy.decisions.figures import Figure, holds
from services.policy.decisions.ledger import Ledger
from services.policy.decisions.requests import absent
from services.policy.decisions.withdrawals import Wish, withdraw
from services.policy.evidence.finding import Finding
from services.policy.law.verdict import KINDS, Audience, Verdict
from services.policy.store import ReleasedRow
from tests.said import said
from tests.unit.test_policy_handler import (
    AGREED,
    CLEAN,
    FORMS,
    LISTS,
    SUBMISSION,
    T0,
    after,
    facts,
    validated,
)

BODIES = {id_: form.to_dict() for id_, form in shipped_forms().items()}
MARRIAGES = Figure("dp", "T0111", "34", "11", "2025", "official")
PUBLISHED = frozenset({MARRIAGES})
HEAD: dict[str, Any] = {
    "sender": "so-tu-phap-dien-bien",
    "form": "t0111",
    "area_list": "34",
    "period": "2025",
    "completeness": "official",
    "figures": 1,
}
ITEM = {"form": "t0111", "purposes": ["Báo cáo"]}
AGENCY = Audience("agency", "so-noi-vu-dien-bien")
LATER = T0 + timedelta(days=30)


def asked(figure: Figure = MARRIAGES, audience: Audience = AGENCY, number: int = 1) -> Asked:
    id_ = UUID(int=number)
    return Asked(id_, audience, "p-so-noi-vu", figure, "Báo cáo", "1618/QĐ-UBND", T0)


def checked(outcome: Outcome) -> Outcome:
    for draft in outcome.events:
        codec().encode(f"{draft.TOPIC}-value", to_avro(draft))
    return outcome


def came(known: Facts, attempt: int = 1, **changes: Any) -> Outcome:
    """What follows where the figure comes."""
    return checked(handle(validated(attempt, **{**HEAD, **changes}), known, {"cells": CLEAN}))


def cleared(known: Facts | None = None) -> Facts:
    """The facts after the figure was cleared."""
    known = known or facts("t0111")
    return after(known, came(known))


def settled(known: Facts, *requests: Asked) -> Outcome:
    ledger = Ledger(
        SUBMISSION, replace(known, requests=(*known.requests, *requests)), LATER, uuid4()
    )
    ledger.settle()
    return checked(ledger.outcome())


def release_of(outcome: Outcome, audience: Audience = AGENCY) -> dict[str, Any]:
    (event,) = [one for one in outcome.events if one.TOPIC == "submission.cleared"]
    (found,) = [one for one in to_avro(event)["releases"] if one["audience_id"] == audience.id]
    return dict(found)


def released(**changes: Any) -> Event:
    data = {
        "release_id": str(uuid4()),
        **vars(MARRIAGES.named()),
        "completeness": "official",
        "document_number": "15/TB",
        "document_date": T0.date(),
        "person": "p-lanh-dao",
        "released_at": LATER,
        **changes,
    }
    return Event(
        uuid4(), "calendar.released", "x", said("calendar.released", data), LATER, "x", "catalogue"
    )


def test_an_unpublished_figure_is_pending_by_the_law() -> None:
    decided, again = settled(cleared(), asked()).events
    assert (decided.TOPIC, to_avro(decided)["state"]) == ("request.decided", "pending")
    assert to_avro(decided)["message"] == "policy.embargo"
    assert to_avro(decided)["articles"] == [
        {"instrument": "luat-thong-ke-89-2015", "article": "10", "clause": "1 điểm e"}
    ]
    assert (to_avro(decided)["submission_id"], to_avro(decided)["decision"]) == (SUBMISSION, 1)
    assert to_avro(again)["decision"] == 2
    compilers, agency = to_avro(again)["releases"]
    assert (compilers["audience_kind"], compilers["state"]) == ("compilers", "granted")
    assert compilers["only"] is None
    assert agency["state"] == "pending"


def test_what_an_asker_writes_stays_here_and_its_hash_goes_out() -> None:
    one = replace(asked(), purpose="Về bà Kín", basis="theo thư của bà Kín")
    outcome = settled(cleared(), one)
    assert "bà Kín" in str([row.values for row in outcome.rows])
    assert "bà Kín" not in str([to_avro(event) for event in outcome.events])
    data = to_avro(outcome.events[0])
    assert data["purpose_sha256"] == sha256(one.purpose.encode()).hexdigest()
    assert data["basis_sha256"] == sha256(one.basis.encode()).hexdigest()


@pytest.mark.parametrize(
    ("lists", "state"),
    [
        (LISTS, "pending"),
        ({}, "pending"),
        ({"dp": {}}, "pending"),
        ({"dp": {"indicator_system": False}}, "granted"),
    ],
)
def test_the_code_list_says_what_is_under_embargo(lists: dict[str, Any], state: str) -> None:
    form = FormFacts.of(BODIES["t0111"], lists)
    known = cleared(facts("t0111", forms={1: form}))
    assert to_avro(settled(known, asked()).events[0])["state"] == state


def test_a_form_s_own_codes_are_no_indicator_system() -> None:
    assert FORMS["t0111"].systems == {"dp"}
    assert not FORMS["cv17809-1"].systems


@pytest.mark.parametrize("kind", ["provincial_committee", "national_office"])
def test_the_committee_and_the_national_office_read_before_it_is_published(kind: str) -> None:
    one = asked(audience=Audience(kind, "x"))
    known = replace(cleared(), standing=(one.audience,))
    answer, cleared_again = settled(known, one).events
    assert to_avro(answer)["state"] == "granted"
    assert to_avro(cleared_again)["releases"][1]["audience_kind"] == kind, (
        "the log has who may, before all others"
    )


def test_a_room_that_asks_waits_too() -> None:
    decided = settled(cleared(), asked(audience=Audience("room", "phong-x"))).events[0]
    assert to_avro(decided)["state"] == "pending"


def test_the_act_that_publishes_ends_the_embargo() -> None:
    known = after(cleared(), settled(cleared(), asked()))
    affected = Affected(((SUBMISSION, replace(known, released=PUBLISHED)),))
    outcome = checked(handle_released(released(), affected, {}))
    decided, again = outcome.events
    assert (to_avro(decided)["state"], to_avro(decided)["decision"]) == ("granted", 2)
    assert to_avro(decided)["message"] == "policy.published"
    agency = release_of(outcome)
    assert (agency["state"], agency["only"]) == ("granted", [vars(MARRIAGES.named())])
    assert to_avro(again)["decision"] == 3
    assert outcome.rows[0].table is ReleasedRow
    now = replace(after(known, outcome), released=PUBLISHED)
    assert settled(now).events == ()


def test_a_release_of_what_nobody_sent_is_kept() -> None:
    outcome = handle_released(released(period="2024-A1"), Affected(()), {})
    assert not outcome.events
    (row,) = outcome.rows
    assert (row.values["period"], row.conflict) == ("2024", "ignore")
    with pytest.raises(Permanent):
        handle_released(released(period="soon"), Affected(()), {})


@pytest.mark.parametrize("other", [{"completeness": "preliminary"}, {"area": "12"}])
def test_the_release_of_another_figure_ends_nothing(other: dict[str, str]) -> None:
    published = frozenset({replace(MARRIAGES, **other)})
    outcome = settled(replace(cleared(), released=published), asked())
    assert to_avro(outcome.events[0])["state"] == "pending"


def test_a_request_that_was_there_before_is_answered_with_the_clearance() -> None:
    first = absent(asked(), T0)
    assert (first.state, first.message, first.decision) == ("pending", "policy.absent", 1)
    waiting = replace(asked(), answer=first)
    outcome = came(facts("t0111", requests=(waiting,), released=PUBLISHED))
    decided, clearance = outcome.events
    assert (to_avro(decided)["state"], to_avro(decided)["decision"]) == ("granted", 2)
    assert (clearance.TOPIC, to_avro(clearance)["decision"]) == ("submission.cleared", 1)
    assert release_of(outcome)["state"] == "granted"


def test_a_correction_keeps_who_may_read() -> None:
    known = replace(cleared(), released=PUBLISHED)
    known = after(known, settled(known, asked()))
    outcome = came(known, 2)
    assert [one.TOPIC for one in outcome.events] == ["submission.superseded", "submission.cleared"]
    assert release_of(outcome)["state"] == "granted"


def test_who_was_answered_by_what_is_taken_back_waits_again_and_nobody_else() -> None:
    known = replace(cleared(), released=PUBLISHED)
    known = after(known, settled(known, asked()))
    (mine,) = known.requests
    assert mine.answer is not None and mine.answer.submission_id == SUBMISSION
    elsewhere = replace(asked(number=2), answer=replace(mine.answer, submission_id=str(uuid4())))
    wish = Wish(SUBMISSION, 1, HEAD["sender"], person="p-so-tu-phap", reason="Gửi nhầm.")
    known = replace(known, requests=(mine, elsewhere))
    outcome = withdraw(wish, known, LATER)[1]
    assert outcome is not None
    decided = [to_avro(one) for one in outcome.events if one.TOPIC == "request.decided"]
    assert [(one["request_id"], one["state"], one["message"]) for one in decided] == [
        (str(mine.id), "pending", "policy.absent")
    ]


def test_what_is_held_answers_nobody() -> None:
    known = facts("t0111", requests=(asked(),), item=replace(AGREED, room="phong-x"))
    assert [one.TOPIC for one in came(known, warnings=1).events] == ["submission.held"]


def test_no_more_of_a_submission_is_released_than_asked_for() -> None:
    revenue = Figure("cv17809-1/1", "1", "63", "11", "2026-Q3", "preliminary")
    since = replace(revenue, period="2026-01-01/P9M")
    known = after(facts(), handle(validated(), facts(), {"cells": CLEAN}))
    agency = release_of(settled(known, asked(revenue, number=1), asked(since, number=2)))
    assert agency["only"] == [vars(since.named()), vars(revenue.named())]
    assert agency["articles"]


def test_of_granted_and_pending_only_the_granted_is_released() -> None:
    other = replace(MARRIAGES, area="12")
    known = replace(cleared(), released=PUBLISHED)
    agency = release_of(settled(known, asked(number=1), asked(other, number=2)))
    assert (agency["state"], agency["only"]) == ("granted", [vars(MARRIAGES.named())])


def test_names_in_the_workbook_keep_it_from_others() -> None:
    known = cleared()
    (attempt,) = known.attempts
    named = replace(attempt.evidence, findings=(Finding("T0111", "A1", "person_name"),))
    outcome = settled(replace(known, attempts=(replace(attempt, evidence=named),)), asked())
    assert to_avro(outcome.events[0])["state"] == "denied"
    assert to_avro(outcome.events[0])["message"] == "policy.identifiers"
    assert release_of(outcome)["state"] == "denied"


def test_an_agreement_that_ends_with_the_office_denies_others() -> None:
    kept = ItemFacts.of(ITEM | {"recipients": []})
    form = replace(FORMS["t0111"], province="11")
    known = cleared(facts("t0111", item=kept, forms={1: form}))
    assert known.attempts[0].verdict is Verdict.CLEARED
    outcome = settled(replace(known, released=PUBLISHED), asked())
    assert to_avro(outcome.events[0])["state"] == "denied"
    assert to_avro(outcome.events[0])["articles"] == [
        {"instrument": "dien-bien-1618-2021", "article": "6", "clause": "5"}
    ]


@pytest.mark.parametrize(
    ("item", "state"),
    [(AGREED, "denied"), (ItemFacts.of(ITEM | {"room": "phong-x"}), "granted")],
)
def test_without_an_agreement_it_is_the_compilers_alone(item: ItemFacts, state: str) -> None:
    form = replace(FORMS["t0111"], province="11")
    known = cleared(facts("t0111", item=item, forms={1: form}))
    assert known.attempts[0].verdict is Verdict.CLEARED
    outcome = settled(replace(known, released=PUBLISHED), asked())
    assert to_avro(outcome.events[0])["state"] == state


COMMITTEE = Audience("provincial_committee", "uy-ban-nhan-dan-dien-bien")


def test_what_the_office_shares_of_a_national_form_it_shares_by_its_provinces_regulation() -> None:
    """A private interest waits for a person, and an agreement binds; the committee has its figures by law."""
    assert FORMS["t0111"].province is None
    kept = ItemFacts.of(ITEM | {"recipients": []})
    known = replace(cleared(facts("t0111", item=kept)), released=PUBLISHED)
    (answer, _) = settled(known, asked()).events
    assert (to_avro(answer)["state"], to_avro(answer)["message"]) == (
        "denied",
        "policy.third-party",
    )
    assert [one["instrument"] for one in to_avro(answer)["articles"]] == ["dien-bien-1618-2021"]
    (answer, _) = settled(replace(known, standing=(COMMITTEE,)), asked(audience=COMMITTEE)).events
    assert to_avro(answer)["state"] == "granted"

    known = replace(cleared(), released=PUBLISHED)
    (answer, _) = settled(known, replace(asked(), private_interest=True)).events
    assert (to_avro(answer)["state"], to_avro(answer)["message"]) == (
        "pending",
        "policy.private-interest",
    )


def test_what_is_shared_by_a_national_form_without_an_agreement_is_the_compilers_alone() -> None:
    known = replace(cleared(), released=PUBLISHED)
    (attempt,) = known.attempts
    shared = replace(attempt, head=replace(attempt.head, regime=Regime.SHARING))
    (answer, _) = settled(replace(known, attempts=(shared,)), asked()).events
    assert (to_avro(answer)["state"], to_avro(answer)["message"]) == (
        "denied",
        "policy.third-party",
    )


def head(form: str, **changes: Any) -> Head:
    return from_avro(Head, to_avro(validated(form=form).data.head) | changes)


def test_which_figures_a_submission_holds() -> None:
    revenue = Figure("cv17809-1/1", "1", "63", "11", "2026-Q3", "preliminary")
    form, mine = BODIES["cv17809-1"], head("cv17809-1")
    assert holds(form, mine, revenue)
    assert holds(form, mine, replace(revenue, period="2026-01-01/P9M"))
    for name, value in (
        ("indicator_list", "cv17809-2/1"),
        ("indicator", "nothing"),
        ("area", "12"),
        ("area_list", "34"),
        ("period", "2026-Q2"),
        ("completeness", "estimate"),
    ):
        assert not holds(form, mine, replace(revenue, **{name: value})), name


def test_rows_of_other_areas_and_columns_as_indicators() -> None:
    form = BODIES["cktc-09-final"]
    mine = head("cktc-09-final", area="00", period="2013", completeness="official")
    assert holds(form, mine, Figure("cktc-09-final/1", "revenue", "63", "11", "2013", "official"))
    assert not holds(form, mine, Figure("cktc-09-final/1", "1", "63", "11", "2013", "official"))


def test_aggregates_of_records() -> None:
    mine = head("dn-list", completeness="official")
    firms = Figure("dn-list/1", "firms", "63", "11", "2026-Q3", "official")
    assert holds(BODIES["dn-list"], mine, firms)


def test_a_period_has_one_spelling() -> None:
    data = {**vars(MARRIAGES.named()), "completeness": "official", "period": "2026-01-01/P3M"}
    assert Figure.of(data).period == "2026-Q1"
    with pytest.raises(PeriodError):
        Figure.of({**data, "period": "2026-Q5"})


JUDGED = Judgement(True, T0, person="p-lanh-dao", reason="Không ảnh hưởng đến ai.")


@pytest.mark.parametrize(
    ("judgement", "released", "state", "message"),
    [
        (None, True, "pending", "policy.private-interest"),
        (JUDGED, True, "granted", "policy.published"),
        (replace(JUDGED, is_harmless=False), True, "denied", "policy.harmful"),
        (JUDGED, False, "pending", "policy.embargo"),
        (replace(JUDGED, is_harmless=False), False, "denied", "policy.harmful"),
    ],
)
def test_a_private_interest_is_judged_by_a_person(
    judgement: Judgement | None, released: bool, state: str, message: str
) -> None:
    """And no judgement ends an embargo."""
    form = replace(FORMS["t0111"], province="11")
    known = replace(
        cleared(),
        forms={1: form},
        item=replace(AGREED, recipients=KINDS),
        released=PUBLISHED if released else frozenset(),
    )
    one = replace(asked(), private_interest=True, judgement=judgement)
    answer = to_avro(settled(known, one).events[0])
    assert (answer["state"], answer["message"]) == (state, message)
    assert answer["judged_by"] == (judgement.person if judgement else None)

"""The committee and the national office read before all others, without asking; an embargo keeps the others waiting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.kernel.avro import to_avro
from services.policy.decisions.facts import Facts, ItemFacts
from services.policy.law.verdict import Audience
from services.policy.store import PreReleaseRow
from tests.unit.test_policy_handler import FORMS, T0, after, facts
from tests.unit.test_policy_requests import AGENCY, MARRIAGES, asked, came, cleared, settled

COMMITTEE = Audience("provincial_committee", "uy-ban-nhan-dan-dien-bien")
OFFICE = Audience("national_office", "cuc-thong-ke")
PUBLIC, ROOM = Audience("user_group", "c"), Audience("room", "phong-x")


def reported(**changes: object) -> Facts:
    return facts("t0111", standing=(OFFICE, COMMITTEE), **changes)


def states(releases: object) -> list[tuple[str, str]]:
    return [(one["audience_id"], one["state"]) for one in releases]  # type: ignore[attr-defined]


def test_a_clearance_is_reported_to_them_and_to_nobody_else() -> None:
    (event,) = came(reported()).events
    assert states(to_avro(event)["releases"]) == [
        ("grdp", "granted"),
        (OFFICE.id, "granted"),
        (COMMITTEE.id, "granted"),
    ]
    for release in to_avro(event)["releases"][1:]:
        assert (release["only"], release["flags"], release["not_before"]) == (None, None, None)
        assert release["articles"]


def test_who_may_read_before_all_is_listed_once_with_its_article() -> None:
    outcome = came(reported())
    listed = [row for row in outcome.rows if row.table is PreReleaseRow]
    assert {row.conflict for row in listed} == {"ignore"}, "the first time is the one that counts"
    assert [(row.values["audience_id"], row.values["attempt"]) for row in listed] == [
        (OFFICE.id, 1),
        (COMMITTEE.id, 1),
    ]
    assert all(row.values["articles"] and row.values["since"] == T0 for row in listed)


def test_all_others_wait_each_for_the_act() -> None:
    known = cleared(reported())
    audiences = [AGENCY, ROOM, PUBLIC]
    requests = [asked(audience=one, number=n) for n, one in enumerate(audiences, 1)]
    *answers, event = settled(known, *requests).events
    assert {to_avro(one)["state"] for one in answers} == {"pending"}
    assert sorted(states(to_avro(event)["releases"])[3:]) == sorted(
        (one.id, "pending") for one in audiences
    )


def test_a_correction_under_embargo_goes_to_the_compilers_and_keeps_the_others_waiting() -> None:
    known = cleared(reported())
    known = after(known, settled(known, asked()))
    superseded, event = came(known, 2).events
    assert (superseded.TOPIC, to_avro(superseded)["attempt"]) == ("submission.superseded", 1)
    assert (event.TOPIC, to_avro(event)["attempt"]) == ("submission.cleared", 2)
    assert states(to_avro(event)["releases"]) == [
        ("grdp", "granted"),
        (OFFICE.id, "granted"),
        (COMMITTEE.id, "granted"),
        (AGENCY.id, "pending"),
    ]


def test_who_is_told_anyway_gets_no_second_release_for_asking() -> None:
    known = cleared(reported())
    (answer,) = settled(known, asked(audience=COMMITTEE)).events
    assert to_avro(answer)["state"] == "granted", "and nothing is published again"


def test_an_agreement_that_leaves_one_of_them_out_is_kept() -> None:
    form = replace(FORMS["t0111"], province="11")
    kept = ItemFacts.of({"form": "t0111", "recipients": ["national_office"]})
    (event,) = came(reported(item=kept, forms={1: form})).events
    assert states(to_avro(event)["releases"]) == [
        ("grdp", "granted"),
        (OFFICE.id, "granted"),
        (COMMITTEE.id, "denied"),
    ]


@pytest.mark.parametrize(("form", "is_system"), [("t0111", True), ("cv17809-1", False)])
def test_what_is_reported_is_a_form_of_the_indicator_system_alone(
    form: str, is_system: bool
) -> None:
    assert FORMS[form].is_system is is_system


def test_the_act_on_one_figure_leaves_another_pending() -> None:
    known = cleared(reported())
    other = asked(replace(MARRIAGES, area="12"), ROOM, 2)
    known = replace(known, released=frozenset({MARRIAGES}))
    first, second, event = settled(known, asked(), other).events
    assert (to_avro(first)["state"], to_avro(second)["state"]) == ("granted", "pending")
    assert states(to_avro(event)["releases"])[3:] == [(AGENCY.id, "granted"), (ROOM.id, "pending")]


def test_the_committee_of_another_province_waits_like_others() -> None:
    other = Audience("provincial_committee", "uy-ban-nhan-dan-son-la")
    known = cleared(reported())
    answer, event = settled(known, asked(audience=other)).events
    assert (to_avro(answer)["state"], to_avro(answer)["message"]) == ("pending", "policy.embargo")
    assert (other.id, "pending") in states(to_avro(event)["releases"])

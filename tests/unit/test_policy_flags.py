"""Flags of figures: decided once for each distinct combination, and no figure of another one released."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.events.policy import ReleaseState
from services.kernel.avro import to_avro
from services.policy.decisions.facts import Facts
from services.policy.decisions.rows import attempt_of, attempt_row
from services.policy.law import cedar
from services.policy.law import decide as law
from services.policy.law.verdict import Audience
from services.policy.store import AttemptRow
from tests.unit.test_policy_handler import T0, after, facts
from tests.unit.test_policy_requests import (
    AGENCY,
    LATER,
    MARRIAGES,
    PUBLISHED,
    asked,
    came,
    settled,
)

DAY = timedelta(days=1)

GRANTED, PENDING, DENIED = ReleaseState


def combination(status: str = "F", redist: str = "", time: Any = None, figures: int = 1) -> Any:
    return {"conf_status": status, "conf_redist": redist, "embargo_time": time, "figures": figures}


def known(*flags: Any, figures: int | None = None, published: bool = True) -> Facts:
    """The facts after figures with these combinations were cleared."""
    count = figures or sum(one["figures"] for one in flags)
    before = facts("t0111", released=PUBLISHED if published else frozenset())
    return after(before, came(before, flags=list(flags), figures=count))


def answer(known: Facts, audience: Audience = AGENCY) -> tuple[str, str, list[dict[str, Any]]]:
    """State and message of the answer, and the releases of the audience."""
    decided, cleared = settled(known, asked(audience=audience)).events
    compilers, *others = to_avro(cleared)["releases"]
    assert (compilers["state"], compilers["flags"]) == (GRANTED, None), "all, whatever the flags"
    return to_avro(decided)["state"], to_avro(decided)["message"], others


def named(*flags: Any) -> list[dict[str, Any]]:
    return [{name: one[name] for name in one if name != "figures"} for one in flags]


def test_confidential_figures_stay_and_the_others_go() -> None:
    free, secret = combination(figures=8), combination("C", figures=2)
    state, message, (release,) = answer(known(free, secret))
    assert (state, message) == (GRANTED, "policy.granted-in-part")
    assert release["flags"] == named(free)
    assert release["only"] == [vars(MARRIAGES.named())]
    assert {one["article"] for one in release["articles"]} >= {"10"}


def test_where_all_is_confidential_it_is_denied_whole() -> None:
    state, message, (release,) = answer(known(combination("N")))
    assert (state, message) == (DENIED, "policy.confidential")
    assert (release["state"], release["flags"]) == (DENIED, None)
    assert release["articles"] == [
        {"instrument": "luat-thong-ke-89-2015", "article": "10", "clause": "1 điểm e"}
    ]


def test_whom_the_sender_names_gets_them_too() -> None:
    one = combination("C", f"bo-tai-chinh,{AGENCY.id}")
    assert answer(known(combination(), one))[:2] == (GRANTED, "policy.published")


def test_what_is_alike_is_one_release_of_all() -> None:
    _, _, (release,) = answer(known(combination(), combination("F", "bo-tai-chinh")))
    assert release["flags"] is None


@pytest.mark.parametrize("flags", [[combination(figures=3)], [combination("C"), combination()]])
def test_a_combination_that_no_event_names_is_released_to_nobody(flags: list[Any]) -> None:
    _, _, releases = answer(known(*flags, figures=9))
    assert [one["flags"] for one in releases] == [named(combination())]


def test_a_time_is_a_not_before_and_ends_no_embargo() -> None:
    one = combination(time=LATER - DAY)
    state, message, (release,) = answer(known(one, published=False))
    assert (state, message) == (PENDING, "policy.embargo"), "the day has passed, no act was made"
    assert release["not_before"] == one["embargo_time"]


def test_after_the_act_each_figure_waits_for_its_time() -> None:
    past, future = combination(time=T0), combination(time=LATER + DAY)
    state, message, releases = answer(known(past, future))
    assert (state, message) == (GRANTED, "policy.granted-in-part")
    assert [(one["state"], one["not_before"], one["flags"]) for one in releases] == [
        (GRANTED, T0, named(past)),
        (GRANTED, LATER + DAY, named(future)),
    ]


@pytest.mark.parametrize("kind", ["provincial_committee", "national_office"])
def test_no_time_holds_up_those_who_read_before_all(kind: str) -> None:
    one = combination(time=LATER + DAY)
    audience = Audience(kind, "x")
    before = replace(known(one, published=False), standing=(audience,))
    state, _, (release,) = answer(before, audience)
    assert (state, release["not_before"], release["flags"]) == (GRANTED, None, None)


def test_cedar_is_asked_once_for_each_combination(monkeypatch: pytest.MonkeyPatch) -> None:
    before = known(*(combination("C", f"x-{n}", figures=10_000) for n in range(5)), combination())
    asked_about: list[Any] = []

    def counted(*arguments: Any) -> Any:
        asked_about.append(arguments)
        return original(*arguments)

    original = cedar.asked
    monkeypatch.setattr(law, "asked", counted)
    settled(before, asked())
    assert len(asked_about) == 6


def test_what_was_kept_comes_back_the_same_and_settles_nothing() -> None:
    before = known(combination(time=LATER + DAY), combination("C"))
    outcome = settled(before, asked())
    now = after(before, outcome)
    rows = [attempt_row(one, LATER) for one in now.attempts]
    back = tuple(attempt_of(AttemptRow(**row.values)) for row in rows)
    assert back == now.attempts
    assert settled(replace(now, attempts=back)).events == ()


def test_rows_from_before_flags_were_looked_for_are_read() -> None:
    (attempt,) = after(facts("t0111"), came(facts("t0111"))).attempts
    row = attempt_row(attempt, T0)
    del row.values["evidence"]["flags"]
    assert attempt_of(AttemptRow(**row.values)) == attempt

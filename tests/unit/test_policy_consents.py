"""Consent: to these identifiers, for this audience and purpose, on this day; and what follows when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.policy import ConsentChange
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.policy.decisions.attempts import handle
from services.policy.decisions.consents import Ended, event_of, reconsidered
from services.policy.decisions.facts import Facts
from services.policy.law.consent import Consent, Purpose, agreed, purpose_of
from services.policy.law.verdict import COMPILERS, Audience, Verdict
from services.policy.store import ConsentRow
from tests.unit.policy_cases import cells
from tests.unit.test_policy_handler import CLEAN, SUBMISSION, T0, after, facts, topics, validated
from tests.unit.test_policy_review import checked

TODAY = date(2026, 11, 23)
AGENCY = Audience("agency", "so-noi-vu-dien-bien")
FIRMS = cells(
    [["Tên doanh nghiệp", "Địa chỉ", "Lao động"], ["Công ty TNHH Mường Thanh", "Tổ 3", "31"]]
)
PLAIN = Consent(
    id=UUID(int=7),
    sender="so-tai-chinh-dien-bien",
    form="dn-list",
    period="2026",
    identifiers=frozenset({"person_name", "organisation_name", "address"}),
    audiences=frozenset({"agency", "compilers"}),
    purposes=frozenset({"statistics", "state_management"}),
    valid_from=TODAY - timedelta(days=20),
    valid_to=TODAY + timedelta(days=20),
)


def counts(consent: Consent, audience: Audience = AGENCY, **changes: Any) -> bool:
    given = {
        "kinds": frozenset({"person_name"}),
        "period": "2026-A1",
        "purpose": purpose_of(audience, False),
        "today": TODAY,
        **changes,
    }
    return agreed([consent], audience=audience, **given)


def test_a_consent_that_covers_it_counts() -> None:
    assert counts(PLAIN)
    assert counts(PLAIN, COMPILERS)
    assert counts(replace(PLAIN, period=None), period="2031-Q1")


@pytest.mark.parametrize(
    "changes",
    [
        {"period": "2025"},
        {"identifiers": frozenset({"phone"})},
        {"audiences": frozenset({"compilers"})},
        {"purposes": frozenset({"statistics"})},
        {"valid_to": TODAY - timedelta(days=1)},
        {"valid_from": TODAY + timedelta(days=1)},
        {"withdrawn_at": T0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_consent_to_something_else_counts_for_nothing(changes: dict[str, Any]) -> None:
    assert not counts(replace(PLAIN, **changes))


def test_a_consent_counts_on_its_first_and_last_day_and_for_one_kind_of_two_it_does_not() -> None:
    assert counts(PLAIN, today=PLAIN.valid_from)
    assert counts(PLAIN, today=PLAIN.valid_to)
    assert not counts(PLAIN, kinds=frozenset({"person_name", "phone"}))
    assert not counts(PLAIN, kinds=frozenset())
    phone = replace(PLAIN, identifiers=frozenset({"phone"}))
    both = frozenset({"person_name", "phone"})
    assert agreed([PLAIN, phone], both, "2026", AGENCY, Purpose.STATE_MANAGEMENT, TODAY)


def test_a_private_interest_is_a_purpose_of_its_own() -> None:
    assert purpose_of(AGENCY, True) is Purpose.PRIVATE_INTEREST
    assert not counts(PLAIN, purpose=purpose_of(AGENCY, True))


SETS = st.frozensets(st.sampled_from(["person_name", "phone", "address"]))
CONSENTS = st.builds(
    Consent,
    id=st.uuids(),
    sender=st.just("s"),
    form=st.just("f"),
    period=st.sampled_from([None, "2026", "2025"]),
    identifiers=SETS,
    audiences=st.frozensets(st.sampled_from(["agency", "compilers"])),
    purposes=st.frozensets(st.sampled_from(["statistics", "state_management"])),
    valid_from=st.dates(date(2026, 11, 20), date(2026, 11, 26)),
    valid_to=st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 26)),
    withdrawn_at=st.none() | st.just(T0),
)


@given(st.lists(CONSENTS, max_size=4), CONSENTS, SETS)
def test_one_consent_more_never_takes_another_away(
    consents: list[Consent], more: Consent, kinds: frozenset[str]
) -> None:
    before, now = (
        agreed(given, kinds, "2026", AGENCY, Purpose.STATE_MANAGEMENT, TODAY)
        for given in (consents, [*consents, more])
    )
    assert now or not before
    if now and not before:
        assert more.in_force(TODAY)
        assert more.is_about("2026")


def known(*consents: Consent) -> Facts:
    return replace(facts("dn-list"), consents=consents)


def arrived(*consents: Consent) -> Facts:
    """The facts after a list of firms was sent by commitment, not as a duty."""
    before = known(*consents)
    event = validated(content=FIRMS, form="dn-list", regime="sharing")
    return after(before, checked(handle(event, before, {"cells": FIRMS})))


def everything(**changes: Any) -> Consent:
    head = validated(form="dn-list").data.head
    kinds = frozenset({"person_name", "organisation_name", "address", "household"})
    return replace(PLAIN, sender=head.sender, period=head.period, identifiers=kinds, **changes)


def test_with_consent_it_is_cleared_and_without_any_more_taken_back() -> None:
    assert arrived().attempts[0].verdict is Verdict.WITHHELD
    consent = everything()
    cleared = arrived(consent)
    assert cleared.attempts[0].verdict is Verdict.CLEARED
    end = Ended(
        ConsentChange.WITHDRAWN, "so-tai-chinh-dien-bien", person="p-chu-ho", reason="Rút lại."
    )
    gone = replace(cleared, consents=(replace(consent, withdrawn_at=T0),))
    found = reconsidered(UUID(SUBMISSION), gone, consent.id, end, T0 + timedelta(hours=1))
    assert found is not None
    outcome = checked(found[1])
    assert topics(outcome) == ["withdrawn"]
    assert after(gone, outcome).current_attempt is None


def test_a_consent_that_nothing_depends_on_ends_without_any_decision() -> None:
    consent = everything(audiences=frozenset({"user_group"}))
    other = everything(id=UUID(int=8))
    cleared = arrived(consent, other)
    gone = replace(cleared, consents=(replace(consent, withdrawn_at=T0), other))
    end = Ended(ConsentChange.EXPIRED, "", person="", reason="")
    assert reconsidered(UUID(SUBMISSION), gone, consent.id, end, T0) is None


def test_the_event_has_the_hash_of_the_words() -> None:
    row = ConsentRow(
        consent_id=UUID(int=7), sender="s", form="f", identifiers=["phone"], audiences=["agency"],
        purposes=["statistics"], valid_from=TODAY, document="15/STC", person="p-ghi", given_at=T0,
        withdrawn_at=T0, withdrawn_by="p-rut", withdrawn_reason="Bà Kín rút lại.",
    )  # fmt: skip
    for change in ConsentChange:
        data = to_avro(event_of(row, change, T0))
        codec().encode("consent.changed-value", data)
        assert "Kín" not in str(data)
    assert to_avro(event_of(row, ConsentChange.WITHDRAWN, T0))["person"] == "p-rut"
    assert to_avro(event_of(row, ConsentChange.GIVEN, T0))["person"] == "p-ghi"
    assert to_avro(event_of(row, ConsentChange.EXPIRED, T0))["person"] == ""


@pytest.mark.parametrize(
    ("second", "lost", "current"),
    [(FIRMS, [1, 2], None), (CLEAN, [1], 2)],
)
def test_what_was_superseded_is_taken_back_with_the_consent_too(
    second: bytes, lost: list[int], current: int | None
) -> None:
    consent = everything()
    first = arrived(consent)
    event = validated(2, content=second, form="dn-list", regime="sharing")
    both = after(first, checked(handle(event, first, {"cells": second})))
    assert [one.verdict for one in both.attempts] == [Verdict.SUPERSEDED, Verdict.CLEARED]
    gone = replace(both, consents=(replace(consent, withdrawn_at=T0),))
    end = Ended(
        ConsentChange.WITHDRAWN, "so-tai-chinh-dien-bien", person="p-chu-ho", reason="Rút lại."
    )
    found = reconsidered(UUID(SUBMISSION), gone, consent.id, end, T0 + timedelta(hours=1))
    assert found is not None
    outcome = checked(found[1])
    taken = [one for one in outcome.events if one.TOPIC == "submission.withdrawn"]
    assert [to_avro(one)["attempt"] for one in taken] == lost
    assert after(gone, outcome).current_attempt == current

"""What figures are asked for and to whom they may go: whatever the asker says of it, the agreement decides."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date

import pytest

from services.kernel.avro import to_avro
from services.model.item import Item
from services.model.organisation import Organisation
from services.model.starter_pack import load_items
from services.model.text import ModelError
from services.policy.decisions.facts import Facts, ItemFacts, Judgement
from services.policy.law.verdict import Audience
from tests.unit.test_policy_handler import FORMS, T0, facts
from tests.unit.test_policy_requests import AGENCY, PUBLISHED, asked, cleared, settled

ITEM = {"form": "t0111", "purposes": ["Báo cáo bình đẳng giới", "Hoà giải"]}
COMMITTEE = Audience("provincial_committee", "uy-ban-nhan-dan-dien-bien")
OTHER = Audience("agency", "so-y-te-dien-bien")
PLACES = [None, "11"]
"""A form of the nation, which the office shares by its province's regulation, and one of the province."""


def known(province: str | None = "11", **item: object) -> Facts:
    form = replace(FORMS["t0111"], province=province)
    made = ItemFacts.of({**ITEM, **item})
    return replace(cleared(facts("t0111", item=made, forms={1: form})), released=PUBLISHED)


def answer(
    known: Facts,
    audience: Audience = AGENCY,
    purpose: str = "Báo cáo bình đẳng giới",
    **more: object,
) -> tuple[str, str]:
    one = replace(asked(audience=audience), purpose=purpose, **more)  # type: ignore[arg-type]
    data = to_avro(settled(known, one).events[0])
    return data["state"], data["message"]


@pytest.mark.parametrize("province", PLACES)
@pytest.mark.parametrize(
    "purpose",
    [
        "Báo cáo bình đẳng giới",
        "  báo CÁO\tbình  đẳng giới\n",
        unicodedata.normalize("NFD", "Báo cáo bình đẳng giới"),
        "hòa giải",
    ],
)
def test_a_purpose_of_the_item_is_that_in_whatever_case_and_spaces(
    purpose: str, province: str | None
) -> None:
    assert answer(known(province), purpose=purpose)[0] == "granted"


@pytest.mark.parametrize("province", PLACES)
@pytest.mark.parametrize(
    "purpose",
    [
        "Bán lại",
        "Báo cáo bình đẳng giới, và cho công ty của tôi",
        "Báo cáo",
        "Bao cao binh dang gioi",
        "Báo cáo bình đẳng giơi",
        "Bá\u043e cáo bình đẳng giới",
        "statistics",
        "*",
    ],
)
def test_another_purpose_waits_for_the_leadership_though_nobody_ticks_a_box(
    purpose: str, province: str | None
) -> None:
    waits = ("pending", "policy.private-interest")
    assert answer(known(province), purpose=purpose) == waits
    harmless = Judgement(True, T0, person="p-lanh-dao", reason="Không hại ai.")
    assert answer(known(province), purpose=purpose, judgement=harmless)[0] == "granted"
    harmful = replace(harmless, is_harmless=False)
    assert answer(known(province), purpose=purpose, judgement=harmful) == (
        "denied", "policy.harmful",
    )  # fmt: skip


@pytest.mark.parametrize("purposes", [None, [], [""]])
def test_where_no_purpose_was_agreed_each_waits(purposes: list[str] | None) -> None:
    for purpose in ("Báo cáo bình đẳng giới", "khác"):
        found = answer(known(purposes=purposes), purpose=purpose)
        assert found == ("pending", "policy.private-interest")


def test_a_purpose_of_the_item_opens_no_embargo_and_no_private_interest() -> None:
    assert answer(replace(known(), released=frozenset()))[0] == "pending"
    assert answer(known(), private_interest=True) == ("pending", "policy.private-interest")


@pytest.mark.parametrize("province", PLACES)
def test_recipients_can_be_named_organisations(province: str | None) -> None:
    one = known(province, recipients=[AGENCY.id])
    assert answer(one)[0] == "granted"
    assert answer(one, OTHER) == ("denied", "policy.third-party")
    both = known(province, recipients=[OTHER.id, "provincial_committee"])
    both = replace(both, standing=(COMMITTEE,))
    assert answer(both, OTHER)[0] == answer(both, COMMITTEE)[0] == "granted"
    assert answer(both) == ("denied", "policy.third-party")


def test_a_user_group_is_no_organisation_of_that_name() -> None:
    one = known(recipients=["c", AGENCY.id])
    assert answer(one, Audience("user_group", "c")) == ("denied", "policy.third-party")


def test_a_named_organisation_that_is_no_more_gets_nothing() -> None:
    """The named ones are taken with those in force: here it isn't among them any more."""
    one = known(recipients=[AGENCY.id])
    gone = replace(one, item=replace(one.item, named=frozenset()))
    assert answer(gone) == ("denied", "policy.third-party")


def test_an_organisation_is_not_called_as_a_kind_of_recipient() -> None:
    body = {"id": "agency", "name": {"vi": "x", "en": "x"}, "kind": "agency"}
    with pytest.raises(ModelError, match="kind of recipient"):
        Organisation.from_dict(body)


def test_the_starter_pack_says_what_may_be_asked_for() -> None:
    items = {one.id: one for one in load_items()}
    assert items["so-cuoc-ket-hon"].purposes
    body = items["so-cuoc-ket-hon"].to_dict() | {"recipients": ["agency", "so-noi-vu-dien-bien"]}
    assert Item.from_dict(body).organisations == ("so-noi-vu-dien-bien",)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 12, 31), "expired"),
        (date(2027, 1, 1), "in_force"),
        (date(2028, 1, 1), "expired"),
    ],
)
def test_an_agreement_is_in_force_from_its_first_day_to_its_last(today: date, state: str) -> None:
    agreement = {"number": "1/QC", "valid_from": "2027-01-01", "valid_to": "2027-12-31"}
    assert ItemFacts.of({"agreement": agreement}).agreement(today) == state

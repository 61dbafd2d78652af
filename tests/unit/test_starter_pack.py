"""The starter pack as data: who is there and since when, what is owed, what is offered."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.intake.handler import door
from services.intake.refusal import Code
from services.model.codelist import load_codelists
from services.model.enumerations import Regime
from services.model.form import shipped_forms
from services.model.item import Category, Item
from services.model.organisation import Organisation
from services.model.period import Frequency, Period
from services.model.report import ReportKind
from services.model.starter_pack import (
    load_items,
    load_organisations,
    load_reports,
    load_senders,
    starter_pack,
)
from services.model.text import ModelError
from services.policy.law.decide import decide
from services.policy.law.verdict import Verdict
from services.validation.checking.check import check
from services.validation.checks.supply import Supply
from services.validation.reading import statement
from services.validation.telling.template.plan import HEADER_ROW
from tests.unit.policy_cases import case, finding
from tests.unit.test_intake_handler import FACTS
from tests.unit.test_intake_statement import STATEMENT
from tests.unit.test_validation_template import blank, columns, opened
from tests.unit.workbooks import saved

FORMS = shipped_forms()
ITEMS = load_items()
ORGANISATIONS = {one.id: one for one in load_organisations()}
BANK = "ngan-hang-nha-nuoc-dien-bien"


def test_the_starter_pack_is_whole() -> None:
    entries = {(one.kind, one.id) for one in starter_pack()}
    assert ("form", "cv17809-1") in entries
    assert ("codelist", "VSIC2018") in entries
    for item in ITEMS:
        sender = ORGANISATIONS[item.responsible]
        assert FORMS[item.form].may_come_from(sender.to_dict())
        assert FORMS[item.form].regime == item.regime


def test_each_section_of_each_form_has_an_item_of_somebody_who_owes_it() -> None:
    for form in FORMS.values():
        kinds = {ORGANISATIONS[one.responsible].kind for one in ITEMS if one.form == form.id}
        for section in form.responsible:
            assert kinds & {*section.organisation_kinds}, (form.id, section.section.en)


def test_who_is_named_by_an_item_is_there_still() -> None:
    for item in ITEMS:
        named = (item.responsible, item.room, item.verifier, *item.organisations)
        assert all(ORGANISATIONS[one].valid_to is None for one in named if one)


def test_agencies_offer_each_category_without_a_signed_document_yet() -> None:
    offers = [one for one in ITEMS if one.regime == "sharing"]
    assert {one.category for one in offers} == {*Category}
    assert [one.id for one in offers if one.agreement] == []
    for offer in offers:
        assert ORGANISATIONS[offer.responsible].province == FORMS[offer.form].province == "11"
    pairs = Counter((one.responsible, one.form) for one in ITEMS)
    assert max(pairs.values()) == 1, "who sends which form is of one item"


OPEN_FORM = FORMS["thong-tin-chia-se"]
OFFERS = [one for one in ITEMS if one.form == OPEN_FORM.id]


@pytest.mark.parametrize("offer", OFFERS, ids=lambda one: one.id)
def test_what_is_offered_comes_in_by_its_item(offer: Item) -> None:
    sender = ORGANISATIONS[offer.responsible].to_dict()
    period = "2026-Q3" if offer.frequency is Frequency.QUARTER else "2026"
    stated = replace(
        STATEMENT, sender=offer.responsible, form=OPEN_FORM.id, area_list="34", area="11",
        period=period, regime=Regime.SHARING,
    )  # fmt: skip
    facts = replace(FACTS, organisation=sender, form=OPEN_FORM, item=offer.id)
    assert door(stated, facts) is None
    committee = ORGANISATIONS["uy-ban-nhan-dan-xa-na-son-dien-bien"].to_dict()
    refusal = door(stated, replace(facts, organisation=committee))
    assert refusal is not None and refusal.code is Code.OTHER_SENDERS_FORM

    book, sheet = opened(blank(OPEN_FORM.id))
    places = columns(OPEN_FORM, sheet)
    for column, value in {"indicator": "Số hộ", "unit": "hộ", "value": 12}.items():
        sheet.cell(HEADER_ROW + 3, places[column]).value = value
    (completeness, *_) = offer.completeness
    read = statement.Statement("34", "11", Period.parse(period), completeness)
    supply = Supply((offer.to_dict(),), sender["kind"], Regime.SHARING)
    checked = check(OPEN_FORM, saved(book), read, load_codelists(), supply=supply)
    assert checked.report.findings == ()
    assert checked.observations is not None


def test_what_is_shared_is_used_by_the_article_on_sharing_and_names_nobody() -> None:
    shared = decide(case(regime="sharing"))
    assert shared.verdict is Verdict.CLEARED
    (release,) = shared.releases
    assert ("dien-bien-1618-2021", "5", "2") in [
        (one.instrument, one.article, one.clause) for one in release.articles
    ]
    named = decide(case(regime="sharing", findings=(finding(),)))
    assert named.verdict is Verdict.WITHHELD


def test_the_office_has_its_five_rooms() -> None:
    rooms = [one for one in ORGANISATIONS.values() if one.kind == "room"]
    assert {one.parent for one in rooms} == {"thong-ke-dien-bien"}
    assert [one.name.vi for one in rooms] == [
        "Phòng Thu thập thông tin thống kê",
        "Phòng Thống kê kinh tế",
        "Phòng Thống kê xã hội",
        "Phòng Thống kê tổng hợp",
        "Phòng Tổ chức - Hành chính",
    ]


def of_kind(kind: str) -> list[Organisation]:
    return [one for one in ORGANISATIONS.values() if one.kind == kind]


def test_districts_ended_and_communes_and_wards_took_over() -> None:
    districts, communes = of_kind("district_committee"), of_kind("commune_committee")
    assert (len(districts), len(communes)) == (10, 45)
    assert {one.valid_to for one in districts} == {date(2025, 6, 30)}
    assert {one.valid_from for one in communes} == {date(2025, 7, 1)}
    taken_over = Counter(id_ for one in districts for id_ in one.replaced_by or ())
    assert taken_over.keys() == {one.id for one in communes}
    shared = {ORGANISATIONS[id_].name.vi for id_, count in taken_over.items() if count > 1}
    assert len(shared) == 8 and "Ủy ban nhân dân phường Mường Lay" in shared
    city = ORGANISATIONS["uy-ban-nhan-dan-thanh-pho-dien-bien-phu-dien-bien"]
    assert [ORGANISATIONS[one].name.vi for one in city.replaced_by or ()] == [
        "Ủy ban nhân dân phường Điện Biên Phủ",
        "Ủy ban nhân dân xã Nà Tấu",
        "Ủy ban nhân dân xã Mường Phăng",
        "Ủy ban nhân dân phường Mường Thanh",
    ]
    for one in (*districts, *communes):
        assert one.source.startswith("Quyết định 19/2025/QĐ-TTg, ")


def test_mass_bodies_may_share_and_owe_nothing() -> None:
    bodies = of_kind("mass_organisation")
    assert len(bodies) == 6
    forms = [one for one in FORMS.values() if one.may_come_from(bodies[0].to_dict())]
    assert {one.regime for one in forms} == {"sharing"}
    assert {one.id for one in bodies} <= {one.id for one in load_senders()}


def test_the_banks_branch_has_its_successor() -> None:
    before = ORGANISATIONS[BANK]
    assert before.replaced_by is not None and before.valid_to is not None
    after = ORGANISATIONS[before.replaced_by[0]]
    assert after.valid_from == before.valid_to + timedelta(days=1) == date(2025, 3, 1)
    assert [one.id for one in load_senders() if one.kind == after.kind] == [after.id]


def test_what_was_replaced_has_a_last_day_and_names_others() -> None:
    body = ORGANISATIONS[BANK].to_dict()
    assert Organisation.from_dict(body).to_dict() == body
    with pytest.raises(ModelError, match="valid_to is missing"):
        Organisation.from_dict({key: one for key, one in body.items() if key != "valid_to"})
    for wrong in ([BANK], ["x", "x"]):
        with pytest.raises(ModelError, match="names itself, or a body twice"):
            Organisation.from_dict(body | {"replaced_by": wrong})
    with pytest.raises(ModelError, match="replaced_by"):
        Organisation.from_dict(body | {"replaced_by": []})
    with pytest.raises(ModelError, match="valid_to is before valid_from"):
        Organisation.from_dict(body | {"valid_from": "2025-03-02"})
    with pytest.raises(ModelError, match="parent: names itself"):
        Organisation.from_dict(body | {"parent": BANK})


def test_the_office_owes_each_kind_that_the_articles_name_by_an_article() -> None:
    reports = load_reports()
    assert {one.kind for one in reports} == set(ReportKind)
    rooms = {one.id for one in of_kind("room")}
    for one in reports:
        assert one.responsible in rooms and {*one.recipients} <= rooms
        assert "Điều" in one.legal_basis.vi and "Article" in one.legal_basis.en
        assert one.deadlines == (), "no article names a day"


def test_rooms_owe_field_reports_to_the_synthesis_room_and_all_what_the_plan_says() -> None:
    fields = [one for one in load_reports() if one.kind is ReportKind.FIELD_REPORT]
    assert {one.recipients for one in fields} == {("phong-thong-ke-tong-hop-dien-bien",)}
    assert Counter((one.responsible, one.frequency) for one in fields) == {
        (f"phong-thong-ke-{room}-dien-bien", frequency): 1
        for room in ("kinh-te", "xa-hoi")
        for frequency in (Frequency.MONTH, Frequency.QUARTER, Frequency.YEAR)
    }
    planned = [one for one in load_reports() if one.kind is ReportKind.WORK_PLAN_REPORT]
    assert {one.responsible for one in planned} == {one.id for one in of_kind("room")}

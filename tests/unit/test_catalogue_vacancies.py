"""Where nobody is named who answers, of the starter pack and of what else may send (R29, R70)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.catalogue.people.person import Person
from services.catalogue.people.vacancies import Vacant, without_people
from services.kernel.auth import Role
from services.model.form import shipped_forms
from services.model.starter_pack import load_items, load_organisations, load_senders

FINANCE, UNION = "so-tai-chinh-dien-bien", "hoi-nong-dan-dien-bien"
ITEMS = {one.id: one.to_dict() for one in load_items()}
FORMS = {one.id: one.to_dict() for one in shipped_forms().values()}
BODIES = {one.id: one.to_dict() for one in load_organisations()}
ALIVE = {id_: one for id_, one in BODIES.items() if "valid_to" not in one}
CONTACT = Person("p", "P", FINANCE, (Role.AGENCY,))


def vacant(*people: Person, items: Any = ITEMS, forms: Any = FORMS, bodies: Any = ALIVE) -> Vacant:
    return without_people(items, forms, bodies, people)


def kinds(vacancies: Vacant) -> set[str]:
    return {str(BODIES[agency]["kind"]) for agency in vacancies.agencies}


def test_every_body_that_may_send_needs_a_contact_whether_an_item_names_it_or_not() -> None:
    missing = vacant().agencies
    assert set(missing) == {one.id for one in load_senders()}
    unnamed = {*missing} - {one["responsible"] for one in ITEMS.values()}
    assert {UNION, "so-noi-vu-dien-bien", "mat-tran-to-quoc-dien-bien"} <= unnamed
    assert "mass_organisation" in kinds(vacant())
    without_union = {id_: one for id_, one in ALIVE.items() if id_ != UNION}
    assert {*missing} - {*vacant(bodies=without_union).agencies} == {UNION}


def test_who_may_send_nothing_needs_none() -> None:
    others = {"room", "provincial_office", "national_office", "provincial_committee"}
    assert kinds(vacant()).isdisjoint(others | {"commune_committee"})
    elsewhere = {"x": {"kind": "justice_department", "province": "20"}}
    for form, expected in (("t0111", ("x",)), ("thong-tin-chia-se", ())):
        forms = {form: FORMS[form]}
        assert vacant(items={}, forms=forms, bodies=elsewhere).agencies == expected


def test_who_owes_an_item_needs_one_even_where_no_form_is_for_its_kind() -> None:
    owed = {"i": {"responsible": "x", "form": "f"}}
    assert vacant(items=owed, forms={}, bodies={}).agencies == ("x",)


def test_a_contact_fills_the_place_of_its_own_body_alone() -> None:
    assert FINANCE not in vacant(CONTACT).agencies
    assert FINANCE in vacant(replace(CONTACT, locked=True)).agencies
    assert FINANCE in vacant(replace(CONTACT, roles=(Role.AUDITOR,))).agencies
    assert UNION in vacant(CONTACT).agencies


def test_a_room_that_accepts_needs_a_head() -> None:
    rooms = vacant().rooms
    assert rooms == ("phong-thong-ke-kinh-te-dien-bien", "phong-thong-ke-xa-hoi-dien-bien")
    head = replace(CONTACT, head_of=(rooms[0],))
    assert vacant(head).rooms == (rooms[1],)
    assert vacant(replace(head, locked=True)).rooms == rooms

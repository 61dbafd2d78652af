"""Signed documents: their parties, signatories and file; what rests on them, and what is offered without one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from services import cli
from services.catalogue import reading, store
from services.catalogue.agreement_routes import AgreementView, OfferView
from services.catalogue.agreements import offers, resting
from services.catalogue.entry import Command, EntryKind, Refused, Version
from services.catalogue.handler import decide
from services.kernel.auth import Access, Principal, Role, Scope
from services.kernel.settings import settings
from services.model.item import Agreement, Category, Item
from services.model.messages import texts
from services.model.starter_pack import load_items
from services.model.text import ModelError
from tests.unit.test_catalogue_handler import ALL, NOW

OFFICE, FINANCE, JUSTICE = "thong-ke-dien-bien", "so-tai-chinh-dien-bien", "so-tu-phap-dien-bien"
TODAY = date(2026, 11, 30)
PACK = {one.id: one.to_dict() for one in load_items()}
SIGNED: dict[str, Any] = {
    "number": "05/TT-PH",
    "signed_on": "2026-01-05",
    "valid_from": "2026-01-05",
    "valid_to": "2026-11-30",
    "parties": [OFFICE, FINANCE],
    "signatories": [
        {"party": OFFICE, "name": "Lò Thị Mẫu", "post": "Trưởng Thống kê tỉnh"},
        {"party": FINANCE, "name": "Quàng Văn Mẫu", "post": "Giám đốc"},
    ],
    "file": {"name": "05-TT-PH.pdf", "sha256": "0f" * 32},
}
OLD: dict[str, Any] = {"number": "01/TT", "signed_on": "2019-02-01", "valid_from": "2019-02-01"}


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def of(items: dict[str, dict[str, Any]], **agreements: dict[str, Any]) -> dict[str, Any]:
    """The items, with these agreements; ids with _ for -."""
    by_id = {name.replace("_", "-"): agreement for name, agreement in agreements.items()}
    return {
        id_: body | {"agreement": by_id[id_]} if id_ in by_id else body
        for id_, body in items.items()
    }


def test_of_the_starter_pack_no_item_rests_on_a_document_yet() -> None:
    found = resting(PACK, TODAY)
    assert found.agreements == ()
    assert found.without == tuple(sorted(PACK)) and len(found.without) == 16


def test_which_items_rest_on_which_document() -> None:
    items = of(
        PACK, thu_ngan_sach_quy=SIGNED, chi_ngan_sach_quy=copy.deepcopy(SIGNED), so_cuoc_ket_hon=OLD
    )
    old, signed = resting(items, TODAY).agreements
    assert (old.agreement.number, old.items) == ("01/TT", ("so-cuoc-ket-hon",))
    assert signed.items == ("chi-ngan-sach-quy", "thu-ngan-sach-quy")
    assert len(resting(items, TODAY).without) == 13
    assert (old.agreement.lacking, signed.agreement.lacking) == (
        ("parties", "signatories", "file"),
        (),
    )
    assert [one.in_force for one in resting(items, TODAY).agreements] == [True, True]
    assert [one.in_force for one in resting(items, date(2026, 12, 1)).agreements] == [True, False]
    assert [one.in_force for one in resting(items, date(2026, 1, 4)).agreements] == [True, False]


def test_documents_of_one_number_that_say_different_things_are_two() -> None:
    other = SIGNED | {"valid_to": "2027-12-31"}
    found = resting(of(PACK, thu_ngan_sach_quy=SIGNED, chi_ngan_sach_quy=other), TODAY)
    assert [one.items for one in found.agreements] == [
        ("chi-ngan-sach-quy",),
        ("thu-ngan-sach-quy",),
    ]


def test_an_offer_is_open_until_a_document_commits_to_it() -> None:
    found = list(offers(PACK))
    assert [one.category for one in found] == list(Category)
    assert {one.agreement for one in found} == {None}
    (data,) = offers(PACK, Category.DATASET)
    assert (data.item, data.body["responsible"]) == (
        "chia-se-co-so-du-lieu",
        "bao-hiem-xa-hoi-dien-bien",
    )
    (firms,) = offers(of(PACK, danh_sach_doanh_nghiep=SIGNED), Category.ADMINISTRATIVE_RECORD)
    assert firms.agreement == "05/TT-PH"
    assert OfferView.of(firms).model_dump(mode="json") | {"name": 0, "content": 0, "supplied": 0} == {
        "item": "danh-sach-doanh-nghiep", "name": 0, "content": 0, "supplied": 0,
        "category": "administrative_record", "responsible": FINANCE, "form": "dn-list",
        "frequency": "year", "agreement": "05/TT-PH",
    }  # fmt: skip


def test_an_item_from_before_frequencies_and_categories_were_asked_for_is_an_offer_too() -> None:
    old = without(PACK["chia-se-co-so-du-lieu"], "frequency", "category")
    (offer,) = offers({"old": old})
    shown = OfferView.of(offer)
    assert (shown.item, shown.category, shown.frequency) == ("old", Category.OTHER, None)


def test_what_is_known_of_a_document_is_shown() -> None:
    (signed,) = resting(of(PACK, thu_ngan_sach_quy=SIGNED), TODAY).agreements
    shown = AgreementView.of(signed).model_dump(mode="json")
    assert shown == SIGNED | {"in_force": True, "lacking": [], "items": ["thu-ngan-sach-quy"]}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"parties": [OFFICE]}, "parties"),
        ({"parties": [OFFICE, OFFICE]}, "names one twice"),
        ({"signatories": SIGNED["signatories"][:1]}, f"each party signs.*{FINANCE}"),
        ({"parties": [OFFICE, FINANCE, JUSTICE]}, f"each party signs.*{JUSTICE}"),
        ({"parties": None}, "each party signs"),
        ({"file": {"name": "a.pdf", "sha256": "0F" * 32}}, "file.sha256"),
        ({"file": {"name": "a.pdf"}}, "file.sha256"),
        ({"signatories": [{"party": OFFICE, "name": "", "post": "x"}]}, "signatories.0.name"),
        ({"valid_to": "2026-01-04"}, "before valid_from"),
    ],
)
def test_a_document_that_can_not_be_so_is_refused(wrong: dict[str, Any], says: str) -> None:
    assert Agreement.from_dict(SIGNED).lacking == ()
    with pytest.raises(ModelError, match=says):
        Agreement.from_dict(SIGNED | wrong)


def test_who_supplies_an_item_is_a_party_of_its_document() -> None:
    body = PACK["thu-ngan-sach-quy"] | {"agreement": SIGNED}
    assert Item.from_dict(body).to_dict() == body
    with pytest.raises(ModelError, match=f"{JUSTICE} supplies it and is none"):
        Item.from_dict(body | {"responsible": JUSTICE})


def test_a_document_from_before_is_read_and_kept_as_it_was() -> None:
    body = PACK["so-cuoc-ket-hon"] | {"agreement": OLD}
    assert Item.from_dict(body).to_dict() == body


def test_the_parties_are_in_the_catalogue() -> None:
    strangers = without(SIGNED, "signatories") | {"parties": [FINANCE, "nobody"]}
    body = PACK["thu-ngan-sach-quy"] | {"agreement": strangers}
    with pytest.raises(Refused) as caught:
        decide(Command(EntryKind.ITEM, body["id"], body), ALL, 41, NOW)
    assert [(flaw.where, flaw.values["id"]) for flaw in caught.value.flaws] == [
        ("body.agreement.parties", "nobody")
    ]
    known = PACK["thu-ngan-sach-quy"] | {"agreement": SIGNED}
    assert decide(Command(EntryKind.ITEM, known["id"], known), ALL, 41, NOW) is not None


# -- what the commands say


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What catalogue answers, by path; and the parameters that it was asked with, of its last answer."""
    items = of(PACK, thu_ngan_sach_quy=SIGNED, so_cuoc_ket_hon=OLD)
    found = resting(items, TODAY)
    answers: dict[str, Any] = {
        "/v1/agreements": {
            "items": len(items),
            "resting": len(items) - len(found.without),
            "agreements": [
                AgreementView.of(one).model_dump(mode="json") for one in found.agreements
            ],
            "without": list(found.without),
        },
        "/v1/offers": [OfferView.of(one).model_dump(mode="json") for one in offers(items)],
    }

    def request(method: str, url: str, params: Any = None, **more: Any) -> httpx2.Response:
        assert (method, more["headers"]) == ("GET", {"Authorization": "Bearer operator-token"})
        answers["asked"] = params
        return httpx2.Response(200, json=answers[httpx2.URL(url).path])

    monkeypatch.setenv("SOLIEU_OPERATOR_TOKEN", "operator-token")
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr(httpx2, "request", request)
    settings.cache_clear()
    yield answers
    settings.cache_clear()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["catalogue", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_says_how_many_items_rest_on_a_document_and_which(
    answered: dict[str, Any],
) -> None:
    said = run("agreements")
    assert "2 of 16 items in force rest on a signed document." in said
    for shown in ("05/TT-PH", "Quàng Văn Mẫu", "0f" * 32, "so-cuoc-ket-hon", "not known"):
        assert shown in said
    assert "Without one: bao-hiem-xa-hoi-quy, chi-ngan-sach-quy" in said
    assert '"resting": 2' in run("agreements", "--json")


def test_the_command_says_so_where_none_does(answered: dict[str, Any]) -> None:
    answered["/v1/agreements"] |= {"resting": 0, "agreements": [], "without": sorted(PACK)}
    assert "0 of 16 items in force rest on a signed document." in run("agreements")


def test_the_command_finds_what_is_offered(answered: dict[str, Any]) -> None:
    said = run("offers")
    assert answered["asked"] is None
    for offer in answered["/v1/offers"]:
        assert offer["item"] in said and offer["responsible"] in said
    assert "open, nothing signed" in said
    run("offers", "--category", "dataset")
    assert answered["asked"] == {"category": "dataset"}
    for category in Category:
        assert texts(f"operators.offers.of.{category}").vi


def test_an_agencys_person_learns_of_no_other_agencys_documents_and_offers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    entries = [
        Version(EntryKind.ITEM, f"muc-{agency}", 1, 1, {"responsible": agency}, None, None, now)
        for agency in ("so-tai-chinh-dien-bien", "so-tu-phap-dien-bien")
    ]
    monkeypatch.setattr(store, "listed", lambda session, kind: entries)
    session: Any = None
    for role, scope, seen in ((Role.AGENCY, Scope.OWN, 1), (Role.AUDITOR, Scope.ALL, 2)):
        person = Principal("p", "so-tu-phap-dien-bien", frozenset({role}))
        found = reading.in_force(session, Access(person, frozenset({scope})), EntryKind.ITEM, now)
        assert len(found) == seen
        assert "muc-so-tu-phap-dien-bien" in found

"""A person's own key: proposed by its holder, good once a leader of the office confirms it, on a real database."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import OKPKey

from services.catalogue.own_keys import MOST
from tests.integration.test_people import AGENCY, Catalogue, catalogue, migrated
from tests.integration.test_second_person import decide, office, use
from tests.integration.test_second_person import waiting as waiting_for

__all__ = ["catalogue", "migrated", "office"]
pytestmark = pytest.mark.stack


def public(key: OKPKey) -> dict[str, str]:
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


@pytest.fixture
def key() -> OKPKey:
    return OKPKey.generate_key("Ed25519")


def added(office: Catalogue, id_: str, *roles: str) -> None:
    """A person of the agency, proposed by the administrator, confirmed by a leader, with the password of its link."""
    body = {"id": id_, "name": "Người Mẫu", "organisation": AGENCY, "roles": roles}
    answer = office.client.post("/v1/people", json=body, headers=office.header("p-quan-tri"))
    confirmed = decide(office, waiting_for(answer)).json()
    assert use(office, confirmed["link"]["token"]) == 204


@pytest.fixture
def head(office: Catalogue) -> Catalogue:
    """The office with a clerk and a signatory of an agency."""
    added(office, "p-dau-moi", "agency")
    added(office, "p-giam-doc", "agency", "signatory")
    return office


def propose(office: Catalogue, key: OKPKey, who: str = "p-giam-doc", **more: Any) -> Any:
    body = {"public_key": public(key)} | more
    return office.client.post("/v1/own-keys", json=body, headers=office.header(who))


def keys(office: Catalogue, who: str = "p-giam-doc") -> list[dict[str, Any]]:
    answer = office.client.get("/v1/own-keys", headers=office.header(who))
    found: list[dict[str, Any]] = answer.json()["keys"]
    return found


def waiting(office: Catalogue) -> list[dict[str, Any]]:
    answer = office.client.get("/v1/changes?state=proposed", headers=office.header("p-l1"))
    return [one for one in answer.json()["changes"] if one["what"] == "sender_key"]


def test_a_leader_confirms_it_and_sees_whose_it_is(head: Catalogue, key: OKPKey) -> None:
    assert propose(head, key).status_code == 202
    assert propose(head, key).status_code == 202, "the same wish again is one"
    (change,) = waiting(head)
    assert (change["proposed_by"], change["body"]["body"]["person"]) == ("p-giam-doc",) * 2
    assert change["body"]["body"]["sender"] == AGENCY
    assert [(one["id"], one["is_confirmed"]) for one in keys(head)] == [(key.thumbprint(), False)]
    assert decide(head, change["change_id"]).status_code == 200
    assert [(one["id"], one["is_confirmed"]) for one in keys(head)] == [(key.thumbprint(), True)]
    assert keys(head) == [one for one in keys(head) if not one["is_refused"]]
    assert propose(head, key).status_code == 202, "and changes nothing any more"
    assert waiting(head) == []


def test_one_that_was_refused_says_so(head: Catalogue, key: OKPKey) -> None:
    propose(head, key)
    (change,) = waiting(head)
    assert decide(head, change["change_id"], what="refusal").status_code == 200
    ((id_, is_refused),) = [(one["id"], one["is_refused"]) for one in keys(head)]
    assert (id_, is_refused) == (key.thumbprint(), True)


def test_nobody_else_proposes_or_confirms(head: Catalogue, key: OKPKey) -> None:
    for who in ("p-dau-moi", "p-quan-tri", "p-l1", "p-kinh-te"):
        assert propose(head, key, who).status_code == 403, who
    propose(head, key)
    (change,) = waiting(head)
    for who in ("p-giam-doc", "p-quan-tri"):
        assert decide(head, change["change_id"], who).status_code == 403, who
    decide(head, change["change_id"])
    office = head
    added(office, "p-khac", "signatory")
    assert propose(office, key, "p-khac").status_code == 409, "it is another's"
    assert keys(office, "p-khac") == []


def test_nobody_fills_the_list_of_what_waits_with_keys(head: Catalogue, key: OKPKey) -> None:
    for _ in range(MOST - 1):
        assert propose(head, OKPKey.generate_key("Ed25519")).status_code == 202
    assert propose(head, key).status_code == 202
    one_more = propose(head, OKPKey.generate_key("Ed25519"))
    assert one_more.status_code == 409
    assert one_more.json()["type"] == "urn:solieu:problem:too-many-keys"
    assert propose(head, key).status_code == 202, "the same again is none more"
    assert len(waiting(head)) == MOST
    decide(head, waiting(head)[0]["change_id"], what="refusal")
    assert propose(head, OKPKey.generate_key("Ed25519")).status_code == 202


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "OKP", "crv": "Ed25519"},
        {},
    ],
)
def test_what_is_no_key_is_refused(head: Catalogue, jwk: dict[str, str]) -> None:
    answer = head.client.post(
        "/v1/own-keys", json={"public_key": jwk}, headers=head.header("p-giam-doc")
    )
    assert answer.status_code == 422, answer.text


def test_before_there_is_a_leader_there_is_none(catalogue: Catalogue, key: OKPKey) -> None:
    catalogue.add("p-giam-doc", roles=["agency", "signatory"], rooms=[], organisation=AGENCY)
    answer = propose(catalogue, key)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:solieu:problem:not-founded"

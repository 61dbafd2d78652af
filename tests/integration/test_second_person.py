"""What takes two people, on a real database: an administrator alone at every door, links, sessions, the founding."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey
from sqlmodel import Session

from services.catalogue.people import founding
from services.catalogue.people.authority import FOUNDING
from services.catalogue.people.founding import Founded, NotFounded
from services.catalogue.people.person import Person
from services.kernel.auth import Role
from tests.integration.test_people import (
    ADMINISTRATOR,
    AGENCY,
    OFFICE,
    PASSWORD,
    ROOMS,
    Catalogue,
    bearer,
    catalogue,
    migrated,
    told_of,
)
from tests.running import state_of

__all__ = ["catalogue", "migrated"]
pytestmark = pytest.mark.stack

DAY = timedelta(days=1)
LEADERS = ("p-l1", "p-l2")
OTHERS = "một câu khác hẳn"


def persons(*ids: str) -> list[Person]:
    return [Person(id_, "Lãnh Đạo", OFFICE, (Role.LEADER,)) for id_ in ids]


def command(catalogue: Catalogue, *ids: str, works_already: bool = False) -> Founded:
    """As the command on the machine does it."""
    context: Any = state_of(catalogue.client).context
    now = catalogue.clock.now
    with Session(context.engine) as session, session.begin():
        return founding.found(
            session, context.outbox, persons(*ids), now, works_already=works_already
        )


def use(catalogue: Catalogue, token: str, password: str = PASSWORD) -> int:
    content = json.dumps({"token": token, "password": password})
    headers = {"Content-Type": "application/json"}
    answer = catalogue.client.post("/v1/passwords", content=content, headers=headers)
    return int(answer.status_code)


@pytest.fixture
def office(catalogue: Catalogue) -> Catalogue:
    """Founded: two leaders, an administrator, an officer."""
    catalogue.add()
    catalogue.add("p-quan-tri", roles=["administrator"], rooms=[])
    for link in command(catalogue, *LEADERS).links:
        assert use(catalogue, link.token) == 204
    return catalogue


def decide(office: Catalogue, change: str, who: str = "p-l1", what: str = "confirmation") -> Any:
    header = office.header(who)
    return office.client.post(f"/v1/changes/{change}/{what}", headers=header)


def waiting(answer: Any) -> str:
    assert answer.status_code == 202, answer.text
    return str(answer.json()["change"]["change_id"])


def test_an_administrator_alone_gives_nobody_a_right(office: Catalogue) -> None:
    client, header = office.client, office.header("p-quan-tri")
    deputy = [{"person": "p-quan-tri", "first": "2026-11-23", "last": "2026-11-24"}]
    officer = {"person": "p-kinh-te", "first": "2026-11-23", "last": "2026-11-24"}
    mine = "/v1/people/p-quan-tri"
    new = {"id": "p-moi", "name": "M", "organisation": OFFICE}
    wishes = [
        ("PATCH", mine, {"roles": ["administrator", "leader"]}),
        ("PATCH", mine, {"roles": ["officer"]}),
        ("PATCH", mine, {"rooms": [ROOMS[0]]}),
        ("PATCH", "/v1/people/p-kinh-te", {"rooms": list(ROOMS)}),
        ("PATCH", "/v1/people/p-l1", {"deputies": [officer]}),
        ("POST", "/v1/people", new | {"roles": ["leader"]}),
        ("POST", "/v1/people", new | {"roles": ["compiler", "auditor"]}),
        ("POST", "/v1/people", new | {"roles": ["administrator"]}),
        ("POST", "/v1/people/p-l1/reset", None),
        ("POST", "/v1/people/p-quan-tri/reset", None),
    ]
    before = client.get("/v1/people", headers=header).json()
    changes = [
        waiting(client.request(method, path, json=body, headers=who))
        for method, path, body in wishes
        for who in (header, ADMINISTRATOR)
    ]
    assert (
        client.patch("/v1/people/p-l1", json={"deputies": deputy}, headers=header).status_code
        == 422
    )
    for change in changes:
        for who in (header, ADMINISTRATOR):
            path = f"/v1/changes/{change}/confirmation"
            assert client.post(path, headers=who).status_code == 403
    known = client.post(
        "/v1/people", json=new | {"roles": ["leader"], "password": OTHERS}, headers=header
    )
    assert known.json()["type"].endswith("password-by-link")
    assert client.put(
        "/v1/people/p-l1/password", json={"password": OTHERS, "current": "x"}, headers=header
    ).status_code == 404  # fmt: skip
    assert client.get("/v1/people", headers=header).json() == before
    assert office.log_in("p-l1").status_code == 200


def test_a_lock_and_its_end_are_no_way_round(office: Catalogue) -> None:
    assert office.change(locked=True).status_code == 200
    waits = office.change(locked=False)
    assert office.log_in().status_code == 401
    assert decide(office, waiting(waits)).status_code == 200
    assert office.log_in().status_code == 200


def test_a_leader_confirms_and_hands_over_a_link_that_is_good_once(office: Catalogue) -> None:
    waits = waiting(office.add("p-moi", password=None, rooms=[ROOMS[1]]))
    assert waiting(office.add("p-moi", password=None, rooms=[ROOMS[1]])) == waits
    decided = decide(office, waits)
    link = decided.json()["link"]
    assert (decided.status_code, link["person"]) == (200, "p-moi")
    assert decided.headers["cache-control"] == "no-store"
    assert decide(office, waits, "p-l2").status_code == 409
    kept = office.execute("select hash from catalogue.links where person = 'p-moi'")
    assert link["token"] not in str(kept)
    assert use(office, link["token"], "ngắn") == 422
    with ThreadPoolExecutor(4) as pool:
        used = list(pool.map(lambda _: use(office, link["token"]), range(4)))
    assert sorted(used) == [204, 404, 404, 404]
    assert office.log_in("p-moi").status_code == 200
    assert use(office, link["token"], OTHERS) == 404
    assert office.log_in("p-moi").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "\ud800", "a" * 200])
def test_a_link_that_nobody_made_is_none(office: Catalogue, token: str) -> None:
    assert use(office, token) in (404, 422)


def test_who_made_somebody_without_rights_does_not_know_the_password_once_there_are_some(
    office: Catalogue,
) -> None:
    assert office.add("p-ngam", roles=["auditor"], rooms=[]).status_code == 201
    header = office.header("p-ngam")
    waits = waiting(office.change("p-ngam", roles=["auditor", "compiler"]))
    decided = decide(office, waits).json()
    assert decided["link"]["person"] == "p-ngam"
    assert office.log_in("p-ngam").status_code == 401
    assert office.renew(header).status_code == 401


def test_a_link_ends_after_a_day_and_with_the_next_one(office: Catalogue) -> None:
    first, second = (
        decide(office, waiting(office.client.post("/v1/people/p-kinh-te/reset", headers=ADMINISTRATOR)))
        .json()["link"]["token"]
        for _ in range(2)
    )  # fmt: skip
    assert office.log_in().status_code == 401
    assert use(office, first) == 404
    office.clock.now += DAY
    assert use(office, second) == 404


def test_a_leaders_password_is_reset_by_the_other_leader_alone(office: Catalogue) -> None:
    header = office.header("p-l1")
    waits = waiting(office.client.post("/v1/people/p-l1/reset", headers=ADMINISTRATOR))
    assert decide(office, waits, "p-l1").json()["type"].endswith("change-own")
    link = decide(office, waits, "p-l2").json()["link"]
    assert office.renew(header).status_code == 401
    assert use(office, link["token"]) == 204
    claims = office.claims(office.header("p-l1"))
    assert claims["raised_at"] == int(office.clock.now.timestamp())
    other = waiting(office.add("p-moi", password=None))
    assert decide(office, other, "p-l1").json()["type"].endswith("change-lately")
    office.clock.now += DAY
    assert decide(office, other, "p-l1").status_code == 200


def test_a_new_leader_confirms_nothing_for_a_day(office: Catalogue) -> None:
    made = decide(office, waiting(office.add("p-l3", password=None, roles=["leader"], rooms=[])))
    assert use(office, made.json()["link"]["token"]) == 204
    next_one = waiting(office.add("p-l4", password=None, roles=["leader"], rooms=[]))
    assert decide(office, next_one, "p-l3").status_code == 403
    office.clock.now += DAY
    assert decide(office, next_one, "p-l3").status_code == 200


def test_what_a_leader_refused_or_what_changed_meanwhile_is_not_done(office: Catalogue) -> None:
    waits = waiting(office.change(rooms=list(ROOMS)))
    other = waiting(office.change(roles=["officer", "compiler"]))
    assert decide(office, waits, "p-l2", "refusal").json()["state"] == "refused"
    assert decide(office, waits).status_code == 409
    assert office.change(name="Khác").status_code == 200
    stale = decide(office, other)
    assert stale.json()["type"].endswith("changed-meanwhile")
    shown = office.client.get("/v1/people/p-kinh-te", headers=ADMINISTRATOR).json()
    assert (shown["roles"], shown["rooms"]) == (["officer"], [ROOMS[0]])
    late = waiting(office.change(rooms=list(ROOMS)))
    office.clock.now += timedelta(days=7)
    assert decide(office, late).json()["type"].endswith("change-too-late")


def test_only_one_of_two_who_decide_at_once_does(office: Catalogue) -> None:
    waits = waiting(office.change(rooms=list(ROOMS)))
    headers = [office.header(one) for one in LEADERS]
    ways = [(what, who) for what in ("confirmation", "refusal") for who in headers]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(
            lambda one: office.client.post(f"/v1/changes/{waits}/{one[0]}", headers=one[1]), ways
        ))  # fmt: skip
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]


def key(sender: str = AGENCY) -> tuple[str, dict[str, Any]]:
    made = OKPKey.generate_key("Ed25519")
    public = dict(made.as_dict(private=False))
    return f"/v1/sender_key/{made.thumbprint()}", {"body": {"sender": sender, "public_key": public}}


def test_a_senders_key_takes_two_and_its_end_takes_one(office: Catalogue) -> None:
    path, body = key()
    put, get = office.client.put, office.client.get
    waits = waiting(put(path, json=body, headers=ADMINISTRATOR))
    assert get(path, headers=ADMINISTRATOR).status_code == 404
    assert decide(office, waits).status_code == 200
    registered = get(path, headers=ADMINISTRATOR).json()
    assert registered["body"]["sender"] == AGENCY
    assert put(path, json=body, headers=ADMINISTRATOR).status_code == 200
    ends = (office.clock.now + timedelta(hours=1)).isoformat()
    assert put(path, json=body | {"valid_to": ends}, headers=ADMINISTRATOR).status_code == 201
    later = (office.clock.now + timedelta(hours=2)).isoformat()
    assert put(path, json=body | {"valid_to": later}, headers=ADMINISTRATOR).status_code == 202
    told = [one for one in told_of(office) if one["what"] == "sender_key"]
    assert [(one["state"], one["author"], one["decided_by"]) for one in told] == [
        ("proposed", "token:administrator", None),
        ("done", "token:administrator", "p-l1"),
        ("proposed", "token:administrator", None),
    ]


def test_a_contact_address_takes_two_and_the_old_one_holds_until_then(office: Catalogue) -> None:
    path = f"/v1/organisation/{AGENCY}"
    body = {"id": AGENCY, "name": {"vi": "Sở", "en": "Dept"}, "kind": "ministry"}
    mail = [{"channel": "email", "address": "moi@example.vn"}]
    put = office.client.put
    assert put(path, json={"body": body}, headers=ADMINISTRATOR).status_code == 201
    waits = waiting(put(path, json={"body": body | {"contacts": mail}}, headers=ADMINISTRATOR))
    assert not office.client.get(path, headers=ADMINISTRATOR).json()["body"]["contacts"]
    assert [one["organisation"] for one in told_of(office) if one["what"] == "contact"] == [AGENCY]
    assert "example.vn" not in str(told_of(office))
    assert decide(office, waits).status_code == 200
    shown = office.client.get(path, headers=ADMINISTRATOR).json()["body"]
    assert shown["contacts"][0]["address"] == "moi@example.vn"


def test_before_the_founding_no_leader_comes_but_by_the_command(catalogue: Catalogue) -> None:
    catalogue.add()
    refused = [catalogue.add("p-x", roles=["leader"]), catalogue.change(roles=["leader"])]
    assert {one.status_code for one in refused} == {409}
    path, body = key()
    assert catalogue.client.put(path, json=body, headers=ADMINISTRATOR).status_code == 201
    reset = catalogue.client.post("/v1/people/p-kinh-te/reset", headers=ADMINISTRATOR)
    assert (reset.status_code, bool(reset.json()["link"])) == (201, True)
    told = told_of(catalogue)
    assert {one["founding"] for one in told} == {True}
    assert {one["what"] for one in told} == {"person", "password", "sender_key"}


def test_the_founding_makes_two_leaders_of_whom_nobody_knows_a_password(
    catalogue: Catalogue,
) -> None:
    catalogue.add("p-cu", roles=["auditor"], rooms=[])
    for ids in (("p-l1",), ("p-l1", "p-l1"), ("p-l1", "p-cu"), ("p-l1", "p-l2", "p-l3")):
        with pytest.raises(NotFounded):
            command(catalogue, *ids)
    made = command(catalogue, *LEADERS)
    assert [one.person for one in made.links] == list(LEADERS)
    assert catalogue.log_in("p-l1").status_code == 401
    told = [one for one in told_of(catalogue) if one["author"] == FOUNDING]
    assert [(one["what"], one["person"], one["roles"]) for one in told] == [
        ("person", "p-l1", ["leader"]), ("person", "p-l2", ["leader"]), ("founding", None, []),
    ]  # fmt: skip


def test_in_an_office_that_works_the_same_command_waits_a_day_and_a_leader_ends_it(
    office: Catalogue,
) -> None:
    first = command(office, "p-m1", "p-m2")
    assert first.links == () and first.waits
    office.clock.now += timedelta(hours=23)
    again = command(office, "p-m1", "p-m2", works_already=True)
    assert again.waits and again.waits.id == first.waits.id
    (told,) = [
        one for one in told_of(office) if one["what"] == "founding" and one["state"] == "proposed"
    ]
    assert told["author"] == FOUNDING and told["founding"]
    change = str(first.waits.id)
    assert decide(office, change).json()["type"].endswith("by-command")
    assert decide(office, change, "p-l2", "refusal").status_code == 200
    office.clock.now += DAY
    third = command(office, "p-m1", "p-m2")
    assert third.links == () and third.waits and third.waits.id != first.waits.id
    office.clock.now += DAY
    assert len(command(office, "p-m1", "p-m2").links) == 2


def test_a_logout_ends_renewals_and_acts_and_other_sessions_go_on(office: Catalogue) -> None:
    ended, other = office.header("p-l1"), office.header("p-l1")
    waits = waiting(office.change(rooms=list(ROOMS)))
    current = "/v1/sessions/current"
    assert office.client.get(current, headers=ended).status_code == 204
    assert office.client.delete(current, headers=ended).status_code == 204
    assert office.client.get(current, headers=ended).status_code == 401
    assert office.client.delete(current, headers=ADMINISTRATOR).status_code == 401
    assert office.renew(ended).status_code == 401
    path = f"/v1/changes/{waits}/confirmation"
    assert office.client.post(path, headers=ended).status_code == 401
    assert office.client.get("/v1/people", headers=ended).status_code == 200
    renewed = bearer(office.renew(other))
    assert office.claims(renewed)["sid"] == office.claims(other)["sid"]
    assert office.client.post(path, headers=renewed).status_code == 200


def test_who_is_locked_out_acts_no_more_at_once(office: Catalogue) -> None:
    header = office.header("p-l1")
    waits = waiting(office.change(rooms=list(ROOMS)))
    office.change("p-l1", locked=True)
    path = f"/v1/changes/{waits}/confirmation"
    assert office.client.post(path, headers=header).status_code == 401
    administrator = office.header("p-quan-tri")
    office.change("p-quan-tri", locked=True)
    wanted = {"name": "Khác"}
    answer = office.client.patch("/v1/people/p-kinh-te", json=wanted, headers=administrator)
    assert answer.status_code == 401


def test_nothing_of_a_change_that_failed_is_left(office: Catalogue) -> None:
    waits = waiting(office.add("p-moi", password=None))
    office.execute("delete from catalogue.entries where id = %s", ROOMS[0])
    assert decide(office, waits).status_code == 422
    assert office.client.get("/v1/people/p-moi", headers=ADMINISTRATOR).status_code == 404
    states = office.client.get("/v1/changes?state=proposed", headers=ADMINISTRATOR).json()
    assert [one["change_id"] for one in states["changes"]] == [waits]
    assert decide(office, str(uuid4())).status_code == 404

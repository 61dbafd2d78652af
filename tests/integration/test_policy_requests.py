"""What audiences ask policy for: who sees a request, what answers it, embargoes and the sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from deploy.feed import records
from deploy.local import Stack
from deploy.supervision import wait_until
from services.kernel.codec import codec
from services.policy.routes.sweep import sweep
from tests.integration.policy_parts import (
    AGENCY,
    AUDITOR,
    ECONOMY,
    LEADER,
    OPERATOR,
    OTHER_ROOM,
    PURPOSES,
    SOCIETY,
    WANTED,
    Policy,
    events,
    person,
    running,
)
from tests.unit.test_policy_requests import HEAD

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def policy(stack: Stack, module_database: str) -> Iterator[Policy]:
    with running(stack, module_database) as policy:
        yield policy


@pytest.mark.parametrize(
    "wrong",
    [
        {"indicator": "T9999"},
        {"indicator_list": "khong-co"},
        {"indicator_list": "cv17809-1/9", "indicator": "1"},
        {"indicator_list": f"cv17809-1/{'9' * 40}", "indicator": "1"},
        {"area": "999"},
        {"area_list": "khong-co"},
    ],
)
def test_what_nobody_can_ever_send_is_not_waited_for(policy: Policy, wrong: dict[str, str]) -> None:
    answer = policy.client.post("/v1/requests", json=WANTED | wrong, headers=AGENCY)
    assert (answer.status_code, answer.json()["type"].rsplit(":")[-1]) == (422, "no-figure")


def test_an_embargo_from_request_to_release(policy: Policy, stack: Stack) -> None:
    submission = str(uuid4())
    wanted = WANTED | {"completeness": "preliminary"}
    first = policy.client.post("/v1/requests", json=wanted, headers=AGENCY)
    assert (first.status_code, first.json()["message"]) == (201, "policy.absent")
    request = first.json()["request_id"]
    policy.comes(submission, **(HEAD | {"completeness": "preliminary"}))
    pending = policy.client.get(f"/v1/requests/{request}", headers=AGENCY).json()
    assert (pending["state"], pending["message"]) == ("pending", "policy.embargo")
    assert pending["submission_id"] == submission
    assert pending["articles"][0]["number"] == "89/2015/QH13"
    policy.publishes(completeness="preliminary")
    granted = policy.client.get(f"/v1/requests/{request}", headers=AGENCY).json()
    assert (granted["state"], granted["message"]) == ("granted", "policy.published")
    again = policy.client.post("/v1/requests", json=wanted, headers=AGENCY)
    assert (again.status_code, again.json()["request_id"]) == (200, request)
    policy.client.post("/v1/requests", json=WANTED | {"purpose": "khác"}, headers=AGENCY)
    found = [
        codec().decode("request.decided-value", one.value)
        for one in records(stack.kafka(), "request.decided")
    ]
    mine = [one for one in found if one["request_id"] == request]
    assert [(one["decision"], one["state"]) for one in mine] == [
        (1, "pending"), (2, "pending"), (3, "granted"),
    ]  # fmt: skip
    cleared = events(stack.kafka(), "submission.cleared", submission)
    assert [one["decision"] for one in cleared] == [1, 2]
    states = [{r["audience_kind"]: r["state"] for r in one["releases"]} for one in cleared]
    before_all = dict.fromkeys(("compilers", "national_office", "provincial_committee"), "granted")
    assert states == [before_all | {"agency": "pending"}, before_all | {"agency": "granted"}]


def test_who_may_read_before_publication_is_listed(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, **(HEAD | {"completeness": "preliminary"}))
    path = "/v1/pre-releases"
    wanted = {"audience": "cuc-thong-ke", "limit": "200"}
    for reader in (LEADER, AUDITOR):
        found = policy.client.get(path, params=wanted, headers=reader).json()["pre_releases"]
        (one,) = [one for one in found if one["submission_id"] == submission]
        assert (one["audience_kind"], one["attempt"]) == ("national_office", 1)
        assert one["form"] == HEAD["form"] and one["since"] and one["articles"]
    for nobody in (AGENCY, person()):
        assert policy.client.get(path, headers=nobody).status_code == 403


def test_who_sees_a_request(policy: Policy) -> None:
    mine = policy.client.post("/v1/requests", json=WANTED, headers=AGENCY).json()
    room = policy.client.post("/v1/requests", json=WANTED, headers=person()).json()
    assert (room["audience_kind"], room["audience_id"]) == ("room", ECONOMY)
    assert mine["request_id"] != room["request_id"]
    someone = person("p-y", organisation="so-tu-phap-dien-bien", roles=("agency",), rooms=())
    for headers, sees in (
        (AGENCY, {mine["request_id"]}),
        (person(), {room["request_id"]}),
        (someone, set()),
        (OTHER_ROOM, set()),
        (LEADER, {mine["request_id"], room["request_id"]}),
    ):
        listed = policy.client.get("/v1/requests", headers=headers, params={"limit": 200}).json()
        both = {mine["request_id"], room["request_id"]}
        assert {one["request_id"] for one in listed["requests"]} & both == sees
        for request in both:
            answer = policy.client.get(f"/v1/requests/{request}", headers=headers)
            assert answer.status_code == (200 if request in sees else 404)
    assert policy.client.post("/v1/requests", json=WANTED, headers=LEADER).status_code == 403


@pytest.mark.parametrize(
    ("changes", "headers", "code"),
    [
        ({"period": "soon"}, AGENCY, "no-period"),
        ({"room": SOCIETY}, person(), "no-audience"),
        ({"room": ECONOMY}, AGENCY, "no-audience"),
        ({}, person(rooms=(ECONOMY, SOCIETY)), "no-audience"),
        ({}, person(rooms=()), "no-audience"),
        ({"purpose": ""}, AGENCY, "malformed-request"),
        ({"completeness": "x"}, AGENCY, "malformed-request"),
    ],
)
def test_requests_that_are_refused(
    policy: Policy, changes: dict[str, Any], headers: dict[str, str], code: str
) -> None:
    answer = policy.client.post("/v1/requests", json=WANTED | changes, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:solieu:problem:{code}")


def test_an_officer_asks_for_a_user_group_and_others_do_not_see_it(policy: Policy) -> None:
    """R73: enterprises, media and schools have no login; the embargo holds for them as for all."""
    wanted = WANTED | {"purpose": "Nghiên cứu của trường đại học", "user_group": "c"}
    answer = policy.client.post("/v1/requests", json=wanted, headers=person())
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["audience_kind"], found["audience_id"]) == ("user_group", "c")
    where = f"/v1/requests/{found['request_id']}"
    assert policy.client.get(where, headers=person()).status_code == 200
    assert policy.client.get(where, headers=LEADER).status_code == 200
    assert policy.client.get(where, headers=OTHER_ROOM).status_code == 404
    assert policy.client.get(where, headers=AGENCY).status_code == 404
    assert policy.client.post("/v1/requests", json=wanted, headers=AGENCY).status_code == 422
    unknown = policy.client.post(
        "/v1/requests", json=wanted | {"user_group": "d"}, headers=person()
    )
    assert unknown.status_code == 422


def test_organisations_of_a_kind_of_their_own_ask_as_that(policy: Policy) -> None:
    committee = person("p-u", organisation="uy-ban-nhan-dan-dien-bien", roles=("agency",), rooms=())
    asked = policy.client.post("/v1/requests", json=WANTED, headers=committee).json()
    assert asked["audience_kind"] == "provincial_committee"


def test_what_an_agreement_let_go_ends_with_its_last_day(policy: Policy) -> None:
    """The compilers keep what they have, and nobody else reads it any more."""
    submission = str(uuid4())
    wanted = WANTED | {"period": "2022", "purpose": "Theo thỏa thuận"}
    request = policy.client.post("/v1/requests", json=wanted, headers=AGENCY).json()["request_id"]
    policy.comes(submission, **HEAD | {"period": "2022"})
    policy.publishes(period="2022")
    where = f"/v1/requests/{request}"
    assert policy.client.get(where, headers=AGENCY).json()["state"] == "granted"
    change = "update replica set body = body || %s where kind = %s and body ->> %s = 't0111'"
    agreement = {"number": "05/TT", "signed_on": "2025-01-02", "valid_from": "2025-01-02"}
    try:
        policy.execute(change, json.dumps({"province": "11"}), "form", "id")
        for last, state in (("2026-11-24", "granted"), ("2026-11-23", "denied")):
            body = json.dumps({"agreement": agreement | {"valid_to": last}})
            policy.execute(change, body, "item", "form")
            sweep(policy.context)
            shown = policy.client.get(where, headers=AGENCY).json()
            assert (shown["state"], policy.verdict(submission)) == (state, "cleared")
        assert shown["message"] == "policy.agreement-expired"
        assert sweep(policy.context).decided == 0, "once is enough"
    finally:
        policy.execute("update replica set body = body - 'province' where id = 't0111'")
        policy.execute("update replica set body = body - 'agreement' where kind = 'item'")


def test_the_sweep_decides_what_the_catalogue_learns_later(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, sender="so-moi", form="cv17809-2")
    assert policy.verdict(submission) == "held"
    assert policy.client.post("/v1/sweep", headers=OPERATOR).json()["decided"] == 0
    policy.execute(
        "insert into replica (kind, id, version, catalogue_version, body)"
        " values ('organisation', 'so-moi', 1, 999, '{}')"
    )
    found = policy.client.post("/v1/sweep", headers=OPERATOR).json()
    assert found["decided"] == 1
    assert found["looked_at"] >= 1
    assert policy.verdict(submission) == "cleared"
    assert policy.client.post("/v1/sweep", headers=person()).status_code == 403


def test_a_sweep_waits_for_the_one_that_is_under_way_and_then_looks_itself(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, sender="so-khac", form="cv17809-2")
    waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
    with psycopg.connect(policy.administrator_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute("select pg_advisory_xact_lock(hashtextextended('policy sweep', 0))")
        second = pool.submit(sweep, policy.context)
        wait_until(lambda: bool(policy.rows(waiting)), 30, "the second sweep waits")
        policy.execute(
            "insert into replica (kind, id, version, catalogue_version, body)"
            " values ('organisation', 'so-khac', 1, 999, '{}')"
        )
        other.commit()
        assert second.result().decided == 1
    assert policy.verdict(submission) == "cleared"


def test_many_sweeps_at_once_leave_connections_for_the_one_that_sweeps(policy: Policy) -> None:
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(sweep, [policy.context] * 12))


def test_the_sweep_answers_a_request_that_missed_its_figure(policy: Policy) -> None:
    wanted = WANTED | {"period": "2024", "purpose": "bị bỏ lỡ"}
    request = policy.client.post("/v1/requests", json=wanted, headers=AGENCY).json()["request_id"]
    hidden = "update requests set period_end = %s where request_id = %s"
    policy.execute(hidden, "1999-12-31", request)
    submission = str(uuid4())
    policy.comes(submission, **(HEAD | {"period": "2024"}))
    policy.execute(hidden, "2024-12-31", request)
    assert sweep(policy.context).decided == 1
    answer = policy.client.get(f"/v1/requests/{request}", headers=AGENCY).json()
    assert (answer["message"], answer["submission_id"]) == ("policy.embargo", submission)
    assert sweep(policy.context).decided == 0


@pytest.mark.parametrize("number", range(4))
def test_a_request_and_the_release_that_race_end_granted(policy: Policy, number: int) -> None:
    period = str(1990 + number)
    policy.comes(str(uuid4()), **(HEAD | {"period": period}))
    wanted = WANTED | {"period": period}
    with ThreadPoolExecutor(2) as pool:
        publishing = pool.submit(policy.publishes, period=period)
        asking = pool.submit(
            lambda: policy.client.post("/v1/requests", json=wanted, headers=AGENCY)
        )
        publishing.result()
        request = asking.result().json()["request_id"]
    answer = policy.client.get(f"/v1/requests/{request}", headers=AGENCY).json()
    assert answer["state"] == "granted"


def test_a_private_interest_waits_for_the_leadership(policy: Policy) -> None:
    """R21: who asks says so, somebody else judges it, and the answer follows by itself."""
    for kind in ("form", "item"):
        ((body,),) = policy.rows(
            "select body from replica where kind = %s and 't0111' in (id, body->>'form')", kind
        )
        own = body | ({"id": "p0111", "province": "11"} if kind == "form" else {"form": "p0111"})
        policy.execute(
            "insert into replica (kind, id, version, catalogue_version, body)"
            " values (%s, 'p0111', 1, 1, %s)",
            kind,
            json.dumps(own),
        )
    policy.comes(str(uuid4()), **(HEAD | {"form": "p0111", "period": "2023"}))
    policy.publishes(period="2023")
    wanted = WANTED | {"period": "2023", "private_interest": True, "purpose": "Luận văn"}
    asked = policy.client.post("/v1/requests", json=wanted, headers=AGENCY).json()
    assert (asked["state"], asked["message"]) == ("pending", "policy.private-interest")
    assert asked["articles"][0]["number"] == "1618/QĐ-UBND"
    path = f"/v1/requests/{asked['request_id']}/judgement"
    body = {"is_harmless": True, "reason": "Không ảnh hưởng đến ai.", "document": "46/TKĐB"}
    assert policy.client.post(path, json=body, headers=AGENCY).status_code == 403
    judged = policy.client.post(path, json=body, headers=LEADER)
    assert (judged.status_code, judged.json()["state"]) == (202, "granted")
    assert policy.client.post(path, json=body, headers=LEADER).status_code == 202
    other = policy.client.post(path, json=body | {"is_harmless": False}, headers=LEADER)
    assert (other.status_code, other.json()["type"]) == (409, "urn:solieu:problem:judged-before")
    second = policy.client.post(
        "/v1/requests", json=wanted | {"purpose": "Bán"}, headers=AGENCY
    ).json()
    refused = policy.client.post(
        f"/v1/requests/{second['request_id']}/judgement",
        json=body | {"is_harmless": False}, headers=LEADER,
    ).json()  # fmt: skip
    assert (refused["state"], refused["message"]) == ("denied", "policy.harmful")
    plain = policy.client.post(
        "/v1/requests", json=WANTED | {"period": "2023"}, headers=AGENCY
    ).json()
    path = f"/v1/requests/{plain['request_id']}/judgement"
    assert policy.client.post(path, json=body, headers=LEADER).status_code == 409
    unsaid = WANTED | {"period": "2023", "purpose": "Cho công ty của tôi"}
    asked = policy.client.post("/v1/requests", json=unsaid, headers=AGENCY).json()
    assert (asked["state"], asked["message"]) == ("pending", "policy.private-interest")
    path = f"/v1/requests/{asked['request_id']}/judgement"
    assert policy.client.post(path, json=body, headers=AGENCY).status_code == 403
    judged = policy.client.post(path, json=body, headers=LEADER)
    assert (judged.status_code, judged.json()["state"]) == (202, "granted")
    assert policy.client.post(path, json=body, headers=LEADER).status_code == 202


def test_a_named_organisation_reads_until_it_ends(policy: Policy) -> None:
    """R22: the item names it; once it is no more, the sweep takes back what it could read."""
    item = "update replica set body = body || %s where kind = 'item' and body->>'form' = 't0111'"
    mine, other = "so-noi-vu-dien-bien", "so-tai-chinh-dien-bien"
    ends = "update replica set body = body || %s where kind = 'organisation' and id = %s"
    policy.comes(str(uuid4()), **(HEAD | {"period": "2019"}))
    policy.publishes(period="2019")
    wanted = WANTED | {"period": "2019"}
    try:
        policy.execute(item, json.dumps({"recipients": [mine]}))
        asked = policy.client.post("/v1/requests", json=wanted, headers=AGENCY).json()
        assert asked["state"] == "granted", asked
        foreign = person("p-tai-chinh", organisation=other, roles=("agency",), rooms=())
        denied = policy.client.post("/v1/requests", json=wanted, headers=foreign).json()
        assert (denied["state"], denied["message"]) == ("denied", "policy.third-party")
        policy.execute(ends, json.dumps({"valid_to": "2026-11-24"}), mine)
        sweep(policy.context)
        where = f"/v1/requests/{asked['request_id']}"
        assert policy.client.get(where, headers=AGENCY).json()["state"] == "granted", "its last day"
        policy.execute(ends, json.dumps({"valid_to": "2026-11-23"}), mine)
        sweep(policy.context)
        now = policy.client.get(where, headers=AGENCY).json()
        assert (now["state"], now["message"]) == ("denied", "policy.third-party")
    finally:
        policy.execute(item, json.dumps({"recipients": None}))
        policy.execute(ends, json.dumps({"valid_to": None}), mine)


@pytest.mark.parametrize(
    ("dropped", "state", "message"),
    [
        ({"purposes": ["khác"]}, "pending", "policy.private-interest"),
        ({"recipients": ["room"]}, "denied", "policy.third-party"),
    ],
)
def test_an_answer_follows_the_item_that_it_rests_on(
    policy: Policy, dropped: dict[str, Any], state: str, message: str
) -> None:
    """R21, R22: the item is for another purpose, or for others, and again as before; the sweep decides anew."""
    item = "update replica set body = body || %s where kind = 'item' and body->>'form' = 't0111'"
    year = {"purposes": "2017", "recipients": "2016"}[next(iter(dropped))]
    policy.comes(str(uuid4()), **(HEAD | {"period": year}))
    policy.publishes(period=year)
    asked = policy.client.post("/v1/requests", json=WANTED | {"period": year}, headers=AGENCY)
    assert asked.json()["state"] == "granted", asked.text
    where = f"/v1/requests/{asked.json()['request_id']}"
    try:
        policy.execute(item, json.dumps(dropped))
        sweep(policy.context)
        now = policy.client.get(where, headers=AGENCY).json()
        assert (now["state"], now["message"]) == (state, message)
        assert sweep(policy.context).decided == 0
    finally:
        policy.execute(item, json.dumps({"recipients": None, "purposes": PURPOSES}))
    sweep(policy.context)
    assert policy.client.get(where, headers=AGENCY).json()["state"] == "granted", "as before"

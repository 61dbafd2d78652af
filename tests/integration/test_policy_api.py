"""Policy's API and its worker's transactions on a real database: who sees and decides what, races, the sweep."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import Session

from deploy import database
from deploy.feed import records
from deploy.local import Stack
from deploy.supervision import wait_until
from services.kernel import trials
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.errors import Permanent
from services.kernel.events import Event
from services.kernel.migration import configuration, migrate
from services.kernel.settings import Settings
from services.kernel.stage import ObjectStage
from services.model.catalogue import starter_pack
from services.policy import worker
from services.policy.api import create_app
from services.policy.law.policies import FOLDER
from services.policy.routes.sweep import sweep
from tests import people
from tests.logins import login
from tests.running import state_of
from tests.unit.policy_cases import cells
from tests.unit.test_policy_handler import CLEAN, validated
from tests.unit.test_policy_incidents import returned
from tests.unit.test_policy_requests import HEAD, released

pytestmark = pytest.mark.stack
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
ECONOMY = "phong-thong-ke-kinh-te-dien-bien"
SOCIETY = "phong-thong-ke-xa-hoi-dien-bien"
FIGURE = {
    "indicator_list": "dp",
    "indicator": "T0111",
    "area_list": "34",
    "area": "11",
    "period": "2025",
    "completeness": "official",
}
WANTED = FIGURE | {"purpose": "Báo cáo bình đẳng giới", "basis": "1618/QĐ-UBND Điều 4"}
PURPOSES = [
    *("Báo cáo bình đẳng giới", "Nghiên cứu của trường đại học", "Theo thỏa thuận", "bị bỏ lỡ"),
    *("Rút lại", "khác"),
]
"""What the marriages may be asked for without a judgement."""
ACCEPT = {"outcome": "release", "reason": "Đã đối chiếu với văn bản gốc."}


@dataclass
class Policy:
    """The service: its API, and what its worker does with an event."""

    client: TestClient
    url: str
    administrator_url: str

    @property
    def context(self) -> Any:
        return state_of(self.client).context

    def happens(
        self, event: Event, stage: ObjectStage = worker.STAGE, content: bytes = CLEAN
    ) -> None:
        """One event in one transaction, as the runner has it; its outputs go by the outbox here."""
        with Session(self.context.engine) as session, session.begin():
            facts = stage.load(session, event)
            outcome = stage.handle(event, facts, {"cells": content})
            self.context.outbox.write(session, outcome, event.id)

    def comes(self, submission: str, attempt: int = 1, **changes: Any) -> None:
        """A validated attempt."""
        event = validated(attempt, **{"submission_id": submission, **changes})
        self.happens(replace(event, key=submission, subject=submission, time=NOW))

    def publishes(self, **changes: Any) -> None:
        """The act that ends an embargo."""
        self.happens(released(**changes), worker.RELEASED)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, values).fetchall()

    def execute(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement, values)

    def puts(self, name: str) -> None:
        """The key of an object, which others put: policy opens and never adds."""
        with psycopg.connect(self.administrator_url, autocommit=True) as connection:
            connection.execute("insert into vault.keys (name, wrapped) values (%s, 'x')", [name])

    def verdict(self, submission: str, attempt: int = 1) -> str:
        statement = "select verdict from attempts where submission_id = %s and attempt = %s"
        ((verdict,),) = self.rows(statement, submission, attempt)
        return str(verdict)


@pytest.fixture(scope="module")
def policy(stack: Stack, module_database: str) -> Iterator[Policy]:
    password = stack.state.passwords["policy"]
    migrate(module_database, {"policy": password})
    name = module_database.rpartition("/")[2]
    url = database.url("policy", password, stack.state.ports["postgres"], name)
    config = Settings(
        database_url=url, **login(stack.kafka("policy")), operator_token=SecretStr("operator")
    )
    # These tests sweep themselves, and count what that decided.
    app = create_app(config, lambda: NOW, sweep_seconds=86_400)
    app.state.keys = people.keys
    with psycopg.connect(url, autocommit=True) as connection:
        for number, entry in enumerate(starter_pack(), 1):
            more = {"purposes": PURPOSES} if entry.body.get("form") == "t0111" else {}
            values = (entry.kind, entry.id, entry.version, number, json.dumps(entry.body | more))
            connection.execute(
                "insert into replica (kind, id, version, catalogue_version, body)"
                " values (%s, %s, %s, %s, %s)",
                values,
            )
    with TestClient(app) as client:
        yield Policy(client, url, module_database)


def person(id_: str = "p-kinh-te", **changes: Any) -> dict[str, str]:
    who = {"organisation": "thong-ke-dien-bien", "roles": ("officer",), "rooms": (ECONOMY,)}
    return people.headers(id_, **{**who, **changes}, now=NOW)


LEADER = person("p-lanh-dao", roles=("leader",), rooms=())
AUDITOR = person("p-kiem-tra", roles=("auditor",), rooms=())
OTHER_ROOM = person("p-xa-hoi", rooms=(SOCIETY,))
AGENCY = person("p-so-noi-vu", organisation="so-noi-vu-dien-bien", roles=("agency",), rooms=())
OPERATOR = {"Authorization": "Bearer operator"}


def path(submission: str, attempt: int = 1, ending: str = "") -> str:
    return f"/v1/reviews/{submission}/{attempt}{ending}"


def decide(policy: Policy, submission: str, headers: dict[str, str], **changes: Any) -> Any:
    where = path(submission, changes.pop("attempt", 1), "/decisions")
    return policy.client.post(where, json=ACCEPT | changes, headers=headers)


def events(cluster: Cluster, topic: str, submission: str) -> list[dict[str, Any]]:
    decoded = (codec().decode(f"{topic}-value", one.value) for one in records(cluster, topic))
    return [one for one in decoded if one["submission_id"] == submission]


def test_a_held_attempt_is_in_the_queue_of_its_room_alone(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, warnings=1)
    for headers, seen in (
        (person(), True),
        (LEADER, True),
        (AUDITOR, True),
        (OPERATOR, True),
        (OTHER_ROOM, False),
        (person(rooms=()), False),
    ):
        queue = policy.client.get("/v1/reviews", headers=headers, params={"limit": 200}).json()
        assert (submission in [one["submission_id"] for one in queue["reviews"]]) is seen
        assert policy.client.get(path(submission), headers=headers).status_code == (
            200 if seen else 404
        )
    shown = policy.client.get(path(submission), headers=person()).json()
    assert (shown["room"], shown["reviewers"], shown["verdict"]) == (ECONOMY, 1, "held")
    assert shown["reasons"][0]["text"]["vi"].startswith("Phòng nghiệp vụ")
    assert shown["due"] == "2026-11-26T10:00:00Z"
    shown = policy.client.get(f"/v1/reviews/{submission}/1", headers=person()).json()
    assert shown["findings"] == f"/v1/submissions/{submission}/findings?attempt=1"
    assert policy.client.get("/v1/reviews", headers=AGENCY).status_code == 403
    assert policy.client.get("/v1/reviews").status_code == 401


def test_the_room_accepts_and_it_is_published(policy: Policy, stack: Stack) -> None:
    submission = str(uuid4())
    policy.comes(submission, warnings=1)
    assert decide(policy, submission, OTHER_ROOM).status_code == 404
    assert decide(policy, submission, AUDITOR).status_code == 403
    own = person("p-x", organisation="so-tai-chinh-dien-bien")
    assert decide(policy, submission, own).status_code == 403
    answer = decide(policy, submission, person(), document="12/TB-TKĐB")
    assert answer.status_code == 202
    assert (answer.json()["verdict"], answer.json()["agreed"]) == ("cleared", 1)
    assert [one["person"] for one in answer.json()["acts"]] == ["p-kinh-te"]
    (reviewed,) = events(stack.kafka(), "review.decided", submission)
    assert (reviewed["kind"], reviewed["person"], reviewed["decision"]) == (
        "acceptance", "p-kinh-te", 1,
    )  # fmt: skip
    (cleared,) = events(stack.kafka(), "submission.cleared", submission)
    assert cleared["decision"] == 2
    again = decide(policy, submission, person(), document="12/TB-TKĐB")
    assert again.status_code == 202
    assert len(events(stack.kafka(), "review.decided", submission)) == 1
    refused = decide(policy, submission, LEADER)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:solieu:problem:not-held")


def test_a_deputy_leaves_its_trace(policy: Policy, stack: Stack) -> None:
    submission = str(uuid4())
    policy.comes(submission, warnings=1)
    deputy = person("p-xa-hoi", rooms=(SOCIETY,), lent={ECONOMY: "p-kinh-te"})
    (act,) = decide(policy, submission, deputy).json()["acts"]
    assert (act["person"], act["on_behalf"]) == ("p-xa-hoi", "p-kinh-te")
    (reviewed,) = events(stack.kafka(), "review.decided", submission)
    assert (reviewed["person"], reviewed["on_behalf"]) == ("p-xa-hoi", "p-kinh-te")


def test_who_decides_by_its_own_right_is_nobody_s_deputy(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, warnings=1)
    leader = person(
        "p-lanh-dao", roles=("leader", "officer"), rooms=(), lent={ECONOMY: "p-kinh-te"}
    )
    (act,) = decide(policy, submission, leader).json()["acts"]
    assert act["on_behalf"] is None


def test_four_eyes(policy: Policy, stack: Stack) -> None:
    submission = str(uuid4())
    policy.comes(submission, rule_set="")
    assert decide(policy, submission, person()).json()["verdict"] == "held"
    refused = decide(policy, submission, person(), outcome="withhold")
    assert refused.json()["type"] == "urn:solieu:problem:reviewed-before"
    assert decide(policy, submission, LEADER).json()["verdict"] == "cleared"
    steps = [one["step"] for one in events(stack.kafka(), "review.decided", submission)]
    assert sorted(steps) == [1, 2]


def test_a_room_can_keep_it_from_use(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, warnings=1)
    answer = decide(policy, submission, person(), outcome="withhold", reason="Sai đơn vị.")
    assert answer.json()["verdict"] == "withheld"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "release"},
        {"outcome": "accept", "reason": "x"},
        {"outcome": "release", "reason": "  "},
        {"outcome": "release", "reason": "a\x00b"},
        {"outcome": "release", "reason": "x" * 1001},
        {"outcome": "release", "reason": "x", "more": 1},
    ],
)
def test_malformed_decisions_are_told(policy: Policy, body: dict[str, Any]) -> None:
    submission = str(uuid4())
    policy.comes(submission, warnings=1)
    answer = policy.client.post(path(submission, ending="/decisions"), json=body, headers=person())
    assert answer.status_code == 422
    half = b'{"outcome": "release", "reason": "\\ud800"}'
    headers = person() | {"content-type": "application/json"}
    where = path(submission, ending="/decisions")
    assert policy.client.post(where, content=half, headers=headers).status_code == 422
    assert policy.verdict(submission) == "held"


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


@pytest.mark.parametrize("seed", range(6))
def test_racing_holds_and_releases_leave_nothing_held(policy: Policy, seed: int) -> None:
    submission, rng = str(uuid4()), random.Random(seed)
    attempts = list(range(1, 7))
    people_ = [person(f"p-{one}") for one in "abc"]

    def arrive(attempt: int) -> None:
        try:
            policy.comes(submission, attempt, warnings=attempt % 2, rule_set="0" * 64)
        except Permanent:
            raise AssertionError("no attempt comes twice") from None

    def review(number: int) -> None:
        headers, attempt = people_[number % 3], 1 + number % 6
        decide(policy, submission, headers, attempt=attempt)

    tasks: list[tuple[Any, int]] = [(arrive, one) for one in attempts]
    tasks += [(review, one) for one in range(12)]
    rng.shuffle(tasks)
    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(task, number) for task, number in tasks]:
            future.result()
    ((current, last),) = policy.rows(
        "select current_attempt, last_decision from submissions where submission_id = %s",
        submission,
    )
    assert current == 6
    rows = policy.rows("select attempt, verdict from attempts where submission_id = %s", submission)
    assert dict(rows) == {one: "superseded" for one in range(1, 6)} | {6: "cleared"}
    decisions = policy.rows(
        "select decision from decisions where submission_id = %s order by 1", submission
    )
    assert [one for (one,) in decisions] == list(range(1, last + 1))
    assert sweep(policy.context).decided == 0


def test_two_reviewers_at_once_are_two_steps(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, rule_set="")
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda one: decide(policy, submission, person(f"p-{one}")), range(4))
        )
    assert sorted(one.status_code for one in answers) == [202, 202, 409, 409]
    assert policy.verdict(submission) == "cleared"
    steps = policy.rows("select step from acts where submission_id = %s order by 1", submission)
    assert [one for (one,) in steps] == [1, 2]


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


def test_what_was_decided_before_these_tables_is_taken_over(
    stack: Stack, fresh_database: str
) -> None:
    password = stack.state.passwords["policy"]
    migrate(fresh_database, {"policy": password})
    submission = uuid4()
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute(
            "drop table policy.attempts, policy.acts, policy.requests, policy.released,"
            " policy.incidents, policy.pre_releases, policy.withdrawals, policy.consents, policy.erasures,"
            " policy.returned;"
            " drop function policy.erase, policy.erase_ordered"
        )
        connection.execute("update policy.alembic_version set version_num = '0001'")
        connection.execute("insert into policy.submissions values (%s, 2, null)", [submission])
        for decision, verdict in ((1, "held"), (2, "withheld")):
            connection.execute(
                "insert into policy.decisions values (%s, %s, 1, %s, '[]', '[]', '{}', %s, now())",
                [submission, decision, verdict, UUID(int=decision)],
            )
        command.upgrade(configuration(fresh_database, "policy"), "head")
        rows = connection.execute("select verdict, decision from policy.attempts").fetchall()
    assert rows == [("withheld", 2)]


SECRET = cells([["TỐI MẬT"], ["Chỉ tiêu", "Quý III"], ["Tổng thu", "100"]])


def quarantined(policy: Policy, submission: str) -> str:
    """A marked attempt with three objects in the vault; the incident's id."""
    for kind in ("original", "cells", "observations"):
        for attempt in (1, 2):
            policy.puts(f"{submission}/{attempt}/{kind}/{'0' * 64}")
    event = validated(1, SECRET, submission_id=submission)
    event = replace(event, key=submission, subject=submission, time=NOW)
    policy.happens(event, content=SECRET)
    ((incident,),) = policy.rows(
        "select incident_id from incidents where submission_id = %s", submission
    )
    return str(incident)


def test_what_bears_a_marking_of_secrecy_is_destroyed_with_its_decision(policy: Policy) -> None:
    submission = str(uuid4())
    quarantined(policy, submission)
    assert policy.verdict(submission) == "withheld"
    left = policy.rows("select name from vault.keys where name like %s", f"{submission}/%")
    assert len(left) == 3
    assert all(name.startswith(f"{submission}/2/") for (name,) in left)
    assert policy.rows("select erased from incidents where submission_id = %s", submission) == [
        (3,)
    ]


def test_keys_are_deleted_by_an_incident_alone(policy: Policy, module_database: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        policy.execute("delete from vault.keys")
    with (
        psycopg.connect(module_database) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("set role grdp")
        connection.execute("select vault.erase(gen_random_uuid(), 1)")


def test_a_person_ends_an_incident_once(policy: Policy) -> None:
    incident = quarantined(policy, str(uuid4()))
    path = f"/v1/incidents/{incident}/closing"
    body = {"outcome": "met_by_secrecy_channel", "reason": "Đã nhận bản giấy.", "document": "45/TK"}
    theirs = person("p-x", rooms=(SOCIETY,))
    assert policy.client.post(path, json=body, headers=theirs).status_code == 404
    assert policy.client.post(path, json=body, headers=AGENCY).status_code == 403
    waiting = policy.client.get("/v1/incidents?open=true", headers=person()).json()["incidents"]
    assert incident in [one["incident_id"] for one in waiting]
    answer = policy.client.post(path, json=body, headers=person())
    assert (answer.status_code, answer.json()["outcome"]) == (202, body["outcome"])
    assert policy.client.post(path, json=body, headers=person()).status_code == 202
    other = policy.client.post(path, json=body | {"outcome": "unfounded"}, headers=person())
    assert (other.status_code, other.json()["type"]) == (409, "urn:solieu:problem:closed-before")
    waiting = policy.client.get("/v1/incidents?open=true", headers=person()).json()["incidents"]
    assert incident not in [one["incident_id"] for one in waiting]
    published = policy.rows("select count(*) from outbox where topic = 'incident.closed'")
    assert published == [(1,)]


def test_why_and_what_would_change_it(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, classification="state_secret")
    path = f"/v1/submissions/{submission}/explanation"
    found = policy.client.get(path, headers=person()).json()
    assert (found["recorded"], found["verdict"]) == ("withheld", "withheld")
    assert [one["facts"] for one in found["changes"]] == [["public"]]
    assert found["changes"][0]["text"]["vi"].startswith("nếu ")
    assert found["reasons"][0]["number"] == "117/2025/QH15"
    assert policy.client.get(path, headers=person("p-x", rooms=(SOCIETY,))).status_code == 404
    assert policy.client.get(path, headers=AGENCY).status_code == 403
    unknown = f"/v1/submissions/{uuid4()}/explanation"
    assert policy.client.get(unknown, headers=OPERATOR).status_code == 404
    locked = policy.rows("select count(*) from submissions where submission_id = %s", submission)
    assert locked == [(1,)]


def take_back(policy: Policy, submission: str, headers: dict[str, str], **changes: Any) -> Any:
    body = {"attempt": 1, "reason": "Gửi nhầm.", **changes}
    return policy.client.post(
        f"/v1/submissions/{submission}/withdrawal", json=body, headers=headers
    )


def test_who_takes_a_submission_back_and_what_becomes_of_requests(
    policy: Policy, stack: Stack
) -> None:
    submission = str(uuid4())
    policy.comes(submission)
    sender = person(
        "p-so-tai-chinh", organisation="so-tai-chinh-dien-bien", roles=("agency",), rooms=()
    )
    assert take_back(policy, submission, AUDITOR).status_code == 403
    assert take_back(policy, submission, AGENCY).status_code == 404, "another agency's"
    assert take_back(policy, submission, OTHER_ROOM).status_code == 404
    assert take_back(policy, submission, sender, attempt=2).status_code == 404
    assert take_back(policy, submission, LEADER).json()["type"].endswith(":no-letter")
    answer = take_back(policy, submission, sender)
    assert answer.status_code == 202, answer.text
    assert answer.json()["withdrawn_at"].startswith("2026-11-24T02:00:00")
    assert take_back(policy, submission, sender).json() == answer.json()
    assert take_back(policy, submission, sender, reason="Khác.").status_code == 409
    assert policy.verdict(submission) == "withdrawn"
    (event,) = events(stack.kafka(), "submission.withdrawn", submission)
    assert (event["attempt"], event["figures"]) == (1, 94)
    policy.comes(submission, 2)
    assert policy.verdict(submission, 2) == "cleared"


NAMES = cells(
    [["Tên doanh nghiệp", "Địa chỉ", "Lao động"], ["Công ty TNHH Mường Thanh", "Tổ 3", "31"]]
)
SENDER = person(
    "p-so-tai-chinh", organisation="so-tai-chinh-dien-bien", roles=("agency",), rooms=()
)


def consent(policy: Policy, headers: dict[str, str] = SENDER, **changes: Any) -> Any:
    given = {
        "sender": "so-tai-chinh-dien-bien",
        "form": "cv17809-1",
        "identifiers": ["person_name", "organisation_name", "address", "household"],
        "audiences": ["compilers"],
        "purposes": ["statistics"],
        "valid_from": "2026-11-01",
        "document": f"15/STC {uuid4()}",
        **changes,
    }
    return policy.client.post("/v1/consents", json=given, headers=headers)


def names(policy: Policy, submission: str, period: str) -> None:
    """A submission that names firms, sent by commitment and not as a duty."""
    event = validated(content=NAMES, submission_id=submission, regime="sharing", period=period)
    event = replace(event, key=submission, subject=submission, time=NOW)
    policy.happens(event, content=NAMES)


def withdrawn(policy: Policy, id_: str, headers: dict[str, str] = SENDER) -> Any:
    body = {"reason": "Một hộ rút lại.", "document": None}
    return policy.client.post(f"/v1/consents/{id_}/withdrawal", json=body, headers=headers)


def test_names_are_used_by_consent_until_it_is_withdrawn(policy: Policy, stack: Stack) -> None:
    without, by = str(uuid4()), str(uuid4())
    names(policy, without, "2030-Q1")
    assert policy.verdict(without) == "withheld"
    assert consent(policy, AUDITOR).status_code == 403
    assert consent(policy, AGENCY).json()["type"].endswith(":no-consent"), "another agency's form"
    assert consent(policy, period="quý 1").json()["type"].endswith(":no-period")
    assert consent(policy, form="khong-co").json()["type"].endswith(":no-form")
    for last in ("2026-10-01", "2026-11-23"):  # before its first day; yesterday
        assert consent(policy, valid_to=last).json()["type"].endswith(":consent-never")
    document = f"16/STC {uuid4()}"
    given = consent(policy, period="2030-Q1", document=document)
    assert given.status_code == 201, given.text
    assert consent(policy, period="2030-Q1", document=document).json() == given.json()
    id_ = given.json()["consent_id"]
    names(policy, by, "2030-Q1")
    assert policy.verdict(by) == "cleared"
    assert withdrawn(policy, id_, AGENCY).status_code == 404
    assert withdrawn(policy, id_).status_code == 202
    assert policy.verdict(by) == "withdrawn"
    assert withdrawn(policy, id_).status_code == 202, "the same words again"
    assert withdrawn(policy, id_, LEADER).json()["type"].endswith(":consent-ended")
    again = consent(policy, period="2030-Q1", document=document)
    assert (again.status_code, again.json()["type"]) == (409, "urn:solieu:problem:consent-again")
    (event,) = events(stack.kafka(), "submission.withdrawn", by)
    assert event["person"] == "p-so-tai-chinh"
    listed = policy.client.get("/v1/consents", headers=LEADER).json()["consents"]
    (shown,) = [one for one in listed if one["consent_id"] == id_]
    assert shown["withdrawn_reason"] == "Một hộ rút lại."
    assert policy.client.get("/v1/consents", headers=AGENCY).json()["consents"] == []


def test_what_a_consent_let_go_ends_with_its_last_day(policy: Policy) -> None:
    id_ = consent(policy, period="2030-Q2").json()["consent_id"]
    submission = str(uuid4())
    names(policy, submission, "2030-Q2")
    sweep(policy.context)
    assert policy.verdict(submission) == "cleared"
    policy.execute("update consents set valid_to = '2026-11-23' where consent_id = %s", id_)
    sweep(policy.context)
    assert policy.verdict(submission) == "withdrawn"
    assert policy.rows("select expired_at from consents where consent_id = %s", id_) == [(NOW,)]


@pytest.mark.parametrize("number", range(3))
def test_whatever_is_decided_while_a_consent_is_withdrawn_is_not_cleared(
    policy: Policy, number: int
) -> None:
    period = f"{2031 + number}-Q1"
    id_ = consent(policy, period=period).json()["consent_id"]
    submissions = [str(uuid4()) for _ in range(6)]
    with ThreadPoolExecutor(8) as pool:
        comes = [pool.submit(names, policy, one, period) for one in submissions]
        gone = pool.submit(withdrawn, policy, id_)
    assert gone.result().status_code == 202
    assert [one.result() for one in comes] == [None] * 6
    assert {policy.verdict(one) for one in submissions} <= {"withheld", "withdrawn"}


def test_a_request_waits_for_another_submission_once_its_own_is_taken_back(policy: Policy) -> None:
    asked = policy.client.post(
        "/v1/requests", json=WANTED | {"purpose": "Rút lại"}, headers=AGENCY
    ).json()
    submission = str(uuid4())
    policy.comes(submission, **HEAD)
    policy.publishes()
    read = policy.client.get(f"/v1/requests/{asked['request_id']}", headers=AGENCY).json()
    assert (read["state"], read["submission_id"]) == ("granted", submission)
    assert take_back(policy, submission, LEADER, document="12/SNV").status_code == 202
    read = policy.client.get(f"/v1/requests/{asked['request_id']}", headers=AGENCY).json()
    assert (read["state"], read["submission_id"]) == ("pending", None)
    assert sweep(policy.context).looked_at >= 0


def test_two_people_erase_what_nobody_may_read_any_more(policy: Policy, stack: Stack) -> None:
    submission = str(uuid4())
    second = person("p-lanh-dao-2", roles=("leader",), rooms=())
    policy.comes(submission)
    for kind in ("original", "cells"):
        policy.puts(f"{submission}/1/{kind}/{'0' * 64}")
    where = f"/v1/submissions/{submission}/erasure"
    body = {"attempt": 1, "reason": "Chủ thể dữ liệu yêu cầu.", "document": "51/QĐ-TK"}
    assert policy.client.post(where, json=body, headers=person()).status_code == 403
    used = policy.client.post(where, json=body, headers=LEADER)
    assert (used.status_code, used.json()["type"]) == (409, "urn:solieu:problem:still-used")
    assert take_back(policy, submission, LEADER, document="1/STC").status_code == 202
    order = policy.client.post(where, json=body, headers=LEADER)
    assert (order.status_code, order.json()["erased"]) == (202, None)
    assert policy.client.post(where, json=body, headers=LEADER).json() == order.json()
    confirmation = f"/v1/erasures/{order.json()['erasure_id']}/confirmation"
    alone = policy.client.post(confirmation, headers=LEADER)
    assert (alone.status_code, alone.json()["type"]) == (403, "urn:solieu:problem:second-person")
    keys = "select count(*) from vault.keys where starts_with(name, %s)"
    assert policy.rows(keys, submission) == [(2,)], "one person erases nothing"
    answer = policy.client.post(confirmation, headers=second)
    assert (answer.status_code, answer.json()["erased"]) == (202, 2), answer.text
    assert policy.rows(keys, submission) == [(0,)]
    assert policy.client.post(confirmation, headers=second).json() == answer.json()
    (event,) = events(stack.kafka(), "erasure.done", submission)
    assert (event["ordered_by"], event["confirmed_by"]) == ("p-lanh-dao", "p-lanh-dao-2")
    with pytest.raises(psycopg.errors.CheckViolation):
        policy.execute("update erasures set confirmed_by = ordered_by")
    listed = policy.client.get("/v1/erasures", headers=AUDITOR).json()["erasures"]
    assert listed == [answer.json()]


def test_two_people_erase_what_was_sent_back(policy: Policy) -> None:
    submission = str(uuid4())
    second = person("p-lanh-dao-2", roles=("leader",), rooms=())
    where = f"/v1/submissions/{submission}/erasure"
    body = {"attempt": 1, "reason": "Có tên người.", "document": "52/QĐ-TK"}
    assert policy.client.post(where, json=body, headers=LEADER).status_code == 404
    event = returned(CLEAN)
    event = replace(event, data={**event.data, "submission_id": submission, "attempt": 1})
    policy.happens(replace(event, key=submission, subject=submission), worker.RETURNED)
    name = f"{submission}/1/original/{'0' * 64}"
    policy.puts(name)
    with ThreadPoolExecutor(4) as pool:
        orders = list(
            pool.map(lambda _: policy.client.post(where, json=body, headers=LEADER), range(4))
        )
    assert {one.status_code for one in orders} == {202}
    confirmation = f"/v1/erasures/{orders[0].json()['erasure_id']}/confirmation"
    assert policy.client.post(confirmation, headers=LEADER).status_code == 403
    answer = policy.client.post(confirmation, headers=second)
    assert (answer.status_code, answer.json()["erased"]) == (202, 1), answer.text


def test_the_law_can_be_read_by_everybody(policy: Policy) -> None:
    law = policy.client.get("/v1/regulations/dien-bien-1618-2021", headers=AGENCY).json()
    ban = next(one for one in law["articles"] if (one["article"], one["clause"]) == ("6", "1"))
    assert ban["policies"] == ["dien-bien-1618-2021.6.1", "dien-bien-1618-2021.6.1.marked"]
    assert policy.client.get("/v1/regulations/x", headers=AGENCY).status_code == 404
    cells = policy.client.get("/v1/matrix?province=11", headers=AGENCY).json()["cells"]
    marked = next(one for one in cells if one["information"] == "marked")
    assert (marked["verdict"], marked["articles"][0]["number"]) == ("withheld", "1618/QĐ-UBND")
    listed = policy.client.get("/v1/regulations", headers=AGENCY).json()["regulations"]
    assert [one["province"] for one in listed][:2] == ["11", "20"]
    assert "dien-bien-1618-2021" in {one["id"] for one in listed}
    absent = policy.client.get("/v1/regulations/khong-co", headers=AGENCY)
    assert (absent.status_code, absent.json()["type"]) == (404, "urn:solieu:problem:no-regulation")


def test_changed_policies_are_tried_over_all_that_was_decided(policy: Policy) -> None:
    submission = str(uuid4())
    policy.comes(submission, classification="internal")
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cedar*")}
    same = policy.client.post("/v1/policies/trials", json={"files": files}, headers=OPERATOR)
    end = json.loads(same.text.splitlines()[-1])
    assert (end["kind"], end["flipped"]) == ("end", 0)
    assert end["tried"] >= 1
    files["national.cedar"] = files["national.cedar"].replace(
        'resource.classification == "state_secret"', 'resource.classification != "public"'
    )
    lines = policy.client.post("/v1/policies/trials", json={"files": files}, headers=OPERATOR).text
    flips = [json.loads(line) for line in lines.splitlines()]
    mine = next(one for one in flips if one.get("submission_id") == submission)
    assert (mine["now"], mine["then"]) == ("cleared", "withheld")
    assert policy.verdict(submission) == "cleared"
    files["national.cedar"] = "permit ("
    bad = policy.client.post("/v1/policies/trials", json={"files": files}, headers=OPERATOR)
    assert (bad.status_code, bad.json()["type"]) == (422, "urn:solieu:problem:bad-policies")
    assert "national.cedar" in bad.json()["where"]


def test_a_trial_of_policies_is_told_and_is_for_those_who_may_have_decisions_explained(
    policy: Policy, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PER_HOUR", 3)
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.cedar*")}
    wanted: dict[str, Any] = {"json": {"files": files, "since": "2026-11-01"}}
    for role in ("administrator", "auditor", "officer", "compiler", "agency"):
        refused = policy.client.post(
            "/v1/policies/trials", headers=person(f"p-{role}", roles=(role,)), **wanted
        )
        assert refused.status_code == 403, role
    id_ = f"p-{uuid4()}"
    policy.comes(str(uuid4()))
    leader = person(id_, roles=("leader",), rooms=())
    answer = policy.client.post("/v1/policies/trials", headers=leader, **wanted)
    topic = "policies.tried"
    decoded = (codec().decode(f"{topic}-value", one.value) for one in records(stack.kafka(), topic))
    (told,) = (one for one in decoded if one["person"] == id_)
    assert told["since"] == "2026-11-01"
    assert told["attempts"] == json.loads(answer.text.splitlines()[-1])["tried"] >= 1
    broken = files | {"national.cedar": "permit ("}
    for _ in range(3):  # what can't be tried takes no turn
        policy.client.post("/v1/policies/trials", headers=leader, json={"files": broken})
    assert policy.client.post("/v1/policies/trials", headers=leader, **wanted).status_code == 200
    assert policy.client.post("/v1/policies/trials", headers=leader, **wanted).status_code == 200
    assert policy.client.post("/v1/policies/trials", headers=leader, **wanted).status_code == 429


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


def test_the_explanation_of_what_was_granted_says_so(policy: Policy) -> None:
    id_ = str(uuid4())
    policy.comes(id_, **(HEAD | {"period": "2015"}))
    where = f"/v1/submissions/{id_}/explanation"
    audience = {"audience": "agency:so-noi-vu-dien-bien"}
    wanted = WANTED | {"period": "2015"}
    for state, verdict in (("pending", "held"), ("granted", "cleared")):
        asked = policy.client.post("/v1/requests", json=wanted, headers=AGENCY).json()
        assert asked["state"] == state
        explained = policy.client.get(where, params=audience, headers=LEADER).json()
        assert explained["verdict"] == verdict, explained
        policy.publishes(period="2015")

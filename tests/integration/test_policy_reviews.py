"""What waits for a person: who sees it, who decides, races; and what bears markings of secrecy."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command

from deploy.local import Stack
from services.kernel.errors import Permanent
from services.kernel.events import Event
from services.kernel.migration import configuration, migrate
from services.policy import worker
from services.policy.routes.sweep import sweep
from tests.integration.policy_parts import (
    AGENCY,
    AUDITOR,
    ECONOMY,
    LEADER,
    NOW,
    OPERATOR,
    OTHER_ROOM,
    SOCIETY,
    Policy,
    events,
    path,
    person,
    running,
)
from tests.said import said
from tests.unit.policy_cases import cells
from tests.unit.test_policy_handler import validated

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def policy(stack: Stack, module_database: str) -> Iterator[Policy]:
    with running(stack, module_database) as policy:
        yield policy


ACCEPT = {"outcome": "release", "reason": "Đã đối chiếu với văn bản gốc."}


def decide(policy: Policy, submission: str, headers: dict[str, str], **changes: Any) -> Any:
    where = path(submission, changes.pop("attempt", 1), "/decisions")
    return policy.client.post(where, json=ACCEPT | changes, headers=headers)


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
        {"outcome": "release", "reason": "x" * 2001},
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
            " policy.returned, policy.closings;"
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


def test_what_comes_first_after_its_duty_closed_waits_for_the_room(policy: Policy) -> None:
    owed = {
        "duty_id": str(uuid4()), "item": "thu-ngan-sach-quy", "form": "cv17809-1", "area_list": "63", "area": "11",
        "period": "2026-Q2", "completeness": "official", "round": 1, "supplier": "so-tai-chinh-dien-bien",
        "section": "", "told_at": NOW,
    }  # fmt: skip

    def closes(at: datetime | None, **changes: str) -> None:
        told = owed | {"closing_id": str(uuid4()), "closes_at": at} | changes
        data = said("obligation.closing", told)
        event = Event(uuid4(), data.TOPIC, str(told["duty_id"]), data, NOW, "x", "catalogue")
        policy.happens(event, worker.CLOSING)

    def verdict(**changes: Any) -> str:
        submission = str(uuid4())
        about = {"period": "2026-04-01/P3M", "completeness": "official"}
        policy.comes(submission, received_at=NOW, **about | changes)
        return policy.verdict(submission)

    assert verdict() == "cleared"
    closes(NOW - timedelta(hours=1))
    assert verdict() == "held"
    assert verdict(area_list="34") == "held", "of the province that it became"
    for other in ({"completeness": "estimate"}, {"round": 2}, {"period": "2026-Q1"}):
        assert verdict(**other) == "cleared", other
    closes(NOW + timedelta(hours=1))
    assert verdict() == "cleared", "it was given more time"
    closes(NOW - timedelta(hours=1), section="B")
    assert verdict(sections="A") == "cleared"
    assert verdict(sections="A,B") == "held"
    closes(None)
    assert verdict() == "cleared"


def test_a_correction_of_what_was_returned_in_time_is_no_first_delivery(policy: Policy) -> None:
    submission, closed = str(uuid4()), NOW - timedelta(hours=1)
    told = {
        "closing_id": str(uuid4()), "duty_id": str(uuid4()), "item": "thu-ngan-sach-quy", "form": "cv17809-1",
        "area_list": "63", "area": "11", "period": "2026-Q1", "completeness": "preliminary", "round": 1,
        "supplier": "so-tai-chinh-dien-bien", "section": "", "closes_at": closed,
        "told_at": NOW,
    }  # fmt: skip
    data = said("obligation.closing", told)
    event = Event(uuid4(), data.TOPIC, str(told["duty_id"]), data, NOW, "x", "catalogue")
    policy.happens(event, worker.CLOSING)
    about = {"period": "2026-Q1", "submission_id": submission}
    earlier = closed - timedelta(days=1)
    sent_back = said("submission.returned", about, attempt=1, received_at=earlier)
    came = Event(uuid4(), sent_back.TOPIC, submission, sent_back, NOW, submission, "validation")
    policy.happens(came, worker.RETURNED)
    policy.comes(submission, 2, period="2026-Q1", received_at=NOW)
    assert policy.verdict(submission, 2) == "cleared"

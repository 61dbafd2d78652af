"""What is taken back: by its sender, with a consent, by an order to erase."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from deploy.local import Stack
from services.policy import worker
from services.policy.routes.sweep import sweep
from tests.integration.policy_parts import (
    AGENCY,
    AUDITOR,
    LEADER,
    NOW,
    OTHER_ROOM,
    WANTED,
    Policy,
    events,
    person,
    running,
)
from tests.unit.policy_cases import cells
from tests.unit.test_policy_handler import CLEAN, validated
from tests.unit.test_policy_incidents import returned
from tests.unit.test_policy_requests import HEAD

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def policy(stack: Stack, module_database: str) -> Iterator[Policy]:
    with running(stack, module_database) as policy:
        yield policy


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


def test_consents_are_listed_page_by_page_within_what_somebody_reaches(policy: Policy) -> None:
    given = {consent(policy, period=str(year)).json()["consent_id"] for year in (2041, 2042, 2043)}

    def listed(headers: dict[str, str], offset: int) -> list[str]:
        query: dict[str, str | int] = {"form": "cv17809-1", "limit": 2, "offset": offset}
        found = policy.client.get("/v1/consents", params=query, headers=headers).json()["consents"]
        return [one["consent_id"] for one in found]

    for headers in (SENDER, LEADER, person()):
        pages = [listed(headers, offset) for offset in range(0, 20, 2)]
        ids = [id_ for page in pages for id_ in page]
        assert max(map(len, pages)) == 2
        assert len(ids) == len(set(ids)) and given <= set(ids)
    for headers in (AGENCY, OTHER_ROOM):
        assert listed(headers, 0) == []


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
    head = replace(event.data.head, submission_id=submission, attempt=1)
    event = replace(event, data=replace(event.data, head=head))
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


def test_the_same_words_six_times_at_once_are_one_act_and_one_event(policy: Policy) -> None:
    """A client that retries before its first answer comes must cause nothing twice, and hear the same each time."""
    submission, document = str(uuid4()), f"15/STC {uuid4()}"
    policy.comes(submission)

    def one_answer(ask: Callable[[], Any]) -> dict[str, Any]:
        written = "select count(*) from outbox"
        ((before,),) = policy.rows(written)
        with ThreadPoolExecutor(6) as pool:
            answers = [one.result() for one in [pool.submit(ask) for _ in range(6)]]
        assert {one.status_code for one in answers} <= {201, 202}, answers[0].text
        bodies = [one.json() for one in answers]
        assert bodies == [bodies[0]] * 6
        assert policy.rows(written) == [(before + 1,)]
        return dict(bodies[0])

    one_answer(lambda: take_back(policy, submission, SENDER))
    given = one_answer(lambda: consent(policy, document=document))
    ended = one_answer(lambda: withdrawn(policy, given["consent_id"]))
    assert ended["withdrawn_by"] == "p-so-tai-chinh"

"""Figures in doubt: who asks, who verifies, who is told, on a real database and the real broker."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.feed import records
from deploy.local import Stack
from tests.integration.test_validation_api import (
    AGENCY,
    LEADER,
    MINISTRY,
    OTHER_ROOM,
    Validation,
    events,
    person,
    validation,
)

__all__ = ["validation"]
pytestmark = pytest.mark.stack

COLLECTION = "phong-thu-thap-thong-tin-dien-bien"
OFFICER = person()
COLLECTOR = person("p-thu-thap", rooms=(COLLECTION,))
COMPILER = person("p-bien-soan", roles=("compiler",), rooms=())
AUDITOR = person("p-kiem-tra", roles=("auditor",), rooms=())
QUESTION: dict[str, Any] = {"question": "Tăng 40 % so với năm trước.", "cells": ["C9"]}
FOUND = {"result": "wrong", "text": "Cộng hai lần khoản 17.3.", "document": "7/TKĐB-TT"}


@pytest.fixture
def submission(validation: Validation) -> str:
    id_ = str(uuid4())
    validation.comes(id_)
    return id_


def ask(
    validation: Validation, submission: str, headers: dict[str, str] = OFFICER, **changes: Any
) -> Any:
    where = f"/v1/submissions/{submission}/verifications"
    return validation.client.post(where, json=QUESTION | changes, headers=headers)


def asked(validation: Validation, submission: str, **changes: Any) -> str:
    answer = ask(validation, submission, **changes)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["verification_id"])


def find(
    validation: Validation, id_: str, headers: dict[str, str] = COLLECTOR, **changes: Any
) -> Any:
    where = f"/v1/verifications/{id_}/answers"
    return validation.client.post(where, json=FOUND | changes, headers=headers)


def listed(validation: Validation, headers: dict[str, str], **wanted: str) -> list[dict[str, Any]]:
    answer = validation.client.get("/v1/verifications", params=wanted, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["verifications"]
    return found


def test_the_verifying_room_opens_what_it_must_verify_and_decides_nothing_about_it(
    validation: Validation, submission: str
) -> None:
    where = f"/v1/submissions/{submission}/findings"
    found = validation.client.get(where, headers=COLLECTOR)
    assert found.status_code == 200
    body = {"decision": "downgraded", "reason": "Đúng chú thích.", "document": "12/TKĐB-TH"}
    (error,) = [one for one in found.json()["findings"] if one["severity"] == "error"]
    decision = f"{where}/{error['id']}/decisions"
    assert validation.client.post(decision, json=body, headers=COLLECTOR).status_code == 404
    assert validation.client.get(where, headers=OTHER_ROOM).status_code == 404


def test_auditors_see_who_asked_and_answered_and_no_words_that_hold_values(
    validation: Validation, submission: str
) -> None:
    id_ = asked(validation, submission)
    assert find(validation, id_).status_code == 202
    (seen,) = listed(validation, AUDITOR, submission=submission)
    assert (seen["asked_by"], seen["answered_by"], seen["state"]) == (
        "p-kinh-te", "p-thu-thap", "wrong",
    )  # fmt: skip
    assert (seen["question"], seen["text"]) == ("", None)
    assert seen["question_sha256"] == hashlib.sha256(QUESTION["question"].encode()).hexdigest()
    assert seen["text_sha256"] == hashlib.sha256(FOUND["text"].encode()).hexdigest()


@pytest.mark.parametrize(
    ("roles", "rooms", "reads"),
    [(("auditor", "operator"), (), False), (("auditor", "agency"), (COLLECTION,), False),
     (("auditor", "officer"), ("phong-khac",), False), (("auditor", "officer"), (COLLECTION,), True),
     (("auditor", "compiler"), (), True)],
)  # fmt: skip
def test_an_auditor_reads_the_words_only_where_another_role_of_the_person_does(
    validation: Validation,
    submission: str,
    roles: tuple[str, ...],
    rooms: tuple[str, ...],
    reads: bool,
) -> None:
    asked(validation, submission)
    (seen,) = listed(
        validation, person("p-hai-vai", roles=roles, rooms=rooms), submission=submission
    )
    assert seen["question"] == (QUESTION["question"] if reads else "")


def test_the_sender_reads_what_was_found_wrong(validation: Validation, submission: str) -> None:
    sender = person("p-so", organisation=MINISTRY, roles=("agency",), rooms=())

    def corrections() -> list[tuple[str, list[str]]]:
        where = f"/v1/submissions/{submission}/findings"
        answer = validation.client.get(where, headers=sender)
        return [(one["reason"], one["cells"]) for one in answer.json()["corrections"]]

    id_ = asked(validation, submission)
    assert corrections() == [], "what is only doubted asks nothing of its sender yet"
    find(validation, id_)
    assert corrections() == [("verified", ["C9"])]
    other = asked(validation, submission, cells=["C10"])
    find(validation, other, result="method")
    assert corrections() == [("verified", ["C9"])]


def test_a_room_asks_and_the_collecting_room_says_what_it_found(
    validation: Validation, submission: str, stack: Stack
) -> None:
    id_ = asked(validation, submission)
    assert asked(validation, submission) == id_, "the same words are the same question"
    (waiting,) = listed(validation, COLLECTOR, submission=submission, state="open")
    assert (waiting["state"], waiting["question"], waiting["cells"]) == (
        "asked", QUESTION["question"], ["C9"],
    )  # fmt: skip
    assert (waiting["verifier"], waiting["asked_by"]) == (COLLECTION, "p-kinh-te")
    for _ in range(2):  # the second time: the reply got lost
        answer = find(validation, id_)
        assert (answer.status_code, answer.json()["state"]) == (202, "wrong")
    assert listed(validation, OFFICER, submission=submission, state="open") == []
    (done,) = listed(validation, OFFICER, submission=submission, state="answered")
    assert (done["text"], done["document"], done["answered_by"]) == (
        FOUND["text"], FOUND["document"], "p-thu-thap",
    )  # fmt: skip
    told = events(stack.kafka(), "verification.changed", submission)
    assert [(one["state"], one["person"], one["role"]) for one in told] == [
        ("asked", "p-kinh-te", "officer"), ("wrong", "p-thu-thap", "officer"),
    ]  # fmt: skip
    assert {one["verification_id"] for one in told} == {id_}
    ids = [dict(one.headers)["ce_id"] for one in records(stack.kafka(), "verification.changed")]
    assert len(set(ids)) == len(ids), (
        "whoever reads them takes a second one of the same id for a forgery"
    )
    assert told[1]["text"] == hashlib.sha256(FOUND["text"].encode()).hexdigest()
    assert not any(words in str(told) for words in ("40 %", "Cộng hai lần"))


@pytest.mark.parametrize(
    ("headers", "status"),
    [(OFFICER, 202), (LEADER, 202), (COMPILER, 202), (OTHER_ROOM, 404), (COLLECTOR, 404), (AGENCY, 403),
     (AUDITOR, 403)],
)  # fmt: skip
def test_who_may_ask(
    validation: Validation, submission: str, headers: dict[str, str], status: int
) -> None:
    assert ask(validation, submission, headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [(COLLECTOR, 202, ""), (LEADER, 202, ""), (OFFICER, 404, "no-verification"),
     (OTHER_ROOM, 404, "no-verification"), (COMPILER, 403, ""), (AGENCY, 403, "")],
)  # fmt: skip
def test_who_may_answer(
    validation: Validation, submission: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = find(validation, asked(validation, submission), headers)
    assert answer.status_code == status
    if code:
        assert answer.json()["type"] == f"urn:solieu:problem:{code}"


def test_nobody_answers_their_own_question(validation: Validation, submission: str) -> None:
    both = person("p-ca-hai", rooms=("phong-thong-ke-kinh-te-dien-bien", COLLECTION))
    id_ = asked(validation, submission, headers=both)
    answer = find(validation, id_, both)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:solieu:problem:own-question")
    assert find(validation, id_).status_code == 202


def test_of_answers_that_race_one_stands(validation: Validation, submission: str) -> None:
    id_ = asked(validation, submission)

    def answer(result: str) -> int:
        return int(find(validation, id_, result=result).status_code)

    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(answer, ("confirmed", "wrong", "method")))
    assert sorted(codes) == [202, 409, 409]
    (one,) = listed(validation, LEADER, submission=submission)
    assert one["state"] == ("confirmed", "wrong", "method")[codes.index(202)]


def test_who_sees_what_is_in_doubt(validation: Validation, submission: str) -> None:
    id_ = asked(validation, submission)
    for headers, sees in (
        (OFFICER, True), (COLLECTOR, True), (LEADER, True), (COMPILER, True), (AUDITOR, True), (OTHER_ROOM, False),
    ):  # fmt: skip
        found = [
            one["verification_id"] for one in listed(validation, headers, submission=submission)
        ]
        assert found == ([id_] if sees else [])
    assert validation.client.get("/v1/verifications", headers=AGENCY).status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"question": " "}, {"question": "x", "cells": ["1A"]}, {"question": "x", "cells": ["A1"] * 101},
     {"question": "x\x00"}],
)  # fmt: skip
def test_what_is_no_question(validation: Validation, submission: str, body: dict[str, Any]) -> None:
    where = f"/v1/submissions/{submission}/verifications"
    assert validation.client.post(where, json=body, headers=OFFICER).status_code == 422
    assert listed(validation, LEADER, submission=submission) == []


def test_a_cell_beyond_the_workbook_is_no_figure_to_doubt(
    validation: Validation, submission: str
) -> None:
    answer = ask(validation, submission, cells=["C9", "ZZ9", "C9999"])
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:solieu:problem:no-cell")
    assert "ZZ9, C9999" in answer.json()["title"]
    assert "ZZ9, C9999" in answer.json()["en"]["title"]
    assert listed(validation, LEADER, submission=submission) == []
    assert ask(validation, submission, OTHER_ROOM, cells=["ZZ9"]).status_code == 404


def test_what_is_not_there(validation: Validation) -> None:
    assert ask(validation, str(uuid4())).json()["type"] == "urn:solieu:problem:no-submission"
    answer = find(validation, str(UUID(int=1)))
    assert answer.json()["type"] == "urn:solieu:problem:no-verification"


def test_a_leader_reaches_the_questions_of_the_own_office_alone(
    validation: Validation, submission: str
) -> None:
    id_ = asked(validation, submission)
    office = person("p-lang-son", organisation="thong-ke-lang-son", roles=("leader",), rooms=())
    assert listed(validation, office) == []
    assert find(validation, id_, office).json()["type"] == "urn:solieu:problem:no-verification"
    assert ask(validation, submission, office).json()["type"] == "urn:solieu:problem:no-submission"
    (seen,) = listed(validation, LEADER, submission=submission)
    assert seen["verification_id"] == id_
    assert find(validation, id_, LEADER).status_code == 202

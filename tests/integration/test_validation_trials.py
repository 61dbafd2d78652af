"""Changed rules over what was received: who tries them over what, on a real database and the real broker.

The attacks are those of public reports: counts under a filter and filters through relations (twentyhq/twenty#22873,
specify/specify7#1599), and counts that are subtracted from one another (uber-archive/sql-differential-privacy#5).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from deploy.feed import records
from deploy.local import Stack
from services.kernel import trials
from services.kernel.codec import codec
from services.validation import worker
from tests.integration.test_validation_api import (
    AGENCY,
    ECONOMY,
    FORM,
    HEAD,
    LEADER,
    NOW,
    OPERATOR,
    OTHER_ROOM,
    SMALL,
    Validation,
    event,
    path,
    person,
    stored,
    validation,
)
from tests.unit.test_validation_check import rows
from tests.unit.workbooks import xlsx

__all__ = ["validation"]
pytestmark = pytest.mark.stack
COLLECTION = "phong-thu-thap-thong-tin-dien-bien"
SOCIETY = "phong-thong-ke-xa-hoi-dien-bien"
EMPTY = {"kind": "end", "tested": 0, "changed": 0, "untested": 0}
HEAD_NAMES = tuple(HEAD)


@pytest.fixture(scope="module", autouse=True)
def collected(validation: Validation) -> Iterator[None]:
    """The collecting room of the item, for the time of this module."""
    named = "update replica set body = body || %s where kind = 'item' and id = 'nho'"
    with psycopg.connect(validation.url, autocommit=True) as connection:
        connection.execute(named, [json.dumps({"room": ECONOMY, "verifier": COLLECTION})])
    yield


def of_person(stack: Stack, id_: str) -> list[dict[str, Any]]:
    """What was told of a person's trials."""
    found = (
        codec().decode("rules.tried-value", one.value)
        for one in records(stack.kafka(), "rules.tried")
    )
    return [one for one in found if one["person"] == id_]


def anybody(**changes: Any) -> dict[str, str]:
    """A person of the room, another one each time: each may try so many times an hour."""
    return person(f"p-{uuid4()}", **changes)


def comes(validation: Validation, content: Any = None, **changes: Any) -> str:
    """A submission that is stored, or sent back where its content says so."""
    submission = str(uuid4())
    data = validation.comes(submission, content=xlsx(content or rows()), **{**SMALL, **changes})
    if validation.verdict(submission)[0] == "validated":
        stored(validation, submission, data)
    return submission


def wrong() -> Any:
    """A workbook that is sent back: its total is not that of its parts."""
    sheet = rows()
    sheet[4][2] = 987654.25
    return sheet


def tried(
    validation: Validation, change: Any, headers: Any = None, since: str = "2026-01-01"
) -> Any:
    return validation.client.post(
        "/v1/rules/tests", json={"since": since, "change": change}, headers=headers or anybody()
    )


def results(answer: Any, submission: str) -> list[dict[str, Any]]:
    """The lines about a submission; the answer must be whole."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert (lines[0]["kind"], lines[-1]["kind"]) == ("begin", "end")
    assert lines[0]["attempts"] == len(lines) - 2
    assert lines[-1]["tested"] + lines[-1]["untested"] == len(lines) - 2
    return [one for one in lines if one.get("submission_id") == submission]


STRICTER: dict[str, Any] = {"form": "small", "rules": [
    {"id": "part", "kind": "total", "expression": "3 >= 2", "level": 1},
]}  # fmt: skip


def test_changed_rules_say_which_verdicts_would_change(validation: Validation) -> None:
    good, bad = comes(validation), comes(validation, wrong())
    answer = tried(validation, STRICTER)
    (found,) = results(answer, good)
    assert (found["then"], found["now"], found["changes"]) == ("valid", "returned", True)
    assert (found["errors"], found["rules"]) == ([0, 2], ["part"])
    assert found["differences"][0] == {
        "change": "new", "rule": "part", "code": "part", "severity": "error", "cells": ["C8", "C6"],
    }  # fmt: skip
    assert "987654" not in answer.text
    assert "20" not in str(found["differences"])
    (same,) = results(answer, bad)
    assert (same["then"], same["now"], same["changes"], same["rules"]) == (
        "returned", "returned", False, [],
    )  # fmt: skip
    milder = tried(validation, {"form": "small", "removed": ["total"]})
    (found,) = results(milder, bad)
    assert (found["then"], found["now"], found["rules"]) == ("returned", "valid", ["total"])
    whole = tried(
        validation, FORM.to_dict() | {"version": 2, "rules": [FORM.to_dict()["rules"][0]]}
    )
    assert [one["now"] for one in results(whole, bad)] == ["valid"]
    assert validation.verdict(bad)[0] == "returned"  # nothing was recorded


def test_who_tries_rules_over_what(validation: Validation) -> None:
    submission = comes(validation)
    for headers in (person(), person(rooms=(COLLECTION,)), LEADER):
        assert len(results(tried(validation, STRICTER, headers), submission)) == 1
    assert results(tried(validation, STRICTER, since="2026-11-25"), submission) == []
    compiler, auditor = (anybody(roles=(role,), rooms=()) for role in ("compiler", "auditor"))
    administrator = anybody(roles=("administrator",), rooms=())
    for headers in (AGENCY, OPERATOR, administrator, compiler, auditor):
        assert tried(validation, STRICTER, headers).status_code == 403


def test_another_room_learns_nothing_not_even_how_many_there_are(validation: Validation) -> None:
    """Filters that count, and counts that are subtracted: every answer is that of an empty office."""
    change = {"form": "small", "removed": ["total"]}
    before = tried(validation, change, OTHER_ROOM).text
    comes(validation), comes(validation, wrong())
    for since in ("2026-01-01", "2026-11-24"):
        for one in (change, STRICTER, FORM.to_dict() | {"version": 2}):
            text = tried(validation, one, anybody(rooms=(SOCIETY,)), since).text
            begin, end = map(json.loads, text.splitlines())
            assert (begin["attempts"], end) == (0, EMPTY)
    assert tried(validation, change, OTHER_ROOM).text == before


def test_what_waits_or_was_withheld_or_taken_back_nobody_asks_about(validation: Validation) -> None:
    waiting, gone, back = (str(uuid4()) for _ in range(3))
    validation.comes(waiting, content=xlsx(rows()), **SMALL)
    data = validation.comes(gone, content=xlsx(rows()), **SMALL)
    stored(validation, gone, data)
    validation.comes(back, content=xlsx(wrong()), **SMALL)
    for each in (gone, back):
        head = {name: data[name] for name in HEAD_NAMES} | {"submission_id": each, "attempt": 1}
        validation.happens(event("submission.withdrawn", head), worker.STORED)
    for headers in (person(), LEADER):
        answer = tried(validation, STRICTER, headers)
        for each in (waiting, gone, back):
            assert results(answer, each) == []


def test_a_correction_that_waits_hides_what_is_stored_from_no_one(validation: Validation) -> None:
    submission = comes(validation)
    validation.comes(submission, attempt=2, content=xlsx(wrong()), **SMALL)
    validation.comes(submission, attempt=3, content=xlsx(rows()), **SMALL)
    found = results(tried(validation, STRICTER), submission)
    assert [one["attempt"] for one in found] == [1, 2]


def test_a_reference_to_any_senders_figures_compares_with_no_more_than_the_asker_may_read(
    validation: Validation,
) -> None:
    """A search by halves of another's figure, by the side of one's own."""
    where = {"area": "25"}
    mine = comes(validation, wrong(), **where)
    data = validation.comes(str(uuid4()), content=xlsx(rows()), **SMALL | where)
    other = str(uuid4())
    head = {name: data[name] for name in (*HEAD, "observations")}
    head |= {"submission_id": other, "attempt": 1, "sender": "so-noi-vu-dien-bien"}
    before = event("submission.stored", head, NOW - timedelta(days=1))
    validation.happens(before, worker.STORED)

    def asked(limit: float, headers: dict[str, str]) -> Any:
        rule = {
            "id": "probe", "kind": "change", "reference": "others", "columns": ["quarter"],
            "expression": f"growth <= {limit}", "level": 3, "severity": "error",
        }  # fmt: skip
        body = FORM.to_dict()
        whole = body | {
            "references": [{"name": "others", "sender": "any"}],
            "rules": [body["rules"][0], rule],
        }
        (found,) = results(tried(validation, whole, headers), mine)
        return found["now"], found["differences"]

    limits = [10.0**power for power in range(-3, 9)]
    assert {asked(limit, LEADER)[0] for limit in limits} == {"valid", "returned"}
    answers = [asked(limit, anybody()) for limit in limits]
    assert answers == [answers[0]] * len(limits)


def test_a_leader_tries_over_the_own_office_alone(validation: Validation) -> None:
    submission = comes(validation)
    for office in ("thong-ke-lang-son", ""):
        leader = anybody(organisation=office, roles=("leader",), rooms=())
        assert results(tried(validation, STRICTER, leader), submission) == []


def test_an_item_that_ended_opens_no_trial(validation: Validation) -> None:
    submission = comes(validation)
    ends = "update replica set valid_to = %s where kind = 'item'"
    with psycopg.connect(validation.url, autocommit=True) as connection:
        connection.execute(ends, [NOW])
        try:
            answer = tried(validation, STRICTER)
        finally:
            connection.execute(ends, [None])
    assert results(answer, submission) == []


def test_a_trial_is_an_event_before_its_first_answer(validation: Validation, stack: Stack) -> None:
    submission = comes(validation)
    id_ = f"p-{uuid4()}"
    change = {"form": "small", "rules": [STRICTER["rules"][0] | {"id": "over-987654"}]}
    answer = tried(validation, change, person(id_))
    (told,) = of_person(stack, id_)
    assert (told["form"], told["since"], told["organisation"]) == (
        "small", "2026-01-01", "thong-ke-dien-bien",
    )  # fmt: skip
    assert told["attempts"] == json.loads(answer.text.splitlines()[0])["attempts"] >= 1
    assert len(told["change_sha256"]) == 64
    assert "987654" not in str({**told, "change_sha256": ""})
    assert results(answer, submission)
    assert tried(validation, {}, person(id_)).status_code == 422
    assert len(of_person(stack, id_)) == 1, "what can't be tried tells nothing"


def test_a_person_tries_so_many_times_an_hour(
    validation: Validation, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PER_HOUR", 3)
    id_, change = f"p-{uuid4()}", {"form": "growing", "removed": ["growth"]}
    for _ in range(3):
        assert tried(validation, change, person(id_)).status_code == 200
    again = tried(validation, change, person(id_))
    assert (again.status_code, again.json()["type"]) == (
        429, "urn:solieu:problem:too-many-trials",
    )  # fmt: skip
    assert 1 <= int(again.headers["retry-after"]) <= 3600
    assert len(of_person(stack, id_)) == 3
    assert tried(validation, change, person(f"{id_}-2")).status_code == 200
    with psycopg.connect(validation.url, autocommit=True) as connection:
        connection.execute(
            "update outbox set published_at = published_at - interval '1 hour' where key = %s",
            [id_.encode()],
        )
    assert tried(validation, change, person(id_)).status_code == 200


def test_a_clock_that_was_set_back_lets_nobody_wait_a_day_for_a_trial(
    validation: Validation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PER_HOUR", 1)
    id_, change = f"p-{uuid4()}", {"form": "growing", "removed": ["growth"]}
    assert tried(validation, change, person(id_)).status_code == 200
    with psycopg.connect(validation.url, autocommit=True) as connection:
        connection.execute(
            "update outbox set published_at = published_at + interval '1 day' where key = %s",
            [id_.encode()],
        )
    assert tried(validation, change, person(id_)).status_code == 200


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, "form"),
        ({"form": "small"}, "nothing changes"),
        ({"form": "nowhere", "removed": ["x"]}, "no form nowhere"),
        ({"form": "small", "removed": ["x"]}, "no rule x"),
        ({"form": "small", "rules": [{"kind": "total"}]}, "its id"),
        ({"form": "small", "rules": [{"id": "x", "kind": "total"}]}, "expression"),
        ({"form": "small", "removed": ["total"], "more": 1}, "more"),
        (FORM.to_dict() | {"id": "nowhere"}, "no form nowhere"),
        (FORM.to_dict() | {"tables": []}, "part"),
    ],
)
def test_rules_that_can_not_be_tested_say_why(
    validation: Validation, change: Any, where: str
) -> None:
    answer = tried(validation, change)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:solieu:problem:bad-rules")
    assert where in answer.json()["where"]["en"]
    assert answer.json()["where"]["vi"] != answer.json()["where"]["en"]


def test_what_was_erased_is_named_and_the_others_are_tested(
    validation: Validation, module_database: str
) -> None:
    erased, other = comes(validation), comes(validation)
    with psycopg.connect(module_database, autocommit=True) as connection:
        connection.execute("delete from vault.keys where name like %s", [f"{erased}/%"])
    answer = tried(validation, STRICTER)
    assert [one["untested"] for one in results(answer, erased)] == ["erased"]
    assert [one["now"] for one in results(answer, other)] == ["returned"]
    gone = validation.client.get(path(erased), headers=LEADER)
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:solieu:problem:erased")

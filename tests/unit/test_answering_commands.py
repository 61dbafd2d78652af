"""`solieu findings`, `explain`, `review finding` and `rules test`: what they ask, print, and end with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from services import cli
from services.connector.client import Connector
from services.connector.keys import Key
from services.kernel.settings import settings
from services.model.statement import public_key, verify_question

ID = "7f2f4d0e-7d0a-5c0b-9a52-2f6c1f1f7a10"
FINDING = "9f64a747e1b97f13"
ANSWER = {
    "kind": "downgraded", "attempt": 1, "person": "p-kinh-te", "organisation": "tk", "role": "officer",
    "text": "Đúng chú thích.", "document": None, "at": "2026-11-24T02:00:00+00:00",
}  # fmt: skip
ONE: dict[str, Any] = {
    "id": FINDING, "code": "total", "rule": "total-country", "severity": "error", "sheet": "M09",
    "cells": ["C13"], "expected": None, "found": None, "difference": None,
    "message": {"vi": "Tổng không khớp.", "en": "The total is wrong."},
    "mend": {"vi": "Sửa ô sai.", "en": "Correct the cell."}, "answers": [ANSWER],
}  # fmt: skip
FOUND = {"submission_id": ID, "attempt": 1, "verdict": "returned", "findings": [ONE]}
RESULT = {
    "kind": "result", "submission_id": ID, "attempt": 1, "sender": "bo-tai-chinh", "form": "cktc-09-plan",
    "form_version": 1, "area_list": "63", "area": "00", "period": "2017", "completeness": "official", "round": 1,
}  # fmt: skip
CHANGED = RESULT | {
    "then": "returned", "now": "valid", "errors": [1, 0], "warnings": [0, 1], "count": 2,
    "differences": [], "changes": True, "rules": ["total-country"],
}  # fmt: skip
SAME = CHANGED | {"attempt": 2, "now": "returned", "errors": [1, 1], "changes": False, "rules": []}
ERASED = RESULT | {"attempt": 3, "untested": "erased", "where": {"vi": "", "en": ""}}
BEGIN = {"kind": "begin", "form": "cktc-09-plan", "rule_set": "f" * 64, "attempts": 3}

Reply = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[httpx2.Request]]:
    """Every request that a command made; `answers` is what it gets."""
    requests: list[httpx2.Request] = []
    real = httpx2.Client

    def reply(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return answers[request.url.path](request)

    def client(**options: Any) -> httpx2.Client:
        return real(**options | {"transport": httpx2.MockTransport(reply)})

    def request(method: str, url: str, **options: Any) -> httpx2.Response:
        options = {k: v for k, v in options.items() if k not in ("timeout", "trust_env")}
        with client() as one:
            return one.request(method, url, **options)

    monkeypatch.setattr(httpx2, "Client", client)
    monkeypatch.setattr(httpx2, "request", request)
    monkeypatch.setenv("SOLIEU_OPERATOR_TOKEN", "operator-token")
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    yield requests
    settings.cache_clear()
    answers.clear()


answers: dict[str, Reply] = {}
EXPLANATIONS = f"/v1/submissions/{ID}/findings/{FINDING}/explanations"
DECISIONS = f"/v1/submissions/{ID}/findings/{FINDING}/decisions"


def run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(cli.app, words, input=given)


def lines(*objects: dict[str, Any]) -> Reply:
    text = "".join(json.dumps(one) + "\n" for one in objects)
    return lambda request: httpx2.Response(200, text=text)


def end(tested: int = 2, changed: int = 1, untested: int = 1) -> dict[str, Any]:
    return {"kind": "end", "tested": tested, "changed": changed, "untested": untested}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "k.json"
    Key.generate("bo-tai-chinh").save(file)
    return file


def test_findings_are_shown_with_their_ids_and_answers(
    asked: list[httpx2.Request], key: Path
) -> None:
    answers[f"/v1/submissions/{ID}/findings"] = lambda request: httpx2.Response(200, json=FOUND)
    shown = run("findings", ID, "--key", str(key))
    assert shown.exit_code == 0, shown.output
    for part in (FINDING, "Tổng không khớp.", "p-kinh-te", "Đúng chú thích.", "downgraded to a"):
        assert part in shown.output
    assert json.loads(run("findings", ID, "--key", str(key), "--json").stdout) == FOUND
    assert asked[0].url.port == 18008


def test_findings_stand_in_the_words_of_one_language(
    asked: list[httpx2.Request], key: Path
) -> None:
    said = {
        "message": {"vi": "Ghi sơ bộ, khai chính thức.", "en": "Says preliminary, not official."}
    }
    found = FOUND | {"findings": [ONE | said | {"expected": "chính thức", "found": "sơ bộ"}]}
    answers[f"/v1/submissions/{ID}/findings"] = lambda request: httpx2.Response(200, json=found)
    english = run("--lang", "en", "findings", ID, "--key", str(key)).output
    assert "Says preliminary" in english and "Room officer" in english
    assert "chính thức" not in english and "sơ bộ" not in english
    vietnamese = run("--lang", "vi", "findings", ID, "--key", str(key)).output
    assert "Công chức phòng nghiệp vụ, 09:00, 24/11/2026" in vietnamese
    assert "officer" not in vietnamese


def test_an_explanation_is_signed_with_its_text(asked: list[httpx2.Request], key: Path) -> None:
    answers[EXPLANATIONS] = lambda request: httpx2.Response(202, json=FOUND)
    words = ("explain", ID, FINDING, "--key", str(key), "--text", "Chú thích cuối bảng.")
    shown = run(*words, "--attempt", "2")
    assert shown.exit_code == 0, shown.output
    (request,) = asked
    assert json.loads(request.content) == {"text": "Chú thích cuối bảng."}
    private = Key.load(key)
    token = request.headers["authorization"].removeprefix("Statement ")
    question = verify_question(token, {private.id: public_key(private.public())})
    assert (question.method, question.path) == ("POST", f"{EXPLANATIONS}?attempt=2")
    assert question.sha256 == sha256(request.content).hexdigest()


def test_a_read_is_signed_without_a_body() -> None:
    private = Key.generate("bo-tai-chinh")
    requests: list[httpx2.Request] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json=FOUND)

    client = httpx2.Client(base_url="http://v", transport=httpx2.MockTransport(reply))
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with Connector("", private, client=client, clock=lambda: now) as connector:
        connector.findings(ID)
    token = requests[0].headers["authorization"].removeprefix("Statement ")
    assert verify_question(token, {private.id: public_key(private.public())}).sha256 is None


REVIEW = (
    *("review", "finding", ID, FINDING, "--person", "p-kinh-te", "--decision", "downgraded"),
    *("--reason", "Đúng chú thích.", "--document", "12/TKĐB-TH"),
)


def test_an_officer_decides_with_the_own_password(asked: list[httpx2.Request]) -> None:
    answers["/v1/tokens"] = lambda request: httpx2.Response(200, json={"access_token": "t"})
    answers[DECISIONS] = lambda request: httpx2.Response(202, json=FOUND)
    shown = run(*REVIEW, given="một câu dễ nhớ\n")
    assert shown.exit_code == 0, shown.output
    assert "một câu" not in shown.output
    login, decision = asked
    assert json.loads(login.content) == {"person": "p-kinh-te", "password": "một câu dễ nhớ"}
    assert decision.headers["authorization"] == "Bearer t"
    assert json.loads(decision.content) == {
        "decision": "downgraded", "reason": "Đúng chú thích.", "document": "12/TKĐB-TH",
    }  # fmt: skip


def test_what_is_refused_is_told(asked: list[httpx2.Request]) -> None:
    problem = {"title": "Chỉ hạ mức được một lỗi", "detail": "Cảnh báo thì chấp nhận."}
    answers["/v1/tokens"] = lambda request: httpx2.Response(200, json={"access_token": "t"})
    answers[DECISIONS] = lambda request: httpx2.Response(409, json=problem)
    shown = run(*REVIEW, given="x\n")
    assert (shown.exit_code, "Chỉ hạ mức" in shown.output) == (4, True)
    assert run(*REVIEW).exit_code == 2


@pytest.fixture
def change(tmp_path: Path) -> Path:
    file = tmp_path / "rules.yaml"
    file.write_text("form: cktc-09-plan\nremoved: [total-country]\n", encoding="utf-8")
    return file


def trial(change: Path, *more: str) -> Result:
    answers["/v1/tokens"] = lambda request: httpx2.Response(200, json={"access_token": "t"})
    words = ("rules", "test", str(change), "--since", "2026-01-01", "--person", "p-kinh-te", *more)
    return run(*words, given="x\n")


def test_changed_verdicts_are_a_table_and_exit_code_1(
    asked: list[httpx2.Request], change: Path
) -> None:
    answers["/v1/rules/tests"] = lines(BEGIN, CHANGED, SAME, ERASED, end())
    shown = trial(change)
    assert shown.exit_code == 1, shown.output
    for part in ("2017", "trả lại (1)", "returned (1)", "total-country", "2 attempts tested"):
        assert part in shown.output.replace("\n", " ")
    assert "content was erased" in shown.output
    _, request = asked
    assert request.headers["authorization"] == "Bearer t"
    assert json.loads(request.content) == {
        "since": "2026-01-01",
        "change": {"form": "cktc-09-plan", "removed": ["total-country"]},
    }
    found = json.loads(trial(change, "--json").stdout)
    assert (found["results"][0]["now"], found["end"]["changed"]) == ("valid", 1)


def test_no_changed_verdict_is_exit_code_0(asked: list[httpx2.Request], change: Path) -> None:
    answers["/v1/rules/tests"] = lines(BEGIN, SAME, end(1, 0, 0))
    assert trial(change).exit_code == 0


@pytest.mark.parametrize("broken", [(), (BEGIN,), (BEGIN, CHANGED)])
def test_what_broke_off_concludes_nothing(
    asked: list[httpx2.Request], change: Path, broken: tuple[dict[str, Any], ...]
) -> None:
    answers["/v1/rules/tests"] = lines(*broken)
    assert trial(change).exit_code == 5


def test_bad_rules_are_exit_code_2_and_say_where(asked: list[httpx2.Request], change: Path) -> None:
    where = {"vi": "biểu x không có quy tắc y", "en": "form x has no rule y"}
    problem = {"title": "Quy tắc không dùng được", "where": where}
    answers["/v1/rules/tests"] = lambda request: httpx2.Response(422, json=problem)
    shown = trial(change)
    assert shown.exit_code == 2
    assert all(f"  {one}\n" in shown.output for one in where.values())
    change.write_text("form: [", encoding="utf-8")
    assert trial(change).exit_code == 2
    assert len([one for one in asked if one.url.path == "/v1/rules/tests"]) == 1


def test_rules_are_tried_by_a_person_never_by_who_runs_the_machines(
    asked: list[httpx2.Request], change: Path
) -> None:
    assert run("rules", "test", str(change), "--since", "2026-01-01").exit_code == 2
    assert asked == []

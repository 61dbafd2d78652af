"""The operators' commands: what they print for programs, and their exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
import kafka.errors
import psycopg
import pytest
from typer.testing import CliRunner, Result

from deploy.programs import DEFAULT_PORTS, SERVICES
from services import cli
from services.connector.keys import Key
from services.kernel import access, administration, replay
from services.kernel.cluster import Cluster
from services.kernel.dead import Origin
from services.kernel.groups import Lag
from services.kernel.growing import Refusal, Why
from services.kernel.replay import Letter
from services.kernel.settings import settings
from services.kernel.wire import Message
from services.model.product import PRODUCT
from services.operators import infrastructure, reconciliation

COMMANDS = (
    *("migrate", "topics", "schemas", "dead", "status", "trace", "catalogue", "republish", "feed"),
    *("submit", "report", "keys"),
)
SUBMISSION = "3c9f4a4e-6f0f-5a3b-9a44-0d6f6a1f3f10"
LETTER = Letter(
    group="policy",
    offset=0,
    event_id="e1",
    subject=SUBMISSION,
    origin=Origin("submission.validated", 2, 7),
    error="Poison",
    reason="ended the process",
    at="2026-11-23T08:00:00+00:00",
    replayed=False,
    message=Message("policy.dead", SUBMISSION.encode(), b"secret", (("ce_id", b"e1"),)),
)
LETTERS = [LETTER, replace(LETTER, offset=1, event_id="e2", replayed=True)]
BALANCED: dict[str, Any] = {
    "attempts": 3,
    "verdicts": {"cleared": 2, "returned": 0, "withheld": 0},
    "held": 0,
    "in_flight": 1,
    "oldest_seconds": {"validated": 90.5},
    "figures": {
        "read": 9, "stored": 6, "returned": 0, "withheld": 0, "held": 0, "in_flight": 3,
    },
}  # fmt: skip
PORTS = {
    name.removesuffix("-api"): port for name, port in DEFAULT_PORTS.items() if name.endswith("-api")
}
AGREES = [{"name": "publications", "compared": 5, "gaps": {}}]
OLDER = {"older": {"grdp.observation": 24}}
UNPUBLISHED = {"unpublished": {"submission.cleared": 3}}
PATH: dict[str, Any] = {
    "id": SUBMISSION,
    "events": [
        {
            "event_id": "e0", "attempt": 1, "state": "received", "at": "2026-11-23T08:00:00Z",
            "decision": None, "figures": None, "topic": "submission.received",
        }
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An operator's and an administrator's token, as the shell has them."""
    for holder in ("OPERATOR", "ADMINISTRATOR"):
        monkeypatch.setenv(f"SOLIEU_{holder}_TOKEN", f"{holder.lower()}-token")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def sent_back(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two dead letters in policy's group; the offsets of those sent back."""
    offsets: list[int] = []

    def send_back(cluster: Cluster, chosen: list[Letter]) -> int:
        offsets.extend(letter.offset for letter in chosen)
        return len(chosen)

    monkeypatch.setattr(replay, "letters", lambda _, group: LETTERS if group == "policy" else [])
    monkeypatch.setattr(replay, "send_back", send_back)
    monkeypatch.setattr(reconciliation, "BETWEEN_TRIES", 0.0)
    return offsets


def intake_answers(monkeypatch: pytest.MonkeyPatch, status: int, content: object) -> None:
    services_answer(monkeypatch, intake=lambda: httpx2.Response(status, json=content))


def services_answer(
    monkeypatch: pytest.MonkeyPatch,
    answers: Mapping[str, Any] = MappingProxyType({}),
    intake: Callable[[], httpx2.Response] = lambda: httpx2.Response(200, json=BALANCED),
) -> list[str]:
    """What a comparison or repair answers by service, or raises; others agree. Collects what is asked of them.

    `intake` is what that service answers to anything else.
    """
    asked: list[str] = []

    def request(method: str, url: str, **_: object) -> httpx2.Response:
        if not url.endswith(("/v1/comparisons", "/v1/publications", "/v1/feed")):
            return intake()
        asked.append(f"{method} {url}")
        service = next(name for name, port in PORTS.items() if f":{port}/" in url)
        answer = answers.get(service, AGREES if method == "GET" else repaired())
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx2.Response):
            return answer
        return httpx2.Response(200, json=answer)

    monkeypatch.setattr(httpx2, "request", request)
    return asked


def repaired(
    written: Mapping[str, int] = MappingProxyType({}),
    gaps: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    after = {"name": "publications", "compared": 5, "gaps": dict(gaps)}
    return {"written": dict(written), "after": after}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments)


def test_dead_letters_are_listed_without_their_content(sent_back: list[int]) -> None:
    result = run("dead", "list", "--json")
    assert [one["offset"] for one in json.loads(result.stdout)] == [0, 1]
    for arguments in (["list"], ["show", "0", "--group", "policy"]):
        shown = run("dead", *arguments)
        assert shown.exit_code == 0
        assert "Poison" in shown.stdout
        assert "secret" not in shown.stdout


def test_all_means_those_that_were_not_sent_back(sent_back: list[int]) -> None:
    assert run("dead", "replay", "--group", "policy", "--all").exit_code == 0
    assert sent_back == [0]


def test_an_offset_is_sent_back_again_if_asked_for(sent_back: list[int]) -> None:
    assert run("dead", "replay", "--group", "policy", "1").exit_code == 0
    assert sent_back == [1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["replay", "--group", "policy"], 2),
        (["replay", "--group", "policy", "--all", "0"], 2),
        (["replay", "--all"], 2),
        (["replay", "--group", "nobody", "--all"], 2),
        (["replay", "--group", "policy", "0", "9"], 4),
        (["show", "9", "--group", "policy"], 4),
    ],
)
def test_a_wrong_choice_sends_nothing(
    sent_back: list[int], arguments: list[str], code: int
) -> None:
    assert run("dead", *arguments).exit_code == code
    assert sent_back == []


def test_status_says_that_all_is_accounted_for(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_answers(monkeypatch, 200, BALANCED)
    result = run("status", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["dead"]["policy"] == 1
    attempts, figures = found["balances"]
    assert (attempts["parts"]["dead"], attempts["parts"]["in_flight"]) == (1, 0)
    assert (attempts["difference"], figures["difference"]) == (0, 0)
    assert run("status").exit_code == 0


def test_status_fails_where_something_is_missing(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_answers(monkeypatch, 200, {**BALANCED, "attempts": 4})
    result = run("status")
    assert result.exit_code == 1
    assert "KHÔNG CÂN" in result.stdout and "NOT BALANCED" in result.stdout


def test_status_asks_again_before_it_says_so(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [{**BALANCED, "attempts": 4}, BALANCED]
    services_answer(monkeypatch, intake=lambda: httpx2.Response(200, json=answers.pop(0)))
    assert run("status").exit_code == 0
    assert answers == []


@pytest.mark.parametrize(
    ("refusal", "code", "words"),
    [
        (Refusal("grdp.observation", Why.COMPACTED, 6, 4), 1, "keeps 4 partitions and gets no 6"),
        (Refusal("submission.held", Why.FEWER, 2, 4), 1, "Kafka takes none away"),
        (
            Refusal("submission.held", Why.BEHIND, 6, 4, (Lag("audit", 3, 7),)),
            0,
            "(group/partition: records): audit/3: 7.",
        ),
    ],
    ids=lambda value: value.why if isinstance(value, Refusal) else None,
)
def test_topics_apply_says_why_a_number_of_partitions_stays_and_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, refusal: Refusal, code: int, words: str
) -> None:
    """Services that have yet to read must be able to start: that alone is no failure."""
    applied = administration.Applied(changed=["intake.dead"], refused=[refusal])
    monkeypatch.setattr(infrastructure, "_Admin", nullcontext)
    monkeypatch.setattr(administration, "apply", lambda *_: applied)
    monkeypatch.setattr(access, "apply", lambda *_: ([], []))
    result = run("topics", "apply")
    assert result.exit_code == code
    assert words in result.stderr and "intake.dead" in result.stdout
    shown = json.loads(run("topics", "apply", "--json").stdout)
    assert shown["refused"][0]["why"] == refusal.why


def test_status_asks_every_service_whether_its_topics_have_what_its_tables_say(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_answers(monkeypatch, 200, BALANCED)
    asked = services_answer(monkeypatch)
    found = json.loads(run("status", "--json").stdout)
    assert {one["service"] for one in found["comparisons"]} == set(SERVICES)
    assert len(asked) == len(SERVICES)
    assert found["away"] == {}


@pytest.mark.parametrize(
    ("service", "gaps", "words"),
    [
        ("grdp", OLDER, "the feed has an older revision"),
        ("policy", UNPUBLISHED, "not on its topic"),
        ("audit", {"lost": {"submission.received": 40}}, "gone from its topic"),
    ],
)
def test_status_fails_where_topics_and_tables_differ(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch, service: str, gaps: Any, words: str
) -> None:
    intake_answers(monkeypatch, 200, BALANCED)
    services_answer(monkeypatch, {service: [{"name": "x", "compared": 9, "gaps": gaps}]})
    monkeypatch.setenv("COLUMNS", "200")
    result = run("status")
    assert result.exit_code == 1
    assert words in result.stdout and "NOT THE SAME" in result.stdout
    result = run("status", "--json")
    assert result.exit_code == 1
    (one,) = (one for one in json.loads(result.stdout)["comparisons"] if one["gaps"])
    assert (one["service"], one["gaps"]) == (service, gaps)


@pytest.mark.parametrize(
    "answer",
    [httpx2.ConnectError("refused"), httpx2.Response(503, json={"title": "Kafka vắng"})],
    ids=["away", "without broker"],
)
def test_status_says_which_service_it_could_not_compare_and_shows_the_rest(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    intake_answers(monkeypatch, 200, BALANCED)
    services_answer(monkeypatch, {"grdp": answer})
    result = run("status", "--json")
    assert result.exit_code == 5
    found = json.loads(result.stdout)
    assert set(found["away"]) == {"grdp"} and found["balances"]
    said = run("status").stdout
    assert "The same in what was compared" in said and "have all that" not in said
    assert "Nothing was missing" not in run("republish").stdout
    differs = [{"name": "x", "compared": 9, "gaps": UNPUBLISHED}]
    services_answer(monkeypatch, {"grdp": answer, "policy": differs})
    result = run("status")
    assert result.exit_code == 1
    assert "grdp was not compared" in result.stderr


def test_status_counts_events_that_came_with_other_bytes(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_answers(monkeypatch, 200, BALANCED)
    assert json.loads(run("status", "--json").stdout)["identity_conflicts"] == 0
    assert "known id" not in run("status").stdout
    conflict = replace(LETTER, error="IdentityConflict", group="audit")
    monkeypatch.setattr(replay, "letters", lambda _, group: [conflict] if group == "audit" else [])
    intake_answers(monkeypatch, 200, {**BALANCED, "verdicts": {"cleared": 2}})
    assert json.loads(run("status", "--json").stdout)["identity_conflicts"] == 1
    assert "1 events had a known id and other bytes" in run("status").stdout


def test_republish_asks_all_services_or_one_and_says_what_it_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = services_answer(monkeypatch, {"policy": repaired({"submission.cleared": 3})})
    result = run("republish", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["written"] == {"policy": {"submission.cleared": 3}}
    assert len(asked) == len(SERVICES)
    asked.clear()
    result = run("republish", "--service", "grdp")
    assert (result.exit_code, asked) == (0, ["POST http://127.0.0.1:18003/v1/publications"])
    assert "Nothing was missing." in result.stdout
    assert run("republish", "--service", "nobody").exit_code == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (repaired({"grdp.observation": 24}), 0),
        (repaired({"grdp.observation": 24}, {"ahead": {"grdp.observation": 1}}), 1),
        (httpx2.ConnectError("refused"), 5),
        (httpx2.Response(403, json={"title": "Không được"}), 4),
    ],
    ids=["mended", "not all", "away", "refused"],
)
def test_the_feed_is_rebuilt_and_the_exit_code_says_whether_it_is_right_then(
    monkeypatch: pytest.MonkeyPatch, answer: Any, code: int
) -> None:
    asked = services_answer(monkeypatch, {"grdp": answer})
    assert run("feed", "rebuild").exit_code == code
    assert asked == ["POST http://127.0.0.1:18003/v1/feed"]


def test_trace_shows_events_and_dead_letters(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_answers(monkeypatch, 200, PATH)
    assert len(json.loads(run("trace", SUBMISSION, "--json").stdout)["dead"]) == 2
    shown = run("trace", SUBMISSION)
    assert shown.exit_code == 0
    assert "Đã nhận" in shown.stdout and "Poison" in shown.stdout
    assert "Received" not in run("--lang", "vi", "trace", SUBMISSION).stdout


@pytest.mark.parametrize(("columns", "ids"), [("80", False), ("140", True)])
def test_trace_fits_the_terminal(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch, columns: str, ids: bool
) -> None:
    event = PATH["events"][0] | {
        "event_id": "b0a7a9cc-6a2f-5a6f-8f0e-6a1e0d8f9d11", "at": "2026-11-23T08:00:00.123456Z",
        "state": "superseded", "figures": 1_000_000, "decision": 12,
    }  # fmt: skip
    monkeypatch.setattr(replay, "letters", lambda *_: [])
    monkeypatch.setenv("COLUMNS", columns)
    intake_answers(monkeypatch, 200, {**PATH, "events": [event]})
    shown = run("trace", SUBMISSION).stdout
    (line,) = (line for line in shown.splitlines() if "Được thay thế" in line)
    assert "2026-11-23 15:00:00.123 " in line and "1000000" in line
    assert (event["event_id"] in line) is ids


def test_status_shows_no_table_of_waits_where_nothing_waits(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_answers(monkeypatch, 200, BALANCED)
    assert "Chờ lâu nhất" in run("status").stdout
    intake_answers(monkeypatch, 200, {**BALANCED, "oldest_seconds": {}})
    assert "Chờ lâu nhất" not in run("status").stdout


def test_status_says_where_everything_is_in_words(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    intake_answers(monkeypatch, 200, BALANCED)
    said = run("--lang", "vi", "status").stdout
    assert "Đang xử lý" in said and "Chấp nhận" in said
    assert not re.search(r"cleared|held|in_flight|stored|returned|received|validated", said)


EXPLANATION = {
    "attempt": 1, "verdict": "held", "reasons": [], "changes": [],
    "facts": {
        "classification": "internal", "markings": [], "regime": "sharing", "identifiers": ["phone", "email"],
        "consent": False, "agreement": "in_force", "errors": 0, "integrity": "intact", "named": ["so-tai-chinh"],
        "recipients": None, "work_secret": "undecided", "missing": ["form"], "of_tomorrow": "new",
    },
}  # fmt: skip


def test_a_decision_is_explained_in_words(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    intake_answers(monkeypatch, 200, EXPLANATION)
    said = run("--lang", "vi", "policy", "explain", SUBMISSION).stdout
    for words in (
        "nội bộ", "chia sẻ", "số điện thoại, thư điện tử", "không", "đang có hiệu lực", "còn nguyên vẹn",
        "so-tai-chinh", "chưa rõ", "phiên bản biểu này", "of_tomorrow", "Văn bản thỏa thuận",
    ):  # fmt: skip
        assert words in said
    assert not re.search(r"internal|sharing|phone|email|False|in_force|intact|undecided", said)
    as_json = json.loads(run("policy", "explain", SUBMISSION, "--json").stdout)
    assert as_json == EXPLANATION


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["status"], "SOLIEU_OPERATOR_TOKEN"),
        (["trace", SUBMISSION], "SOLIEU_OPERATOR_TOKEN"),
        (["republish"], "SOLIEU_OPERATOR_TOKEN"),
        (["feed", "rebuild"], "SOLIEU_OPERATOR_TOKEN"),
        (["catalogue", "load", "schemas"], "SOLIEU_ADMINISTRATOR_TOKEN"),
        (["keys", "register", "KEY"], "SOLIEU_ADMINISTRATOR_TOKEN"),
        (["keys", "revoke", "KEY"], "SOLIEU_ADMINISTRATOR_TOKEN"),
    ],
)
def test_a_token_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], name: str
) -> None:
    monkeypatch.delenv(name)
    settings.cache_clear()
    file = tmp_path / "key.json"
    file.write_text("{}")
    result = run(*(str(file) if one == "KEY" else one for one in arguments))
    assert (result.exit_code, name in result.stderr) == (2, True)


def catalogue_answers(monkeypatch: pytest.MonkeyPatch, status: int) -> list[dict[str, Any]]:
    """What is put into the catalogue, which answers with this status."""
    calls: list[dict[str, Any]] = []

    def put(
        method: str, url: str, *, json: object, headers: object, **_: object
    ) -> httpx2.Response:
        assert method == "PUT"
        calls.append({"url": url, "json": json, "headers": headers})
        return httpx2.Response(status, json={"title": "Khóa của người khác"})

    monkeypatch.setattr(httpx2, "request", put)
    return calls


def test_a_key_is_registered_by_its_public_half(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = catalogue_answers(monkeypatch, 201)
    key = Key.generate("so-tai-chinh-dien-bien")
    key.save(tmp_path / "k.json")
    printed = {"id": key.id, "sender": key.sender, "public_key": key.public()}
    (tmp_path / "public.json").write_text(json.dumps(printed))
    for name in ("k.json", "public.json"):
        result = run("keys", "register", str(tmp_path / name))
        assert (result.exit_code, key.id in result.stdout) == (0, True)
    assert calls[0] == calls[1]
    assert calls[0]["url"].endswith(f"/v1/sender_key/{key.id}")
    assert calls[0]["headers"] == {"Authorization": "Bearer administrator-token"}
    body = calls[0]["json"]["body"]
    assert (body["sender"], set(body["public_key"])) == (key.sender, {"kty", "crv", "x"})


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kty": "OKP", "crv": "Ed25519", "x": "?"}'])
def test_a_file_that_is_no_key_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    calls = catalogue_answers(monkeypatch, 201)
    (tmp_path / "k.json").write_text(content)
    result = run("keys", "register", str(tmp_path / "k.json"))
    assert (result.exit_code, calls) == (2, [])
    assert "không phải tệp khóa" in result.stderr


def test_the_catalogues_refusal_of_a_key_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue_answers(monkeypatch, 422)
    Key.generate("so").save(tmp_path / "k.json")
    result = run("keys", "register", str(tmp_path / "k.json"))
    assert (result.exit_code, "Khóa của người khác" in result.stderr) == (4, True)


PAST, FUTURE = "2020-01-01T00:00:00Z", "2126-01-01T00:00:00Z"


@pytest.mark.parametrize(("starts", "ends"), [
    (None, None), (PAST, FUTURE), (PAST, "2020-01-02T00:00:00Z"), (FUTURE, None),
])  # fmt: skip
def test_a_key_is_revoked_now_and_its_content_stays(
    monkeypatch: pytest.MonkeyPatch, starts: str | None, ends: str | None
) -> None:
    entry = {"body": {"sender": "so", "public_key": {}}, "valid_from": starts, "valid_to": ends}
    puts: list[dict[str, Any]] = []

    def request(method: str, url: str, *, json: Any, **_: object) -> httpx2.Response:
        assert url.endswith("/v1/sender_key/a%2F..%2Fb")
        if method == "PUT":
            puts.append(json)
        return httpx2.Response(200, json={**entry, **(json or {})})

    monkeypatch.setattr(httpx2, "request", request)
    before = datetime.now(UTC)
    result = run("keys", "revoke", "a/../b")
    assert (result.exit_code, "«so»" in result.stdout) == (0, True)
    [put] = puts
    assert (put["body"], put["valid_from"]) == (entry["body"], None if starts == FUTURE else starts)
    if ends and ends < FUTURE:
        assert put["valid_to"] == ends
    else:
        assert before <= datetime.fromisoformat(put["valid_to"]) <= datetime.now(UTC)


@pytest.mark.parametrize(("status", "code"), [(404, 4), (401, 4), (503, 5)])
def test_a_refusal_is_told_and_has_its_exit_code(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    problem = {"title": "Không có", "detail": "Kiểm tra mã", "en": {"title": "None such"}}
    intake_answers(monkeypatch, status, problem)
    result = run("trace", SUBMISSION)
    assert result.exit_code == code
    assert "Không có" in result.stderr and "None such" in result.stderr


@pytest.mark.parametrize(("status", "code"), [(404, 4), (502, 5), (200, 5)])
def test_what_is_not_a_services_answer_is_a_sentence_too(
    sent_back: list[int], monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    asked = httpx2.Request("GET", "http://proxy.example/")
    page = httpx2.Response(status, html="<html>nginx</html>", request=asked)
    services_answer(monkeypatch, {"grdp": page}, intake=lambda: page)
    result = run("trace", SUBMISSION)
    assert (result.exit_code, f"HTTP {status}" in result.stderr) == (code, True)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert run("feed", "rebuild").exit_code == code


def test_it_says_which_version_it_is() -> None:
    done = run("--version")
    assert (done.exit_code, done.output.strip()) == (0, PRODUCT)


def test_a_broker_that_is_away_is_a_sentence_and_exit_code_5() -> None:
    environment = {"SOLIEU_KAFKA_BOOTSTRAP": "127.0.0.1:1", "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, "-m", "services.cli", "topics", "list"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 5
    for words in ("Kafka ở 127.0.0.1:1 không trả lời", "Kafka at 127.0.0.1:1 does not answer"):
        assert words in result.stderr
    assert "SOLIEU_KAFKA_USERNAME" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (kafka.errors.SecurityDisabledError(), 1, "không kiểm soát quyền"),
        (
            kafka.errors.TopicAuthorizationFailedError("intake.replay"),
            4,
            "không cho tài khoản «compiler»",
        ),
        (kafka.errors.KafkaTimeoutError(), 5, "không nhận tài khoản «compiler»"),
    ],
)
def test_what_kafka_refuses_is_a_sentence_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    words: str,
) -> None:
    monkeypatch.setenv("SOLIEU_KAFKA_USERNAME", "compiler")
    settings.cache_clear()

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    settings.cache_clear()
    assert ended.value.code == code
    assert words in capsys.readouterr().err


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.stdout
    script = (
        "import sys; from services import cli;"
        "print(*{'kafka', 'sqlalchemy', 'fastavro', 'faust', 'fastapi'} & set(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == ""


def test_what_does_not_answer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    request = httpx2.Request("GET", "http://127.0.0.1:18001/v1/reconciliation")
    assert cli._told(httpx2.ConnectError("refused", request=request)) == 5
    assert "http://127.0.0.1:18001/v1/reconciliation" in capsys.readouterr().err
    assert cli._told(psycopg.OperationalError("refused")) == 5
    assert "SOLIEU_DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "environment", "vietnamese", "english"),
    [
        ([], {}, True, True),
        (["--lang", "vi"], {}, True, False),
        (["--lang", "en"], {}, False, True),
        ([], {"SOLIEU_LANG": "en"}, False, True),
        (["--lang", "vi"], {"SOLIEU_LANG": "en"}, True, False),
    ],
)
def test_the_language_is_chosen(
    arguments: list[str], environment: dict[str, str], vietnamese: bool, english: bool
) -> None:
    shown = CliRunner().invoke(cli.app, [*arguments, "codes"], env=environment)
    assert shown.exit_code == 0
    assert ("Ý nghĩa" in shown.stdout) is vietnamese
    assert ("Meaning" in shown.stdout) is english

"""Intake's API and worker with the real broker and the real database."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.local import Stack
from services.connector.client import Connector, Refused
from services.connector.keys import Key
from services.events.registry import EVENTS
from services.intake.api import create_app
from services.intake.content import XLSX
from services.kernel.avro import from_avro
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.events import NewObject, ObjectReference
from services.kernel.rates import Buckets
from services.kernel.settings import Settings
from services.kernel.wire import encode
from services.model.enumerations import Completeness, Regime
from services.model.form import shipped_forms
from services.model.regulation import load_regulations
from services.model.statement import Classification, Nil, NilKind, Question, Statement, sign
from tests import people
from tests.running import state_of

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OFFICE = "thong-ke-dien-bien"
SECRET = "4711.815"
"""A figure that must stay in the vault."""
CONTENT = f"Chỉ tiêu;Mã số;Quý\nTổng;1;{SECRET}\n".encode()


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Intake:
    """The API in this process, and its catalogue."""

    client: TestClient
    url: str
    settings: Settings
    clock: Clock

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def enter(
        self, kind: str, id_: str, body: dict[str, Any], version: int = 1, **valid: Any
    ) -> None:
        """An entry of intake's copy of the catalogue."""
        self.execute(
            "insert into intake.replica (kind, id, version, catalogue_version, body, valid_from, valid_to)"
            " values (%s, %s, %s, 1, %s, %s, %s) on conflict do nothing",
            kind, id_, version, json.dumps(body), valid.get("valid_from"), valid.get("valid_to"),
        )  # fmt: skip

    def sender(self, kind: str = "finance_department", **key: Any) -> Sender:
        """A new organisation with a key."""
        name = f"so-{uuid4().hex[:12]}"
        self.enter("organisation", name, {"id": name, "kind": kind, "province": "11"})
        made = Key.generate(name, OFFICE)
        self.enter("sender_key", made.id, {"sender": name, "public_key": made.public()}, **key)
        for form in shipped_forms():
            self.supply(name, form)
        return Sender(self, made, name)

    def supply(self, sender: str, form: str, *sections: str) -> None:
        """An item by which a sender supplies a form, or these sections of it."""
        id_ = f"{sender}/{form}/{','.join(sections)}"
        body = {"id": id_, "responsible": sender, "form": form, "sections": sections}
        self.enter("item", id_, body)

    def operator(self, path: str) -> Any:
        token = self.settings.operator_token.get_secret_value()
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})


@dataclass
class Sender:
    intake: Intake
    key: Key
    name: str
    office: str = OFFICE

    def statement(self, content: bytes = CONTENT, **claims: Any) -> Statement:
        standard: dict[str, Any] = {
            "sender": self.name, "aud": self.office, "form": "cv17809-1", "area_list": "63", "area": "11",
            "period": "2026-Q3",
            "completeness": Completeness.ESTIMATE, "regime": Regime.COORDINATION,
            "classification": Classification.INTERNAL, "sha256": sha256(content).hexdigest(),
            "size": len(content), "issued_at": self.intake.clock.now, "nonce": uuid4().hex,
        }  # fmt: skip
        return Statement(**standard | claims)

    def post(
        self, content: bytes = CONTENT, statement: Statement | None = None, **claims: Any
    ) -> Any:
        stated = statement or self.statement(content, **claims)
        return self.post_token(sign(stated, self.key.private), content)

    def post_token(
        self, token: str, content: bytes | Iterator[bytes] = CONTENT, **headers: str
    ) -> Any:
        headers = {"Authorization": f"Statement {token}"} | headers
        return self.intake.client.post("/v1/submissions", content=content, headers=headers)

    def get(self, path: str, /, **claims: Any) -> Any:
        standard: dict[str, Any] = {
            "sender": self.name,
            "method": "GET",
            "path": path,
            "issued_at": self.intake.clock.now,
        }
        token = sign(Question(**standard | claims), self.key.private)
        return self.intake.client.get(path, headers={"Authorization": f"Statement {token}"})


@contextmanager
def running(stack: Stack, **changes: Any) -> Iterator[Intake]:
    environment = stack.environment("intake-api")
    names = {name.removeprefix("SOLIEU_").lower(): value for name, value in environment.items()}
    given = {name: names[name] for name in Settings.model_fields if name in names}
    settings = Settings(**given | changes)
    clock = Clock()
    app = create_app(settings, clock)
    app.state.keys = people.keys
    with TestClient(app) as client:
        intake = Intake(client, stack.administrator_url, settings, clock)
        for form in shipped_forms().values():
            intake.enter("form", form.id, form.to_dict(), form.version)
        office = {"id": OFFICE, "kind": "provincial_office", "province": "11"}
        intake.enter("organisation", OFFICE, office)
        for regulation in load_regulations():
            intake.enter("regulation", regulation.id, regulation.to_dict())
        yield intake


@pytest.fixture(scope="module")
def module_intake(stack: Stack) -> Iterator[Intake]:
    with running(stack) as intake:
        yield intake


@pytest.fixture
def intake(module_intake: Intake) -> Intake:
    module_intake.clock.now = NOW
    return module_intake


@pytest.fixture
def sender(intake: Intake) -> Sender:
    return intake.sender()


def records(cluster: Cluster, topic: str, key: str) -> list[Any]:
    """The records of a topic with this key."""
    consumer = KafkaConsumer(**cluster.options(), group_id=None, enable_auto_commit=False)
    partitions = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    consumer.seek_to_beginning()
    found: list[Any] = []
    while any(consumer.position(p) < ends[p] for p in partitions):
        for batch in consumer.poll(timeout_ms=500).values():
            found += [record for record in batch if record.key == key.encode()]
    consumer.close()
    return found


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.1)


def refusals(intake: Intake, sender: Sender) -> list[tuple[Any, ...]]:
    return intake.execute(
        "select refusal_id, code, status from intake.refusal where sender = %s", sender.name
    )


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == f"urn:solieu:problem:{code}"
    assert body["title"] and body["detail"] and body["en"]["title"] and body["en"]["detail"]
    return body


def test_accepted_is_durable_recorded_and_published(
    intake: Intake, sender: Sender, cluster: Cluster
) -> None:
    statement = sender.statement(period="2026-07-01/P3M")
    response = sender.post(statement=statement)
    assert response.status_code == 202, response.text
    receipt = response.json()
    assert response.headers["location"] == receipt["links"]["self"]
    (record,) = records(cluster, "submission.received", receipt["id"])
    event = codec().decode("submission.received-value", record.value)
    assert event["attempt"] == receipt["attempt"] == 1
    assert (event["sender"], event["period"], event["province"]) == (sender.name, "2026-Q3", "11")
    assert event["original"]["media_type"] == "text/csv"
    assert event["received_at"] == NOW
    assert event["statement"] == sign(statement, sender.key.private)
    assert SECRET.encode() not in record.value
    vault = state_of(intake.client).context.vault
    assert vault.get(ObjectReference(**event["original"])) == CONTENT


def test_repeats_are_the_same_submission_and_no_event(sender: Sender, cluster: Cluster) -> None:
    statement = sender.statement()
    first = sender.post(statement=statement)
    again = sender.post(statement=statement)
    copy = sender.post()
    assert [r.status_code for r in (first, again, copy)] == [202, 200, 200]
    assert first.json() == again.json() == copy.json()
    assert len(records(cluster, "submission.received", first.json()["id"])) == 1


def test_other_content_or_declarations_are_new_attempts(sender: Sender) -> None:
    other = CONTENT + b"x;2;1\n"
    answers = [
        sender.post(),
        sender.post(other),
        sender.post(other, classification=Classification.PUBLIC),
        sender.post(CONTENT),
        sender.post(CONTENT),
    ]
    assert [answer.json()["attempt"] for answer in answers] == [1, 2, 3, 4, 4]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_an_old_statement_puts_nothing_aside_and_its_retry_is_a_repeat(sender: Sender) -> None:
    first = sender.statement()
    assert sender.post(statement=first).json()["attempt"] == 1
    corrected = CONTENT + b"x;2;1\n"
    latest = sender.statement(corrected)
    assert sender.post(corrected, statement=latest).json()["attempt"] == 2
    problem(sender.post(issued_at=NOW - timedelta(seconds=1)), 409, "statement-older")
    problem(sender.post(issued_at=NOW - timedelta(days=900)), 422, "statement-expired")
    sender.intake.clock.now = NOW + timedelta(days=30)
    again = [sender.post(statement=first), sender.post(corrected, statement=latest)]
    assert [(one.status_code, one.json()["attempt"]) for one in again] == [(200, 1), (200, 2)]
    assert sender.post(CONTENT + b"y;3;1\n").json()["attempt"] == 3


def test_a_nonce_for_other_content(intake: Intake, sender: Sender) -> None:
    statement = sender.statement()
    sender.post(statement=statement)
    other = sender.statement(CONTENT + b"1;2;3\n", nonce=statement.nonce)
    problem(sender.post(CONTENT + b"1;2;3\n", other), 401, "nonce-used")
    moved = replace(statement, period="2026-Q2")
    problem(sender.post(statement=moved), 401, "nonce-used")
    assert intake.execute(
        "select count(*) from intake.submission where sender = %s", sender.name
    ) == [(1,)]
    assert intake.sender().post(statement=None, nonce=statement.nonce).status_code == 202


def test_many_at_once_are_numbered_and_none_waits_for_ever(sender: Sender) -> None:
    contents = [CONTENT + f"a;{n};1\n".encode() for n in range(12)] * 2
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(sender.post, contents))
    attempts = {answer.json()["attempt"] for answer in answers}
    assert {answer.status_code for answer in answers} <= {200, 202}
    created = [answer for answer in answers if answer.status_code == 202]
    assert attempts == set(range(1, len(created) + 1))


def test_one_nonce_at_once_for_two_submissions(sender: Sender) -> None:
    nonce = uuid4().hex
    periods = ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda period: sender.post(period=period, nonce=nonce), periods))
    assert sorted(answer.status_code for answer in answers) == [202, 401, 401, 401]


@pytest.mark.parametrize(
    ("claims", "content", "status", "code"),
    [
        ({"form": "cv17809_1"}, CONTENT, 422, "unknown-form"),
        ({"form": "cktc-09-final"}, CONTENT, 403, "other-senders-form"),
        ({"area": "12"}, CONTENT, 403, "other-senders-area"),
        ({"area": "98"}, CONTENT, 422, "unknown-area"),
        ({"period": "Q3"}, CONTENT, 422, "malformed-period"),
        ({"size": 1}, CONTENT, 422, "other-content"),
        ({"sha256": "0" * 64}, CONTENT, 422, "other-content"),
        ({}, b"", 413, "empty"),
        ({}, b"%PDF-1.7", 422, "not-a-workbook"),
    ],
)
def test_signed_refusals_say_how_to_mend_and_are_published(
    intake: Intake,
    sender: Sender,
    cluster: Cluster,
    claims: dict[str, Any],
    content: bytes,
    status: int,
    code: str,
) -> None:
    statement = sender.statement(content, **claims)
    body = problem(sender.post(content, statement), status, code)
    problem(sender.post(content, statement), status, code)
    if code == "unknown-form":
        assert body["nearest"][0] == "cv17809-1"
    ((refusal_id, kept, kept_status),) = refusals(intake, sender)
    assert (kept, kept_status) == (code, status)
    eventually(lambda: len(records(cluster, "submission.refused", str(refusal_id))) == 1)
    (record,) = records(cluster, "submission.refused", str(refusal_id))
    event = codec().decode("submission.refused-value", record.value)
    assert (event["sender"], event["code"], event["status"]) == (sender.name, code, status)
    assert intake.execute(
        "select count(*) from intake.submission where sender = %s", sender.name
    ) == [(0,)]


def test_reading_stops_at_the_limit(sender: Sender) -> None:
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        for n in range(60):
            sent.append(n)
            yield bytes(1_000_000)

    token = sign(sender.statement(), sender.key.private)
    problem(sender.post_token(token, endless()), 413, "too-large")
    announced = {"Content-Length": "25000001"}
    problem(sender.post_token(token, CONTENT, **announced), 413, "too-large")
    problem(sender.post(size=25_000_001), 413, "too-large")


def test_nobody_knows_whom(intake: Intake, sender: Sender) -> None:
    post = intake.client.post
    problem(post("/v1/submissions", content=CONTENT), 401, "no-statement")
    answer = post("/v1/submissions", content=CONTENT, headers={"Authorization": "Bearer x"})
    assert answer.headers["www-authenticate"] == "Statement"
    problem(sender.post_token("a.b.c"), 401, "malformed-statement")
    stranger = replace(sender, key=Key.generate())
    problem(stranger.post(), 401, "unknown-key")
    token = sign(sender.statement(), sender.key.private)
    problem(sender.post_token(token[:-4] + "AAAA"), 401, "bad-signature")
    problem(sender.post(sender=intake.sender().name), 401, "other-sender")
    problem(sender.post(issued_at=NOW + timedelta(minutes=6)), 401, "clock")
    expired = intake.sender(valid_to=NOW)
    problem(expired.post(), 401, "key-not-in-force")
    assert refusals(intake, sender) == refusals(intake, expired) == []
    assert 'solieu_unauthenticated_total{code="unknown-key"' in intake.client.get("/metrics").text


def test_a_key_that_expires(intake: Intake) -> None:
    sender = intake.sender(valid_to=NOW + timedelta(days=1))
    assert sender.post().status_code == 202
    intake.clock.now += timedelta(days=1)
    problem(sender.post(), 401, "key-not-in-force")


def test_the_form_in_force_counts(intake: Intake, sender: Sender) -> None:
    form = shipped_forms()["cv17809-1"].to_dict() | {"id": f"f-{uuid4().hex[:8]}"}
    later = NOW + timedelta(days=1)
    intake.enter("form", form["id"], form, 1, valid_to=later)
    intake.enter("form", form["id"], form | {"version": 2}, 2, valid_from=later)
    intake.supply(sender.name, form["id"])
    first = sender.post(form=form["id"]).json()
    intake.clock.now = later
    second = sender.post(form=form["id"]).json()
    assert (first["attempt"], second["attempt"]) == (1, 2)
    rows = intake.execute(
        "select attempt, form_version from intake.attempt where submission_id = %s", first["id"]
    )
    assert sorted(rows) == [(1, 1), (2, 2)]


def test_too_many(intake: Intake, sender: Sender) -> None:
    gate = state_of(intake.client).gate
    before = gate.attempts
    gate.attempts = Buckets(burst=1, per_second=0.5, seconds=lambda: intake.clock.now.timestamp())
    try:
        assert sender.post().status_code == 202
        answer = sender.post()
        problem(answer, 429, "too-many")
        assert answer.headers["retry-after"] == "2"
        assert intake.sender().post().status_code == 202
    finally:
        gate.attempts = before


def test_bytes_count_once_for_what_is_new_and_not_for_repeats_and_broken_uploads(
    intake: Intake, sender: Sender
) -> None:
    gate = state_of(intake.client).gate
    before, now = gate.sizes, lambda: intake.clock.now.timestamp()
    gate.sizes = Buckets(burst=2 * len(CONTENT), per_second=1, seconds=now)
    other = CONTENT.replace(b"1;", b"2;")
    try:
        assert sender.post().status_code == 202
        assert [sender.post().status_code for _ in range(5)] == [200] * 5
        cut_off = sign(sender.statement(other), sender.key.private)
        for part in (other[:-1], other + b"x", b"") * 2:
            assert sender.post_token(cut_off, part).status_code in (413, 422)
        assert sender.post(other).status_code == 202
        answer = sender.post(CONTENT)
        problem(answer, 429, "too-many")
        assert int(answer.headers["retry-after"]) == len(CONTENT)
        assert intake.sender().post().status_code == 202, "another's bytes are another's"
        intake.clock.now += timedelta(seconds=len(CONTENT))
        assert sender.post(b"no workbook").status_code == 422
        problem(sender.post(other + b"x;3;1\n"), 429, "too-many")
    finally:
        gate.sizes = before


def test_reads_are_signed_and_show_only_ones_own(intake: Intake, sender: Sender) -> None:
    path = sender.post().json()["links"]["self"]
    state = sender.get(path)
    assert state.status_code == 200, state.text
    assert (state.json()["state"], state.json()["verdict"]) == ("received", None)
    problem(intake.client.get(path), 401, "no-statement")
    problem(intake.sender().get(path), 404, "unknown-submission")
    problem(sender.get(f"/v1/submissions/{uuid4()}"), 404, "unknown-submission")
    problem(sender.get(f"{path}?attempt=2"), 404, "unknown-submission")
    problem(sender.get(path, path="/v1/submissions/other"), 401, "other-request")
    problem(sender.get(f"{path}?attempt=1", path=path), 401, "other-request")
    problem(sender.get(path, method="POST"), 401, "other-request")
    for minutes in (-6, 6):
        problem(sender.get(path, issued_at=NOW + timedelta(minutes=minutes)), 401, "clock")
    problem(sender.get(f"{path}/report"), 404, "no-report")
    assert state.json()["links"]["marked"] is None
    problem(sender.get(f"{path}/marked"), 404, "not-marked")
    problem(intake.client.get(f"{path}/marked"), 401, "no-statement")


def test_why_it_is_corrected_or_blank_stands_where_the_attempt_does(sender: Sender) -> None:
    def reason(receipt: dict[str, Any], attempt: int) -> str | None:
        found = sender.get(f"{receipt['links']['self']}?attempt={attempt}").json()
        return found["reason"]  # type: ignore[no-any-return]

    sender.post()
    corrected = sender.post(CONTENT + b"2;2;3\n", reason="Nhập nhầm đơn vị").json()
    nil = Nil(kind=NilKind.NONE_OCCURRED, reason="Không phát sinh")
    blank = sender.post(CONTENT + b"3;3;3\n", nil=nil).json()
    assert [reason(blank, attempt) for attempt in (1, 2, 3)] == [
        None,
        "Nhập nhầm đơn vị",
        "Không phát sinh",
    ]
    assert corrected["id"] == blank["id"]


def test_operators_read_states_and_no_reports(intake: Intake, sender: Sender) -> None:
    receipt = sender.post().json()
    assert intake.operator(receipt["links"]["self"]).json()["sender"] == sender.name
    problem(intake.operator(receipt["links"]["report"]), 403, "not-allowed")
    listed = intake.operator(f"/v1/submissions?sender={sender.name}&state=received&limit=5").json()
    assert [attempt["id"] for attempt in listed["attempts"]] == [receipt["id"]]
    assert (
        intake.operator(f"/v1/submissions?sender={sender.name}&state=stored").json()["attempts"]
        == []
    )
    own = f"{receipt['links']['self']}/path"
    for path in ("/v1/submissions", "/v1/reconciliation", "/v1/refusals", own):
        assert intake.client.get(path).status_code == 401
        bad = {"Authorization": "Bearer wrong"}
        assert intake.client.get(path, headers=bad).status_code == 401


def test_unknown_parameters(intake: Intake, sender: Sender) -> None:
    path = sender.post().json()["links"]["self"]
    problem(intake.operator("/v1/submissions?stat=received"), 400, "unknown-parameter")
    problem(intake.operator("/v1/reconciliation?x=1"), 400, "unknown-parameter")
    problem(sender.get(f"{path}?x=1"), 400, "unknown-parameter")
    problem(intake.client.post("/v1/submissions?x=1"), 400, "unknown-parameter")
    problem(intake.operator("/v1/submissions?state=x"), 422, "malformed-request")
    problem(intake.operator("/v1/submissions/x"), 422, "malformed-request")


def test_database_away(sender: Sender) -> None:
    settings = Settings(database_url="postgresql://x@127.0.0.1:9/x", kafka_bootstrap="127.0.0.1:9")
    with TestClient(create_app(settings)) as client:
        lost = replace(sender, intake=replace(sender.intake, client=client))
        problem(lost.post(), 503, "unavailable")
        assert client.get("/healthz").status_code == 503


def publish(cluster: Cluster, topic: str, data: dict[str, Any], at: datetime) -> None:
    event = from_avro(EVENTS[topic], data)
    message = encode(event, uuid4(), "test", at, None, codec())
    producer = KafkaProducer(**cluster.options(), acks="all")
    producer.send(topic, message.value, message.key, list(message.headers)).get(timeout=30)
    producer.close()


@pytest.fixture
def worker(stack: Stack) -> Iterator[None]:
    """The broker is one for many modules: a worker left running would join its group again and again."""
    stack.start_services(["intake-worker"])
    yield
    stack.stop_services(["intake-worker"])


def test_the_worker_projects_the_state_in_any_order(
    worker: None, intake: Intake, sender: Sender, cluster: Cluster
) -> None:
    before = intake.operator("/v1/reconciliation").json()
    receipt = sender.post().json()
    id_ = receipt["id"]
    (record,) = records(cluster, "submission.received", id_)
    event = codec().decode("submission.received-value", record.value)
    head = {name: event[name] for name in list(event)[:14]}
    vault = state_of(intake.client).context.vault
    report = vars(vault.put(NewObject(id_, 1, "report", "application/json", b'{"format": 1}')))
    marked = vars(vault.put(NewObject(id_, 1, "marked", XLSX, b"PK")))
    reference = {"observations": report, "cells": report, "report": report, "marked": marked}
    later = NOW + timedelta(seconds=3)
    stored = head | {
        "figures": 2,
        "vintage": later,
        "salt": "",
        "digest": "d",
        "observations": None,
    }
    cleared = head | {
        "decision": 1, "figures": 2, "observations": report, "checked": ["regime"], "releases": [],
    }  # fmt: skip
    validated = head | reference | {
        "figures": 2, "rounded": 0, "warnings": 0, "rules": 1, "rule_set": "r",
        "flags": None, "work_secret": False, "received_at": None, "sections": "", "explained": False,
    }  # fmt: skip

    def state() -> dict[str, Any]:
        found: dict[str, Any] = sender.get(receipt["links"]["self"]).json()
        return found

    publish(cluster, "submission.stored", stored, later)
    eventually(lambda: "stored" in state()["times"])
    # What validation found is still under way: nobody is told "stored" without its report.
    assert (state()["state"], state()["verdict"]) == ("received", None)
    publish(cluster, "submission.validated", validated, NOW + timedelta(seconds=1))
    publish(cluster, "submission.cleared", cleared, NOW + timedelta(seconds=2))
    eventually(lambda: len(state()["times"]) == 4)
    found = state()
    assert (found["state"], found["verdict"], found["figures"], found["checked"]) == (
        "stored",
        "cleared",
        2,
        ["regime"],
    )
    assert found["times"]["cleared"] == "2026-11-23T08:00:02Z"
    report_answer = sender.get(receipt["links"]["report"])
    assert report_answer.json() == {"format": 1}
    assert state()["links"]["marked"] == f"{receipt['links']['self']}/marked?attempt=1"
    workbook = sender.get(state()["links"]["marked"])
    assert (workbook.content, workbook.headers["content-type"]) == (b"PK", XLSX)
    name = "cv17809-1_2026-Q3_lan-1_danh-dau.xlsx"
    assert f'filename="{name}"' in workbook.headers["content-disposition"]
    problem(intake.operator(state()["links"]["marked"]), 403, "not-allowed")
    problem(intake.sender().get(state()["links"]["marked"]), 404, "unknown-submission")
    path = intake.operator(f"{receipt['links']['self']}/path").json()
    assert [e["state"] for e in path["events"] if e["state"] != "received"] == [
        "validated",
        "cleared",
        "stored",
    ]
    after = intake.operator("/v1/reconciliation").json()
    assert after["attempts"] == before["attempts"] + 1
    assert after["verdicts"]["cleared"] == before["verdicts"]["cleared"] + 1
    assert after["figures"]["read"] == before["figures"]["read"] + 2
    assert after["figures"]["stored"] == before["figures"]["stored"] + 2
    assert after["attempts"] == sum(after["verdicts"].values()) + after["held"] + after["in_flight"]


def test_the_worker_keeps_the_catalogue_and_a_returned_attempt_may_come_again(
    worker: None, intake: Intake, cluster: Cluster
) -> None:
    sender = intake.sender()
    receipt = sender.post().json()
    (record,) = records(cluster, "submission.received", receipt["id"])
    event = codec().decode("submission.received-value", record.value)
    head = {name: event[name] for name in list(event)[:14]}
    finding = {
        "code": "total", "rule": "total-2", "level": 1, "severity": "error", "sheet": "Biểu 1", "cells": ["C5"],
    }  # fmt: skip
    returned = head | {
        "figures": 94, "errors": 1, "warnings": 0, "rule_set": "r", "findings": [finding], "cells": None,
        "report": event["original"], "marked": None, "received_at": None,
    }  # fmt: skip
    publish(cluster, "submission.returned", returned, NOW)
    eventually(lambda: sender.get(receipt["links"]["self"]).json()["verdict"] == "returned")
    assert sender.get(receipt["links"]["self"]).json()["findings"] == [finding]
    again = sender.post()
    assert (again.status_code, again.json()["attempt"]) == (202, 2)


def test_the_connector_speaks_with_the_api(intake: Intake, sender: Sender, tmp_path: Any) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(CONTENT)
    connector = Connector("", sender.key, client=intake.client, clock=intake.clock)
    words: dict[str, Any] = {
        "form": "cv17809-1",
        "area": "11",
        "completeness": "estimate",
        "regime": "coordination",
    }
    receipt = connector.submit(file, period="2026-Q1", **words)
    assert (receipt.status, receipt.new, receipt.attempt) == (202, True, 1)
    assert not connector.submit(file, period="2026-Q1", **words).new
    assert connector.state(receipt.id, 1)["period"] == "2026-Q1"
    with pytest.raises(Refused) as refused:
        connector.report(receipt.id)
    assert refused.value.code == "no-report"
    with pytest.raises(Refused) as refused:
        connector.submit(file, period="Q1", **words)
    assert (refused.value.code, refused.value.status) == ("malformed-period", 422)


def test_openapi_is_whole(intake: Intake) -> None:
    described = intake.client.get("/openapi.json").json()
    post = described["paths"]["/v1/submissions"]["post"]
    assert {"200", "202", "401", "403", "413", "422", "429", "503"} <= post["responses"].keys()
    examples = post["responses"]["422"]["content"]["application/problem+json"]["examples"]
    assert {"unknown-form", "password", "not-a-workbook"} <= examples.keys()
    assert UUID(described["components"]["schemas"]["Receipt"]["examples"][0]["id"])


# -- parts of a form; last, as they put attempts into states that no event told of


class Parts:
    """What an agency sends of form 6, about a period that nobody else reports: another's parts are in the way."""

    def __init__(self, sender: Sender, period: str) -> None:
        self.sender, self.period = sender, period

    def __call__(
        self, *sections: str, content: bytes = CONTENT, sender: Sender | None = None
    ) -> Any:
        claims: dict[str, Any] = {
            "form": "cv17809-6",
            "period": self.period,
            "sections": sections or None,
        }
        return (sender or self.sender).post(content, **claims)

    def becomes(self, answer: Any, state: str, attempt: int = 1) -> None:
        self.sender.intake.execute(
            "update intake.status set state = %s where submission_id = %s and attempt = %s",
            state, answer.json()["id"], attempt,
        )  # fmt: skip


def is_covered(answer: Any) -> bool:
    refused: bool = answer.status_code == 409
    assert not refused or answer.json()["type"].endswith(":section-covered")
    return refused


def test_each_part_of_a_form_is_a_submission_and_no_section_is_covered_twice(
    intake: Intake, sender: Sender
) -> None:
    intake.supply(sender.name, "cv17809-6", "A")  # by its kind it has B already
    sent = Parts(sender, "2024-Q1")
    first, second = sent("A"), sent("B")
    assert [first.status_code, second.status_code] == [202, 202]
    assert first.json()["id"] != second.json()["id"]
    corrected = sent("A", content=CONTENT + b"1")
    assert (corrected.json()["id"], corrected.json()["attempt"]) == (first.json()["id"], 2)
    for both in (("A", "B"), ()):
        assert is_covered(sent(*both))
    sent.becomes(first, "returned")
    sent.becomes(first, "returned", 2)
    sent.becomes(second, "withdrawn")
    whole = sent()
    assert whole.status_code == 202
    named = sent("B", "A", content=CONTENT + b"1")
    assert (named.json()["id"], named.json()["attempt"]) == (whole.json()["id"], 2), "all it has"
    assert is_covered(sent("A", content=CONTENT + b"2"))
    for section, code in (("C", "other-senders-section"), ("D", "unknown-section")):
        assert sent(section).json()["type"].endswith(f":{code}")
    rows = intake.execute(
        "select sections from intake.submission where sender = %s and form = %s order by sections",
        sender.name,
        "cv17809-6",
    )
    assert rows == [("A",), ("A,B",), ("B",)], "what is refused leaves nothing"


def test_a_section_is_covered_while_an_earlier_attempt_is_in_use(
    intake: Intake, sender: Sender
) -> None:
    intake.supply(sender.name, "cv17809-6", "A")
    sent = Parts(sender, "2024-Q2")
    part = sent("B")
    sent.becomes(part, "stored")
    assert sent("B", content=CONTENT + b"1").json()["attempt"] == 2
    sent.becomes(part, "returned", 2)
    assert is_covered(sent()), "figures of the first attempt are in use"


def test_two_agencies_never_cover_one_section(intake: Intake, sender: Sender) -> None:
    sent, other = Parts(sender, "2024-Q3"), intake.sender()
    assert sent("B").status_code == 202
    taken = sent("B", sender=other)
    assert is_covered(taken)
    assert sender.name not in taken.text and "submission" not in taken.json()


def test_the_very_same_statement_is_repeated_after_its_sender_answers_for_more(
    intake: Intake, sender: Sender
) -> None:
    stated = sender.statement(form="cv17809-6", period="2024-Q4")
    token = sign(stated, sender.key.private)
    first = sender.post_token(token)
    intake.supply(sender.name, "cv17809-6", "A")
    again = sender.post_token(token)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]


def test_parts_at_once_never_cover_one_section_twice(intake: Intake, sender: Sender) -> None:
    intake.supply(sender.name, "cv17809-6", "A")
    sent = Parts(sender, "2023-Q1")
    parts = [("A",), ("B",), ("A", "B"), ()] * 2
    with ThreadPoolExecutor(4) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda part: sent(*part), parts)]
    covered = intake.execute(
        "select sections from intake.submission where sender = %s and period = '2023-Q1'"
        " order by sections",
        sender.name,
    )
    assert covered in ([("A,B",)], [("A",), ("B",)]) and 202 in statuses


def test_an_item_that_is_entered_ahead_ends_the_one_before_it_when_it_begins(
    intake: Intake, sender: Sender
) -> None:
    id_ = f"{sender.name}/cv17809-6/"
    body = {"id": id_, "responsible": "so-khac", "form": "cv17809-6"}
    begins = NOW + timedelta(days=30)
    intake.enter("item", id_, body, version=2, valid_from=begins)
    sent = Parts(sender, "2023-Q2")
    assert sent("B").status_code == 202
    intake.clock.now = begins + timedelta(seconds=1)
    try:
        late = sent("B", content=CONTENT + b"1")
        assert late.json()["type"].endswith(":no-item")
    finally:
        intake.clock.now = NOW

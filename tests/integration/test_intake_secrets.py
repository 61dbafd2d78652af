"""State secrets at intake's door, with the real broker, database and vault: announced, never taken in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from kafka import KafkaConsumer, TopicPartition

from deploy.local import Stack
from services.connector.client import Connector, Refused
from services.intake.api import create_app
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.model.enumerations import SecretLevel
from services.model.statement import Classification, SecretDocument, SecretNotice, sign
from tests.integration.test_intake_api import (
    CONTENT,
    NOW,
    Intake,
    Sender,
    eventually,
    intake,
    module_intake,
    problem,
    records,
    refusals,
    sender,
)

__all__ = ["intake", "module_intake", "sender"]
pytestmark = pytest.mark.stack

RECEIVER = "thong-ke-thu"
SECRET = Classification.STATE_SECRET
DECLARED: dict[str, Any] = {
    "document_number": "12/BC-STC",
    "level": SecretLevel.CONFIDENTIAL,
    "date": date(2026, 11, 20),
    "receiver": RECEIVER,
}
FOUR = {
    "document_number": "12/BC-STC",
    "secret_level": "confidential",
    "secret_date": "2026-11-20",
    "secret_receiver": RECEIVER,
}
ARTICLE = {"instrument": "dien-bien-1618-2021", "article": "6", "clause": "1"}


@pytest.fixture(autouse=True)
def receiver(intake: Intake) -> None:
    intake.enter("organisation", RECEIVER, {"id": RECEIVER, "kind": "provincial_office"})


def notify(sender: Sender, *, body: bytes = b"", **changes: Any) -> Any:
    given: dict[str, Any] = {"sender": sender.name, "issued_at": sender.intake.clock.now}
    given |= DECLARED | changes
    token = sign(SecretNotice(**given), sender.key.private)
    headers = {"Authorization": f"Statement {token}"}
    return sender.intake.client.post("/v1/secret-notices", content=body, headers=headers)


def event_of(cluster: Cluster, refusal_id: Any) -> dict[str, Any]:
    eventually(lambda: len(records(cluster, "submission.refused", str(refusal_id))) == 1)
    (record,) = records(cluster, "submission.refused", str(refusal_id))
    event: dict[str, Any] = codec().decode("submission.refused-value", record.value)
    return event


def everything(cluster: Cluster) -> bytes:
    """Every byte of every record of every topic, headers too."""
    consumer = KafkaConsumer(**cluster.options(), group_id=None, enable_auto_commit=False)
    partitions = [
        TopicPartition(topic, n)
        for topic in consumer.topics()
        for n in consumer.partitions_for_topic(topic) or ()
    ]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    consumer.seek_to_beginning()
    found = []
    while any(consumer.position(p) < ends[p] for p in partitions):
        for batch in consumer.poll(timeout_ms=500).values():
            found += [(r.key or b"") + (r.value or b"") + repr(r.headers).encode() for r in batch]
    consumer.close()
    return b"".join(found)


def test_a_notice_is_recorded_and_published(
    intake: Intake, sender: Sender, cluster: Cluster
) -> None:
    answer = notify(sender)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert {name: body[name] for name in ("document_number", "level", "date", "receiver")} == {
        "document_number": "12/BC-STC", "level": "confidential", "date": "2026-11-20",
        "receiver": RECEIVER,
    }  # fmt: skip
    (reason,) = body["reasons"]
    assert (reason["requirement"], reason["number"]) == ("R18", "1618/QĐ-UBND")
    # 201 follows the broker's acknowledgement: nothing to wait for.
    (record,) = records(cluster, "submission.refused", body["id"])
    event = codec().decode("submission.refused-value", record.value)
    expected = {"sender": sender.name, "code": "state-secret", "status": 201} | FOUR | ARTICLE
    assert {name: event[name] for name in expected} == expected
    assert event["form"] is event["area"] is event["period"] is None
    assert event["refused_at"] == NOW


def test_a_notice_is_one_however_often_it_is_sent(
    intake: Intake, sender: Sender, cluster: Cluster
) -> None:
    answers = [notify(sender), notify(sender), notify(sender)]
    assert [one.status_code for one in answers] == [201, 200, 200]
    assert len({one.text for one in answers}) == 1
    assert len(records(cluster, "submission.refused", answers[0].json()["id"])) == 1
    assert len(refusals(intake, sender)) == 1
    problem(notify(sender, level=SecretLevel.TOP_SECRET), 409, "other-notice")
    assert len(refusals(intake, sender)) == 1
    assert notify(sender, date=date(2025, 11, 20)).status_code == 201
    assert notify(sender, document_number="13/BC-STC").status_code == 201
    assert notify(intake.sender()).status_code == 201


def test_the_body_of_a_notice_is_dropped(intake: Intake, sender: Sender, cluster: Cluster) -> None:
    content = uuid4().hex.encode()
    assert notify(sender, body=content).status_code == 201
    assert content not in everything(cluster)


def test_who_may_announce(intake: Intake, sender: Sender) -> None:
    problem(intake.client.post("/v1/secret-notices"), 401, "no-statement")
    problem(notify(replace(sender, key=intake.sender().key)), 401, "other-sender")
    problem(notify(intake.sender(valid_to=NOW)), 401, "key-not-in-force")
    problem(notify(sender, receiver="Nguyễn Văn A"), 422, "unknown-receiver")
    stated = sign(sender.statement(), sender.key.private)
    headers = {"Authorization": f"Statement {stated}"}
    problem(intake.client.post("/v1/secret-notices", headers=headers), 422, "bad-claims")
    assert refusals(intake, sender) == []


def test_the_connector_announces(intake: Intake, sender: Sender, tmp_path: Any) -> None:
    connector = Connector("", sender.key, client=intake.client, clock=intake.clock)
    words = {**FOUR_OF_CONNECTOR, "receiver": RECEIVER}
    first, again = connector.announce_secret(**words), connector.announce_secret(**words)
    assert (first.status, again.status, first.id) == (201, 200, again.id)
    with pytest.raises(Refused) as refused:
        connector.announce_secret(**words | {"receiver": "x"})
    assert refused.value.code == "unknown-receiver"


FOUR_OF_CONNECTOR = {"document_number": "12/BC-STC", "level": "secret", "date": "2026-11-20"}


@pytest.mark.parametrize("stated", [True, False])
def test_a_file_declared_secret_is_dropped_unread(
    intake: Intake, sender: Sender, cluster: Cluster, stated: bool
) -> None:
    content = uuid4().hex.encode() * 40
    document = SecretDocument(**DECLARED) if stated else None
    telling = f"ten-{uuid4().hex}"
    claims = {"form": telling, "period": telling, "area": telling, "classification": SECRET}
    statement = sender.statement(content, document=document, **claims)
    token = sign(statement, sender.key.private)
    read: list[bool] = []
    headers = [(b"authorization", f"Statement {token}".encode()), (b"host", b"x")]
    assert _raw(intake, headers, read)["status"] == 403
    assert read == [], "the application asked for the body"

    found = problem(sender.post_token(token, content), 403, "state-secret")
    (reason,) = found["reasons"]
    assert (reason["number"], reason["article"], reason["clause"]) == ("1618/QĐ-UBND", "6", "1")
    assert "khoản 1 Điều 6" in found["title"]
    ((refusal_id, code, status),) = refusals(intake, sender)
    assert (code, status) == ("state-secret", 403)
    event = event_of(cluster, refusal_id)
    four = FOUR if stated else dict.fromkeys(FOUR)
    expected = four | ARTICLE | {"form": None, "area": None, "period": None}
    assert {name: event[name] for name in expected} == expected

    kept = "select count(*) from vault.keys where name like %s"
    assert intake.execute(kept, f"%{statement.sha256}%") == [(0,)]
    assert intake.execute(
        "select count(*) from intake.submission where sender = %s", sender.name
    ) == [(0,)]
    on_topics = everything(cluster)
    assert str(refusal_id).encode() in on_topics
    for forbidden in (content[:32], statement.sha256.encode(), telling.encode()):
        assert forbidden not in on_topics


def test_a_document_declared_beside_another_classification_is_a_secret(sender: Sender) -> None:
    document = SecretDocument(**DECLARED)
    problem(sender.post(document=document), 403, "state-secret")


def test_a_national_sender_has_the_national_law(intake: Intake) -> None:
    sender = intake.sender()
    body = {"id": sender.name, "kind": "ministry"}
    intake.execute(
        "update intake.replica set body = %s::jsonb where kind = 'organisation' and id = %s",
        f'{{"id": "{body["id"]}", "kind": "ministry"}}', sender.name,
    )  # fmt: skip
    answer = problem(sender.post(classification=SECRET), 403, "state-secret")
    assert answer["reasons"][0]["number"] == "117/2025/QH15"
    intake.clock.now = NOW.replace(month=2, day=1)
    answer = problem(sender.post(classification=SECRET), 403, "state-secret")
    assert answer["reasons"][0]["number"] == "29/2018/QH14"


def test_over_the_network_the_body_is_not_even_asked_for(
    stack: Stack, intake: Intake, sender: Sender
) -> None:
    """`Expect: 100-continue`: the sender waits with the body, and is answered without it."""
    statement = sender.statement(CONTENT, classification=SECRET)
    token = sign(statement, sender.key.private)
    head = (
        "POST /v1/submissions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        f"Authorization: Statement {token}\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
    )
    with served(intake) as port:
        assert _first_line(port, head) == b"HTTP/1.1 403 Forbidden"
        allowed = sign(sender.statement(CONTENT), sender.key.private)
        assert _first_line(port, head.replace(token, allowed)) == b"HTTP/1.1 100 Continue"


def _first_line(port: int, head: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode())
        return connection.recv(4096).split(b"\r\n")[0]


@contextmanager
def served(intake: Intake) -> Iterator[int]:
    """Intake's API on a real socket, by the server that it runs on."""
    config = uvicorn.Config(
        create_app(intake.settings, intake.clock), port=0, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 120
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


def _raw(intake: Intake, headers: list[tuple[bytes, bytes]], read: list[bool]) -> dict[str, Any]:
    """One request by ASGI itself, that notes whether its body was asked for."""
    found: dict[str, Any] = {}

    async def receive() -> dict[str, Any]:
        read.append(True)
        return {"type": "http.request", "body": CONTENT, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            found["status"] = message["status"]

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/submissions", "raw_path": b"/v1/submissions", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "root_path": "", "state": {},
    }  # fmt: skip
    portal: Any = intake.client.portal
    portal.call(intake.client.app, scope, receive, send)
    return found

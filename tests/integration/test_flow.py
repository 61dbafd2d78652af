"""All services together, on a stack of their own: the demo's scenario, and poison on every input topic."""

from __future__ import annotations

import random
import runpy
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
import yaml
from kafka import KafkaProducer

from deploy import feed
from deploy.local import Stack
from deploy.supervision import wait_until
from services.audit.worker import STAGE as AUDIT
from services.catalogue import starter
from services.connector.client import Connector, Refused
from services.connector.keys import Key
from services.grdp.worker import STAGE as GRDP
from services.intake.projection import STAGE as INTAKE
from services.kernel import replay
from services.kernel.wire import Message
from services.policy.worker import RELEASED
from services.policy.worker import STAGE as POLICY
from services.validation.worker import STAGE as VALIDATION
from services.validation.worker import STORED
from tests.toy.harness import received

pytestmark = pytest.mark.stack
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "dien-bien"
CATALOGUE = ("catalogue.changed",)
INPUTS: dict[str, tuple[str, ...]] = {
    "intake": (*INTAKE.topics, *CATALOGUE),
    "validation": (*VALIDATION.topics, *STORED.topics, *CATALOGUE),
    "policy": (*POLICY.topics, *RELEASED.topics, *CATALOGUE),
    "grdp": (*GRDP.topics, *CATALOGUE),
    "audit": AUDIT.topics,
}
MALFORMED = 1000


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="solieu-flow-"))
    folder.chmod(0o711)
    stack = Stack(folder / "stack", free_ports=True, tied=True)
    try:
        stack.start_infrastructure()
        stack.prepare()
        stack.start_services()
        stack.wait_healthy(180)
        starter.load(stack.url("catalogue-api"), stack.state.tokens["administrator"])
        yield stack
    finally:
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workbooks")
    runpy.run_path(str(EXAMPLES / "generate.py"))["generate"](folder)
    return folder


def connector(stack: Stack, sender: str) -> Connector:
    """A connection with a new key, which the catalogue knows and intake will know soon."""
    key = Key.generate(sender)
    token = {"Authorization": f"Bearer {stack.state.tokens['administrator']}"}
    with httpx2.Client(headers=token, timeout=30, trust_env=False) as client:
        body = {"sender": sender, "public_key": key.public()}
        url = f"{stack.url('catalogue-api')}/v1/sender_key/{key.id}"
        client.put(url, json={"body": body}).raise_for_status()
    client = httpx2.Client(base_url=stack.url("intake-api"), timeout=30, trust_env=False)
    sender_connector = Connector(stack.url("intake-api"), key, client=client)
    _until_known(sender_connector)
    return sender_connector


def _until_known(connector: Connector) -> None:
    """Intake learns of a key from the catalogue's topic: soon, not at once."""
    deadline = time.monotonic() + 60
    while True:
        try:
            connector.state(str(uuid4()))
        except Refused as refused:
            if refused.status == 404:
                return
            assert time.monotonic() < deadline, refused
        time.sleep(0.1)


def operator(stack: Stack, service: str, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {stack.state.tokens['operator']}"}
    with httpx2.Client(headers=headers, timeout=30, trust_env=False) as client:
        answer: dict[str, Any] = client.get(stack.url(f"{service}-api") + path).json()
    return answer


def kept(stack: Stack) -> set[str]:
    """The submissions with whose figures validation compares later ones."""
    with psycopg.connect(stack.administrator_url) as connection:
        rows = connection.execute("select submission_id from validation.accepted").fetchall()
    return {str(id_) for (id_,) in rows}


def test_each_submission_of_the_scenario_gets_its_verdict(running: Stack, workbooks: Path) -> None:
    scenario = yaml.safe_load((EXAMPLES / "scenario.yaml").read_text(encoding="utf-8"))
    connectors: dict[str, Connector] = {}
    stored: set[str] = set()
    for entry in scenario["submissions"]:
        if entry["sender"] not in connectors:
            connectors[entry["sender"]] = connector(running, entry["sender"])
        sender = connectors[entry["sender"]]
        file = (EXAMPLES if entry.get("kept") else workbooks) / entry["file"]
        stated = ("form", "area_list", "area", "period", "completeness", "regime", "classification")
        receipt = sender.submit(file, **{name: entry[name] for name in stated})
        state = sender.wait(receipt.id, receipt.attempt, stored=True, seconds=90)
        found = {**state, "status": receipt.status, "verdict": state["verdict"] or state["state"]}
        expected = {k: entry["expect"][k] for k in ("status", "attempt", "verdict", "figures")}
        assert {name: found[name] for name in expected} == expected, entry["name"]
        if state["state"] == "stored":
            stored.add(receipt.id)
    wait_until(lambda: kept(running) == stored, 60, "validation keeps what was stored")
    figures = operator(running, "intake", "/v1/reconciliation")["figures"]
    assert figures["read"] == sum(figures[n] for n in ("stored", "returned", "withheld", "held"))
    assert len(feed.read(running.bootstrap).current) == figures["stored"] == 852
    for one in connectors.values():
        one.close()


def broken(index: int) -> Message:
    """Bytes that are no event of any topic, of several kinds."""
    message = received()
    return [
        replace(message, value=b"\x00"),
        replace(message, value=message.value[:-1]),
        replace(message, value=b""),
        replace(message, value=b"\x00\x00\x00\x00\xff" + message.value[5:]),
        replace(message, headers=message.headers[2:]),
    ][index % 5]


def test_poison_on_every_input_topic_is_buried_and_good_ones_between_pass(
    running: Stack, workbooks: Path
) -> None:
    before = {group: len(replay.letters(running.bootstrap, group)) for group in INPUTS}
    topics = sorted({topic for names in INPUTS.values() for topic in names})
    rng = random.Random(3)
    order = [topic for topic in topics for _ in range(MALFORMED)]
    rng.shuffle(order)
    producer = KafkaProducer(bootstrap_servers=running.bootstrap, acks="all", linger_ms=20)
    half = len(order) // 2
    _produce(producer, order[:half])
    with connector(running, "so-tai-chinh-dien-bien") as sender:
        receipt = sender.submit(
            workbooks / "cv17809-1_2026-Q3.xlsx",
            form="cv17809-1",
            area="11",
            period="2026-Q3",
            completeness="official",
            regime="coordination",
        )
        _produce(producer, order[half:])
        producer.close()
        state = sender.wait(receipt.id, receipt.attempt, stored=True, seconds=120)
    assert state["verdict"] == "cleared"
    expected = {group: MALFORMED * len(names) for group, names in INPUTS.items()}
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        found = {g: _buried(running, g)[before[g] :] for g in INPUTS}
        if {group: len(set(origins)) for group, origins in found.items()} == expected:
            break
        time.sleep(2)
    by_topic = {g: Counter(o.topic for o in set(origins)) for g, origins in found.items()}
    assert by_topic == {g: Counter(dict.fromkeys(names, MALFORMED)) for g, names in INPUTS.items()}


def _buried(stack: Stack, group: str) -> list[Any]:
    letters = replay.letters(stack.bootstrap, group)
    assert all(letter.error == "Malformed" and letter.reason for letter in letters)
    return [letter.origin for letter in letters]


def _produce(producer: Any, topics: list[str]) -> None:
    for index, topic in enumerate(topics):
        message = broken(index)
        producer.send(topic, message.value, uuid4().bytes, list(message.headers))
    producer.flush()

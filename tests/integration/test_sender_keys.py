"""Senders' keys through the real services: catalogue says which are good, intake believes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from deploy.stack import Stack
from services.catalogue import starter
from services.connector.client import Connector, Receipt, Refused
from services.connector.keys import Key
from services.model.enumerations import Completeness, Regime
from services.model.statement import Classification
from tests.running import own_stack

pytestmark = pytest.mark.stack

PROGRAMS = ("catalogue-api", "intake-worker", "intake-api")
SENDER = "so-tai-chinh-dien-bien"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    """A stack of its own: other tests write on its topics what catalogue never said."""
    with own_stack("keys", programs=PROGRAMS) as stack:
        environment = stack.administrator_environment()
        starter.load(stack.url("catalogue-api"), environment["SOLIEU_ADMINISTRATOR_TOKEN"])
        yield stack


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    file = tmp_path / "a.csv"
    file.write_text(f"Chỉ tiêu;Mã số;Quý\nTổng;1;{uuid4().int % 1000}\n", encoding="utf-8")
    return file


def put(stack: Stack, key: Key, sender: str = SENDER, **valid: datetime) -> int:
    """Has catalogue say how long the key is good; returns the status."""
    token = stack.administrator_environment()["SOLIEU_ADMINISTRATOR_TOKEN"]
    body = {"body": {"sender": sender, "public_key": key.public()}}
    times = {name: moment.isoformat() for name, moment in valid.items()}
    answer = httpx2.put(
        f"{stack.url('catalogue-api')}/v1/sender_key/{key.id}",
        json=body | times, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False,
    )  # fmt: skip
    return answer.status_code


def submit(stack: Stack, key: Key, file: Path) -> Receipt | Refused:
    with Connector(stack.url("intake-api"), key) as connector:
        try:
            return connector.submit(
                file, form="cv17809-1", area="11", period="2026-Q3",
                completeness=Completeness.ESTIMATE, regime=Regime.COORDINATION,
                classification=Classification.INTERNAL,
            )  # fmt: skip
        except Refused as refused:
            return refused


def outcome(answer: Receipt | Refused) -> str:
    """`accepted`, or the code of the refusal."""
    return "accepted" if isinstance(answer, Receipt) else answer.code


def until(stack: Stack, key: Key, file: Path, wanted: str) -> Any:
    """Submits until intake has heard of the change; returns what it answers then."""
    end = time.monotonic() + 120
    while True:
        answer = submit(stack, key, file)
        if outcome(answer) == wanted or time.monotonic() > end:
            assert outcome(answer) == wanted
            return answer
        time.sleep(0.2)


def test_a_key_is_good_from_its_first_moment_until_it_is_revoked(
    running: Stack, workbook: Path
) -> None:
    key, now = Key.generate(SENDER), datetime.now(UTC)
    until(running, key, workbook, "unknown-key")

    assert put(running, key, valid_from=now + DAY) == 201
    until(running, key, workbook, "key-not-in-force")

    assert put(running, key, valid_from=now - DAY) == 201
    accepted = until(running, key, workbook, "accepted")

    assert put(running, key, valid_from=now - DAY, valid_to=datetime.now(UTC)) == 201
    until(running, key, workbook, "key-not-in-force")
    with Connector(running.url("intake-api"), key) as connector, pytest.raises(Refused):
        connector.state(accepted.id)

    new = Key.generate(SENDER)
    assert put(running, new) == 201
    again = until(running, new, workbook, "accepted")
    assert (again.id, again.attempt) == (accepted.id, accepted.attempt)


def test_a_key_ends_at_its_moment_without_anybody_saying_so(running: Stack, workbook: Path) -> None:
    key = Key.generate(SENDER)
    ends = datetime.now(UTC) + timedelta(seconds=6)
    assert put(running, key, valid_to=ends) == 201
    until(running, key, workbook, "accepted")
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 0.1)
    assert outcome(submit(running, key, workbook)) == "key-not-in-force"


def test_a_key_speaks_for_its_sender_alone(running: Stack, workbook: Path) -> None:
    key = Key.generate(SENDER)
    assert put(running, key) == 201
    assert put(running, key, sender="so-tu-phap-dien-bien") == 422
    until(running, key, workbook, "accepted")
    stolen = Key(key.private, "so-tu-phap-dien-bien")
    assert outcome(submit(running, stolen, workbook)) == "other-sender"

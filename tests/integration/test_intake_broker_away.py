"""Intake while the broker is away, or the vault, one process at a time: another one would relay what this one can't."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import Stack
from services.kernel.cluster import Cluster
from tests.integration.test_intake_api import Sender, eventually, problem, records, running
from tests.integration.test_intake_secrets import notify

pytestmark = pytest.mark.stack


@contextmanager
def cut_off(stack: Stack) -> Iterator[Sender]:
    with running(stack, kafka_bootstrap="127.0.0.1:9") as intake:
        yield intake.sender()


@contextmanager
def back(stack: Stack, sender: Sender) -> Iterator[Sender]:
    with running(stack) as intake:
        yield replace(sender, intake=intake)


def test_the_same_statement_again_is_published_once(stack: Stack, cluster: Cluster) -> None:
    with cut_off(stack) as sender:
        statement = sender.statement()
        answer = sender.post(statement=statement)
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"]
    with back(stack, sender) as sender:
        again = sender.post(statement=statement)
    assert again.status_code == 200
    assert len(records(cluster, "submission.received", again.json()["id"])) == 1


def test_the_same_notice_of_a_secret_again_is_published_once(
    stack: Stack, cluster: Cluster
) -> None:
    with cut_off(stack) as sender:
        problem(notify(sender, receiver=sender.name), 503, "unavailable")
    with back(stack, sender) as sender:
        again = notify(sender, receiver=sender.name)
    assert again.status_code == 200
    assert len(records(cluster, "submission.refused", again.json()["id"])) == 1


def test_what_is_sent_while_the_vault_is_away_is_taken_in_once_when_it_is_sent_again(
    stack: Stack, cluster: Cluster, tmp_path: Path
) -> None:
    with running(stack, vault=str(tmp_path / "away")) as intake:
        sender = intake.sender()
        statement = sender.statement()
        answer = sender.post(statement=statement)
        eventually(lambda: intake.client.get("/healthz").status_code == 503)
        health = intake.client.get("/healthz").json()
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"]
    assert (health["database"], health["vault"]) == (True, False)
    assert list(tmp_path.iterdir()) == []
    with back(stack, sender) as sender:
        again = sender.post(statement=statement)
    assert again.status_code == 202
    assert len(records(cluster, "submission.received", again.json()["id"])) == 1

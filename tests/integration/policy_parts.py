"""Policy's API and its worker's transactions on a real database, and who asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import Session

from deploy import database
from deploy.feed import records
from deploy.local import Stack
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.events import Event
from services.kernel.migration import migrate
from services.kernel.settings import Settings
from services.kernel.stage import ObjectStage
from services.model.starter_pack import starter_pack
from services.policy import worker
from services.policy.api import create_app
from tests import people
from tests.logins import login
from tests.running import state_of
from tests.unit.test_policy_handler import CLEAN, validated
from tests.unit.test_policy_requests import released

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


ECONOMY = "phong-thong-ke-kinh-te-dien-bien"


SOCIETY = "phong-thong-ke-xa-hoi-dien-bien"


FIGURE = {
    "indicator_list": "dp",
    "indicator": "T0111",
    "area_list": "34",
    "area": "11",
    "period": "2025",
    "completeness": "official",
}


WANTED = FIGURE | {"purpose": "Báo cáo bình đẳng giới", "basis": "1618/QĐ-UBND Điều 4"}


PURPOSES = [
    *("Báo cáo bình đẳng giới", "Nghiên cứu của trường đại học", "Theo thỏa thuận", "bị bỏ lỡ"),
    *("Rút lại", "khác"),
]
"""What the marriages may be asked for without a judgement."""


@dataclass
class Policy:
    """The service: its API, and what its worker does with an event."""

    client: TestClient
    url: str
    administrator_url: str

    @property
    def context(self) -> Any:
        return state_of(self.client).context

    def happens(
        self, event: Event, stage: ObjectStage = worker.STAGE, content: bytes = CLEAN
    ) -> None:
        """One event in one transaction, as the runner has it; its outputs go by the outbox here."""
        with Session(self.context.engine) as session, session.begin():
            facts = stage.load(session, event)
            outcome = stage.handle(event, facts, {"cells": content})
            self.context.outbox.write(session, outcome, event.id)

    def comes(self, submission: str, attempt: int = 1, **changes: Any) -> None:
        """A validated attempt."""
        event = validated(attempt, **{"submission_id": submission, **changes})
        self.happens(replace(event, key=submission, subject=submission, time=NOW))

    def publishes(self, **changes: Any) -> None:
        """The act that ends an embargo."""
        self.happens(released(**changes), worker.RELEASED)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, values).fetchall()

    def execute(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement, values)

    def puts(self, name: str) -> None:
        """The key of an object, which others put: policy opens and never adds."""
        with psycopg.connect(self.administrator_url, autocommit=True) as connection:
            connection.execute("insert into vault.keys (name, wrapped) values (%s, 'x')", [name])

    def verdict(self, submission: str, attempt: int = 1) -> str:
        statement = "select verdict from attempts where submission_id = %s and attempt = %s"
        ((verdict,),) = self.rows(statement, submission, attempt)
        return str(verdict)


@contextmanager
def running(stack: Stack, administrator_url: str) -> Iterator[Policy]:
    """The service on an empty database, with the catalogue of the starter pack."""
    password = stack.state.passwords["policy"]
    migrate(administrator_url, {"policy": password})
    name = administrator_url.rpartition("/")[2]
    url = database.url("policy", password, stack.state.ports["postgres"], name)
    config = Settings(
        database_url=url, **login(stack.kafka("policy")), operator_token=SecretStr("operator")
    )
    # These tests sweep themselves, and count what that decided.
    app = create_app(config, lambda: NOW, sweep_seconds=86_400)
    app.state.keys = people.keys
    with psycopg.connect(url, autocommit=True) as connection:
        for number, entry in enumerate(starter_pack(), 1):
            more = {"purposes": PURPOSES} if entry.body.get("form") == "t0111" else {}
            values = (entry.kind, entry.id, entry.version, number, json.dumps(entry.body | more))
            connection.execute(
                "insert into replica (kind, id, version, catalogue_version, body)"
                " values (%s, %s, %s, %s, %s)",
                values,
            )
    with TestClient(app) as client:
        yield Policy(client, url, administrator_url)


def person(id_: str = "p-kinh-te", **changes: Any) -> dict[str, str]:
    who = {"organisation": "thong-ke-dien-bien", "roles": ("officer",), "rooms": (ECONOMY,)}
    return people.headers(id_, **{**who, **changes}, now=NOW)


LEADER = person("p-lanh-dao", roles=("leader",), rooms=())


AUDITOR = person("p-kiem-tra", roles=("auditor",), rooms=())


OTHER_ROOM = person("p-xa-hoi", rooms=(SOCIETY,))


AGENCY = person("p-so-noi-vu", organisation="so-noi-vu-dien-bien", roles=("agency",), rooms=())


OPERATOR = {"Authorization": "Bearer operator"}


def path(submission: str, attempt: int = 1, ending: str = "") -> str:
    return f"/v1/reviews/{submission}/{attempt}{ending}"


def events(cluster: Cluster, topic: str, submission: str) -> list[dict[str, Any]]:
    decoded = (codec().decode(f"{topic}-value", one.value) for one in records(cluster, topic))
    return [one for one in decoded if one["submission_id"] == submission]

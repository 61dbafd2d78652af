"""The grdp service's parts on a real database, for tests: events stored, the feed derived, the API asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from pydantic import SecretStr

from deploy import database
from deploy.local import Stack
from services.grdp.api import create_app
from services.grdp.worker import STAGE
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.db import connect
from services.kernel.events import Event, NewObject
from services.kernel.handling import Handling
from services.kernel.migration import migrate
from services.kernel.pool import Pool
from services.kernel.settings import Settings
from services.kernel.topics import load as topics
from services.kernel.transaction import Position, Writer
from services.kernel.vault import Vault, open_vault
from services.kernel.wire import Message, decode
from tests import people
from tests.logins import login
from tests.unit.grdp_examples import cleared, parquet

T1 = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = T1 + 10 * HOUR
COMPILER = {"Authorization": "Bearer compiler"}
OPERATOR = {"Authorization": "Bearer operator"}
Values = Mapping[str, str | None]


@dataclass
class Store:
    """The service's parts, without broker, for one submission and its relatives."""

    handling: Handling
    vault: Vault
    client: TestClient
    submission: str
    form: str

    def event(self, values: Values, **more: Any) -> Event:
        head = {"submission_id": self.submission, "form": self.form, **more}
        event = cleared(values, **head)
        content = parquet(values, completeness=event.data["completeness"])
        id_, attempt = event.data["submission_id"], event.data["attempt"]
        self.vault.put(NewObject(id_, attempt, "observations", "application/x", content))
        return event

    def handle(self, *events: Event) -> list[list[Message]]:
        """Handles events beside each other; returns what each published, the feed last."""

        async def all_of_them() -> list[Any]:
            position = Position("submission.cleared", 0, 1)
            each = (self.handling.single(STAGE, event, lambda: position) for event in events)
            return await asyncio.gather(*each)

        results = asyncio.run(all_of_them())
        pairs = zip(events, results, strict=True)
        return [result.outputs[event.id] for event, result in pairs]

    def feed(self, event: Event) -> list[Event]:
        """The records that an event puts on the feed now, as a consumer decodes them."""
        feed = topics()["grdp.observation"]
        return [
            decode(feed, m.key, m.value, m.headers, codec())
            for m in self.handling.derived(STAGE, event)
        ]

    def state(self, event: Event) -> dict[str, tuple[int, str | None, int]]:
        """The feed by indicator: revision, value, attempt."""
        return {
            e.data["indicator"]: (e.data["revision"], value(e.data["value"]), e.data["attempt"])
            for e in self.feed(event)
        }

    def known(self, as_of: datetime | None = None, **parameters: Any) -> dict[str, str | None]:
        """Values by indicator, from the API."""
        wanted = {"area": "11", "form": self.form, **parameters}
        if as_of:
            wanted["as_of"] = as_of.isoformat()
        answer = self.client.get("/v1/observations", params=wanted, headers=COMPILER)
        assert answer.status_code == 200, answer.text
        return {o["indicator"]: o["value"] for o in answer.json()["observations"]}


def value(number: Any) -> str | None:
    return None if number is None else str(number.normalize())


def migrated(stack: Stack, administrator_url: str) -> str:
    """The service's URL of a database in which all tables are made."""
    state = stack.state
    migrate(administrator_url, {"grdp": state.passwords["grdp"]})
    name = administrator_url.rpartition("/")[2]
    return database.url("grdp", state.passwords["grdp"], state.ports["postgres"], name)


@contextmanager
def api(url: str, cluster: Cluster) -> Iterator[TestClient]:
    """The API at the time NOW, with tokens of programs and of tests.people."""
    config = Settings(
        database_url=url,
        **login(cluster),
        compiler_token=SecretStr("compiler"),
        operator_token=SecretStr("operator"),
    )
    app = create_app(config, lambda: NOW)
    app.state.keys = people.keys
    with TestClient(app) as client:
        yield client


@contextmanager
def parts(url: str, client: TestClient, folder: Path) -> Iterator[Store]:
    """A store for a submission that nobody else has."""
    engine = connect(url)
    vault = open_vault(engine, str(folder), "A" * 43 + "=")
    writer = Writer("grdp", codec(), lambda: T1 + HOUR)
    handling = Handling(writer, engine, vault, Pool())
    try:
        yield Store(handling, vault, client, str(uuid4()), f"form-{uuid4()}")
    finally:
        engine.dispose()

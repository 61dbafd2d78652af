"""The grdp service's parts on a real database, for tests: events stored, the feed derived, the API asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine

from deploy import database
from deploy.local import Stack
from services.events.grdp import Observation
from services.events.policy import Release, SubmissionWithdrawn
from services.events.registry import EVENTS
from services.grdp.api import create_app
from services.grdp.worker import ERASED, STAGE, TAKEN_BACK
from services.kernel.avro import from_avro, to_avro
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.db import connect
from services.kernel.events import Event, NewObject
from services.kernel.handling import Handling, Writer
from services.kernel.migration import migrate
from services.kernel.pool import Pool
from services.kernel.postgresql import Postgresql
from services.kernel.settings import Settings
from services.kernel.topics import load as topics
from services.kernel.vault import Vault, open_vault
from services.kernel.wire import Message, decode
from services.model.observation import to_parquet
from tests import people
from tests.contract.examples import examples
from tests.logins import login
from tests.said import said
from tests.unit.grdp_examples import cleared, figures, parquet

T1 = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = T1 + 10 * HOUR
COMPILER = {"Authorization": "Bearer compiler"}
OPERATOR = {"Authorization": "Bearer operator"}
Values = Mapping[str, str | None]
VALUES = {"1": "1", "2": "2"}
ARTICLE = {"instrument": "luat-thong-ke-89-2015", "article": "10", "clause": "1"}
SENDER = "so-tai-chinh-dien-bien"


@dataclass
class Store:
    """The service's parts, without broker, for one submission and its relatives."""

    engine: Engine
    handling: Handling
    vault: Vault
    client: TestClient
    submission: str
    form: str

    def event(self, values: Values, **more: Any) -> Event:
        event = cleared(values, **{"submission_id": self.submission, "form": self.form, **more})
        head = event.data.head
        content = parquet(values, completeness=head.completeness)
        self.vault.put(
            NewObject(head.submission_id, head.attempt, "observations", "application/x", content)
        )
        return event

    def handle(self, *events: Event) -> list[list[Message]]:
        """Handles events beside each other; returns what each published, the feed last."""

        async def all_of_them() -> list[Any]:
            each = (self.handling.single(STAGE, event) for event in events)
            return await asyncio.gather(*each)

        results = asyncio.run(all_of_them())
        pairs = zip(events, results, strict=True)
        return [result.outputs[event.id] for event, result in pairs]

    def feed(self, event: Event) -> list[Event]:
        """The records that an event puts on the feed now, as a consumer decodes them."""
        feed = topics()["grdp.observation"]
        return [
            decode(feed, Observation, m.key, m.value, m.headers, codec())
            for m in self.handling.derived(STAGE, event)
        ]

    def state(self, event: Event) -> dict[str, tuple[int, str | None, int]]:
        """The feed by indicator: revision, value, attempt."""
        return {
            e.data.observed.indicator: (e.data.revision, value(e.data.value), e.data.attempt)
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
    with psycopg.connect(administrator_url) as connection:
        # A test puts what validation would have put.
        connection.execute("grant insert on vault.keys to grdp")
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
    handling = Handling(writer, Postgresql(engine), vault, Pool())
    try:
        yield Store(engine, handling, vault, client, str(uuid4()), f"form-{uuid4()}")
    finally:
        engine.dispose()


def as_agency(agency: str) -> dict[str, str]:
    return people.headers("p-agency", agency, ("agency",), (), now=NOW)


def release(id_: str, state: str = "granted", kind: str = "agency", **more: Any) -> dict[str, Any]:
    return {
        "audience_kind": kind, "audience_id": id_, "state": state, "copy": "full", "object": None,
        "only": None, "flags": None, "not_before": None, "articles": [ARTICLE], **more,
    }  # fmt: skip


def released(event: Event, *releases: dict[str, Any]) -> Event:
    """The event with these releases besides the compilers'."""
    added = tuple(from_avro(Release, one) for one in releases)
    data = replace(event.data, releases=(*event.data.releases, *added))
    encoded = codec().encode("submission.cleared-value", to_avro(data))
    return replace(event, data=data, encoded=encoded)


def read(store: Store, headers: dict[str, str], **parameters: Any) -> dict[str, str]:
    """The values by indicator that the holder of the token gets."""
    wanted = {"form": store.form, **parameters}
    answer = store.client.get("/v1/observations", params=wanted, headers=headers)
    assert answer.status_code == 200, answer.text
    return {o["indicator"]: o["value"] for o in answer.json()["observations"]}


FREE = {"conf_status": "F", "conf_redist": "", "embargo_time": None}
SECRET = {"conf_status": "C", "conf_redist": "bo-tai-chinh", "embargo_time": NOW + HOUR}
Flags = dict[str, Any]


def flagged(store: Store, flags: dict[str, Flags], **more: Any) -> Event:
    """The event of figures with these flags, by indicator."""
    event = store.event(VALUES, **more)
    found = [replace(one, **flags.get(one.indicator, FREE)) for one in figures(VALUES)]
    put = NewObject(
        store.submission,
        event.data.head.attempt,
        "observations",
        "application/x",
        to_parquet(found),
    )
    store.vault.put(put)
    return replace(event, data=replace(event.data, observations=put.reference()))


def taken_back(
    event: Event, *, decision: int | None = None, time: datetime = T1 + HOUR / 2
) -> Event:
    """The `submission.withdrawn` of what an event cleared; its decision is the next one."""
    data = SubmissionWithdrawn(
        head=event.data.head,
        decision=decision or event.data.decision + 1,
        figures=2,
        withdrawal_id=str(uuid4()),
        person="p",
        organisation=SENDER,
        reason_sha256="0" * 64,
        effective_at=NOW,
    )
    encoded = codec().encode("submission.withdrawn-value", to_avro(data))
    return replace(
        event, id=uuid4(), topic="submission.withdrawn", data=data, encoded=encoded, time=time
    )


def withdraw(store: Store, event: Event) -> list[Event]:
    """Handles a withdrawal; what it recalled."""
    message = store.handling.single(TAKEN_BACK, event)
    outputs = asyncio.run(message).outputs[event.id]
    topic = topics()["figure.recalled"]
    return [decode(topic, EVENTS[topic.name], m.key, m.value, m.headers, codec()) for m in outputs]


def erase(store: Store, event: Event) -> None:
    """Handles that the event's attempt, and all before it, were erased."""
    more = {"submission_id": store.submission, "attempt": event.data.head.attempt}
    data = examples("erasure.done")[0] | more | {"erasure_id": str(uuid4())}
    encoded = codec().encode("erasure.done-value", data)
    erased = replace(
        event, id=uuid4(), topic="erasure.done", data=said("erasure.done", data), encoded=encoded
    )
    asyncio.run(store.handling.single(ERASED, erased))

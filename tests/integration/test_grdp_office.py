"""What the collecting room and an office's leadership read, on a real database: each page an event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from deploy.feed import records
from deploy.local import Stack
from services.kernel.codec import codec
from tests import people
from tests.integration.grdp_parts import NOW, Store, api, migrated, parts

pytestmark = pytest.mark.stack
SENDER, VALUES = "so-tai-chinh-dien-bien", {"1": "1", "2": "2"}
OFFICE, NEIGHBOUR = "thong-ke-dien-bien", "thong-ke-son-la"
ROOM, COLLECTION = "phong-thong-ke-kinh-te-dien-bien", "phong-thu-thap-thong-tin-dien-bien"
ALL = {"1": "1.000000", "2": "2.000000"}
ORGANISATIONS = {
    OFFICE: {"kind": "statistics_office", "province": "11"},
    NEIGHBOUR: {"kind": "statistics_office", "province": "14"},
    ROOM: {"kind": "room", "parent": OFFICE, "province": "11"},
    COLLECTION: {"kind": "room", "parent": OFFICE, "province": "11"},
    SENDER: {"kind": "agency", "province": "11"},
}


@pytest.fixture(scope="module")
def url(stack: Stack, module_database: str) -> str:
    url = migrated(stack, module_database)
    for id_, body in ORGANISATIONS.items():
        enter(url, "organisation", id_, body)
    return url


@pytest.fixture(scope="module")
def client(stack: Stack, url: str) -> Iterator[TestClient]:
    with api(url, stack.kafka("grdp")) as client:
        yield client


@pytest.fixture
def store(url: str, client: TestClient, vault_folder: Path) -> Iterator[Store]:
    with parts(url, client, vault_folder) as store:
        yield store


def enter(url: str, kind: str, id_: str, body: dict[str, Any]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into replica (kind, id, version, catalogue_version, body)"
            " values (%s, %s, 1, 1, %s)",
            [kind, id_, json.dumps(body)],
        )


def supplies(url: str, form: str, **rooms: str) -> None:
    enter(url, "item", f"item-{uuid4()}", {"form": form, "responsible": SENDER, **rooms})


def who(*rooms: str, role: str = "officer", organisation: str = OFFICE) -> dict[str, str]:
    return people.headers(f"p-{role}", organisation, (role,), rooms, now=NOW)


def read(store: Store, headers: dict[str, str]) -> dict[str, str]:
    answer = store.client.get("/v1/observations", params={"form": store.form}, headers=headers)
    assert answer.status_code == 200, answer.text
    return {one["indicator"]: one["value"] for one in answer.json()["observations"]}


LEADER = who(role="leader")


def test_the_collecting_room_reads_what_comes_in_for_the_rooms(store: Store, url: str) -> None:
    store.handle(store.event(VALUES))
    supplies(url, store.form, room=ROOM, verifier=COLLECTION)
    assert read(store, who(ROOM)) == read(store, who(COLLECTION)) == ALL
    assert read(store, who("phong-khac")) == {}


@pytest.mark.parametrize("rooms", [{"room": ROOM}, {"verifier": COLLECTION}, {}])
def test_leaders_read_their_offices_figures_and_no_others(
    store: Store, url: str, rooms: dict[str, str]
) -> None:
    store.handle(store.event(VALUES))
    store.handle(store.event(VALUES, sender="so-khac", submission_id=str(uuid4())))
    assert read(store, LEADER) == {}, "nothing was agreed about it"
    supplies(url, store.form, **rooms)
    assert read(store, LEADER) == ALL
    assert read(store, who(role="leader", organisation=NEIGHBOUR)) == {}
    assert read(store, who(role="leader", organisation="")) == {}


def test_each_page_that_a_leader_reads_is_an_event(store: Store, url: str, stack: Stack) -> None:
    store.handle(store.event(VALUES))
    supplies(url, store.form, room=ROOM)
    assert read(store, LEADER) == ALL
    topic = "figure.read"
    decoded = [codec().decode(f"{topic}-value", one.value) for one in records(stack.kafka(), topic)]
    told = [one for one in decoded if one["filters"].get("form") == store.form][-1]
    assert (told["person"], told["audience_kind"], told["audience_id"], told["figures"]) == (
        "p-leader", "office", OFFICE, 2,
    )  # fmt: skip


def test_auditors_read_no_figure(store: Store) -> None:
    headers = who(role="auditor")
    assert store.client.get("/v1/observations", headers=headers).status_code == 403

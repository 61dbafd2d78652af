"""The act of release for real: who may, once each, on its topic before the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from deploy import database
from deploy.feed import records
from deploy.local import Stack
from services.catalogue.api import create_app
from services.kernel.auth import hash_of
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.migration import migrate
from services.kernel.settings import Settings
from services.model.codelist import load_codelists
from tests import people
from tests.logins import login
from tests.running import relaying_nothing

pytestmark = pytest.mark.stack
NOW = datetime(2026, 12, 24, 2, tzinfo=UTC)
ADMINISTRATOR = {"Authorization": "Bearer administrator"}
LEADER = people.headers("p-lanh-dao", roles=("leader",), rooms=(), now=NOW)
ACT = {
    "indicator_list": "dp",
    "indicator": "T0111",
    "area_list": "34",
    "area": "11",
    "period": "2025",
    "completeness": "official",
    "document_date": "2026-12-24",
}


@pytest.fixture(scope="module")
def url(stack: Stack, module_database: str) -> str:
    state = stack.state
    migrate(module_database, {"catalogue": state.passwords["catalogue"]})
    name = module_database.rpartition("/")[2]
    return database.url("catalogue", state.passwords["catalogue"], state.ports["postgres"], name)


def client_of(url: str, cluster: Cluster) -> TestClient:
    token = hash_of("administrator")
    config = Settings(database_url=url, **login(cluster), administrator_token_sha256=token)
    app = create_app(config, lambda: NOW)
    app.state.keys = people.keys
    return TestClient(app)


@pytest.fixture(scope="module")
def client(stack: Stack, url: str) -> Iterator[TestClient]:
    with client_of(url, stack.kafka("catalogue")) as client:
        lists = load_codelists()
        for id_ in ("34", "dp"):
            body = {"body": lists[id_].to_dict()}
            answer = client.put(f"/v1/codelist/{id_}", json=body, headers=ADMINISTRATOR)
            assert answer.status_code == 201, answer.text
        yield client


def act(**more: Any) -> dict[str, Any]:
    """An act by a document that nobody has issued yet."""
    return {**ACT, "document_number": f"15/{uuid4()}", **more}


def published(stack: Stack, number: str) -> list[dict[str, Any]]:
    """The events of the acts by this document, each once."""
    found = {}
    for record in records(stack.kafka(), "calendar.released"):
        data = codec().decode("calendar.released-value", record.value)
        if data["document_number"] == number:
            assert record.key.decode() == data["release_id"]
            found[dict(record.headers)["ce_id"]] = data
    return list(found.values())


def test_a_release_is_on_the_topic_when_it_is_answered(stack: Stack, client: TestClient) -> None:
    wish = act(document_number="15/TB-TKĐB")
    answer = client.post("/v1/releases", json=wish, headers=LEADER)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {name: made[name] for name in wish} == wish
    assert (made["person"], made["released_at"]) == ("p-lanh-dao", "2026-12-24T02:00:00Z")
    (event,) = published(stack, wish["document_number"])
    assert event["release_id"] == made["release_id"]
    assert (event["person"], event["released_at"]) == ("p-lanh-dao", NOW)
    assert (event["indicator_list"], event["indicator"]) == ("dp", "T0111")


def test_the_same_again_is_the_same_act(stack: Stack, client: TestClient) -> None:
    wish = act()
    other = people.headers("p-khac", roles=("leader",), rooms=(), now=NOW)
    first = client.post("/v1/releases", json=wish, headers=LEADER)
    spelled = wish | {"period": "2025-01-01/P12M"}
    again = client.post("/v1/releases", json=spelled, headers=other)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json(), "the first person stays"
    assert len(published(stack, wish["document_number"])) == 1


def test_of_many_at_once_one_is_new(stack: Stack, client: TestClient) -> None:
    wish = act()
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(client.post, "/v1/releases", json=wish, headers=LEADER) for _ in range(8)
        ]
        answers = [one.result() for one in asked]
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert len(published(stack, wish["document_number"])) == 1


@pytest.mark.parametrize(
    "role", ["administrator", "operator", "compiler", "officer", "auditor", "agency"]
)
def test_the_leadership_alone_releases(stack: Stack, client: TestClient, role: str) -> None:
    wish = act()
    headers = people.headers("p", roles=(role,), now=NOW)
    assert client.post("/v1/releases", json=wish, headers=headers).status_code == 403
    assert client.post("/v1/releases", json=wish).status_code == 401
    assert client.post("/v1/releases", json=wish, headers=ADMINISTRATOR).status_code == 403
    assert published(stack, wish["document_number"]) == []


def test_releases_are_found_by_what_they_name(client: TestClient) -> None:
    first = client.post("/v1/releases", json=act(indicator="T0102"), headers=LEADER).json()
    second = client.post(
        "/v1/releases", json=act(indicator="T0102", completeness="estimate"), headers=LEADER
    ).json()

    def found(**query: str) -> list[str]:
        answer = client.get("/v1/releases", params=query, headers=reader)
        assert answer.status_code == 200, answer.text
        return sorted(one["release_id"] for one in answer.json())

    reader = people.headers("p", roles=("agency",), rooms=(), now=NOW)
    both = sorted([first["release_id"], second["release_id"]])
    assert found(indicator="T0102") == both
    assert found(indicator="T0102", completeness="estimate") == [second["release_id"]]
    assert found(indicator="T0102", period="2025", area="11", area_list="34") == both
    assert found(indicator="T0102", period="2024") == []
    assert len(found(indicator="T0102", limit="1")) == 1
    assert client.get("/v1/releases").status_code == 401
    headers = people.headers("p", roles=("operator",), now=NOW)
    assert client.get("/v1/releases", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"indicator": "T0999"}, "indicator"),
        ({"indicator_list": "no-list"}, "indicator_list"),
        ({"indicator_list": "34"}, "indicator"),
        ({"area": "63"}, "area"),
        ({"period": "năm 2025"}, "period"),
        ({"document_date": "2026-12-25"}, "document_date"),
    ],
)
def test_what_would_release_nothing_is_refused(
    stack: Stack, client: TestClient, more: dict[str, str], where: str
) -> None:
    wish = act(**more)
    answer = client.post("/v1/releases", json=wish, headers=LEADER)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:solieu:problem:release"
    assert [error["where"] for error in problem["errors"]] == [where]
    assert problem["errors"][0]["mend"]["vi"]
    assert published(stack, wish["document_number"]) == []


@pytest.mark.parametrize(
    "more",
    [
        {"note": "x"},
        {"completeness": "final"},
        {"document_number": ""},
        {"document_number": "a b"},
        {"document_number": "x\x00"},
        {"document_date": "24/12/2026"},
        {"area": None},
        {"indicator": "T\ud800"},
    ],
)
def test_malformed_acts_are_refused(client: TestClient, more: dict[str, Any]) -> None:
    encoded = json.dumps(act(**more)).encode()
    headers = {**LEADER, "Content-Type": "application/json"}
    answer = client.post("/v1/releases", content=encoded, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:solieu:problem:malformed-request"


def test_while_the_broker_is_away_nothing_is_lost(
    stack: Stack, url: str, client: TestClient
) -> None:
    wish = act()
    with relaying_nothing(client), client_of(url, Cluster("127.0.0.1:1")) as cut_off:
        away = cut_off.post("/v1/releases", json=wish, headers=LEADER)
    back = client.post("/v1/releases", json=wish, headers=LEADER)
    assert (away.status_code, back.status_code) == (503, 200)
    assert len(published(stack, wish["document_number"])) == 1

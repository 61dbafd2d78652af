"""The catalogue's API for real: versions, refusals, and what the other services get to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from joserfc.jwk import OKPKey
from kafka import KafkaConsumer, TopicPartition

from deploy.stack import Stack
from services.catalogue import starter
from services.connector.client import Connector, Refused
from services.connector.keys import Key
from services.events.catalogue import CatalogueChanged
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.events import Event
from services.kernel.topics import load
from services.kernel.wire import decode
from services.model.form import Form

PROGRAM = "catalogue-api"
ORGANISATION = {"name": {"vi": "Sở Thử nghiệm", "en": "Department of Tests"}, "kind": "ministry"}


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[Stack]:
    stack.start_services([PROGRAM])
    stack.wait_healthy(300, [PROGRAM])
    yield stack
    stack.stop_services([PROGRAM])


@pytest.fixture(scope="module")
def token(api: Stack) -> str:
    return api.administrator_environment()["SOLIEU_ADMINISTRATOR_TOKEN"]


@pytest.fixture(scope="module")
def client(api: Stack, token: str) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(
        base_url=api.url(PROGRAM), headers=headers, timeout=30, trust_env=False
    ) as found:
        yield found


@pytest.fixture(scope="module")
def pack(api: Stack, token: str) -> list[starter.Loaded]:
    return starter.load(api.url(PROGRAM), token)


def organisation(**more: Any) -> tuple[str, dict[str, Any]]:
    """The path and content of an organisation that nobody has made yet."""
    id_ = f"thu-{uuid4().hex}"
    return f"/v1/organisation/{id_}", {"body": {"id": id_, **ORGANISATION, **more}}


def events(cluster: Cluster) -> list[Event]:
    """Everything on the topic, in its order."""
    consumer = KafkaConsumer(**cluster.options(), group_id=None)
    partition = TopicPartition(CatalogueChanged.TOPIC, 0)
    consumer.assign([partition])
    end = consumer.end_offsets([partition])[partition]
    consumer.seek_to_beginning(partition)
    found = []
    while consumer.position(partition) < end:
        for record in consumer.poll(timeout_ms=500).get(partition, []):
            topic = load()[CatalogueChanged.TOPIC]
            content = record.key, record.value, record.headers
            found.append(decode(topic, CatalogueChanged, *content, codec()))
    consumer.close()
    return found


def test_nobody_gets_in_without_the_administrators_token(api: Stack, client: httpx2.Client) -> None:
    path, content = organisation()
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        for method, body in (("PUT", content), ("GET", None)):
            answer = httpx2.request(
                method, api.url(PROGRAM) + path, json=body, headers=headers, trust_env=False
            )
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(path).status_code == 404


def test_the_starter_pack_loads_and_loading_again_changes_nothing(
    api: Stack, token: str, pack: list[starter.Loaded]
) -> None:
    before = len(events(api.kafka()))
    again = starter.load(api.url(PROGRAM), token)

    assert [entry.id for entry in again] == [entry.id for entry in pack]
    assert not any(entry.changed for entry in again)
    assert len(events(api.kafka())) == before


def test_what_rests_on_a_document_and_what_is_offered(
    client: httpx2.Client, pack: list[starter.Loaded]
) -> None:
    items = {entry.id for entry in pack if entry.kind == "item"}
    found = client.get("/v1/agreements").json()
    assert found["items"] == found["resting"] + len(found["without"])
    assert items <= {*found["without"]}
    offered = client.get("/v1/offers").json()
    assert {"base_report", "report", "administrative_record", "dataset", "other"} <= {
        one["category"] for one in offered
    }
    only = client.get("/v1/offers", params={"category": "dataset"}).json()
    assert [one["item"] for one in only] == ["chia-se-co-so-du-lieu"]
    assert client.get("/v1/offers", params={"category": "x"}).status_code == 422


def test_who_supplies_which_indicator_and_which_units_there_are(
    client: httpx2.Client, pack: list[starter.Loaded]
) -> None:
    found = client.get("/v1/indicators").json()
    lacking = client.get("/v1/indicators", params={"lacking": True}).json()
    assert {one["code"] for one in found} - {one["code"] for one in lacking} == {"T0111"}
    units = client.get("/v1/reporting-units").json()
    assert (
        "cv17809-6" in next(one for one in units if one["id"] == "so-tai-chinh-dien-bien")["forms"]
    )
    item = client.get("/v1/item/xo-so-quy").json()["body"]
    wrong = client.put("/v1/item/xo-so-quy", json={"body": item | {"sections": ["B", "Z"]}})
    assert wrong.status_code == 422
    assert [one["where"] for one in wrong.json()["errors"]] == ["body.sections"]


def test_the_order_of_the_pack_is_what_others_refer_to_first(pack: list[starter.Loaded]) -> None:
    kinds = list(dict.fromkeys(entry.kind for entry in pack))
    assert kinds == [
        "working_days", "codelist", "regulation", "organisation", "form", "item", "call",
        "report",
    ]  # fmt: skip


def test_a_form_can_be_read_from_its_event(api: Stack, pack: list[starter.Loaded]) -> None:
    forms = [event for event in events(api.kafka()) if event.data.kind == "form"]
    assert {event.data.id for event in forms} >= {e.id for e in pack if e.kind == "form"}
    for event in forms:
        form = Form.from_dict(json.loads(event.data.body))
        assert (form.id, form.version) == (
            event.data.id,
            event.data.version,
        )
        assert event.key == {"kind": "form", "id": form.id, "version": form.version}


def test_a_change_is_a_new_version_and_the_same_again_is_none(
    api: Stack, client: httpx2.Client
) -> None:
    path, content = organisation()
    renamed = {"body": {**content["body"], "name": {"vi": "Sở Mới", "en": "New Department"}}}

    answers = [client.put(path, json=one) for one in (content, content, renamed, renamed)]

    assert [answer.status_code for answer in answers] == [201, 200, 201, 200]
    assert [answer.json()["version"] for answer in answers] == [1, 1, 2, 2]
    assert client.get(path).json() == answers[2].json()
    assert client.get(path, params={"version": 1}).json() == answers[0].json()
    assert client.get(path, params={"version": 3}).status_code == 404
    published = [e.data.version for e in events(api.kafka()) if path.endswith(e.data.id)]
    assert published == [1, 2]


def test_a_kind_lists_the_newest_versions(client: httpx2.Client) -> None:
    path, content = organisation()
    client.put(path, json=content)
    client.put(path, json={**content, "valid_to": "2030-01-01T00:00:00+07:00"})

    listed = client.get("/v1/organisation").json()

    mine = [entry for entry in listed if entry["id"] == content["body"]["id"]]
    assert [entry["version"] for entry in mine] == [2]
    assert mine[0]["valid_to"] == "2029-12-31T17:00:00Z"
    assert client.get("/v1/nothing").status_code == 422


def test_a_key_is_added_then_revoked_and_never_another_senders(
    client: httpx2.Client, pack: list[starter.Loaded]
) -> None:
    sender, content = organisation()
    client.put(sender, json=content)
    path, public = public_key()
    key = {"sender": content["body"]["id"], "public_key": public}
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()

    assert client.put(path, json={"body": key}).status_code == 201
    revoked = client.put(path, json={"body": key, "valid_to": past})
    other = client.put(path, json={"body": {**key, "sender": "bo-tai-chinh"}})

    assert (revoked.status_code, revoked.json()["version"]) == (201, 2)
    assert other.status_code == 422
    assert key["sender"] in other.json()["errors"][0]["what"]["vi"]


def test_a_senders_key_reads_what_its_sender_supplies_and_no_more(
    api: Stack, client: httpx2.Client, pack: list[starter.Loaded]
) -> None:
    key = Key.generate("so-tai-chinh-dien-bien")
    path, body = f"/v1/sender_key/{key.id}", {"sender": key.sender, "public_key": key.public()}
    forms = {one.id for one in pack if one.kind == "form"}
    with Connector(api.url(PROGRAM), key, patience=0) as connector:

        def refused(ask: Callable[[], object]) -> str:
            with pytest.raises(Refused) as found:
                ask()
            return found.value.code

        assert refused(connector.items) == "unsigned"
        assert client.put(path, json={"body": body}).status_code == 201
        items, own = connector.items(), {one["id"] for one in connector.forms()}
        assert {one["body"]["responsible"] for one in items} == {key.sender}
        assert own == {one["body"]["form"] for one in items}
        assert connector.organisation()["id"] == key.sender
        assert connector.codelist("63")["body"]["codes"]
        assert refused(lambda: connector.form(min(forms - own))) == "no-entry"
        ended = {"body": body, "valid_to": datetime.now(UTC).isoformat()}
        assert client.put(path, json=ended).status_code == 201
        assert refused(connector.items) == "unsigned"


def test_what_refers_to_nothing_is_refused_and_leaves_no_trace(
    api: Stack, client: httpx2.Client
) -> None:
    before = events(api.kafka())
    path, public = public_key()
    key = {"sender": "nobody", "public_key": public}

    answer = client.put(path, json={"body": key})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:solieu:problem:catalogue-entry"
    error = problem["errors"][0]
    assert error["where"] == "body.sender"
    assert "nobody" in error["what"]["en"] and error["mend"]["vi"]
    assert client.get(path).status_code == 404
    assert [event.id for event in events(api.kafka())] == [event.id for event in before]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"body": []},
        {"body": {}, "note": 1},
        {"body": {}, "valid_from": "2026-01-01T00:00:00"},
        {"body": {"id": "x", "name": "x\u0000"}},
        {"body": {"id": "x", "name": "\ud800"}},
    ],
)
def test_malformed_content_is_refused(client: httpx2.Client, content: dict[str, Any]) -> None:
    encoded = json.dumps(content).encode()
    headers = {"Content-Type": "application/json"}
    answer = client.put("/v1/organisation/x", content=encoded, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_the_topics_order_is_the_order_of_versions_whoever_comes_first(
    api: Stack, client: httpx2.Client
) -> None:
    wishes = [organisation() for _ in range(40)]
    again = [(path, {**wish, "valid_from": "2026-01-01T00:00:00Z"}) for path, wish in wishes]
    with ThreadPoolExecutor(8) as pool:
        for several in (wishes, again):
            answers = pool.map(lambda wish: client.put(wish[0], json=wish[1]).status_code, several)
            assert set(answers) == {201}

    own = {wish["body"]["id"] for _, wish in wishes}
    found = {event.id: event for event in events(api.kafka()) if event.data.id in own}

    versions = [event.data.catalogue_version for event in found.values()]
    assert len(versions) == len(wishes) * 2
    assert versions == list(range(versions[0], versions[0] + len(versions)))


def test_a_change_made_while_the_broker_is_away_is_published_later(
    api: Stack, client: httpx2.Client
) -> None:
    path, content = organisation()
    api.supervisor.stop_programs(["kafka"])
    try:
        away = client.put(path, json=content)
    finally:
        api.start_infrastructure()
    back = client.put(path, json=content)

    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert (back.status_code, back.json()["version"]) == (200, 1)
    published = {e.id for e in events(api.kafka()) if e.data.id == content["body"]["id"]}
    assert len(published) == 1


def public_key() -> tuple[str, dict[str, Any]]:
    """The path and content of a key that nobody has made yet."""
    key = OKPKey.generate_key("Ed25519")
    return f"/v1/sender_key/{key.thumbprint()}", dict(key.as_dict(private=False))

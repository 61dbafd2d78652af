"""The input store on a real database: vintages, the feed, and the compilers' API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from deploy.local import Stack
from services.grdp.identity import digest, key_id
from services.grdp.queries import Cursor
from services.grdp.store import KEY
from services.grdp.worker import STAGE
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from tests.integration.grdp_parts import (
    COMPILER,
    HOUR,
    NOW,
    OPERATOR,
    T1,
    Store,
    api,
    migrated,
    parts,
)

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def url(stack: Stack, module_database: str) -> str:
    return migrated(stack, module_database)


@pytest.fixture(scope="module")
def client(stack: Stack, url: str) -> Iterator[TestClient]:
    with api(url, stack.kafka("grdp")) as client:
        yield client


@pytest.fixture
def store(url: str, client: TestClient, vault_folder: Path) -> Iterator[Store]:
    with parts(url, client, vault_folder) as store:
        yield store


def test_a_correction_leaves_what_was_known_before(store: Store) -> None:
    first = store.event({"1": "10", "2": "20", "3": None}, time=T1)
    second = store.event({"1": "11", "3": "30"}, attempt=2, decision=2, time=T1 + HOUR)
    store.handle(first)
    assert store.state(first) == {"1": (1, "1E+1", 1), "2": (1, "2E+1", 1), "3": (1, None, 1)}
    store.handle(second)
    assert store.state(second) == {"1": (2, "11", 2), "2": (2, None, 2), "3": (2, "3E+1", 2)}
    (gone,) = (e for e in store.feed(second) if to_avro(e.data)["indicator"] == "2")
    assert to_avro(gone.data)["missing"] is None
    before = {"1": "10.000000", "2": "20.000000", "3": None}
    assert store.known(T1 - timedelta(microseconds=1)) == {}
    assert store.known(T1) == before
    assert store.known(T1 + HOUR - timedelta(microseconds=1)) == before
    assert store.known(T1 + HOUR) == {"1": "11.000000", "3": "30.000000"}
    assert store.known() == {"1": "11.000000", "3": "30.000000"}


def test_a_figure_that_comes_back_has_a_higher_revision(store: Store) -> None:
    for attempt, values in enumerate(({"1": "1"}, {"2": "2"}, {"1": "3"}), start=1):
        time = T1 + attempt * HOUR
        store.handle(store.event(values, attempt=attempt, decision=attempt, time=time))
    event = store.event({"1": "3"}, attempt=3, decision=3)
    assert store.state(event) == {"1": (3, "3", 3), "2": (2, None, 3)}
    assert store.known(T1 + 2 * HOUR) == {"2": "2.000000"}


def test_redelivery_changes_nothing(store: Store) -> None:
    event = store.event({"1": "10", "2": "20"})
    published = store.handle(event)
    fed = [(m.key, m.value, m.headers) for m in store.handling.derived(STAGE, event)]
    assert store.handle(event) == published
    assert [(m.key, m.value, m.headers) for m in store.handling.derived(STAGE, event)] == fed
    (stored,) = published[0]
    assert stored.topic == "submission.stored"
    data = codec().decode("submission.stored-value", stored.value)
    assert (data["figures"], data["vintage"]) == (2, T1)


def test_a_redelivery_publishes_the_current_state_not_its_own(store: Store) -> None:
    first = store.event({"1": "10"}, time=T1)
    store.handle(first)
    store.handle(store.event({"1": "11"}, attempt=2, decision=2, time=T1 + HOUR))
    assert store.state(first) == {"1": (2, "11", 2)}


def test_the_highest_attempt_stays_current_whatever_arrives_last(store: Store) -> None:
    second = store.event({"1": "11"}, attempt=2, decision=2, time=T1 + HOUR)
    first = store.event({"1": "10", "2": "20"}, attempt=1, decision=1, time=T1)
    store.handle(second)
    ((stored,),) = store.handle(first)
    assert codec().decode("submission.stored-value", stored.value)["figures"] == 2
    assert store.feed(first) == []
    assert store.state(second) == {"1": (1, "11", 2)}
    assert store.known(T1) == {}, "it was not known here before the second came"
    assert store.known() == {"1": "11.000000"}
    third = store.event({"2": "22"}, attempt=3, decision=3, time=T1 + 2 * HOUR)
    store.handle(third)
    assert store.state(third) == {"1": (2, None, 3), "2": (1, "22", 3)}


def test_attempts_handled_beside_each_other_end_the_same(store: Store) -> None:
    events = [
        store.event({"1": str(n)}, attempt=n, decision=n, time=T1 + n * HOUR) for n in range(1, 9)
    ]
    store.handle(events[0])
    store.handle(*reversed(events[1:]))
    ((_, figure, attempt),) = store.state(events[0]).values()
    assert (figure, attempt) == ("8", 8)
    assert store.known() == {"1": "8.000000"}


def test_another_completeness_is_another_figure(store: Store) -> None:
    estimate = store.event({"1": "10"})
    preliminary = store.event(
        {"1": "12"}, submission_id=str(uuid4()), completeness="preliminary", time=T1 + HOUR
    )
    store.handle(estimate)
    store.handle(preliminary)
    assert store.known(completeness="estimate") == {"1": "10.000000"}
    assert store.known(completeness="preliminary") == {"1": "12.000000"}
    assert store.state(estimate) == {"1": (1, "1E+1", 1)}
    assert store.state(preliminary) == {"1": (1, "12", 1)}


def test_of_two_submissions_with_one_key_the_later_counts(store: Store) -> None:
    one = store.event({"1": "10", "2": "20"}, time=T1)
    other = store.event({"1": "12"}, submission_id=str(uuid4()), time=T1 + HOUR)
    store.handle(one, other)
    assert store.state(one) == {"1": (2, "12", 1), "2": (1, "2E+1", 1)}
    assert store.state(other) == {"1": (2, "12", 1)}
    ids = [e.id for e in store.feed(one) if to_avro(e.data)["indicator"] == "1"]
    assert ids == [e.id for e in store.feed(other)]
    assert store.known(T1)["1"] == "10.000000"
    assert store.known(T1 + HOUR)["1"] == "12.000000"


def test_what_the_compilers_may_not_read_is_not_there(store: Store) -> None:
    event = store.event({"1": "10"}, state="pending")
    assert store.handle(event) == [[]]
    assert store.feed(event) == []
    assert store.known() == {}
    store.handle(store.event({"1": "10"}, decision=2, time=T1 + HOUR))
    assert store.known() == {"1": "10.000000"}
    denied = store.event({"1": "10"}, decision=3, state="denied", time=T1 + 2 * HOUR)
    store.handle(denied)
    assert store.known() == {}
    assert store.known(T1 + HOUR) == {"1": "10.000000"}
    assert store.state(denied) == {"1": (2, None, 1)}


def test_thousands_of_figures(store: Store) -> None:
    values: dict[str, str | None] = {str(n): f"{n}.5" for n in range(1, 3001)}
    first = store.event(values)
    store.handle(first)
    assert len(store.feed(first)) == 3000
    del values["7"]
    values["9"] = "9"
    second = store.event(values, attempt=2, decision=2, time=T1 + HOUR)
    store.handle(second)
    assert store.state(second) == {"7": (2, None, 2), "9": (2, "9", 2)}


def test_pages_are_of_one_time(store: Store) -> None:
    store.handle(store.event({str(n): str(n) for n in range(1, 6)}))
    wanted = {"form": store.form, "limit": "2"}
    found: list[str] = []
    page = store.client.get("/v1/observations", params=wanted, headers=COMPILER).json()
    later = store.event({"1": "9"}, attempt=2, decision=2, time=NOW + HOUR)
    store.handle(later)
    while True:
        assert page["as_of"] == "2026-11-23T22:00:00Z"
        found += [o["value"] for o in page["observations"]]
        if page["next"] is None:
            break
        more = wanted | {"cursor": page["next"]}
        page = store.client.get("/v1/observations", params=more, headers=COMPILER).json()
    assert sorted(found) == [f"{n}.000000" for n in range(1, 6)]
    assert store.known() == {"1": "9.000000"}, "a vintage ahead of this clock counts, too"


def test_an_observation_says_where_it_comes_from(store: Store) -> None:
    store.handle(store.event({"4": "1523410.25"}))
    wanted = {"period": "2026-07-01/P3M", "form": store.form}
    page = store.client.get("/v1/observations", params=wanted, headers=COMPILER).json()
    (found,) = page["observations"]
    assert found["value"] == "1523410.250000"
    assert (found["submission_id"], found["attempt"]) == (store.submission, 1)
    assert (found["sheet"], found["cell"]) == ("Biểu 1", "D4")
    assert datetime.fromisoformat(found["known_from"]) == T1
    assert store.known(period="2026-Q2") == {}


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"asof": "2026-11-23T12:00:00Z"}, 400, "unknown-parameter"),
        ({"cursor": "x"}, 400, "unknown-cursor"),
        ({"period": "Q3/2026"}, 422, "unknown-period"),
        ({"as_of": "2026-11-23T12:00:00"}, 422, "malformed-request"),
        ({"as_of": "0001-01-01T00:00:00+07:00"}, 422, "malformed-request"),
        ({"cursor": str(Cursor(datetime(2026, 1, 1), uuid4()))}, 400, "unknown-cursor"),
        ({"form": "a form"}, 422, "malformed-request"),
        ({"area": "11\x00"}, 422, "malformed-request"),
        ({"completeness": "final"}, 422, "malformed-request"),
        ({"limit": "0"}, 422, "malformed-request"),
    ],
)
def test_a_question_that_can_not_be_answered(
    client: TestClient, parameters: dict[str, str], status: int, code: str
) -> None:
    answer = client.get("/v1/observations", params=parameters, headers=COMPILER)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:solieu:problem:{code}"


def test_the_period_problem_says_how_to_write_one(client: TestClient) -> None:
    wanted = {"period": "Q3/2026"}
    answer = client.get("/v1/observations", params=wanted, headers=COMPILER).json()
    assert "Q3/2026" in answer["title"]
    assert "2026-Q3" in answer["detail"]
    assert "reason" not in answer


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/observations", {}, 401),
        ("/v1/observations", {"Authorization": "Bearer wrong"}, 401),
        ("/v1/observations", OPERATOR, 403),
        ("/v1/observations", COMPILER, 200),
        ("/v1/totals", {}, 401),
        ("/v1/totals", COMPILER, 200),
        ("/v1/totals", OPERATOR, 200),
    ],
)
def test_each_token_opens_its_own_door(
    client: TestClient, path: str, headers: dict[str, str], status: int
) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    assert ("observations" in answer.json()) == (status == 200 and path == "/v1/observations")


def test_totals_count_what_came(store: Store) -> None:
    def totals() -> dict[str, Any]:
        answer: dict[str, Any] = store.client.get("/v1/totals", headers=OPERATOR).json()
        return answer

    def grown(name: str) -> dict[str, int]:
        return {key: n - before[name].get(key, 0) for key, n in totals()[name].items()}

    before = totals()
    store.handle(store.event({"1": "10", "2": "20"}, attempt=2, decision=2))
    store.handle(store.event({"1": "9", "2": "20", "3": "3"}, time=T1 - HOUR))
    store.handle(store.event({"1": "9"}, attempt=3, decision=3, time=T1 + HOUR))
    store.handle(store.event({"1": "9"}, submission_id=str(uuid4()), state="denied"))
    assert grown("figures") == {"stored": 6, "current": 1, "withdrawn": 1}
    assert totals()["submissions"] == before["submissions"] + 2
    states = {"current": 1, "superseded": 2, "unreleased": 1}
    found = {key: n for key, n in grown("attempts").items() if n}
    assert found == states


def test_compilers_compare_figures_with_the_log_and_nobody_else_gets_the_salt(store: Store) -> None:
    (stored, *_), *_ = store.handle(store.event({"1": "412"}))
    data = codec().decode("submission.stored-value", stored.value or b"")
    assert data["salt"] == ""
    path = f"/v1/digests/{store.submission}"
    (kept,) = store.client.get(path, headers=COMPILER).json()["digests"]
    (figure,) = store.feed(store.event({"1": "412"}))
    key = key_id({name: to_avro(figure.data)[name] for name in KEY})
    assert digest(bytes.fromhex(kept["salt"]), [(key, 1, Decimal(412))]) == data["digest"]
    assert kept["digest"] == data["digest"]
    assert store.client.get(path, headers=OPERATOR).status_code == 403
    unknown = store.client.get(f"/v1/digests/{uuid4()}", headers=COMPILER)
    assert unknown.json() == {"digests": []}

"""Who reads which figures, on a real database: releases, rooms' items, and an event for each page that is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey

from deploy.feed import records
from deploy.local import Stack
from services.grdp.reach import GRANTED
from services.kernel.avro import to_avro
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from tests import people
from tests.integration.grdp_parts import (
    ARTICLE,
    COMPILER,
    FREE,
    HOUR,
    NOW,
    SECRET,
    SENDER,
    T1,
    VALUES,
    Flags,
    Store,
    api,
    as_agency,
    erase,
    flagged,
    migrated,
    parts,
    read,
    release,
    released,
    taken_back,
    withdraw,
)
from tests.running import relaying_nothing

pytestmark = pytest.mark.stack
ROOM = "phong-thong-ke-kinh-te-dien-bien"


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


@pytest.fixture
def agency() -> str:
    """An organisation to which nothing was ever released."""
    return f"so-{uuid4()}"


def as_officer(*rooms: str) -> dict[str, str]:
    return people.headers("p-officer", "thong-ke-dien-bien", ("officer",), rooms, now=NOW)


def figure(indicator: str, **more: str) -> dict[str, str]:
    return {
        "indicator_list": "cv17809-1/1", "indicator": indicator, "area_list": "63", "area": "11",
        "period": "2026-Q3", **more,
    }  # fmt: skip


def test_who_gets_nothing_is_told_how_to_ask(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    notes = {}
    for headers in (as_agency("so-khac"), as_agency(agency), COMPILER):
        page = store.client.get("/v1/observations", params={"form": store.form}, headers=headers)
        notes[len(page.json()["observations"])] = page.json()["note"]
    assert "POST /v1/requests" in notes.pop(0)["vi"]
    assert set(notes.values()) == {None}
    nothing = store.client.get("/v1/observations", params={"form": "x"}, headers=COMPILER).json()
    assert (nothing["observations"], nothing["note"]) == ([], None)


ONE = {"1": "1.000000"}
ALL = ONE | {"2": "2.000000"}


def test_an_agency_reads_what_was_granted_to_it_and_nobody_else_does(
    store: Store, agency: str
) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    assert read(store, as_agency(agency)) == ALL
    assert read(store, as_agency(f"{agency}-2")) == {}
    assert read(store, as_officer(ROOM)) == {}
    assert read(store, as_officer(agency)) == {}, "a room of that name is another audience"
    assert read(store, COMPILER) == ALL


def test_a_senders_key_reads_what_was_granted_to_its_sender_and_the_read_is_told_of(
    store: Store, agency: str
) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    key = OKPKey.generate_key("Ed25519")
    with store.engine.begin() as connection:
        connection.execute(
            sa.text("insert into replica values ('sender_key', :i, 1, 1, :b)"),
            {"i": key.thumbprint(), "b": json.dumps(people.registered(agency, key))},
        )
    where = f"/v1/observations?form={store.form}"
    page = store.client.get(where, headers=people.signed(where, agency, key, NOW)).json()
    assert {one["indicator"]: one["value"] for one in page["observations"]} == ALL
    with store.engine.connect() as connection:
        told = connection.execute(
            sa.text("select person, audience_kind, figures from reads where audience_id = :a"),
            {"a": agency},
        )
        assert [tuple(row) for row in told] == [(f"sender:{agency}", "agency", len(ALL))]
    other = people.signed(where, "so-khac", key, NOW)
    assert store.client.get(where, headers=other).status_code == 401


@pytest.mark.parametrize(
    "more",
    [
        {"state": "pending"},
        {"state": "denied"},
        {"copy": "protected"},
        {"not_before": NOW + HOUR},
        {"only": []},
        {"only": [figure("1", period="2026-Q2")]},
        {"only": [figure("1", area="12")]},
        {"only": [figure("1", indicator_list="dp")]},
        {"kind": "user_group"},
        {"kind": "room"},
    ],
)
def test_any_other_release_lets_nobody_in(store: Store, agency: str, more: dict[str, Any]) -> None:
    store.handle(released(store.event(VALUES), release(agency, **more)))
    assert read(store, as_agency(agency)) == {}


def test_a_day_that_has_come_is_no_hindrance(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency, not_before=NOW)))
    assert read(store, as_agency(agency)) == ALL


@pytest.mark.parametrize("kind", ["provincial_committee", "national_office"])
def test_other_organisations_read_likewise(store: Store, agency: str, kind: str) -> None:
    store.handle(released(store.event(VALUES), release(agency, kind=kind)))
    assert read(store, as_agency(agency)) == ALL


def test_a_release_of_some_figures_is_of_those_alone(store: Store, agency: str) -> None:
    event = store.event(VALUES)
    store.handle(released(event, release(agency, only=[figure("1")])))
    assert read(store, as_agency(agency)) == ONE


@pytest.mark.parametrize("state", ["pending", "denied"])
def test_what_is_not_granted_is_taken_out_of_what_is(store: Store, agency: str, state: str) -> None:
    some = release(agency, state, only=[figure("2")])
    store.handle(released(store.event(VALUES), release(agency), some))
    assert read(store, as_agency(agency)) == ONE


@pytest.mark.parametrize(
    ("flags", "readable"),
    [
        ([FREE], ONE),
        ([FREE, SECRET], ALL),
        ([SECRET], {"2": "2.000000"}),
        ([{**SECRET, "embargo_time": None}], {}),
        ([{**SECRET, "conf_redist": ""}, {**SECRET, "conf_status": "N"}], {}),
        ([], {}),
        (None, ALL),
    ],
)
def test_a_release_of_some_flags_is_of_figures_that_have_them(
    store: Store, agency: str, flags: list[Flags] | None, readable: dict[str, str]
) -> None:
    store.handle(released(flagged(store, {"2": SECRET}), release(agency, flags=flags)))
    assert read(store, as_agency(agency)) == readable
    assert read(store, COMPILER) == ALL


def test_a_clock_that_runs_ahead_opens_nothing_early(store: Store, agency: str) -> None:
    tomorrow = datetime.now(UTC) + 24 * HOUR
    earlier = f"{agency}-earlier"
    releases = release(agency, not_before=tomorrow), release(earlier, not_before=NOW)
    store.handle(released(store.event(VALUES), *releases))
    open_to = sa.text(f"select audience_id from releases where {GRANTED} and submission_id = :of")
    with store.engine.connect() as connection:
        for clock, found in ((NOW - HOUR, set()), (NOW, {earlier}), (tomorrow, {earlier})):
            rows = connection.execute(open_to, {"now": clock, "of": store.submission}).scalars()
            assert {one for one in rows if one.startswith(agency)} == found


def test_what_is_marked_later_is_closed_in_all_its_vintages(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    marked = flagged(store, {"2": SECRET}, attempt=2, decision=2, time=T1 + HOUR)
    store.handle(released(marked, release(agency, flags=[FREE])))
    assert read(store, as_agency(agency)) == ONE
    assert read(store, as_agency(agency), as_of=T1.isoformat()) == ONE


def test_what_one_room_may_not_read_another_may(store: Store) -> None:
    first, second = f"room-{uuid4()}", f"room-{uuid4()}"
    rooms = release(first, kind="room"), release(second, "denied", "room")
    store.handle(released(store.event(VALUES), *rooms))
    assert read(store, as_officer(second)) == {}
    assert read(store, as_officer(first, second)) == ALL


def test_pending_becomes_granted_and_can_be_taken_back(store: Store, agency: str) -> None:
    for decision, state in enumerate(("pending", "granted", "denied"), start=1):
        event = store.event(VALUES, decision=decision, time=T1 + decision * HOUR)
        published = store.handle(released(event, release(agency, state)))
        stored = [one for one in published[0] if one.topic == "submission.stored"]
        assert len(stored) == (decision == 1), "who may read makes no new vintage"
        assert bool(read(store, as_agency(agency))) == (state == "granted")
    assert read(store, as_agency(agency), as_of=(T1 + 2 * HOUR).isoformat()) == {}
    assert read(store, COMPILER) == ALL


def test_a_lower_decision_that_comes_later_lets_nobody_in(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES, decision=3), release(agency, "denied")))
    store.handle(released(store.event(VALUES, decision=2), release(agency)))
    assert read(store, as_agency(agency)) == {}


def test_an_audience_that_is_named_no_more_is_out(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    store.handle(store.event(VALUES, decision=2))
    assert read(store, as_agency(agency)) == {}


def test_a_correction_is_read_as_its_own_decision_says(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    correction = store.event({"1": "9"}, attempt=2, decision=2, time=T1 + HOUR)
    store.handle(released(correction, release(agency, "pending")))
    before = {"as_of": T1.isoformat()}
    assert read(store, as_agency(agency)) == {}
    assert read(store, as_agency(agency), **before) == {}, "nor what it was before"
    granted = store.event({"1": "9"}, attempt=2, decision=3, time=T1 + 2 * HOUR)
    store.handle(released(granted, release(agency)))
    assert read(store, as_agency(agency)) == {"1": "9.000000"}
    assert read(store, as_agency(agency), **before) == ALL


def test_a_vintage_that_was_never_released_stays_closed(store: Store, agency: str) -> None:
    store.handle(store.event(VALUES))
    correction = store.event({"1": "9"}, attempt=2, decision=2, time=T1 + HOUR)
    store.handle(released(correction, release(agency)))
    assert read(store, as_agency(agency)) == {"1": "9.000000"}
    assert read(store, as_agency(agency), as_of=T1.isoformat()) == {}


def test_a_late_lower_attempt_changes_nothing_for_the_current_one(
    store: Store, agency: str
) -> None:
    current = store.event({"1": "9"}, attempt=2, decision=2, time=T1 + HOUR)
    store.handle(released(current, release(agency)))
    store.handle(store.event(VALUES, decision=3, time=T1 + 2 * HOUR))
    assert read(store, as_agency(agency)) == {"1": "9.000000"}


def test_what_the_compilers_lost_nobody_reads(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    event = store.event(VALUES, decision=2, state="denied", time=T1 + HOUR)
    store.handle(released(event, release(agency)))
    assert read(store, as_agency(agency)) == {}


def test_of_two_submissions_with_one_figure_the_one_that_counts_decides(
    store: Store, agency: str
) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    later = store.event({"1": "9"}, submission_id=str(uuid4()), time=T1 + HOUR)
    store.handle(later)
    assert read(store, as_agency(agency)) == {"2": "2.000000"}
    assert read(store, as_agency(agency), as_of=T1.isoformat()) == ALL


def test_hundreds_of_releases_are_kept(store: Store, agency: str) -> None:
    others = [release(f"{agency}-{n}") for n in range(300)]
    store.handle(released(store.event(VALUES), *others))
    assert read(store, as_agency(f"{agency}-299")) == ALL
    assert read(store, as_agency(agency)) == {}


def item(url: str, form: str, room: str | None, **more: Any) -> None:
    """An item of the catalogue's copy; a later one is its next version."""
    body = {"id": form, "form": form, "responsible": SENDER, "room": room}
    values = {"id": form, "body": json.dumps(body), "valid_from": None, "valid_to": None, **more}
    engine = sa.create_engine(
        url.replace("postgresql", "postgresql+psycopg", 1), poolclass=sa.NullPool
    )
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into replica select 'item', :id, count(*) + 1, count(*) + 1,"
                " cast(:body as jsonb), :valid_from, :valid_to from replica where id = :id"
            ),
            values,
        )


def test_a_room_reads_what_its_items_supply(store: Store, url: str) -> None:
    store.handle(store.event(VALUES))
    store.handle(store.event(VALUES, sender="so-khac", submission_id=str(uuid4())))
    item(url, store.form, ROOM)
    found = store.client.get(
        "/v1/observations", params={"form": store.form}, headers=as_officer(ROOM)
    ).json()["observations"]
    assert sorted((o["indicator"], o["sender"]) for o in found) == [("1", SENDER), ("2", SENDER)]
    assert read(store, as_officer("phong-thong-ke-xa-hoi-dien-bien")) == {}
    assert read(store, as_officer()) == {}
    assert read(store, as_agency(ROOM)) == {}
    item(url, store.form, None)
    assert read(store, as_officer(ROOM)) == {}


@pytest.mark.parametrize(
    ("releases", "found"),
    [
        ([release(ROOM, "denied", "room")], {}),
        ([release(ROOM, "denied", "room", only=[figure("1")])], {"2": "2.000000"}),
        ([release(ROOM, "pending", "room")], ALL),
        ([release("phong-khac", "denied", "room")], ALL),
    ],
)
def test_a_release_that_denies_wins_over_the_item(
    store: Store, url: str, releases: list[dict[str, Any]], found: dict[str, str]
) -> None:
    item(url, store.form, ROOM)
    store.handle(released(store.event(VALUES), *releases))
    assert read(store, as_officer(ROOM)) == found
    assert read(store, COMPILER) == ALL


@pytest.mark.parametrize(
    ("validity", "found"),
    [({"valid_to": NOW}, {}), ({"valid_from": NOW + HOUR}, {}), ({"valid_from": NOW}, ALL)],
)
def test_only_items_in_force_count(
    store: Store, url: str, validity: dict[str, datetime], found: dict[str, str]
) -> None:
    store.handle(store.event(VALUES))
    item(url, store.form, ROOM, **validity)
    assert read(store, as_officer(ROOM)) == found


def reads(stack: Stack, form: str) -> list[dict[str, Any]]:
    """What the topic says of the reads of a form."""
    events = [codec().decode("figure.read-value", r.value) for r in _records(stack)]
    return [event for event in events if event["filters"].get("form") == form]


def _records(stack: Stack) -> list[Any]:
    return list(records(stack.kafka(), "figure.read"))


def test_each_page_is_an_event_that_stands_before_the_answer(
    stack: Stack, store: Store, agency: str
) -> None:
    some = release(agency, only=[figure("1"), figure("2")])
    other = release(agency, only=[figure("3")], articles=[])
    store.handle(released(store.event({**VALUES, "3": "3"}), some, other))
    first = {"form": store.form, "limit": "2"}
    page = store.client.get("/v1/observations", params=first, headers=as_agency(agency)).json()
    (event,) = reads(stack, store.form)
    assert event.pop("read_id")
    assert event.pop("as_of") == event.pop("read_at") == NOW
    assert {o["indicator"] for o in page["observations"]} & {"1", "2"}
    assert event == {
        "person": "p-agency",
        "organisation": agency,
        "audience_kind": "agency",
        "audience_id": agency,
        "filters": {"form": store.form},
        "figures": 2,
        "submissions": [{"submission_id": store.submission, "attempt": 1, "figures": 2}],
        "articles": [ARTICLE],
    }
    more = first | {"cursor": page["next"], "period": "2026-07-01/P3M"}
    store.client.get("/v1/observations", params=more, headers=as_agency(agency))
    (event,) = (e for e in reads(stack, store.form) if "period" in e["filters"])
    assert (event["figures"], event["filters"]["period"]) == (1, "2026-Q3")
    read(store, as_agency(f"{agency}-2"))
    assert sorted(e["figures"] for e in reads(stack, store.form)) == [0, 1, 2]


def test_a_program_reads_as_the_compilers(stack: Stack, store: Store) -> None:
    store.handle(store.event(VALUES))
    read(store, COMPILER)
    (last,) = reads(stack, store.form)
    assert (last["person"], last["organisation"], last["audience_kind"]) == (
        "token:compiler",
        None,
        "compilers",
    )


def test_refused_questions_are_no_reads(stack: Stack, store: Store) -> None:
    before = len(_records(stack))
    for headers in ({}, people.headers("p", "x", ("auditor",), (), now=NOW)):
        answer = store.client.get("/v1/observations", headers=headers)
        assert answer.status_code in (401, 403)
        assert "observations" not in answer.json()
    assert len(_records(stack)) == before


def test_no_figure_leaves_while_the_event_can_not(url: str, store: Store) -> None:
    store.handle(store.event(VALUES))
    with relaying_nothing(store.client), api(url, Cluster("127.0.0.1:1")) as cut_off:
        answer = cut_off.get("/v1/observations", params={"form": store.form}, headers=COMPILER)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "1.000000" not in answer.text


def test_what_was_noted_while_the_broker_was_away_is_published_later(
    stack: Stack, url: str, store: Store
) -> None:
    with api(url, Cluster("127.0.0.1:1")) as cut_off:
        cut_off.get("/v1/observations", params={"form": store.form}, headers=COMPILER)
    assert read(store, COMPILER) == {}
    assert len(reads(stack, store.form)) == 2


def test_an_auditor_sees_who_received_what_and_nobody_else_does(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    read(store, as_agency(agency))
    auditor = people.headers("p-kiem-tra", "thong-ke-dien-bien", ("auditor",), (), now=NOW)
    (found,) = _reads(store, auditor, organisation=agency)
    assert (found["person"], found["figures"], found["audience_kind"]) == ("p-agency", 2, "agency")
    assert found["submissions"] == [{"submission_id": store.submission, "attempt": 1, "figures": 2}]
    assert found["articles"] == [ARTICLE]
    assert [one["id"] for one in _reads(store, auditor, submission=store.submission)] == [
        found["id"]
    ]
    assert _reads(store, auditor, submission=str(uuid4())) == []
    answer = store.client.get("/v1/reads", headers=as_agency(agency))
    assert answer.status_code == 403


def test_what_is_taken_back_nobody_reads_and_its_readers_are_named(
    store: Store, agency: str, url: str
) -> None:
    event = released(store.event(VALUES), release(agency))
    store.handle(event)
    assert read(store, as_agency(agency)) == ALL
    assert read(store, COMPILER) == ALL
    withdrawn = taken_back(event)
    recalled = withdraw(store, withdrawn)
    assert [
        (to_avro(e.data)["audience_kind"], to_avro(e.data)["audience_id"], to_avro(e.data)["reads"])
        for e in recalled
    ] == [
        ("agency", agency, 1),
        ("compilers", "grdp", 1),
    ]
    before = (T1 + HOUR / 4).isoformat()
    for who in (as_agency(agency), COMPILER):
        assert read(store, who) == {}
        assert read(store, who, as_of=before) == {}, "not as of an earlier time either"
    assert {row[1] for row in store.state(event).values()} == {None}, (
        "the feed says that it is gone"
    )
    assert [e.id for e in withdraw(store, withdrawn)] == [e.id for e in recalled], "redelivered"
    data = replace(event.data, decision=9, head=replace(event.data.head, attempt=2))
    later = replace(event, data=data, id=uuid4())
    later = released(replace(later, time=T1 + HOUR), release(agency))
    store.handle(later)
    assert read(store, as_agency(agency)) == ALL, "what is sent anew is read"
    assert read(store, COMPILER, as_of=before) == {}


def test_of_what_is_erased_no_value_is_left(store: Store, agency: str, url: str) -> None:
    event = store.event(VALUES)
    store.handle(event)
    withdraw(store, taken_back(event))
    erase(store, event)
    values = (
        "select count(*), count(value) from observations o join figures f on f.id = o.figure_id"
        " where f.submission_id = %s"
    )
    salts = "select count(*) from digests where submission_id = %s"
    with psycopg.connect(url) as connection:
        assert connection.execute(values, [store.submission]).fetchall() == [(4, 0)]
        assert connection.execute(salts, [store.submission]).fetchall() == [(0,)]


def test_who_read_what_it_is_denied_now_is_named_once(store: Store, agency: str) -> None:
    first = released(store.event(VALUES), release(agency))
    store.handle(first)
    read(store, as_agency(agency))
    read(store, COMPILER)

    def later(decision: int, *releases: dict[str, Any]) -> list[str]:
        data = replace(store.event(VALUES).data, decision=decision)
        event = released(replace(first, id=uuid4(), data=data), *releases)
        (outputs,) = store.handle(event)
        return [m.topic for m in outputs if m.topic == "figure.recalled"]

    assert later(2, release(agency)) == []
    assert later(3, release(agency, "denied")) == ["figure.recalled"]
    assert later(4, release(agency, "denied")) == []
    assert later(5, release(f"{agency}-2", "denied")) == []


def test_a_withdrawal_that_overtakes_its_clearance_counts(store: Store, agency: str) -> None:
    event = released(store.event(VALUES), release(agency))
    withdraw(store, taken_back(event))
    store.handle(event)
    assert read(store, as_agency(agency)) == {}
    assert read(store, COMPILER) == {}


def test_who_reads_while_it_is_taken_back_is_named_or_reads_nothing(
    store: Store, agency: str, url: str
) -> None:
    event = released(store.event(VALUES), release(agency))
    store.handle(event)
    with ThreadPoolExecutor() as pool:
        reads = [pool.submit(read, store, as_agency(agency)) for _ in range(12)]
        recalled = withdraw(store, taken_back(event))
        got = sum(one.result() == ALL for one in reads)
    assert sum(to_avro(one.data)["reads"] for one in recalled) == got


def test_reads_come_page_by_page(store: Store, agency: str) -> None:
    store.handle(store.event(VALUES))
    for _ in range(3):
        read(store, as_agency(agency))
    auditor = people.headers("p-kiem-tra", "thong-ke-dien-bien", ("auditor",), (), now=NOW)
    seen: list[str] = []
    wanted: dict[str, Any] = {"organisation": agency, "limit": 2}
    while True:
        page = store.client.get("/v1/reads", params=wanted, headers=auditor).json()
        seen += [one["id"] for one in page["reads"]]
        if page["next"] is None:
            break
        wanted["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) == 3


def _reads(store: Store, headers: dict[str, str], **wanted: str) -> list[dict[str, Any]]:
    answer = store.client.get("/v1/reads", params=wanted, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["reads"]
    return found

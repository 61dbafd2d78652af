"""What a correction changed is a new vintage, what it left is confirmed: on a real database, and as the feed says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local import Stack
from services.grdp.identity import digest, key_id
from services.grdp.store import KEY
from services.grdp.worker import TAKEN_BACK
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.kernel.events import Event
from tests.integration.grdp_parts import (
    COMPILER,
    FREE,
    HOUR,
    SECRET,
    T1,
    VALUES,
    Store,
    Values,
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
    value,
    withdraw,
)
from tests.unit.grdp_examples import figures

pytestmark = pytest.mark.stack
ALL = {"1": "1.000000", "2": "2.000000"}
T2, T3 = T1 + HOUR, T1 + 2 * HOUR
BETWEEN = (T1 + HOUR / 2).isoformat()


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


def second(store: Store, values: Values = VALUES, **more: Any) -> Event:
    """Attempt 2, an hour after the first."""
    return store.event(values, **{"attempt": 2, "decision": 2, "time": T2, **more})


def sources(
    store: Store, headers: dict[str, str], **wanted: str
) -> dict[str, tuple[int, int, str]]:
    """Revision, attempt and cell by indicator."""
    answer = store.client.get(
        "/v1/observations", params={"form": store.form, **wanted}, headers=headers
    )
    return {
        o["indicator"]: (o["revision"], o["attempt"], o["cell"])
        for o in answer.json()["observations"]
    }


def test_two_changes_in_hundreds_of_figures_are_two_vintages_and_two_records(store: Store) -> None:
    values: dict[str, str | None] = {str(n): f"{n}.5" for n in range(1, 497)}
    store.handle(store.event(values))
    correction = second(store, values | {"7": "8", "9": None})
    ((stored,),) = store.handle(correction)
    assert store.state(correction) == {"7": (2, "8", 2), "9": (2, None, 2)}
    assert codec().decode("submission.stored-value", stored.value)["figures"] == 496
    found = sources(store, COMPILER)
    assert {indicator for indicator, (revision, *_) in found.items() if revision > 1} == {"7", "9"}
    assert {attempt for _, attempt, _ in found.values()} == {2}


def test_one_digest_stands_for_the_whole_attempt_what_it_confirms_too(store: Store) -> None:
    store.handle(store.event(VALUES))
    correction = second(store, {"1": "1", "2": "3"})
    ((stored,),) = store.handle(correction)
    path = f"/v1/digests/{store.submission}"
    kept = store.client.get(path, headers=COMPILER).json()["digests"][1]
    answer = store.client.get("/v1/observations", params={"form": store.form}, headers=COMPILER)
    lines = [
        (
            key_id({name: o[name] for name in KEY}),
            o["revision"],
            figures({"x": o["value"]})[0].value,
        )
        for o in answer.json()["observations"]
    ]
    assert {line[1] for line in lines} == {1, 2}
    expected = codec().decode("submission.stored-value", stored.value)["digest"]
    assert digest(bytes.fromhex(kept["salt"]), lines) == kept["digest"] == expected


def test_a_figure_names_the_attempt_that_confirmed_it_last_by_then_and_its_cell(
    store: Store,
) -> None:
    store.handle(store.event(VALUES))
    elsewhere = {n: {"sheet": "Biểu 9", "cell": f"Z{n}", "rounded": True} for n in VALUES}
    store.handle(flagged(store, elsewhere, attempt=2, decision=2, time=T2))
    assert sources(store, COMPILER) == {"1": (1, 2, "Z1"), "2": (1, 2, "Z2")}
    assert sources(store, COMPILER, as_of=BETWEEN) == {"1": (1, 1, "D1"), "2": (1, 1, "D2")}
    answer = store.client.get("/v1/observations", params={"form": store.form}, headers=COMPILER)
    assert {datetime.fromisoformat(o["known_from"]) for o in answer.json()["observations"]} == {T1}


def test_a_read_names_the_attempt_that_confirmed_the_figure(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    correction = released(second(store, {"1": "1", "2": "3"}), release(agency))
    store.handle(correction)
    read(store, as_agency(agency))
    (recalled,) = withdraw(store, taken_back(correction, time=T3))
    assert (to_avro(recalled.data)["audience_id"], to_avro(recalled.data)["attempt"]) == (agency, 2)


def test_taking_back_the_first_attempt_hides_nothing_that_the_second_confirmed(
    store: Store, agency: str
) -> None:
    first = released(store.event(VALUES), release(agency))
    store.handle(first)
    correction = second(store, {"1": "1", "2": "3"})
    store.handle(released(correction, release(agency)))
    withdraw(store, taken_back(first, decision=3, time=T3))
    for who in (COMPILER, as_agency(agency)):
        assert read(store, who) == {"1": "1.000000", "2": "3.000000"}
        assert read(store, who, as_of=BETWEEN) == {}, "then it was the first attempt's alone"
    assert store.state(correction) == {"2": (2, "3", 2)}
    assert store.state(first) == {"1": (1, "1", 1), "2": (2, "3", 2)}


def test_taking_back_the_attempt_that_confirmed_takes_back_all_before_it(
    store: Store, agency: str
) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    read(store, as_agency(agency))
    correction = released(second(store), release(agency))
    store.handle(correction)
    withdrawn = taken_back(correction, time=T3)
    (recalled,) = withdraw(store, withdrawn)
    assert to_avro(recalled.data)["audience_id"] == agency, (
        "who read it as the first attempt's, too"
    )
    for who in (COMPILER, as_agency(agency)):
        for as_of in (BETWEEN, T2.isoformat(), T3.isoformat()):
            assert read(store, who, as_of=as_of) == {}
    assert {row[:2] for row in store.state(withdrawn).values()} == {(2, None)}
    store.handle(store.event(VALUES, attempt=3, decision=9, time=T1 + 3 * HOUR))
    assert sources(store, COMPILER) == {"1": (3, 3, "D1"), "2": (3, 3, "D2")}
    assert read(store, COMPILER, as_of=T2.isoformat()) == {}


def test_who_read_it_is_told_once_though_two_withdrawals_take_it_back(
    store: Store, agency: str
) -> None:
    first = released(store.event(VALUES), release(agency))
    store.handle(first)
    read(store, as_agency(agency))
    correction = second(store)
    store.handle(correction)
    assert len(withdraw(store, taken_back(first, decision=3, time=T3))) == 1
    assert withdraw(store, taken_back(correction, decision=4, time=T3)) == []


def test_what_is_denied_of_the_confirming_attempt_is_closed_in_all_vintages(
    store: Store, agency: str
) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    store.handle(released(second(store), release(agency)))
    assert read(store, as_agency(agency)) == read(store, as_agency(agency), as_of=BETWEEN) == ALL
    store.handle(released(second(store, decision=3), release(agency, "denied")))
    assert read(store, as_agency(agency)) == read(store, as_agency(agency), as_of=BETWEEN) == {}


def test_what_is_denied_of_the_first_attempt_stays_open_where_the_second_confirmed_it(
    store: Store, agency: str
) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    store.handle(released(second(store, {"1": "1"}), release(agency)))
    store.handle(released(store.event(VALUES, decision=3), release(agency, "denied")))
    assert read(store, as_agency(agency)) == {"1": "1.000000"}
    assert read(store, as_agency(agency), as_of=BETWEEN) == {}


def test_what_the_second_attempt_releases_is_open_from_then_on(store: Store, agency: str) -> None:
    store.handle(store.event(VALUES))
    store.handle(released(second(store), release(agency)))
    assert read(store, as_agency(agency)) == ALL
    assert read(store, as_agency(agency), as_of=BETWEEN) == {}


def test_who_read_it_is_told_when_the_next_attempt_is_denied_at_once(
    store: Store, agency: str
) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    read(store, as_agency(agency))
    denials = [
        released(second(store, decision=decision), release(agency, "denied")) for decision in (2, 3)
    ]
    told = [
        [m.topic for m in outputs if m.topic == "figure.recalled"]
        for denial in denials
        for outputs in store.handle(denial)
    ]
    assert told == [["figure.recalled"], []]


def test_a_release_of_some_flags_is_of_what_its_attempt_confirms(store: Store, agency: str) -> None:
    store.handle(flagged(store, {"2": SECRET}))
    correction = flagged(store, {"2": SECRET}, attempt=2, decision=2, time=T2)
    store.handle(released(correction, release(agency, flags=[FREE])))
    assert store.feed(correction) == []
    assert read(store, as_agency(agency)) == {"1": "1.000000"}


def test_a_changed_flag_is_a_vintage_and_closes_those_before(store: Store, agency: str) -> None:
    store.handle(released(store.event(VALUES), release(agency)))
    marked = released(
        flagged(store, {"2": SECRET}, attempt=2, decision=2, time=T2), release(agency, flags=[FREE])
    )
    store.handle(marked)
    assert store.state(marked) == {"2": (2, "2", 2)}
    confirming = flagged(store, {"2": SECRET}, attempt=3, decision=3, time=T3)
    store.handle(released(confirming, release(agency, flags=[FREE])))
    assert read(store, as_agency(agency)) == {"1": "1.000000"}
    assert read(store, as_agency(agency), as_of=BETWEEN) == {"1": "1.000000"}


def test_a_redelivery_sends_what_its_event_changed_as_it_is_now(store: Store) -> None:
    first, correction = store.event(VALUES), second(store, {"1": "1", "2": "3"})
    store.handle(first)
    once = {to_avro(e.data)["indicator"]: e for e in store.feed(first)}
    store.handle(correction)
    again = {to_avro(e.data)["indicator"]: e for e in store.feed(first)}
    assert again["1"] == once["1"], "one id, one content, whoever confirmed it"
    assert again["2"].data.value == 3
    assert store.handle(correction) == store.handle(correction)
    assert store.state(correction) == {"2": (2, "3", 2)}


def test_what_another_submission_overtook_counts_again_when_it_is_sent_again(store: Store) -> None:
    store.handle(store.event(VALUES))
    store.handle(store.event({"1": "9"}, submission_id=str(uuid4()), time=T2))
    correction = second(store, time=T3)
    store.handle(correction)
    assert store.known() == ALL
    assert store.state(correction) == {"1": (3, "1", 2)}


def test_an_erased_attempt_leaves_what_a_later_one_confirmed(store: Store) -> None:
    first = store.event(VALUES)
    store.handle(first)
    store.handle(second(store, {"1": "1", "2": "3"}))
    withdraw(store, taken_back(first, decision=3, time=T3))
    erase(store, first)
    assert read(store, COMPILER) == {"1": "1.000000", "2": "3.000000"}
    assert sources(store, COMPILER) == {"1": (1, 2, "D1"), "2": (2, 2, "D2")}
    third = store.event({"1": "1", "2": "3"}, attempt=3, decision=4, time=T1 + 3 * HOUR)
    store.handle(third)
    assert store.feed(third) == []
    withdraw(store, taken_back(third, decision=5, time=T1 + 4 * HOUR))
    erase(store, third)
    left = (
        "select (select count(value) + count(nullif(cell, '')) from observations where figure_id = any(:of))"
        " + (select count(nullif(cell, '')) from confirmations where figure_id = any(:of))"
    )
    of = "select array_agg(id) from figures where submission_id = :submission"
    with store.engine.connect() as connection:
        ids = connection.execute(sa.text(of), {"submission": store.submission}).scalar_one()
        assert connection.execute(sa.text(left), {"of": ids}).scalar_one() == 0


def test_an_erasure_has_a_handler_that_saw_the_value_look_again(store: Store) -> None:
    first = store.event(VALUES)
    store.handle(first)

    def version() -> Any:
        of = {"id": store.submission}
        with store.engine.connect() as connection:
            return connection.execute(
                sa.text("select version from submissions where id = :id"), of
            ).scalar_one()

    before = version()
    erase(store, first)
    assert version() == before + 1
    correction = second(store)
    store.handle(correction)
    assert store.state(correction) == {"1": (2, "1", 2), "2": (2, "2", 2)}


# -- whatever comes, in whatever order

INDICATORS = ("1", "2", "3")
CONTENTS = st.dictionaries(st.sampled_from(INDICATORS), st.sampled_from(["1", "2", None]))
ATTEMPTS = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("cleared"), ATTEMPTS, st.booleans()),
        st.tuples(st.just("stale"), ATTEMPTS, st.booleans()),
        st.tuples(st.just("withdrawn"), ATTEMPTS, st.just(True)),
    ),
    min_size=1,
    max_size=9,
)


@dataclass
class Model:
    """What should be known: the figures of the highest attempt, where it was not taken back."""

    highest: int = 0
    withdrawn: int = 0
    stored: dict[int, Values] = field(default_factory=dict)
    decided: set[int] = field(default_factory=set)

    def step(self, kind: str, attempt: int, content: Values | None) -> None:
        if kind == "stale" and attempt in self.decided:
            return
        self.decided.add(attempt)
        self.highest = max(self.highest, attempt)
        if kind == "withdrawn":
            self.withdrawn = max(self.withdrawn, attempt)
        self.stored[attempt] = content or {}

    @property
    def readable(self) -> Values:
        return self.stored.get(self.highest, {}) if self.highest > self.withdrawn else {}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(contents=st.lists(CONTENTS, min_size=4, max_size=4), steps=STEPS)
def test_what_is_readable_is_the_highest_attempts_and_revisions_rise_where_it_changed(
    store: Store, contents: list[Values], steps: list[tuple[str, int, bool]]
) -> None:
    """Attempts early and late, decided again, denied to the compilers and granted, stale, taken back."""
    one = replace(store, submission=str(uuid4()), form=f"form-{uuid4()}")
    model, revisions, told = (
        Model(),
        dict.fromkeys(INDICATORS, 0),
        dict[str, tuple[int, str | None]](),
    )
    was: Values = {}
    for number, (kind, attempt, granted) in enumerate(steps, start=2):
        content = contents[attempt - 1]
        event = one.event(
            content,
            attempt=attempt,
            decision=1 if kind == "stale" else number,
            time=T1 + number * timedelta(minutes=1),
            state="granted" if granted else "denied",
        )
        if kind == "withdrawn":
            event = taken_back(event, decision=number, time=event.time)
            stage = one.handling.single(TAKEN_BACK, event)
            asyncio.run(stage)
        else:
            one.handle(event)
        model.step(kind, attempt, content if granted and kind != "withdrawn" else None)
        now = model.readable
        for indicator in INDICATORS:
            changed = (indicator in now) != (indicator in was) or now.get(indicator) != was.get(
                indicator
            )
            revisions[indicator] += changed
        was = now
        for record in one.feed(event):
            data = to_avro(record.data)
            here = data["value"] is None and data["missing"] is None
            told[data["indicator"]] = (data["revision"], "gone" if here else value(data["value"]))
        current = sources(one, COMPILER)
        assert {
            name: found and str(int(float(found))) for name, found in one.known().items()
        } == now
        assert {name: revisions[name] for name in now} == {n: r for n, (r, *_) in current.items()}
        assert {attempt for _, attempt, _ in current.values()} <= {model.highest}
        assert {name: row for name, row in told.items() if row[1] != "gone"} == {
            name: (revisions[name], now[name]) for name in now
        }
        assert {name for name, row in told.items() if row[1] == "gone"} == {
            name for name in INDICATORS if revisions[name] and name not in now
        }

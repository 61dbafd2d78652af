"""The tables in PostgreSQL and their twin in memory, on which the simulation rests, answer alike."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar
from uuid import UUID, uuid5

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kernel.db import close, connect
from services.kernel.events import Event
from services.kernel.locks import Locks
from services.kernel.postgresql import Postgresql
from services.kernel.runner_tables import RUNNER_CHANGES, RUNNER_TABLES
from services.kernel.store import Position, Result, Store, Trials, Tried
from services.kernel.topics import load
from services.kernel.wire import Message
from tests.said import said
from tests.simulation import database
from tests.simulation.loop import Alive, Machine
from tests.toy.harness import INPUT, NOW, make_schema

pytestmark = pytest.mark.stack
NAMESPACE = UUID(int=11)
OTHER = "submission.cleared"
PLACES = ((INPUT, 0), (INPUT, 1), (OTHER, 0))
RECORDS = (b"one", b"two")
OLDER_TABLES = """
create table inbox (
    event_id uuid primary key, digest bytea not null, handled_at timestamptz not null default now()
);
create table partitions (
    topic text not null, partition int not null, next_offset bigint, clean boolean not null default true,
    in_flight_until bigint, trial_offset bigint, trial_at timestamptz, trials int not null default 0,
    primary key (topic, partition)
);
create table buried (
    topic text not null, partition int not null, "offset" bigint not null,
    primary key (topic, partition, "offset")
);
"""
"""Before a record was told by its fingerprint."""


def event(number: int, content: bytes) -> Event:
    return Event(uuid5(NAMESPACE, str(number)), INPUT, "k", said(INPUT), NOW, "", "", None, content)


def outputs(of: Event) -> list[Message]:
    return [
        Message(OTHER, b"key \xff", of.encoded + bytes([n]), (("a", b"\xff"), ("b", b"")))
        for n in range(of.id.int % 3)
    ]


class Undone(Exception):
    """So that a transaction is rolled back."""


class Twins(RuleBasedStateMachine):
    """Both do the same, with one holder of every partition."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.engine = connect(self.url, pool_size=1)
        with self.engine.begin() as connection:
            connection.exec_driver_sql("truncate inbox, outputs, partitions, buried")
        self.ticks = 0
        self.memory = database.Database(self._tick)
        self.stores: tuple[Store, Store] = (Postgresql(self.engine), self.memory)
        machine: Machine = Alive()
        self.locks: tuple[Any, Any] = (
            Locks("validation", self.url),
            database.Locks(self.memory, machine),
        )
        self.loop.run_until_complete(self.locks[0].connect())
        self.held: set[tuple[str, int]] = set()

    def _tick(self) -> float:
        self.ticks += 1
        return float(self.ticks)

    def teardown(self) -> None:
        self.loop.run_until_complete(self.locks[0].close())
        self.loop.close()
        close(self.engine)

    def _both(self, of: Any, ask: Any) -> Any:
        first, second = (ask(one) for one in of)
        assert first == second
        return first

    def _await(self, ask: Any) -> Any:
        return self._both(self.locks, lambda locks: self.loop.run_until_complete(ask(locks)))

    @rule(
        events=st.dictionaries(st.integers(0, 5), st.sampled_from([b"x", b"y"]), max_size=3),
        permanent=st.booleans(), forgets=st.booleans(), undone=st.booleans(),
    )  # fmt: skip
    def handle(
        self, events: dict[int, bytes], permanent: bool, forgets: bool, undone: bool
    ) -> None:
        """A transaction as the runner's are."""
        batch = [event(*one) for one in events.items()]

        def work(store: Store) -> Any:
            with store.transaction() as tables:
                new, known = tables.claim(batch, permanent=permanent)
                dropped = new[:1] if forgets else []
                tables.forget([one.id for one in dropped])
                tables.record({one.id: outputs(one) for one in new if one not in dropped})
                told = [one.id for one in new], _told(known)
                if undone:
                    raise Undone
                return told

        def attempt(store: Store) -> Any:
            try:
                return work(store)
            except Undone:
                return None

        self._both(self.stores, attempt)

    @precondition(lambda self: len(self.held) < len(PLACES))
    @rule(data=st.data())
    def acquire(self, data: Any) -> None:
        place = data.draw(st.sampled_from([one for one in PLACES if one not in self.held]))
        self._await(lambda locks: locks.acquire(load()[place[0]], place[1], asyncio.Event()))
        self.held.add(place)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), clean=st.booleans())
    def release(self, data: Any, clean: bool) -> None:
        place = data.draw(st.sampled_from(sorted(self.held)))
        self._await(lambda locks: locks.release(*place, clean=clean))
        self.held.remove(place)

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(), next_offset=st.integers(0, 5), fingerprint=st.sampled_from([b"", *RECORDS]),
        in_flight=st.none() | st.integers(0, 5), handled=st.none() | st.just(0.0),
    )  # fmt: skip
    def note(
        self,
        data: Any,
        next_offset: int,
        fingerprint: bytes,
        in_flight: int | None,
        handled: float | None,
    ) -> None:
        place = data.draw(st.sampled_from(sorted(self.held)))
        position = Position(place[0], place[1], next_offset, fingerprint)
        self._await(lambda locks: locks.note(position, in_flight, handled_ago=handled))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), offset=st.integers(0, 5))
    def set_back(self, data: Any, offset: int) -> None:
        place = data.draw(st.sampled_from(sorted(self.held)))
        self._await(lambda locks: locks.set_back(*place, offset))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), record=st.sampled_from(RECORDS))
    def bury(self, data: Any, record: bytes) -> None:
        place = data.draw(st.sampled_from(sorted(self.held)))
        self._await(lambda locks: locks.note_buried(*place, record))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), record=st.sampled_from(RECORDS), begins=st.booleans())
    def try_alone(self, data: Any, record: bytes, begins: bool) -> None:
        place = data.draw(st.sampled_from(sorted(self.held)))
        this = Tried(place[0], place[1], record, event(len(record), b"x").id, (INPUT, OTHER))
        self._both(self.stores, lambda store: store.trials(this))
        if begins:
            self._both(self.stores, lambda store: store.begin_trial(this))

    @invariant()
    def what_is_known_of_events_is_the_same(self) -> None:
        events = [event(number, b"x") for number in range(6)]

        def ask(store: Store) -> Any:
            with store.transaction() as tables:
                return _told(tables.recall(events))

        self._both(self.stores, ask)


def _told(result: Result) -> Any:
    return (
        result.outputs,
        {id_: type(error) for id_, error in result.rejected.items()},
        result.repeated,
    )


@pytest.fixture(scope="module")
def tables(module_database: str) -> Iterator[None]:
    Twins.url = make_schema(module_database)
    yield


@pytest.fixture
def twins(tables: None) -> Iterator[Twins]:
    twins = Twins()
    yield twins
    twins.teardown()


@pytest.mark.parametrize("steps", list(product("th", repeat=5)), ids="".join)
def test_both_tell_what_is_poison_from_what_is_ill(twins: Twins, steps: tuple[str, ...]) -> None:
    """An event is tried (t), or another one of its stage is handled (h), in any order. Trials before an h count until
    one comes after it.
    """
    for place in PLACES[:2]:
        twins._await(
            lambda locks, place=place: locks.acquire(load()[place[0]], place[1], asyncio.Event())
        )
    this = Tried(*PLACES[0], RECORDS[0], None, (INPUT,))
    for number, step in enumerate(steps):
        if step == "t":
            twins._both(twins.stores, lambda store: store.begin_trial(this))
        else:
            position = Position(*PLACES[1], number, b"")
            twins._await(lambda locks, one=position: locks.note(one, None, handled_ago=0.0))
    told = twins._both(twins.stores, lambda store: store.trials(this))
    text = "".join(steps)
    well = re.search("tt*h+(t.*)", text)
    counted = well[1] if well else text
    assert told == Trials(counted.count("t"), well is not None and text.endswith("h"))


def test_a_clock_that_was_set_back_lets_no_ill_stage_look_well(twins: Twins) -> None:
    """What another event of the stage did an hour ahead of now is no success since."""
    for place in PLACES[:2]:
        twins._await(
            lambda locks, place=place: locks.acquire(load()[place[0]], place[1], asyncio.Event())
        )
    this = Tried(*PLACES[0], RECORDS[0], None, (INPUT,))
    store = Postgresql(twins.engine)
    position = Position(*PLACES[1], 1, b"")
    twins._await(lambda locks: locks.note(position, None, handled_ago=0.0))
    with twins.engine.begin() as connection:
        connection.exec_driver_sql(
            "update partitions set handled_at = handled_at + interval '1 hour'"
        )
    for _ in range(3):
        store.begin_trial(this)
    assert store.trials(this) == Trials(3, False)


def test_a_trial_of_a_clock_that_was_set_back_does_not_hide_that_others_succeed(
    twins: Twins,
) -> None:
    for place in PLACES[:2]:
        twins._await(
            lambda locks, place=place: locks.acquire(load()[place[0]], place[1], asyncio.Event())
        )
    this = Tried(*PLACES[0], RECORDS[0], None, (INPUT,))
    store = Postgresql(twins.engine)
    store.begin_trial(this)
    with twins.engine.begin() as connection:
        connection.exec_driver_sql(
            "update partitions set trial_at = trial_at + interval '1 hour',"
            " tried_since = tried_since + interval '1 hour' where tried is not null"
        )
    for number in (1, 2, 3):
        position = Position(*PLACES[1], number, b"")
        store.begin_trial(this)
        twins._await(lambda locks, one=position: locks.note(one, None, handled_ago=0.0))
    assert store.trials(this) == Trials(2, True)


def test_a_trial_of_an_event_that_was_put_back_counts(twins: Twins) -> None:
    """What is entered and taken out again, since it is to be tried later, is not handled."""
    twins._await(lambda locks: locks.acquire(load()[INPUT], 0, asyncio.Event()))
    this = Tried(INPUT, 0, RECORDS[0], event(1, b"x").id, (INPUT,))
    twins._both(twins.stores, lambda store: store.begin_trial(this))
    twins._both(twins.stores, lambda store: _put_back(store, event(1, b"x")))
    assert twins._both(twins.stores, lambda store: store.trials(this)) == Trials(1, False)


def _put_back(store: Store, one: Any) -> None:
    with store.transaction() as tables:
        tables.claim([one], permanent=False)
        tables.forget([one.id])


def test_postgresql_and_its_twin_answer_alike(tables: None) -> None:
    case: Any = Twins.TestCase
    case.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
    case().runTest()


def test_tables_of_an_older_installation_become_those_of_a_new_one(fresh_database: str) -> None:
    columns = (
        "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
        " where table_schema = %s and table_name in ('inbox', 'partitions', 'buried', 'upkeep') order by 1, 2"
    )
    with psycopg.connect(fresh_database) as connection:
        for schema, tables in (("new", RUNNER_TABLES), ("old", OLDER_TABLES)):
            connection.execute(f"create schema {schema}")
            connection.execute(f"set search_path to {schema}")
            connection.execute(tables)
        connection.execute("insert into inbox (event_id, digest) values (gen_random_uuid(), '')")
        for _ in range(2):
            connection.execute(RUNNER_CHANGES)
        found = {name: connection.execute(columns, [name]).fetchall() for name in ("new", "old")}
        assert found["old"] == found["new"]
        assert connection.execute("select permanent from inbox").fetchall() == [(True,)]
        assert connection.execute("select clean from old.upkeep").fetchall() == [(True,)]

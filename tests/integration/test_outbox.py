"""The outbox in PostgreSQL and its twin in memory, with which the simulation's relays work, answer alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlmodel import Session

from services.events.policy import PoliciesTried
from services.kernel.codec import codec
from services.kernel.db import close, connect
from services.kernel.events import Event
from services.kernel.outbox import Outbox, OutboxTable
from services.kernel.relay import Held
from tests.simulation import office, toy
from tests.simulation.loop import Alive
from tests.toy.harness import NOW, make_schema

pytestmark = pytest.mark.stack
PROCESSES = 2


class Outboxes(RuleBasedStateMachine):
    """Two processes of a service write, take turns to relay, and mark what they have sent."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.engines = [connect(self.url, pool_size=2) for _ in range(PROCESSES)]
        self.tables = [OutboxTable(engine) for engine in self.engines]
        memory = office.Office(lambda: 0.0)
        self.twins = [office.Outbox(memory, Alive()) for _ in range(PROCESSES)]
        self.writer = Outbox("policy", codec(), lambda: NOW)
        self.held: tuple[Held, Held] | None = None
        self.written = 0

    @initialize()
    def empty(self) -> None:
        with self.engines[0].begin() as connection:
            connection.exec_driver_sql("truncate outbox restart identity")

    def teardown(self) -> None:
        if self.held:
            self.held[0].close()
        for engine in self.engines:
            close(engine)

    @rule(process=st.integers(0, PROCESSES - 1))
    def add(self, process: int) -> None:
        index = self.written
        self.written += 1
        with Session(self.engines[process]) as session, session.begin():
            sequence = self.writer.add(session, _event(index))

        def make(number: int) -> Event:
            return toy.event(index, 0, "plain", number, NOW)

        assert self.twins[process].add(toy.event_id(index), make) == sequence - 1 == index

    @rule(process=st.integers(0, PROCESSES - 1))
    def begin(self, process: int) -> None:
        """Also while another one relays: then it gets nothing."""
        table, twin = self.tables[process].next(), self.twins[process].next()
        assert (table is None) == (twin is None) == (self.held is not None)
        if table and twin:
            self.held = table, twin
            assert [s - 1 for s, _ in table.rows] == [s for s, _ in twin.rows]
            assert [message.topic for _, message in table.rows] == [PoliciesTried.TOPIC] * len(
                table.rows
            )
            assert 0 <= table.age < 300 and (table.age > 0 or not table.rows)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), marks=st.booleans())
    def end(self, data: Any, marks: bool) -> None:
        """What is marked holds; who ends without it has published nothing."""
        assert self.held
        table, twin = self.held
        if marks:
            sent = [sequence for sequence, _ in twin.rows if data.draw(st.booleans())]
            table.mark([sequence + 1 for sequence in sent])
            twin.mark(sent)
        table.close()
        twin.close()
        self.held = None

    @precondition(lambda self: self.written)
    @rule(data=st.data(), process=st.integers(0, PROCESSES - 1))
    def ask(self, data: Any, process: int) -> None:
        sequence = data.draw(st.integers(0, self.written - 1))
        table = self.tables[process].is_published(sequence + 1)
        assert table == self.twins[process].is_published(sequence)


def _event(index: int) -> PoliciesTried:
    key = str(UUID(int=index))
    return PoliciesTried(
        trial_id=key,
        person=key,
        organisation=None,
        policies_sha256="",
        since="2026-11-01",
        attempts=1,
        tried_at=NOW,
    )


@pytest.fixture(scope="module")
def outboxes(module_database: str) -> Iterator[Any]:
    Outboxes.url = make_schema(module_database)
    yield Outboxes


def test_postgresql_and_its_twin_answer_alike(outboxes: Any) -> None:
    case = outboxes.TestCase
    case.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
    case().runTest()


def test_rows_are_taken_by_their_bytes_and_one_of_any_size_is(outboxes: Any) -> None:
    engine = connect(outboxes.url, pool_size=1)
    with engine.begin() as connection:
        connection.exec_driver_sql("truncate outbox restart identity")
        for megabytes in (5, 5, 1, 20, 1):
            connection.exec_driver_sql(
                "insert into outbox (topic, key, value, headers)"
                f" values ('{PoliciesTried.TOPIC}', '', convert_to(repeat('x', {megabytes}000000), 'UTF8'), '[]')"
            )
    taken = []
    table = OutboxTable(engine)
    while (held := table.next()) and held.rows:
        taken.append([sequence for sequence, _ in held.rows])
        held.mark(taken[-1])
        held.close()
    assert held
    held.close()
    close(engine)
    assert taken == [[1, 2], [3, 4], [5]]

"""A batch whose facts go from event to event: what a rejected event did to them is undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from services.events.policy import SubmissionSuperseded
from services.events.registry import EVENTS
from services.kernel.avro import from_avro
from services.kernel.codec import codec
from services.kernel.errors import Oversized, Permanent
from services.kernel.events import Event, Outcome, Row
from services.kernel.handling import Writer
from services.kernel.stage import BatchStage
from services.kernel.store import Result, Transaction
from services.kernel.topics import LARGEST_RECORD
from tests.contract.examples import examples
from tests.said import said

NOW = datetime(2026, 11, 26, tzinfo=UTC)
TOPIC = "submission.received"


class Tables:
    """What is new, as the database says; what was written and what taken back."""

    session = None

    def __init__(self) -> None:
        self.written: list[UUID] = []
        self.forgotten: list[UUID] = []

    def claim(self, events: Sequence[Event], *, permanent: bool) -> tuple[list[Event], Result]:
        return list(events), Result()

    def write(self, rows: Iterable[Row]) -> None:
        self.written += [row.values["id"] for row in rows]

    def forget(self, ids: Sequence[UUID]) -> None:
        self.forgotten += ids

    def record(self, outputs: object) -> None: ...


class Log:
    """Like the log of evidence: every event appends, the last one brings the rows of all."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.last = events[-1].id
        self.appended: list[UUID] = []


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_a_rejected_event_leaves_nothing_behind(bad: int) -> None:
    events = [Event(uuid4(), TOPIC, "k", said(TOPIC), NOW, "", "") for _ in range(3)]
    tables = Tables()

    def handle(event: Event, log: Log) -> Outcome:
        log.appended.append(event.id)
        if event is events[bad]:
            raise Permanent("not this one")
        rows = log.appended if event.id == log.last else ()
        return Outcome(rows=tuple(Row(cast(Any, None), {"id": one}) for one in rows))

    stage = BatchStage((EVENTS[TOPIC],), load=lambda _, given: Log(given), handle=handle)
    writer = Writer("toy", codec(), lambda: NOW)
    result = writer.batch(cast(Transaction, tables), stage, events)
    good = [event.id for event in events if event is not events[bad]]
    assert tables.written == good
    assert tables.forgotten == [events[bad].id]
    assert (list(result.outputs), list(result.rejected)) == (good, tables.forgotten)


def test_an_event_that_leads_to_more_than_a_record_holds_is_rejected_alone() -> None:
    """Committed, it could never be published: its partition would stand still, and its rows say that it was handled."""
    events = [Event(uuid4(), TOPIC, "k", said(TOPIC), NOW, "", "") for _ in range(3)]
    tables = Tables()
    good_one = from_avro(SubmissionSuperseded, examples("submission.superseded")[0])

    def handle(event: Event, facts: object) -> Outcome:
        length = LARGEST_RECORD if event is events[1] else 1
        made = replace(good_one, head=replace(good_one.head, sender="x" * length))
        return Outcome((made,), (Row(cast(Any, None), {"id": event.id}),))

    stage = BatchStage((EVENTS[TOPIC],), load=lambda _, given: None, handle=handle)
    result = Writer("toy", codec(), lambda: NOW).batch(cast(Transaction, tables), stage, events)
    good = [events[0].id, events[2].id]
    assert (tables.written, list(result.outputs)) == (good, good)
    assert [(id_, type(error)) for id_, error in result.rejected.items()] == [
        (events[1].id, Oversized)
    ]

"""A batch whose facts go from event to event: what a rejected event did to them is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from services.kernel import transaction
from services.kernel.codec import codec
from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome, Row
from services.kernel.stage import BatchStage
from services.kernel.transaction import Position, Result, Writer

NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Log:
    """Like the log of evidence: every event appends, the last one brings the rows of all."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.last = events[-1].id
        self.appended: list[UUID] = []


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_a_rejected_event_leaves_nothing_behind(bad: int, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [Event(uuid4(), "toy", "k", {}, NOW, "", "") for _ in range(3)]
    written: list[UUID] = []
    forgotten: list[UUID] = []

    def handle(event: Event, log: Log) -> Outcome:
        log.appended.append(event.id)
        if event is events[bad]:
            raise Permanent("not this one")
        rows = log.appended if event.id == log.last else ()
        return Outcome(rows=tuple(Row(cast(Any, None), {"id": one}) for one in rows))

    monkeypatch.setattr(transaction, "claim", lambda _, given: (list(given), Result()))
    monkeypatch.setattr(
        transaction, "write", lambda _, rows: written.extend(row.values["id"] for row in rows)
    )
    monkeypatch.setattr(transaction, "record", lambda *_: None)
    monkeypatch.setattr(Writer, "_forget", lambda *given: forgotten.extend(given[-1]))
    stage = BatchStage(("toy",), load=lambda _, given: Log(given), handle=handle)
    writer = Writer("toy", codec(), lambda: NOW)
    result = writer.batch(cast(Session, None), stage, events, Position("toy", 0, 3))
    good = [event.id for event in events if event is not events[bad]]
    assert written == good
    assert forgotten == [events[bad].id]
    assert (list(result.outputs), list(result.rejected)) == (good, forgotten)

"""The database side of a stage: what is committed together for a batch of events. Synchronous; runs in a thread.

The inbox makes it happen once: an event whose row exists was handled, and only its stored outputs go out again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import Session

from services.kernel.clock import Clock
from services.kernel.codec import Codec
from services.kernel.db import cursor, write
from services.kernel.errors import IdentityConflict, Permanent
from services.kernel.events import Event, Outcome
from services.kernel.stage import BatchStage
from services.kernel.wire import Message, encode_all


@dataclass
class Result:
    """What to publish for each event, in their order, and which events can't be handled."""

    outputs: dict[UUID, list[Message]] = field(default_factory=dict)
    rejected: dict[UUID, Permanent] = field(default_factory=dict)
    repeated: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Position:
    """A partition, and the offset up to which all its events are finished once this transaction is committed."""

    topic: str
    partition: int
    next_offset: int


def digest(event: Event) -> bytes:
    """What two events with the same id must have in common."""
    return sha256(event.encoded).digest()


def claim(session: Session, events: Sequence[Event]) -> tuple[list[Event], Result]:
    """Enters the events into the inbox; returns the new ones, and what is known already of the others."""
    result = Result()
    cur = cursor(session)
    cur.execute(
        "insert into inbox (event_id, digest) select * from unnest(%b::uuid[], %b::bytea[])"
        " on conflict do nothing returning event_id",
        [[e.id for e in events], [digest(e) for e in events]],
    )
    entered = {row[0] for row in cur.fetchall()}
    new: list[Event] = []
    known: list[Event] = []
    for event in events:
        if event.id in entered:
            entered.remove(event.id)
            new.append(event)
        else:
            known.append(event)
    if known:
        _recall(cur, known, result)
    return new, result


def _recall(cur: Any, events: Sequence[Event], result: Result) -> None:
    ids = [event.id for event in events]
    cur.execute("select event_id, digest from inbox where event_id = any(%s)", [ids])
    digests = dict(cur.fetchall())
    for event in events:
        if bytes(digests[event.id]) != digest(event):
            result.rejected[event.id] = IdentityConflict(f"{event.id} came before with other bytes")
        else:
            result.repeated.add(event.id)
            result.outputs[event.id] = []
    cur.execute(
        "select event_id, topic, key, value, headers from outputs where event_id = any(%s)"
        " order by event_id, index",
        [list(result.repeated)],
    )
    for id_, topic, key, value, headers in cur.fetchall():
        message = Message(topic, bytes(key), bytes(value), unpack(bytes(headers)))
        result.outputs[id_].append(message)


def record(session: Session, outputs: dict[UUID, list[Message]], position: Position | None) -> None:
    """Stores what the events led to, and how far the partition is."""
    cur = cursor(session)
    rows = [
        (id_, index, m.topic, m.key, m.value, pack(m.headers))
        for id_, messages in outputs.items()
        for index, m in enumerate(messages)
    ]
    if rows:
        cur.execute(
            "insert into outputs (event_id, index, topic, key, value, headers) select * from"
            " unnest(%b::uuid[], %b::int[], %b::text[], %b::bytea[], %b::bytea[], %b::bytea[])",
            [list(column) for column in zip(*rows, strict=True)],
        )
    if position:
        advance(session, position)


def advance(session: Session, position: Position) -> None:
    """Notes how far a partition is; never back."""
    cursor(session).execute(
        "insert into partitions (topic, partition, next_offset, clean) values (%s, %s, %s, false)"
        " on conflict (topic, partition) do update"
        " set next_offset = greatest(partitions.next_offset, excluded.next_offset)",
        [position.topic, position.partition, position.next_offset],
    )


@dataclass(frozen=True)
class Writer:
    """What every transaction of a service needs to turn drafts into records."""

    service: str
    codec: Codec
    clock: Clock

    def batch(
        self, session: Session, stage: BatchStage, events: Sequence[Event], position: Position
    ) -> Result:
        """One transaction for many events. An event that its handler rejects leaves no trace in the inbox, nor in the
        facts that a batch's events share: the others are handled again without it.
        """
        claimed, result = claim(session, events)
        new: Sequence[Event] = claimed
        outcomes, outputs = self._handled(session, stage, new, result)
        while len(outputs) < len(new):
            new = [event for event in new if event.id in outputs]
            outcomes, outputs = self._handled(session, stage, new, result)
        self._forget(session, [event.id for event in claimed if event.id not in outputs])
        write(session, (row for outcome in outcomes for row in outcome.rows))
        record(session, outputs, position)
        result.outputs.update(outputs)
        return result

    def _handled(
        self, session: Session, stage: BatchStage, events: Sequence[Event], result: Result
    ) -> tuple[list[Outcome], dict[UUID, list[Message]]]:
        """What the events that are not rejected lead to; the others are entered into `result`."""
        facts = stage.load(session, events) if events else None
        outcomes: list[Outcome] = []
        outputs: dict[UUID, list[Message]] = {}
        for event in events:
            try:
                outcome = stage.handle(event, facts)
                outputs[event.id] = self.encode(outcome, event)
                outcomes.append(outcome)
            except Permanent as error:
                result.rejected[event.id] = error
        return outcomes, outputs

    def single(
        self, session: Session, event: Event, outcome: Outcome, position: Position | None
    ) -> Result:
        """One transaction for one event that was handled before it; the caller has claimed it."""
        write(session, outcome.rows)
        messages = self.encode(outcome, event)
        record(session, {event.id: messages}, position)
        return Result(outputs={event.id: messages})

    def encode(self, outcome: Outcome, event: Event) -> list[Message]:
        """The records of an outcome."""
        return encode_all(outcome.events, event, self.service, self.clock(), self.codec)

    @staticmethod
    def _forget(session: Session, ids: list[UUID]) -> None:
        if ids:
            cursor(session).execute("delete from inbox where event_id = any(%s)", [ids])


def pack(headers: Iterable[tuple[str, bytes]]) -> bytes:
    """Headers as the tables keep them."""
    return json.dumps([[name, value.decode("latin-1")] for name, value in headers]).encode()


def unpack(packed: bytes) -> tuple[tuple[str, bytes], ...]:
    """Back from `pack`."""
    return tuple((name, value.encode("latin-1")) for name, value in json.loads(packed))

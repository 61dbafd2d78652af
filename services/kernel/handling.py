"""Handling one batch or one event: transactions in threads, heavy handlers in worker processes.

What is committed together makes an event happen once: one whose inbox row exists was handled, and only its stored
outputs go out again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services.kernel.clock import Clock
from services.kernel.codec import Codec
from services.kernel.errors import Permanent
from services.kernel.events import Event, NewObject, ObjectReference, Outcome
from services.kernel.pool import Overrun
from services.kernel.stage import BatchStage, ObjectStage
from services.kernel.store import Result, Store, Transaction
from services.kernel.topics import load
from services.kernel.wire import Message, encode_all

T = TypeVar("T")


class _FactsChanged(Exception):
    """What the handler decided on is no longer so."""


class Objects(Protocol):
    """The vault, as handling uses it."""

    def put(self, item: NewObject) -> object:
        """Keeps an object; durable when it returns."""
        ...

    def get(self, reference: ObjectReference) -> bytes:
        """An object's content."""
        ...


class Workers(Protocol):
    """Processes for what may hang or die."""

    async def run(
        self, function: Callable[..., T], *arguments: Any, size: int = 0, who: str = ""
    ) -> T:
        """What the function returns; raises what it raises, or Overrun."""
        ...


@dataclass(frozen=True)
class Writer:
    """What every transaction of a service needs to turn events into records."""

    service: str
    codec: Codec
    clock: Clock

    def batch(self, tables: Transaction, stage: BatchStage, events: Sequence[Event]) -> Result:
        """One transaction for many events of one topic. An event that its handler rejects leaves no trace in the inbox,
        nor in the facts that a batch's events share: the others are handled again without it.
        """
        claimed, result = self.claim(tables, events)
        new: Sequence[Event] = claimed
        outcomes, outputs = self._handled(tables, stage, new, result)
        while len(outputs) < len(new):
            new = [event for event in new if event.id in outputs]
            outcomes, outputs = self._handled(tables, stage, new, result)
        tables.forget([event.id for event in claimed if event.id not in outputs])
        tables.write(row for outcome in outcomes for row in outcome.rows)
        tables.record(outputs)
        result.outputs.update(outputs)
        return result

    def claim(self, tables: Transaction, events: Sequence[Event]) -> tuple[list[Event], Result]:
        """See Transaction; the events are of one topic."""
        permanent = bool(events) and load()[events[0].topic].retention_days is None
        return tables.claim(events, permanent=permanent)

    def _handled(
        self, tables: Transaction, stage: BatchStage, events: Sequence[Event], result: Result
    ) -> tuple[list[Outcome], dict[Any, list[Message]]]:
        """What the events that are not rejected lead to; the others are entered into `result`."""
        facts = stage.load(tables.session, events) if events else None
        outcomes: list[Outcome] = []
        outputs: dict[Any, list[Message]] = {}
        for event in events:
            try:
                outcome = stage.handle(event, facts)
                outputs[event.id] = self.encode(outcome, event)
                outcomes.append(outcome)
            except Permanent as error:
                result.rejected[event.id] = error
        return outcomes, outputs

    def single(self, tables: Transaction, event: Event, outcome: Outcome) -> Result:
        """One transaction for one event that was handled before it; the caller has claimed it."""
        tables.write(outcome.rows)
        messages = self.encode(outcome, event)
        tables.record({event.id: messages})
        return Result(outputs={event.id: messages})

    def encode(self, outcome: Outcome, event: Event) -> list[Message]:
        """The records of an outcome."""
        return encode_all(outcome.events, event, self.service, self.clock(), self.codec)


@dataclass(frozen=True)
class Handling:
    """What a service's stages run with. `vault` is None where no stage has objects."""

    writer: Writer
    store: Store
    vault: Objects | None
    pool: Workers

    async def batch(self, stage: BatchStage, events: Sequence[Event]) -> Result:
        """Handles the events in one transaction."""
        return await asyncio.to_thread(self._batch, stage, events)

    def _batch(self, stage: BatchStage, events: Sequence[Event]) -> Result:
        with self.store.transaction() as tables:
            return self.writer.batch(tables, stage, events)

    async def single(self, stage: ObjectStage, event: Event) -> Result:
        """Handles one event: facts, objects, handler, then one transaction if the facts still hold."""
        while True:
            known, facts = await asyncio.to_thread(self._prepare, stage, event)
            if known:
                return known
            outcome = await self._handle(stage, event, facts)
            try:
                return await asyncio.to_thread(self._commit, stage, event, facts, outcome)
            except _FactsChanged:
                continue

    def derived(self, stage: ObjectStage, event: Event) -> Iterable[Message]:
        """What the rows say now must be published for this event; read as it is sent."""
        if stage.derive is None:
            return
        writer = self.writer
        with self.store.transaction() as tables:
            for data in stage.derive(tables.session, event):
                yield from encode_all([data], event, writer.service, event.time, writer.codec)

    def _prepare(self, stage: ObjectStage, event: Event) -> tuple[Result | None, Any]:
        with self.store.transaction() as tables:
            known = tables.recall([event])
            if event.id in known.repeated or known.rejected:
                return known, None
            return None, stage.load(tables.session, event)

    async def _handle(self, stage: ObjectStage, event: Event, facts: Any) -> Outcome:
        contents = {
            name: await asyncio.to_thread(self._vault.get, reference)
            for name, reference in stage.reads(event, facts).items()
        }
        if stage.isolated:
            outcome = await self._isolated(stage, event, facts, contents)
        else:
            outcome = await asyncio.to_thread(stage.handle, event, facts, contents)
        for item in outcome.objects:
            await asyncio.to_thread(self._vault.put, item)
        return outcome

    async def _isolated(
        self, stage: ObjectStage, event: Event, facts: Any, contents: Mapping[str, bytes]
    ) -> Outcome:
        try:
            size = sum(map(len, contents.values()))
            who = stage.shared_by(event)
            return await self.pool.run(stage.handle, event, facts, contents, size=size, who=who)
        except Overrun:
            if stage.give_up is None:
                raise
            return await asyncio.to_thread(stage.give_up, event, facts)

    def _commit(self, stage: ObjectStage, event: Event, facts: Any, outcome: Outcome) -> Result:
        with self.store.transaction() as tables:
            new, result = self.writer.claim(tables, [event])
            if not new:
                return result
            if stage.load(tables.session, event) != facts:
                raise _FactsChanged
            return self.writer.single(tables, event, outcome)

    @property
    def _vault(self) -> Objects:
        assert self.vault is not None, "a stage with objects needs SOLIEU_VAULT"
        return self.vault

"""Handling one batch or one event: transactions in threads, heavy handlers in worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from services.kernel.events import Event, Outcome
from services.kernel.pool import Overrun, Pool
from services.kernel.stage import BatchStage, ObjectStage
from services.kernel.transaction import Position, Result, Writer, claim
from services.kernel.vault import Vault
from services.kernel.wire import Message, encode_all


class _FactsChanged(Exception):
    """What the handler decided on is no longer so."""


@dataclass(frozen=True)
class Handling:
    """What a service's stages run with."""

    writer: Writer
    engine: Engine
    vault: Vault | None
    pool: Pool

    async def batch(self, stage: BatchStage, events: Sequence[Event], position: Position) -> Result:
        """Handles the events in one transaction."""
        return await asyncio.to_thread(self._batch, stage, events, position)

    def _batch(self, stage: BatchStage, events: Sequence[Event], position: Position) -> Result:
        with Session(self.engine) as session, session.begin():
            return self.writer.batch(session, stage, events, position)

    async def single(
        self, stage: ObjectStage, event: Event, position: Callable[[], Position]
    ) -> Result:
        """Handles one event: facts, objects, handler, then one transaction if the facts still hold."""
        while True:
            known, facts = await asyncio.to_thread(self._prepare, stage, event)
            if known:
                return known
            outcome = await self._handle(stage, event, facts)
            try:
                return await asyncio.to_thread(self._commit, stage, event, facts, outcome, position)
            except _FactsChanged:
                continue

    def derived(self, stage: ObjectStage, event: Event) -> Iterable[Message]:
        """What the rows say now must be published for this event; read as it is sent."""
        if stage.derive is None:
            return
        writer = self.writer
        with Session(self.engine) as session:
            for draft in stage.derive(session, event):
                yield from encode_all([draft], event, writer.service, event.time, writer.codec)

    def _prepare(self, stage: ObjectStage, event: Event) -> tuple[Result | None, Any]:
        with Session(self.engine) as session:
            new, result = claim(session, [event])
            if not new:
                session.rollback()
                return result, None
            facts = stage.load(session, event)
            session.rollback()
        return None, facts

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

    def _commit(
        self,
        stage: ObjectStage,
        event: Event,
        facts: Any,
        outcome: Outcome,
        position: Callable[[], Position],
    ) -> Result:
        with Session(self.engine) as session, session.begin():
            new, result = claim(session, [event])
            if not new:
                return result
            if stage.load(session, event) != facts:
                raise _FactsChanged
            return self.writer.single(session, event, outcome, position())

    @property
    def _vault(self) -> Vault:
        assert self.vault is not None, "a stage with objects needs SOLIEU_VAULT"
        return self.vault

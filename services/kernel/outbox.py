"""Events that begin outside Kafka, with an HTTP command or a timer: written with the change they tell of, then relayed.

An answer 202 follows the commit and the broker's acknowledgement. What a crash leaves behind is relayed at the next
start, in the order of the outbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import sqlalchemy as sa
import structlog
from aiokafka.errors import KafkaError
from sqlalchemy import Engine
from sqlmodel import Session

from services.kernel import metrics
from services.kernel.clock import Clock
from services.kernel.codec import Codec
from services.kernel.db import cursor, write
from services.kernel.errors import is_transient
from services.kernel.events import Draft, Outcome, identified
from services.kernel.postgresql import pack, unpack
from services.kernel.publisher import Delivery, Publisher
from services.kernel.wire import Message, encode

RELAY_AT_ONCE = 500
ANSWER_WITHIN = 10.0
KEEP_DAYS = 30

log = structlog.get_logger()


class Outbox:
    """The outbox of one service, and its relay in this process."""

    def __init__(
        self, service: str, engine: Engine, publisher: Publisher, codec: Codec, clock: Clock
    ) -> None:
        self._service = service
        self._engine = engine
        self._publisher = publisher
        self._codec = codec
        self._clock = clock
        self._turn = asyncio.Lock()
        self._closed = asyncio.Event()
        self._unpublished = metrics.OUTBOX_UNPUBLISHED.labels(service)

    def add(self, session: Session, draft: Draft, id_: UUID, trace: str | None = None) -> int:
        """Writes an event within the caller's transaction; returns its sequence, for `published`."""
        message = encode(draft, id_, self._service, self._clock(), trace, self._codec)
        cur = cursor(session)
        cur.execute(
            "insert into outbox (topic, key, value, headers) values (%s, %s, %s, %s) returning sequence",
            [message.topic, message.key, message.value, pack(message.headers)],
        )
        return int(cur.fetchone()[0])

    def write(self, session: Session, outcome: Outcome, cause: UUID) -> int | None:
        """Writes the rows and events that `cause` led to; returns the last sequence, None without events."""
        write(session, outcome.rows)
        sequence = None
        for draft, id_ in identified(outcome.events, cause):
            sequence = self.add(session, draft, id_)
        return sequence

    @staticmethod
    def unpublished(session: Session) -> int | None:
        """The last event that waits to be published: a command that is repeated waits for it, like the first."""
        statement = sa.text("select max(sequence) from outbox where published_at is null")
        sequence: int | None = session.execute(statement).scalar_one()
        return sequence

    async def published(self, sequence: int, seconds: float = ANSWER_WITHIN) -> None:
        """Returns when the broker has acknowledged the event.

        Raises KafkaError or TimeoutError while the broker is away: an answer 503. The wait ends, the relaying goes
        on: one that is cancelled would leave its transaction to a thread. Callers that wait together share a relay.
        """
        relaying = asyncio.ensure_future(self._until_published(sequence))
        relaying.add_done_callback(_forget)
        await asyncio.wait_for(asyncio.shield(relaying), seconds)

    async def _until_published(self, sequence: int) -> None:
        async with self._turn:
            if await asyncio.to_thread(self._is_published, sequence):
                return
            try:
                while await self._relay():
                    pass
            except KafkaError:
                # Of another row, perhaps: then this one is there.
                if not await asyncio.to_thread(self._is_published, sequence):
                    raise

    async def watch(self, seconds: float = 1.0) -> None:
        """Relays what a crash or an absent broker left, until `close`."""
        while not self._closed.is_set():
            try:
                async with self._turn:
                    while await self._relay():
                        pass
            except Exception as error:
                metrics.RETRIES.labels(self._service).inc()
                if not is_transient(error):
                    log.error("relay", exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), seconds)

    def close(self) -> None:
        """Lets `watch` end after the relay that is under way: cancelled, it would leave its session to a thread."""
        self._closed.set()

    async def _relay(self) -> int:
        session = Session(self._engine)
        try:
            rows = await asyncio.to_thread(self._next, session)
            self._unpublished.set(len(rows))
            if rows:
                deliveries = await self._publisher.deliver([message for _, message in rows])
                done = delivered(rows, deliveries)
                await asyncio.to_thread(self._mark, session, done)
                self._unpublished.set(len(rows) - len(done))
                for delivery in deliveries:
                    if delivery.error:
                        raise delivery.error
            return len(rows)
        finally:
            await asyncio.to_thread(session.close)

    def _next(self, session: Session) -> list[tuple[int, Message]]:
        """The oldest unpublished rows, held until `session` ends: two processes don't relay at once."""
        session.execute(
            sa.text("select pg_advisory_xact_lock(hashtext(current_schema || ' outbox'))")
        )
        rows = session.execute(
            sa.text(
                "select sequence, topic, key, value, headers from outbox where published_at is null"
                " order by sequence limit :n"
            ),
            {"n": RELAY_AT_ONCE},
        )
        return [(s, Message(t, bytes(k), bytes(v), unpack(bytes(h)))) for s, t, k, v, h in rows]

    @staticmethod
    def _mark(session: Session, sequences: list[int]) -> None:
        statement = sa.text("update outbox set published_at = now() where sequence = any(:s)")
        session.execute(statement, {"s": sequences})
        expired = f"delete from outbox where published_at < now() - interval '{KEEP_DAYS} days'"
        session.execute(sa.text(expired))
        session.commit()

    def _is_published(self, sequence: int) -> bool:
        with Session(self._engine) as session:
            statement = sa.text("select published_at is not null from outbox where sequence = :s")
            return bool(
                session.execute(statement, {"s": sequence}).scalar_one_or_none() is not False
            )


def delivered(rows: Sequence[tuple[int, Message]], deliveries: Sequence[Delivery]) -> list[int]:
    """The sequences of the rows that need not be sent again: those that the broker has, but for what follows in its
    partition one that it has not. That one is sent again, and what follows after it, so that the order is right.
    """
    stuck: set[tuple[str, int]] = set()
    done = []
    for (sequence, message), delivery in zip(rows, deliveries, strict=True):
        place = message.topic, delivery.partition
        if delivery.error:
            stuck.add(place)
        elif place not in stuck:
            done.append(sequence)
    return done


def _forget(task: asyncio.Future[None]) -> None:
    """Looks at the error of a task that nobody waits for any more; the relay tries again by itself."""
    if not task.cancelled():
        task.exception()

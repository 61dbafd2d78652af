"""Events that begin outside Kafka, with an HTTP command or a timer: written with the change they tell of.

relay.py brings them to their topics, in the order of the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from services.kernel.clock import Clock
from services.kernel.codec import Codec
from services.kernel.db import cursor, write
from services.kernel.events import EventData, Outcome, identified
from services.kernel.postgresql import pack, unpack
from services.kernel.wire import Message, encode

KEEP_DAYS: Final = 30
AT_ONCE: Final = 500
BYTES_AT_ONCE: Final = 8_000_000
"""And one row more, however large."""
_WRITTEN = "solieu outbox"
"""In a session's `info`: the sequence of the last event that it wrote."""
_TURN = sa.text("select pg_try_advisory_xact_lock(hashtext(current_schema || ' outbox'))")
_OLDEST = sa.text(
    "select sequence, topic, key, value, headers, extract(epoch from now() - created_at)::float from"
    " (select *, sum(length(value)) over (order by sequence) - length(value) as before from"
    f" (select * from outbox where published_at is null order by sequence limit {AT_ONCE}) oldest) counted"
    f" where before <= {BYTES_AT_ONCE} order by sequence"
)
_MARK = sa.text("update outbox set published_at = now() where sequence = any(:sequences)")
EXPIRE = sa.text(f"delete from outbox where published_at < now() - interval '{KEEP_DAYS} days'")
"""Each night (upkeep.py): no index tells which rows are old."""
_IS_PUBLISHED = sa.text("select published_at is not null from outbox where sequence = :sequence")


class Outbox:
    """Writes the events of one service."""

    def __init__(self, service: str, codec: Codec, clock: Clock) -> None:
        self._service = service
        self._codec = codec
        self._clock = clock

    def add(self, session: Session, data: EventData, trace: str | None = None) -> int:
        """Writes an event that has an id of its own within the caller's transaction; returns its sequence, for
        `Relay.published`.
        """
        assert data.own_id is not None, f"{data.TOPIC}: nothing says its id"
        return self._write(session, data, data.own_id, trace)

    def _write(self, session: Session, data: EventData, id_: UUID, trace: str | None) -> int:
        message = encode(data, id_, self._service, self._clock(), trace, self._codec)
        cur = cursor(session)
        cur.execute(
            "insert into outbox (topic, key, value, headers) values (%s, %s, %s, %s) returning sequence",
            [message.topic, message.key, message.value, pack(message.headers)],
        )
        sequence = session.info[_WRITTEN] = int(cur.fetchone()[0])
        return sequence

    def write(self, session: Session, outcome: Outcome, cause: UUID) -> None:
        """Writes the rows and events that `cause` led to within the caller's transaction."""
        write(session, outcome.rows)
        for data, id_ in identified(outcome.events, cause):
            self._write(session, data, id_, None)

    @staticmethod
    def awaited(session: Session) -> int | None:
        """The last event that this session wrote; where it wrote none, the last that waits to be published.

        So a command that is repeated waits like the first. None where nothing waits.
        """
        if _WRITTEN in session.info:
            return int(session.info[_WRITTEN])
        statement = sa.text("select max(sequence) from outbox where published_at is null")
        sequence: int | None = session.execute(statement).scalar_one()
        return sequence


@dataclass(frozen=True)
class OutboxTable:
    """relay.Rows in PostgreSQL; `engine` connects as the service."""

    engine: Engine

    def next(self) -> OldestRows | None:
        """See relay.Rows."""
        session = Session(self.engine)
        try:
            if not session.execute(_TURN).scalar_one():
                session.close()
                return None
            found = session.execute(_OLDEST).all()
        except BaseException:
            session.close()
            raise
        rows = [(s, Message(t, bytes(k), bytes(v), unpack(bytes(h)))) for s, t, k, v, h, _ in found]
        return OldestRows(session, rows, found[0][-1] if found else 0.0)

    def is_published(self, sequence: int) -> bool:
        """See relay.Rows."""
        with Session(self.engine) as session:
            found = session.execute(_IS_PUBLISHED, {"sequence": sequence})
            return found.scalar_one_or_none() is not False


@dataclass(frozen=True)
class OldestRows:
    """relay.Held: the advisory lock ends with the session's transaction."""

    session: Session
    rows: Sequence[tuple[int, Message]]
    age: float

    def mark(self, sequences: Sequence[int]) -> None:
        """See relay.Held."""
        self.session.execute(_MARK, {"sequences": list(sequences)})
        self.session.commit()

    def close(self) -> None:
        """See relay.Held."""
        self.session.close()

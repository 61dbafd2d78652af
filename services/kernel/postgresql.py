"""The runner's tables in PostgreSQL (their definition is in runner_tables.py)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from services.kernel import replica
from services.kernel.db import cursor, write
from services.kernel.errors import IdentityConflict
from services.kernel.events import Event, Row
from services.kernel.store import Result, Trials, Tried, digest
from services.kernel.topics import TP
from services.kernel.wire import Header, Message

KEEP_INBOX_DAYS = 150
"""The longest retention of an input topic or of dead letters (120 days), and 30."""
_AGAIN = (
    "coalesce(tried = :fingerprint and trial_at > pg_postmaster_start_time() and not exists"
    " (select from inbox where event_id = :event and inbox.handled_at >= partitions.trial_at), false)"
)
_OTHERS = (
    "exists (select from partitions other where other.topic = any(:others)"
    " and other.handled_at > {} and other.handled_at <= clock_timestamp())"
)
"""What was handled later than now was so by a clock that was set back since: nobody knows when."""
_TRIALS = (
    f"select trials, tried_well and {_OTHERS.format('partitions.trial_at')} from partitions"
    f" where topic = :topic and partition = :partition and {_AGAIN}"
)
_BEGIN_TRIAL = (
    f"with before as (select {_AGAIN} as again, {_AGAIN} and {_OTHERS.format('partitions.tried_since')} as well"
    " from partitions where topic = :topic and partition = :partition)"
    " update partitions set trials = case when again and well = tried_well then trials + 1 else 1 end,"
    " tried_since = case when again and tried_since <= now() then tried_since else now() end,"
    " tried_well = well, tried = :fingerprint, trial_at = now()"
    " from before where topic = :topic and partition = :partition"
)


@dataclass(frozen=True)
class Postgresql:
    """A Store; `engine` connects as the service."""

    engine: Engine

    @contextmanager
    def transaction(self) -> Iterator[Tables]:
        """See Store."""
        with Session(self.engine) as session, session.begin():
            yield Tables(session)

    def trials(self, tried: Tried) -> Trials:
        """See Store."""
        with self.transaction() as tables:
            row = tables.session.execute(sa.text(_TRIALS), _values(tried)).first()
        return Trials(*row) if row else Trials(0, False)

    def begin_trial(self, tried: Tried) -> None:
        """See Store."""
        with self.transaction() as tables:
            tables.session.execute(sa.text(_BEGIN_TRIAL), _values(tried))

    def keep(self, letters: Sequence[Message]) -> None:
        """See Store."""
        values = [[m.topic, m.key, m.value, pack(m.headers)] for m in letters]
        with self.transaction() as tables:
            cursor(tables.session).executemany(
                "insert into outbox (topic, key, value, headers, published_at) values (%s, %s, %s, %s, now())",
                values,
            )

    def marks(self) -> Mapping[TP, int]:
        """See Store."""
        statement = sa.text(
            "select topic, partition, next_offset from partitions where next_offset is not null"
        )
        with self.transaction() as tables:
            return {TP(t, n): mark for t, n, mark in tables.session.execute(statement)}

    def catalogue_version(self) -> int:
        """See Store."""
        with self.transaction() as tables:
            return replica.version(tables.session)

    def expire(self) -> None:
        """See Store."""
        with self.transaction() as tables:
            tables.session.execute(
                sa.text(
                    "delete from inbox where not permanent"
                    f" and handled_at < now() - interval '{KEEP_INBOX_DAYS} days'"
                )
            )


@dataclass(frozen=True)
class Tables:
    """A Transaction."""

    session: Session

    def recall(self, events: Sequence[Event]) -> Result:
        """See Transaction."""
        result = Result()
        cur = cursor(self.session)
        ids = [event.id for event in events]
        cur.execute("select event_id, digest from inbox where event_id = any(%s)", [ids])
        digests = dict(cur.fetchall())
        for event in (event for event in events if event.id in digests):
            if bytes(digests[event.id]) != digest(event):
                text = f"{event.id} came before with other bytes"
                result.rejected[event.id] = IdentityConflict(text)
            else:
                result.repeated.add(event.id)
                result.outputs[event.id] = []
        if result.repeated:
            cur.execute(
                "select event_id, topic, key, value, headers from outputs"
                " where event_id = any(%s) order by event_id, index",
                [list(result.repeated)],
            )
            for id_, topic, key, value, headers in cur.fetchall():
                message = Message(topic, bytes(key), bytes(value), unpack(bytes(headers)))
                result.outputs[id_].append(message)
        return result

    def claim(self, events: Sequence[Event], *, permanent: bool) -> tuple[list[Event], Result]:
        """See Transaction."""
        cur = cursor(self.session)
        cur.execute(
            "insert into inbox (event_id, digest, permanent) select *, %b from unnest(%b::uuid[], %b::bytea[])"
            " on conflict do nothing returning event_id",
            [permanent, [e.id for e in events], [digest(e) for e in events]],
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
        return new, self.recall(known) if known else Result()

    def forget(self, ids: Sequence[UUID]) -> None:
        """See Transaction."""
        if ids:
            cursor(self.session).execute("delete from inbox where event_id = any(%s)", [list(ids)])

    def write(self, rows: Iterable[Row]) -> None:
        """See Transaction."""
        write(self.session, rows)

    def record(self, outputs: dict[UUID, list[Message]]) -> None:
        """See Transaction."""
        rows = [
            (id_, index, m.topic, m.key, m.value, pack(m.headers))
            for id_, messages in outputs.items()
            for index, m in enumerate(messages)
        ]
        if rows:
            cursor(self.session).execute(
                "insert into outputs (event_id, index, topic, key, value, headers) select * from"
                " unnest(%b::uuid[], %b::int[], %b::text[], %b::bytea[], %b::bytea[], %b::bytea[])",
                [list(column) for column in zip(*rows, strict=True)],
            )


def _values(tried: Tried) -> dict[str, Any]:
    return {**vars(tried), "others": list(tried.others)}


def pack(headers: Iterable[Header]) -> bytes:
    """Headers as the tables keep them. A foreign record's may have no value, which Header does not say."""
    return json.dumps([[name, _text(value)] for name, value in headers]).encode()


def unpack(packed: bytes) -> tuple[Header, ...]:
    """Back from `pack`."""
    return tuple((name, _bytes(text)) for name, text in json.loads(packed))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _bytes(text: str | None) -> Any:
    return None if text is None else text.encode("latin-1")

"""Whether the compilers' feed is what the store has, and making it so.

Compared is what compaction keeps of the feed: the last record of each key, whoever wrote it and when.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from services.events.grdp import Observation
from services.grdp.feed import AT_ONCE, FIELDS, observation
from services.grdp.store import KEY
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.comparison import PATIENCE, Check, Comparison, Gap, Repair, settled
from services.kernel.errors import Malformed
from services.kernel.records import Reader, Tombstone, write
from services.kernel.wire import Message, encode, encode_key

NAME = "feed"
ROUNDS = 5
STORED = sa.text(f"select key_id, {', '.join(FIELDS)} from vintages where known_to is null")
Row = Mapping[str, Any]
Feed = dict[bytes, int]
"""The revision of each key that the feed has, by the record's key: some 300 bytes a figure."""


@dataclass(frozen=True)
class Difference:
    """A key of which feed and store differ; `row` is what the store has of it, None for nothing."""

    gap: Gap
    key: bytes
    row: Row | None

    def record(self) -> Message | Tombstone | None:
        """What closes the gap: the current vintage, as the worker would publish it, or that the key is gone.

        None where the feed is ahead: a lower revision is one that its readers pass over.
        """
        if self.row is None:
            return Tombstone(Observation.TOPIC, self.key)
        if self.gap is Gap.AHEAD:
            return None
        made = observation(self.row)
        return encode(made, made.own_id, "grdp", made.known_from, None, codec())


def differences(rows: Iterable[Row], feed: Mapping[bytes, int]) -> Iterator[Difference]:
    """Where the feed is not what the current rows of the view `vintages` say; what the store lacks comes last."""
    left = set(feed)
    for row in rows:
        key = encode_key(Observation.TOPIC, {name: row[name] for name in KEY}, codec())
        left.discard(key)
        found = feed.get(key)
        if found is None:
            yield Difference(Gap.MISSING, key, row)
        elif found != row["revision"]:
            gap = Gap.OLDER if found < row["revision"] else Gap.AHEAD
            yield Difference(gap, key, row)
    for key in left:
        yield Difference(Gap.GONE, key, None)


def compare(engine: Engine, cluster: Cluster, patience: float = PATIENCE) -> Comparison:
    """How many keys differ. Raises KafkaError or OperationalError while broker or database are away."""
    with Reader(cluster, [Observation.TOPIC]) as reader:
        return _compared(engine, reader, {}, patience)


def rebuild(engine: Engine, cluster: Cluster) -> Repair:
    """Publishes what the feed lacks or has older, and tombstones for what the store does not have; compares once more.

    Safe while the worker publishes. It commits before it publishes, and the store is read after the feed: a key of the
    feed that the store lacks is gone. Between the reading of a row and its record the worker may publish a higher
    revision, or what a tombstone then hides. Readers pass over a lower revision; the next round finds both, and
    publishes what is current by then.
    """
    written: Counter[str] = Counter()
    with Reader(cluster, [Observation.TOPIC]) as reader:
        feed: Feed = {}
        for _ in range(ROUNDS):
            _read(reader, feed)
            with Session(engine) as session:
                found = (difference.record() for difference in differences(_stored(session), feed))
                count = write(cluster, (record for record in found if record is not None))
            if not count:
                break
            written[Observation.TOPIC] += count
        return Repair(dict(written), _compared(engine, reader, feed, PATIENCE))


def keep_moving(cluster: Cluster, now: datetime) -> None:
    """Writes the last record of a partition once more where that is older than a day.

    Kafka cleans no segment that it writes to, and begins another with the first record after a day: without one, a
    figure that was withdrawn would stay. What the worker publishes just then may end up behind that older record;
    a rebuild sees it.
    """
    last: dict[int, Any] = {}
    with Reader(cluster, [Observation.TOPIC]) as reader:
        for record in reader.to_the_end():
            last[record.partition] = record
    a_day_ago = (now - timedelta(days=1)).timestamp() * 1000
    write(cluster, (_again(record) for record in last.values() if record.timestamp < a_day_ago))


def _again(record: Any) -> Message | Tombstone:
    headers = tuple(record.headers)
    if record.value is None:
        return Tombstone(Observation.TOPIC, record.key, headers=headers)
    return Message(Observation.TOPIC, record.key, record.value, headers)


CHECK = Check(NAME, compare, rebuild)


def _compared(engine: Engine, reader: Reader, feed: Feed, patience: float) -> Comparison:
    _read(reader, feed)
    compared = 0

    def stored(session: Session) -> Iterator[Row]:
        nonlocal compared
        for row in _stored(session):
            compared += 1
            yield row

    with Session(engine) as session:
        found = [
            (difference.gap, difference.key, difference.row["revision"] if difference.row else 0)
            for difference in differences(stored(session), feed)
        ]

    def open_gaps() -> list[Gap]:
        waiting = (Gap.MISSING, Gap.OLDER)
        return [
            gap for gap, key, revision in found if gap not in waiting or feed.get(key, 0) < revision
        ]

    def arrived() -> bool:
        _read(reader, feed)
        return not open_gaps()

    if found:
        settled(arrived, patience)
    gaps = {gap: {Observation.TOPIC: count} for gap, count in Counter(open_gaps()).items()}
    return Comparison(NAME, compared, gaps)


def _stored(session: Session) -> Iterator[Row]:
    rows = session.execute(STORED, execution_options={"yield_per": AT_ONCE})
    yield from (dict(row) for row in rows.mappings())


def _read(reader: Reader, feed: Feed) -> None:
    """Brings `feed` to the topic's present end."""
    for record in reader.to_the_end():
        if record.value is None:
            feed.pop(record.key, None)
        else:
            feed[record.key] = _revision(record.value)


def _revision(value: bytes) -> int:
    """0 for what is no observation: older than any, so that the right one follows it."""
    try:
        revision: int = codec().decode(f"{Observation.TOPIC}-value", value)["revision"]
        return revision
    except Malformed:
        return 0

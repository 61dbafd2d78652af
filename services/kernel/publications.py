"""Whether a service's topics have what its tables say is published; and publishing again what they lack.

A broker that lost the end of its log, or records that somebody deleted, leave rows that nothing would publish any more.
Published again they have the same ids and bytes: who had them takes them for duplicates, who had not handles them now,
after others of their key perhaps, and passes over what a later attempt, decision or version has overtaken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from services.kernel.cluster import Cluster
from services.kernel.comparison import PATIENCE, Check, Comparison, Gap, Repair, settled
from services.kernel.postgresql import unpack
from services.kernel.records import AT_ONCE, Reader, write
from services.kernel.topics import Topic, load
from services.kernel.wire import Message, attributes, fingerprint

NAME = "publications"
_LETTERS = frozenset(topic.name for topic in load().values() if topic.is_dead)
WRITTEN = (
    "(select topic, key, value, headers, published_at as at, sequence as place from outbox"
    " where published_at is not null"
    " union all select o.topic, o.key, o.value, o.headers, i.handled_at, o.index"
    " from outputs o join inbox i using (event_id)) written"
)
"""What left the outbox, dead letters, and what events led to: that is published after it is committed, at the latest by
who takes over from a process that died.
"""
TOPICS = sa.text(f"select distinct topic from {WRITTEN}")
RETAINED = sa.text(
    f"select topic, key, value, headers from {WRITTEN}"
    " join unnest(cast(:topics as text[]), cast(:days as int[])) as kept (topic, days) using (topic)"
    # A day less than Kafka keeps them: it deletes by its own clock.
    " where days is null or at > now() - (days - 1) * interval '1 day' order by at, place"
)
NEWEST = sa.text(
    "select topic, key, value, headers from (select distinct on (topic, key) *"
    f" from {WRITTEN} where topic = any(cast(:topics as text[])) order by topic, key, at desc, place desc) newest"
    " order by at, place"
)
"""Of compacted topics, which keep the last record of each key."""


def compare(engine: Engine, cluster: Cluster, patience: float = PATIENCE) -> Comparison:
    """How many rows of this service's outbox and outputs are said to be published and are not on their topics.

    Only such as Kafka keeps yet. Raises KafkaError or OperationalError while broker or database are away.
    """
    topics = _topics(engine)
    with Reader(cluster, [topic.name for topic in topics]) as reader:
        seen = set(_seen(reader))
        lacking: dict[bytes, str] = {}
        compared = 0
        with Session(engine) as session:
            for message in _rows(session, topics):
                compared += 1
                if (id_ := _id(message)) not in seen:
                    lacking[id_] = message.topic
        del seen

        def arrived() -> bool:
            for id_ in _seen(reader):
                lacking.pop(id_, None)
            return not lacking

        if lacking:
            settled(arrived, patience)
    gaps = {Gap.UNPUBLISHED: Counter(lacking.values())} if lacking else {}
    return Comparison(NAME, compared, gaps)


def republish(engine: Engine, cluster: Cluster) -> Repair:
    """Publishes again what the topics lack, oldest first, and compares once more.

    Safe beside the service's own processes, and beside itself: what they publish meanwhile stands twice on its topic,
    and is handled once.
    """
    topics = _topics(engine)
    written: Counter[str] = Counter()
    with Reader(cluster, [topic.name for topic in topics]) as reader:
        seen = set(_seen(reader))
    with Session(engine) as session:
        lacking = (row for row in _rows(session, topics) if _id(row) not in seen)
        write(cluster, _counted(lacking, written))
    return Repair(dict(written), compare(engine, cluster))


CHECK = Check(NAME, compare, republish)


def _topics(engine: Engine) -> Sequence[Topic]:
    """The topics that rows name, but those that are declared no more."""
    declared = load()
    with Session(engine) as session:
        named = sorted(session.execute(TOPICS).scalars())
    return [declared[name] for name in named if name in declared]


def _rows(session: Session, topics: Iterable[Topic]) -> Iterator[Message]:
    """What should be on these topics, compacted ones last."""
    kept = [topic for topic in topics if not topic.compacted]
    compacted = [topic.name for topic in topics if topic.compacted]
    names = {
        "topics": [topic.name for topic in kept],
        "days": [topic.retention_days for topic in kept],
    }
    options: Any = {"yield_per": AT_ONCE}
    for statement, values in ((RETAINED, names), (NEWEST, {"topics": compacted})):
        for topic, key, value, headers in session.execute(
            statement, values, execution_options=options
        ):
            yield Message(topic, bytes(key), bytes(value), unpack(bytes(headers)))


def _counted(messages: Iterable[Message], written: Counter[str]) -> Iterator[Message]:
    for message in messages:
        written[message.topic] += 1
        yield message


def _id(record: Any) -> bytes:
    """The id of an event. A dead letter has that of the event which died, and perhaps died before: so all of it."""
    if record.topic in _LETTERS:
        return fingerprint(0, record.key, record.value, record.headers)
    return attributes(record.headers).get("ce_id", b"")


def _seen(reader: Reader) -> Iterator[bytes]:
    for record in reader.to_the_end():
        yield _id(record)

"""Dead letters: what a group could not handle, raw, with the reason, until an operator sends it back to that group.

A dead letter has no inbox row. Sent back, it goes to `<group>.replay`, which that group alone reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.kernel.topics import dead, replay
from services.kernel.wire import Header, Message

ORIGIN = ("origin-topic", "origin-partition", "origin-offset")
REASON = ("dead-error", "dead-reason", "dead-handler", "dead-at")


@dataclass(frozen=True)
class Origin:
    """Where a record came from before it died, replays included."""

    topic: str
    partition: int
    offset: int


def origin_of(topic: str, partition: int, offset: int, headers: Mapping[str, bytes]) -> Origin:
    """The origin of a record: its own place, unless it is a replayed one."""
    if ORIGIN[0] not in headers:
        return Origin(topic, partition, offset)
    name, number, position = (headers[header].decode() for header in ORIGIN)
    return Origin(name, int(number), int(position))


def letter(
    group: str,
    origin: Origin,
    record: tuple[bytes | None, bytes | None, tuple[Header, ...]],
    error: BaseException,
    now: datetime,
) -> Message:
    """The dead letter of a record (key, value, headers). A reason never quotes content: errors don't."""
    key, value, headers = record
    kept = [header for header in headers if header[0] not in (*ORIGIN, *REASON, "dead-offset")]
    facts = {
        "origin-topic": origin.topic,
        "origin-partition": str(origin.partition),
        "origin-offset": str(origin.offset),
        "dead-error": type(error).__name__,
        "dead-reason": str(error)[:500],
        "dead-handler": f"{group}/{origin.topic}",
        "dead-at": now.isoformat(),
    }
    extra = [(name, text.encode()) for name, text in facts.items()]
    return Message(dead(group), key or b"", value or b"", (*kept, *extra))


@dataclass(frozen=True)
class Letter:
    """One dead letter as an operator sees it."""

    group: str
    offset: int
    event_id: str
    subject: str
    origin: Origin
    error: str
    reason: str
    at: str
    replayed: bool
    message: Message


def letters(bootstrap: str, group: str) -> list[Letter]:
    """All dead letters of a group, oldest first, with whether they were sent back."""
    back = {
        dict(headers).get("dead-offset") for _, _, _, headers in _records(bootstrap, replay(group))
    }
    return [
        _letter(group, offset, key, value, headers, replayed=str(offset).encode() in back)
        for offset, key, value, headers in _records(bootstrap, dead(group))
    ]


def send_back(bootstrap: str, chosen: list[Letter]) -> int:
    """Sends dead letters back to their group; returns how many the broker acknowledged (all, or an error)."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        sent = [
            producer.send(
                replay(item.group),
                key=item.message.key,
                value=item.message.value,
                headers=[
                    *(h for h in item.message.headers if h[0] not in REASON),
                    ("dead-offset", str(item.offset).encode()),
                ],
            )
            for item in chosen
        ]
        for future in sent:
            future.get(timeout=30)
    finally:
        producer.close()
    return len(chosen)


def _records(bootstrap: str, topic: str) -> Iterator[tuple[int, bytes, bytes, tuple[Header, ...]]]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None)
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = consumer.end_offsets([partition])[partition]
        consumer.seek_to_beginning(partition)
        while consumer.position(partition) < end:
            for record in consumer.poll(timeout_ms=500).get(partition, []):
                yield record.offset, record.key, record.value, tuple(record.headers)
    finally:
        consumer.close()


def _letter(
    group: str,
    offset: int,
    key: bytes,
    value: bytes,
    headers: tuple[Header, ...],
    *,
    replayed: bool,
) -> Letter:
    facts = {name: content.decode(errors="replace") for name, content in headers}
    return Letter(
        group=group,
        offset=offset,
        event_id=facts.get("ce_id", ""),
        subject=facts.get("ce_subject", ""),
        origin=Origin(
            facts["origin-topic"], int(facts["origin-partition"]), int(facts["origin-offset"])
        ),
        error=facts["dead-error"],
        reason=facts["dead-reason"],
        at=facts["dead-at"],
        replayed=replayed,
        message=Message(dead(group), key, value, headers),
    )

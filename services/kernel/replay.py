"""Reading dead letters and sending them back to their group: an operator's work, by kafka-python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.kernel.cluster import Cluster
from services.kernel.dead import Content, Origin, origin_of, reference, referred
from services.kernel.errors import NotReplayable
from services.kernel.records import Reader, write
from services.kernel.topics import dead, replay
from services.kernel.wire import Message, attributes


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


def letters(cluster: Cluster, group: str) -> list[Letter]:
    """All dead letters of a group, oldest first, with whether they were sent back.

    Where a broker lost its tail, another letter may have an offset that was named before it was there.
    """
    back = {
        offset: record.timestamp
        for record in _records(cluster, replay(group))
        for offset in _named(record)
    }
    return [
        _letter(group, record, replayed=back.get(record.offset, -1) >= record.timestamp)
        for record in _records(cluster, dead(group))
    ]


def send_back(cluster: Cluster, chosen: list[Letter]) -> int:
    """Sends dead letters back to their group; returns how many the broker acknowledged (all, or an error)."""
    return write(
        cluster, [Message(replay(item.group), b"", reference(item.offset), ()) for item in chosen]
    )


def _named(record: Any) -> list[int]:
    try:
        return [referred(_content(record))]
    except NotReplayable:
        return []


def _records(cluster: Cluster, topic: str) -> Iterator[Any]:
    with Reader(cluster, [topic]) as reader:
        yield from reader.to_the_end()


def _content(record: Any) -> Content:
    return record.key, record.value, tuple(record.headers)


def _letter(group: str, record: Any, *, replayed: bool) -> Letter:
    key, value, headers = _content(record)
    facts = {
        name: content.decode(errors="replace") for name, content in attributes(headers).items()
    }
    return Letter(
        group=group,
        offset=record.offset,
        event_id=facts.get("ce_id", ""),
        subject=facts.get("ce_subject", ""),
        origin=origin_of(_content(record)),
        error=facts["dead-error"],
        reason=facts["dead-reason"],
        at=facts["dead-at"],
        replayed=replayed,
        message=Message(dead(group), key or b"", value or b"", headers),
    )

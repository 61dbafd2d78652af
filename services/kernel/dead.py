"""Dead letters: what a group could not handle, raw, with the reason, until an operator sends it back to that group.

A dead letter has no inbox row. Sent back, it goes to `<group>.replay`, which that group alone reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.kernel.topics import dead
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

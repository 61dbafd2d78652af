"""Dead letters: what a group could not handle, raw, with the reason, until an operator sends it back to that group.

A dead letter has no inbox row. Sent back, its offset goes to `<group>.replay`, which that group alone reads, and
nothing else does: the group takes the letter from its own dead letters, which nobody else writes. So an operator
chooses what is handled again, and has no say in what it is or where it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from services.kernel.errors import NotReplayable
from services.kernel.topics import dead
from services.kernel.wire import Header, Message, attributes

ORIGIN = ("origin-topic", "origin-partition", "origin-offset")
REASON = ("dead-error", "dead-reason", "dead-handler", "dead-at")
OFFSET = re.compile(rb"0|[1-9][0-9]{0,17}")

Content = tuple[bytes | None, bytes | None, tuple[Header, ...]]
"""Key, value and headers of a record."""


@dataclass(frozen=True)
class Origin:
    """Where a record came from before it died, replays included."""

    topic: str
    partition: int
    offset: int


def letter(
    group: str, origin: Origin, record: Content, error: BaseException, now: datetime
) -> Message:
    """The dead letter of a record. A reason never quotes content: errors don't."""
    key, value, headers = contents(record)
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
    return Message(dead(group), key, value, (*headers, *extra))


def contents(record: Content) -> tuple[bytes, bytes, tuple[Header, ...]]:
    """What a letter and the record that it was made of have in common, to the byte."""
    key, value, headers = record
    return key or b"", value or b"", tuple(h for h in headers if h[0] not in (*ORIGIN, *REASON))


def origin_of(letter: Content) -> Origin:
    """The origin that the group wrote into its letter: behind all that came with the record. Raises NotReplayable."""
    facts = attributes(letter[2])
    try:
        topic, partition, offset = (facts[name].decode() for name in ORIGIN)
        return Origin(topic, int(partition), int(offset))
    except (KeyError, ValueError) as error:
        raise NotReplayable("a dead letter without its origin") from error


def reference(offset: int) -> bytes:
    """What a record of `<group>.replay` holds: a dead letter's offset, in decimal digits."""
    return str(offset).encode()


def referred(record: Content) -> int:
    """The offset of the dead letter that a record of `<group>.replay` names; raises NotReplayable for any other."""
    key, value, headers = record
    if key or headers or value is None or not OFFSET.fullmatch(value):
        raise NotReplayable("no reference to a dead letter")
    return int(value)

"""The format of the evidence log's entries, version 1. It never changes; a better one gets version 2.

One event is one entry:

    bytes  what
        1  version, 0x01
       16  id of the event (the CloudEvents id, a UUID)
        8  time of the event (CloudEvents time), microseconds since 1970-01-01T00:00Z, big-endian, signed
       32  commitment: HMAC-SHA256, the salt as its key, over the value as it stood on the topic
     rest  topic, UTF-8

and its hash in the tree is SHA-256(0x00 ‖ entry), as in RFC 6962. The value names the submission,
attempt or entry of the catalogue itself, and begins with the id of its schema.

The salt, 32 random bytes, is kept beside the leaf. Whoever has the event and the salt can check the
leaf. When an event is erased, so is its salt: then the leaf still stands in the tree, and neither it
nor the commitment lets anyone try out which value it was.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.kernel.events import Event

VERSION = 1
SALT_BYTES = 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the tree holds of one event."""

    event_id: UUID
    time: datetime
    topic: str
    commitment: bytes

    def encoded(self) -> bytes:
        """The entry's bytes."""
        microseconds = (self.time - EPOCH) // timedelta(microseconds=1)
        return b"".join(
            (
                VERSION.to_bytes(1, "big"),
                self.event_id.bytes,
                microseconds.to_bytes(8, "big", signed=True),
                self.commitment,
                self.topic.encode(),
            )
        )


def commit(value: bytes, salt: bytes) -> bytes:
    """Binds to a value without giving it away."""
    return hmac.digest(salt, value, "sha256")


def entry(event: Event, salt: bytes) -> Entry:
    """The entry of an event."""
    return Entry(event.id, event.time, event.topic, commit(event.encoded, salt))

"""Between an event and its form on the wire: key, value and CloudEvents headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import Codec
from services.kernel.errors import Malformed, Oversized
from services.kernel.events import Event, EventData, Key, identified
from services.kernel.topics import LARGEST_RECORD, Topic

T = TypeVar("T", bound=EventData)
Header = tuple[str, bytes]
"""Of records that come, the value may be None, too: Kafka allows it."""


@dataclass(frozen=True)
class Message:
    """A record to produce."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[Header, ...]

    @property
    def size(self) -> int:
        """Bytes that the record takes on its topic, or a few more: with its batch, in which it may be alone."""
        size = (
            FRAME
            + 2 * LENGTH * (1 + len(self.headers))
            + len(self.key or b"")
            + len(self.value or b"")
        )
        for name, text in self.headers:
            size += len(name.encode()) + len(text or b"")
        return size


FRAME = 100
LENGTH = 5
"""Bytes of a batch and a record around their parts, and before each part, at most (Kafka's message format, 2)."""


def fingerprint(
    timestamp: int, key: bytes | None, value: bytes | None, headers: Iterable[Header]
) -> bytes:
    """What tells a record of a topic from any other: SHA-256 of its time (ms), key, value and headers.

    The same event published again is another record: its time differs.
    """
    parts = [key, value, *(part for name, text in headers for part in (name.encode(), text))]
    digest = sha256(str(timestamp).encode())
    for part in parts:
        digest.update(b"-" if part is None else b"%d:%b" % (len(part), part))
    return digest.digest()


def attributes(headers: Iterable[Header]) -> dict[str, bytes]:
    """Headers by their names. One without a value is none; of those with one name the last one counts."""
    return {name: text for name, text in headers if text is not None}


def encode(
    data: EventData, id_: UUID, source: str, now: datetime, trace: str | None, codec: Codec
) -> Message:
    """The record of an event. Raises ValueError where the data don't fit the topic's schema, and Oversized where the
    broker would refuse the record: whoever is to publish it could never go on.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(id_).encode()),
        ("ce_source", f"/{source}".encode()),
        ("ce_type", f"vn.solieu.{data.TOPIC}".encode()),
        ("ce_subject", data.subject.encode()),
        ("ce_time", now.isoformat().encode()),
        ("content-type", b"application/avro"),
    ]
    if trace:
        headers.append(("traceparent", trace.encode()))
    value = codec.encode(f"{data.TOPIC}-value", to_avro(data))
    key = encode_key(data.TOPIC, data.key, codec)
    message = Message(data.TOPIC, key, value, tuple(headers))
    if message.size > LARGEST_RECORD:
        raise Oversized(f"{data.TOPIC}: {message.size} bytes, of at most {LARGEST_RECORD}")
    return message


def encode_key(topic: str, key: Key, codec: Codec) -> bytes:
    """Text keys as UTF-8, record keys as Avro."""
    return key.encode() if isinstance(key, str) else codec.encode(f"{topic}-key", key)


def encode_all(
    events: Iterable[EventData], cause: Event, source: str, now: datetime, codec: Codec
) -> list[Message]:
    """The records of all that one event led to."""
    return [
        encode(data, id_, source, now, cause.traceparent, codec)
        for data, id_ in identified(events, cause.id)
    ]


def decode(
    topic: Topic,
    kind: type[T],
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[Header],
    codec: Codec,
) -> Event[T]:
    """The event of a record, of the class of its topic; raises Malformed, which says what is wrong with it, and Newer
    (codec.py).
    """
    if key is None or value is None:
        raise Malformed(f"{topic.name}: a record without {'key' if key is None else 'value'}")
    given = attributes(headers)
    try:
        event = Event(
            id=UUID(given["ce_id"].decode()),
            topic=topic.name,
            key=key.decode() if topic.key == "string" else codec.decode(f"{topic.name}-key", key),
            time=datetime.fromisoformat(given["ce_time"].decode()),
            subject=given["ce_subject"].decode(),
            source=given["ce_source"].decode().removeprefix("/"),
            traceparent=given["traceparent"].decode() if "traceparent" in given else None,
            # Last: what is wrong otherwise is no event of a newer release, which would be waited for.
            data=from_avro(kind, codec.decode(f"{topic.name}-value", value)),
            encoded=value,
        )
        if event.time.utcoffset() is None:
            raise Malformed(f"{topic.name}: ce_time has no offset from UTC")
        by_submission = topic.name.startswith("submission.") and topic.key == "string"
        if by_submission and (event.data.key != event.key or not UUID(event.data.subject)):
            raise Malformed(f"{topic.name}: the key is not its submission")
        return event
    except KeyError as error:
        raise Malformed(f"{topic.name}: header {error} is missing") from error
    except ValueError as error:
        raise Malformed(f"{topic.name}: {error}") from error

"""Events as the handlers see them, and what a handler asks for in return.

CloudEvents 1.0 attributes travel as Kafka headers (binary mode); the value is Avro in the Confluent wire format.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlmodel import SQLModel

Key = str | Mapping[str, Any]
Reference = Mapping[str, Any]
"""An object of the vault as events name it: name, sha256, size, media_type."""


@dataclass(frozen=True)
class Event:
    """One decoded event. `encoded` is the value as it stood on the topic; `time` is UTC."""

    id: UUID
    topic: str
    key: Key
    data: Mapping[str, Any]
    time: datetime
    subject: str
    source: str
    traceparent: str | None = None
    encoded: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """Bytes of the objects of the vault that it names."""
        parts = (part for part in self.data.values() if isinstance(part, Mapping))
        return sum(part["size"] for part in parts if "sha256" in part and "size" in part)


@dataclass(frozen=True)
class Draft:
    """An event to publish. Its id is derived from the event that caused it, unless it brings its own."""

    topic: str
    key: Key
    data: Mapping[str, Any]
    subject: str
    id: UUID | None = None


@dataclass(frozen=True)
class NewObject:
    """Bytes to put into the vault before any event names them."""

    submission: str
    attempt: int
    kind: str
    media_type: str
    content: bytes = field(repr=False)

    def reference(self) -> dict[str, Any]:
        """How events name this object; the name is derived from its content."""
        digest = hashlib.sha256(self.content).hexdigest()
        return {
            "name": f"{self.submission}/{self.attempt}/{self.kind}/{digest}",
            "sha256": digest,
            "size": len(self.content),
            "media_type": self.media_type,
        }


@dataclass(frozen=True)
class Row:
    """One row to write; `conflict` says what an existing row with the same primary key means."""

    table: type[SQLModel]
    values: Mapping[str, Any]
    conflict: Literal["fail", "ignore", "replace"] = "fail"


@dataclass(frozen=True)
class Outcome:
    """All that handling one event leads to. Written together, or not at all."""

    events: tuple[Draft, ...] = ()
    rows: tuple[Row, ...] = ()
    objects: tuple[NewObject, ...] = ()


def derived_id(cause: UUID, kind: str, index: int) -> UUID:
    """The id of the `index`-th event of this kind that `cause` led to: the same at every redelivery."""
    return uuid5(cause, f"{kind}/{index}")


def identified(drafts: Iterable[Draft], cause: UUID) -> Iterator[tuple[Draft, UUID]]:
    """What `cause` led to, each with its id; ids count per topic, so that a redelivery repeats them."""
    counts: Counter[str] = Counter()
    for draft in drafts:
        yield draft, draft.id or derived_id(cause, draft.topic, counts[draft.topic])
        counts[draft.topic] += 1

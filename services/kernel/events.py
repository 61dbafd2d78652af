"""Events as the handlers see them, and what a handler asks for in return.

CloudEvents 1.0 attributes travel as Kafka headers (binary mode); the value is Avro in the Confluent wire format.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal
from uuid import UUID, uuid5

from typing_extensions import TypeVar

from services.kernel.avro import Long

if TYPE_CHECKING:
    from sqlmodel import SQLModel

Key = str | Mapping[str, Any]
D = TypeVar("D", bound="EventData", default=Any, covariant=True)


@dataclass(frozen=True, kw_only=True)
class ObjectReference:
    """An object in the vault; never its content."""

    name: Annotated[str, "<submission>/<attempt>/<kind>/<sha256>"]
    sha256: Annotated[str, "Of the plaintext, hexadecimal."]
    size: Annotated[Long, "Bytes of the plaintext."]
    media_type: Annotated[str, "IANA media type."]


@dataclass(frozen=True)
class EventData:
    """What an event says: the base of one frozen class for each topic (services/events), from which its schema is made.

    `TOPIC` is where it is published, `KEY` the field whose text is its key.
    """

    TOPIC: ClassVar[str]
    KEY: ClassVar[str]

    @property
    def key(self) -> Key:
        """Events with one key stay in order; text, or the fields of the topic's key schema."""
        found: str = getattr(self, self.KEY)
        return found

    @property
    def subject(self) -> str:
        """What it is about, as CloudEvents have it."""
        assert isinstance(self.key, str), f"{self.TOPIC} has no subject"
        return self.key

    @property
    def catalogue_seen(self) -> int:
        """The state of the catalogue that its sender saw; 0 where it names none."""
        return 0

    @property
    def own_id(self) -> UUID | None:
        """Its id where that follows from what it says; None where it follows from the event that caused it."""
        return None


@dataclass(frozen=True)
class Event(Generic[D]):
    """One decoded event. `encoded` is the value as it stood on the topic; `time` is UTC."""

    id: UUID
    topic: str
    key: Key
    data: D
    time: datetime
    subject: str
    source: str
    traceparent: str | None = None
    encoded: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """Bytes of the objects of the vault that it names."""
        parts = vars(self.data).values()
        return sum(part.size for part in parts if isinstance(part, ObjectReference))


@dataclass(frozen=True)
class NewObject:
    """Bytes to put into the vault before any event names them."""

    submission: str
    attempt: int
    kind: str
    media_type: str
    content: bytes = field(repr=False)

    def reference(self) -> ObjectReference:
        """How events name this object; the name is derived from its content."""
        digest = hashlib.sha256(self.content).hexdigest()
        return ObjectReference(
            name=f"{self.submission}/{self.attempt}/{self.kind}/{digest}",
            sha256=digest,
            size=len(self.content),
            media_type=self.media_type,
        )


@dataclass(frozen=True)
class Row:
    """One row to write; `conflict` says what an existing row with the same primary key means."""

    table: type[SQLModel]
    values: Mapping[str, Any]
    conflict: Literal["fail", "ignore", "replace"] = "fail"


@dataclass(frozen=True)
class Outcome:
    """All that handling one event leads to. Written together, or not at all."""

    events: tuple[EventData, ...] = ()
    rows: tuple[Row, ...] = ()
    objects: tuple[NewObject, ...] = ()


def derived_id(cause: UUID, kind: str, index: int) -> UUID:
    """The id of the `index`-th event of this kind that `cause` led to: the same at every redelivery."""
    return uuid5(cause, f"{kind}/{index}")


def identified(events: Iterable[EventData], cause: UUID) -> Iterator[tuple[EventData, UUID]]:
    """What `cause` led to, each with its id; ids count per topic, so that a redelivery repeats them."""
    counts: Counter[str] = Counter()
    for event in events:
        yield event, event.own_id or derived_id(cause, event.TOPIC, counts[event.TOPIC])
        counts[event.TOPIC] += 1

"""The product that is simulated: one service with one stage, whose events, outputs and feed can be counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID, uuid5

from sqlmodel import Session

from services.kernel.errors import Permanent
from services.kernel.events import Event, EventData, Outcome, Row
from services.kernel.stage import BatchStage, ObjectStage, Stage
from services.kernel.topics import Topic, dead
from services.kernel.wire import Message, encode
from tests.simulation.codec import CODEC
from tests.simulation.loop import MACHINE

if TYPE_CHECKING:
    from tests.simulation.world import World

SERVICE = "toy"
INPUT = "submission.received"
OUTPUT = "submission.superseded"
FEED = "grdp.observation"
DEAD = dead(SERVICE)
PARTITIONS = 3
NAMESPACE = UUID(int=7)
What = Literal["plain", "refused", "killer"]


class Died(BaseException):
    """Raised in a handler that ends its process."""


@dataclass(frozen=True)
class Received(EventData):
    """What comes; `number` says where it stands among those of its key."""

    TOPIC = INPUT
    KEY = "submission_id"

    submission_id: str
    what: What
    number: int


@dataclass(frozen=True)
class Handled(EventData):
    """The output of one that was handled."""

    TOPIC = OUTPUT
    KEY = "submission_id"

    submission_id: str
    event: str
    number: int
    revision: int


@dataclass(frozen=True)
class Figure(EventData):
    """What the feed has of a key."""

    TOPIC = FEED
    KEY = "submission_id"

    submission_id: str
    revision: int

    @property
    def own_id(self) -> UUID:
        """A revision has one event."""
        return uuid5(NAMESPACE, f"{self.submission_id} {self.revision}")


def event(index: int, key: int, what: What, number: int, time: datetime) -> Event:
    """The event with this index."""
    subject = str(uuid5(NAMESPACE, f"key {key}"))
    data = Received(subject, what, number)
    return Event(event_id(index), INPUT, subject, data, time, subject, "upstream")


def event_id(index: int) -> UUID:
    """The id of the event with this index."""
    return uuid5(NAMESPACE, f"event {index}")


def id_of(record: Message) -> str:
    """The id of the event that a record has."""
    return dict(record.headers)["ce_id"].decode()


def topic(name: str) -> Topic:
    """A topic that the service reads."""
    return Topic(
        name, "upstream", (SERVICE,), "", PARTITIONS, 1, 120, False, "string", "none", name
    )


def message(event: Event) -> Message:
    """Its record."""
    return encode(event.data, event.id, "upstream", event.time, None, CODEC)


def stage(world: World) -> Stage:
    """Each event makes one effect, one output, and a new revision of its key's figure, which the feed has."""

    def effect(event: Event, revision: int) -> Outcome:
        machine: Any = MACHINE.get()
        if event.data.what == "killer" or world.is_ill:
            machine.die("its handler")
            raise Died
        if event.data.what == "refused":
            raise Permanent("not to be handled")
        made = Handled(event.subject, str(event.id), event.data.number, revision)
        return Outcome(
            events=(made,),
            rows=(Row(Any, vars(made)),),  # type: ignore[arg-type]
        )

    def load(session: Session, event: Event) -> int:
        return sum(one["submission_id"] == event.subject for one in world.database.effects)

    def load_many(session: Session, events: Sequence[Event]) -> Mapping[str, int]:
        return {event.subject: load(session, event) for event in events}

    def derive(session: Session, event: Event) -> Iterator[Figure]:
        yield Figure(event.subject, load(session, event))

    if world.plan.kind == "batch":
        return BatchStage(
            (Received,), load_many, lambda event, facts: effect(event, facts[event.subject] + 1)
        )
    return ObjectStage(
        (Received,), load, lambda event, facts: {}, lambda event, facts, contents: effect(event, facts + 1),
        derive=derive, awaits_catalogue=False,
    )  # fmt: skip

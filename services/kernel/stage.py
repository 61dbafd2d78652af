"""What a service does with the events of some topics: two kinds of stage, both pure in their handler.

The runner calls `load` inside the transaction that will write the outcome; `handle` may touch nothing outside its
arguments, so that it can be run again, or in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from services.kernel.events import Event, EventData, ObjectReference, Outcome


@dataclass(frozen=True)
class BatchStage:
    """Handles events many to a transaction, at most one of each key. For handlers that need only rows."""

    events: tuple[type[EventData], ...]
    load: Callable[[Session, Sequence[Event]], Any]
    handle: Callable[[Event, Any], Outcome]
    awaits_catalogue: bool = False

    @property
    def topics(self) -> tuple[str, ...]:
        """Where its events come from."""
        return tuple(kind.TOPIC for kind in self.events)


@dataclass(frozen=True)
class ObjectStage:
    """Handles events one by one, several at a time. For handlers that read or write objects of the vault.

    `load` is called before the handler and again in the final transaction: facts that differ then (by ==) are handled
    again. `reads` names the objects that the handler gets, each under a name of its own. `isolated` runs it in a
    worker process, and `give_up` is its outcome where that took too long or died. `derive` tells, from the rows,
    what to publish besides the stored outputs: at a redelivery the state of that moment. `shared_by` says whose event
    it is: places are shared fairly among them.
    """

    events: tuple[type[EventData], ...]
    load: Callable[[Session, Event], Any]
    reads: Callable[[Event, Any], Mapping[str, ObjectReference]]
    handle: Callable[[Event, Any, Mapping[str, bytes]], Outcome]
    isolated: bool = False
    give_up: Callable[[Event, Any], Outcome] | None = None
    derive: Callable[[Session, Event], Iterable[EventData]] | None = None
    awaits_catalogue: bool = True
    shared_by: Callable[[Event], str] = lambda event: event.subject

    @property
    def topics(self) -> tuple[str, ...]:
        """Where its events come from."""
        return tuple(kind.TOPIC for kind in self.events)


Stage = BatchStage | ObjectStage

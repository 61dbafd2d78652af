"""Faults put into the runner on purpose: does the simulation see them, and after how many histories?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from services.kernel import partitionlog, relay
from services.kernel.assignment import Assignment
from services.kernel.ledger import Ledger, Mark
from services.kernel.locks import Takeover
from services.kernel.store import Trials
from tests.simulation.database import Database, Locks, Tables


@contextmanager
def _acknowledged_out_of_order() -> Iterator[None]:
    def free(self: Any) -> list[Any]:
        done = [entry for entry in self._window if entry.finished and entry.offset < self._expected]
        for entry in done:
            self._window.remove(entry)
        return done

    with patch.object(Ledger, "_free", free):
        yield


@contextmanager
def _marked_before_it_is_published() -> Iterator[None]:
    def mark(self: Any) -> Mark[Any]:
        window = list(self._window)
        return Mark(self._expected, window[-1] if window else self._last)

    with patch.object(Ledger, "mark", mark):
        yield


@contextmanager
def _gone_to_blindly() -> Iterator[None]:
    async def first_expected(self: Any, takeover: Takeover) -> int:
        return takeover.next_offset or 0

    with patch.object(partitionlog.PartitionLog, "first_expected", first_expected):
        yield


@contextmanager
def _trusted_after_a_take_over() -> Iterator[None]:
    """The record before the mark is compared then, and never again."""
    first_expected = partitionlog.PartitionLog.first_expected

    async def forgetful(self: Any, takeover: Takeover) -> int:
        known = self._last
        found = await first_expected(self, takeover)
        self._last = known
        return found

    with patch.object(partitionlog.PartitionLog, "first_expected", forgetful):
        yield


@contextmanager
def _taken_when_something_comes() -> Iterator[None]:
    with patch.object(Assignment, "take", lambda self, tps: None):
        yield


@contextmanager
def _handled_again() -> Iterator[None]:
    recall = Tables.recall

    def forgetful(self: Tables, events: Sequence[Any]) -> Any:
        for event in events:
            self.database.inbox.pop(event.id, None)
        return recall(self, events)

    with patch.object(Tables, "recall", forgetful):
        yield


@contextmanager
def _buried_without_comparison() -> Iterator[None]:
    trials = Database.trials

    def count(self: Database, *arguments: Any) -> Trials:
        return replace(trials(self, *arguments), others_succeeded=True)

    with patch.object(Database, "trials", count):
        yield


@contextmanager
def _held_by_two() -> Iterator[None]:
    """And nobody waits for what the other may have sent: that alone covers most of it."""
    take = Locks._take

    def at_once(self: Locks, topic: str, partition: int) -> Takeover:
        return replace(take(self, topic, partition), clean=True)

    with (
        patch.object(Locks, "_lock", lambda self, name: True),
        patch.object(Locks, "_take", at_once),
    ):
        yield


@contextmanager
def _committed_twice() -> Iterator[None]:
    """A claim that does not see what another transaction has entered meanwhile."""
    claim = Tables.claim

    def blind(self: Tables, events: Sequence[Any], *, permanent: bool) -> Any:
        new, known = claim(self, events, permanent=permanent)
        return (list(events), known) if known.repeated else (new, known)

    with patch.object(Tables, "claim", blind):
        yield


@contextmanager
def _marked_though_it_failed() -> Iterator[None]:
    def all_of_them(rows: Sequence[Any], deliveries: Sequence[Any]) -> list[int]:
        return [sequence for sequence, _ in rows]

    with patch.object(relay, "delivered", all_of_them):
        yield


@contextmanager
def _answered_before_it_is_published() -> Iterator[None]:
    async def at_once(self: Any, sequence: int) -> None: ...

    with patch.object(relay.Relay, "_until_published", at_once):
        yield


PLANTED: Final[Mapping[str, Callable[[], Any]]] = {
    "acknowledged out of order": _acknowledged_out_of_order,
    "marked before it is published": _marked_before_it_is_published,
    "gone to the mark blindly": _gone_to_blindly,
    "trusted after a take-over": _trusted_after_a_take_over,
    "taken when something comes": _taken_when_something_comes,
    "handled again though known": _handled_again,
    "buried without comparison": _buried_without_comparison,
    "held by two": _held_by_two,
    "committed twice": _committed_twice,
    "marked in the outbox though it failed": _marked_though_it_failed,
    "answered before it is published": _answered_before_it_is_published,
}

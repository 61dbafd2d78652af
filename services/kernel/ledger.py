"""The account of one partition: what is taken, what is finished, and what may be acknowledged. Pure.

Inputs are acknowledged strictly in the order of their offsets, none left out, and only below the mark that the database
has: a finished one waits for all lower ones. So nothing that was sent can be lost, whatever ends the process or makes
the consumer jump. Finished means published: a mark that were written with an event's rows, before its outputs are sent,
would have whoever takes over pass them by.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Entry(Protocol):
    """A record of the partition. Only the ledger changes `finished`. Entries are told apart as objects."""

    finished: bool

    @property
    def offset(self) -> int:
        """Where it stands."""
        ...


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Mark(Generic[E]):
    """Of every record below `next_offset` all outputs are published; `last` is the one before it, None where this
    process took none.
    """

    next_offset: int
    last: E | None


class Ledger(Generic[E]):
    """Offsets rise, but for where the consumer went back: then a record may be in twice, as two entries."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._written = 0
        self._window: deque[E] = deque()
        self._last: E | None = None

    def __len__(self) -> int:
        """Entries that are taken and not acknowledged."""
        return len(self._window)

    @property
    def expected(self) -> int:
        """The offset that comes next. A higher one would leave a gap; a lower one comes again."""
        return self._expected

    def skip_to(self, offset: int) -> None:
        """Gives up what lies before: the broker has it no more."""
        self._expected = offset

    def take(self, entries: Sequence[E]) -> None:
        """Enters what is handled from now on."""
        self._window.extend(entries)
        self._expected = entries[-1].offset + 1

    def finish(self, entries: Sequence[E]) -> list[E]:
        """Notes that the broker has all outputs of these. Returns what may be acknowledged, in this order."""
        for entry in entries:
            entry.finished = True
        return self._free()

    def mark(self) -> Mark[E]:
        """What the database is to be told: whoever takes over goes there."""
        unfinished = [entry.offset for entry in self._window if not entry.finished]
        bound = min(unfinished) if unfinished else self._expected
        below = [entry for entry in self._window if entry.offset < bound]
        last = max(below, key=lambda entry: entry.offset, default=self._last)
        if last is None or last.offset >= bound:
            return Mark(bound, None)
        return Mark(last.offset + 1, last)

    @property
    def is_ahead(self) -> bool:
        """Whether the database has yet to be told of the mark."""
        return self.mark().next_offset > self._written

    def wrote(self, mark: Mark[E]) -> list[E]:
        """Notes that the database has this mark. Returns what may be acknowledged, in this order."""
        self._written = max(self._written, mark.next_offset)
        return self._free()

    def _free(self) -> list[E]:
        free = []
        while self._window and self._window[0].finished and self._window[0].offset < self._written:
            self._last = self._window.popleft()
            free.append(self._last)
        return free

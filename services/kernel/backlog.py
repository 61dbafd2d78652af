"""The records of one partition that wait to be handled: bounded by number and by bytes, taken in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from services.kernel.dead import Origin
from services.kernel.errors import Newer, Permanent
from services.kernel.events import Event
from services.kernel.wire import Header

BATCH_EVENTS = 500
BATCH_BYTES = 4_000_000
GATHER_SECONDS = 0.0025
GATHER_MOST_SECONDS = 0.005
HIGH_EVENTS = 2000
HIGH_BYTES = 32_000_000
LOW_EVENTS = 500
LOW_BYTES = 8_000_000


@dataclass(eq=False)
class Received:
    """A record as it came, and what became of it. `event` is the event, or why it is none.

    Of what was sent back, all but `offset`, `fingerprint` and `taken_at` are those of the record that died.
    """

    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    origin: Origin
    event: Event | Permanent | Newer
    acknowledge: Callable[[], None]
    fingerprint: Callable[[], bytes]
    """That of the record which stands at the offset (wire.py)."""
    taken_at: float = 0.0
    """When the broker took that, by its clock, in seconds since 1970."""
    finished: bool = False

    @property
    def event_id(self) -> UUID | None:
        """That of the event; None where the record is none."""
        return self.event.id if isinstance(self.event, Event) else None

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return len(self.value or b"")


class Backlog:
    """A queue in the order of offsets. Between `is_full` and `is_low` the broker rests.

    `sparse` says that offsets may be missing, as on a compacted topic.
    """

    def __init__(self, *, sparse: bool = False) -> None:
        self._sparse = sparse
        self._records: deque[Received] = deque()
        self._bytes = 0
        self._is_closed = False
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def head(self) -> Received:
        """The record that comes next."""
        return self._records[0]

    @property
    def is_full(self) -> bool:
        """Whether no more should come."""
        return len(self._records) >= HIGH_EVENTS or self._bytes >= HIGH_BYTES

    @property
    def is_low(self) -> bool:
        """Whether more may come again."""
        return len(self._records) < LOW_EVENTS and self._bytes < LOW_BYTES

    def append(self, received: Received) -> None:
        """Adds a record. One that is not newer than the last means that the consumer went back: what waits from there
        on will come again.
        """
        if self._is_closed:
            return
        while self._records and self._records[-1].offset >= received.offset:
            self._bytes -= self._records.pop().size
        self._records.append(received)
        self._bytes += received.size
        self._arrived.set()

    def drop_below(self, offset: int) -> list[Received]:
        """Takes away what stands below an offset, and returns it."""
        dropped = []
        while self._records and self._records[0].offset < offset:
            dropped.append(self._records.popleft())
        self._bytes -= sum(event.size for event in dropped)
        return dropped

    def close(self) -> None:
        """Forgets all, takes no more, and wakes who waits, then and later."""
        self._is_closed = True
        self._records.clear()
        self._bytes = 0
        self._arrived.set()

    async def arrival(self, seconds: float | None = None) -> bool:
        """Waits for a record, or for `close`; False where neither came within so many seconds."""
        if not self._records and not self._is_closed:
            self._arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), seconds)
        return self._arrived.is_set()

    async def gather(self) -> None:
        """Waits while more comes in quick succession, so that many are handled in full batches."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + GATHER_MOST_SECONDS
        before = 0
        while before < len(self._records) < BATCH_EVENTS and clock() < deadline:
            before = len(self._records)
            await asyncio.sleep(GATHER_SECONDS)

    def take(self, most: int, careful: range) -> list[Received]:
        """The next records: of one origin topic, no key and no event's id twice, no gap, what a batch holds; of
        `careful` one, and none behind the first that has to wait. What becomes of an event is told by its id, and of
        two with one id differently.
        """
        taken: list[Received] = []
        keys: set[bytes | None] = set()
        ids: set[UUID] = set()
        size = 0
        while self._records and len(taken) < most:
            head = self._records[0]
            if taken and (
                head.key in keys
                or head.event_id in ids
                or size + head.size > BATCH_BYTES
                or head.origin.topic != taken[0].origin.topic
                or head.offset in careful
                or isinstance(head.event, Newer)
                or not (self._sparse or head.offset == taken[-1].offset + 1)
            ):
                break
            taken.append(self._records.popleft())
            keys.add(head.key)
            if head.event_id:
                ids.add(head.event_id)
            size += head.size
        self._bytes -= size
        return taken

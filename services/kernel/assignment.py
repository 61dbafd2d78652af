"""The partitions that the broker has given to this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

from services.kernel.backlog import Received
from services.kernel.partition import Partition
from services.kernel.process import Process
from services.kernel.topics import TP, Topic


class Assignment:
    """Makes a partition when it is given, and ends it when it is taken away."""

    def __init__(self, process: Process, topics: Mapping[str, Topic]) -> None:
        self._process = process
        self._topics = topics
        self._partitions: dict[TP, Partition] = {}
        self._is_closed = False

    def take(self, tps: Iterable[TP]) -> None:
        """Begins with these, also where nothing comes of them: of a log that was cut and written anew, the broker may
        believe that all is read.
        """
        for tp in tps:
            self._partition(tp)

    def accept(self, tp: TP, received: Sequence[Received]) -> bool:
        """Hands records to their partition; False says that this one's queue is full.

        What comes to one that is being left is let go, and comes again to who has it next.
        """
        partition = self._partition(tp)
        return partition is None or partition.offer(received)

    async def leave(self, tps: Sequence[TP]) -> None:
        """Finishes what is under way of these, and gives their locks back.

        Until then they stay: a second one would be given the lock that its process has, and both would go on.
        """
        leaving = [(tp, self._partitions[tp]) for tp in tps if tp in self._partitions]
        await asyncio.gather(*(partition.stop() for _, partition in leaving))
        for tp, _ in leaving:
            self._partitions.pop(tp, None)

    async def leave_all(self) -> None:
        """Finishes what is under way of all, and begins nothing any more."""
        self._is_closed = True
        await self.leave(list(self._partitions))

    @property
    def longest_wait(self) -> float:
        """Seconds for which a partition has been waiting for a state of the catalogue. Asked from any thread."""
        now = time.monotonic()
        waits = [now - p.waiting_since for p in list(self._partitions.values()) if p.waiting_since]
        return max(waits, default=0.0)

    def _partition(self, tp: TP) -> Partition | None:
        """None where nothing is begun any more."""
        partition = self._partitions.get(tp)
        if partition is None and not self._is_closed:
            partition = Partition(self._process, self._topics[tp.topic], tp.partition)
            partition.task.add_done_callback(self._ended)
            self._partitions[tp] = partition
        return partition

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._process.fail(error)

"""How far a service is behind its topics, and for how long it has not moved: whether work gets done.

Asked of the broker and of the database, not of what this process believes: a consumer that reads nothing any more
looks well from inside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from services.kernel import metrics
from services.kernel.topics import TP, Extent

LOOK_SECONDS: Final = 15.0
PATIENCE_SECONDS: Final = 300.0
"""A partition that has something to read and does not move for so long is no healthy one; no event takes longer."""


class Lag:
    """What the looks so far have told; `clock` in seconds."""

    def __init__(self, service: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._clock = clock
        self._marks: dict[TP, int] = {}
        self._waiting: dict[TP, float] = {}

    def look(self, extents: Mapping[TP, Extent], marks: Mapping[TP, int]) -> None:
        """Notes where the partitions end, and how far each is; one without a mark is at its beginning."""
        now = self._clock()
        for tp, extent in extents.items():
            mark = max(marks.get(tp, 0), extent.begin)
            if mark >= extent.end:
                self._waiting.pop(tp, None)
            elif tp not in self._waiting or mark != self._marks.get(tp):
                self._waiting[tp] = now
            self._marks[tp] = mark
            labels = (self._service, tp.topic, str(tp.partition))
            metrics.LAG_EVENTS.labels(*labels).set(max(extent.end - mark, 0))
            metrics.LAG_SECONDS.labels(*labels).set(now - self._waiting.get(tp, now))

    @property
    def seconds(self) -> float:
        """For how long the worst partition has had something to read and has not moved. Asked from any thread."""
        now = self._clock()
        return max((now - since for since in list(self._waiting.values())), default=0.0)

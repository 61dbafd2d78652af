"""Sees every event of the submissions as any consumer would, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from services.kernel import topics
from services.kernel.cluster import Cluster
from tests.logins import properties

FEED = "grdp.observation"
WANTED = ("submission.received", "submission.validated", "submission.cleared", "submission.stored")
UNWANTED = ("submission.returned", "submission.held", "submission.withheld")
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Sight:
    """When an event was made (its `ce_time`) and when it was read here; both are Unix times."""

    made: float
    read: float


class Observer:
    """A plain consumer, which belongs to no group, in a thread of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self._consumer = Consumer({**properties(cluster), "group.id": "bench-observer"})
        self._feed = Consumer({**properties(cluster), "group.id": "bench-feed"})
        self._sights: Mapping[str, dict[str, Sight]] = {topic: {} for topic in (*WANTED, *UNWANTED)}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._observe, daemon=True)

    def __enter__(self) -> Self:
        self._consumer.assign(
            [
                TopicPartition(topic, number, OFFSET_BEGINNING)
                for topic in self._sights
                for number in range(topics.load()[topic].partitions)
            ]
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._consumer.close()
        self._feed.close()

    def sight(self, topic: str, submission: str) -> Sight:
        """When this event of a submission was first seen; KeyError before."""
        return self._sights[topic][submission]

    def wait(self, topic: str, submissions: Collection[str], seconds: float) -> None:
        """Returns when the event of each submission is there; TimeoutError, or RuntimeError after another verdict."""
        self._until(lambda: set(submissions) <= self._sights[topic].keys(), topic, seconds)

    def wait_feed(self, records: int, seconds: float) -> float:
        """Waits until the compilers' feed has had so many records; the Unix time then."""
        self._until(lambda: self.feed() >= records, FEED, seconds)
        return time.time()

    def feed(self) -> int:
        """How many records the feed has ever had."""
        numbers = range(topics.load()[FEED].partitions)
        ends = [self._feed.get_watermark_offsets(TopicPartition(FEED, n), 10)[1] for n in numbers]
        return sum(ends)

    def _until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            for topic in UNWANTED:
                if self._sights[topic]:
                    raise RuntimeError(f"{topic}: {sorted(self._sights[topic])[:3]}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} is not complete after {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def _observe(self) -> None:
        while not self._ended.is_set():
            record: Any = self._consumer.poll(
                0.1
            )  # its types allow for what these topics never have
            if record is None or record.error():
                continue
            made = datetime.fromisoformat(dict(record.headers())["ce_time"].decode())
            sight = Sight(made.timestamp(), time.time())
            self._sights[record.topic()].setdefault(record.key().decode(), sight)

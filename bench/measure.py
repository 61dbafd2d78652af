"""Runs one side over the same events as the other, in a process and a database of its own, and takes the time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from confluent_kafka import OFFSET_END, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from psycopg import sql

from bench import by_hand, runner
from bench.stage import INPUT, OUTPUT
from deploy.environment import of_cluster
from services.kernel import topics
from services.kernel.cluster import Cluster
from tests.logins import properties
from tests.toy.harness import make_schema, received

POLL = 0.02
PATIENCE = 120.0


@dataclass(frozen=True)
class Side:
    """One of the two programs: its module and its consumer group."""

    module: str
    group: str


RUNNER = Side(runner.__name__, runner.GROUP)
BY_HAND = Side(by_hand.__name__, by_hand.GROUP)


class Bench:
    """A broker and a database server, with topics as declared and nothing else running on them."""

    def __init__(self, cluster: Cluster, administrator_url: str, folder: Path) -> None:
        self._cluster = cluster
        self._administrator_url = administrator_url
        self._folder = folder
        self._observer = Consumer({**properties(cluster), "group.id": "bench-observer"})

    def close(self) -> None:
        """Ends the connection to the broker."""
        self._observer.close()

    def load(self, count: int) -> None:
        """Puts so many new events onto the input topic, acknowledged by the broker."""
        producer = Producer({**properties(self._cluster), "linger.ms": 20})
        for _ in range(count):
            message = received()
            producer.produce(message.topic, message.value, message.key, headers=[*message.headers])
            producer.poll(0)
        producer.flush()

    def clear(self) -> None:
        """Deletes the input: a runner with an empty database takes everything that the broker still has."""
        administrator = AdminClient(properties(self._cluster))
        everything = [
            TopicPartition(INPUT, one.partition, OFFSET_END) for one in _partitions(INPUT)
        ]
        for deleted in administrator.delete_records(everything).values():
            deleted.result(10)

    def run(self, side: Side, count: int) -> float:
        """Events a second, from the first handled to the last one acknowledged; start and stop don't count.

        AssertionError unless exactly the `count` events that were new to this side are in inbox and outputs.
        """
        with self._database() as url:
            end = self._end(OUTPUT) + count
            with self._process(side, url) as process:
                self._wait(process, lambda: self._end(OUTPUT) >= end)
                finished = datetime.now(UTC)
                self._wait(process, lambda: self._committed(side) >= self._end(INPUT))
            with psycopg.connect(url) as connection:
                began, *counts = _row(
                    connection,
                    "select min(handled_at), count(*), (select count(*) from outputs) from inbox",
                )
            assert [*counts, self._end(OUTPUT)] == [count, count, end], (side, counts)
        return count / float((finished - began).total_seconds())

    @contextmanager
    def _database(self) -> Iterator[str]:
        """An empty database with the runner's tables; what came before is on the disk and out of the way."""
        name = f"bench_{uuid4().hex}"
        with psycopg.connect(self._administrator_url, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            connection.execute("checkpoint")
        yield make_schema(f"{self._administrator_url.rpartition('/')[0]}/{name}")
        with psycopg.connect(self._administrator_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            )

    @contextmanager
    def _process(self, side: Side, url: str) -> Iterator[subprocess.Popen[bytes]]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SOLIEU_")}
        settings = {
            **of_cluster(self._cluster),
            "SOLIEU_DATABASE_URL": url,
            # Both sides start from compiled modules, whatever this machine's habits are.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self._folder / "bytecode"),
        }
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", side.module],
                env=inherited | settings,
                stdout=log,
                stderr=log,
            )
            try:
                yield process
                process.terminate()
                process.wait(30)
            finally:
                process.kill()
                process.wait()

    def _wait(self, process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"it did not finish:\n{self._log.read_text()[-4000:]}")
            time.sleep(POLL)

    def _end(self, topic: str) -> int:
        """How many records the topic has ever had."""
        return sum(self._observer.get_watermark_offsets(p, 10)[1] for p in _partitions(topic))

    def _committed(self, side: Side) -> int:
        """How many records of the input the side has acknowledged for good."""
        consumer = Consumer({**properties(self._cluster), "group.id": side.group})
        try:
            positions = consumer.committed(_partitions(INPUT), 10)
            return sum(max(position.offset, 0) for position in positions)
        finally:
            consumer.close()

    @property
    def _log(self) -> Path:
        return self._folder / "side.log"


def _partitions(topic: str) -> list[Any]:
    return [TopicPartition(topic, number) for number in range(topics.load()[topic].partitions)]


def _row(connection: psycopg.Connection, query: Any) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row

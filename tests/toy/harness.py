"""Runs toy workers against the real broker and a database of their own, and looks at what came of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, MemberToRemove
from kafka.partitioner.default import murmur2

from deploy.environment import of_cluster
from services.events.intake import SubmissionReceived
from services.kernel import access, administration, changes, replay, topics
from services.kernel.avro import from_avro
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.migration import VAULT_TABLES
from services.kernel.runner_tables import RUNNER_TABLES
from services.kernel.wire import Message, encode

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INPUT = "submission.received"
OUTPUT = "submission.superseded"
MASTER_KEY = "A" * 43 + "="


def received(
    form: str = "plain", submission: UUID | None = None, catalogue: int = 0,
    sender: str = "so-tai-chinh-dien-bien", size: int = 1, original: Mapping[str, Any] | None = None,
) -> Message:  # fmt: skip
    """An input of the toy, with a random submission unless one is given."""
    subject = str(submission or uuid4())
    reference = original or {
        "name": f"{subject}/1/original/{'0' * 64}",
        "sha256": "0" * 64,
        "size": size,
        "media_type": "text/csv",
    }
    data: dict[str, Any] = {
        "submission_id": subject, "attempt": 1, "sender": sender, "form": form,
        "form_version": 1, "area_list": "63", "area": "11", "period": "2026-Q3", "completeness": "estimate",
        "round": 1, "regime": "coordination", "classification": "internal", "province": "11",
        "catalogue_version": catalogue, "original": reference, "statement": "", "received_at": NOW, "nil": "",
        "work_secret": False, "sections": "",
    }  # fmt: skip
    received = from_avro(SubmissionReceived, data)
    return encode(received, uuid4(), "intake", NOW, None, codec())


def identity(message: Message) -> str:
    return dict(message.headers)["ce_id"].decode()


@dataclass
class Toy:
    """The broker, one database, and the workers that were started."""

    cluster: Cluster
    """As who may all: the toys write a topic of another service."""
    url: str
    mark: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    patience_seconds: float = 60.0
    """How long a worker goes without partitions."""
    session_seconds: float = 10.0
    """How long the broker keeps a silent member's place."""
    assigns: Literal["all", "nothing"] = "all"
    """What a worker that leads its group gives to the members."""
    schemas: Literal["these", "newer"] = "these"
    """Whether a worker is of this release or of the next one (release.py)."""
    port: int = 0
    """Where a worker serves its metrics; 0 is any."""
    vault: Path | None = None
    """The folder of the vault that workers get; those of kind "vault" read the original from it."""
    ill_seconds: float = 2.0
    """How long an event waits that ends its process while no other succeeds, either."""
    delivery_seconds: float = 1.0
    """Less than the product's DELIVERY_TIMEOUT, which is paid at each takeover after a crash."""

    def start(self, kind: str) -> subprocess.Popen[bytes]:
        """Starts one worker; all have the same identity, as copies of a process have."""
        environment = os.environ | {
            **of_cluster(self.cluster),
            "SOLIEU_DATABASE_URL": self.url,
            "SOLIEU_PORT": str(self.port),
            "TOY_MARK": str(self.mark / "once"),
            "TOY_DELIVERY": str(self.delivery_seconds),
            "TOY_ILL": str(self.ill_seconds),
            "TOY_SESSION": str(self.session_seconds),
            "TOY_PATIENCE": str(self.patience_seconds),
            "TOY_ASSIGNS": self.assigns,
            "TOY_SCHEMAS": self.schemas,
            **(
                {"SOLIEU_VAULT": str(self.vault), "SOLIEU_MASTER_KEY": MASTER_KEY}
                if self.vault
                else {}
            ),
        }
        command = [sys.executable, "-m", "tests.toy.worker", kind]
        with (self.mark / "log").open("ab") as log:
            worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    @contextmanager
    def running(self, kind: str) -> Iterator[None]:
        """Keeps one worker running, as a supervisor does, until the block ends."""
        stop = threading.Event()
        self.start(kind)

        def supervise() -> None:
            while not stop.wait(0.2):
                if self.workers[-1].poll() is not None:
                    self.start(kind)

        thread = threading.Thread(target=supervise, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self.end()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the newest worker."""
        self.workers[-1].send_signal(number)

    def end(self) -> None:
        """Ends every worker that still runs."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()

    def send(self, messages: Sequence[Message], partition: int | None = None) -> None:
        """Produces records, all acknowledged on return."""
        producer = KafkaProducer(**self.cluster.options(), acks="all", linger_ms=5)
        futures = [
            producer.send(m.topic, m.value, m.key, list(m.headers), partition=partition)
            for m in messages
        ]
        for future in futures:
            future.get(timeout=30)
        producer.close()

    def read(self, topic: str) -> list[Any]:
        """All records of a topic."""
        consumer = KafkaConsumer(**self.cluster.options(), group_id=None, enable_auto_commit=False)
        partitions = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning()
        records: list[Any] = []
        while any(consumer.position(p) < ends[p] for p in partitions):
            for batch in consumer.poll(timeout_ms=500).values():
                records += batch
        consumer.close()
        return records

    def get_well(self) -> None:
        """Mends what every event of the form `ill` needs."""
        (self.mark / "once").touch()

    def wait_for_letter(self) -> None:
        """Waits for a dead letter while other partitions have something to do: by that the bad event is told."""

        def is_there() -> bool:
            self.send([received(submission=one) for one in of_one_partition(1, partition=1)])
            return len(replay.letters(self.cluster, "validation")) == 1

        self.wait_for(is_there, 120)

    def outputs(self) -> Counter[str]:
        """How often each output event id stands on the output topic, by submission."""
        seen: dict[str, set[str]] = {}
        for record in self.read(OUTPUT):
            seen.setdefault(record.key.decode(), set()).add(dict(record.headers)["ce_id"].decode())
        return Counter({key: len(ids) for key, ids in seen.items()})

    def handled(self) -> int:
        """How many events are in the inbox."""
        return int(self.scalar("select count(*) from inbox"))

    def log(self) -> str:
        """What the workers wrote."""
        return (self.mark / "log").read_text()

    def scalar(self, query: str) -> Any:
        """One value from the database."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query).fetchone()
            return row[0] if row else None

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Waits until something holds; fails, with the workers' log, once they wrote nothing for so many seconds, or
        went on for ten times as long.

        A process that ends has the next one begin, which takes long on a busy machine: that is no standstill.
        """
        began = moved = time.monotonic()
        seen = 0
        while not condition():
            if (size := len(self.log())) != seen:
                seen, moved = size, time.monotonic()
            if time.monotonic() > min(moved + seconds, began + 10 * seconds):
                raise AssertionError("it did not come true:\n" + self.log()[-6000:])
            time.sleep(0.2)


def of_one_partition(count: int, partition: int = 0) -> list[UUID]:
    """Submissions that the default partitioner puts together: told by trying (murmur2 as in Kafka)."""
    number = topics.load()[INPUT].partitions
    found: list[UUID] = []
    while len(found) < count:
        candidate = uuid4()
        if (murmur2(str(candidate).encode()) & 0x7FFFFFFF) % number == partition:
            found.append(candidate)
    return found


def fresh_topics(cluster: Cluster) -> None:
    """Deletes every topic and consumer group, and makes the declared topics anew."""
    admin = KafkaAdminClient(**cluster.options())
    try:
        _delete_groups(admin)
        names = [name for name in admin.list_topics() if not name.startswith("__")]
        if names:
            admin.delete_topics(names)
        deadline = time.monotonic() + 120
        while set(admin.list_topics()) & set(names) and time.monotonic() < deadline:
            time.sleep(0.1)
        administration.apply(admin, topics.load().values())
        access.apply(admin, topics.load().values())
    finally:
        admin.close()


def _delete_groups(admin: KafkaAdminClient) -> None:
    """A static member keeps its place, and what it was assigned, for a session after its process ended."""
    names = [group["group_id"] for group in admin.list_groups()]
    if not names:
        return
    for name, group in admin.describe_groups(names).items():
        members = [MemberToRemove(member["member_id"]) for member in group["members"]]
        admin.remove_group_members(name, members)
    failed = [result for result in admin.delete_groups(names).items() if result[1] != "OK"]
    assert not failed, failed


def make_schema(administrator_url: str) -> str:
    """Makes the toy's schema with the runner's tables; returns the URL that uses it."""
    with psycopg.connect(administrator_url) as connection:
        connection.execute("create schema if not exists validation")
        connection.execute("set search_path to validation")
        connection.execute(RUNNER_TABLES)
        connection.execute(VAULT_TABLES)
        changes.note(connection, changes.known("validation"))
    return administrator_url + "?options=-csearch_path%3Dvalidation"


def headers_of(record: Any) -> Mapping[str, str]:
    return {name: value.decode(errors="replace") for name, value in record.headers}

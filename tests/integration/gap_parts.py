"""Gaps between a running stack's tables and its topics, made for real; and what the operator's commands say of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from psycopg import sql

from deploy import feed
from deploy.programs import PROGRAMS
from deploy.stack import Stack
from services.kernel.codec import codec
from services.kernel.topics import load
from tests.running import bearer, client

FEED = "grdp.observation"


@contextmanager
def nothing_mends_itself(stack: Stack) -> Iterator[None]:
    """As if another process of each service were at its upkeep."""
    with psycopg.connect(stack.administrator_url, autocommit=True) as connection:
        for service in {program.service for program in PROGRAMS.values()}:
            connection.execute("select pg_advisory_lock(hashtext(%s))", [f"{service} upkeep"])
        yield


def want_upkeep(stack: Stack, services: Iterable[str]) -> None:
    """As a process does that takes over from one that died, half a minute ago."""
    with psycopg.connect(stack.administrator_url) as connection:
        for service in services:
            wanted = sql.SQL("update {}.upkeep set wanted_at = now() - interval '1 minute'")
            connection.execute(wanted.format(sql.Identifier(service)))


def solieu(stack: Stack, *words: str) -> tuple[int, Any]:
    """Exit code and answer of an operator's command."""
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", *words, "--json"],
        env={**os.environ, **stack.operator_environment()},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def status(stack: Stack) -> tuple[int, dict[tuple[str, str, str], int]]:
    """Its exit code, and how many differ by service, kind and topic."""
    code, answer = solieu(stack, "status")
    return code, {
        (one["service"], gap, topic): count
        for one in answer["comparisons"]
        for gap, topics in one["gaps"].items()
        for topic, count in topics.items()
    }


def repaired(stack: Stack, service: str, what: str) -> dict[str, int]:
    """What a service wrote that was asked to repair its publications, or the feed."""
    with client(stack, f"{service}-api", bearer(stack, "operator")) as asking:
        written: dict[str, int] = asking.post(f"/v1/{what}").raise_for_status().json()["written"]
    return written


def lose(stack: Stack, topic: str) -> int:
    """Deletes what stands on a topic, as a broker does that lost its log; how many events that were."""
    partitions = [TopicPartition(topic, number) for number in range(load()[topic].partitions)]
    count = events(stack, topic)
    consumer = KafkaConsumer(**stack.kafka().options())
    admin = KafkaAdminClient(**stack.kafka().options())
    admin.delete_records(consumer.end_offsets(partitions))
    admin.close()
    consumer.close()
    return count


def events(stack: Stack, topic: str) -> int:
    """How many events stand on a topic, each id once; what is none does not count."""
    return len(
        {
            dict(record.headers)["ce_id"]
            for record in feed.records(stack.kafka(), topic)
            if _is_event(topic, record)
        }
    )


def _is_event(topic: str, record: Any) -> bool:
    try:
        codec().decode(f"{topic}-value", record.value)
    except Exception:
        return False
    return "ce_id" in dict(record.headers)


def spoil_feed(stack: Stack) -> None:
    """One figure is gone from the feed, one is older there, and one is there that the store never had."""
    current = list(feed.read(stack.kafka()).current)
    missing, older = current[:2]
    value = next(
        codec().decode(f"{FEED}-value", record.value)
        for record in feed.records(stack.kafka(), FEED)
        if record.key == older
    )
    key = codec().decode(f"{FEED}-key", older)
    strange = codec().encode(f"{FEED}-key", {**key, "form": "nobody's"})
    producer = KafkaProducer(**stack.kafka().options(), acks="all")
    producer.send(FEED, None, missing)
    for name, revision in ((older, 0), (strange, 1)):
        encoded = codec().encode(f"{FEED}-value", {**value, "revision": revision})
        producer.send(FEED, encoded, name)
    producer.close()


@contextmanager
def without_a_leaf(stack: Stack, topic: str) -> Iterator[None]:
    """The log lacks the last leaf of a topic, as long as the block; its own service could take none away."""
    with psycopg.connect(stack.administrator_url, autocommit=True) as connection:
        row = connection.execute(
            "delete from audit.leaves where index ="
            " (select max(index) from audit.leaves where topic = %s) returning *",
            [topic],
        ).fetchone()
        assert row is not None
        yield
        places = ", ".join(["%s"] * len(row))
        connection.execute(f"insert into audit.leaves values ({places})", row)

"""What the programs show at /metrics, and the troubles without which some of it would never be shown."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.structs import OffsetAndMetadata
from prometheus_client.parser import text_string_to_metric_families

from deploy import feed
from deploy.programs import PROGRAMS
from deploy.stack import Stack
from services.events.intake import SubmissionReceived
from services.kernel.avro import from_avro
from services.kernel.codec import codec
from services.kernel.topics import replay
from services.kernel.wire import encode
from tests.promql import Samples
from tests.running import bearer, client
from tests.toy.harness import NOW

NOWHERE = {"channel": "webhook", "address": "https://127.0.0.1:1/", "language": "vi"}
"""An address to which no web hook may go: what is to be told there fails at once."""


def scraped(stack: Stack) -> dict[str, list[dict[str, str]]]:
    """Every series of every program, with the labels that Prometheus adds (deploy/prometheus/prometheus.yml)."""
    found: dict[str, list[dict[str, str]]] = {}
    for name in PROGRAMS:
        target = {"job": "solieu", "program": name, "instance": stack.url(name)}
        found.setdefault("up", []).append(target)
        try:
            with client(stack, name) as scraping:
                page = scraping.get("/metrics").raise_for_status().text
        except httpx2.ConnectError:
            continue  # just starting again: as Prometheus does, one looks once more
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                found.setdefault(sample.name, []).append(dict(sample.labels) | target)
    return found


def series(samples: Samples) -> list[str]:
    """Each series once, in the notation of PromQL."""
    return sorted(
        {
            name + "{" + ",".join(f"{k}={json.dumps(v)}" for k, v in sorted(labels.items())) + "}"
            for name, found in samples.items()
            for labels in found
        }
    )


def tell_nowhere(stack: Stack, organisation: str) -> None:
    """Gives an organisation a web hook besides its mailbox, at an address that is forbidden."""
    path, administrator = f"/v1/organisation/{organisation}", bearer(stack, "administrator")
    with client(stack, "catalogue-api", administrator) as catalogue:
        body = catalogue.get(path).raise_for_status().json()["body"]
        body["contacts"].append(NOWHERE)
        catalogue.put(path, json={"body": body}).raise_for_status()
    with client(stack, "notification-api", administrator) as notification:
        deadline = time.monotonic() + 60
        # 404 until notification's copy of the catalogue has the organisation.
        while not (answer := notification.put(f"/v1/webhooks/{organisation}")).is_success:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)


def trouble(stack: Stack) -> None:
    """Does what an operator must be told of: in the order in which no count is lost by a restart."""
    stack.signal("postgres", "QUIT")
    stack.start_infrastructure()
    stack.wait_healthy(300)
    stack.stop_services(["grdp-worker"])
    _lose_records(stack)
    _forge(stack)
    _rewrite_log(stack)
    _read_feed(stack)
    stack.start_services(["grdp-worker"])
    stack.wait_healthy(300, ["grdp-worker"])
    with client(stack, "intake-api", {"Authorization": "Statement nobody's"}) as stranger:
        assert stranger.get(f"/v1/submissions/{UUID(int=0)}").status_code == 401
    with client(stack, "policy-api", bearer(stack, "operator")) as policy:
        policy.post("/v1/sweep").raise_for_status()


def _lose_records(stack: Stack) -> None:
    """Two records come to grdp, and the first of them is gone before it is back."""
    partition = TopicPartition("submission.cleared", 0)
    producer = KafkaProducer(**stack.kafka().options(), acks="all")
    sent = [producer.send(partition.topic, b"", uuid4().bytes, partition=0) for _ in range(2)]
    offsets = [one.get(timeout=30).offset for one in sent]
    producer.close()
    admin = KafkaAdminClient(**stack.kafka().options())
    admin.delete_records({partition: offsets[-1]})
    admin.close()


def _read_feed(stack: Stack) -> None:
    """A program of the compilers comes, and stands still at the beginning."""
    options = stack.kafka("compiler").options()
    consumer = KafkaConsumer(**options, group_id="compiler-test", enable_auto_commit=False)
    consumer.commit({TopicPartition(feed.TOPIC, 0): OffsetAndMetadata(0, "", -1)})
    consumer.close()


def _rewrite_log(stack: Stack) -> None:
    """What was sent back to grdp (by `_forge`) is not what it read last."""
    with psycopg.connect(stack.administrator_url) as connection:
        connection.execute(
            "insert into grdp.partitions (topic, partition, next_offset, fingerprint)"
            " values (%s, 0, 1, 'another') on conflict (topic, partition) do update"
            " set next_offset = greatest(partitions.next_offset, 1), fingerprint = 'another'",
            [replay("grdp")],
        )


def _forge(stack: Stack) -> None:
    """Publishes an event under the id of one that is known, with other content; and one as if it had been dead."""
    topic = "submission.received"
    record: Any = next(iter(feed.records(stack.kafka(), topic)))
    data = codec().decode(f"{topic}-value", record.value) | {"sender": "nobody"}
    forged = encode(from_avro(SubmissionReceived, data), uuid4(), "intake", NOW, None, codec())
    producer = KafkaProducer(**stack.kafka().options(), acks="all")
    producer.send(
        topic, forged.value, record.key, list(record.headers), partition=record.partition
    ).get(timeout=30)
    producer.send(replay("grdp"), forged.value, record.key, list(forged.headers), partition=0).get(
        timeout=30
    )
    producer.close()

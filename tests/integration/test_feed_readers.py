"""The compilers' feed as others read it: with their own tools, and nothing of ours but the registry's address."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import uuid4

import fastavro
import httpx2
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext
from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPlace
from kafka.admin import KafkaAdminClient
from kafka.structs import OffsetAndMetadata

from deploy import broker
from deploy.feed import records
from deploy.local import Stack
from services.events.grdp import Observation
from services.grdp import feed
from services.grdp.identity import key_id
from services.grdp.store import KEY
from services.kernel import infrastructure
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.publisher import Publisher
from services.kernel.topics import load
from services.kernel.wire import encode
from tests.logins import properties

pytestmark = pytest.mark.stack
PROGRAM = "catalogue-api"
TIME = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
FORM = f"form-{uuid4()}"
VALUES = {"1": Decimal("1523410.250000"), "2": Decimal("-0.000001"), "3": None}
"""By indicator; the third was not collected."""


@pytest.fixture(scope="module")
def fed(stack: Stack) -> Stack:
    """A stack whose feed has a few records of FORM, made as grdp makes them from its rows."""
    asyncio.run(_publish(stack.kafka("grdp")))
    return stack


@pytest.fixture(scope="module")
def registry(fed: Stack) -> Iterator[str]:
    fed.start_services([PROGRAM])
    fed.wait_healthy(300, [PROGRAM])
    yield fed.url(PROGRAM)
    fed.stop_services([PROGRAM])


async def _publish(cluster: Cluster) -> None:
    publisher = Publisher(cluster, "test")
    figures = [feed.observation(row(indicator)) for indicator in VALUES]
    await publisher.publish(
        [encode(figure, figure.own_id, "grdp", TIME, None, codec()) for figure in figures]
    )
    await publisher.stop()


def row(indicator: str) -> dict[str, Any]:
    """A row of the view `vintages`."""
    value = VALUES[indicator]
    found = {
        **dict.fromkeys(KEY, ""), "indicator_list": "cv17809-1/1", "indicator": indicator,
        "area_list": "63", "area": "11", "unit": "VND", "unit_multiplier": 6, "measure": "flow",
        "prices": "current", "base_year": None, "scenario": "actual", "period": "2026-Q3",
        "completeness": "estimate", "round": 1, "sender": "so-tai-chinh-dien-bien", "form": FORM,
        "revision": 1, "value": value, "missing": None if value is not None else "not_collected",
        "reference_start": None, "reference_end": None, "obs_status": "A", "conf_status": "F",
        "conf_redist": "", "embargo_time": None, "obs_comment": None, "known_from": TIME,
        "submission_id": str(uuid4()), "attempt": 1, "sheet": "Biểu 1", "cell": f"D{indicator}",
    }  # fmt: skip
    return found | {"key_id": key_id(found)}


def test_kafka_python_and_plain_fastavro(fed: Stack, registry: str) -> None:
    schemas: dict[int, Any] = {}

    def decoded(encoded: bytes) -> Any:
        assert encoded[0] == 0
        id_ = int.from_bytes(encoded[1:5], "big")
        if id_ not in schemas:
            answer = httpx2.get(f"{registry}/schemas/ids/{id_}", trust_env=False).json()
            schemas[id_] = fastavro.parse_schema(json.loads(answer["schema"]))
        return fastavro.schemaless_reader(BytesIO(encoded[5:]), schemas[id_], None)

    found = {}
    for record in records(fed.kafka("compiler"), Observation.TOPIC):
        key, value = decoded(record.key), decoded(record.value)
        if key["form"] == FORM:
            assert {name: value[name] for name in KEY} == key
            found[key["indicator"]] = value["value"]
    assert found == VALUES


def test_confluents_deserializer(fed: Stack, registry: str) -> None:
    client = SchemaRegistryClient({"url": registry})
    decode = AvroDeserializer(client)
    found = {}
    for message in _messages(fed.kafka("compiler")):
        key = decode(message.key(), SerializationContext(Observation.TOPIC, MessageField.KEY))
        value = decode(message.value(), SerializationContext(Observation.TOPIC, MessageField.VALUE))
        assert isinstance(key, dict) and isinstance(value, dict)
        if key["form"] == FORM:
            found[key["indicator"]] = value["value"]
            assert value["known_from"] == TIME
            assert {name: value[name] for name in KEY} == key
    assert found == VALUES


def test_who_feeds_them_sees_how_far_they_are_and_how_full_the_disks_are(fed: Stack) -> None:
    place, group = KafkaPlace(Observation.TOPIC, 0), f"compiler-{uuid4()}"
    consumer = KafkaConsumer(**fed.kafka("compiler").options(), group_id=group)
    end = consumer.end_offsets([place])[place]
    consumer.commit({place: OffsetAndMetadata(end, "", -1)})
    consumer.close()
    admin = KafkaAdminClient(**fed.kafka("grdp").options())
    try:
        lags = infrastructure.readers(admin, list(load().values()))[Observation.TOPIC]
        disk = infrastructure.fullest(admin.describe_log_dirs({}))
    finally:
        admin.close()
    assert [lag.records for lag in lags if (lag.group, lag.partition) == (group, 0)] == [0]
    assert len([lag for lag in lags if lag.group == group]) == load()[Observation.TOPIC].partitions
    assert disk is not None and 0 < disk[0] <= disk[1]


def test_confluents_client_finds_its_way(registry: str) -> None:
    client = SchemaRegistryClient({"url": registry})
    subject = f"{Observation.TOPIC}-value"
    assert subject in client.get_subjects()
    latest = client.get_latest_version(subject)
    assert latest.version == client.get_versions(subject)[-1]
    assert latest.schema is not None and latest.schema_id is not None
    assert latest.schema.schema_type == "AVRO"
    assert client.get_schema(latest.schema_id).schema_str == latest.schema.schema_str
    assert client.get_version(subject, 1).version == 1
    assert client.get_schema_types() == ["AVRO"]
    with pytest.raises(SchemaRegistryError) as error:
        client.get_latest_version("nothing")
    assert (error.value.http_status_code, error.value.error_code) == (404, 40401)


def _messages(cluster: Cluster) -> Iterator[Any]:
    """All messages of the feed, from the beginning to the present end."""
    settings = {
        **properties(cluster),
        "group.id": f"compiler-{uuid4()}",
        "enable.auto.commit": False,
    }
    consumer = Consumer(settings)
    try:
        for number in (
            consumer.list_topics(Observation.TOPIC, 10).topics[Observation.TOPIC].partitions
        ):
            first, end = consumer.get_watermark_offsets(
                TopicPartition(Observation.TOPIC, number), 10
            )
            consumer.assign([TopicPartition(Observation.TOPIC, number, first)])
            at = first
            while at < end:
                message = consumer.poll(10)
                assert message is not None and message.error() is None
                offset = message.offset()
                assert offset is not None
                at = offset + 1
                yield message
    finally:
        consumer.close()


def test_kafkas_console_consumer_shows_keys_and_headers(fed: Stack) -> None:
    cluster = fed.kafka("compiler")
    jaas = "org.apache.kafka.common.security.plain.PlainLoginModule"
    with_password = f'{jaas} required username="{cluster.username}" password="{cluster.password}";'
    by_login = (
        *("--consumer-property", f"security.protocol={cluster.protocol.value}"),
        *("--consumer-property", f"sasl.mechanism={cluster.mechanism.value}"),
        *("--consumer-property", f"sasl.jaas.config={with_password}"),
        *("--group", "compiler-console"),
    )
    command = [
        "java", "-Xmx256m", "-cp", f"{broker.LIBRARIES}/*",
        "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", cluster.servers, *by_login,
        "--topic", Observation.TOPIC, "--from-beginning", "--timeout-ms", "10000",
        "--property", "print.key=true", "--property", "print.headers=true",
        "--property", "print.value=false", "--property", "key.separator=|",
        "--property", "headers.separator=;",
    ]  # fmt: skip
    finished = subprocess.run(command, capture_output=True, timeout=120, check=False)
    printed = finished.stdout.decode("utf-8", "replace")
    assert printed.count(FORM) == len(VALUES), finished.stderr.decode("utf-8", "replace")[-2000:]
    for header in (
        "ce_specversion:1.0",
        "ce_source:/grdp",
        "ce_type:vn.solieu.grdp.observation",
        f"ce_time:{TIME.isoformat()}",
        "content-type:application/avro",
        *(f"ce_id:{feed.observation(row(indicator)).own_id}" for indicator in VALUES),
    ):
        assert header in printed

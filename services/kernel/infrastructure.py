"""What the product stands on, looked at once a minute by the API of the service that feeds programs which are not ours:
how far those are, how full Kafka's disks are, how large the database is, when the brokers' certificates end.
"""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from kafka.admin import KafkaAdminClient
from sqlalchemy import Engine

from services.kernel import groups, metrics
from services.kernel.api import Context
from services.kernel.cluster import Cluster
from services.kernel.topics import Topic, load, outsiders

SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 5.0
"""For one answer: a process that ends waits for the look that is under way."""
_SIZE = sa.text("select pg_database_size(current_database())")


class Certificate(StrEnum):
    """Whose end is looked at, where the brokers are reached by TLS."""

    BROKER = "broker_certificate"
    AUTHORITY = "authority_certificate"
    """One of those that SOLIEU_KAFKA_SSL_CAFILE names."""


def look(context: Context) -> None:
    """Sets the gauges to what is so now. Raises what database and broker do while they are away."""
    service, cluster = context.service, context.settings.kafka
    metrics.DATABASE_SIZE.labels(service).set(database_bytes(context.engine))
    patience = int(PATIENCE_SECONDS * 1000)
    admin = KafkaAdminClient(
        **cluster.options(), client_id=f"{service}-infrastructure",
        bootstrap_timeout_ms=patience, request_timeout_ms=patience,
    )  # fmt: skip
    try:
        if disk := fullest(admin.describe_log_dirs({})):
            metrics.DISK_FREE.labels(service, "kafka").set(disk[0])
            metrics.DISK_SIZE.labels(service, "kafka").set(disk[1])
        own = [topic for topic in load().values() if topic.owner == service]
        tell(service, readers(admin, own))
    finally:
        admin.close()
    # Last: one of several brokers that is away hides nothing of the others.
    for what, end in certificates(cluster).items():
        metrics.ENDS_AT.labels(service, what.value).set(end)


def database_bytes(engine: Engine) -> int:
    """The size of the whole database, of which each service has a schema."""
    with engine.connect() as connection:
        return int(connection.execute(_SIZE).scalar_one())


def certificates(cluster: Cluster) -> dict[Certificate, float]:
    """When the first of each kind ends, in Unix time; infinity where there is none.

    Raises OSError where a broker does not answer, or shows one that is not valid.
    """
    ends = dict.fromkeys(Certificate, math.inf)
    context = cluster.tls
    if context is not None:
        shown = [_certificate(context, server) for server in cluster.servers.split(",")]
        ends[Certificate.BROKER] = _first(shown)
        if cluster.authorities:
            ends[Certificate.AUTHORITY] = _first(context.get_ca_certs())
    return ends


def _certificate(context: ssl.SSLContext, server: str) -> Mapping[str, Any]:
    host, port = server.rsplit(":", 1)
    name = host.strip("[]")
    with (
        socket.create_connection((name, int(port)), timeout=PATIENCE_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=name) as secured,
    ):
        return secured.getpeercert() or {}


def _first(shown: Iterable[Mapping[str, Any]]) -> float:
    return min((ssl.cert_time_to_seconds(one["notAfter"]) for one in shown), default=math.inf)


def fullest(brokers: Iterable[Mapping[str, Any]]) -> tuple[int, int] | None:
    """Free and all bytes of the disk with the smallest share free, of what Kafka says of its folders (KIP-827).

    None where it tells nothing: it is older than 3.3, or this login may not ask.
    """
    disks = [
        (folder["usable_bytes"], folder["total_bytes"])
        for broker in brokers
        for folder in broker["log_dirs"]
        if folder["total_bytes"] > 0
    ]
    return min(disks, key=lambda disk: disk[0] / disk[1], default=None)


def readers(admin: KafkaAdminClient, topics: Sequence[Topic]) -> dict[str, tuple[groups.Lag, ...]]:
    """By topic, how much the groups that are no service's have yet to read."""
    read = {topic.name: topic for topic in topics if outsiders(topic)}
    names = tuple(name for topic in read.values() for name in outsiders(topic))
    # How far they are, first: an end that is read later can only be further away.
    committed = groups.committed(admin, read, lambda group: group.startswith(names))
    return {
        name: groups.lags(groups.extents(admin, name, topic.partitions), committed[name])
        for name, topic in read.items()
    }


def tell(service: str, lags: Mapping[str, Iterable[groups.Lag]]) -> None:
    """Shows them, and no more those of groups that are gone: Kafka forgets one a week after its last program."""
    metrics.READER_LAG.clear()
    for topic, of_topic in lags.items():
        for lag in of_topic:
            labels = (service, lag.group, topic, str(lag.partition))
            metrics.READER_LAG.labels(*labels).set(lag.records)

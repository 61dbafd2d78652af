"""What the product stands on: what is said of groups, disks and certificates, of what a broker answers."""

from __future__ import annotations

import math
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kafka import TopicPartition
from kafka.admin import OffsetSpec
from prometheus_client import REGISTRY

from services.kernel.cluster import Cluster, Protocol
from services.kernel.disks import Disks
from services.kernel.groups import Lag
from services.kernel.infrastructure import Certificate, certificates, fullest, readers, tell
from services.kernel.topics import load

FEED = load()["grdp.observation"]


class Broker:
    """What an administrator's client answers of four partitions that hold the offsets 2 to 9."""

    def __init__(self, committed: dict[str, dict[TopicPartition, int]]) -> None:
        self._committed = committed
        self.asked: list[str] = []

    def list_groups(self) -> list[dict[str, str]]:
        return [{"group_id": group} for group in self._committed]

    def list_group_offsets(self, groups: list[str]) -> dict[str, Any]:
        self.asked += groups
        return {
            group: {
                place: SimpleNamespace(offset=at) for place, at in self._committed[group].items()
            }
            for group in groups
        }

    def list_partition_offsets(self, places: dict[TopicPartition, OffsetSpec]) -> dict[Any, Any]:
        at = {OffsetSpec.EARLIEST: 2, OffsetSpec.LATEST: 10}
        return {place: SimpleNamespace(offset=at[spec]) for place, spec in places.items()}


def place(partition: int, topic: str = FEED.name) -> TopicPartition:
    return TopicPartition(topic, partition)


def test_how_far_the_compilers_groups_are_and_nobody_elses_is_asked_for() -> None:
    broker = Broker(
        {
            "compiler-quarterly": {place(0): 10, place(1): 9, place(2): 12, place(3): -1},
            "compiler": {place(0, "another"): 3},
            "compiler-new": {place(0): -1},
            "audit": {place(0): 1},
        }
    )
    found: Any = readers(broker, list(load().values()))
    lags = [Lag("compiler-quarterly", number, left) for number, left in enumerate((0, 1, 0, 8))]
    assert found == {FEED.name: tuple(lags)}
    assert broker.asked == ["compiler-quarterly", "compiler", "compiler-new"]


def shown(group: str) -> float | None:
    labels = {"service": "grdp", "group": group, "topic": FEED.name, "partition": "1"}
    return REGISTRY.get_sample_value("solieu_reader_lag_events", labels)


def test_a_group_that_is_gone_is_shown_no_more() -> None:
    tell("grdp", {FEED.name: [Lag("compiler", 1, 7), Lag("compiler-once", 1, 0)]})
    assert (shown("compiler"), shown("compiler-once")) == (7, 0)
    tell("grdp", {FEED.name: [Lag("compiler", 1, 6)]})
    assert (shown("compiler"), shown("compiler-once")) == (6, None)


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        ([[(50, 100)]], (50, 100)),
        ([[(50, 100), (60, 1000)], [(900, 1000)]], (60, 1000)),
        ([[(0, 100)]], (0, 100)),
        ([[(-1, -1)]], None),  # older than KIP-827
        ([[]], None),  # this login may not ask
    ],
)
def test_of_kafkas_disks_the_fullest_counts(
    folders: list[list[tuple[int, int]]], says: tuple[int, int] | None
) -> None:
    answer = [
        {"log_dirs": [{"usable_bytes": free, "total_bytes": size} for free, size in broker]}
        for broker in folders
    ]
    assert fullest(answer) == says


def certificate(folder: Path, end: datetime) -> Path:
    """A file with a self-signed certificate for localhost, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=400))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "broker.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def listening(file: Path) -> Iterator[int]:
    """Something that shows the certificate to whoever connects once, on a port of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("localhost", 0)) as server:

        def serve() -> None:
            try:
                context.wrap_socket(server.accept()[0], server_side=True).close()
            except OSError:  # who connected did not believe it
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def of_tls(port: int, file: Path) -> Cluster:
    return Cluster(f"localhost:{port}", protocol=Protocol.SASL_SSL, authorities=str(file))


def test_when_the_brokers_certificates_end(tmp_path: Path) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
    file = certificate(tmp_path, end)
    with listening(file) as port:
        assert certificates(of_tls(port, file)) == dict.fromkeys(Certificate, end.timestamp())


def test_a_certificate_that_is_over_is_an_error_that_says_so(tmp_path: Path) -> None:
    file = certificate(tmp_path, datetime.now(UTC) - timedelta(days=1))
    with listening(file) as port, pytest.raises(ssl.SSLError, match="expired"):
        certificates(of_tls(port, file))


def test_without_tls_nothing_ends() -> None:
    cluster = replace(of_tls(1, Path("nowhere")), protocol=Protocol.SASL_PLAINTEXT)
    assert certificates(cluster) == dict.fromkeys(Certificate, math.inf)


def test_what_is_free_on_a_disk_and_nothing_of_one_that_is_away(tmp_path: Path) -> None:
    disks = Disks("toy", {"vault": tmp_path, "database": tmp_path / "not-mounted"})
    for thread in disks._threads:
        thread.join(0.2)
    disks.stop()
    for thread in disks._threads:
        thread.join(10)
        assert not thread.is_alive()
    free, size = (
        REGISTRY.get_sample_value(name, {"service": "toy", "disk": "vault"})
        for name in ("solieu_disk_free_bytes", "solieu_disk_bytes")
    )
    assert free is not None and size is not None
    assert 0 <= free <= size
    away = {"service": "toy", "disk": "database"}
    assert REGISTRY.get_sample_value("solieu_disk_bytes", away) is None

"""Kafka on one machine: its configuration, its data folder, its command, and whether it answers."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
from pathlib import Path
from string import Template

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.state import State
from services.kernel.cluster import Cluster

FOLDER = Path(__file__).resolve().parent / "kafka"
LIBRARIES = FOLDER / "libs"
FLAGS = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For a small machine: to compile thoroughly costs half a start's processor time, which few records never repay."""


def prepare(folder: Path, state: State) -> None:
    """Writes the configuration and, the first time, formats the data folder (about a second)."""
    _require()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    template = Template((FOLDER / "server.properties").read_text(encoding="utf-8"))
    properties = template.substitute(
        port=state.ports["kafka"],
        controller_port=state.ports["kafka-controller"],
        data=_escape(str(folder / "data")),
        password=state.kafka_passwords["broker"],
        users=" ".join(f'user_{name}="{word}"' for name, word in state.kafka_passwords.items()),
    )
    configuration = folder / "server.properties"
    configuration.touch()
    configuration.chmod(0o600)
    configuration.write_text(properties, encoding="utf-8")
    if not (folder / "data" / "meta.properties").exists():
        _run("kafka.tools.StorageTool", "format", "--standalone", "--ignore-formatted",
             "--cluster-id", state.cluster_id, "--config", str(configuration))  # fmt: skip


def command(folder: Path) -> tuple[str, ...]:
    """What the supervisor runs."""
    return _java("kafka.Kafka", str(folder / "server.properties"))


def answers(cluster: Cluster) -> bool:
    """Whether the broker serves requests and knows its controller."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        host, port = cluster.servers.split(":")
        socket.create_connection((host, int(port)), timeout=1).close()
        admin = KafkaAdminClient(**cluster.options(), request_timeout_ms=5_000)
    except (OSError, KafkaError):
        return False
    try:
        found = admin.describe_cluster()
        return bool(found["brokers"]) and found["controller_id"] >= 0
    except KafkaError:
        return False
    finally:
        admin.close()


def _java(main: str, *arguments: str) -> tuple[str, ...]:
    logs = f"-Dlog4j2.configurationFile={FOLDER / 'log4j2.xml'}"
    return ("java", *FLAGS, logs, "-cp", f"{LIBRARIES}/*", main, *arguments)


def _run(main: str, *arguments: str) -> None:
    finished = subprocess.run(_java(main, *arguments), capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"{main} failed:\n{finished.stdout}{finished.stderr}")


def _escape(text: str) -> str:
    """A value for a Java properties file, which is Latin-1 and gives backslashes a meaning."""
    units = text.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
    return "".join(chr(code) if code < 127 else f"\\u{code:04x}" for code in codes)


def _require() -> None:
    if shutil.which("java") is None or not any(LIBRARIES.glob("kafka_*.jar")):
        raise RuntimeError("Kafka is not installed here yet: run `make install`.")

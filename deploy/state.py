"""What a stack's folder remembers from start to start: ports and secrets (a file of mode 0600)."""

from __future__ import annotations

import base64
import json
import os
import random
import secrets
import socket
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.programs import DEFAULT_PORTS, KAFKA_LOGINS, SERVICES, TOKENS

HOST = "127.0.0.1"
FREE_PORTS = range(20_000, 32_000)
"""Below the ports that Linux gives to outgoing connections, one of which could otherwise take the
port of a process while it is being restarted."""


class PortTaken(RuntimeError):
    """Another process listens on ports of this stack."""

    def __init__(self, taken: Mapping[str, int], file: Path) -> None:
        ports = ", ".join(f"{name} {port}" for name, port in taken.items())
        options = " ".join(f"--port {name}={port + 10_000}" for name, port in taken.items())
        super().__init__(
            f"Taken by another process: {ports}. Stop that, or choose others once, for example\n"
            f"    python -m deploy.local up --folder {file.parent} {options}\n"
            f"which {file} remembers."
        )


@dataclass(frozen=True)
class State:
    """Ports and secrets of one stack. Passwords are by database role, tokens by who holds them."""

    ports: Mapping[str, int]
    passwords: Mapping[str, str]
    tokens: Mapping[str, str]
    master_key: str
    cluster_id: str
    kafka_passwords: Mapping[str, str]
    """By login of the broker."""


def create(ports: Mapping[str, int]) -> State:
    """A new state with random secrets."""
    return State(
        ports=dict(ports),
        passwords={role: secrets.token_urlsafe(24) for role in ("postgres", *SERVICES)},
        tokens={holder: secrets.token_urlsafe(32) for holder in sorted(TOKENS)},
        master_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        cluster_id=secrets.token_urlsafe(16).replace("-", "_"),
        kafka_passwords=_kafka_passwords(),
    )


def load(file: Path) -> State | None:
    """The state that an earlier start saved, if there was one."""
    if not file.exists():
        return None
    saved = json.loads(file.read_text(encoding="utf-8"))
    # A stack that was made before its broker asked for logins gets them at its next start.
    return State(**{"kafka_passwords": _kafka_passwords()} | saved)


def _kafka_passwords() -> dict[str, str]:
    return {login: secrets.token_urlsafe(24) for login in KAFKA_LOGINS}


def save(file: Path, state: State) -> None:
    """Replaces the file in one step; only its owner may read it."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        json.dump(asdict(state), output, indent=2)
    draft.replace(file)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def taken(ports: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """Those of the named ports on which something listens already."""
    return {name: ports[name] for name in names if not is_free(ports[name])}


def free_ports(chance: random.Random) -> dict[str, int]:
    """A free port for every program, all different."""
    candidates = (port for port in chance.sample(FREE_PORTS, len(FREE_PORTS)) if is_free(port))
    return {name: next(candidates) for name in DEFAULT_PORTS}

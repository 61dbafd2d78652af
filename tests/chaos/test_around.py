"""What is around the product breaks while it works: disks, bytes, clocks, servers that hang. Nothing is lost.

Each test has a stack of its own, harms it in the middle of a few submissions, mends what it harmed, and counts.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest

from deploy.programs import PROGRAMS
from deploy.stack import INFRASTRUCTURE, Stack
from services.kernel import replay
from tests.chaos.checks import check_alarms, until
from tests.chaos.clocks import COMPILER, SERVERS, Clocks
from tests.chaos.damage import damage_batch, flip, has_disks, newest
from tests.chaos.people import Officer
from tests.chaos.site import (
    RUNNING,
    Site,
    alarms,
    damage_page,
    delete_records,
    hang,
    in_flight,
    is_retrying,
    log,
    metric,
    on_own_disk,
    reconciliation,
    state,
)
from tests.running import own_stack

pytestmark = [pytest.mark.stack, pytest.mark.long]
LOGS = Path(__file__).resolve().parents[2] / ".run" / "around"
"""Where the logs of the last run of each test stay, for whoever asks why."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FULL_SECONDS = 120.0
HANG_SECONDS = 40.0
"""Longer than a session of a group and a delivery together."""
SLEEP_SECONDS = 60.0
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")
needs_disks = pytest.mark.skipif(not has_disks(), reason="only root may mount a disk in memory")


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clocks]:
    """The wall clocks of the stack that is made next."""
    folder = Path(tempfile.mkdtemp(prefix="solieu-clocks-"))
    folder.chmod(0o711)
    found = Clocks(folder, [*RUNNING, *SERVERS])
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    yield found
    shutil.rmtree(folder)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A stack with all but the console, and an officer who accepts what is held."""
    logs = LOGS / request.node.name
    pool = ThreadPoolExecutor(4)
    with own_stack("around", programs=RUNNING) as stack:
        try:
            site = Site(stack, pool)
            with Officer(stack):
                yield site
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
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
    stack = site.stack
    with full_disk(site, "postgres"):
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(stack.administrator_url, autocommit=True) as server,
        ):
            while True:  # until there is no room for its log, either: it ends itself
                server.execute("select pg_switch_wal()")
                server.execute("select pg_logical_emit_message(false, '', 'x')")
        time.sleep(FULL_SECONDS)
        assert site.offer().status_code == 503
        until(lambda: is_retrying(stack, "intake-api"), 120, lambda: "no alarm")


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
    hang(stack, ["postgres"], 20)
    site.check()
    assert site.letters() == []
    check_alarms(stack)


def test_a_broker_that_hangs_loses_nothing(site: Site) -> None:
    stack = site.stack
    site.send(10)
    until(lambda: in_flight(stack) >= 1, 60, lambda: "nothing is taken in")
    hang(stack, ["kafka"], HANG_SECONDS)
    site.check()
    assert site.letters() == []
    check_alarms(stack)


def test_a_machine_that_sleeps_loses_nothing(site: Site) -> None:
    stack = site.stack
    site.send(10)
    until(lambda: in_flight(stack) >= 1, 60, lambda: "nothing is taken in")
    hang(stack, [*INFRASTRUCTURE, *RUNNING], SLEEP_SECONDS)
    site.check()
    assert site.letters() == []
    check_alarms(stack)


@needs_compiler
def test_services_whose_clocks_jump_lose_nothing_and_say_so_to_senders(
    clocks: Clocks, site: Site
) -> None:
    with ahead(clocks, -HOUR, ["intake-api"]):
        said = site.offer()
        assert (said.status_code, said.json()["type"]) == (401, "urn:solieu:problem:clock")
    jump(site, clocks, HOUR, ["intake-api"])
    jump(site, clocks, DAY, ["policy-worker"])
    jump(site, clocks, DAY, RUNNING)
    with ahead(clocks, -HOUR, RUNNING):
        site.send(4)
        assert site.offer().json()["type"] == "urn:solieu:problem:clock"
    check_after_jumps(site)


@needs_compiler
def test_servers_whose_clocks_jump_lose_nothing(clocks: Clocks, site: Site) -> None:
    """Kafka 4.1 may lose a group's coordinator when its clock is set back, until it is started anew: the group's next
    member waits, and nothing of the group is handled.
    """
    for by, programs in ((DAY, ["postgres"]), (DAY, ["kafka"]), (HOUR, [*SERVERS, *RUNNING])):
        jump(site, clocks, by, programs)
        site.stack.signal("intake-worker", "KILL")
        site.stack.restart("kafka")
        site.stack.start_infrastructure()
    check_after_jumps(site)


@contextmanager
def ahead(clocks: Clocks, by: timedelta, programs: Sequence[str]) -> Iterator[None]:
    """The clocks of the programs are ahead by so much within the block."""
    clocks.set(by, programs)
    try:
        yield
    finally:
        clocks.set(timedelta(), programs)


def jump(site: Site, clocks: Clocks, by: timedelta, programs: Sequence[str]) -> None:
    """Clocks jump while submissions come, and back once some have got their verdict; a service dies meanwhile."""
    stack = site.stack
    site.send(4)
    before = decided(stack)
    with ahead(clocks, by, programs):
        stack.signal("grdp-api", "KILL")
        site.send(4)
        until(lambda: decided(stack) >= before + 4, 180, lambda: reconciliation(stack))


def decided(stack: Stack) -> int:
    """How many attempts have a verdict."""
    found = reconciliation(stack)
    return int(found["attempts"] - found["in_flight"])


def check_after_jumps(site: Site) -> None:
    """Nothing is lost, and nobody is told what is not so."""
    site.check()
    assert site.letters() == []
    assert alarms(site.stack) == {}
    check_alarms(site.stack)


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

"""The local stack: what it keeps when its servers are killed or stopped, and whom it tells."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from deploy.programs import DEFAULT_PORTS, KAFKA_LOGINS, PROGRAMS
from deploy.stack import Stack
from deploy.state import PortTaken
from deploy.supervision import Child, Supervisor, wait_until
from services.kernel.cluster import Cluster

RECORDS = 200


@pytest.fixture
def topic(cluster: Cluster) -> Iterator[str]:
    name = f"test.{uuid4().hex}"
    _administer(cluster, lambda admin: admin.create_topics([NewTopic(name, 1, 1)]))
    yield name
    _administer(cluster, lambda admin: admin.delete_topics([name]))


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_what_kafka_acknowledged_is_kept(infrastructure: Stack, topic: str, end: str) -> None:
    _produce(infrastructure.kafka(), topic)

    _end(infrastructure, "kafka", end)

    assert _consume(infrastructure.kafka(), topic) == list(range(RECORDS))


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_what_postgres_committed_is_kept(
    infrastructure: Stack, fresh_database: str, end: str
) -> None:
    with psycopg.connect(fresh_database) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as number")

    _end(infrastructure, "postgres", end)

    with psycopg.connect(fresh_database) as connection:
        rows = connection.execute("select count(*), sum(number) from kept").fetchone()
    assert rows == (1000, 500_500)


def test_each_test_gets_an_empty_database_of_its_own(
    fresh_database: str, module_database: str, admin_database_url: str
) -> None:
    assert len({fresh_database, module_database, admin_database_url}) == 3
    with psycopg.connect(fresh_database) as connection:
        found = connection.execute(
            "select count(*) from pg_tables where schemaname = 'public'"
        ).fetchone()
    assert found == (0,)


def test_a_wrong_password_is_refused(infrastructure: Stack) -> None:
    password = infrastructure.state.passwords["postgres"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(infrastructure.administrator_url.replace(password, "guess"))


def test_the_log_of_postgres_holds_no_value(infrastructure: Stack, fresh_database: str) -> None:
    with (
        psycopg.connect(fresh_database, autocommit=True) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute("create table figures (value numeric primary key)")
        connection.execute("insert into figures values (73512.25), (73512.25)")

    log = infrastructure.logs / "postgres.log"
    wait_until(lambda: "duplicate key" in log.read_text(), 60, "the error was not logged")
    assert "73512.25" not in log.read_text()


def test_secrets_are_for_the_owner_alone(infrastructure: Stack) -> None:
    for name in ("state.json", "supervisor.conf", "kafka/server.properties"):
        mode = stat.S_IMODE((infrastructure.folder / name).stat().st_mode)
        assert mode == 0o600, name


def test_ports_and_secrets_are_remembered(tmp_path: Path) -> None:
    first = Stack(tmp_path / "remembered", free_ports=True).administrator_environment()
    assert Stack(tmp_path / "remembered").administrator_environment() == first
    assert Stack(tmp_path / "other", free_ports=True).administrator_environment() != first


def test_a_stack_from_before_kafka_asked_for_logins_gets_them_for_good(tmp_path: Path) -> None:
    before = Stack(tmp_path, free_ports=True).state
    file = tmp_path / "state.json"
    saved = json.loads(file.read_text())
    del saved["kafka_passwords"]
    file.write_text(json.dumps(saved))
    after = Stack(tmp_path).state
    assert set(after.kafka_passwords) == set(KAFKA_LOGINS)
    assert replace(after, kafka_passwords=before.kafka_passwords) == before
    assert Stack(tmp_path).state == after


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_knows_its_own_password_alone(tmp_path: Path, name: str) -> None:
    stack = Stack(tmp_path)
    text = json.dumps(stack.environment(name))
    own = {PROGRAMS[name].service} if PROGRAMS[name].database else set()
    for passwords in (stack.state.passwords, stack.state.kafka_passwords):
        assert {role for role, password in passwords.items() if password in text} == own


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        stack = Stack(tmp_path, free_ports=True, ports={"postgres": port})
        with pytest.raises(
            PortTaken, match=rf"postgres {port}\..*\n.*--port postgres={port + 10_000}"
        ):
            stack.start_infrastructure()
    assert stack.status() == {}


@pytest.mark.parametrize("state", ["RUNNING", "STARTING", "BACKOFF", "EXITED"])
def test_the_port_of_a_server_that_is_being_started_again_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Its supervisor has it back between the question how it is and the one whether its port is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stack = Stack(tmp_path, free_ports=True, ports={"postgres": server.getsockname()[1]})
        monkeypatch.setattr(stack, "status", lambda: {"postgres": state})
        stack._check_ports(["postgres"])
        monkeypatch.setattr(stack, "status", lambda: {"postgres": "STOPPED"})
        with pytest.raises(PortTaken):
            stack._check_ports(["postgres"])


def test_what_a_killed_supervisor_ran_ends_with_it_and_is_started_anew(tmp_path: Path) -> None:
    """Else `make status` said that nothing runs while all did, and `make up` began a second stack on the same data."""
    supervisor = Supervisor(tmp_path)
    child = Child("server", ("sleep", "1000"))
    supervisor.start([child], tied=False)
    try:
        supervisor.start_programs(["server"])
        wait_until(lambda: _state(supervisor) == "RUNNING", 60, "it does not start")
        ran = int(supervisor.states()["server"]["pid"])
        os.kill(int(supervisor.call("getPID")), signal.SIGKILL)
        wait_until(lambda: not _runs(ran), 60, "it runs on alone")
        assert supervisor.was_killed()
        supervisor.start([child], tied=False)
        assert not supervisor.was_killed()
        supervisor.start_programs(["server"])
    finally:
        if supervisor.running():
            supervisor.shut_down()
    assert not supervisor.was_killed(), "it was ended in order"


def _state(supervisor: Supervisor) -> str:
    return str(supervisor.states()["server"]["statename"])


def _runs(process: int) -> bool:
    """Whether it does something yet: what has ended, and was not collected, has no command."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_ports_are_all_different() -> None:
    assert len(set(DEFAULT_PORTS.values())) == len(DEFAULT_PORTS)


def _administer(cluster: Cluster, action: Callable[[KafkaAdminClient], object]) -> None:
    admin = KafkaAdminClient(**cluster.options())
    action(admin)
    admin.close()


def _end(stack: Stack, program: str, how: str) -> None:
    """Ends the program one way or the other, and waits until a new process of it answers."""
    before = stack.process_id(program)
    if how == "kill":
        stack.signal(program, "KILL")
        wait_until(lambda: stack.process_id(program) not in (before, 0), 120, "was not restarted")
    else:
        stack.restart(program)
    stack.start_infrastructure()
    assert stack.process_id(program) not in (before, 0)


def _produce(cluster: Cluster, topic: str) -> None:
    producer = KafkaProducer(**cluster.options(), acks="all")
    sent = [producer.send(topic, str(number).encode()) for number in range(RECORDS)]
    for future in sent:
        future.get(timeout=30)
    producer.close()


def _consume(cluster: Cluster, topic: str) -> list[int]:
    consumer = KafkaConsumer(
        topic,
        **cluster.options(),
        auto_offset_reset="earliest",
        group_id=None,
        consumer_timeout_ms=5_000,
    )
    numbers: list[int] = []
    for record in consumer:
        numbers.append(int(record.value))
        if len(numbers) == RECORDS:
            break
    consumer.close()
    return numbers

"""Two releases beside each other: what one does with tables and events of the other; what `solieu migrate` refuses."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import psycopg
import pytest
from fastapi.testclient import TestClient

from deploy import database, state
from deploy.stack import Stack
from services.kernel import api, changes, replay
from services.kernel.migration import InUse, NewerTables, migrate
from services.kernel.settings import Settings
from tests.toy.harness import Toy, of_one_partition, received
from tests.toy.release import of_newer_release

pytestmark = pytest.mark.stack
NEWER = "insert into migrations values ('9999_newer', true)"


@pytest.fixture
def toy(toy: Toy) -> Toy:
    """Whose metrics can be asked for."""
    toy.port = state.free_ports(random.Random())["validation-worker"]
    return toy


def metrics_of(port: int) -> str:
    with httpx2.Client(trust_env=False) as client:
        return client.get(f"http://127.0.0.1:{port}/metrics").text


def outdated(port: int, what: str) -> bool:
    found = re.search(f'^solieu_outdated{{.*what="{what}"}} (.*)$', metrics_of(port), re.MULTILINE)
    return found is not None and float(found.group(1)) > 0


@pytest.mark.parametrize("kind", ["batch", "object"])
def test_an_event_of_a_newer_release_waits_for_it_while_others_go_on(toy: Toy, kind: str) -> None:
    before, newer, behind = (received(submission=one) for one in of_one_partition(3))
    others = [received(submission=one) for one in of_one_partition(5, partition=1)]
    with toy.running(kind):
        toy.send([before, of_newer_release(newer), behind, *others])
        toy.wait_for(lambda: toy.handled() == 6)
        toy.wait_for(lambda: '"outdated"' in toy.log())
        toy.wait_for(lambda: outdated(toy.port, "events"))
        assert toy.handled() == 6
        assert len(toy.workers) == 1, "it ends no process"
    toy.schemas = "newer"
    with toy.running(kind):
        toy.wait_for(lambda: toy.handled() == 8)
        toy.wait_for(lambda: len(toy.outputs()) == 8)
    assert set(toy.outputs().values()) == {1}
    assert not replay.letters(toy.cluster, "validation")


def test_a_program_that_a_newer_release_took_something_from_handles_nothing_and_says_so(
    toy: Toy,
) -> None:
    with psycopg.connect(toy.url) as connection:
        connection.execute(NEWER)
    toy.send([received()])
    with toy.running("batch"):
        toy.wait_for(lambda: "a newer release took away" in toy.log())
        toy.wait_for(lambda: outdated(toy.port, "program"))
        assert (toy.handled(), toy.scalar("select count(*) from partitions")) == (0, 0)
        assert len(toy.workers) == 1, "it does not end, and begin, again and again"


def test_a_program_that_comes_before_its_migration_waits_and_begins_by_itself(toy: Toy) -> None:
    with psycopg.connect(toy.url) as connection:
        connection.execute("alter table migrations rename to others")
    toy.send([received()])
    with toy.running("batch"):
        toy.wait_for(lambda: "run `solieu migrate`" in toy.log())
        toy.wait_for(lambda: outdated(toy.port, "tables"))
        with psycopg.connect(toy.url) as connection:
            connection.execute("alter table others rename to migrations")
        toy.wait_for(lambda: toy.handled() == 1)
        assert not outdated(toy.port, "tables")
        assert len(toy.workers) == 1


def test_an_api_whose_tables_are_of_a_newer_release_says_to_try_again(fresh_database: str) -> None:
    migrate(fresh_database, {})
    url = f"{fresh_database}?options=-csearch_path%3Daudit"
    app = api.create("audit", "Audit", "", Settings(database_url=url))
    with psycopg.connect(url) as connection:
        connection.execute(NEWER)
    with TestClient(app) as client:
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["healthy"]) == (503, False)
        assert 'solieu_outdated{service="audit",what="program"} 1.0' in client.get("/metrics").text


@pytest.fixture
def tables(infrastructure: Stack, fresh_database: str) -> Iterator[str]:
    migrate(fresh_database, {"audit": infrastructure.state.passwords["audit"]})
    yield fresh_database


@contextmanager
def running(made: state.State, administrator_url: str) -> Iterator[None]:
    """A program of audit is connected."""
    name = administrator_url.rpartition("/")[2]
    url = database.url("audit", made.passwords["audit"], made.ports["postgres"], name)
    with psycopg.connect(url, application_name="audit worker"):
        yield


def test_nothing_is_taken_away_from_programs_that_run(infrastructure: Stack, tables: str) -> None:
    with psycopg.connect(tables, autocommit=True) as connection:
        connection.execute("delete from audit.migrations where name = '0003_append_only'")
        with running(infrastructure.state, tables):
            with pytest.raises(InUse, match=r"audit: 0003_append_only \(audit worker\)"):
                migrate(tables, {})
            connection.execute("insert into audit.migrations values ('0003_append_only', true)")
            migrate(tables, {})


def test_an_older_release_migrates_nothing_where_something_was_taken_away(tables: str) -> None:
    with psycopg.connect(tables, autocommit=True) as connection:
        connection.execute("insert into audit.migrations values ('9998_newer', false)")
        connection.execute("update audit.alembic_version set version_num = '9998'")
        migrate(tables, {})
        connection.execute("insert into audit.migrations values ('9999_newer', true)")
        with pytest.raises(NewerTables, match="audit: 9999_newer"):
            migrate(tables, {})


def test_a_migration_is_noted_and_not_done_again(tables: str) -> None:
    with psycopg.connect(tables) as connection:
        connection.execute("set search_path to audit")
        assert changes.made(connection) == {
            one.name: one.takes_away for one in changes.known("audit")
        }
    migrate(tables, {})

"""The evidence log on a real database: each event once, one tree, its API."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import Session, select

from deploy import database
from deploy.local import Stack
from services.audit.api import create_app
from services.audit.leaf import entry
from services.audit.merkle import EMPTY, Tree, inclusion_proof, leaf_hash, node_hash
from services.audit.store import Checkpoint, Leaf, Node
from services.audit.worker import STAGE, Tampered
from services.kernel.codec import codec
from services.kernel.db import connect
from services.kernel.errors import IdentityConflict
from services.kernel.events import Event
from services.kernel.handling import Writer
from services.kernel.migration import APPEND_ONLY, migrate
from services.kernel.postgresql import Postgresql
from services.kernel.settings import Settings
from services.kernel.store import Result
from tests import people
from tests.said import said

pytestmark = pytest.mark.stack
TIME = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OPERATOR = {"Authorization": "Bearer operator"}
SUBMISSION = "7a2b4c1e-0f5d-5e8a-9b3c-1d2e3f4a5b6c"


def events(count: int, submission: str = SUBMISSION) -> list[Event]:
    data = said("submission.received", submission_id=submission)
    return [
        Event(
            uuid4(), "submission.received", str(n), data, TIME + timedelta(seconds=n), submission,
            "intake", None, f"value {n}".encode(),
        )
        for n in range(count)
    ]  # fmt: skip


@dataclass
class Evidence:
    """The service's parts, without broker."""

    engine: Engine
    client: TestClient
    writer: Writer

    def handle(self, batch: list[Event], topic: str = "submission.received") -> Result:
        with Postgresql(self.engine).transaction() as tables:
            return self.writer.batch(tables, STAGE, batch)

    def rows(self, table: Any, order: Any) -> list[Any]:
        with Session(self.engine) as session:
            return list(session.exec(select(table).order_by(order)))

    def leaves(self) -> list[Leaf]:
        return self.rows(Leaf, Leaf.index)

    def checkpoint(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/v1/checkpoint", headers=OPERATOR).json()
        return answer


@pytest.fixture(scope="module")
def url(infrastructure: Stack, module_database: str) -> str:
    state = infrastructure.state
    migrate(module_database, {"audit": state.passwords["audit"]})
    name = module_database.rpartition("/")[2]
    return database.url("audit", state.passwords["audit"], state.ports["postgres"], name)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    config = Settings(database_url=url, operator_token=SecretStr("operator"))
    app = create_app(config)
    app.state.keys = people.keys
    with TestClient(app) as client:
        yield client


@pytest.fixture
def log(module_database: str, url: str, client: TestClient) -> Iterator[Evidence]:
    """An empty log. Its own role could not empty it."""
    tables = ("leaves", "contents", "nodes", "checkpoints", "inbox", "replica")
    with psycopg.connect(module_database, autocommit=True) as connection:
        connection.execute(f"truncate {', '.join(f'audit.{one}' for one in tables)} cascade")
    engine = connect(url)
    yield Evidence(engine, client, Writer("audit", codec(), lambda: TIME))
    engine.dispose()


def published(result: Result, event: Event) -> list[dict[str, Any]]:
    messages = result.outputs[event.id]
    return [codec().decode("audit.checkpoint-value", m.value) for m in messages]


def test_an_empty_log(log: Evidence) -> None:
    assert log.checkpoint() == {"size": 0, "root": EMPTY.hex(), "taken_at": None}


def test_every_event_is_one_leaf_and_the_root_covers_them(log: Evidence) -> None:
    batches = [events(1), events(300), events(4)]
    for batch in batches:
        log.handle(batch)
    leaves = log.leaves()
    everything = [event for batch in batches for event in batch]
    assert [(leaf.index, leaf.event_id) for leaf in leaves] == [
        (index, event.id) for index, event in enumerate(everything)
    ]
    tree = Tree()
    for event, leaf in zip(everything, leaves, strict=True):
        assert leaf.salt is not None
        hash_ = leaf_hash(entry(event, leaf.salt).encoded())
        assert leaf.leaf_hash == hash_
        tree, _ = tree.append(hash_)
    assert len({leaf.salt for leaf in leaves}) == len(leaves)
    assert log.checkpoint()["root"] == tree.root.hex()
    assert [c.size for c in log.rows(Checkpoint, Checkpoint.size)] == [1, 301, 305]


def test_the_stored_nodes_prove_a_leaf(log: Evidence) -> None:
    batch = events(11)
    log.handle(batch[:6])
    log.handle(batch[6:])
    nodes = {(0, leaf.index): leaf.leaf_hash for leaf in log.leaves()}
    nodes |= {(n.level, n.index): n.hash for n in log.rows(Node, Node.index)}
    low, middle, high, right = inclusion_proof(2, 11, lambda level, index: nodes[level, index])
    root = node_hash(middle, node_hash(nodes[0, 2], low))
    root = node_hash(node_hash(root, high), right)
    assert log.checkpoint()["root"] == root.hex()


def test_only_the_last_event_of_a_batch_publishes_a_checkpoint(log: Evidence) -> None:
    batch = events(3)
    result = log.handle(batch)
    assert [published(result, event) for event in batch[:2]] == [[], []]
    (checkpoint,) = published(result, batch[2])
    assert checkpoint["size"] == 3
    assert checkpoint["taken_at"] == TIME + timedelta(seconds=2)
    state = log.checkpoint()
    assert (state["size"], state["root"]) == (3, checkpoint["root"])
    assert datetime.fromisoformat(state["taken_at"]) == checkpoint["taken_at"]


def test_redelivery_appends_nothing(log: Evidence) -> None:
    batch = events(5)
    first = log.handle(batch)
    again = log.handle(batch)
    assert again.outputs == first.outputs
    mixed = [batch[4], *events(1)]
    log.handle(mixed)
    assert [leaf.event_id for leaf in log.leaves()] == [e.id for e in [*batch, mixed[1]]]


def test_an_event_with_other_bytes_is_no_leaf(log: Evidence) -> None:
    (event,) = events(1)
    log.handle([event])
    result = log.handle([replace(event, encoded=b"other")])
    assert isinstance(result.rejected[event.id], IdentityConflict)
    assert log.checkpoint()["size"] == 1


def test_partitions_beside_each_other_share_one_log(log: Evidence) -> None:
    batches = [events(7) for _ in range(24)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(log.handle, batches))
    leaves = log.leaves()
    assert [leaf.index for leaf in leaves] == list(range(7 * 24))
    assert {leaf.event_id for leaf in leaves} == {e.id for batch in batches for e in batch}
    tree = Tree()
    for leaf in leaves:
        tree, _ = tree.append(leaf.leaf_hash)
    state = log.checkpoint()
    assert (state["size"], state["root"]) == (tree.size, tree.root.hex())


def test_a_batch_that_fails_leaves_nothing(log: Evidence) -> None:
    log.handle(events(3))
    before = log.checkpoint()
    with pytest.raises(RuntimeError), Postgresql(log.engine).transaction() as tables:
        log.writer.batch(tables, STAGE, events(2))
        raise RuntimeError
    assert log.checkpoint() == before
    log.handle(events(1))
    assert [leaf.index for leaf in log.leaves()] == [0, 1, 2, 3]


def test_the_leaves_of_a_submission(log: Evidence) -> None:
    other = str(uuid4())
    mine, theirs = events(2), events(1, other)
    log.handle([*mine, *theirs])
    answer = log.client.get("/v1/leaves", params={"submission": other}, headers=OPERATOR)
    (leaf,) = answer.json()["leaves"]
    assert (leaf["index"], UUID(leaf["event_id"])) == (2, theirs[0].id)
    assert leaf["leaf_hash"] == log.leaves()[2].leaf_hash.hex()
    assert "salt" not in leaf
    wanted = {"submission": str(uuid4())}
    assert log.client.get("/v1/leaves", params=wanted, headers=OPERATOR).json() == {"leaves": []}


@pytest.mark.parametrize("path", ["/v1/checkpoint", f"/v1/leaves?submission={SUBMISSION}"])
def test_only_operators_get_in(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer other"}).status_code == 401


@pytest.mark.parametrize("table", APPEND_ONLY["audit"])
@pytest.mark.parametrize(
    "statement",
    [
        "update {table} set {key} = {key}",
        "delete from {table}",
        "truncate {table}",
        "select * from {table} for update",
        "drop table {table}",
        "alter table {table} add column other text",
        "alter table {table} disable trigger all",
        "create rule other as on insert to {table} do instead nothing",
        "create trigger other before insert on {table} execute function suppress_redundant_updates_trigger()",
        "insert into {table} select * from {table} on conflict ({key}) do update set {key} = excluded.{key}",
    ],
)
def test_audits_own_login_changes_nothing_that_was_logged(
    log: Evidence, table: str, statement: str
) -> None:
    log.handle(events(3))
    key = {"checkpoints": "size", "nodes": "level, index"}.get(table, "index")
    if table == "nodes":
        statement = statement.replace("set {key} = excluded.{key}", "set hash = excluded.hash")
        statement = statement.replace("set {key} = {key}", "set hash = hash")
    with (
        pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"),
        log.engine.begin() as connection,
    ):
        connection.execute(sa.text(statement.format(table=table, key=key)))


def test_audits_own_login_has_nothing_else_from_which_the_log_follows(log: Evidence) -> None:
    """What it may change: the runner's tables, and Alembic's number of the last migration."""
    with log.engine.connect() as connection:
        may_change = connection.execute(
            sa.text(
                "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where n.nspname = 'audit' and c.relkind = 'r' and (has_any_column_privilege(c.oid, 'update')"
                " or has_table_privilege(c.oid, 'delete, truncate, trigger'))"
            )
        ).scalars()
        assert set(may_change) == {
            *("inbox", "outputs", "partitions", "buried", "outbox", "upkeep"),
            *("replica", "replica_version", "alembic_version"),
        }


def test_migrating_again_gives_no_leave_back(
    infrastructure: Stack, module_database: str, log: Evidence
) -> None:
    migrate(module_database, {"audit": infrastructure.state.passwords["audit"]})
    log.handle(events(1))
    with (
        pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
        log.engine.begin() as connection,
    ):
        connection.execute(sa.text("update leaves set leaf_hash = ''"))


@pytest.mark.parametrize(
    "change",
    [
        "update audit.nodes set hash = sha256('other') where level = 2",
        "update audit.leaves set leaf_hash = sha256('other') where index = 4",
        "update audit.checkpoints set root = sha256('other')",
        "delete from audit.nodes where level = 2",
        "delete from audit.leaves where index = 4",
    ],
)
def test_nothing_is_appended_to_a_tree_that_is_not_its_checkpoints(
    module_database: str, log: Evidence, change: str
) -> None:
    log.handle(events(5))
    with psycopg.connect(module_database, autocommit=True) as connection:
        connection.execute(change)
    with pytest.raises(Tampered):
        log.handle(events(1))

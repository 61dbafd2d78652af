"""Receipts from the real database: what the log gives out, the verifier accepts offline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from services.audit.store import SCHEMA
from services.audit.verifier import Checkpoint, verify_consistency, verify_receipt
from services.kernel.events import Event
from tests.integration.test_audit_log import (
    OPERATOR,
    Evidence,
    client,
    events,
    log,
    url,
)
from tests.unit.test_audit_verifier import (
    CLEARED,
    ORIGINAL,
    SUBMISSION,
    Path_,
    path,
    registration,
    sender_key,
)

__all__ = ["client", "log", "url"]
pytestmark = pytest.mark.stack


def numbered(made: Path_) -> list[Event]:
    """The events of a path with ids of their own, so that several can be in one log."""
    return [replace(event, id=uuid4()) for event in made.events]


def ask(log: Evidence, submission: str = SUBMISSION, **query: int) -> tuple[int, dict[str, Any]]:
    answer = log.client.get(f"/v1/receipts/{submission}", params=query, headers=OPERATOR)
    return answer.status_code, answer.json()


@pytest.fixture
def cleared(log: Evidence) -> Iterator[Evidence]:
    """A log with a first attempt that was returned, a second one that was cleared, and others."""
    first, second = path("submission.returned"), path(*CLEARED, attempt=2)
    newer = registration(sender_key(), 101, catalogue_version=10**6, version=2)
    log.handle(events(3, str(uuid4())))
    log.handle([first.key, newer])
    for batch in (numbered(first), numbered(second), events(4, str(uuid4()))):
        for event in batch:
            log.handle([event], event.topic)
    yield log


def test_the_receipt_of_the_latest_attempt_verifies(cleared: Evidence) -> None:
    status, receipt = ask(cleared)
    assert status == 200
    state = cleared.checkpoint()
    known = Checkpoint(state["size"], bytes.fromhex(state["root"]))
    jwk = sender_key().as_dict(private=False)
    found = verify_receipt(receipt, ORIGINAL, jwk, known)
    assert (found.attempt, found.verdict) == (2, "cleared")
    assert [event.topic for event in found.events] == ["submission.received", *CLEARED]
    assert [event.index for event in found.events] == [7, 8, 9, 10, 11]


def test_the_receipt_of_an_earlier_attempt(cleared: Evidence) -> None:
    status, receipt = ask(cleared, attempt=1)
    assert status == 200
    assert verify_receipt(receipt, ORIGINAL).verdict == "returned"


def test_what_there_is_no_receipt_of(cleared: Evidence) -> None:
    assert ask(cleared, attempt=3)[0] == 404
    status, problem = ask(cleared, str(uuid4()))
    assert (status, problem["type"]) == (404, "urn:solieu:problem:audit-unknown")
    assert problem["title"].startswith("Không có")
    assert ask(cleared, "no-uuid")[0] == 422


def test_no_receipt_before_the_verdict(log: Evidence) -> None:
    made = path("submission.held", "submission.cleared")
    log.handle(list(made.events[:1]))
    assert ask(log)[0] == 409
    log.handle([made.key])
    assert ask(log)[0] == 409
    log.handle([made.events[1]])
    assert ask(log)[0] == 409
    log.handle([made.events[2]])
    assert ask(log)[0] == 200


def test_an_erased_event_keeps_its_leaf_and_ends_the_receipt(cleared: Evidence) -> None:
    before = cleared.checkpoint()
    leaves = [leaf.leaf_hash for leaf in cleared.leaves()]
    with cleared.engine.begin() as connection:
        connection.execute(sa.text("update contents set value = null where index = 7"))
        connection.execute(sa.text("update leaves set salt = null where index = 7"))
    assert ask(cleared)[0] == 410
    assert ask(cleared, attempt=1)[0] == 200
    assert cleared.checkpoint() == before
    assert [leaf.leaf_hash for leaf in cleared.leaves()] == leaves


def test_events_from_before_the_bytes_were_kept(cleared: Evidence) -> None:
    with cleared.engine.begin() as connection:
        connection.execute(sa.text("delete from contents where attempt is not null"))
    assert ask(cleared)[0] == 410
    assert ask(cleared, attempt=1)[0] == 410


def test_the_log_is_consistent_with_all_its_earlier_states(cleared: Evidence) -> None:
    size = cleared.checkpoint()["size"]
    with cleared.engine.connect() as connection:
        rows = connection.execute(sa.text("select size, root from checkpoints"))
        known: dict[int, bytes] = {size: bytes(root) for size, root in rows}
    for first in range(1, size + 1):
        query = {"first": first, "second": size}
        answer = cleared.client.get("/v1/consistency", params=query, headers=OPERATOR).json()
        proof = [bytes.fromhex(step) for step in answer["proof"]]
        roots = [bytes.fromhex(answer[name]) for name in ("first_root", "second_root")]
        verify_consistency(first, size, proof, roots[0], roots[1])
        assert roots[1] == known[size]
        assert first not in known or roots[0] == known[first]


@pytest.mark.parametrize(
    ("first", "second", "status"), [(2, 1, 404), (1, 99, 404), (0, 1, 422), (1, 2**63, 422)]
)
def test_no_proof_between_states_that_are_none(
    cleared: Evidence, first: int, second: int, status: int
) -> None:
    query = {"first": first, "second": second}
    answer = cleared.client.get("/v1/consistency", params=query, headers=OPERATOR)
    assert answer.status_code == status


def test_only_operators_get_in(cleared: Evidence) -> None:
    for where in (f"/v1/receipts/{SUBMISSION}", "/v1/consistency?first=1&second=1"):
        assert cleared.client.get(where).status_code == 401


def test_the_migrations_make_the_tables_of_the_store(module_database: str, url: str) -> None:
    declared = sa.MetaData()
    for table in SQLModel.metadata.tables.values():
        if table.schema == SCHEMA:
            table.to_metadata(declared)
    names = {table.name for table in declared.tables.values()}
    assert "contents" in names
    options = {
        "include_schemas": True,
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
        "include_object": lambda thing, name, kind, reflected, _: (
            kind != "table" or not reflected or name in names
        ),
    }
    # As the administrator: to the service's own role its schema is the default one, without a name.
    administrator = module_database.replace("postgresql", "postgresql+psycopg", 1)
    with sa.create_engine(administrator, poolclass=sa.NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, declared) == []

"""What tests of the runner share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher

from deploy.stack import Stack
from services.catalogue.people import passwords
from tests.toy.harness import Toy, fresh_topics, make_schema


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """A connection that a module forgot to close is told of there, not in whichever test it is collected.

    FastAPI keeps the functions of an application, and with them its engine, until those of others take their place.
    """
    yield
    gc.collect()
    kinds = (psycopg.Connection, psycopg.AsyncConnection)
    left = [one for one in gc.get_objects() if type(one) in kinds and not one.closed]
    assert not left, left


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_quickly() -> Iterator[None]:
    """What an API of this process compares: a hash takes long by design, and a test compares hundreds."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", quick)
        patch.setattr(passwords, "_NOBODY", quick.hash("nobody has this password"))
        yield


@pytest.fixture(scope="module")
def vault_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One vault belongs to one database, which a module's tests share."""
    return tmp_path_factory.mktemp("vault")


@pytest.fixture
def toy(infrastructure: Stack, fresh_database: str, tmp_path: Path) -> Iterator[Toy]:
    """Topics anew, and a database of this test alone; a test starts the toy workers that it needs."""
    cluster = infrastructure.kafka()
    fresh_topics(cluster)
    toy = Toy(cluster, make_schema(fresh_database), tmp_path)
    yield toy
    toy.end()

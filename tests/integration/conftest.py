"""What tests of the runner share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.stack import Stack
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


@pytest.fixture
def toy(infrastructure: Stack, fresh_database: str, tmp_path: Path) -> Iterator[Toy]:
    """Topics anew, and a database of this test alone; a test starts the toy workers that it needs."""
    cluster = infrastructure.kafka()
    fresh_topics(cluster)
    toy = Toy(cluster, make_schema(fresh_database), tmp_path)
    yield toy
    toy.end()

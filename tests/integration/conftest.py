"""What tests of the runner share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack import Stack
from tests.toy.harness import Toy, fresh_topics, make_schema


@pytest.fixture
def toy(infrastructure: Stack, fresh_database: str, tmp_path: Path) -> Iterator[Toy]:
    """Topics anew, and a database of this test alone; a test starts the toy workers that it needs."""
    cluster = infrastructure.kafka()
    fresh_topics(cluster)
    toy = Toy(cluster, make_schema(fresh_database), tmp_path)
    yield toy
    toy.end()

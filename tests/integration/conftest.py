"""What tests of the runner share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toy.harness import Toy, fresh_topics, make_schema


@pytest.fixture
def toy(bootstrap: str, fresh_database: str, tmp_path: Path) -> Iterator[Toy]:
    """Topics anew, and a database of this test alone; a test starts the toy workers that it needs."""
    fresh_topics(bootstrap)
    toy = Toy(bootstrap, make_schema(fresh_database), tmp_path)
    yield toy
    toy.end()

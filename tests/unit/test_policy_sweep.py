"""The sweep does what it can, whatever of it fails."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.kernel.clock import utc_now
from services.policy.routes import sweep
from services.policy.routes.views import SweptView


class Session:
    """One that does nothing."""

    def __init__(self, engine: object) -> None: ...

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, statement: object, values: object = None) -> None: ...

    @contextmanager
    def begin(self) -> Any:
        yield


def test_a_submission_that_cannot_be_decided_keeps_none_behind_it_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They come in the order of their ids: it would stand before the same ones at every sweep."""
    first, second, third = (UUID(int=number) for number in range(3))

    def decide(context: object, submission: UUID) -> bool:
        if submission == second:
            raise KeyError("a form that nobody foresaw")
        return True

    for name, stand_in in (
        ("Session", Session),
        ("carry_out", lambda context: 0),
        ("_waiting", lambda session, at: [first, second, third]),
        ("_swept", decide),
    ):
        monkeypatch.setattr(sweep, name, stand_in)
    context: Any = SimpleNamespace(service="policy", engine=None, clock=utc_now)
    assert sweep.sweep(context) == SweptView(looked_at=3, decided=2)

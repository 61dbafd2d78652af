"""What becomes of a worker that can't begin."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from services.kernel import health, log, runner


class Stuck:
    """A runner whose start raises what nobody foresaw."""

    failed: ClassVar[list[BaseException]] = []
    vault = None

    def __init__(self, *_: Any) -> None: ...

    def state(self) -> dict[str, Any]:
        return {}

    async def run(self) -> None:
        raise RuntimeError("attached to a different loop")

    def fail(self, error: BaseException) -> None:
        self.failed.append(error)


def test_a_start_that_fails_ends_the_process_whatever_threads_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner, "Runner", Stuck)
    monkeypatch.setattr(health, "serve", lambda *_: None)
    monkeypatch.setattr(log, "configure", lambda _: None)
    runner.main("toy", [])
    assert [str(error) for error in Stuck.failed] == ["attached to a different loop"]

"""The consumer leaves nothing on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from services.kernel.consumer import _App


def test_faust_makes_no_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asyncio.run(_App("toy", broker="aiokafka://127.0.0.1:1").on_first_start())
    assert list(tmp_path.iterdir()) == []

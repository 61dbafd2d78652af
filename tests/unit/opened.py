"""Whether a file was opened: by Python's audit events (PEP 578), which nothing in the process can pass by."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_watched: dict[str, list[str]] = {}


@contextmanager
def opened(file: Path) -> Iterator[list[str]]:
    """What opened the file within the block, one entry a time."""
    _install()
    times = _watched[os.fspath(file)] = []
    try:
        yield times
    finally:
        del _watched[os.fspath(file)]


def _install() -> None:
    """Audit hooks stay for ever: one is enough."""
    if not getattr(_install, "done", False):
        sys.addaudithook(_hook)
        _install.__dict__["done"] = True


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watched and isinstance(arguments[0], (str, bytes, os.PathLike)):
        times = _watched.get(os.fsdecode(arguments[0]))
        if times is not None:
            times.append(str(arguments[1]))

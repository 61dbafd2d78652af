"""What is free on the disks that a process sees, each looked at on a thread of its own: one that hangs stops nobody."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

from services.kernel import metrics

LOOK_SECONDS: Final = 60.0


class Disks:
    """Begins to look when it is made, at the disk on which each folder lies; `folders` by what they hold."""

    def __init__(self, service: str, folders: Mapping[str, Path]) -> None:
        self._service = service
        self._stop = Event()
        self._threads = [
            Thread(target=self._run, args=item, name=f"disk of {item[0]}", daemon=True)
            for item in folders.items()
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends it; a look under way that hangs is left alone."""
        self._stop.set()

    def _run(self, disk: str, folder: Path) -> None:
        while not self._stop.is_set():
            # Of a folder that is away the vault's own look tells (health.py).
            with suppress(OSError):
                usage = shutil.disk_usage(folder)
                metrics.DISK_FREE.labels(self._service, disk).set(usage.free)
                metrics.DISK_SIZE.labels(self._service, disk).set(usage.total)
            self._stop.wait(LOOK_SECONDS)

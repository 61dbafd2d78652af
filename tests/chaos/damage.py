"""Harm to what is around a stack: disks that are full, bytes that are not what was written."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.powerloss import HEAD, batches

ROOMY = 2**30
COUNT_OFFSET = 23
"""Where a batch says how far its last offset is beyond its first."""


class Disk:
    """A disk of its own under a folder, in memory: root alone can have it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self) -> None:
        """Leaves no room."""
        found = os.statvfs(self._folder)
        self._resize((found.f_blocks - found.f_bfree) * found.f_frsize)

    def grow(self) -> None:
        """There is room again."""
        self._resize(ROOMY)

    def _resize(self, size: int) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self._folder))


@contextmanager
def own_disk(folder: Path) -> Iterator[Disk]:
    """Moves a folder, which nobody uses meanwhile, to a disk of its own. It ends with the block, and with it all that
    was written since.
    """
    disk = folder.with_name(f"{folder.name}.disk")
    disk.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs", str(disk))
    try:
        _run("cp", "-a", f"{folder}/.", str(disk))
        _run("mount", "--move", str(disk), str(folder))
        try:
            yield Disk(folder)
        finally:
            _run("umount", "--lazy", str(folder))
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], capture_output=True, check=False)
        disk.rmdir()


def has_disks() -> bool:
    """Whether tmpfs can be mounted here."""
    with tempfile.TemporaryDirectory() as folder:
        tried = ("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
        if subprocess.run(tried, capture_output=True, check=False).returncode:
            return False
        _run("umount", folder)
    return True


def flip(file: Path, at: int) -> Callable[[], None]:
    """Turns one byte into another, in its place; returns what turns it back. A negative `at` counts from the end."""

    def turn() -> None:
        with file.open("r+b") as content:
            content.seek(at, os.SEEK_SET if at >= 0 else os.SEEK_END)
            (byte,) = content.read(1)
            content.seek(-1, os.SEEK_CUR)
            content.write(bytes([byte ^ 0xFF]))
            content.flush()
            os.fsync(content.fileno())

    turn()
    return turn


def newest(folder: Path, kind: str) -> Path:
    """The newest object of a kind in the vault."""
    return max(folder.glob(f"*/*/{kind}/*"), key=lambda path: path.stat().st_mtime_ns)


def damage_batch(data: Path, topic: str) -> tuple[int, int]:
    """Flips a byte of a batch in the middle of what stands in the fullest partition of a topic; returns the partition,
    and the offset behind the batch.
    """
    folder = max(data.glob(f"{topic}-[0-9]*/"), key=lambda one: _written(_segment(one)))
    segment = _segment(folder)
    content = segment.read_bytes()
    starts = batches(content)
    start = starts[len(starts) // 2]
    length = int.from_bytes(content[start + 8 : start + HEAD], "big")
    flip(segment, start + HEAD + length - 1)
    first = int.from_bytes(content[start : start + 8], "big")
    last = first + int.from_bytes(content[start + COUNT_OFFSET : start + COUNT_OFFSET + 4], "big")
    return int(folder.name.rpartition("-")[2]), last + 1


def _segment(folder: Path) -> Path:
    return max(folder.glob("*.log"))


def _written(segment: Path) -> int:
    return len(batches(segment.read_bytes()))


def _run(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=True)

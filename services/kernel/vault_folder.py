"""Where the vault's encrypted objects lie: a local folder, durable, that may be away for a while."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from services.kernel.errors import Permanent, Unavailable


class Missing(Permanent):
    """The object has a key, and is not in the vault, which is there: to be restored from a backup."""


class Store(Protocol):
    """Where encrypted objects lie: durable when `write` returns.

    Both raise Unavailable where it can't be said whether they could.
    """

    def write(self, name: str, content: bytes, *, anew: bool = False) -> bool:
        """Whether it keeps the content: a name that exists already keeps its first content, unless `anew`."""

    def read(self, name: str) -> bytes:
        """The content; raises Missing."""


class Folder:
    """A store in a local folder, which exists: temporary file, fsync, link, fsync of the directory.

    It never makes the folder itself: in place of one that is not mounted, what is written would be hidden later.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, name: str, content: bytes, *, anew: bool = False) -> bool:
        """See Store. Atomic: the name appears with its whole content, or not at all."""
        path = self._root / name
        with _errors_may_pass():
            self._make(path.parent)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                try:
                    if anew:
                        whole = Path(f"{file.name}-anew")
                        whole.hardlink_to(file.name)
                        whole.replace(path)
                    else:
                        os.link(file.name, path)
                except FileExistsError:
                    return False
            _sync(path.parent)
        return True

    def read(self, name: str) -> bytes:
        """See Store."""
        with _errors_may_pass():
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError as error:
                if not self._root.is_dir():
                    raise
                raise Missing(name) from error

    def _make(self, folder: Path) -> None:
        """Makes the folder and what is above it below the root, each one durable in its parent."""
        if folder == self._root or folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


@contextmanager
def _errors_may_pass() -> Iterator[None]:
    """Whatever the operating system refuses (full, read-only, not mounted, failing) somebody can mend."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the vault's disk: {error}") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""What /healthz says of the vault, without waiting for a disk that hangs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import psycopg
import pytest
from prometheus_client import REGISTRY

from services.kernel import health
from services.kernel.errors import Unavailable
from services.kernel.health import LOOKED_SECONDS, Watch

WELL = {"service": "toy", "healthy": True}


class Disk:
    """What is looked at; each look waits until the test has told what it finds."""

    def __init__(self) -> None:
        self.now = 100.0
        self._finds: Exception | None = None
        self._told, self._looked = Event(), Event()

    def look(self) -> None:
        self._looked.set()
        self._told.wait(30)
        self._told.clear()
        if self._finds:
            raise self._finds

    def finds(self, error: Exception | None) -> None:
        """Ends the look under way so, and waits for the next, which comes after it was noted."""
        self._finds = error
        self._looked.clear()
        self._told.set()
        self.is_looked_at()

    def is_looked_at(self) -> None:
        """Waits until a look is under way."""
        assert self._looked.wait(30)

    def ends(self) -> None:
        """Ends the look under way."""
        self._told.set()


@contextmanager
def watched(disk: Disk) -> Iterator[Watch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "LOOK_SECONDS", 0)
        watch = Watch("toy", disk.look, clock=lambda: disk.now)
        try:
            disk.is_looked_at()
            yield watch
        finally:
            patch.setattr(health, "LOOK_SECONDS", 30)
            disk.ends()
            watch.stop()


def gauge() -> float | None:
    return REGISTRY.get_sample_value("solieu_vault_reachable", {"service": "toy"})


def away() -> Exception:
    return Unavailable("not mounted")


def test_a_process_without_its_vault_is_not_healthy_and_says_why() -> None:
    disk = Disk()
    with watched(disk) as watch:
        for error, there in ((None, True), (away(), False), (None, True)):
            disk.finds(error)
            assert watch.seen(WELL) == {"service": "toy", "healthy": there, "vault": there}
            assert gauge() == there
        assert not watch.seen({"healthy": False})["healthy"]
    assert gauge() is None


def test_a_disk_that_hangs_is_away_and_hangs_nobody_who_asks() -> None:
    disk = Disk()
    with watched(disk) as watch:
        disk.finds(None)
        disk.now += LOOKED_SECONDS + 1
        assert not watch.reachable
        assert gauge() == 0
        disk.finds(None)
        assert watch.reachable


@pytest.mark.parametrize("before", [None, away])
def test_a_database_that_is_away_says_nothing_of_the_vault(
    before: Callable[[], Exception] | None,
) -> None:
    disk = Disk()
    with watched(disk) as watch:
        disk.finds(before() if before else None)
        disk.finds(psycopg.OperationalError("away"))
        assert watch.reachable is (before is None)

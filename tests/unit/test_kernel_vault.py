"""The vault's folder: what is away, what is gone, what is damaged. The keys lie in a database in memory."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.pool import StaticPool

from services.kernel.errors import Unavailable
from services.kernel.events import NewObject
from services.kernel.masterkey import MasterKey
from services.kernel.transient import is_transient
from services.kernel.vault import SENTINEL, Damaged, Erased, Vault
from services.kernel.vault_folder import Folder, Missing

ITEM = NewObject("7f2f4d0e", 1, "original", "text/csv", b"12.342.460,42")
OTHER = NewObject("7f2f4d0e", 2, "original", "text/csv", b"12.342.460,43")
COUNT = "select count(*) from vault.keys where name <> 'sentinel'"


@dataclass
class Place:
    """A database with the vault's keys, and the folder that is mounted."""

    folder: Path
    engine: Engine
    master: bytes = field(default_factory=lambda: os.urandom(32))

    def vault(self) -> Vault:
        """As a process that has just started opens it."""
        return Vault(self.engine, Folder(self.folder), MasterKey(self.master))

    @property
    def elsewhere(self) -> Path:
        return self.folder.with_name("elsewhere")

    def file(self, reference: Any) -> Path:
        return self.folder / str(reference.name)

    def execute(self, statement: str) -> Any:
        with self.engine.begin() as connection:
            result = connection.execute(sa.text(statement))
            return result.scalar() if result.returns_rows else None


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "vault"
    folder.mkdir()
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    place = Place(folder, engine)
    place.execute("attach ':memory:' as vault")
    keys = "name text primary key, wrapped blob not null, created_at text"
    place.execute(f"create table vault.keys ({keys})")
    yield place
    engine.dispose()


def gone(place: Place) -> None:
    """The path is gone."""
    place.folder.rename(place.elsewhere)


def unmounted(place: Place) -> None:
    """The mount point is there, and empty."""
    gone(place)
    place.folder.mkdir()


def replaced(place: Place) -> None:
    """The vault of another installation is mounted."""
    gone(place)
    place.folder.mkdir()
    (place.folder / SENTINEL).write_bytes(os.urandom(32))


def shadowed(place: Place) -> None:
    """A file stands in its place."""
    gone(place)
    place.folder.write_bytes(b"")


AWAY = pytest.mark.parametrize("goes", [gone, unmounted, replaced, shadowed])


@AWAY
@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_away_is_waited_for_and_never_called_missing(
    place: Place, goes: Any, restarted: bool
) -> None:
    vault = place.vault()
    reference = vault.put(ITEM)
    goes(place)
    if restarted:
        vault = place.vault()
    for ask in (vault.check, lambda: vault.get(reference), lambda: vault.put(ITEM)):
        with pytest.raises(Unavailable) as found:
            ask()
        assert is_transient(found.value)
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.unlink(missing_ok=True)
    place.elsewhere.rename(place.folder)
    assert vault.check()
    assert vault.get(reference) == ITEM.content


@AWAY
def test_nothing_is_written_in_place_of_what_is_away(place: Place, goes: Any) -> None:
    """It would be hidden once the vault is mounted again."""
    vault = place.vault()
    vault.put(ITEM)
    goes(place)
    before = sorted(place.folder.parent.rglob("*"))
    with pytest.raises(Unavailable):
        vault.put(OTHER)
    assert sorted(place.folder.parent.rglob("*")) == before
    assert place.execute(COUNT) == 1


def test_a_vault_of_which_all_was_erased_is_not_taken_for_a_new_one(place: Place) -> None:
    place.vault().put(ITEM)
    place.execute("delete from vault.keys where name <> 'sentinel'")
    unmounted(place)
    with pytest.raises(Unavailable):
        place.vault().put(OTHER)


def test_a_disk_that_goes_while_it_is_written_to_has_not_kept_it(place: Place) -> None:
    class Going(Folder):
        def write(self, name: str, content: bytes, *, anew: bool = False) -> bool:
            if name != SENTINEL:
                unmounted(place)
            return super().write(name, content, anew=anew)

    place.vault().put(ITEM)
    going = Vault(place.engine, Going(place.folder), MasterKey(place.master))
    with pytest.raises(Unavailable):
        going.put(OTHER)
    with pytest.raises(Unavailable):
        place.vault().put(OTHER)


def test_a_folder_that_comes_back_while_it_is_looked_at_has_its_objects(place: Place) -> None:
    class Coming(Folder):
        def read(self, name: str) -> bytes:
            if name == SENTINEL and place.elsewhere.exists():
                place.folder.rmdir()
                place.elsewhere.rename(place.folder)
            return super().read(name)

    reference = place.vault().put(ITEM)
    unmounted(place)
    vault = Vault(place.engine, Coming(place.folder), MasterKey(place.master))
    assert vault.get(reference) == ITEM.content


@pytest.mark.parametrize("exists", [True, False])
def test_a_new_vault_is_there_once_its_folder_is(place: Place, exists: bool) -> None:
    if exists:
        assert not place.vault().check()
        place.vault().put(ITEM)
        assert place.vault().check()
        return
    place.folder.rmdir()
    with pytest.raises(Unavailable):
        place.vault().check()
    with pytest.raises(Unavailable):
        place.vault().put(ITEM)
    assert not place.folder.exists()


def test_a_vault_of_before_there_were_sentinels_gets_one_with_its_next_object(
    place: Place,
) -> None:
    reference = place.vault().put(ITEM)
    (place.folder / SENTINEL).unlink()
    place.execute("delete from vault.keys where name = 'sentinel'")
    assert place.vault().get(reference) == ITEM.content
    assert not place.vault().check()
    place.vault().put(OTHER)
    assert place.vault().check()


def test_one_of_before_there_were_sentinels_that_is_away_gets_none(place: Place) -> None:
    reference = place.vault().put(ITEM)
    (place.folder / SENTINEL).unlink()
    place.execute("delete from vault.keys where name = 'sentinel'")
    unmounted(place)
    with pytest.raises(Unavailable):
        place.vault().put(OTHER)
    with pytest.raises(Unavailable):
        place.vault().get(reference)
    assert list(place.folder.iterdir()) == []


def test_a_sentinel_that_the_database_does_not_know_is_taken(place: Place) -> None:
    """A process ended between the two."""
    place.vault().put(ITEM)
    place.execute("delete from vault.keys")
    place.vault().put(OTHER)
    assert place.vault().check()


def test_a_vault_that_lost_its_sentinel_is_away_whatever_lies_there(place: Place) -> None:
    """What lies there may be little, and the rest be somewhere else."""
    vault = place.vault()
    vault.put(ITEM)
    (place.folder / SENTINEL).unlink()
    with pytest.raises(Unavailable):
        vault.put(OTHER)


def test_an_object_that_is_gone_from_a_vault_that_is_there_is_missing(place: Place) -> None:
    reference = place.vault().put(ITEM)
    place.file(reference).unlink()
    with pytest.raises(Missing) as found:
        place.vault().get(reference)
    assert not is_transient(found.value)


@pytest.mark.parametrize("goes", [None, gone, unmounted])
def test_what_was_erased_is_erased_wherever_the_vault_is(place: Place, goes: Any) -> None:
    reference = place.vault().put(ITEM)
    place.execute("delete from vault.keys where name <> 'sentinel'")
    if goes:
        goes(place)
    with pytest.raises(Erased):
        place.vault().get(reference)


@pytest.mark.parametrize("left", [0, 5, 12, 20, -1])
def test_an_object_cut_short_is_damaged(place: Place, left: int) -> None:
    reference = place.vault().put(ITEM)
    file = place.file(reference)
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(Damaged):
        place.vault().get(reference)


@pytest.mark.parametrize("harm", ["damaged", "key lost"])
def test_what_does_not_open_is_good_again_once_it_is_put_again(place: Place, harm: str) -> None:
    """An older database is back, and who sent something sends it again."""
    reference = place.vault().put(ITEM)
    if harm == "damaged":
        place.file(reference).write_bytes(b"x" * 40)
    else:
        place.execute("delete from vault.keys where name <> 'sentinel'")
    assert place.vault().put(ITEM) == reference
    assert place.vault().get(reference) == ITEM.content
    assert list(place.file(reference).parent.iterdir()) == [place.file(reference)]


def test_a_damaged_key_concerns_its_object_alone(place: Place) -> None:
    reference, other = place.vault().put(ITEM), place.vault().put(OTHER)
    place.execute(f"update vault.keys set wrapped = x'00' where name = '{reference.name}'")
    with pytest.raises(Damaged):
        place.vault().get(reference)
    assert place.vault().get(other) == OTHER.content


def test_another_master_key_is_not_the_objects_fault(place: Place) -> None:
    reference = place.vault().put(ITEM)
    place.master = os.urandom(32)
    for ask in (place.vault().check, lambda: place.vault().get(reference)):
        with pytest.raises(Unavailable, match="master key"):
            ask()


@pytest.mark.parametrize("number", ["ENOSPC", "EIO", "EROFS", "EACCES", "ESTALE", "EDQUOT"])
@pytest.mark.parametrize("call", ["fsync", "link", "mkdir", "open"])
def test_what_the_disk_refuses_can_be_tried_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, number: str, call: str
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))

    place.vault().put(ITEM)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(Unavailable) as found:
            place.vault().put(OTHER)
    assert is_transient(found.value)
    assert not list(place.folder.rglob(".new-*"))
    assert place.vault().get(place.vault().put(OTHER)) == OTHER.content


def test_an_object_that_can_not_be_read_now_is_neither_missing_nor_damaged(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise OSError(errno.EIO, str(path))

    reference = place.vault().put(ITEM)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(Unavailable):
        place.vault().get(reference)


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A disk of 64 kB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=False)


def test_a_disk_that_is_full_takes_it_once_there_is_room(place: Place) -> None:
    with mounted(place.folder):
        large = NewObject("7f2f4d0e", 3, "original", "text/csv", bytes(30_000))
        reference = place.vault().put(ITEM)
        ballast = place.folder / "ballast"
        ballast.write_bytes(bytes(40_000))
        with pytest.raises(Unavailable):
            place.vault().put(large)
        assert place.vault().get(reference) == ITEM.content
        ballast.unlink()
        assert place.vault().get(place.vault().put(large)) == large.content


def test_a_disk_that_is_unmounted_is_away(place: Place) -> None:
    with mounted(place.folder):
        reference = place.vault().put(ITEM)
        subprocess.run(["umount", str(place.folder)], check=True)
        with pytest.raises(Unavailable):
            place.vault().get(reference)
        with pytest.raises(Unavailable):
            place.vault().put(OTHER)
        assert list(place.folder.iterdir()) == []

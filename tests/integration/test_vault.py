"""The vault on a real database and a real folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Engine, text

from services.kernel import replay
from services.kernel.db import connect
from services.kernel.errors import Unavailable
from services.kernel.events import NewObject
from services.kernel.masterkey import MasterKey
from services.kernel.migration import KEEPERS, OPENERS, VAULT_TABLES, migrate
from services.kernel.vault import SENTINEL, Damaged, Erased, Vault, open_vault
from services.kernel.vault_folder import Folder, Missing
from tests.toy.harness import MASTER_KEY, Toy, received

pytestmark = pytest.mark.stack
ITEM = NewObject("7f2f4d0e", 1, "original", "text/csv", b"12.342.460,42")


@dataclass
class Place:
    engine: Engine
    folder: Path
    url: str
    master: bytes

    def vault(self) -> Vault:
        return Vault(self.engine, Folder(self.folder), MasterKey(self.master))


@pytest.fixture
def place(fresh_database: str, tmp_path: Path) -> Iterator[Place]:
    with psycopg.connect(fresh_database) as connection:
        connection.execute(VAULT_TABLES)
    engine = connect(fresh_database)
    yield Place(engine, tmp_path, fresh_database, os.urandom(32))
    engine.dispose()


def files(place: Place) -> list[Path]:
    """The objects."""
    return [path for path in place.folder.rglob("*/*") if path.is_file()]


def test_what_was_put_is_got_again_and_lies_encrypted(place: Place) -> None:
    reference = place.vault().put(ITEM)
    assert place.vault().get(reference) == ITEM.content
    (file,) = files(place)
    assert ITEM.content not in file.read_bytes()


def test_putting_again_changes_nothing(place: Place) -> None:
    reference = place.vault().put(ITEM)
    before = files(place)[0].read_bytes()
    assert place.vault().put(ITEM) == reference
    assert files(place)[0].read_bytes() == before


def test_without_its_key_an_object_is_gone(place: Place) -> None:
    reference = place.vault().put(ITEM)
    with psycopg.connect(place.url) as connection:
        connection.execute("delete from vault.keys")
    with pytest.raises(Erased):
        place.vault().get(reference)


def test_changed_bytes_and_swapped_objects_are_noticed(place: Place) -> None:
    reference = place.vault().put(ITEM)
    (file,) = files(place)
    sealed = bytearray(file.read_bytes())
    sealed[-1] ^= 1
    file.chmod(0o600)
    file.write_bytes(sealed)
    with pytest.raises(Damaged):
        place.vault().get(reference)


def test_an_object_that_is_gone_is_missing_where_the_vault_is_there_alone(place: Place) -> None:
    reference = place.vault().put(ITEM)
    (file,) = files(place)
    file.unlink()
    with pytest.raises(Missing):
        place.vault().get(reference)
    (place.folder / SENTINEL).unlink()
    with pytest.raises(Unavailable):
        place.vault().get(reference)


def test_another_master_key_opens_nothing(place: Place) -> None:
    reference = place.vault().put(ITEM)
    other = Vault(place.engine, Folder(place.folder), MasterKey(os.urandom(32)))
    with pytest.raises(Unavailable):
        other.get(reference)


def test_a_short_master_key_is_refused(place: Place) -> None:
    with pytest.raises(ValueError, match="SOLIEU_MASTER_KEY"):
        open_vault(place.engine, str(place.folder), "c2hvcnQ=")


def test_keys_are_open_to_those_who_open_objects_alone(fresh_database: str) -> None:
    names = migrate(fresh_database, {})
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        # What an earlier version gave to everybody.
        connection.execute("grant usage on schema vault to catalogue")
        connection.execute("grant select, insert on vault.keys to catalogue, policy")
    migrate(fresh_database, {})
    with psycopg.connect(fresh_database) as connection:
        rights = connection.execute(
            "select role, right_ from unnest(%s::text[]) role,"
            " unnest(array['select', 'insert', 'update', 'delete']) right_"
            " where has_schema_privilege(role, 'vault', 'usage')"
            " and has_table_privilege(role, 'vault.keys', right_)",
            [names],
        ).fetchall()
    expected = {(name, "select") for name in OPENERS} | {(name, "insert") for name in KEEPERS}
    assert set(rights) == expected


def test_events_wait_for_a_vault_that_is_away_and_what_is_gone_from_one_that_is_there_is_buried(
    toy: Toy, tmp_path: Path
) -> None:
    folder, elsewhere = tmp_path / "vault", tmp_path / "elsewhere"
    folder.mkdir()
    toy.vault = folder
    engine = connect(toy.url)
    vault = open_vault(engine, str(folder), MASTER_KEY)
    first, good, gone, damaged, erased = (str(uuid4()) for _ in range(5))
    put = {
        one: vault.put(NewObject(one, 1, "original", "x/y", b"12,5"))
        for one in (first, good, gone, damaged, erased)
    }
    event = {
        one: received(submission=UUID(one), original=vars(reference))
        for one, reference in put.items()
    }
    (folder / put[gone].name).unlink()
    (folder / put[damaged].name).write_bytes(b"")
    with engine.begin() as connection:
        connection.execute(text("delete from vault.keys where name = :n"), {"n": put[erased].name})
    engine.dispose()
    with toy.running("vault"):
        toy.send([event[first]])
        toy.wait_for(lambda: toy.handled() == 1)
        folder.rename(elsewhere)
        folder.mkdir()  # as an unmounted disk leaves it
        toy.send([event[good], event[gone], event[damaged]])
        toy.wait_for(lambda: toy.log().count("Unavailable") >= 6)
        toy.wait_for(lambda: '"reachable": false' in toy.log())
        assert toy.handled() == 1
        assert replay.letters(toy.cluster, "validation") == []
        folder.rmdir()
        elsewhere.rename(folder)
        toy.send([event[erased]])
        toy.wait_for(lambda: toy.handled() == 2)
        toy.wait_for(lambda: len(replay.letters(toy.cluster, "validation")) == 3)
    letters = replay.letters(toy.cluster, "validation")
    assert {one.subject: one.error for one in letters} == {
        gone: "Missing",
        damaged: "Damaged",
        erased: "Erased",
    }
    assert len(toy.workers) == 1
    assert set(toy.outputs()) == {first, good}

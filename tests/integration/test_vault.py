"""The vault on a real database and a real folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from services.kernel.db import connect
from services.kernel.events import NewObject
from services.kernel.masterkey import MasterKey
from services.kernel.migration import KEEPERS, OPENERS, VAULT_TABLES, migrate
from services.kernel.vault import Damaged, Folder, Missing, Vault, open_vault

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
    return [path for path in place.folder.rglob("*") if path.is_file()]


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
    with pytest.raises(Missing):
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


def test_an_object_that_no_one_put_is_missing(place: Place) -> None:
    with pytest.raises(Missing):
        place.vault().get(ITEM.reference())


def test_another_master_key_opens_nothing(place: Place) -> None:
    reference = place.vault().put(ITEM)
    other = Vault(place.engine, Folder(place.folder), MasterKey(os.urandom(32)))
    with pytest.raises(Damaged):
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

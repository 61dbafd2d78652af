"""The vault: content stays here, encrypted, until it is cleared. Events carry names and hashes only.

Every object has a key of its own (AES-256-GCM), wrapped by the installation's master key (RFC 3394). The key's row is
committed before the object is written, so that erasing the row makes the object unreadable everywhere at once.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, text

from services.kernel.errors import Permanent
from services.kernel.events import NewObject, Reference
from services.kernel.masterkey import MasterKey, NotWrapped

NONCE = 12
NAME = re.compile(r"[0-9a-zA-Z-]{1,64}/[0-9]{1,9}/[a-z]{1,32}/[0-9a-f]{64}")


class Missing(Exception):
    """The vault has no such object, or its key was erased."""


class Damaged(Permanent):
    """The stored bytes are not the ones that were put, or the reference is none of this vault's."""


class Store(Protocol):
    """Where encrypted objects lie: durable when `write` returns, and never overwritten."""

    def write(self, name: str, content: bytes) -> None:
        """Keeps the content; a name that exists already keeps its first content."""

    def read(self, name: str) -> bytes:
        """The content; raises Missing."""


class Folder:
    """A store in a local folder: temporary file, fsync, link, fsync of the directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, name: str, content: bytes) -> None:
        """See Store. Atomic: the name appears with its whole content, or not at all."""
        path = self._root / name
        self._make(path.parent)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            try:
                os.link(file.name, path)
            except FileExistsError:
                return
        _sync(path.parent)

    def read(self, name: str) -> bytes:
        """See Store."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError as error:
            raise Missing(name) from error

    def _make(self, folder: Path) -> None:
        """Makes the folder and what is above it, each one durable in its parent."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Vault:
    """Puts and gets objects. `engine` connects as a role that may add to and read the vault's keys."""

    def __init__(self, engine: Engine, store: Store, master_key: MasterKey) -> None:
        self._engine = engine
        self._store = store
        self._master_key = master_key

    def put(self, item: NewObject) -> dict[str, Any]:
        """Keeps an object and returns its reference; durable when it returns. Putting it again changes nothing."""
        reference = item.reference()
        name = reference["name"]
        cipher = AESGCM(self._key(name, create=True))
        nonce = secrets.token_bytes(NONCE)
        self._store.write(name, nonce + cipher.encrypt(nonce, item.content, name.encode()))
        return reference

    def get(self, reference: Reference) -> bytes:
        """The object's content; raises Missing, or Damaged where it is not what the reference says."""
        name = str(reference["name"])
        if not NAME.fullmatch(name):
            raise Damaged("not a name of an object")
        sealed = self._store.read(name)
        try:
            content = AESGCM(self._key(name)).decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
        except InvalidTag as error:
            raise Damaged(name) from error
        if sha256(content).hexdigest() != reference["sha256"]:
            raise Damaged(name)
        return content

    def _key(self, name: str, *, create: bool = False) -> bytes:
        with self._engine.begin() as connection:
            if create:
                wrapped = self._master_key.wrap(secrets.token_bytes(32))
                connection.execute(
                    text(
                        "insert into vault.keys (name, wrapped) values (:n, :w) on conflict do nothing"
                    ),
                    {"n": name, "w": wrapped},
                )
            row = connection.execute(
                text("select wrapped from vault.keys where name = :n"), {"n": name}
            ).first()
        if row is None:
            raise Missing(name)
        try:
            return self._master_key.unwrap(bytes(row[0]))
        except NotWrapped as error:
            raise Damaged(name) from error


def open_vault(engine: Engine, location: str, master_key: str) -> Vault:
    """The vault that the settings name: `location` is a folder, `master_key` 32 bytes in base64."""
    return Vault(engine, Folder(Path(location)), MasterKey.of(master_key))

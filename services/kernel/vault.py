"""The vault: content stays here, encrypted, until it is cleared. Events carry names and hashes only.

Every object has a key of its own (AES-256-GCM), wrapped by the installation's master key (RFC 3394). The key's row is
committed before the object is written, so that erasing the row makes the object unreadable everywhere at once.

A folder can be away: not mounted, so that an empty one stands in its place, or another one. Its sentinel tells, random
bytes of which the database keeps a copy: without it nothing is written there, and nothing is said to be gone.
"""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine, text

from services.kernel.errors import Permanent, Unavailable
from services.kernel.events import NewObject, ObjectReference
from services.kernel.masterkey import MasterKey, NotWrapped
from services.kernel.sealing import Unsealable, new_key, seal, unseal
from services.kernel.vault_folder import Folder, Missing, Store

NAME = re.compile(r"[0-9a-zA-Z-]{1,64}/[0-9]{1,9}/[a-z]{1,32}/[0-9a-f]{64}")
SENTINEL = "sentinel"
"""Where it lies in the store and among the keys: no object has this name, and no erasure finds it."""
SAMPLE = 20
"""Of so many keys at least one opens an object, where a folder without a sentinel is the one that they are for."""


class Erased(Permanent):
    """The object's key is destroyed, or never was: what it held is gone, as somebody decided."""


class Damaged(Permanent):
    """The stored bytes are not the ones that were put, or the reference is none of this vault's."""


class Vault:
    """Puts and gets objects. `engine` connects as a role that may add to and read the vault's keys."""

    def __init__(self, engine: Engine, store: Store, master_key: MasterKey) -> None:
        self._engine = engine
        self._store = store
        self._master_key = master_key
        self._known: bytes | None = None

    def put(self, item: NewObject) -> ObjectReference:
        """Keeps an object and returns its reference; durable when it returns. Raises Unavailable.

        Putting it again changes nothing, unless what lies there does not open: it is damaged, or its key is lost.
        """
        reference = item.reference()
        name = reference.name
        if not self.check():
            self._mark()
        sealed = seal(self._key(name, new_key()), name, item.content)
        if not self._store.write(name, sealed) and not self._opens(name):
            self._store.write(name, sealed, anew=True)
        if not self.check():
            raise Unavailable("the vault's folder: it went while it was written to")
        return reference

    def get(self, reference: ObjectReference) -> bytes:
        """The object's content, which is what the reference says; raises Erased, Missing, Damaged, Unavailable."""
        name = reference.name
        if not NAME.fullmatch(name):
            raise Damaged("not a name of an object")
        try:
            content = self._open(name)
        except (Missing, Damaged):
            self.check()
            content = self._open(name)  # once more: it may have been away, and come back
        if sha256(content).hexdigest() != reference.sha256:
            raise Damaged(name)
        return content

    def check(self) -> bool:
        """Whether the vault has its sentinel; False where it has yet to get one. Raises Unavailable where it is away.

        The database knows of none yet where the vault is new, and there are no keys, or older than sentinels are, and
        keys open what lies there.
        """
        sentinel = self._sentinel()
        if sentinel and sentinel == self._known:
            return True
        kept, names = self._kept()
        if kept is None:
            if names and not any(map(self._opens, names)):
                raise Unavailable("the vault's folder: nothing lies there of what has a key")
            return False
        if sentinel != kept:
            raise Unavailable("the vault's folder: its sentinel is not there, or another vault's")
        self._known = kept
        return True

    def _mark(self) -> None:
        """Makes the sentinel, in the store first: what the database knows of must be there."""
        self._store.write(SENTINEL, secrets.token_bytes(32))
        self._key(SENTINEL, self._store.read(SENTINEL))

    def _sentinel(self) -> bytes | None:
        try:
            return self._store.read(SENTINEL)
        except Missing:
            return None

    def _kept(self) -> tuple[bytes | None, list[str]]:
        """The database's copy of the sentinel, and some of the objects that have keys; both as of one moment."""
        statement = (
            "select name, wrapped from vault.keys where name = :s union all"
            " select * from (select name, wrapped from vault.keys where name <> :s limit :n) as few"
        )
        with self._engine.connect() as connection:
            rows = connection.execute(text(statement), {"s": SENTINEL, "n": SAMPLE}).all()
        wrapped = {str(name): bytes(key) for name, key in rows}
        sentinel = wrapped.pop(SENTINEL, None)
        try:
            kept = sentinel and self._master_key.unwrap(sentinel)
        except NotWrapped as error:
            raise Unavailable("the vault's keys: another master key wrapped them") from error
        return kept, list(wrapped)

    def _opens(self, name: str) -> bool:
        try:
            self._open(name)
        except (Erased, Missing, Damaged):
            return False
        return True

    def _open(self, name: str) -> bytes:
        """What lies under the name; raises Erased, and Missing or Damaged also where the vault is away."""
        key = self._key(name)
        sealed = self._store.read(name)
        try:
            return unseal(key, name, sealed)
        except Unsealable as error:
            raise Damaged(name) from error

    def _key(self, name: str, new: bytes | None = None) -> bytes:
        """The key of a name, which gets the new one where it has none; raises Erased, Damaged."""
        with self._engine.begin() as connection:
            if new is not None:
                connection.execute(
                    text(
                        "insert into vault.keys (name, wrapped) values (:n, :w) on conflict do nothing"
                    ),
                    {"n": name, "w": self._master_key.wrap(new)},
                )
            row = connection.execute(
                text("select wrapped from vault.keys where name = :n"), {"n": name}
            ).first()
        if row is None:
            raise Erased(name)
        try:
            return self._master_key.unwrap(bytes(row[0]))
        except NotWrapped as error:
            raise Damaged(name) from error


def open_vault(engine: Engine, location: str, master_key: str) -> Vault:
    """The vault that the settings name: `location` is a folder that exists, `master_key` 32 bytes in base64."""
    return Vault(engine, Folder(Path(location)), MasterKey.of(master_key))

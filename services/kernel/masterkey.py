"""The installation's master key. It wraps the keys that lie in the database (RFC 3394): a copy of it opens nothing."""

from __future__ import annotations

from base64 import b64decode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from services.kernel.errors import Permanent

BYTES = 32


class NotWrapped(Permanent):
    """The bytes were not wrapped by this master key, or were changed since."""


class MasterKey:
    """Wraps and unwraps keys of a multiple of 8 bytes, 16 at least."""

    def __init__(self, key: bytes) -> None:
        if len(key) != BYTES:
            raise ValueError(f"SOLIEU_MASTER_KEY: {BYTES} bytes in base64 are needed")
        self._key = key

    @classmethod
    def of(cls, text: str) -> MasterKey:
        """As the settings have it; raises ValueError, which names the setting."""
        return cls(b64decode(text))

    def wrap(self, key: bytes) -> bytes:
        """What may lie in the database in place of the key."""
        return aes_key_wrap(self._key, key)

    def derived(self, purpose: bytes) -> bytes:
        """A key of 32 bytes for one purpose (HKDF, RFC 5869): it tells nothing of this one, nor of any other."""
        return HKDF(SHA256(), BYTES, salt=None, info=purpose).derive(self._key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Back from `wrap`; raises NotWrapped."""
        try:
            return aes_key_unwrap(self._key, wrapped)
        except (InvalidUnwrap, ValueError) as error:
            raise NotWrapped("not wrapped by this master key") from error

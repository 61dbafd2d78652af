"""Content encrypted by a key of its own, under the name that it is kept by: no other's may be put in its place."""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE: Final = 12
KEY: Final = 32
"""Bytes of a key: AES-256-GCM (NIST SP 800-38D)."""


class Unsealable(ValueError):
    """The bytes were not sealed under this name by this key, or were changed since."""


def new_key() -> bytes:
    """A key, of the system's randomness."""
    return secrets.token_bytes(KEY)


def seal(key: bytes, name: str, content: bytes) -> bytes:
    """The content encrypted, its nonce before it."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, name.encode())


def unseal(key: bytes, name: str, sealed: bytes) -> bytes:
    """Back from `seal`; raises Unsealable."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
    except (InvalidTag, ValueError) as error:  # ValueError: too short even for a nonce
        raise Unsealable(name) from error

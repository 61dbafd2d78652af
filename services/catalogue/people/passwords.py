"""Passwords: Argon2id (RFC 9106), two at a time, and as long for a person that is not there.

Hashing takes memory and time by design, so it has threads of its own: who tries many passwords slows down logins, not
the rest of the service.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.catalogue.entry import Flaw
from services.kernel.problems import UNAVAILABLE

T = TypeVar("T")

SHORTEST = 12
LONGEST = 256
"""Characters."""
AT_ONCE = 2
WAITING = 60
"""Hashes that wait, at most; beyond that a login is answered 503 at once."""

# OWASP's first choice for Argon2id: 46 MiB, one pass, one lane.
_hasher = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")
"""What is compared where there is nothing to compare: so that the answer takes as long."""


@dataclass(frozen=True)
class Verdict:
    """Whether a password is right; `better` is its hash by today's parameters, where they changed."""

    right: bool
    better: str | None = None


class Passwords:
    """The threads that hash."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0

    async def check(self, hashed: str | None, password: str) -> Verdict:
        """Compares; None for a hash takes as long, and is never right. Problem 503 where too many wait."""
        return await self._run(_compare, hashed, password)

    async def hash(self, password: str) -> str:
        """The hash to keep; the password has no `flaws`."""
        return await self._run(_hash, password)

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        if self._waiting >= WAITING:
            raise UNAVAILABLE
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, function, *arguments)
        finally:
            self._waiting -= 1


hashing = Passwords()
"""Those of this process."""


def flaws(password: str, person: str) -> list[Flaw]:
    """What is wrong with a new password: length counts, not which characters (NIST SP 800-63B)."""
    try:
        _normal(password)
    except UnicodeEncodeError:
        return [Flaw("password", "characters")]
    if not SHORTEST <= len(password) <= LONGEST:
        values = {"shortest": SHORTEST, "longest": LONGEST}
        return [Flaw("password", "password.length", values)]
    if person in password.casefold():
        return [Flaw("password", "password.id")]
    return []


def _normal(password: str) -> bytes:
    """One form of what keyboards write in several: «ệ» can be one to three code points."""
    return unicodedata.normalize("NFC", password).encode()


def _hash(password: str) -> str:
    return _hasher.hash(_normal(password))


def _compare(hashed: str | None, password: str) -> Verdict:
    try:
        right = _hasher.verify(hashed or _NOBODY, _normal(password)) and hashed is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return Verdict(False)
    if right and hashed and _hasher.check_needs_rehash(hashed):
        return Verdict(True, _hash(password))
    return Verdict(right)

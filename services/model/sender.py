"""Senders' keys as the catalogue lists them, and what may be asked with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

from joserfc.jwk import OKPKey

from services.model.statement import Fault, Untrusted, key_id, public_key, verify_question
from services.model.text import ModelError

SKEW = timedelta(minutes=5)
"""By how much the clocks of sender and receiver may differ, and how long a signed question lives."""


@dataclass(frozen=True)
class SenderKey:
    """A key of the catalogue, and from when to when it is in force. `person`: who of the sender holds it and signs with
    it, in a browser that doesn't give it away; None for a key of the sender's programs.
    """

    sender: str
    key: OKPKey
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    person: str | None = None

    @classmethod
    def of_entry(
        cls,
        id_: str,
        body: Mapping[str, Any],
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> Self:
        """The key of a catalogue entry, in force as long as entry and body both say; raises ModelError.

        `id_` is the entry's: it has to be the key's thumbprint (RFC 7638).
        """
        key = public_key(body.get("public_key") or {})
        if key.thumbprint() != id_:
            raise ModelError(f"{id_} is not the thumbprint of its key")
        starts = [time for time in (valid_from, _time(body.get("valid_from"))) if time]
        ends = [time for time in (valid_to, _time(body.get("valid_to"))) if time]
        sender = str(body.get("sender"))
        first, last = max(starts, default=None), min(ends, default=None)
        return cls(sender, key, first, last, body.get("person"))

    def in_force(self, at: datetime) -> bool:
        """Whether it may sign at that time."""
        after = self.valid_from is None or self.valid_from <= at
        return after and (self.valid_to is None or at < self.valid_to)


class Entry(Protocol):
    """A key as the catalogue lists it."""

    @property
    def body(self) -> Mapping[str, Any]:
        """The sender and its public key, a JWK."""
        ...

    @property
    def valid_from(self) -> datetime | None:
        """From when on it may sign; None: from ever on."""
        ...

    @property
    def valid_to(self) -> datetime | None:
        """Until when; None: for ever."""
        ...


Registered = Callable[[str], Entry | None]
"""Gives the catalogue's entry of a thumbprint; None where it lists none."""


def signing_key(token: str, registered: Registered) -> SenderKey:
    """The registered key that a JWS says it is signed with; nothing is proved yet. Raises Untrusted."""
    kid = key_id(token)
    entry = registered(kid)
    if entry is None:
        raise Untrusted(Fault.UNKNOWN_KEY)
    try:
        return SenderKey.of_entry(kid, entry.body, entry.valid_from, entry.valid_to)
    except ValueError as error:
        raise Untrusted(Fault.UNKNOWN_KEY) from error


def asker(
    token: str, registered: Registered, method: str, path: str, sha256: str | None, now: datetime
) -> str:
    """The sender whose key signed this very request just now. Raises Untrusted for any other.

    `sha256` is that of the request's body, where it has one.
    """
    key = signing_key(token, registered)
    question = verify_question(token, {key_id(token): key.key})
    if abs(question.issued_at - now) > SKEW:  # first: by a clock that is off, a key is not in force
        raise Untrusted(Fault.CLOCK, now.isoformat(timespec="seconds"))
    if not key.in_force(now):
        raise Untrusted(Fault.KEY_NOT_IN_FORCE)
    if question.sender != key.sender or key.person is not None:
        # A person asks with a token, which ends with its rights.
        raise Untrusted(Fault.OTHER_SENDER, question.sender)
    if (question.method, question.path, question.sha256) != (method, path, sha256):
        raise Untrusted(Fault.OTHER_REQUEST)
    return key.sender


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(str(text))
    return time if time.tzinfo else time.replace(tzinfo=UTC)

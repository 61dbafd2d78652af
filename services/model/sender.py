"""Senders' keys as the catalogue lists them, and what may be asked with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from joserfc.jwk import OKPKey

from services.model.statement import Question, public_key
from services.model.text import ModelError

SKEW = timedelta(minutes=5)
"""By how much the clocks of sender and receiver may differ, and how long a signed question lives."""


@dataclass(frozen=True)
class SenderKey:
    """A key of the catalogue, and from when to when it is in force."""

    sender: str
    key: OKPKey
    valid_from: datetime | None = None
    valid_to: datetime | None = None

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
        return cls(sender, key, max(starts, default=None), min(ends, default=None))

    def in_force(self, at: datetime) -> bool:
        """Whether it may sign at that time."""
        after = self.valid_from is None or self.valid_from <= at
        return after and (self.valid_to is None or at < self.valid_to)

    def may_ask(
        self, question: Question, method: str, path: str, now: datetime, sha256: str | None = None
    ) -> bool:
        """Whether the question is this sender's, about this very request, and fresh; its signature is proved.

        `sha256` is that of the request's body, where it has one.
        """
        asked = (question.sender, question.method, question.path, question.sha256)
        return (
            asked == (self.sender, method, path, sha256)
            and abs(question.issued_at - now) <= SKEW
            and self.in_force(now)
        )


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(str(text))
    return time if time.tzinfo else time.replace(tzinfo=UTC)

"""Why something is not taken in: each reason with its HTTP status. What people read is in schemas/messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Code(Enum):
    """A reason: its stable code, and its HTTP status."""

    NO_STATEMENT = ("no-statement", 401)
    MALFORMED_STATEMENT = ("malformed-statement", 401)
    BAD_SIGNATURE = ("bad-signature", 401)
    UNKNOWN_KEY = ("unknown-key", 401)
    KEY_NOT_IN_FORCE = ("key-not-in-force", 401)
    OTHER_SENDER = ("other-sender", 401)
    OTHER_REQUEST = ("other-request", 401)
    CLOCK = ("clock", 401)
    NONCE_USED = ("nonce-used", 401)
    STATE_SECRET = ("state-secret", 403)
    UNKNOWN_SENDER = ("unknown-sender", 403)
    OTHER_SENDERS_FORM = ("other-senders-form", 403)
    OTHER_OFFICE = ("other-office", 403)
    NO_ITEM = ("no-item", 403)
    AGREEMENT_ENDED = ("agreement-ended", 403)
    OTHER_SENDERS_AREA = ("other-senders-area", 403)
    OTHER_SENDERS_SECTION = ("other-senders-section", 403)
    STATEMENT_EXPIRED = ("statement-expired", 422)
    STATEMENT_OLDER = ("statement-older", 409)
    SECTION_COVERED = ("section-covered", 409)
    UNKNOWN_RECEIVER = ("unknown-receiver", 422)
    OTHER_NOTICE = ("other-notice", 409)
    UNKNOWN_SUBMISSION = ("unknown-submission", 404)
    NO_REPORT = ("no-report", 404)
    NOT_MARKED = ("not-marked", 404)
    NOT_FOR_USE = ("not-for-use", 403)
    ERASED = ("erased", 410)
    EMPTY = ("empty", 413)
    TOO_LARGE = ("too-large", 413)
    UNPACKS_TOO_LARGE = ("unpacks-too-large", 413)
    TOO_MANY_ENTRIES = ("too-many-entries", 413)
    BAD_CLAIMS = ("bad-claims", 422)
    UNKNOWN_FORM = ("unknown-form", 422)
    UNKNOWN_AREA = ("unknown-area", 422)
    UNKNOWN_SECTION = ("unknown-section", 422)
    MALFORMED_PERIOD = ("malformed-period", 422)
    OTHER_CONTENT = ("other-content", 422)
    NOT_A_WORKBOOK = ("not-a-workbook", 422)
    PASSWORD = ("password", 422)
    TOO_MANY = ("too-many", 429)
    OTHER_SIGNER = ("other-signer", 403)
    SAME_PERSON = ("same-person", 403)
    UNKNOWN_DRAFT = ("unknown-draft", 404)
    DRAFT_CHANGED = ("draft-changed", 409)
    DRAFT_SENT = ("draft-sent", 409)
    NO_COUNTERSIGNATURE = ("no-countersignature", 409)
    NOT_PREPARED = ("not-prepared", 409)
    NIL_WORDLESS = ("nil-wordless", 422)
    TOO_MANY_DRAFTS = ("too-many-drafts", 409)

    @property
    def id(self) -> str:
        """The stable code that clients see."""
        return self.value[0]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[1]

    @property
    def message(self) -> str:
        """The id of its message; `<id>.mend` says how to mend it."""
        return f"intake.{self.name.lower()}"


@dataclass(frozen=True)
class Refusal:
    """A reason with what its message names, and what else the answer carries.

    `wording` is the id of another message than the code's; `kept` is what record and event say besides, or instead.
    """

    code: Code
    values: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    wording: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict)
    retry_after: int = 0

    @property
    def message(self) -> str:
        """The id of what people read; `<id>.mend` says how to mend it."""
        return self.wording or self.code.message

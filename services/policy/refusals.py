"""What policy's API refuses: each code is the text `policy.<code>`, and `policy.<code>.mend` how to go on."""

from __future__ import annotations

from enum import Enum
from typing import Any

from services.kernel.problems import Problem
from services.model.messages import texts


class Code(Enum):
    """Why a command of a person is refused, and the HTTP status that says so."""

    NO_REVIEW = ("no-review", 404)
    OWN_SUBMISSION = ("own-submission", 403)
    REVIEWED_BEFORE = ("reviewed-before", 409)
    NOT_HELD = ("not-held", 409)
    NOT_RELEASABLE = ("not-releasable", 409)
    NO_REQUEST = ("no-request", 404)
    OWN_REQUEST = ("own-request", 403)
    NOT_PRIVATE = ("not-private", 409)
    JUDGED_BEFORE = ("judged-before", 409)
    NO_FIGURE = ("no-figure", 422)
    NO_FORM = ("no-form", 422)
    NO_PERIOD = ("no-period", 422)
    NO_AUDIENCE = ("no-audience", 422)
    NO_DECISION = ("no-decision", 404)
    BAD_POLICIES = ("bad-policies", 422)
    NO_INCIDENT = ("no-incident", 404)
    CLOSED_BEFORE = ("closed-before", 409)
    NO_ERASURE = ("no-erasure", 404)
    SECOND_PERSON = ("second-person", 403)
    STILL_USED = ("still-used", 409)
    ORDERED_BEFORE = ("ordered-before", 409)
    NO_REGULATION = ("no-regulation", 404)
    NO_CONSENT = ("no-consent", 404)
    CONSENT_ENDED = ("consent-ended", 409)
    CONSENT_AGAIN = ("consent-again", 409)
    CONSENT_NEVER = ("consent-never", 422)
    NO_LETTER = ("no-letter", 422)
    NOTHING_LEFT = ("nothing-left", 409)
    WITHDRAWN_BEFORE = ("withdrawn-before", 409)

    def __init__(self, id_: str, status: int) -> None:
        self.id = id_
        self.status = status


class Refused(Exception):
    """The command is refused; nothing was changed. `more` goes into the answer."""

    def __init__(self, code: Code, **more: Any) -> None:
        super().__init__(code.id)
        self.code = code
        self.more = more

    def problem(self) -> Problem:
        """The answer (RFC 9457)."""
        message = f"policy.refused.{self.code.id}"
        title, mend = texts(message).to_dict(), texts(f"{message}.mend").to_dict()
        return Problem(self.code.status, self.code.id, title, mend, **self.more)

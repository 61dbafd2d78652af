"""What validation's API refuses: each code is the text `validation.refused.<code>`, and `….mend` how to go on."""

from __future__ import annotations

from enum import Enum
from typing import Any

from services.kernel.problems import Problem
from services.model.messages import texts


class Code(Enum):
    """Why a request is refused, and the HTTP status that says so."""

    UNSIGNED = ("unsigned", 401)
    NO_SUBMISSION = ("no-submission", 404)
    NO_FINDING = ("no-finding", 404)
    NOT_FOR_USE = ("not-for-use", 403)
    ERASED = ("erased", 410)
    OWN_SUBMISSION = ("own-submission", 403)
    NOT_WARNING = ("not-warning", 409)
    NOT_ERROR = ("not-error", 409)
    NOT_DOWNGRADABLE = ("not-downgradable", 409)
    NO_VERIFICATION = ("no-verification", 404)
    OWN_QUESTION = ("own-question", 403)
    ANSWERED = ("answered", 409)
    BAD_RULES = ("bad-rules", 422)

    def __init__(self, id_: str, status: int) -> None:
        self.id = id_
        self.status = status


class Refused(Exception):
    """The request is refused; nothing was changed. `more` goes into the answer."""

    def __init__(self, code: Code, **more: Any) -> None:
        super().__init__(code.id)
        self.code = code
        self.more = more

    def problem(self) -> Problem:
        """The answer (RFC 9457)."""
        message = f"validation.refused.{self.code.id}"
        title, mend = texts(message).to_dict(), texts(f"{message}.mend").to_dict()
        headers = {"WWW-Authenticate": "Statement"} if self.code is Code.UNSIGNED else None
        return Problem(self.code.status, self.code.id, title, mend, headers, **self.more)

"""What validation's API refuses: each code is the text `validation.refused.<code>`, and `….mend` how to go on."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel import command
from services.model.messages import advice


class Code(command.Code):
    """Why a request is refused, and the HTTP status that says so."""

    NO_SUBMISSION = ("no-submission", 404)
    NO_FORM = ("no-form", 404)
    NO_PERIOD = ("no-period", 422)
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

    @property
    def texts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """See command.Code."""
        return advice(f"validation.refused.{self.id}")

"""What is refused about duties: each code is the text `catalogue.duties.<code>`, and `….mend` how to go on."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel import command
from services.model.messages import advice


class Code(command.Code):
    """Why a command about a duty is refused, and the HTTP status that says so."""

    NO_DUTY = ("no-duty", 404)
    MET = ("met", 409)
    NOT_LATER = ("not-later", 422)
    PAST = ("past", 422)
    TOO_FAR = ("too-far", 422)
    NO_REQUEST = ("no-request", 409)
    NO_DIFFICULTY = ("no-difficulty", 409)
    NO_DOCUMENT = ("no-document", 422)
    NO_QUESTION = ("no-question", 409)
    TOO_MANY_QUESTIONS = ("too-many-questions", 409)
    NO_CELL = ("no-cell", 422)
    NO_REPORT = ("no-report", 409)
    NOT_SUPPLIED = ("not-supplied", 409)
    NO_DAY = ("no-day", 422)

    @property
    def texts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """See command.Code."""
        return advice(f"catalogue.duties.{self.id}")

"""What policy's API refuses: each code is the text `policy.<code>`, and `policy.<code>.mend` how to go on."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel import command
from services.model.messages import advice


class Code(command.Code):
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

    @property
    def texts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """See command.Code."""
        return advice(f"policy.refused.{self.id}")

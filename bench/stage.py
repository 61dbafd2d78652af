"""What both sides do with an event: every submission.received is answered with one submission.superseded."""

from __future__ import annotations

from services.events.intake import SubmissionReceived
from services.events.policy import SubmissionSuperseded
from services.kernel.events import Event

INPUT = "submission.received"
OUTPUT = "submission.superseded"
BATCH_EVENTS = 500


def answer(event: Event[SubmissionReceived]) -> SubmissionSuperseded:
    """The event that this one leads to."""
    return SubmissionSuperseded(head=event.data.head, decision=1, by_attempt=2)

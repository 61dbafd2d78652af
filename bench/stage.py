"""What both sides do with an event: every submission.received is answered with one submission.superseded."""

from __future__ import annotations

from services.kernel.events import Draft, Event

INPUT = "submission.received"
OUTPUT = "submission.superseded"
BATCH_EVENTS = 500
HEAD = (
    "submission_id", "attempt", "sender", "form", "form_version", "area_list", "area", "period", "completeness",
    "round", "regime", "classification", "province", "catalogue_version",
)  # fmt: skip


def answer(event: Event) -> Draft:
    """The event that this one leads to."""
    head = {name: event.data[name] for name in HEAD}
    return Draft(OUTPUT, event.key, head | {"decision": 1, "by_attempt": 2}, event.subject)

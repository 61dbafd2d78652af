"""Policy's handlers of events: a validated attempt gets its decision, a released figure is answered anew, and what
bears markings of secrecy is quarantined. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from polars.exceptions import PolarsError

from services.events.catalogue import CalendarReleased
from services.events.validation import SubmissionReturned, SubmissionValidated
from services.kernel.errors import Permanent
from services.kernel.events import Event, ObjectReference, Outcome, Row
from services.model.observation import from_parquet
from services.model.period import PeriodError
from services.model.regulation import day
from services.model.shrinking import lost, lost_across_versions
from services.policy.decisions import incidents
from services.policy.decisions.case import case_of, evidence_of
from services.policy.decisions.closings import is_first_after_closing, is_revision_after_closing
from services.policy.decisions.facts import Attempt, Facts
from services.policy.decisions.figures import Figure
from services.policy.decisions.ledger import Ledger
from services.policy.law.decide import decide
from services.policy.law.verdict import Verdict
from services.policy.store import ReleasedRow, ReturnedRow


def reads(event: Event[SubmissionValidated], facts: Facts) -> dict[str, ObjectReference]:
    """The texts of the workbook; and its figures beside those that they would replace, where there are any."""
    objects = {"cells": event.data.cells}
    current = facts.replaced_by(event.data.head.attempt)
    if current is not None and current.observations is not None:
        objects |= {"observations": event.data.observations, "current": current.observations}
    return objects


def handle(
    event: Event[SubmissionValidated], facts: Facts, contents: Mapping[str, bytes]
) -> Outcome:
    """Decides about a validated attempt; `contents` are what `reads` names.

    Raises Permanent for an attempt that has its verdict already: each gets exactly one from its event.
    """
    data, head = event.data, event.data.head
    if facts.attempt(head.attempt) is not None:
        raise Permanent(f"attempt {head.attempt} of {head.submission_id} is decided already")
    evidence = evidence_of(event, contents.get("cells"))
    evidence = replace(
        evidence,
        lost=_lost(event, facts, contents),
        is_after_closing=is_first_after_closing(evidence, facts),
        is_unexplained=is_revision_after_closing(evidence, facts) and not data.explained,
    )
    attempt = Attempt(
        attempt=head.attempt,
        verdict=Verdict.HELD,
        decision=0,
        head=head,
        figures=data.figures,
        observations=data.observations,
        evidence=evidence,
    )
    ledger = Ledger(head.submission_id, facts, event.time, event.id)
    if withdrawal := facts.withdrawal(attempt.attempt):
        ledger.withdraw(attempt, withdrawal)
    else:
        ledger.decide(attempt, decide(case_of(head, evidence, facts, day(event.time))))
    return _both(ledger.outcome(), incidents.opened(event, head, evidence.markings, facts))


def _lost(event: Event[SubmissionValidated], facts: Facts, contents: Mapping[str, bytes]) -> int:
    """How many figures of the current attempt this one leaves without a number.

    Validation names them to the sender, beside what it knows as stored; here they are counted beside what is current
    at the moment of the decision, however close one attempt follows another.
    """
    current = facts.replaced_by(event.data.head.attempt)
    if current is None or "current" not in contents:
        return 0
    try:
        before, after = (from_parquet(contents[name]) for name in ("current", "observations"))
    except (ValueError, PolarsError) as error:
        raise Permanent(f"figures can't be read: {error}") from None
    version = event.data.head.form_version
    if current.head.form_version == version:
        return lost(before, after).height
    form = facts.forms.get(version)
    return lost_across_versions(before, after, form.indicators if form else ()).height


def handle_returned(
    event: Event[SubmissionReturned], facts: Facts, contents: Mapping[str, bytes]
) -> Outcome:
    """A returned attempt has its verdict; what bears markings of secrecy is quarantined all the same."""
    evidence, head = evidence_of(event, contents.get("cells")), event.data.head
    values = {
        "submission_id": UUID(head.submission_id),
        "attempt": head.attempt,
        "received_at": evidence.received_at,
    }
    known = Outcome(rows=(Row(ReturnedRow, values, conflict="ignore"),))
    return _both(known, incidents.opened(event, head, evidence.markings, facts))


def _both(first: Outcome, second: Outcome) -> Outcome:
    return Outcome((*first.events, *second.events), (*first.rows, *second.rows))


@dataclass(frozen=True)
class Affected:
    """The submissions that hold a figure which was released, by id, each with what is known of it."""

    submissions: tuple[tuple[str, Facts], ...]


def handle_released(
    event: Event[CalendarReleased], facts: Affected, contents: Mapping[str, bytes]
) -> Outcome:
    """The embargo of a figure ends: what was pending for it is decided again, and those submissions published.

    Raises Permanent where the event names no period.
    """
    figure = released_figure(event.data)
    outcomes = []
    for submission_id, known in facts.submissions:
        ledger = Ledger(submission_id, known, event.time, event.id)
        ledger.settle()
        if not ledger.is_empty:
            outcomes.append(ledger.outcome())
    released = Row(ReleasedRow, _released(figure, event), conflict="ignore")
    return Outcome(
        events=tuple(draft for outcome in outcomes for draft in outcome.events),
        rows=(released, *(row for outcome in outcomes for row in outcome.rows)),
    )


def released_figure(data: CalendarReleased) -> Figure:
    """The figure that was released; raises Permanent for a period that is none."""
    try:
        return Figure.of(vars(data))
    except PeriodError as error:
        raise Permanent(str(error)) from error


def _released(figure: Figure, event: Event[CalendarReleased]) -> dict[str, Any]:
    return {
        **vars(figure),
        "period_end": figure.period_end,
        "release_id": event.data.release_id,
        "released_at": event.data.released_at,
    }

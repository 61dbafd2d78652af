"""Policy's handler of submission.validated: a decision, its events and its rows. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta, timezone
from typing import Any
from uuid import UUID

from services.kernel.errors import Permanent
from services.kernel.events import Draft, Event, Outcome, Row
from services.model.submission import head as head_of
from services.policy.decide import Case, Decision, decide
from services.policy.facts import Facts
from services.policy.identifiers import CellsError, Finding, scan
from services.policy.policies import Verdict
from services.policy.store import DecisionRow, SubmissionRow

# Law is in force by the calendar of Việt Nam, which has had no summer time since 1975.
VIETNAM = timezone(timedelta(hours=7))


def handle(event: Event, facts: Facts, contents: Mapping[str, bytes]) -> Outcome:
    """Decides about a validated attempt; `contents["cells"]` are the texts of its workbook.

    Raises Permanent for an attempt that has its verdict already: each gets exactly one.
    """
    attempt = event.data["attempt"]
    if any(one.attempt == attempt for one in facts.earlier):
        raise Permanent(f"attempt {attempt} of {event.data['submission_id']} is decided already")
    decision = decide(_case(event, facts, contents.get("cells")))
    return _outcome(event, facts, decision)


def _case(event: Event, facts: Facts, cells: bytes | None) -> Case:
    data, form, day = event.data, facts.form, event.time.astimezone(VIETNAM).date()
    duty = form is not None and {form.regime, data["regime"]} == {"coordination"}
    absent = (("form", form is None), ("sender", not facts.sender_known))
    return Case(
        classification=data["classification"],
        regime="coordination" if duty else "sharing",
        findings=_findings(cells, day.year),
        demanded=form.demanded if form else None,
        errors=0 if event.topic == "submission.validated" else None,
        integrity=_integrity(data, cells),
        recipients=form.recipients if form else None,
        province=data["province"] if form and form.province else None,
        instruments=tuple(one for one in facts.instruments if one.in_force(day)),
        missing=tuple(name for name, missing in absent if missing),
    )


def _findings(cells: bytes | None, year: int) -> tuple[Finding, ...] | None:
    try:
        return None if cells is None else scan(cells, year)
    except CellsError:
        return None


def _integrity(data: Mapping[str, Any], cells: bytes | None) -> str:
    """Whether the cells are the bytes that the event names, and the figures have a hash at all."""
    hashes = [data[kind]["sha256"] for kind in ("cells", "observations")]
    if cells is None or not all(len(one) == 64 for one in (*hashes, data["rule_set"])):
        return "unproven"
    return "intact" if hashlib.sha256(cells).hexdigest() == hashes[0] else "altered"


@dataclass(frozen=True)
class _Step:
    """One event of policy, and the row that remembers it."""

    attempt: int
    verdict: Verdict
    head: Mapping[str, Any]
    data: Mapping[str, Any]


def _outcome(event: Event, facts: Facts, decision: Decision) -> Outcome:
    head = head_of(event.data)
    steps = [_Step(head["attempt"], decision.verdict, head, _data(event, decision))]
    current = facts.current_attempt
    if decision.verdict is Verdict.CLEARED:
        steps = _ordered(steps[0], facts)
        current = max(head["attempt"], current or 0)
    numbered = list(enumerate(steps, facts.last_decision + 1))
    drafts = [_draft(step, number) for number, step in numbered]
    rows = [_row(event, step, number, decision) for number, step in numbered]
    key = UUID(head["submission_id"])
    rows.append(_submission(key, numbered[-1][0], current))
    return Outcome(events=tuple(drafts), rows=tuple(rows))


def _ordered(cleared: _Step, facts: Facts) -> list[_Step]:
    """The clearance and what it supersedes, so that the highest number tells what is current."""
    if facts.current_attempt is None:
        return [cleared]
    if facts.current_attempt > cleared.attempt:
        return [cleared, _superseded(cleared.head, facts.current_attempt)]
    before = next(one for one in facts.earlier if one.attempt == facts.current_attempt)
    return [_superseded(before.head, cleared.attempt), cleared]


def _superseded(head: Mapping[str, Any], by_attempt: int) -> _Step:
    return _Step(head["attempt"], Verdict.SUPERSEDED, head, {"by_attempt": by_attempt})


def _data(event: Event, decision: Decision) -> dict[str, Any]:
    """What the event of a verdict says beyond head and number."""
    data: dict[str, Any] = {"figures": event.data["figures"]}
    if decision.verdict is not Verdict.CLEARED:
        return data | {"reasons": [_plain(reason) for reason in decision.reasons]}
    releases = [
        {
            "audience_kind": one.audience.kind,
            "audience_id": one.audience.id,
            "state": one.state,
            "copy": one.copy,
            "object": None,
            "not_before": None,
            "articles": [asdict(article) for article in one.articles],
        }
        for one in decision.releases
    ]
    observations = dict(event.data["observations"])
    checked = list(decision.checked)
    return data | {"observations": observations, "checked": checked, "releases": releases}


def _plain(reason: Any) -> dict[str, Any]:
    return asdict(reason) | {"cells": [asdict(cell) for cell in reason.cells]}


def _draft(step: _Step, number: int) -> Draft:
    key = step.head["submission_id"]
    data = {**step.head, "decision": number, **step.data}
    return Draft(f"submission.{step.verdict}", key, data, key)


def _row(event: Event, step: _Step, number: int, decision: Decision) -> Row:
    own = step.verdict is not Verdict.SUPERSEDED
    values = {
        "submission_id": UUID(step.head["submission_id"]),
        "decision": number,
        "attempt": step.attempt,
        "verdict": step.verdict.value,
        "policies": list(decision.checked) if own else [],
        "reasons": [_plain(reason) for reason in decision.reasons] if own else [],
        "head": dict(step.head),
        "event_id": event.id,
        "decided_at": event.time,
    }
    return Row(DecisionRow, values)


def _submission(key: UUID, number: int, current: int | None) -> Row:
    values = {"submission_id": key, "last_decision": number, "current_attempt": current}
    return Row(SubmissionRow, values, conflict="replace")

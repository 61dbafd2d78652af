"""`submission.received` in, `submission.validated` or `.returned` out; no I/O, no clock."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import structlog

from services.events.intake import SubmissionReceived
from services.events.validation import Finding as Listed
from services.events.validation import FlagCombination, SubmissionReturned, SubmissionValidated
from services.kernel.errors import Permanent
from services.kernel.events import Event, NewObject, ObjectReference, Outcome, Row
from services.model.codelist import Codelist
from services.model.enumerations import Severity
from services.model.flags import NONE, combinations
from services.model.form import Form
from services.model.statement import NilKind, Untrusted, nil_reason, reason_of
from services.model.text import ModelError
from services.validation.checking.check import Checked, overran
from services.validation.checking.examination import examine
from services.validation.checking.facts import Facts
from services.validation.findings import Finding
from services.validation.reading.statement import Statement
from services.validation.salting import salted
from services.validation.store import AttemptHead, AttemptRow
from services.validation.telling import report
from services.validation.telling.marking import Marked
from services.validation.workbook import cells

PARQUET = "application/vnd.apache.parquet"
LISTED = 20
CELLS_LISTED = 100


log = structlog.get_logger()


def handle(
    event: Event[SubmissionReceived], facts: Facts, contents: Mapping[str, bytes]
) -> Outcome:
    """Check the workbook of `contents["original"]`.

    Raises Permanent where the catalogue has no such form, or its body or the statement is broken.
    """
    form, statement, codelists = _prepare(event, facts)
    accepted = tuple(attempt.accepted() for attempt in facts.accepted)
    earlier = facts.replaced.earlier() if facts.replaced else None
    history = tuple(figure.past() for figure in facts.history)
    examined = examine(
        form,
        contents["original"],
        statement,
        codelists,
        accepted,
        facts.answers,
        earlier,
        history,
        facts.supply,
    )
    if examined.unforeseen:
        log.warning("unforeseen", error=examined.unforeseen)
    return _outcome(event, examined.checked, examined.marked, facts.salt)


def give_up(event: Event[SubmissionReceived], facts: Facts) -> Outcome:
    """The outcome where reading took too much or ended its process: returned for that."""
    form, _, _ = _prepare(event, facts)
    return _outcome(event, overran(form), None, facts.salt)


def _prepare(
    event: Event[SubmissionReceived], facts: Facts
) -> tuple[Form, Statement, dict[str, Codelist]]:
    head = event.data.head
    if facts.form is None:
        raise Permanent(f"no form {head.form} version {head.form_version} in the catalogue")
    try:
        form = _form(_canonical(facts.form))
        codelists = {name: _codelist(_canonical(body)) for name, body in facts.codelists.items()}
        statement = Statement.of(head, event.data.nil, event.data.sections)
        if statement.nil is not None:
            statement = replace(statement, nil_reason=nil_reason(event.data.statement))
    except (ModelError, ValueError, Untrusted) as error:
        raise Permanent(str(error)) from None
    return form, statement, codelists


def _outcome(
    event: Event[SubmissionReceived], checked: Checked, marked: Marked | None, salt: bytes
) -> Outcome:
    head, found = event.data.head, checked.report
    written = {"report": (report.MEDIA_TYPE, found.to_json())}
    if checked.cells is not None:
        written["cells"] = (cells.MEDIA_TYPE, checked.cells)
    if checked.observations is not None:
        written["observations"] = (PARQUET, checked.observations)
    if marked is not None:
        written["marked"] = (marked.media_type, marked.content)
    objects = {
        kind: NewObject(head.submission_id, head.attempt, kind, type_, salted(kind, content, salt))
        for kind, (type_, content) in written.items()
    }
    references = {kind: one.reference() for kind, one in objects.items()}
    verdict: SubmissionValidated | SubmissionReturned
    if checked.valid:
        verdict = SubmissionValidated(
            head=head,
            figures=found.figures,
            rounded=found.rounded,
            warnings=found.count(Severity.WARNING),
            rules=len(found.rules),
            rule_set=found.rule_set,
            observations=references["observations"],
            cells=references["cells"],
            report=references["report"],
            marked=references.get("marked"),
            flags=_flags(checked),
            work_secret=event.data.work_secret,
            received_at=event.data.received_at,
            sections=event.data.sections,
            explained=reason_of(event.data.statement) is not None,
        )
    else:
        verdict = SubmissionReturned(
            head=head,
            figures=found.figures,
            errors=found.count(Severity.ERROR),
            warnings=found.count(Severity.WARNING),
            rule_set=found.rule_set,
            findings=tuple(_listed(finding, checked.sheets) for finding in found.findings[:LISTED]),
            report=references["report"],
            cells=references.get("cells"),
            marked=references.get("marked"),
            received_at=event.data.received_at,
        )
    row = _attempt(event, verdict, references["report"])
    return Outcome(events=(verdict,), rows=(row,), objects=tuple(objects.values()))


def _flags(checked: Checked) -> tuple[FlagCombination, ...] | None:
    """The combinations of flags; None where no figure has any."""
    found = combinations(checked.figures)
    if all(combination.flags == NONE for combination in found):
        return None
    return tuple(
        FlagCombination(**asdict(combination.flags), figures=combination.figures)
        for combination in found
    )


def _attempt(
    event: Event[SubmissionReceived],
    verdict: SubmissionValidated | SubmissionReturned,
    report: ObjectReference,
) -> Row:
    """What answers to its findings, and tests of changed rules, go back to."""
    data = event.data
    head, original = data.head, data.original
    values = {
        "submission_id": head.submission_id,
        "attempt": head.attempt,
        "form": head.form,
        "head": AttemptHead(
            **vars(head), nil=NilKind(data.nil) if data.nil else None, sections=data.sections
        ),
        "content": original.sha256,
        "original": original,
        "report": report,
        "verdict": verdict.TOPIC.removeprefix("submission."),
        "received_at": event.time,
    }
    return Row(AttemptRow, values, "replace")


def _listed(finding: Finding, sheets: tuple[str, ...]) -> Listed:
    """A finding as an event carries it: where and which rule, never a value. A sheet's name may be one: its number."""
    sheet = finding.place.sheet
    return Listed(
        code=finding.code,
        rule=finding.rule,
        level=finding.level,
        severity=finding.severity,
        sheet=f"#{sheets.index(sheet) + 1}" if sheet in sheets else "",
        cells=tuple(finding.place.cells[:CELLS_LISTED]),
    )


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


@lru_cache(maxsize=64)
def _form(body: str) -> Form:
    return Form.from_dict(json.loads(body))


@lru_cache(maxsize=64)
def _codelist(body: str) -> Codelist:
    return Codelist.from_dict(json.loads(body))

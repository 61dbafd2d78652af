"""Answers to findings: what stands after them, who may answer what; figures accepted; rules tried."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.events.common import Head
from services.events.validation import AnswerKind
from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import codec
from services.kernel.command import Refused
from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome
from services.model.enumerations import Severity
from services.model.observation import Missing, Observation, to_parquet
from services.model.text import ModelError
from services.validation import acceptance
from services.validation.checking.answers import answered, may_be_downgraded, with_answers
from services.validation.checking.check import Checked
from services.validation.checking.facts import Facts, Stored
from services.validation.comparing import Standing
from services.validation.findings import Answer, Finding
from services.validation.handler import handle
from services.validation.people.answering import Known, Wish, answer
from services.validation.people.refusals import Code
from services.validation.people.trial import Change, compared, overrun, tried
from services.validation.reading.statement import Statement
from services.validation.store import AcceptedRow, AnswerRow, AttemptHead, AttemptRow
from tests.said import said as said_of
from tests.unit.test_validation_check import FORM, only, rows, run
from tests.unit.test_validation_handler import FACTS, HEAD, received
from tests.unit.workbooks import xlsx

ATTEMPT = AttemptHead(**vars(from_avro(Head, HEAD)))
STATEMENT = Statement.of(ATTEMPT)

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
CONTENT, OTHER = "a" * 64, "b" * 64
OFFICE = "thong-ke-dien-bien"


def wrong() -> list[list[Any]]:
    """The sheet with a total that does not hold."""
    sheet = rows()
    sheet[7][2] = 987654.25
    return sheet


CHECKED = run(wrong())
TOTAL = only(CHECKED, "total")


def said(kind: AnswerKind, finding: Finding = TOTAL, content: str = CONTENT) -> Answer:
    return Answer(
        finding.id, kind, 1, content, "p-kinh-te", OFFICE, "officer", "Vì chú thích.", "12/TK", NOW
    )


def after(*kinds: AnswerKind, checked: Checked = CHECKED) -> Checked:
    return answered(checked, [said(kind) for kind in kinds], CONTENT)


EXPLAINED, ACCEPTED, DOWNGRADED, REFUSED = AnswerKind


# -- what stands


@pytest.mark.parametrize(
    ("kinds", "valid"),
    [
        ((), False),
        ((EXPLAINED,), False),
        ((ACCEPTED,), False),
        ((REFUSED,), False),
        ((DOWNGRADED,), True),
        ((EXPLAINED, DOWNGRADED), True),
        ((DOWNGRADED, EXPLAINED), True),
        ((DOWNGRADED, ACCEPTED), True),
        ((DOWNGRADED, REFUSED), False),
        ((DOWNGRADED, REFUSED, DOWNGRADED), True),
    ],
)
def test_only_a_downgrade_that_stands_lets_an_error_pass(
    kinds: tuple[AnswerKind, ...], valid: bool
) -> None:
    checked = after(*kinds)
    found = only(checked, "total")
    assert checked.valid is valid
    assert found.severity is (Severity.WARNING if valid else Severity.ERROR)
    assert [one.kind for one in found.answers] == list(kinds)
    assert (checked.observations is not None) is valid
    assert checked.report.figures == 10


def test_the_report_shows_each_answer_and_what_stands() -> None:
    report = json.loads(after(EXPLAINED, DOWNGRADED).report.to_json())
    (found,) = [one for one in report["findings"] if one["code"] == "total"]
    assert (report["verdict"], found["id"], found["severity"]) == ("valid", TOTAL.id, "warning")
    assert found["answers"][1] == {
        "kind": "downgraded", "attempt": 1, "person": "p-kinh-te", "organisation": OFFICE, "role": "officer",
        "text": "Vì chú thích.", "document": "12/TK", "at": "2026-11-24T02:00:00+00:00",
    }  # fmt: skip
    assert with_answers(json.loads(CHECKED.report.to_json()), [said(EXPLAINED), said(DOWNGRADED)])[
        [one.id for one in CHECKED.report.findings].index(TOTAL.id)
    ]["answers"] == found["answers"]  # fmt: skip


def test_a_downgrade_holds_for_its_content_and_its_finding_alone() -> None:
    downgrade = said(DOWNGRADED)
    assert not answered(CHECKED, [replace(downgrade, content=OTHER)], CONTENT).valid
    assert not answered(CHECKED, [replace(downgrade, finding="0" * 16)], CONTENT).valid
    refused_elsewhere = replace(said(REFUSED), content=OTHER)
    assert answered(CHECKED, [downgrade, refused_elsewhere], CONTENT).valid
    assert answered(CHECKED, [], CONTENT) is CHECKED


def test_another_error_still_returns_it() -> None:
    sheet = wrong()
    sheet[5][3] = "abc"
    checked = run(sheet)
    downgrades = [said(DOWNGRADED, one) for one in checked.report.findings]
    after_all = answered(checked, downgrades, CONTENT)
    assert not after_all.valid
    errors = {one.code for one in after_all.report.findings if one.severity is Severity.ERROR}
    assert errors == {"not_number"}
    assert after_all.report.findings[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("code", "rule", "may"),
    [
        ("total", "total-1", True),
        ("required", "required", True),
        ("not_number", "numbers", False),
        ("number_ambiguous", "numbers", False),
        ("number_too_large", "numbers", False),
        ("table_missing", "", False),
        ("workbook_unreadable", "", False),
    ],
)
def test_what_was_not_read_can_not_be_downgraded(code: str, rule: str, may: bool) -> None:
    assert may_be_downgraded(code, rule) is may


def test_the_handler_takes_what_was_answered_before() -> None:
    original = xlsx(wrong())
    content = hashlib.sha256(original).hexdigest()
    facts = replace(FACTS, answers=(replace(said(DOWNGRADED), content=content),))
    outcome = handle(received(), facts, {"original": original})
    (draft,) = outcome.events
    assert draft.TOPIC == "submission.validated"
    assert (to_avro(draft)["warnings"], to_avro(draft)["figures"]) == (1, 10)
    assert {"observations", "marked", "report"} <= {one.kind for one in outcome.objects}
    (row,) = outcome.rows
    assert row.table is AttemptRow
    assert (row.values["verdict"], row.values["content"]) == ("validated", "0" * 64)
    assert row.values["head"] == ATTEMPT


# -- answering


def known(finding: Finding = TOTAL, answers: tuple[Answer, ...] = (), **head: Any) -> Known:
    data = {
        "severity": finding.severity.value,
        "code": finding.code,
        "rule": finding.rule,
        "cells": list(finding.place.cells),
    }
    return Known(from_avro(Head, HEAD | head), CONTENT, data, "phong-1", answers)


def wish(kind: AnswerKind = DOWNGRADED, **changes: Any) -> Wish:
    plain = Wish(TOTAL.id, kind, "p-kinh-te", OFFICE, "officer", "Vì chú thích.", "12/TK")
    return replace(plain, **changes)


def made(*arguments: Any) -> tuple[UUID, Outcome]:
    found = answer(*arguments)
    assert found is not None
    return found


def test_an_answer_is_a_row_and_an_event_without_its_text() -> None:
    id_, outcome = made(wish(), known(), NOW)
    (draft,), (row,) = outcome.events, outcome.rows
    codec().encode("finding.answered-value", to_avro(draft))
    assert (draft.TOPIC, draft.key) == ("finding.answered", HEAD["submission_id"])
    assert (to_avro(draft)["answer_id"], to_avro(draft)["kind"]) == (str(id_), "downgraded")
    assert to_avro(draft)["cells"] == ["C5", "C6", "C8", "C9"]
    assert "chú thích" not in str(to_avro(draft))
    assert row.table is AnswerRow
    assert (row.values["text"], row.values["number"]) == ("Vì chú thích.", 1)
    again, _ = made(wish(), known(answers=(said(EXPLAINED),)), NOW)
    assert again != id_


def test_the_same_answer_sent_again_changes_nothing() -> None:
    before = (replace(said(DOWNGRADED), attempt=HEAD["attempt"]),)
    assert answer(wish(), known(answers=before), NOW) is None
    for other in (
        wish(text="khác"),
        wish(person="p-khac"),
        wish(kind=REFUSED),
        wish(document=None),
    ):
        assert answer(other, known(answers=before), NOW) is not None
    assert answer(wish(), known(answers=(*before, said(REFUSED))), NOW) is not None


WARNING = replace(TOTAL, severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("kind", "finding", "head", "code"),
    [
        (ACCEPTED, TOTAL, {}, Code.NOT_WARNING),
        (ACCEPTED, replace(TOTAL, severity=Severity.INFORMATION), {}, Code.NOT_WARNING),
        (ACCEPTED, WARNING, {}, None),
        (DOWNGRADED, WARNING, {}, Code.NOT_ERROR),
        (DOWNGRADED, replace(TOTAL, rule=""), {}, Code.NOT_DOWNGRADABLE),
        (DOWNGRADED, replace(TOTAL, code="not_number"), {}, Code.NOT_DOWNGRADABLE),
        (DOWNGRADED, TOTAL, {}, None),
        (REFUSED, TOTAL, {}, None),
        (DOWNGRADED, TOTAL, {"sender": OFFICE}, Code.OWN_SUBMISSION),
        (REFUSED, TOTAL, {"sender": OFFICE}, Code.OWN_SUBMISSION),
        (EXPLAINED, TOTAL, {"sender": OFFICE}, None),
    ],
)
def test_what_may_be_answered(
    kind: AnswerKind, finding: Finding, head: dict[str, Any], code: Code | None
) -> None:
    if code is None:
        assert made(wish(kind), known(finding, **head), NOW)
        return
    with pytest.raises(Refused) as refused:
        answer(wish(kind), known(finding, **head), NOW)
    assert refused.value.why is code
    assert refused.value.status == code.status


@pytest.mark.parametrize("code", Code)
def test_every_refusal_has_its_words(code: Code) -> None:
    problem = Refused(code)
    assert problem.body()["title"]
    assert problem.body()["en"]["detail"]


# -- accepted figures


def stored(**changes: Any) -> Event:
    observations = {"name": "n", "sha256": "s", "size": 1, "media_type": "m"}
    data = HEAD | {"observations": observations} | changes
    event = received()
    return replace(
        event, topic="submission.stored", data=said_of("submission.stored", data), time=NOW
    )


def test_stored_figures_are_kept_under_one_spelling_of_their_period() -> None:
    assert CHECKED.figures
    content = to_parquet(CHECKED.figures)
    outcome = acceptance.handle(
        stored(period="2026-07-01/P3M"), Standing(0), {"observations": content}
    )
    (row,) = outcome.rows
    assert (row.table, row.conflict) == (AcceptedRow, "replace")
    assert (row.values["period"], row.values["attempt"]) == ("2026-Q3", 2)
    assert row.values["observations"] == content
    assert acceptance.reads(stored(), Standing(0)) == {"observations": stored().data.observations}


def test_what_is_not_kept() -> None:
    content = {"observations": to_parquet(CHECKED.figures)}
    assert acceptance.handle(stored(), Standing(3), content) == Outcome()
    assert acceptance.handle(stored(), Standing(2), content) != Outcome()
    assert acceptance.reads(stored(observations=None), Standing(0)) == {}
    assert acceptance.handle(stored(observations=None), Standing(0), {}) == Outcome()
    for broken in (b"", b"PAR1", content["observations"][:-9]):
        with pytest.raises(Permanent):
            acceptance.handle(stored(), Standing(0), {"observations": broken})


def test_accepted_figures_come_to_the_rules_as_they_were_stored() -> None:
    figures: list[Observation] = [
        *CHECKED.figures[:1],
        replace(CHECKED.figures[1], value=None, missing=Missing.NOT_COLLECTED),
    ]
    one = Stored("before", FORM.to_dict(), "so-1", STATEMENT, 2, to_parquet(figures)).accepted()
    assert (one.reference, one.sender, one.attempt) == ("before", "so-1", 2)
    first, second = one.figures
    assert (first.indicator, first.value, first.missing) == ("1", figures[0].value, None)
    assert (second.value, second.missing) == (None, Missing.NOT_COLLECTED)
    with pytest.raises(Permanent):
        Stored("before", {}, "so-1", STATEMENT, 2, b"").accepted()


# -- changed rules


REPORT = json.loads(CHECKED.report.to_json())
BODY = FORM.to_dict()


def test_a_change_replaces_adds_and_removes_rules() -> None:
    rule = {"id": "total", "kind": "total", "expression": "1 >= 2", "level": 1}
    new = rule | {"id": "new"}
    change = Change.of({"form": "small", "rules": [rule, new], "removed": ["part"]})
    made = change.applied(BODY)
    assert [one["id"] for one in made["rules"]] == ["numbers", "required", "total", "new"]
    assert made["rules"][2]["expression"] == "1 >= 2"
    assert Change.of(BODY).applied({"anything": 1}) == BODY


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"form": 1, "rules": []},
        {"form": "small"},
        {"form": "small", "rules": "x"},
        {"form": "small", "rules": ["x"]},
        {"form": "small", "removed": [1]},
        {"form": "small", "removed": ["total"], "since": 1},
        {"tables": []},
    ],
)
def test_what_is_no_change_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        Change.of(data)


def test_a_trial_names_the_rules_that_decide() -> None:
    mild = Change("small", rules=({**BODY["rules"][2], "severity": "warning"},)).applied(BODY)
    found = tried(Facts(mild), ATTEMPT, xlsx(wrong()), CONTENT, REPORT)
    assert (found.then, found.now, found.changes) == ("returned", "valid", True)
    assert (found.errors, found.warnings, found.count) == ((1, 0), (0, 1), 3)
    # What is valid is compared with its history, which there is none of.
    assert [(one.change, one.severity) for one in found.differences] == [
        ("new", "warning"), ("new", "information"), ("gone", "error"),
    ]  # fmt: skip
    data = found.data()
    assert data["rules"] == ["total"]
    assert "987654" not in json.dumps(data)


def test_a_trial_of_the_same_rules_changes_nothing() -> None:
    found = compared(REPORT, CHECKED)
    assert (found.changes, found.count, found.data()["rules"]) == (False, 0, [])


def test_a_trial_counts_all_and_lists_the_first() -> None:
    sheet = rows() + [[f"Khoản {number}", 100 + number, 1, 1] for number in range(30)]
    found = compared(json.loads(run(rows()).report.to_json()), run(sheet))
    assert (found.count, len(found.differences)) == (30, 20)
    assert found.data()["rules"] == ["row_unknown"]


def test_a_trial_that_takes_too_long_would_be_returned() -> None:
    found = overrun(Facts(BODY), json.loads(run(rows()).report.to_json()))
    assert (found.now, found.changes) == ("returned", True)
    assert found.data()["rules"] == ["workbook_overran"]


def test_downgrades_of_then_hold_in_a_trial() -> None:
    facts = Facts(BODY, answers=(said(DOWNGRADED),))
    report = json.loads(after(DOWNGRADED).report.to_json())
    found = tried(facts, ATTEMPT, xlsx(wrong()), CONTENT, report)
    assert (found.then, found.now, found.count) == ("valid", "valid", 0)

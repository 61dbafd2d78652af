"""The handler: an event and facts in, drafts and objects out."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome
from services.kernel.limits import OutOfTime
from services.model.codelist import load_codelists
from services.model.form import load_forms
from services.model.observation import from_parquet
from services.validation import examination
from services.validation.facts import Facts, codelists_of
from services.validation.handler import handle
from tests.unit.test_validation_check import FORM, rows
from tests.unit.workbooks import xlsx

HEAD: dict[str, Any] = {
    "submission_id": "5b6ff52e-6c0c-5d1d-9f2c-3a5d3a0f5a11",
    "attempt": 2,
    "sender": "so-tai-chinh-dien-bien",
    "form": "small",
    "form_version": 1,
    "area_list": "63",
    "area": "11",
    "period": "2026-Q3",
    "completeness": "preliminary",
    "round": 1,
    "regime": "coordination",
    "classification": "public",
    "province": "11",
    "catalogue_version": 7,
}
FACTS = Facts(FORM.to_dict())


def received(**changes: Any) -> Event:
    return Event(
        id=UUID(int=1),
        topic="submission.received",
        key=HEAD["submission_id"],
        data=HEAD | {"statement": "secret", "original": {"sha256": "0" * 64}} | changes,
        time=datetime(2026, 11, 23, tzinfo=UTC),
        subject=HEAD["submission_id"],
        source="intake",
    )


def handled(sheet: list[list[Any]]) -> Outcome:
    return handle(received(), FACTS, {"original": xlsx(sheet)})


def test_a_valid_workbook_is_validated_with_its_objects() -> None:
    outcome = handled(rows())
    (draft,) = outcome.events
    assert draft.topic == "submission.validated"
    assert draft.key == draft.subject == HEAD["submission_id"]
    assert {name: draft.data[name] for name in HEAD} == HEAD
    assert "statement" not in draft.data
    assert (draft.data["figures"], draft.data["rounded"], draft.data["warnings"]) == (10, 0, 0)
    assert draft.data["rules"] == 4
    assert draft.data["rule_set"] == FORM.rule_set
    objects = {one.kind: one for one in outcome.objects}
    assert set(objects) == {"report", "cells", "observations"}
    for kind, one in objects.items():
        assert draft.data[kind] == one.reference()
        assert one.reference()["sha256"] == hashlib.sha256(one.content).hexdigest()
    assert from_parquet(objects["observations"].content).height == 10
    assert json.loads(objects["report"].content)["verdict"] == "valid"


def test_a_failed_rule_returns_it_without_any_value() -> None:
    sheet = rows()
    sheet[7][2] = 987654.25
    outcome = handled(sheet)
    (draft,) = outcome.events
    assert draft.topic == "submission.returned"
    assert (draft.data["errors"], draft.data["warnings"]) == (1, 0)
    assert draft.data["findings"] == [
        {
            "code": "total",
            "rule": "total",
            "level": 1,
            "severity": "error",
            "sheet": "#1",
            "cells": ["C5", "C6", "C8", "C9"],
        }
    ]
    assert "observations" not in draft.data
    assert "987654" not in repr(draft)
    report = json.loads({one.kind: one for one in outcome.objects}["report"].content)
    assert report["findings"][0]["difference"] == "-987634.25"
    assert set(report["findings"][0]["mend"]) == {"vi", "en"}


def test_at_most_twenty_findings_travel_and_errors_come_first() -> None:
    sheet = rows()
    sheet[1] = []
    sheet += [[f"Khoản {number}", 100 + number, 1, 1] for number in range(30)]
    (draft,) = handled(sheet).events
    assert draft.data["errors"] == 30
    assert draft.data["warnings"] == 1
    assert [one["severity"] for one in draft.data["findings"]] == ["error"] * 20


def test_what_is_no_workbook_is_returned_without_cells() -> None:
    (draft,) = handle(received(), FACTS, {"original": b"\x00"}).events
    assert draft.topic == "submission.returned"
    assert draft.data["cells"] is None
    assert draft.data["findings"][0]["code"] == "workbook_unreadable"


def test_the_same_event_gives_the_same_outcome() -> None:
    content = xlsx(rows())
    first = handle(received(), FACTS, {"original": content})
    assert handle(received(), FACTS, {"original": content}) == first


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        (Facts(None), {}),
        (Facts({"id": "small"}), {}),
        (FACTS, {"period": "quý 3"}),
        (FACTS, {"completeness": "final"}),
    ],
)
def test_what_can_never_be_checked_is_rejected_for_good(
    facts: Facts, changes: dict[str, Any]
) -> None:
    with pytest.raises(Permanent):
        handle(received(**changes), facts, {"original": xlsx(rows())})


def test_a_form_names_the_code_lists_it_needs() -> None:
    form = load_forms()["dn-list"]
    assert codelists_of(form.to_dict()) == ("VSIC2018",)
    assert codelists_of(FORM.to_dict()) == ()
    assert "VSIC2018" in load_codelists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("bug"), "workbook_unreadable"),
        (BaseException("panic"), "workbook_unreadable"),
        (MemoryError(), "workbook_overran"),
        (OutOfTime(), "workbook_overran"),
    ],
)
def test_what_no_reader_foresaw_is_a_finding_and_no_crash(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: str
) -> None:
    def failing(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr(examination, "check", failing)
    (draft,) = handled(rows()).events
    assert draft.topic == "submission.returned"
    assert [one["code"] for one in draft.data["findings"]] == [code]
    assert (draft.data["figures"], draft.data["cells"], draft.data["marked"]) == (0, None, None)

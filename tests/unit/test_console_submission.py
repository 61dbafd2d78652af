"""The page of a submission, as it is put together from what the services tell: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.console.pages.submission import NOTHING, Seen, _parts
from services.console.session import Person
from services.model.text import Language
from tests.browser.fakes import attempt

WHEN = datetime(2026, 11, 24, 2, tzinfo=UTC).isoformat()
ROOM = "phong-thong-ke-kinh-te-dien-bien"
OFFICER = Person(
    "p-kinh-te",
    "Vì Thị Mẫu",
    "thong-ke-dien-bien",
    frozenset({"officer"}),
    frozenset({ROOM}),
    "",
    0.0,
)
ACT = {
    "person": "p-lanh-dao", "outcome": "release", "reason": "Đã đối chiếu sổ thu.", "decision": 2,
    "document": "12/TKĐB-TH", "on_behalf": None, "decided_at": WHEN,
}  # fmt: skip
REVIEW = {
    "room": ROOM, "reviewers": 2, "agreed": 0, "is_overdue": False, "due": WHEN, "decision": 2, "acts": [ACT],
}  # fmt: skip


def shown(
    state: str, review: dict[str, Any] | None, who: Person = OFFICER, language: Language = "vi"
) -> dict[str, str]:
    """The sections of the page by name."""
    found = Seen(attempt("cho", state), None, None, review, [], {})
    found.attempt["times"]["held"] = WHEN
    return {part.id: part.html for part in _parts(found, who, language, NOTHING, "token")}


@pytest.mark.parametrize(
    "state", ["held", "cleared", "stored", "withheld", "superseded", "withdrawn"]
)
def test_who_decided_when_and_why_stays_visible_in_every_later_state(state: str) -> None:
    said = shown(state, REVIEW)["decided"]
    for words in ("p-lanh-dao chấp nhận", "24/11/2026", "Đã đối chiếu sổ thu.", "12/TKĐB-TH"):
        assert words in said
    assert "p-lanh-dao accepted it" in shown(state, REVIEW, language="en")["decided"]


def test_a_decision_is_offered_only_while_it_waits_and_once_for_each_hold() -> None:
    assert "decision" in shown("held", REVIEW)
    assert "decision" not in shown("stored", REVIEW)
    mine = REVIEW | {"acts": [ACT | {"person": "p-kinh-te"}]}
    assert "decision" not in shown("held", mine)
    before = REVIEW | {"acts": [ACT | {"person": "p-kinh-te", "decision": 1}]}
    assert "decision" in shown("held", before), "that was about a hold that ended"
    assert "decision" not in shown("held", REVIEW | {"room": None}), "it waits for the leadership"


def test_who_may_not_read_reviews_sees_none() -> None:
    agency = replace(OFFICER, organisation="so-tai-chinh-dien-bien", roles=frozenset({"agency"}))
    assert "decided" not in shown("stored", None, agency)


def test_the_marked_workbook_is_offered_to_whom_intake_gives_it() -> None:
    found_one = {
        "severity": "warning",
        "sheet": "Biểu 1",
        "cells": ["C5"],
        "rule": "r",
        "code": "check",
    }
    read: dict[str, Any] = {"findings": [found_one], "repairs": [], "rules": []}
    for report, offered in ((None, False), (read, True), (read | {"findings": []}, False)):
        found = Seen(attempt("cho", "returned"), report, report, None, [], {})
        parts = _parts(found, OFFICER, "vi", NOTHING, "token")
        assert any("/marked?" in part.html for part in parts) is offered

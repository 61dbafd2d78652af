"""What intake's API says of a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.intake import store, views

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SUBMISSION = UUID(int=7)
REASON = {
    "policy": "dien-bien.names", "requirement": "R19", "instrument": "dien-bien-1618-2021",
    "article": "6", "clause": "2", "message": "policy.identifiers", "cells": [],
}  # fmt: skip
HELD = REASON | {"instrument": "", "article": "", "clause": None, "message": "policy.no-such"}


def shown(numbers: dict[str, str]) -> list[dict[str, Any]]:
    submission = store.Submission(
        submission_id=SUBMISSION, sender="so", form="f", area_list="63", area="11",
        period="2026-Q3", completeness="estimate", round=1, created_at=NOW,
    )  # fmt: skip
    attempt = store.Attempt(
        submission_id=SUBMISSION, attempt=1, form_version=1, regime="sharing", province="11",
        classification="internal", catalogue_version=1, sha256="", original={}, statement="",
        received_at=NOW, sequence=1,
    )  # fmt: skip
    status = store.Status(
        submission_id=SUBMISSION, attempt=1, state="withheld", since=NOW, account="withheld",
        decision=1, figures_read=3, figures=3, detail={"reasons": [REASON, HELD]},
    )  # fmt: skip
    return views.state_view((submission, attempt, status), [], [], numbers, has_words=True).reasons


def test_a_reason_has_its_instruments_number_and_its_text() -> None:
    reason, held = shown({"dien-bien-1618-2021": "1618/QĐ-UBND", "other": "1"})
    assert reason["number"] == "1618/QĐ-UBND"
    assert reason["text"]["vi"].startswith("Tệp có thông tin")
    assert held == HELD


def test_an_instrument_that_the_catalogue_has_not_keeps_its_id_alone() -> None:
    reason, _ = shown({})
    assert "number" not in reason
    assert reason["instrument"] == REASON["instrument"]

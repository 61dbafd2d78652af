"""What bears a marking of secrecy is withheld, unless it was returned, and quarantined; no event names its text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.events.policy import IncidentOutcome
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.kernel.events import Event, Outcome
from services.policy.decisions.attempts import handle, handle_returned
from services.policy.decisions.incidents import Closing, close
from services.policy.store import IncidentRow, ReturnedRow
from tests.contract.examples import examples
from tests.said import said
from tests.unit.policy_cases import cells
from tests.unit.test_policy_handler import CLEAN, SUBMISSION, facts, validated

SECRET = cells([["TỐI MẬT"], ["Chỉ tiêu", "Quý III"], ["Tổng thu", "100"], ["Độ mật: Mật"]])
LAW = ("luat-bi-mat-nha-nuoc-117-2025", "5", "2")


def incidents(outcome: Outcome) -> list[Any]:
    return [row.values for row in outcome.rows if row.table is IncidentRow]


def returned(content: bytes) -> Event:
    data = examples("submission.returned")[0] | {
        "submission_id": SUBMISSION,
        "cells": vars(validated(content=content).data.cells),
    }
    return replace(validated(), topic="submission.returned", data=said("submission.returned", data))


def test_a_marked_attempt_is_withheld_and_quarantined() -> None:
    event = validated(content=SECRET)
    outcome = handle(event, facts(), {"cells": SECRET})
    withheld, opened = outcome.events
    assert (withheld.TOPIC, opened.TOPIC) == ("submission.withheld", "incident.opened")
    (reason,) = to_avro(withheld)["reasons"]
    assert (reason["policy"], reason["message"]) == (
        "luat-bi-mat-nha-nuoc-117-2025.5.2.marked",
        "policy.secret-suspected",
    )
    assert [(one["cell"], one["kind"]) for one in reason["cells"]] == [
        ("A1", "secret"),
        ("A4", "confidential"),
    ]
    assert (to_avro(opened)["level"], to_avro(opened)["markings"]) == ("secret", 2)
    assert tuple(to_avro(opened)[name] for name in ("instrument", "article", "clause")) == LAW
    codec().encode("incident.opened-value", to_avro(opened))
    (row,) = incidents(outcome)
    assert (row["submission_id"], row["attempt"], row["level"]) == (UUID(SUBMISSION), 1, "secret")
    assert set(row) <= set(IncidentRow.model_fields)
    assert "TỐI MẬT" not in repr(outcome)


def test_a_returned_one_has_its_verdict_and_is_quarantined_all_the_same() -> None:
    outcome = handle_returned(returned(SECRET), facts(), {"cells": SECRET})
    (opened,) = outcome.events
    assert (opened.TOPIC, to_avro(opened)["level"]) == ("incident.opened", "secret")
    assert len(incidents(outcome)) == 1
    assert [row.table for row in outcome.rows] == [ReturnedRow, IncidentRow]


def test_without_a_marking_there_is_no_incident() -> None:
    assert [one.TOPIC for one in handle(validated(), facts(), {"cells": CLEAN}).events] == [
        "submission.cleared"
    ]
    for contents in ({"cells": CLEAN}, {}):  # the second: no text could be read
        outcome = handle_returned(returned(CLEAN), facts(), contents)
        assert (outcome.events, [row.table for row in outcome.rows]) == ((), [ReturnedRow])


def test_a_form_of_the_province_names_its_regulation() -> None:
    outcome = handle_returned(returned(SECRET), facts("dn-list"), {"cells": SECRET})
    data = to_avro(outcome.events[0])
    assert (data["instrument"], data["article"], data["clause"]) == (
        "dien-bien-1618-2021",
        "6",
        "1",
    )


def test_neither_acceptance_nor_a_waiver_lets_a_marked_one_through() -> None:
    waived = facts()
    event = validated(content=SECRET, warnings=1)
    assert handle(event, waived, {"cells": SECRET}).events[0].TOPIC == "submission.withheld"


def test_the_end_of_an_incident_is_an_event_without_words() -> None:
    row = IncidentRow(
        incident_id=uuid4(), submission_id=UUID(SUBMISSION), attempt=1, level="secret",
        head=validated().data.head,
        markings=[], opened_at=datetime(2026, 11, 26, tzinfo=UTC),
    )  # fmt: skip
    said = Closing(
        IncidentOutcome.MET, person="p-lanh-dao", reason="Đã nhận bản giấy", document="45/TKĐB-TH"
    )
    outcome = close(row, said, datetime(2026, 11, 27, tzinfo=UTC))
    assert outcome is not None
    (event,) = outcome.events
    codec().encode("incident.closed-value", to_avro(event))
    assert to_avro(event)["outcome"] == "met_by_secrecy_channel"
    assert "Đã nhận" not in repr(event)

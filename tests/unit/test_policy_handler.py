"""Policy's handler: one verdict an attempt, numbered events, the highest cleared one current."""

import hashlib
import json
import pickle
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.events.policy import SubmissionCleared
from services.kernel.avro import to_avro
from services.kernel.codec import codec
from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome
from services.model.codelist import load_codelists
from services.model.enumerations import Completeness
from services.model.form import shipped_forms
from services.model.observation import Measure, Observation, to_parquet
from services.model.text import SCHEMAS
from services.policy.decisions.attempts import handle, reads
from services.policy.decisions.case import evidence_of
from services.policy.decisions.facts import Facts, FormFacts, ItemFacts
from services.policy.decisions.rows import REVIEWS, asked_of, attempt_of
from services.policy.law.decide import decide
from services.policy.law.verdict import Verdict
from services.policy.store import ActRow, AttemptRow, DecisionRow, RequestRow, SubmissionRow
from tests.said import said
from tests.unit.policy_cases import REGULATIONS, case, cells

LISTS = {id_: one.to_dict() for id_, one in load_codelists().items()}
FORMS = {form_id: FormFacts.of(form.to_dict(), LISTS) for form_id, form in shipped_forms().items()}
T0 = datetime(2026, 11, 23, 9, tzinfo=UTC)
SUBMISSION = "0b9a3c58-5d6a-5c0e-9d83-1a2b3c4d5e6f"
CLEAN = cells([["Chỉ tiêu", "Quý III"], ["Tổng thu", "100"]])
FIRMS = cells(
    [
        ["Tên doanh nghiệp", "Họ và tên chủ doanh nghiệp", "Số CCCD", "Địa chỉ", "Doanh thu"],
        ["Công ty TNHH Thử", "Lò Văn Thử", "011085001234", "Bản Thử, xã Thử", "12"],
    ]
)
PROJECTS = cells(
    [
        ["Tên dự án", "Tên chủ đầu tư", "Giá trị dự án hoàn thành"],
        ["Đường Thử Nghiệm", "Công ty TNHH Thử", "80000"],
    ]
)


def reference(kind: str, content: bytes, attempt: int) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    name = f"{SUBMISSION}/{attempt}/{kind}/{digest}"
    size = len(content)
    return {"name": name, "sha256": digest, "size": size, "media_type": "application/json"}


def validated(attempt: int = 1, content: bytes = CLEAN, **changes: Any) -> Event:
    data: dict[str, Any] = {
        "submission_id": SUBMISSION,
        "attempt": attempt,
        "sender": "so-tai-chinh-dien-bien",
        "form": "cv17809-1",
        "form_version": 1,
        "area_list": "63",
        "area": "11",
        "period": "2026-Q3",
        "completeness": "preliminary",
        "round": 1,
        "regime": "coordination",
        "classification": "public",
        "province": "11",
        "catalogue_version": 40 + attempt,
        "figures": 94,
        "rounded": 0,
        "warnings": 0,
        "rules": 12,
        "rule_set": "0" * 64,
        "observations": reference("observations", b"parquet", attempt),
        "cells": reference("cells", content, attempt),
        "report": reference("report", b"{}", attempt),
        "flags": None,
    }
    return Event(
        id=uuid4(),
        topic="submission.validated",
        key=SUBMISSION,
        data=said("submission.validated", data | changes),
        time=T0,
        subject=SUBMISSION,
        source="validation",
    )


AGREED = ItemFacts(purposes=frozenset({"báo cáo"}))
"""What most are asked for."""


def facts(form_id: str = "cv17809-1", **changes: Any) -> Facts:
    return replace(Facts({1: FORMS[form_id]}, True, REGULATIONS, AGREED), **changes)


def decided(event: Event, known: Facts, content: bytes = CLEAN) -> Outcome:
    """The outcome, after the codec has accepted every event of it."""
    outcome = handle(event, known, {"cells": content})
    for draft in outcome.events:
        encoded = codec().encode(f"{draft.TOPIC}-value", to_avro(draft))
        assert codec().decode(f"{draft.TOPIC}-value", encoded)["decision"] >= 1
    return outcome


def topics(outcome: Outcome) -> list[str]:
    return [draft.TOPIC.removeprefix("submission.") for draft in outcome.events]


def test_a_clean_duty_is_cleared() -> None:
    event = validated()
    outcome = decided(event, facts())
    (cleared,) = outcome.events
    assert cleared.TOPIC == "submission.cleared"
    assert (cleared.key, cleared.subject) == (SUBMISSION, SUBMISSION)
    assert isinstance(cleared, SubmissionCleared) and cleared.head == event.data.head
    assert (to_avro(cleared)["decision"], to_avro(cleared)["figures"]) == (1, 94)
    assert to_avro(cleared)["observations"] == to_avro(event.data)["observations"]
    assert "luat-thong-ke-89-2015.10.1e" in to_avro(cleared)["checked"]
    (release,) = to_avro(cleared)["releases"]
    assert (release["audience_kind"], release["state"]) == ("compilers", "granted")
    assert {one["instrument"] for one in release["articles"]} == {
        "luat-bi-mat-nha-nuoc-117-2025",
        "luat-thong-ke-89-2015",
        "quy-che-1908-2020",
    }


def test_a_list_of_firms_without_consent_is_withheld() -> None:
    event = validated(content=FIRMS, form="dn-list", regime="sharing", classification="internal")
    outcome = decided(event, facts("dn-list"), FIRMS)
    (withheld,) = outcome.events
    assert withheld.TOPIC == "submission.withheld"
    (reason,) = to_avro(withheld)["reasons"]
    assert (reason["requirement"], reason["instrument"]) == ("R19", "dien-bien-1618-2021")
    assert (reason["article"], reason["clause"]) == ("6", "2")
    assert {one["cell"] for one in reason["cells"]} == {"A2", "B2", "C2", "D2"}
    shown = json.dumps([to_avro(draft) for draft in outcome.events], ensure_ascii=False)
    shown += json.dumps([dict(row.values) for row in outcome.rows], default=str, ensure_ascii=False)
    assert not any(value in shown for value in ("Lò Văn", "011085001234", "Công ty", "Bản Thử"))


def test_calling_a_list_of_firms_a_duty_does_not_help() -> None:
    event = validated(content=FIRMS, form="dn-list", regime="coordination")
    assert topics(decided(event, facts("dn-list"), FIRMS)) == ["withheld"]


def test_a_form_that_demands_names_is_cleared_for_the_compilers() -> None:
    event = validated(content=PROJECTS, form="cv17809-4")
    assert topics(decided(event, facts("cv17809-4"), PROJECTS)) == ["cleared"]
    assert topics(decided(event, facts("cv17809-1"), PROJECTS)) == ["withheld"]
    shared = validated(content=PROJECTS, form="cv17809-4", regime="sharing")
    assert topics(decided(shared, facts("cv17809-4"), PROJECTS)) == ["withheld"]


def test_a_form_allows_the_names_it_asks_for_and_no_numbers() -> None:
    with_number = cells([["Tên chủ đầu tư", "Số CCCD"], ["Lò Văn Thử", "011085001234"]])
    event = validated(content=with_number, form="cv17809-4")
    assert topics(decided(event, facts("cv17809-4"), with_number)) == ["withheld"]
    assert FORMS["cv17809-4"].demanded == {"person_name", "organisation_name", "household"}
    assert FORMS["cv17809-1"].demanded == frozenset()


@pytest.mark.parametrize(
    ("changes", "known", "content", "verdict", "message"),
    [
        ({"classification": "state_secret"}, {}, CLEAN, "withheld", "policy.state-secret"),
        ({}, {}, CLEAN + b" ", "withheld", "policy.quality"),
        ({"rule_set": ""}, {}, CLEAN, "held", "policy.unproven"),
        ({}, {"forms": {}}, CLEAN, "held", "policy.form-missing"),
        ({}, {"sender_known": False}, CLEAN, "held", "policy.sender-missing"),
        ({}, {"instruments": ()}, CLEAN, "held", "policy.no-law"),
    ],
)
def test_why_it_is_not_cleared(
    changes: dict[str, Any], known: dict[str, Any], content: bytes, verdict: str, message: str
) -> None:
    outcome = decided(validated(**changes), facts(**known), content)
    assert topics(outcome) == [verdict]
    assert to_avro(outcome.events[0])["reasons"][0]["message"] == message
    row = outcome.rows[-1]
    assert (row.values["current_attempt"], row.values["last_decision"]) == (None, 1)


def test_cells_that_can_not_be_read_are_held() -> None:
    broken = b'{"format": 1}'
    (held,) = decided(validated(content=broken), facts(), broken).events
    assert held.TOPIC == "submission.held"
    assert to_avro(held)["reasons"][0]["policy"] == "fact.findings"


def test_without_the_cells_it_is_held() -> None:
    (held,) = handle(validated(), facts(), {}).events
    assert held.TOPIC == "submission.held"


def test_what_was_returned_is_no_evidence_that_nothing_is_wrong() -> None:
    event = replace(validated(), topic="submission.returned", data=said("submission.returned"))
    assert (evidence_of(event, CLEAN).errors, evidence_of(event, CLEAN).integrity) == (None, None)


@pytest.mark.parametrize(
    ("hour", "law"), [(16, "luat-bi-mat-nha-nuoc-29-2018"), (17, "luat-bi-mat-nha-nuoc-117-2025")]
)
def test_the_day_is_that_of_viet_nam(hour: int, law: str) -> None:
    secret = validated(classification="state_secret")
    event = replace(secret, time=datetime(2026, 2, 28, hour, tzinfo=UTC))
    assert to_avro(decided(event, facts()).events[0])["reasons"][0]["instrument"] == law


def test_an_attempt_gets_one_verdict() -> None:
    known = after(facts(), decided(validated(), facts()))
    with pytest.raises(Permanent, match="decided already"):
        handle(validated(), known, {"cells": CLEAN})


def after(known: Facts, outcome: Outcome) -> Facts:
    """The facts that the rows of an outcome lead to, as `loading.load` would read them."""
    attempts = {one.attempt: one for one in known.attempts}
    reviews = list(known.reviews)
    requests = {one.id: one for one in known.requests}
    for row in outcome.rows:
        if row.table is AttemptRow:
            one = attempt_of(AttemptRow(**row.values))
            attempts[one.attempt] = one
        elif row.table is ActRow:
            reviews.append(REVIEWS.of(ActRow(**row.values)))
        elif row.table is RequestRow:
            asked = asked_of(RequestRow(**row.values))
            requests[asked.id] = asked
    submission = outcome.rows[-1]
    assert (submission.table, submission.conflict) == (SubmissionRow, "replace")
    return replace(
        known,
        attempts=tuple(attempts[number] for number in sorted(attempts)),
        reviews=tuple(reviews),
        requests=tuple(requests.values()),
        last_decision=submission.values["last_decision"],
        current_attempt=submission.values["current_attempt"],
    )


def run(attempts: Sequence[tuple[int, bool]]) -> tuple[list[tuple[str, int, int]], Facts]:
    """Events as (verdict, attempt, decision) of attempts in this order; False is a secret."""
    known, seen = facts(), []
    for attempt, clean in attempts:
        classification = "public" if clean else "state_secret"
        outcome = decided(validated(attempt, classification=classification), known)
        for draft in outcome.events:
            verdict = draft.TOPIC.removeprefix("submission.")
            seen.append((verdict, to_avro(draft)["attempt"], to_avro(draft)["decision"]))
        known = after(known, outcome)
    return seen, known


def test_a_correction_supersedes() -> None:
    seen, known = run([(1, True), (2, True)])
    assert seen == [("cleared", 1, 1), ("superseded", 1, 2), ("cleared", 2, 3)]
    assert known.current_attempt == 2


def test_a_lower_attempt_that_comes_late_is_superseded_at_once() -> None:
    seen, known = run([(2, True), (1, True)])
    assert seen == [("cleared", 2, 1), ("cleared", 1, 2), ("superseded", 1, 3)]
    assert known.current_attempt == 2


def test_what_is_superseded_keeps_its_own_head() -> None:
    known = after(facts(), decided(validated(1), facts()))
    superseded, cleared = decided(validated(2), known).events
    assert (to_avro(superseded)["catalogue_version"], to_avro(cleared)["catalogue_version"]) == (
        41,
        42,
    )
    assert to_avro(superseded)["by_attempt"] == 2


def test_a_withheld_correction_leaves_the_current_one() -> None:
    seen, known = run([(1, True), (2, False)])
    assert [one[0] for one in seen] == ["cleared", "withheld"]
    assert known.current_attempt == 1


@given(st.permutations(range(1, 7)), st.lists(st.booleans(), min_size=6, max_size=6))
def test_in_any_order_the_highest_cleared_is_current(order: list[int], clean: list[bool]) -> None:
    seen, known = run([(attempt, clean[attempt - 1]) for attempt in order])
    cleared = {attempt for attempt in order if clean[attempt - 1]}
    assert known.current_attempt == (max(cleared) if cleared else None)
    assert [number for *_, number in seen] == list(range(1, len(seen) + 1))
    superseded = [attempt for verdict, attempt, _ in seen if verdict == "superseded"]
    assert sorted(superseded) == sorted(cleared - {known.current_attempt})
    verdicts = [(v, a) for v, a, _ in seen if v != "superseded"]
    assert len(verdicts) == len({attempt for _, attempt in verdicts}) == 6
    telling = [one for one in seen if one[0] in ("cleared", "superseded")]
    if telling:
        verdict, attempt, _ = max(telling, key=lambda one: one[2])
        assert (verdict == "cleared") == (attempt == known.current_attempt)


def test_rows_remember_the_decision() -> None:
    event = validated(content=FIRMS, form="dn-list", regime="sharing")
    row, attempt, submission = decided(event, facts("dn-list"), FIRMS).rows
    assert row.table is DecisionRow
    assert row.values["submission_id"] == UUID(SUBMISSION)
    assert row.values["verdict"] == "withheld"
    assert row.values["policies"][0] == "dien-bien-1618-2021.4.2"
    assert row.values["reasons"][0].clause == "2"
    assert (row.values["event_id"], row.values["decided_at"]) == (event.id, event.time)
    assert set(row.values) == set(DecisionRow.model_fields)
    assert set(submission.values) == set(SubmissionRow.model_fields)
    assert attempt.table is AttemptRow
    assert attempt.values["verdict"] == "withheld"


def test_facts_are_comparable_and_travel_to_a_worker() -> None:
    first = after(facts(), decided(validated(), facts()))
    assert pickle.loads(pickle.dumps(first)) == first
    assert first != facts()
    assert first == after(facts(), decided(replace(validated()), facts()))


def test_every_verdict_has_its_topic() -> None:
    declared = yaml.safe_load(Path(SCHEMAS / "topics.yaml").read_text(encoding="utf-8"))["topics"]
    for verdict in Verdict:
        assert declared[f"submission.{verdict}"]["owner"] == "policy"


# -- figures that would go


def figures(*values: str | None, list_: str = "cv17809-1/1") -> bytes:
    """An observations object: the indicators 1, 2, … with these values."""
    return to_parquet(
        Observation(
            indicator_list=list_,
            indicator=str(n),
            area_list="63",
            area="11",
            period="2026-Q3",
            reference_start=None,
            reference_end=None,
            value=None if value is None else Decimal(value),
            completeness=Completeness.PRELIMINARY,
            unit="VND",
            unit_multiplier=6,
            measure=Measure.FLOW,
            sheet="Biểu 1",
            cell=f"C{n}",
        )
        for n, value in enumerate(values, 1)
    )


def corrected(before: bytes, after: bytes, known: Facts | None = None, **changes: Any) -> Outcome:
    """The second attempt, after the first one was cleared."""
    first = known or after_decision(facts(), decided(validated(), facts()))
    event = validated(attempt=2, **changes)
    assert set(reads(event, first)) == {"cells", "observations", "current"}
    return handle(event, first, {"cells": CLEAN, "current": before, "observations": after})


def after_decision(known: Facts, outcome: Outcome) -> Facts:
    rows = [row for row in outcome.rows if row.table is AttemptRow]
    attempts = tuple(attempt_of(AttemptRow(**{**NO_HOLD, **row.values})) for row in rows)
    (submission,) = (row.values for row in outcome.rows if row.table is SubmissionRow)
    return replace(
        known,
        attempts=attempts,
        current_attempt=submission["current_attempt"],
        last_decision=submission["last_decision"],
    )


NO_HOLD: dict[str, Any] = {"room": None, "held_since": None, "due": None, "reviewers": None}


def test_an_attempt_that_takes_figures_away_waits_and_the_one_before_stays_current() -> None:
    outcome = corrected(figures("1", "2"), figures("1"))
    (held,) = outcome.events
    assert held.TOPIC == "submission.held"
    assert [one["message"] for one in to_avro(held)["reasons"]] == ["policy.shrinking"]
    assert outcome.rows[-1].values["current_attempt"] == 1


@pytest.mark.parametrize("gone", [("1",), ("1", None)])
def test_a_blank_is_counted_as_a_figure_that_goes(gone: tuple[str | None, ...]) -> None:
    outcome = corrected(figures("1", "2"), figures(*gone))
    assert [row.values["evidence"]["lost"] for row in outcome.rows if row.table is AttemptRow] == [
        1
    ]


def test_changed_and_added_figures_are_cleared_as_ever() -> None:
    outcome = corrected(figures("1", None), figures("0", "5", "7"))
    assert topics(outcome) == ["superseded", "cleared"]


def test_a_first_attempt_takes_nothing_away() -> None:
    assert set(reads(validated(), facts())) == {"cells"}


def test_an_attempt_that_comes_late_is_not_measured_by_a_later_one() -> None:
    later = after_decision(facts(), decided(validated(attempt=3), facts()))
    assert set(reads(validated(attempt=2), later)) == {"cells"}


def test_another_version_of_the_form_takes_away_only_what_it_still_asks_for() -> None:
    first = after_decision(facts(), decided(validated(), facts()))
    asks = replace(FORMS["cv17809-1"], indicators=frozenset({"1"}))
    newer = replace(first, forms={**first.forms, 2: asks})
    new = {"list_": "cv17809-1/2"}
    kept = corrected(figures("1", "2"), figures("1", **new), newer, form_version=2)
    assert topics(kept) == ["superseded", "cleared"]
    gone = corrected(figures("1", "2"), figures(None, **new), newer, form_version=2)
    assert topics(gone) == ["held"]


def test_figures_that_can_not_be_read_are_no_reason_to_let_them_go() -> None:
    with pytest.raises(Permanent, match="can't be read"):
        corrected(figures("1"), b"no parquet")


CLOSED = T0 - timedelta(days=1)


@pytest.mark.parametrize(
    ("received", "known", "waits"),
    [
        (T0, {}, True),
        (CLOSED, {}, True),
        (CLOSED - timedelta(microseconds=1), {}, False),
        (T0, {"returned": (CLOSED - timedelta(days=2),)}, False),
        (T0, {"returned": (CLOSED + timedelta(hours=1),)}, True),
        (T0, {"closings": ()}, False),
        (T0, {"closings": (T0 + timedelta(days=3), CLOSED)}, True),
    ],
    ids=["after", "at", "before", "returned before", "returned after", "none", "one of two"],
)
def test_a_first_delivery_after_the_closing_waits_for_the_room(
    received: datetime, known: dict[str, Any], waits: bool
) -> None:
    event = validated(1, received_at=received)
    outcome = decided(event, facts(**{"closings": (CLOSED,)} | known))
    said = [
        one["message"]
        for draft in outcome.events
        if draft.TOPIC == "submission.held"
        for one in to_avro(draft)["reasons"]
    ]
    assert said == (["policy.after-closing"] if waits else [])


def test_what_follows_an_accepted_delivery_is_a_revision_however_late() -> None:
    first = decided(validated(1, received_at=CLOSED - timedelta(days=1)), facts())
    known = replace(after(facts(), first), closings=(CLOSED,))
    why = validated(2, received_at=T0, explained=True)
    assert topics(decided(why, known)) == ["superseded", "cleared"]
    (held,) = decided(validated(2, received_at=T0), known).events
    assert [one["message"] for one in to_avro(held)["reasons"]] == ["policy.unexplained"]
    in_time = validated(2, received_at=CLOSED - timedelta(microseconds=1))
    assert topics(decided(in_time, known)) == ["superseded", "cleared"]


def test_a_room_that_accepts_it_is_not_asked_again() -> None:
    late = facts(closings=(CLOSED,))
    first = after(late, decided(validated(1, received_at=T0), late))
    assert first.attempts[0].evidence.is_after_closing
    accepted = replace(first, current_attempt=1)
    assert "held" not in topics(decided(validated(2), accepted))


def test_after_the_closing_and_with_fewer_figures_both_are_said() -> None:
    case_ = case(needs_acceptance=True, lost=2, is_after_closing=True)
    assert [one.message for one in decide(case_).reasons] == [
        "policy.after-closing", "policy.shrinking",
    ]  # fmt: skip

"""A cleared submission becomes vintages: corrections, withdrawals, lateness, releases."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.events import grdp as events
from services.grdp.facts import Decided, Facts, Latest
from services.grdp.handler import handle, reads
from services.grdp.identity import digest, figure_id, key_id
from services.grdp.store import (
    CONTENT,
    KEY,
    Attempt,
    Confirmation,
    Digest,
    Figure,
    Observation,
    Release,
    Submission,
)
from services.kernel.avro import from_avro, to_avro
from services.kernel.codec import codec
from services.kernel.errors import Permanent
from services.kernel.events import Event, Outcome
from services.model.observation import Missing
from tests.contract.examples import examples
from tests.unit.grdp_examples import SUBMISSION, cleared, figures, parquet

T1 = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW = Facts(0, 0, None, Decided(), {}, b"s" * 32)


def run(event: Event, facts: Facts, values: Mapping[str, str | None]) -> Outcome:
    return handle(event, facts, {"observations": parquet(values)})


def rows(outcome: Outcome, table: type) -> list[dict[str, Any]]:
    return [dict(row.values) for row in outcome.rows if row.table is table]


def key_of(indicator: str) -> UUID:
    """The key of one of the examples' figures."""
    event, outcome = (
        cleared({indicator: "1"}),
        run(cleared({indicator: "1"}), NEW, {indicator: "1"}),
    )
    assert event.data.figures == 1
    found: UUID = rows(outcome, Figure)[0]["key_id"]
    return found


def after(attempt: int, revisions: Mapping[str, Latest], at: datetime = T1) -> Facts:
    known = {key_of(name): latest for name, latest in revisions.items()}
    return Facts(attempt, attempt, at, Decided(), known, b"s" * 32)


def test_first_attempt_has_revision_1_of_every_figure() -> None:
    outcome = run(cleared({"1": "10.5", "2": None}), NEW, {"1": "10.5", "2": None})
    observations = rows(outcome, Observation)
    assert [(o["revision"], o["value"], o["missing"]) for o in observations] == [
        (1, Decimal("10.500000"), None),
        (1, None, "not_collected"),
    ]
    assert {o["known_from"] for o in observations} == {T1}
    assert len(rows(outcome, Figure)) == 2
    assert rows(outcome, Submission) == [
        {"id": SUBMISSION, "attempt": 1, "version": 1, "known_from": T1, "withdrawn": 0}
    ]
    (stored,) = outcome.events
    assert to_avro(stored)["figures"] == 2
    assert to_avro(stored)["vintage"] == T1
    codec().encode("submission.stored-value", to_avro(stored))


def test_the_digest_covers_key_revision_and_value() -> None:
    outcome = run(cleared({"1": "10.5", "2": None}), NEW, {"1": "10.5", "2": None})
    (stored,) = outcome.events
    lines = [(key_of("2"), 1, None), (key_of("1"), 1, Decimal("10.5"))]
    assert to_avro(stored)["digest"] == digest(b"s" * 32, lines)
    for other in (
        [(key_of("2"), 1, None), (key_of("1"), 1, Decimal("10.6"))],
        [(key_of("2"), 1, None), (key_of("1"), 2, Decimal("10.5"))],
        [(key_of("3"), 1, None), (key_of("1"), 1, Decimal("10.5"))],
        lines[:1],
    ):
        assert digest(b"s" * 32, other) != to_avro(stored)["digest"]
    assert digest(b"t" * 32, lines) != to_avro(stored)["digest"]


def test_the_salt_stays_here_so_that_nobody_tries_figures_until_one_fits() -> None:
    outcome = run(cleared({"1": "412"}), NEW, {"1": "412"})
    (stored,) = outcome.events
    (kept,) = rows(outcome, Digest)
    assert (kept["salt"], kept["digest"]) == (b"s" * 32, to_avro(stored)["digest"])
    assert (kept["submission_id"], kept["attempt"], kept["decision"]) == (SUBMISSION, 1, 1)
    published = codec().encode("submission.stored-value", to_avro(stored))
    assert b"s" * 32 not in published
    assert (b"s" * 32).hex().encode() not in published


def test_a_correction_is_a_new_revision_and_what_it_lacks_is_withdrawn() -> None:
    facts = after(1, {"1": Latest(1, False), "2": Latest(3, False), "3": Latest(2, True)})
    event = cleared({"1": "11", "4": "4"}, attempt=2, decision=2, time=T1 + timedelta(hours=1))
    outcome = run(event, facts, {"1": "11", "4": "4"})
    found = {
        o["figure_id"]: (o["revision"], o["value"], o["missing"], o["withdrawn"])
        for o in rows(outcome, Observation)
    }
    assert found == {
        figure_id(SUBMISSION, key_of("1")): (2, Decimal(11), None, False),
        figure_id(SUBMISSION, key_of("4")): (1, Decimal(4), None, False),
        figure_id(SUBMISSION, key_of("2")): (4, None, None, True),
    }
    assert [f["indicator"] for f in rows(outcome, Figure)] == ["4"]
    assert to_avro(outcome.events[0])["figures"] == 2
    lines = [(key_of("1"), 2, Decimal(11)), (key_of("4"), 1, Decimal(4)), (key_of("2"), 4, None)]
    assert to_avro(outcome.events[0])["digest"] == digest(b"s" * 32, lines)


def test_a_lower_attempt_that_comes_later_never_becomes_current() -> None:
    facts = after(2, {"1": Latest(1, False), "2": Latest(1, False)})
    event = cleared({"1": "9", "5": "5"}, attempt=1, decision=1, time=T1 - timedelta(hours=1))
    outcome = run(event, facts, {"1": "9", "5": "5"})
    observations = rows(outcome, Observation)
    assert [o["revision"] for o in observations] == [None, None]
    assert not any(o["withdrawn"] for o in observations)
    assert rows(outcome, Submission)[0]["attempt"] == 2
    assert rows(outcome, Submission)[0]["known_from"] == T1
    assert to_avro(outcome.events[0])["figures"] == 2


@pytest.mark.parametrize("time", [T1, T1 - timedelta(minutes=5)])
def test_vintages_rise_even_when_the_clock_went_back(time: datetime) -> None:
    facts = after(1, {"1": Latest(1, False)})
    outcome = run(cleared({"1": "9"}, attempt=2, decision=2, time=time), facts, {"1": "9"})
    assert rows(outcome, Observation)[0]["known_from"] == T1 + timedelta(microseconds=1)
    assert to_avro(outcome.events[0])["vintage"] == T1 + timedelta(microseconds=1)


@pytest.mark.parametrize("decision", [3, 4])
def test_a_decision_that_is_not_higher_changes_nothing(decision: int) -> None:
    facts = dataclasses.replace(NEW, decided=Decided(4, None, T1))
    assert run(cleared({"1": "9"}, decision=decision), facts, {"1": "9"}) == Outcome()


def test_a_higher_decision_about_stored_figures_is_only_noted() -> None:
    event = cleared({"1": "9"}, decision=5, time=T1 + timedelta(hours=1))
    decided = Decided(4, event.data.observations.sha256, T1)
    outcome = run(
        event, dataclasses.replace(after(1, {"1": Latest(1, False)}), decided=decided), {}
    )
    assert outcome.events == ()
    attempt, release = outcome.rows
    assert (attempt.table, release.table) == (Attempt, Release)
    assert (attempt.values["decision"], attempt.values["known_from"]) == (5, T1)


@pytest.mark.parametrize(
    ("kind", "state"), [("compilers", "pending"), ("compilers", "denied"), ("room", "granted")]
)
def test_only_what_the_compilers_may_read_is_read_and_stored(kind: str, state: str) -> None:
    event = cleared({"1": "9"}, kind=kind, state=state)
    assert reads(event, NEW) == {}
    outcome = handle(event, NEW, {})
    assert outcome.events == ()
    assert rows(outcome, Observation) == rows(outcome, Figure) == []
    assert rows(outcome, Attempt)[0]["stored"] is None
    assert rows(outcome, Attempt)[0]["figures"] == 0


def test_a_release_taken_back_withdraws_all_figures() -> None:
    facts = dataclasses.replace(after(1, {"1": Latest(1, False)}), decided=Decided(1, "0" * 64, T1))
    event = cleared({"1": "9"}, decision=2, state="denied", time=T1 + timedelta(hours=1))
    outcome = handle(event, facts, {})
    assert [(o["revision"], o["withdrawn"]) for o in rows(outcome, Observation)] == [(2, True)]
    assert outcome.events == ()


def test_an_object_that_is_not_what_the_event_says_is_rejected() -> None:
    with pytest.raises(Permanent, match="2 figures were cleared, 1 came"):
        run(cleared({"1": "9", "2": "9"}), NEW, {"1": "9"})
    with pytest.raises(Permanent, match="can't be read"):
        handle(cleared({"1": "9"}), NEW, {"observations": b"no parquet"})


def test_two_cells_with_one_key_are_rejected() -> None:
    twice = parquet({"1": "9"}, {"1": "8"})
    with pytest.raises(Permanent, match="Biểu 1!D1 and Biểu 1!D1 have the same key"):
        handle(cleared({"1": "9", "x": "8"}), NEW, {"observations": twice})


def test_ids_follow_from_what_they_identify() -> None:
    key = dict.fromkeys(KEY, "a")
    assert key_id(key) == key_id(dict(reversed(key.items())))
    assert key_id(key) != key_id(key | {"completeness": "b"})
    # The feed's ids are a contract: a change would repeat every record under another id.
    assert str(key_id(key)) == "341b7acd-f5b4-5b9c-93cf-52c5f6bc944c"
    first, second = (
        from_avro(
            events.Observation, examples("grdp.observation")[0] | key | {"revision": revision}
        )
        for revision in (1, 2)
    )
    assert str(first.own_id) == "3dbb969c-c133-5378-ad60-ecc4fb9b4d2f"
    assert first.own_id != second.own_id


def test_completeness_makes_another_key() -> None:
    estimate = run(cleared({"1": "9"}), NEW, {"1": "9"})
    content = parquet({"1": "9"}, completeness="preliminary")
    preliminary = handle(cleared({"1": "9"}), NEW, {"observations": content})
    assert rows(estimate, Figure)[0]["key_id"] != rows(preliminary, Figure)[0]["key_id"]
    assert figures({"1": "9"})[0].completeness == "estimate"


GIVEN = figures({"1": "10"})[0]


def known(revision: int = 3, *, gone: bool = False, **changed: Any) -> Facts:
    """The facts where GIVEN, with these fields changed, is the current revision."""
    one = dataclasses.replace(GIVEN, **changed)
    stored = dataclasses.asdict(one) | {"obs_comment": one.obs_comment or None}
    content = tuple(stored[name] for name in CONTENT)
    return after(1, {"1": Latest(revision, gone, content)})


def corrected(facts: Facts, **head: Any) -> Outcome:
    """What the next attempt, which is GIVEN, leads to."""
    event = cleared({"1": "10"}, **{"attempt": 2, "decision": 2, "time": T1 + HOUR, **head})
    return run(event, facts, {"1": "10"})


def revisions(outcome: Outcome) -> tuple[list[int | None], list[int]]:
    """Of the vintages that it makes, and of those that it confirms."""
    made, confirmed = (rows(outcome, table) for table in (Observation, Confirmation))
    return [one["revision"] for one in made], [one["revision"] for one in confirmed]


def test_what_is_sent_unchanged_is_confirmed_with_its_cell() -> None:
    outcome = corrected(known())
    assert revisions(outcome) == ([], [3])
    (confirmed,) = rows(outcome, Confirmation)
    assert confirmed == {
        "figure_id": figure_id(SUBMISSION, key_of("1")), "attempt": 2, "decision": 2, "revision": 3,
        "known_from": T1 + HOUR, "sheet": "Biểu 1", "cell": "D1", "rounded": False,
    }  # fmt: skip
    (stored,) = outcome.events
    assert to_avro(stored)["figures"] == 1
    assert to_avro(stored)["digest"] == digest(b"s" * 32, [(key_of("1"), 3, Decimal(10))])


@pytest.mark.parametrize(
    "changed",
    [
        {"value": Decimal("10.000001")},
        {"value": None, "missing": Missing.NOT_COLLECTED},
        {"value": None, "missing": None},
        {"reference_start": date(2026, 7, 1)},
        {"reference_end": date(2026, 9, 20)},
        {"obs_status": "E"},
        {"conf_status": "C"},
        {"conf_redist": "bo-tai-chinh"},
        {"embargo_time": T1},
        {"obs_comment": "ước"},
    ],
)
def test_whatever_else_changed_is_a_vintage_from_nothing_and_to_nothing(
    changed: dict[str, Any],
) -> None:
    assert revisions(corrected(known(**changed))) == ([4], [])


@pytest.mark.parametrize(
    "same", [{"sheet": "Biểu 2"}, {"cell": "E1"}, {"rounded": True}, {"value": Decimal("1E+1")}]
)
def test_where_it_stands_and_how_it_is_written_makes_no_vintage(same: dict[str, Any]) -> None:
    assert revisions(corrected(known(**same))) == ([], [3])


def test_what_comes_back_the_same_is_a_vintage() -> None:
    assert revisions(corrected(known(gone=True))) == ([4], [])


def test_what_another_submission_overtook_is_a_vintage() -> None:
    facts = dataclasses.replace(known(), overtaken=frozenset({key_of("1")}))
    assert revisions(corrected(facts)) == ([4], [])


def test_a_late_attempt_confirms_nothing() -> None:
    facts = dataclasses.replace(known(), attempt=3)
    assert revisions(corrected(facts)) == ([None], [])


def test_an_attempt_that_was_taken_back_is_never_current_whatever_is_decided_later() -> None:
    facts = dataclasses.replace(known(gone=True), withdrawn=2)
    assert revisions(corrected(facts)) == ([None], [])

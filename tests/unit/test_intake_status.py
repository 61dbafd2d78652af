from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake import store
from services.intake.projection import Facts, handle
from services.intake.status import Account, Seen, State, derive, seen
from services.kernel.events import Event
from tests.said import said

T0 = datetime(2026, 11, 23, 8, tzinfo=UTC)
REPORT = {"name": "r", "sha256": "0", "size": 1, "media_type": "application/json"}
DATA: dict[State, dict[str, Any]] = {
    State.RECEIVED: {},
    State.VALIDATED: {"figures": 94, "report": REPORT, "warnings": 1, "rounded": 0},
    State.RETURNED: {
        "figures": 94,
        "report": REPORT,
        "findings": [{"rule": "total-2"}],
        "errors": 1,
    },
    State.HELD: {"figures": 94, "decision": 1, "reasons": [{"policy": "p"}]},
    State.WITHHELD: {"figures": 94, "decision": 1, "reasons": [{"policy": "w"}]},
    State.CLEARED: {"figures": 94, "decision": 2, "checked": ["p", "q"]},
    State.STORED: {"figures": 94},
    State.SUPERSEDED: {"decision": 3, "by_attempt": 2},
    State.WITHDRAWN: {"figures": 94, "decision": 4},
}


def events(*states: State, **changes: Any) -> list[Seen]:
    return [
        seen(state, T0 + timedelta(seconds=n), DATA[state] | changes)
        for n, state in enumerate(states)
    ]


R, V, C, S = State.RECEIVED, State.VALIDATED, State.CLEARED, State.STORED
H = State.HELD


@pytest.mark.parametrize(
    ("states", "state", "verdict", "account"),
    [
        ((R,), R, None, Account.IN_FLIGHT),
        ((R, V), V, None, Account.IN_FLIGHT),
        ((R, State.RETURNED), State.RETURNED, "returned", Account.RETURNED),
        ((R, V, State.HELD), State.HELD, None, Account.HELD),
        ((R, V, State.WITHHELD), State.WITHHELD, "withheld", Account.WITHHELD),
        ((R, V, C), C, "cleared", Account.IN_FLIGHT),
        ((R, V, C, S), S, "cleared", Account.STORED),
        ((R, V, State.HELD, C, S), S, "cleared", Account.STORED),
        ((R, V, C, S, State.SUPERSEDED), State.SUPERSEDED, "cleared", Account.STORED),
        ((R, V, C, State.SUPERSEDED), State.SUPERSEDED, "cleared", Account.IN_FLIGHT),
        ((R, V, H, C, S, State.SUPERSEDED), State.SUPERSEDED, "cleared", Account.STORED),
        ((R, V, H, State.SUPERSEDED), State.SUPERSEDED, "superseded", Account.SUPERSEDED),
        ((R, V, C, S, State.WITHDRAWN), State.WITHDRAWN, "withdrawn", Account.WITHDRAWN),
        ((R, V, H, State.WITHDRAWN), State.WITHDRAWN, "withdrawn", Account.WITHDRAWN),
        ((R, V, State.WITHDRAWN), State.WITHDRAWN, "withdrawn", Account.WITHDRAWN),
    ],
)
def test_status_in_any_order_of_arrival(
    states: tuple[State, ...], state: State, verdict: str | None, account: Account
) -> None:
    happened = events(*states)
    for order in permutations(happened):
        status = derive(order)
        assert (status.state, status.verdict, status.account) == (state, verdict, account)
        assert status == derive(happened)


@pytest.mark.parametrize(
    "overtook", [(C,), (C, S), (H, C, S), (State.WITHHELD,), (H, State.SUPERSEDED)]
)
def test_a_decision_that_overtook_what_validation_found_waits_for_it(
    overtook: tuple[State, ...],
) -> None:
    """Else a sender who waits for the verdict gets it without warnings, and no report (seen once in a test run)."""
    for before in ((), (R,)):
        status = derive(events(*before, *overtook))
        assert (status.state, status.verdict, status.account) == (R, None, Account.IN_FLIGHT)
        assert (status.figures_read, status.figures, status.detail) == (None, 0, {})
    assert derive(events(*overtook, V)) == derive(events(*overtook, V, R))
    assert derive(events(*overtook, V)).detail["report"] == REPORT


@pytest.mark.parametrize("first", [V, State.RETURNED, State.WITHDRAWN])
def test_an_event_that_needs_no_other_is_enough(first: State) -> None:
    assert derive(events(first)).state is first


def test_the_higher_decision_wins_not_the_later_one() -> None:
    read = seen(V, T0, DATA[V])
    held = seen(State.HELD, T0 + timedelta(hours=1), DATA[State.HELD] | {"decision": 1})
    cleared = seen(C, T0, DATA[C] | {"decision": 2})
    again = seen(State.WITHHELD, T0, DATA[State.WITHHELD] | {"decision": 3})
    assert derive([read, held, cleared]).state is C
    assert derive([read, held, cleared, again]).state is State.WITHHELD
    assert derive([read, again, cleared, held]).decision == 3


def test_of_two_decisions_of_one_kind_the_higher_one_counts() -> None:
    read = seen(V, T0, DATA[V])
    old = seen(C, T0 + timedelta(hours=1), DATA[C] | {"decision": 2, "checked": ["old"]})
    new = seen(C, T0, DATA[C] | {"decision": 5, "checked": ["new"]})
    assert derive([read, new, old]).detail["checked"] == ["new"]


def test_a_decision_that_is_published_again_counts_nothing_twice() -> None:
    first = events(R, V, C, S)
    again = seen(C, T0 + timedelta(hours=1), DATA[C] | {"decision": 7})
    status = derive([*first, again])
    assert (status.state, status.account, status.figures) == (S, Account.STORED, 94)
    assert status.decision == 7


def test_what_was_overtaken_while_it_waited_is_counted_once() -> None:
    status = derive(events(R, V, H, State.SUPERSEDED))
    assert (status.figures_read, status.figures) == (94, 94)
    assert (
        derive(events(R, V, State.SUPERSEDED)).account is Account.IN_FLIGHT
    )  # its clearance is on its way


def test_the_report_stays_and_reasons_are_those_of_the_decision() -> None:
    withheld = derive(events(R, V, State.WITHHELD))
    assert withheld.detail["report"] == REPORT
    assert withheld.detail["reasons"] == [{"policy": "w"}]
    cleared = derive(events(R, V, State.HELD, C, S))
    assert "reasons" not in cleared.detail
    assert cleared.detail["checked"] == ["p", "q"]
    assert cleared.detail["report"] == REPORT


def test_figures_read_and_counted_come_from_different_events() -> None:
    stored = events(R, V, C) + events(S, figures=90)
    assert (derive(stored).figures_read, derive(stored).figures) == (94, 90)
    assert (derive(events(R)).figures_read, derive(events(R)).figures) == (None, 0)
    assert derive(events(R, V)).figures == 94


def test_nothing_but_names_and_counts_is_kept() -> None:
    kept = seen(V, T0, DATA[V] | {"observations": REPORT, "statement": "secret", "value": 12})
    assert kept.detail is not None
    assert kept.detail.keys() == {"report", "warnings", "rounded"}


def event(state: State, submission: UUID) -> Event:
    data = said(state.topic, DATA[state], submission_id=str(submission), attempt=1)
    return Event(uuid4(), state.topic, str(submission), data, T0, str(submission), "policy")


def test_an_event_is_recorded_and_its_attempt_derived_anew() -> None:
    id_ = uuid4()
    facts = Facts(frozenset({(id_, 1)}), {(id_, 1): tuple(events(R, V, S))})
    outcome = handle(event(C, id_), facts)
    path, status = outcome.rows
    assert (path.table, path.conflict, path.values["state"]) == (store.Path, "ignore", "cleared")
    assert (status.table, status.conflict, status.values["state"]) == (
        store.Status,
        "replace",
        "stored",
    )
    assert not outcome.events


def test_an_attempt_that_intake_does_not_know_is_only_recorded() -> None:
    outcome = handle(event(C, uuid4()), Facts(frozenset(), {}))
    assert [row.table for row in outcome.rows] == [store.Path]

"""The reconciliation: what balances, what doesn't, and which dead letters are attempts."""

from __future__ import annotations

from typing import Any

import pytest

from services.kernel.dead import Origin
from services.kernel.replay import Letter
from services.kernel.wire import Message
from services.operators.balance import balances, dead_attempts

AT_REST: dict[str, Any] = {
    "attempts": 10,
    "verdicts": {"cleared": 6, "returned": 2, "withheld": 1},
    "held": 1,
    "in_flight": 0,
    "figures": {
        "read": 600, "stored": 400, "returned": 150, "withheld": 40, "held": 10, "in_flight": 0,
    },
}  # fmt: skip


def letter(event_id: str = "e1", **changes: Any) -> Letter:
    values: dict[str, Any] = {
        "group": "validation",
        "offset": 0,
        "event_id": event_id,
        "subject": "s",
        "origin": Origin("submission.received", 0, 7),
        "error": "Poison",
        "reason": "",
        "at": "",
        "replayed": False,
        "message": Message("validation.dead", b"k", b"v", ()),
    }
    return Letter(**{**values, **changes})


def test_at_rest_both_balances_hold() -> None:
    assert [balance.holds for balance in balances(AT_REST, 0)] == [True, True]


def test_attempts_under_way_balance_as_well() -> None:
    figures = {**AT_REST["figures"], "stored": 306, "in_flight": 94}
    verdicts = {**AT_REST["verdicts"], "cleared": 5}
    found = balances({**AT_REST, "in_flight": 1, "verdicts": verdicts, "figures": figures}, 0)
    assert [balance.holds for balance in found] == [True, True]


def test_a_dead_attempt_is_counted_as_dead_not_as_in_flight() -> None:
    verdicts = {**AT_REST["verdicts"], "cleared": 4}
    attempts, _ = balances({**AT_REST, "in_flight": 2, "verdicts": verdicts}, 1)
    assert attempts.holds
    assert (attempts.parts["in_flight"], attempts.parts["dead"]) == (1, 1)


@pytest.mark.parametrize(("change", "difference"), [({"attempts": 11}, 1), ({"held": 2}, -1)])
def test_a_lost_or_doubled_attempt_is_found(change: dict[str, int], difference: int) -> None:
    attempts, figures = balances({**AT_REST, **change}, 0)
    assert (attempts.holds, attempts.difference) == (False, difference)
    assert figures.holds


@pytest.mark.parametrize(("stored", "difference"), [(399, 1), (494, -94)])
def test_lost_or_doubled_figures_are_found(stored: int, difference: int) -> None:
    figures = {**AT_REST["figures"], "stored": stored}
    attempts, found = balances({**AT_REST, "figures": figures}, 0)
    assert (found.holds, found.difference) == (False, difference)
    assert attempts.holds


def test_a_letter_counts_once_though_it_died_twice() -> None:
    assert dead_attempts([letter(), letter(offset=1), letter("e2")]) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"replayed": True},
        {"group": "audit"},
        {"group": "grdp", "origin": Origin("submission.cleared", 0, 1)},
        {"error": "Malformed"},
        {"error": "IdentityConflict"},
        {"origin": Origin("catalogue.changed", 0, 1)},
    ],
)
def test_letters_that_keep_no_attempt_from_its_verdict_do_not_count(
    changes: dict[str, Any],
) -> None:
    assert dead_attempts([letter(**changes)]) == 0

"""Histories of the runner in a made-up world: some of each plan, those that were bad once, and the faults planted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Final

import pytest
import structlog

from tests.simulation.plans import PLANS, history, judge, quiet
from tests.simulation.planted import PLANTED

EACH: Final = 12
"""Histories of each plan, some 150 in all."""
KEPT: Final = {
    31: "a consumer at the log's end never saw what came in place of a lost tail",
    95: "what was handled alone was tried again when the log came again, and its old trials counted",
    514: "an event that was handled, and whose process then ended, was buried for its trials before",
    590: "a service that published throughout an outage never saw what came in place of a lost tail",
    602: "the same",
    200105: "a lock that was given while its waiter was cancelled was never given back",
}
"""Histories that were bad once, by their seeds."""
SEEN: Final = {
    "acknowledged out of order": 2,
    "marked before it is published": 0,
    "gone to the mark blindly": 4,
    "handled again though known": 0,
    "buried without comparison": 25,
    "held by two": 934,
    "committed twice": 0,
}
"""A history in which the fault shows, found by `python -m tests.simulation --planted`."""


@pytest.fixture(autouse=True)
def nothing_is_logged() -> Iterator[None]:
    configuration = structlog.get_config()
    with warnings.catch_warnings():
        quiet()
        yield
    structlog.configure(**configuration)


@pytest.mark.parametrize("seed", KEPT)
def test_what_was_bad_once_is_good(seed: int) -> None:
    assert judge(seed) == []


@pytest.mark.parametrize("plan", range(len(PLANS)))
def test_histories_are_good(plan: int) -> None:
    """The same ones each time; `make simulate` makes new ones."""
    for seed in range(1300 + plan, 1300 + plan + len(PLANS) * EACH, len(PLANS)):
        assert judge(seed) == [], f"python -m tests.simulation --seed {seed}"


def test_a_seed_tells_the_same_history_twice() -> None:
    for seed in range(len(PLANS)):
        assert history(seed).digest() == history(seed).digest()


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_shows(name: str) -> None:
    with PLANTED[name]():
        assert judge(SEEN[name])
    assert judge(SEEN[name]) == []

"""The study of identifiers, in short: nearly all that is planted is found, and clean workbooks are left alone."""

from __future__ import annotations

import pytest

from bench import identifiers
from bench.identifiers import Found, measure
from services.policy.evidence.finding import Kind

RECALL = 0.98
FALSE_ALARMS = 1.0


@pytest.fixture(scope="module")
def found() -> Found:
    return measure(identifiers.SHORT, lambda _: None, seed=7)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_planted_is_found(kind: Kind, found: Found) -> None:
    (one,) = (each for each in found.recalls if each.kind == kind)
    assert one.planted >= 80
    assert one.share >= RECALL, one.missed


def test_clean_workbooks_are_left_alone(found: Found) -> None:
    assert found.clean_cells >= 40_000
    assert found.false_alarms < FALSE_ALARMS, found.alarms


def test_the_study_sees_what_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers, "scan", lambda texts, year: ())
    blind = measure(identifiers.Plan(times=1, workbooks=1, rows=10, cells=100), lambda _: None)
    assert {one.share for one in blind.recalls} == {0.0}

"""The list's pure parts: the order of periods, and how an id begins."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.intake.listing import ids_beginning, latest_first

ID = "7f2f4d0e-7d0a-5c0b-9a52-2f6c1f1f7a10"


def test_periods_are_in_time_and_not_by_their_spelling() -> None:
    periods = ["2025", "2026-M09", "?", "2026-Q4", "2026", "2026-01-01/P9M", "2026-Q3", "2026-M10"]
    assert latest_first(reversed(periods)) == [
        "2026", "2026-Q4", "2026-M10", "2026-01-01/P9M", "2026-Q3", "2026-M09", "2025", "?",
    ]  # fmt: skip


@pytest.mark.parametrize("begins", [ID, ID.upper(), ID[:6], ID[:8], ID.replace("-", "")[:20]])
def test_an_id_is_between_those_that_begin_as_it_does(begins: str) -> None:
    bounds = ids_beginning(begins)
    assert bounds is not None
    assert bounds[0] <= UUID(ID) <= bounds[1]
    assert str(bounds[0])[:6] == str(bounds[1])[:6] == ID[:6]


@pytest.mark.parametrize("words", ["", "decade7x", "abcde", "cv17809-1", f"{ID}0", "đề án"])
def test_words_are_no_id(words: str) -> None:
    assert ids_beginning(words) is None

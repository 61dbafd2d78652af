"""Numbers, days, moments and places of the law as people of each language write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.model import wording
from services.model.messages import texts
from services.model.text import Text


@pytest.mark.parametrize(("value", "vi", "en"), [
    ("12342460.420000", "12.342.460,42", "12,342,460.42"),
    ("-121274000.000000", "-121.274.000", "-121,274,000"),
    ("101906.435", "101.906,435", "101,906.435"),
    ("-0.5", "-0,5", "-0.5"),
    ("1E+3", "1.000", "1,000"),
    ("1200", "1.200", "1,200"),
    ("0", "0", "0"),
    ("Điện Biên", "Điện Biên", "Điện Biên"),
])  # fmt: skip
def test_a_number_is_written_as_in_the_language(value: str, vi: str, en: str) -> None:
    assert (wording.number(value, "vi"), wording.number(value, "en")) == (vi, en)


CONTRADICTS: dict[str, Any] = {
    "message": texts(
        "validation.completeness_contradicts",
        cells="C5", found=Text("sơ bộ", "preliminary"), expected=Text("chính thức", "official"),
    ).to_dict(),
    "expected": "chính thức", "found": "sơ bộ", "difference": None,
}  # fmt: skip


def test_words_that_the_message_says_are_not_said_again_in_the_other_language() -> None:
    assert "preliminary" in CONTRADICTS["message"]["en"]
    assert wording.unsaid(CONTRADICTS, "vi") == wording.unsaid(CONTRADICTS, "en") == {}
    total = {"message": {"vi": "Tổng là 1.200.", "en": "The total is 1,200."}, "found": "1200"}
    assert wording.unsaid(total | {"expected": "1300.5"}, "en") == {"expected": "1,300.5"}
    assert wording.unsaid({"message": None, "found": "1"}, "vi") == {"found": "1"}


def test_a_moment_is_by_the_clock_of_viet_nam() -> None:
    at = datetime(2026, 11, 23, 18, 5, tzinfo=UTC)
    said = wording.moment(at)
    assert (said.vi, said.en) == ("01:05, 24/11/2026", "01:05, 24 November 2026")
    assert wording.day(date(2026, 9, 2), "vi") == "2/9/2026"


@pytest.mark.parametrize(("article", "clause", "vi", "en"), [
    ("6", None, "Điều 6", "Article 6"),
    ("6", "2", "khoản 2 Điều 6", "Article 6(2)"),
    ("10", "1 điểm e", "điểm e khoản 1 Điều 10", "Article 10(1)(e)"),
    ("10", "điểm e", "điểm e Điều 10", "Article 10(e)"),
])  # fmt: skip
def test_a_place_of_the_law_is_named_as_lawyers_name_it(
    article: str, clause: str | None, vi: str, en: str
) -> None:
    assert wording.place(article, clause).to_dict() == {"vi": vi, "en": en}
    found = wording.law("89/2015/QH13", article, clause)
    assert found.to_dict() == {"vi": f"{vi} 89/2015/QH13", "en": f"{en} of 89/2015/QH13"}


def test_an_instrument_without_an_article_is_named_alone() -> None:
    assert wording.law("89/2015/QH13", None, None).vi == "89/2015/QH13"

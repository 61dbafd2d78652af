"""The console's words, steps and colours: pure."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from services.console import findings, standing, words
from services.console.calls import Services
from services.console.pages.login import local
from services.console.rendering import fragment
from services.kernel.settings import Settings
from services.model.messages import catalogue
from services.model.regulation import load_regulations
from services.model.text import Language
from services.policy.law.policies import library
from services.policy.routes.views import law_view

STYLE = (Path(words.__file__).parent / "static" / "console.css").read_text(encoding="utf-8")
TONES = ("good", "bad", "wait", "mend", "busy", "past")


@pytest.mark.parametrize(("code", "vi", "en"), [
    ("2026", "Năm 2026", "2026"),
    ("2026-S2", "6 tháng cuối năm 2026", "Second half of 2026"),
    ("2026-Q3", "Quý III/2026", "Quarter III of 2026"),
    ("2026-M09", "Tháng 9/2026", "Month 9 of 2026"),
    ("2026-11-20", "20/11/2026", "20 November 2026"),
    ("2026-01-01/P9M", "9 tháng năm 2026", "9 months of 2026"),
    ("2026-02-01/P2M", "1/2/2026 – 31/3/2026", "1 February 2026 – 31 March 2026"),
    ("2026-Q9", "2026-Q9", "2026-Q9"),
])  # fmt: skip
def test_a_period_is_named_as_people_name_it(code: str, vi: str, en: str) -> None:
    assert (words.period(code, "vi"), words.period(code, "en")) == (vi, en)


def test_times_are_those_of_viet_nam() -> None:
    assert words.moment("2026-11-23T18:05:00.5Z", "vi") == "01:05, 24/11/2026"
    assert words.moment(None, "vi") == ""


def attempt(state: str, *times: str) -> dict[str, Any]:
    return {"state": state, "times": dict.fromkeys(times, "2026-11-24T01:00:00Z")}


@pytest.mark.parametrize(("found", "names"), [
    (attempt("received", "received"), "Đã nhận | Kiểm tra | Kết luận | Vào kho"),
    (attempt("returned", "returned", "received"), "Đã nhận | Trả lại"),
    (attempt("held", "held", "received", "validated"),
     "Đã nhận | Đã kiểm tra | Chờ quyết định | Kết luận | Vào kho"),
    (attempt("stored", "stored", "cleared", "held", "received", "validated"),
     "Đã nhận | Đã kiểm tra | Chờ quyết định | Chấp nhận | Vào kho"),
    (attempt("withheld", "withheld", "received", "validated"),
     "Đã nhận | Đã kiểm tra | Không được dùng"),
])  # fmt: skip
def test_the_path_is_in_order_whatever_the_order_of_the_events(
    found: dict[str, Any], names: str
) -> None:
    steps = standing.steps(found, "vi")
    assert " | ".join(one.name for one in steps) == names
    assert [one.is_current for one in steps].count(True) == 1
    assert all(bool(one.at) == (one.look != "ahead") for one in steps)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("state", standing.TONES)
def test_every_state_has_its_words(state: str, language: Language) -> None:
    known = catalogue(language)
    assert f"console.state.{state}" in known
    assert f"console.step.{state}" in known
    for is_sender in (True, False):
        alone = {"state": state, "attempt": 1, "attempts": [{"attempt": 1}]}
        assert standing.advice(alone, is_sender, language)


def test_nobody_is_told_to_mend_what_was_sent_again_already() -> None:
    first = {"state": "returned", "attempt": 1, "attempts": [{"attempt": 2}, {"attempt": 1}]}
    assert "mới hơn" in standing.advice(first, True, "vi")
    assert "gửi lại" in standing.advice(first | {"attempt": 2}, True, "vi")


def test_the_states_are_those_of_intake() -> None:
    from services.intake.status import State

    assert set(standing.TONES) == {one.value for one in State}


def finding(cell: str, severity: str) -> dict[str, Any]:
    return {"severity": severity, "sheet": "#2", "cells": [cell], "rule": "", "code": "total"}


def test_the_gravest_come_first_and_the_rest_is_counted() -> None:
    found = [finding(f"A{n}", "information") for n in range(150)] + [finding("B1", "error")]
    listed, more = findings.shown(found, len(found), "vi", {})
    assert (listed[0].severity, listed[0].anchor) == ("error", "finding-1")
    assert (len(listed), more) == (100, 51)
    (group,) = findings.by_sheet(listed[:2])
    assert (group.sheet, group.findings) == ("Trang tính thứ 2", tuple(listed[:2]))
    assert group.cells == [("B1", "finding-1"), ("A0", "finding-2")]
    assert findings.counts(found) == [("error", 1), ("warning", 0), ("information", 150)]


def test_a_finding_in_english_holds_no_vietnamese_words() -> None:
    said = {"vi": "Ghi sơ bộ, khai chính thức.", "en": "Says preliminary, not official."}
    values = {"message": said, "expected": "chính thức", "found": "sơ bộ", "difference": "1.5"}
    (one,), _ = findings.shown([finding("A1", "error") | values], 1, "en", {})
    assert [value for _, value in one.numbers] == ["1.5"]


def test_what_is_about_the_whole_workbook_comes_before_its_sheets() -> None:
    whole = finding("", "information") | {"sheet": "", "cells": []}
    listed, _ = findings.shown(
        [finding("A1", "error"), whole, finding("A2", "warning")], 3, "vi", {}
    )
    assert [(group.sheet, len(group.findings)) for group in findings.by_sheet(listed)] == [
        ("", 1),
        ("Trang tính thứ 2", 2),
    ]


def test_an_undecided_rule_never_counts_as_passed() -> None:
    rules = [
        {"pass": 3, "fail": 0, "undecided": 0},
        {"pass": 3, "fail": 0, "undecided": 1},
        {"pass": 0, "fail": 1, "undecided": 1},
    ]
    assert findings.tally({"rules": rules}) == findings.Tally(1, 1, 1)
    assert findings.tally(None) is None


@pytest.mark.parametrize("address", [
    "", "x", "//evil", "/\\evil", "https://evil", "/a\\b", "/a\nb", "/login", "/é", "javascript:x",
])  # fmt: skip
def test_after_the_login_one_stays_on_this_site(address: str) -> None:
    assert local(address) == "/"
    assert local("/submissions/x?attempt=1") == "/submissions/x?attempt=1"


def colours(scheme: str) -> dict[str, str]:
    """The custom properties of a colour scheme."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#\w{6})", light))
    return found | (dict(re.findall(r"--([\w-]+): (#\w{6})", dark)) if scheme == "dark" else {})


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_paper(scheme: str) -> None:
    found = colours(scheme)
    papers = ("paper", "card", "past-paper")
    pairs = [(ink, paper) for ink in ("ink", "soft", "accent") for paper in papers]
    pairs.append(("accent-ink", "accent"))
    for tone in TONES:
        pairs += [(tone, f"{tone}-paper"), (tone, "card"), ("ink", f"{tone}-paper")]
    for ink, paper in pairs:
        low, high = sorted((luminance(found[ink]), luminance(found[paper])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (scheme, ink, paper)  # WCAG 2.2, 1.4.3


def test_catalogue_hears_from_where_somebody_logs_in() -> None:
    async def log_in() -> httpx2.Request:
        asked: list[httpx2.Request] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            asked.append(request)
            return httpx2.Response(200, json={})

        services = Services(Settings(), httpx2.MockTransport(answer))
        await services.post("catalogue", "/v1/tokens", "", {}, "203.0.113.7")
        await services.close()
        return asked[0]

    headers = asyncio.run(log_in()).headers
    assert headers["x-forwarded-for"] == "203.0.113.7"
    assert "authorization" not in headers


@pytest.mark.parametrize(("id_", "vi", "en"), [
    ("dien-bien-1618-2021", "Quy chế của tỉnh (mã 11) · có hiệu lực từ 1/9/2021",
     "Regulation of a province (code 11) · in force from 1 September 2021"),
    ("quy-che-1908-2020",
     "Luật, quy định chung của cả nước · có hiệu lực từ 1/1/2021 · chỉ áp dụng cho các phòng của cơ quan thống kê",
     "National law · in force from 1 January 2021 · binds the rooms of statistics offices alone"),
    ("soc-trang-70-2013",
     "Văn bản của tỉnh cũ (mã 94 trong danh sách 63) · ban hành 23/10/2013; chưa xác nhận còn hiệu lực, không là căn cứ"
     " của quyết định nào",
     "Instrument of a former province (code 94 of list 63) · issued 23 October 2013; whether it is in force is not"
     " confirmed, so no decision rests on it"),
])  # fmt: skip
def test_where_and_whether_an_instrument_is_in_force_is_said(id_: str, vi: str, en: str) -> None:
    (instrument,) = (one for one in load_regulations() if one.id == id_)
    shown = law_view(instrument, library().policies).model_dump(mode="json")
    for language, expected in (("vi", vi), ("en", en)):
        said = fragment("_in_force.html", cast(Language, language), one=shown)
        assert " ".join(said.split()) == expected

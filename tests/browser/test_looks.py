"""How the pages look and sound: every width that people have, light and dark, paper, thumbs, and axe-core's rules."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import FINANCE, PEOPLE, differing, identity

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
"""Deque's axe-core, as the package brings it: it is asked here, in place of that package's untyped classes."""
OF_SUBMISSIONS = tuple(
    f"/submissions/{identity(name)}" for name in ("moi", "cho", "tra", "cam", "thu")
)
FOUND = (
    "/submissions?state=stored&sender=so-tai-chinh-dien-bien&received_from=2026-11-01&search=thu"
)
EVERY = (
    "/login", "/nowhere", "/submissions", "/submissions?page=9", FOUND, "/submissions?search=0",
    "/su-co", "/dong-y", "/yeu-cau", "/cong-bo", "/xac-minh", "/nghia-vu",
    "/toi", "/thiet-ke", "/quy-dinh", "/quy-dinh/dien-bien-1618-2021", "/nhat-ky",
    f"{OF_SUBMISSIONS[3]}/vi-sao?attempt=1", f"{OF_SUBMISSIONS[4]}/so-lieu?attempt=1",
    f"/nghia-vu?duty={identity('nghia-vu-thu')}", *OF_SUBMISSIONS,
)  # fmt: skip
PLACES = {
    "p-kinh-te": EVERY,
    "p-lanh-dao": (
        "/yeu-cau?state=pending",
        "/thay-doi",
        f"/nam-cua-toi?nam=2026&supplier={FINANCE}",
        "/su-co",
        f"/submissions/{identity('cho')}",
    ),
    "p-so-tai-chinh": (
        "/submissions",
        "/dong-y",
        "/yeu-cau",
        "/nghia-vu",
        "/kiem-tra",
        "/nam-cua-toi?nam=2026",
        f"/bien-nhan/{identity('thu')}?attempt=1",
        f"/bien-nhan/{identity('tra')}?attempt=2&kiem-tra=1",
        f"/submissions/{identity('tra')}",
        f"/submissions/{identity('thu')}",
    ),
}
LONG = "so-co-ten-rat-dai-khong-co-dau-cach-nao-ca-" * 4
SIZES = {320: 640, 390: 844, 1280: 800, 1920: 1080}
THUMB = """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, textarea')]
    .filter(each => !each.classList.contains('skip') && each.checkVisibility())
    .filter(each => each.getBoundingClientRect().height < 24).map(each => each.outerHTML)"""
"""Targets that are too small (WCAG 2.2, 2.5.8)."""

LOOSE = """[...document.querySelectorAll('a[href^="#"]')]
    .filter(each => !document.querySelector(each.getAttribute('href'))).map(each => each.outerHTML)
    .concat([...document.querySelectorAll('[id]')].map(each => each.id)
      .filter((id, place, ids) => ids.indexOf(id) !== place))"""
"""Links that lead nowhere on the page, and ids that are there twice."""


def faults(tab: Page) -> list[str]:
    """What axe-core finds wrong on the page as it stands, a line for each element."""
    tab.evaluate(AXE)
    found = tab.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['html']} ({node['failureSummary']})"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("person", PLACES)
def test_every_page_fits_has_room_for_a_thumb_and_no_fault(
    person: str, width: int, site: Site, tab: Page
) -> None:
    site.office.attempts[2]["sender"] = (
        LONG if person == "p-kinh-te" else PEOPLE[person]["organisation"]
    )
    site.office.differing = [differing()]
    tab.set_viewport_size({"width": width, "height": SIZES[width]})
    log_in(tab, site, person)
    for place in PLACES[person]:
        tab.goto(site.url + place)
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        picture(tab, f"{width}-{person}-{place.strip('/').replace('/', '-').replace('?', '-')}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, place
        assert tab.evaluate(THUMB) == [], place
        assert tab.evaluate(LOOSE) == [], place
        schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
        for scheme in schemes if width == 1280 else ():
            tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert faults(tab) == [], (place, scheme)


def test_axe_finds_what_is_wrong(site: Site, tab: Page) -> None:
    tab.goto(site.url + "/login")
    tab.evaluate("document.querySelector('label').remove()")
    assert [fault.split(":")[0] for fault in faults(tab)] == ["label"]


def test_what_is_folded_is_printed_too_and_what_is_clicked_is_not(
    site: Site, tab: Page, tmp_path: Path
) -> None:
    log_in(tab, site, "p-so-tai-chinh", f"/submissions/{identity('tra')}")
    repairs = tab.get_by_text("2 số ghi dưới dạng chữ")
    expect(repairs).not_to_be_visible()
    tab.emulate_media(media="print")
    assert repairs.evaluate("each => each.getBoundingClientRect().height") > 10
    expect(tab.locator("nav.places")).not_to_be_visible()
    expect(tab.get_by_role("link", name="Tải bảng tính đã đánh dấu chỗ sai")).not_to_be_visible()
    picture(tab, "printed")


@pytest.mark.parametrize(
    "place",
    [
        "/nam-cua-toi?nam=2026",
        f"/bien-nhan/{identity('thu')}?attempt=1&kiem-tra=1",
        "/toi",
        "/nghia-vu",
        f"/submissions/{identity('tra')}",
    ],
)
def test_paper_has_dark_ink_and_nothing_to_fill_in(place: str, site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", place)
    tab.emulate_media(media="print", color_scheme="dark")
    tab.set_viewport_size({"width": 794, "height": 1123})
    picture(tab, f"paper-{place.strip('/').replace('/', '-').replace('?', '-')}")
    inks = tab.evaluate(
        "['body', 'h1', 'main p'].map(each => getComputedStyle(document.querySelector(each)).color)"
    )
    assert all(max(int(part) for part in ink[4:-1].split(",")) < 128 for ink in inks), inks
    assert tab.locator("input:visible, textarea:visible, select:visible").count() == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= 794


def test_the_page_of_examples_is_for_whoever_knows_its_address(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/thiet-ke")
    expect(tab.locator("h1")).to_have_text("Trang mẫu")
    assert tab.locator('a[href="/thiet-ke"]').count() == 0
    tab.emulate_media(media="print")
    picture(tab, "design-printed")

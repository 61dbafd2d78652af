"""A year of duties in sight, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import FINANCE, duty, identity, texts
from tests.browser.test_looks import SIZES, faults

YEAR = "/nam-cua-toi?nam=2026"
KINDS = ("on_time", "on_time", "late", "on_time_then_returned", "on_time", "missing", "excused")
EVIL = '<b>Thu</b> & "chi" <img src=x onerror="window.broken=1">'


def filled(count: int = 40, **more: Any) -> list[dict[str, Any]]:
    """A year in which one thing or another happened each month; what is after November isn't due yet."""
    return [
        duty(f"nam-{n}", ("thu-ngan-sach-quy", "chi-ngan-sach-quy")[n % 2], "accepted",
             KINDS[n % 7] if n % 11 < 10 else "open", period=f"2026-M{n % 11 + 1:02}", due=f"2026-{n % 11 + 1:02}-20",
             submission=identity("thu"), attempt=1, **more)
        for n in range(count)
    ]  # fmt: skip


def test_a_clerk_sees_the_year_in_a_picture_and_in_words(site: Site, tab: Page) -> None:
    site.office.duties = filled()
    log_in(tab, site, "p-so-tai-chinh")
    tab.get_by_role("navigation", name="Các mục").get_by_role("link", name="Năm của tôi").click()
    tab.goto(site.url + YEAR)
    expect(tab.locator("main")).to_contain_text(
        "40 nghĩa vụ: 16 đúng hạn; 6 trễ; 5 đúng hạn, bị trả lại"
    )
    months = tab.locator(".months > li")
    expect(months).to_have_count(12)
    expect(months.first).to_contain_text("Tháng 1")
    expect(months.first.locator(".said")).to_have_text("3 đúng hạn; 1 quá hạn, chưa có")
    expect(months.last).to_contain_text("không có hạn nào")
    widths = [
        float(str(one.get_attribute("width")).rstrip("%"))
        for one in months.first.locator("rect").all()
    ]
    assert widths == [75, 25]
    tab.get_by_role("table").get_by_role("link").first.click()
    expect(tab).to_have_url(f"{site.url}/submissions/{identity('thu')}?attempt=1")


@pytest.mark.parametrize("width", SIZES)
def test_a_full_year_fits_every_screen_and_paper(width: int, site: Site, tab: Page) -> None:
    site.office.duties = filled(200)
    tab.set_viewport_size({"width": width, "height": SIZES[width]})
    log_in(tab, site, "p-so-tai-chinh", YEAR)
    picture(tab, f"year-{width}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(tab) == []
    answer = tab.goto(site.url + YEAR + "&language=en")
    assert answer is not None
    assert len(answer.body()) < 60_000
    picture(tab, f"year-en-{width}")
    tab.emulate_media(media="print")
    picture(tab, f"year-print-{width}")
    expect(tab.locator(".bar").first).to_be_visible()


def test_a_part_has_the_colour_and_the_sign_of_its_words(site: Site, tab: Page) -> None:
    """Reported of charts elsewhere: legends in other colours than the bars (akvo-lumen #1537), colour alone
    (carbon-charts #2054), bars that vanish in a contrast theme (highcharts #15567).
    """
    site.office.duties = filled()
    log_in(tab, site, "p-so-tai-chinh", YEAR)
    alike = """() => [...document.querySelectorAll('.months li')].every(month => {
      const drawn = [...month.querySelectorAll('rect')].map(each => getComputedStyle(each).fill)
      const said = [...month.querySelectorAll('.state')].map(each => getComputedStyle(each).color)
      const signs = [...month.querySelectorAll('.bar .icon')].map(each => each.innerHTML)
      const words = [...month.querySelectorAll('.said .icon')].map(each => each.innerHTML)
      return drawn.join() === said.join() && signs.join() === words.join() })"""
    assert tab.evaluate(alike)
    tab.emulate_media(forced_colors="active")
    assert tab.evaluate(
        """() => [...document.querySelectorAll('.bar rect')].every(each =>
          getComputedStyle(each).fill !== getComputedStyle(document.body).backgroundColor)"""
    )
    picture(tab, "year-forced-colours")


def test_an_agency_sees_its_own_alone_and_the_office_chooses(site: Site, tab: Page) -> None:
    site.office.duties = [*filled(3), *filled(4, supplier="so-tu-phap-dien-bien")]
    log_in(tab, site, "p-so-tai-chinh", f"{YEAR}&supplier=so-tu-phap-dien-bien")
    expect(tab.locator("main")).to_contain_text("3 nghĩa vụ")
    expect(tab.get_by_role("combobox")).to_have_count(0)
    tab.get_by_role("button", name="Đăng xuất").click()
    log_in(tab, site, "p-lanh-dao", YEAR)
    expect(tab.locator("main")).to_contain_text("Chọn cơ quan")
    tab.get_by_label("Cơ quan").select_option(FINANCE)
    tab.get_by_role("button", name="Xem").click()
    expect(tab.get_by_label("Cơ quan")).to_have_value(FINANCE)
    expect(tab.locator("main")).to_contain_text(
        "Những gì Sở Tài chính tỉnh Điện Biên phải cung cấp"
    )
    tab.get_by_role("link", name="2025").click()
    assert f"supplier={FINANCE}" in tab.url
    expect(tab.locator("main")).to_contain_text("Năm này không có nghĩa vụ nào.")


def test_names_are_text_and_addresses_that_are_none_are_absent(site: Site, tab: Page) -> None:
    site.office.duties = [one | {"name": texts(EVIL, EVIL)} for one in filled(3)]
    log_in(tab, site, "p-so-tai-chinh", YEAR)
    expect(tab.get_by_role("table")).to_contain_text(EVIL)
    assert tab.locator("main img, main b").count() == 0
    for wrong in ("nam=1", "nam=-2026", "nam=abc", "nam=2026&supplier=../../etc", "page=0"):
        answer = tab.goto(f"{site.url}/nam-cua-toi?{wrong}")
        assert answer is not None and answer.status == 404, wrong


def test_it_works_without_a_script_and_by_the_keyboard(site: Site, browser: Browser) -> None:
    site.office.duties = filled(120)
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    log_in(tab, site, "p-so-tai-chinh", YEAR)
    after = tab.get_by_role("link", name="Sau →")
    after.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_contain_text("Trang 2/3")
    context.close()

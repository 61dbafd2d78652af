"""Publishing a figure, what is published, and who may read before, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from services.catalogue.entry import Flaw
from services.catalogue.refusals import wrong
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fake_requests import ahead, published


def fill(tab: Page) -> None:
    tab.locator("#release > summary").click()
    tab.locator("#indicator").select_option("dp T0111")
    tab.locator("#area").select_option("34 11")
    tab.locator("#period").fill("2025")
    tab.locator("#completeness").select_option("official")
    tab.get_by_label("Số văn bản công bố").fill("16/TB-TKĐB")
    tab.get_by_label("Ngày của văn bản").fill("2026-11-23")


def publish(tab: Page) -> None:
    tab.locator("#release").get_by_role("button", name="Công bố").click()


def test_a_leader_publishes_a_figure(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao")
    tab.get_by_role("link", name="Công bố").click()
    fill(tab)
    expect(tab.locator("#release")).to_contain_text("Không rút lại được.")
    picture(tab, "release")
    publish(tab)
    expect(tab.get_by_role("status")).to_contain_text("Đã công bố.")
    first = tab.locator(".item").first
    expect(first).to_contain_text("Số cuộc kết hôn (T0111)")
    expect(first).to_contain_text("Tỉnh Điện Biên · Năm 2025 · chính thức")
    expect(first).to_contain_text("Theo văn bản 16/TB-TKĐB ngày 23/11/2026")
    made = site.releases.released[0]
    assert (made.indicator_list, made.area_list, made.person) == ("dp", "34", "p-lanh-dao")


def test_what_catalogue_refuses_keeps_what_was_typed(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao", "/cong-bo")
    fill(tab)
    flaw = Flaw("document_date", "document-date", {"date": "2026-12-23"})
    site.releases.refused = wrong(422, "release", "catalogue.release", [flaw])
    publish(tab)
    expect(tab.get_by_role("alert")).to_contain_text(
        "Văn bản đề ngày 2026-12-23, chưa đến ngày đó. Chỉ công bố bằng văn bản đã ban hành;"
    )
    expect(tab.get_by_role("alert")).not_to_contain_text("errors")
    expect(tab.get_by_label("Số văn bản công bố")).to_have_value("16/TB-TKĐB")
    expect(tab.get_by_label("Ngày của văn bản")).to_have_value("2026-11-23")
    expect(tab.locator("#indicator")).to_have_value("dp T0111")


def test_others_read_and_find_what_is_published(site: Site, tab: Page) -> None:
    site.releases.released += [published(f"2022-M{n:02}") for n in range(1, 13)] * 2
    log_in(tab, site, "p-so-tai-chinh", "/cong-bo")
    expect(tab.locator("#release")).to_have_count(0)
    expect(tab.get_by_role("link", name="Đọc trước khi công bố")).to_have_count(0)
    expect(tab.locator(".item")).to_have_count(20)
    tab.get_by_role("link", name="Trang sau").click()
    expect(tab.locator(".item")).to_have_count(6)
    tab.get_by_label("Chỉ tiêu").select_option("dp T0101")
    tab.get_by_role("button", name="Xem").click()
    expect(tab.locator(".item")).to_have_count(1)
    expect(tab.locator(".item")).to_contain_text("Diện tích và cơ cấu đất (T0101)")
    assert tab.url == f"{site.url}/cong-bo?indicator=dp+T0101&period="


def test_an_auditor_sees_who_may_read_before(site: Site, tab: Page) -> None:
    site.releases.before.append(ahead("<i>la</i>", "agency", attempt=2))
    log_in(tab, site, "p-kiem-tra", "/cong-bo")
    tab.get_by_role("link", name="Đọc trước khi công bố").click()
    expect(tab.locator(".item")).to_have_count(3)
    expect(tab.locator(".item").last).to_contain_text("<i>la</i>")
    first = tab.locator(".item").first
    expect(first).to_contain_text("Số cuộc kết hôn, Năm 2025")
    expect(first).to_contain_text("khoản 1 Điều 10 89/2015/QH13")
    picture(tab, "pre-releases")
    reader = first.get_by_role("link").last
    reader.click()
    expect(tab.locator(".item")).to_have_count(1)
    tab.get_by_role("link", name="Xem tất cả").click()
    expect(tab.locator(".item")).to_have_count(3)


def test_a_room_is_refused_the_list_of_who_may_read_before(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/cong-bo/doc-truoc")
    expect(tab.locator("main")).to_contain_text("Không có quyền")

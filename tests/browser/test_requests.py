"""Asking for a figure, and judging what it is for, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from services.events.policy import ReleaseState
from services.policy.decisions.refusals import Code
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fake_requests import asked, refusal
from tests.browser.fakes import identity


def fill(tab: Page, indicator: str = "Số cuộc kết hôn (T0111)") -> None:
    tab.locator("#ask > summary").click()
    tab.get_by_label("Chỉ tiêu").select_option(label=indicator)
    tab.locator("#area").select_option("34 11")
    tab.get_by_label("Kỳ số liệu").fill("2025")
    tab.get_by_label("Mức hoàn chỉnh").select_option("official")
    tab.get_by_label("Mục đích sử dụng").fill("Xây dựng báo cáo.")
    tab.get_by_label("Căn cứ").fill("1618/QĐ-UBND")


def send(tab: Page) -> None:
    tab.get_by_role("button", name="Gửi yêu cầu").click()


def test_an_agency_asks_and_sees_its_own_alone(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh")
    tab.get_by_role("link", name="Yêu cầu số liệu").click()
    expect(tab.locator(".item")).to_have_count(1)
    expect(tab.get_by_text("Xét mục đích của yêu cầu")).to_have_count(0)
    expect(tab.get_by_label("Cho ai")).to_have_count(0)
    fill(tab)
    send(tab)
    expect(tab.get_by_role("status")).to_contain_text("Đã ghi nhận yêu cầu; đang chờ.")
    first = tab.locator(".item").first
    expect(first).to_contain_text("Số cuộc kết hôn (T0111)")
    expect(first).to_contain_text("Điện Biên · Năm 2025 · chính thức")
    expect(first).to_contain_text("Chưa có số liệu này")
    made = site.releases.requests[0]
    assert (made.audience_id, made.purpose, made.private_interest) == (
        "so-tai-chinh-dien-bien",
        "Xây dựng báo cáo.",
        False,
    )
    picture(tab, "request-made")


def test_an_officer_asks_for_a_row_of_a_form_for_a_user_group(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/yeu-cau")
    fill(tab, "Thu ngân sách nhà nước trên địa bàn")
    send(tab)
    expect(tab.get_by_role("alert")).to_contain_text("Còn thiếu nội dung")
    expect(tab.get_by_label("Mục đích sử dụng")).to_have_value("Xây dựng báo cáo.")
    tab.get_by_label("Mã dòng trong biểu").fill("38")
    tab.get_by_label("Cho ai").select_option("b")
    tab.get_by_label("Vì lợi ích riêng").check()
    send(tab)
    first = tab.locator(".item").first
    expect(first).to_contain_text("Thu ngân sách nhà nước trên địa bàn, dòng 38")
    expect(first).to_contain_text("Doanh nghiệp, nhà đầu tư (nhóm b)")
    made = site.releases.requests[0]
    assert (made.indicator_list, made.indicator) == ("cv17809-1/1", "38")
    assert (made.audience_id, made.private_interest) == ("b", True)


def test_what_policy_refuses_keeps_what_was_typed(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/yeu-cau")
    fill(tab)
    site.releases.refused = refusal(Code.NO_FIGURE)
    send(tab)
    expect(tab.get_by_role("alert")).to_contain_text("Danh mục không có chỉ tiêu hoặc địa bàn này")
    expect(tab.locator("#area")).to_have_value("34 11")
    expect(tab.get_by_label("Chỉ tiêu")).to_have_value("dp T0111")
    expect(tab.get_by_label("Mức hoàn chỉnh")).to_have_value("official")


def test_a_leader_judges_with_all_in_sight(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao", "/yeu-cau?state=pending")
    expect(tab.locator("#ask")).to_have_count(0)
    item = tab.locator(f"#request-{identity('cho-xet')}")
    for shown in (
        "Luận án <b>tiến sĩ</b> của tôi",
        "Quy chế phối hợp, Điều 4",
        "Sở Tài chính tỉnh Điện Biên",
        "khoản 4 Điều 6",
        "Vì lợi ích riêng",
    ):
        expect(item).to_contain_text(shown)
    expect(tab.locator(f"#request-{identity('chua-co')}").locator("summary")).to_have_count(0)
    item.locator("summary").click()
    picture(tab, "request-judged")
    item.get_by_role("button", name="Gây hại, từ chối").click()
    assert site.releases.requests[0].judged_by is None, "a reason is needed"
    item.get_by_label("Lý do").fill("Lộ thông tin.")
    item.get_by_label("Số văn bản căn cứ").fill("9/TKĐB")
    item.get_by_role("button", name="Gây hại, từ chối").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã ghi nhận: gây hại")
    assert tab.url == f"{site.url}/yeu-cau?state=pending&done=harmful"
    tab.get_by_role("link", name="Không được cấp").click()
    expect(item).to_contain_text("(9/TKĐB): Lộ thông tin.")
    expect(item.locator("summary")).to_have_count(0)


def test_a_judgement_that_is_refused_keeps_its_words(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao", "/yeu-cau")
    item = tab.locator(f"#request-{identity('cho-xet')}")
    item.locator("summary").click()
    item.get_by_label("Lý do").fill("Không sao")
    site.releases.refused = refusal(Code.JUDGED_BEFORE)
    item.get_by_role("button", name="Không gây hại, cho cấp").click()
    expect(tab.get_by_role("alert")).to_contain_text("Yêu cầu này đã được xét theo cách khác")
    expect(item.get_by_label("Lý do")).to_have_value("Không sao")


def test_many_are_paged_and_the_filter_stays(site: Site, tab: Page) -> None:
    site.releases.requests = [
        asked(f"nhieu-{n}", "policy.granted", state=ReleaseState.GRANTED, purpose=f"Mục đích {n}")
        for n in range(45)
    ]
    log_in(tab, site, path="/yeu-cau?state=granted")
    expect(tab.locator(".item")).to_have_count(20)
    size = len(tab.content().encode())
    assert size < 60_000, size
    tab.get_by_role("link", name="Trang sau").click()
    assert tab.url == f"{site.url}/yeu-cau?state=granted&page=2"
    expect(tab.locator(".item").first).to_contain_text("Mục đích 20")
    tab.get_by_role("link", name="Trang sau").click()
    expect(tab.locator(".item")).to_have_count(5)
    expect(tab.get_by_role("link", name="Trang sau")).to_have_count(0)


def test_words_of_an_ended_session_are_not_lost(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/yeu-cau")
    fill(tab)
    tab.context.clear_cookies(name="solieu_session")
    send(tab)
    tab.get_by_label("Tên đăng nhập").fill("p-so-tai-chinh")
    tab.get_by_label("Mật khẩu").fill("mật khẩu dài của tôi")
    tab.get_by_role("button", name="Đăng nhập").click()
    tab.get_by_role("button").last.click()
    expect(tab.get_by_label("Mục đích sử dụng")).to_have_value("Xây dựng báo cáo.")
    assert len(site.releases.requests) == 4

"""The figures of an attempt in sight, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import identity

STORED = f"/submissions/{identity('thu')}"


def test_an_officer_sees_the_figures_what_they_were_and_what_is_wrong(
    site: Site, tab: Page
) -> None:
    log_in(tab, site, path=STORED)
    tab.get_by_role("link", name="Số liệu trong biểu").click()
    expect(tab).to_have_url(f"{site.url}{STORED}/so-lieu?attempt=1")
    table = tab.get_by_role("table")
    heads = table.get_by_role("columnheader").all_inner_texts()
    assert heads == [
        "Mã", "Chỉ tiêu", "Quý III/2026", "Kỳ trước", "Tăng, giảm", "9 tháng năm 2026", "Cùng kỳ năm trước", 
        "Tăng, giảm",
    ]  # fmt: skip
    total = table.get_by_role("row", name="TỔNG THU")
    expect(total).to_contain_text("1.396.311,086")
    expect(total).to_contain_text("+16,4 %")
    wrong = total.get_by_role("cell", name="4.100.000")
    expect(wrong).to_contain_text("lần trước 4.000.000")
    expect(wrong).to_contain_text("Lỗi")
    expect(table.get_by_role("row", name="THU NỘI ĐỊA")).to_contain_text("9616,289 / 120")
    expect(table.get_by_role("row", name="1. Thu từ khu vực")).to_contain_text("…")
    expect(tab.get_by_text("triệu đồng")).to_be_visible()
    picture(tab, "figures")
    tab.goto(f"{tab.url}&language=en")
    expect(tab.get_by_text("million VND")).to_be_visible()
    expect(tab.get_by_text("triệu đồng")).not_to_be_visible()


def test_a_workbook_without_a_table_says_so(site: Site, tab: Page) -> None:
    site.office.has_tables = False
    log_in(tab, site, path=f"{STORED}/so-lieu")
    expect(tab.get_by_text("Không đọc được bảng nào của biểu trong tệp này.")).to_be_visible()

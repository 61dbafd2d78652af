"""A room doubts figures, the collecting room answers, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from services.kernel.problems import Problem
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import START, differing, identity, texts

STORED = f"/submissions/{identity('thu')}"


def doubt(
    tab: Page, question: str = "Tăng 40 % so với quý trước.", cells: str = "D28, d29"
) -> None:
    tab.get_by_text("Yêu cầu xác minh số liệu").click()
    tab.get_by_label("Điều gì chưa phù hợp").fill(question)
    tab.get_by_label("Các ô trong bảng tính").fill(cells)
    tab.get_by_role("button", name="Gửi yêu cầu").click()


def test_a_room_asks_and_the_collecting_room_answers(site: Site, tab: Page) -> None:
    log_in(tab, site, path=STORED)
    doubt(tab)
    expect(tab.get_by_role("status").first).to_contain_text("Đã gửi yêu cầu xác minh.")
    expect(tab.locator("#verifications")).to_contain_text("Tăng 40 % so với quý trước.")
    expect(tab.locator("#verifications")).to_contain_text("Đang chờ phòng thu thập trả lời.")
    assert site.office.verifications[0]["cells"] == ["D28", "D29"]
    picture(tab, "verification-asked")
    tab.get_by_role("link", name="Mọi yêu cầu xác minh").click()
    expect(tab.get_by_role("button", name="Số liệu đúng")).to_have_count(0)
    tab.get_by_role("button", name="Đăng xuất").click()

    log_in(tab, site, "p-thu-thap")
    tab.get_by_role("link", name="Xác minh").click()
    item = tab.locator(f"#verification-{identity('xac-minh')}")
    expect(item).to_contain_text("Thu ngân sách nhà nước trên địa bàn, Quý III/2026")
    item.locator("summary").click()
    picture(tab, "verifications")
    item.get_by_role("button", name="Số liệu sai, cơ quan gửi phải sửa").click()
    assert site.office.verifications[0]["state"] == "asked", "what was found is needed"
    item.get_by_label("Đã kiểm tra gì, kết quả ra sao").fill("Cộng hai lần khoản 17.3.")
    item.get_by_label("Số văn bản căn cứ").fill("7/TKĐB-TT")
    item.get_by_role("button", name="Số liệu sai, cơ quan gửi phải sửa").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã trả lời: số liệu sai.")
    expect(item).to_contain_text("(7/TKĐB-TT): Cộng hai lần khoản 17.3.")
    expect(item.get_by_role("button")).to_have_count(0)
    picture(tab, "verification-answered")


def test_what_is_no_cell_is_said_and_nothing_typed_is_lost(site: Site, tab: Page) -> None:
    log_in(tab, site, path=STORED)
    doubt(tab, cells="D28, hàng 29")
    expect(tab.get_by_role("alert")).to_contain_text("Không đọc được các ô: HÀNG, 29")
    expect(tab.get_by_label("Điều gì chưa phù hợp")).to_have_value("Tăng 40 % so với quý trước.")
    expect(tab.get_by_label("Các ô trong bảng tính")).to_have_value("D28, hàng 29")
    assert site.office.verifications == []
    picture(tab, "verification-cells")


def test_an_answer_that_is_refused_keeps_what_was_typed(site: Site, tab: Page) -> None:
    log_in(tab, site, path=STORED)
    doubt(tab)
    tab.get_by_role("button", name="Đăng xuất").click()
    log_in(tab, site, "p-thu-thap")
    tab.goto(f"{site.url}/xac-minh")
    tab.locator("summary").click()
    tab.get_by_label("Đã kiểm tra gì, kết quả ra sao").fill("Đúng theo sổ")
    said = texts("Yêu cầu này đã được trả lời", "Answered already")
    site.office.refuse_decisions = Problem(409, "answered", said, said)
    tab.get_by_role("button", name="Số liệu đúng").click()
    expect(tab.get_by_role("alert")).to_contain_text("Yêu cầu này đã được trả lời")
    expect(tab.get_by_label("Đã kiểm tra gì, kết quả ra sao")).to_have_value("Đúng theo sổ")


def test_who_neither_asks_nor_answers(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", STORED)
    expect(tab.get_by_text("Yêu cầu xác minh số liệu")).to_have_count(0)
    expect(tab.get_by_role("link", name="Xác minh")).to_have_count(0)
    tab.get_by_role("button", name="Đăng xuất").click()
    log_in(tab, site, "p-kiem-tra")
    tab.goto(f"{site.url}/xac-minh")
    expect(tab.locator("main")).to_contain_text("Chưa có yêu cầu nào.")


def test_parts_that_do_not_fit_are_shown_with_what_each_comes_to(site: Site, tab: Page) -> None:
    site.office.differing = [differing()]
    log_in(tab, site, path="/xac-minh")
    item = tab.locator("[id^=sections-]")
    expect(item).to_contain_text("Sở Tài chính tỉnh Điện Biên, lần gửi 1")
    expect(item).to_contain_text(
        "1 = 2 + 22, Quý III/2026 (phần A, B): trong biểu là 1.060,5, cộng lại được 1.061,5, lệch -1"
    )
    picture(tab, "sections-differ")
    item.get_by_role("link").first.click()
    expect(tab).to_have_url(f"{site.url}{STORED}?attempt=1")


def test_its_sender_reads_what_to_correct_in_place_of_nothing_to_do(site: Site, tab: Page) -> None:
    at = START.isoformat()
    site.office.reports[identity("thu")] = next(iter(site.office.reports.values()))
    site.office.corrections = [
        {"reason": "verified", "cells": ["C22", "C23"], "at": at},
        {"reason": "sections", "cells": [], "at": at},
    ]
    log_in(tab, site, "p-so-tai-chinh", f"/submissions/{identity('thu')}")
    standing = tab.locator("#standing")
    expect(standing).to_contain_text("đã xác minh và thấy số liệu ở C22, C23 sai. Hãy sửa")
    expect(standing).to_contain_text("chưa khớp với phần của cơ quan khác")
    expect(standing).not_to_contain_text("Không cần làm gì")
    picture(tab, "to-correct")

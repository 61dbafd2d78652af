"""Who comes where: each role's first page, the way there and back, and changes that a second person decides."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from services.kernel.clock import utc_now
from services.kernel.problems import Problem
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import LINK, PASSWORD, PEOPLE, identity, texts

HOMES = {"p-quan-tri": "/thay-doi"}
"""Whose first page isn't the list of submissions, which that role may not read."""


@pytest.mark.parametrize("person", PEOPLE)
def test_each_role_has_a_first_page_and_every_place_that_it_is_offered_opens(
    person: str, site: Site, tab: Page
) -> None:
    log_in(tab, site, person)
    assert tab.url == site.url + HOMES.get(person, "/submissions")
    places = tab.locator("nav.places a")
    paths = [str(place.get_attribute("href")) for place in places.all()]
    for path in paths:
        answer = tab.goto(site.url + path)
        assert answer is not None and answer.status == 200, path
        current = tab.locator("nav.places a[aria-current]")
        expect(current).to_have_attribute("href", path)
    picture(tab, f"places-{person}")


def test_a_page_below_a_place_belongs_to_it(site: Site, tab: Page) -> None:
    log_in(tab, site)
    tab.goto(f"{site.url}/submissions/{identity('cho')}")
    current = tab.locator("nav.places a[aria-current]")
    expect(current).to_have_text("Hồ sơ")
    assert current.get_attribute("aria-current") == "true"


def test_a_page_past_the_end_leads_to_the_first(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/submissions?state=stored&page=7")
    expect(tab.locator("#row-none")).to_contain_text("Trang này không có hồ sơ nào.")
    tab.get_by_role("link", name="Về trang đầu").click()
    assert tab.url == f"{site.url}/submissions?state=stored"


def test_an_old_attempt_leads_to_the_newest(site: Site, tab: Page) -> None:
    (sent,) = (one for one in site.office.attempts if one["id"] == identity("tra"))
    newer = {"attempt": 3, "state": "stored", "received_at": sent["received_at"]}
    sent["attempts"].append(newer)
    site.office.attempts.append(sent | {"attempt": 3, "state": "received", "findings": []})
    log_in(tab, site, path=f"/submissions/{identity('tra')}?attempt=2")
    tab.get_by_role("link", name="Xem lần gửi mới nhất (lần gửi 3)").click()
    site.office.attempts.remove(sent)
    tab.reload()
    expect(tab.locator(".headline")).to_contain_text("lần gửi 3")
    expect(tab.get_by_role("link", name="Xem lần gửi mới nhất")).to_have_count(0)


# -- a session that ends while somebody writes


def test_what_was_written_when_the_session_ended_is_not_lost(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_label("Lý do").fill("Đã đối chiếu\nvới văn bản gốc.")
    tab.context.clear_cookies(name="solieu_session")
    tab.get_by_role("button", name="Không chấp nhận").click()
    expect(tab.get_by_role("alert")).to_contain_text("Phiên làm việc đã hết")
    tab.get_by_label("Tên đăng nhập").fill("p-kinh-te")
    tab.get_by_label("Mật khẩu").fill("sai")
    tab.get_by_role("button", name="Đăng nhập").click()
    tab.get_by_label("Mật khẩu").fill(PASSWORD)
    tab.get_by_role("button", name="Đăng nhập").click()
    picture(tab, "unsent")
    expect(tab.get_by_role("button", name="Xem lại điều đã viết")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("alert")).to_contain_text("Chưa có gì được ghi nhận")
    expect(tab.get_by_label("Lý do")).to_have_value("Đã đối chiếu\nvới văn bản gốc.")
    picture(tab, "unsent-again")
    assert site.office.decisions == []
    tab.get_by_role("button", name="Không chấp nhận").click()
    expect(tab.get_by_text("Đã ghi nhận quyết định không chấp nhận.")).to_be_visible()
    (decision,) = site.office.decisions
    assert decision["reason"] == "Đã đối chiếu\nvới văn bản gốc."


def test_what_was_written_before_a_login_in_another_window_is_not_lost(
    site: Site, tab: Page
) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_label("Lý do").fill("Đã đối chiếu")
    other = tab.context.new_page()
    other.goto(site.url)
    other.get_by_role("button", name="Đăng xuất").click()
    log_in(other, site)
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    expect(tab.locator("h1")).to_have_text("Bạn đã đăng nhập ở cửa sổ khác")
    expect(tab.locator("main")).to_contain_text("p-kinh-te (Công chức phòng nghiệp vụ)")
    expect(tab.locator("blockquote")).to_have_text("Đã đối chiếu")
    tab.get_by_role("button", name="Xem lại điều đã viết").click()
    expect(tab.get_by_label("Lý do")).to_have_value("Đã đối chiếu")
    assert site.office.decisions == []


def test_a_login_with_a_made_up_form_leads_nowhere_else(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/dong-y")
    tab.context.clear_cookies(name="solieu_session")
    tab.goto(site.url + "/login")
    tab.evaluate(
        """() => {
          const field = document.createElement('input');
          Object.assign(field, {type: 'hidden', name: 'action', value: 'https://evil.example/'});
          document.querySelector('main form').append(field);
        }"""
    )
    tab.get_by_label("Tên đăng nhập").fill("p-kinh-te")
    tab.get_by_label("Mật khẩu").fill(PASSWORD)
    tab.get_by_role("button", name="Đăng nhập").click()
    tab.wait_for_url(site.url + "/submissions")


def test_what_was_refused_is_in_sight_and_has_the_focus(site: Site, tab: Page) -> None:
    tab.set_viewport_size({"width": 390, "height": 500})
    log_in(tab, site, "p-so-tai-chinh", "/dong-y")
    tab.locator("#record summary").click()
    tab.get_by_label("Biểu", exact=True).select_option("cv17809-1")
    tab.get_by_label("Từ ngày").fill("2026-11-01")
    tab.get_by_label("Số văn bản đồng ý").fill("15/STC")
    tab.get_by_role("button", name="Ghi nhận", exact=True).click()
    problem = tab.get_by_role("alert")
    expect(problem).to_contain_text("Còn thiếu nội dung")
    expect(problem).to_be_focused()
    expect(problem).to_be_in_viewport()


# -- consents from where they are needed


def test_a_submission_that_waits_because_of_names_leads_to_a_consent_filled_in(
    site: Site, tab: Page
) -> None:
    (waits,) = (one for one in site.office.attempts if one["id"] == identity("cho"))
    (withheld,) = (one for one in site.office.attempts if one["id"] == identity("cam"))
    waits |= {"reasons": withheld["reasons"]}
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_role("link", name="Ghi nhận sự đồng ý cho hồ sơ này").click()
    expect(tab.get_by_label("Cơ quan gửi")).to_have_value("so-tai-chinh-dien-bien")
    expect(tab.get_by_label("Biểu", exact=True)).to_have_value("cv17809-4")
    expect(tab.get_by_label("Kỳ số liệu")).to_have_value("2026-01-01/P9M")
    expect(tab.get_by_label("mã số thuế")).to_be_checked()
    expect(tab.get_by_label("tên người")).not_to_be_checked()
    picture(tab, "consent-filled-in")


# -- why


@pytest.mark.parametrize("person", ["p-kinh-te", "p-lanh-dao", "p-kiem-tra"])
def test_who_may_have_it_explained_reads_why_and_what_would_change_it(
    person: str, site: Site, tab: Page
) -> None:
    log_in(tab, site, person, f"/submissions/{identity('cam')}")
    tab.get_by_role("link", name="Vì sao được quyết định như vậy").click()
    main = tab.locator("main")
    expect(main).to_contain_text("khoản 2 Điều 6 1618/QĐ-UBND")
    expect(main).to_contain_text("«được chấp nhận» nếu các bên được nêu tên đồng ý")
    picture(tab, "explanation")


def test_a_sender_reads_the_reasons_and_no_more(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", f"/submissions/{identity('cam')}")
    expect(tab.locator("#reasons")).to_contain_text("khoản 2 Điều 6")
    expect(tab.get_by_role("link", name="Vì sao được quyết định như vậy")).to_have_count(0)


# -- the log that receipts are compared with


def test_an_auditor_gets_the_root_for_a_receipt(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kiem-tra", "/nhat-ky")
    expect(tab.locator("main")).to_contain_text("ab" * 32)
    tab.get_by_label("Độ dài ghi trong biên nhận").fill("376")
    tab.get_by_role("button", name="Xem gốc").click()
    expect(tab.get_by_role("alert")).to_contain_text("Nhật ký chưa từng dài 376 lá")
    tab.get_by_label("Độ dài ghi trong biên nhận").fill("17")
    tab.get_by_role("button", name="Xem gốc").click()
    expect(tab.locator("main")).to_contain_text("0" * 62 + "11")
    picture(tab, "checkpoint")
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Tải tệp gốc").click()
    assert download.value.suggested_filename == "goc-nhat-ky-17.json"
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert saved == {"size": 17, "root": f"{17:064x}"}


# -- changes of rights


def test_a_leader_confirms_a_change_and_gets_the_link_once(site: Site, tab: Page) -> None:
    site.office.names_of_people = {"p-lanh-dao": "Sùng A Mẫu", "p-kinh-te": "Vì Thị Mẫu"}
    log_in(tab, site, "p-lanh-dao", "/thay-doi")
    expect(tab.locator("header")).to_contain_text("Sùng A Mẫu · Lãnh đạo")
    waits = tab.locator(f"#change-{identity('quyen')}")
    expect(waits).to_contain_text("Lò Thị Mới (p-moi)")
    expect(waits).to_contain_text("Vì Thị Mẫu (p-kinh-te), từ 1/12/2026 đến hết 5/12/2026")
    for words in ("Thống kê tỉnh Điện Biên", "Công chức phòng nghiệp vụ", "Phòng Thống kê Kinh tế"):
        expect(waits).to_contain_text(words)
    key = tab.locator(f"#change-{identity('khoa')}")
    expect(key).to_contain_text("Sở Tài chính tỉnh Điện Biên")
    expect(key).to_contain_text("08:20, 24/11/2026")
    expect(tab.locator(f"#change-{identity('cu')}")).to_contain_text("moi@example.vn")
    picture(tab, "changes")
    waits.get_by_role("button", name="Xác nhận").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã xác nhận")
    expect(tab.locator("main")).to_contain_text(f"/password?token={LINK}")
    expect(waits).to_contain_text("Sùng A Mẫu (p-lanh-dao) xác nhận")
    picture(tab, "changes-link")
    tab.goto(site.url + "/thay-doi")
    expect(tab.locator("main")).not_to_contain_text("/password?token=")
    tab.locator(f"#change-{identity('khoa')}").get_by_role("button", name="Từ chối").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã từ chối")


def test_a_change_that_is_refused_says_why_beside_it(site: Site, tab: Page) -> None:
    said = texts("Quyền của bạn vừa được thay đổi", "Your rights were just changed")
    site.office.refuse_decisions = Problem(403, "lately", said, texts("Đợi đủ 24 giờ.", "Wait."))
    log_in(tab, site, "p-lanh-dao", "/thay-doi")
    waits = tab.locator(f"#change-{identity('khoa')}")
    waits.get_by_role("button", name="Xác nhận").click()
    expect(waits.get_by_role("alert")).to_contain_text("Đợi đủ 24 giờ.")


def test_who_proposed_it_sees_it_and_has_no_button(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-quan-tri")
    expect(tab.locator(f"#change-{identity('khoa')}")).to_contain_text("Chờ một lãnh đạo khác")
    expect(tab.locator("main").get_by_role("button")).to_have_count(0)


# -- what is written while catalogue is away, or by somebody else


def test_what_was_written_goes_through_a_login_that_failed_for_want_of_catalogue(
    site: Site, tab: Page
) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_label("Lý do").fill("Đã đối chiếu")
    tab.context.clear_cookies(name="solieu_session")
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    site.office.is_catalogue_away = True
    for _ in range(2):
        tab.get_by_label("Tên đăng nhập").fill("p-kinh-te")
        tab.get_by_label("Mật khẩu").fill(PASSWORD)
        tab.get_by_role("button", name="Đăng nhập").click()
        if site.office.is_catalogue_away:
            expect(tab.get_by_role("alert")).to_contain_text("tạm thời chưa trả lời")
            site.office.is_catalogue_away = False
    tab.get_by_role("button", name="Xem lại điều đã viết").click()
    expect(tab.get_by_label("Lý do")).to_have_value("Đã đối chiếu")


def test_what_one_person_wrote_is_not_shown_to_the_next(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_label("Lý do").fill("chỉ tôi biết")
    later = replace(site.app.state.context, clock=lambda: utc_now() + timedelta(minutes=16))
    now, site.app.state.context = site.app.state.context, later
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    site.app.state.context = now
    tab.get_by_label("Tên đăng nhập").fill("p-lanh-dao")
    tab.get_by_label("Mật khẩu").fill(PASSWORD)
    tab.get_by_role("button", name="Đăng nhập").click()
    tab.wait_for_url(site.url + "/submissions")
    expect(tab.locator("body")).not_to_contain_text("chỉ tôi biết")


def test_two_windows_whose_session_ended_both_keep_what_was_written(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    other = tab.context.new_page()
    other.goto(f"{site.url}/submissions/{identity('cho')}")
    for page in (tab, other):
        page.get_by_label("Lý do").fill("Đã đối chiếu")
    tab.context.clear_cookies(name="solieu_session")
    for page in (tab, other):
        page.get_by_role("button", name="Chấp nhận", exact=True).click()
    for page in (tab, other, other):
        page.get_by_label("Tên đăng nhập").fill("p-kinh-te")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
    expect(other.get_by_role("button", name="Xem lại điều đã viết")).to_be_visible()
    expect(other.locator("blockquote")).to_have_text("Đã đối chiếu")


def test_a_link_is_shown_though_the_list_can_not_be_had(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao", "/thay-doi")
    waits = tab.locator(f"#change-{identity('quyen')}")
    site.office.are_changes_away = True
    waits.get_by_role("button", name="Xác nhận").click()
    expect(tab.locator("main")).to_contain_text(f"/password?token={LINK}")

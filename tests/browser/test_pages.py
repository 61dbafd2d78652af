"""The console as people meet it: a real Chromium, the keyboard, a narrow screen, no script, a lost connection."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from services.kernel.problems import Problem
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import PASSWORD, START, attempt, identity, texts

ASTRAY = ("//evil.example/", "https://evil.example", "/%5Cevil.example", "/logout")


def row(tab: Page, name: str, number: int = 1) -> str:
    return f"#row-{identity(name)}-{number}"


# -- logging in


def test_a_wrong_password_is_said_in_plain_words_and_the_name_stays(site: Site, tab: Page) -> None:
    tab.goto(site.url)
    picture(tab, "login")
    tab.get_by_label("Tên đăng nhập").fill("p-kinh-te")
    tab.get_by_label("Mật khẩu").fill("sai rồi")
    tab.get_by_role("button", name="Đăng nhập").click()
    expect(tab.get_by_role("alert")).to_contain_text("Tên đăng nhập hoặc mật khẩu không đúng")
    expect(tab.get_by_label("Tên đăng nhập")).to_have_value("p-kinh-te")
    expect(tab.get_by_label("Mật khẩu")).to_have_value("")
    expect(tab.get_by_label("Mật khẩu")).to_be_focused()
    picture(tab, "login-wrong")


def test_the_login_goes_on_to_the_page_that_was_wanted(site: Site, tab: Page) -> None:
    wanted = f"/submissions/{identity('tra')}?attempt=2"
    log_in(tab, site, path=wanted)
    assert tab.url == site.url + wanted
    expect(tab.locator("h1")).to_have_text("Thu ngân sách nhà nước trên địa bàn")


@pytest.mark.parametrize("next", ASTRAY)
def test_the_login_leads_nobody_astray(site: Site, tab: Page, next: str) -> None:
    log_in(tab, site, path=f"/login?next={next}")
    assert tab.url == site.url + "/submissions"


def test_no_script_sees_the_cookies_and_logging_out_ends_it(site: Site, tab: Page) -> None:
    log_in(tab, site)
    cookies = {one["name"]: one for one in tab.context.cookies()}
    assert {"solieu_session", "solieu_form"} <= set(cookies)
    assert all(one["httpOnly"] and one["sameSite"] == "Strict" for one in cookies.values())
    assert tab.evaluate("document.cookie") == ""
    tab.get_by_role("button", name="Đăng xuất").click()
    tab.wait_for_url("**/login")
    tab.goto(site.url + "/submissions")
    assert tab.url.startswith(site.url + "/login")


def test_everything_can_be_done_with_the_keyboard_alone(site: Site, tab: Page) -> None:
    tab.goto(site.url)
    # The browser gives it the focus a moment after the page is there.
    expect(tab.locator("[autofocus]")).to_be_focused()
    for keys in ("p-kinh-te", "Tab", PASSWORD, "Enter"):
        tab.keyboard.press(keys) if keys in ("Tab", "Enter") else tab.keyboard.insert_text(keys)
    tab.wait_for_url("**/submissions")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Đến danh sách")).to_be_focused()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    expect(tab.locator(".attempt a").first).to_be_focused()
    outline = tab.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**/submissions/{identity('moi')}*")


# -- the list, live


def test_the_list_shows_all_at_a_glance_and_a_persons_own_work_first(site: Site, tab: Page) -> None:
    log_in(tab, site)
    picture(tab, "list")
    expect(tab.locator(".attempt")).to_have_count(6)
    expect(tab.locator(row(tab, "cho"))).to_contain_text("9 tháng năm 2026, sơ bộ")
    expect(tab.locator(row(tab, "cho"))).to_contain_text("Chờ người quyết định")
    tab.get_by_role("link", name="1 hồ sơ đang chờ quyết định").click()
    expect(tab.locator(".attempt")).to_have_count(1)
    chosen = tab.locator(".filters [aria-current=page]")
    expect(chosen).to_have_text("Chờ quyết định 1")


def test_a_row_changes_by_itself_is_read_out_and_keeps_the_focus(site: Site, tab: Page) -> None:
    log_in(tab, site)
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    link = tab.locator(f"{row(tab, 'moi')} a")
    link.focus()
    tab.evaluate("window.untouched = document.querySelectorAll('.attempt')[3]")
    site.office.attempts[0] = attempt(
        "moi", "stored", form="cv17809-2", period="2026-Q4", completeness="estimate"
    )
    expect(tab.locator(row(tab, "moi"))).to_contain_text("Được chấp nhận, đã vào kho")
    expect(tab.locator("[data-live-news]")).to_have_text(
        "Chi ngân sách địa phương, Quý IV/2026: Được chấp nhận, đã vào kho"
    )
    expect(link).to_be_focused()
    assert tab.evaluate("window.untouched.isConnected")


def test_what_changed_before_the_stream_began_is_read_out_too_and_nothing_is_said_twice(
    site: Site, tab: Page
) -> None:
    def begin(route: Route) -> None:
        site.office.attempts[0] = attempt("moi", "stored", period="2026-Q4")
        route.continue_()

    tab.route("**/submissions/stream*", begin, times=1)
    log_in(tab, site)
    expect(tab.locator("[data-live-news]")).to_contain_text("Được chấp nhận, đã vào kho")
    assert tab.locator(".attempt.changed").count() == 1
    tab.evaluate("document.querySelector('[data-live-news]').textContent = ''")
    with tab.expect_request("**/submissions/stream*"):
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    site.office.attempts.insert(0, attempt("them", "received", period="2026-M10"))
    expect(tab.locator(".attempt").first).to_contain_text("Tháng 10/2026")
    expect(tab.locator("[data-live-news]")).not_to_contain_text("Quý IV")


def test_a_new_submission_comes_in_at_the_top_and_only_once(site: Site, tab: Page) -> None:
    log_in(tab, site)
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    site.office.attempts.insert(0, attempt("them", "received", period="2026-M10"))
    expect(tab.locator(".attempt").first).to_contain_text("Tháng 10/2026")
    site.office.attempts.pop()
    expect(tab.locator(".attempt")).to_have_count(6)
    order = [one.get_attribute("id") for one in tab.locator(".attempt").all()]
    assert order == [f"row-{one['id']}-{one['attempt']}" for one in site.office.attempts]


def test_an_empty_list_says_so_and_fills_by_itself(site: Site, tab: Page) -> None:
    found, site.office.attempts = site.office.attempts, []
    log_in(tab, site)
    expect(tab.locator(".none")).to_contain_text("Chưa có hồ sơ nào")
    site.office.attempts = found
    expect(tab.locator(".attempt")).to_have_count(6)
    expect(tab.locator(".none")).to_have_count(0)


def test_a_service_that_is_away_is_said_and_the_page_comes_back(site: Site, tab: Page) -> None:
    log_in(tab, site)
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    site.office.is_away = True
    expect(tab.get_by_text("Mất kết nối, đang thử lại")).to_be_visible()
    expect(tab.locator(".attempt")).to_have_count(6)
    site.office.attempts.pop()
    site.office.is_away = False
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    expect(tab.locator(".attempt")).to_have_count(5)
    site.office.is_away = True
    tab.reload()
    expect(tab.locator("h1")).to_have_text("Hệ thống tạm thời chưa trả lời")
    picture(tab, "away")


def test_a_stream_that_ends_goes_on_where_it_was(site: Site, tab: Page) -> None:
    site.app.state.stream_lasts = 0.3
    log_in(tab, site)
    tab.wait_for_timeout(700)
    site.office.attempts.pop()
    expect(tab.locator(".attempt")).to_have_count(5, timeout=10_000)


def test_a_hidden_page_gives_its_connection_back(site: Site, tab: Page) -> None:
    log_in(tab, site)
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    assert site.app.state.streams.total() == 1
    hide = (
        "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    tab.evaluate(hide % "true")
    for _ in range(50):
        if site.app.state.streams.total() == 0:
            break
        tab.wait_for_timeout(100)
    assert site.app.state.streams.total() == 0
    site.office.attempts.pop()
    tab.evaluate(hide % "false")
    expect(tab.locator(".attempt")).to_have_count(5)


# -- one submission


def test_a_returned_one_says_which_cells_and_how_to_mend_them(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", f"/submissions/{identity('tra')}")
    picture(tab, "returned")
    expect(tab.locator("#standing")).to_contain_text("Hãy sửa những chỗ nêu dưới đây rồi gửi lại")
    drawn = tab.get_by_role("img", name="Trang Biểu 1: 2 ô có phát hiện")
    assert [drawn.locator(f"rect.{kind}").count() for kind in ("error", "warning")] == [1, 1]
    expect(tab.locator("#findings")).to_contain_text("39 đạt, 2 không đạt, 0 chưa kết luận được")
    tab.locator("#findings").get_by_role("link", name="C62").click()
    assert tab.url.endswith("#finding-2")
    expect(tab.locator(".item:target")).to_contain_text("Ô C62")
    expect(tab.locator(".item:target")).to_contain_text("chênh lệch: -189.646,47")
    expect(tab.locator(".path [aria-current=step]")).to_contain_text("Trả lại")
    expect(tab.locator("#decision")).to_have_count(0)


def test_a_withheld_one_names_the_article_and_the_cells(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cam')}")
    picture(tab, "withheld")
    expect(tab.locator("#reasons")).to_contain_text("khoản 2 Điều 6 1618/QĐ-UBND")
    expect(tab.locator("#reasons")).to_contain_text("Danh sách – mã số thuế: D5 D6 D7 D8")


def test_workbooks_and_the_receipt_come_as_files(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('tra')}")
    with tab.expect_download() as original:
        tab.get_by_role("link", name="Tải bảng tính như đã gửi").click()
    assert original.value.suggested_filename == f"{identity('tra')}-2_ban-goc.xls"
    assert Path(original.value.path()).read_bytes() == b"as sent"
    with tab.expect_download() as workbook:
        tab.get_by_role("link", name="Tải bảng tính đã đánh dấu chỗ sai").click()
    assert workbook.value.suggested_filename == f"{identity('tra')}-2.xlsx"
    assert Path(workbook.value.path()).read_bytes() == b"PK\x03\x04 marked"
    with tab.expect_download() as receipt:
        tab.get_by_role("link", name="Tải biên nhận").click()
    name = f"bien-nhan-{identity('tra')}-2.json"
    assert receipt.value.suggested_filename == name
    assert json.loads(Path(receipt.value.path()).read_bytes())["attempt"] == 2
    tab.get_by_role("link", name="Xem và kiểm tra biên nhận").click()
    tab.get_by_text("Tự kiểm tra, không cần máy chủ này").click()
    expect(tab.locator("pre")).to_have_text(f"solieu audit verify {name} --file tep-da-gui.xlsx")


def test_an_officer_accepts_with_a_reason(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    picture(tab, "held")
    turn = "Phòng Thống kê Kinh tế. Hạn: 08:20, 26/11/2026. Cần 2 người đồng ý, đã có 0."
    expect(tab.locator("#standing")).to_contain_text(turn)
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    assert site.office.decisions == []
    tab.get_by_label("Lý do").fill("Đã đối chiếu với quyết toán")
    tab.get_by_label("Số văn bản căn cứ").fill("12/BC-TK")
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    expect(tab.get_by_text("Đã ghi nhận quyết định chấp nhận.")).to_be_visible()
    expect(tab.locator("#standing")).to_contain_text("đã có 1")
    expect(tab.locator("#decision")).to_have_count(0)
    assert site.office.decisions == [
        {"outcome": "release", "reason": "Đã đối chiếu với quyết toán", "document": "12/BC-TK",
         "submission": identity("cho"), "attempt": 1, "person": "p-kinh-te"}
    ]  # fmt: skip


def test_a_decision_that_is_refused_keeps_what_was_typed(site: Site, tab: Page) -> None:
    words = texts("Cần người thứ hai", "A second person is needed")
    site.office.refuse_decisions = Problem(409, "four-eyes", words, words)
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_label("Lý do").fill("Chênh lệch chưa giải trình")
    tab.get_by_role("button", name="Không chấp nhận").click()
    expect(tab.get_by_role("alert")).to_contain_text("Cần người thứ hai")
    expect(tab.get_by_label("Lý do")).to_have_value("Chênh lệch chưa giải trình")
    picture(tab, "refused")


def test_who_decided_when_and_why_stays_when_the_state_has_moved_on(site: Site, tab: Page) -> None:
    site.office.names_of_people = {"p-lanh-dao": "Sùng A Mẫu"}
    site.office.reviews[identity("cho")]["acts"] = [
        {"person": "p-lanh-dao", "outcome": "release", "reason": "Đã đối chiếu sổ thu.", "decision": 1,
         "document": "12/TKĐB-TH", "on_behalf": None, "decided_at": START.isoformat()},
    ]  # fmt: skip
    moved = attempt("cho", "stored", form="cv17809-4")
    moved["times"]["held"] = START.isoformat()
    site.office.attempts[1] = moved
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    decided = tab.locator("#decided")
    expect(decided).to_contain_text("Sùng A Mẫu chấp nhận")
    expect(decided).to_contain_text("Đã đối chiếu sổ thu.")
    expect(decided).to_contain_text("12/TKĐB-TH")
    expect(tab.locator("#decision")).to_have_count(0)
    expect(tab.locator("#standing")).not_to_contain_text("Hạn")
    picture(tab, "decided")


def test_news_never_takes_what_is_being_typed(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    tab.get_by_label("Lý do").fill("đang viết dở")
    site.office.reviews[identity("cho")]["reviewers"] = 1
    expect(tab.locator("#standing")).not_to_contain_text("Cần 2 người đồng ý")
    expect(tab.get_by_label("Lý do")).to_have_value("đang viết dở")
    expect(tab.get_by_label("Lý do")).to_be_focused()
    tab.get_by_label("Lý do").fill("")
    site.office.attempts[1] = attempt("cho", "stored", form="cv17809-4")
    expect(tab.locator("#decision")).to_have_count(0)
    expect(tab.locator("#documents")).to_be_visible()


def test_what_is_being_typed_stays_when_the_matter_ends_and_can_not_be_sent(
    site: Site, tab: Page
) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_label("Lý do").fill("đang viết dở")
    (waits,) = (one for one in site.office.attempts if one["id"] == identity("cho"))
    waits |= {"state": "withdrawn", "times": waits["times"] | {"withdrawn": waits["since"]}}
    expect(tab.locator("#standing")).to_contain_text("Cơ quan gửi đã rút")
    expect(tab.locator("#decision").get_by_role("alert")).to_contain_text("không gửi được nữa")
    expect(tab.get_by_label("Lý do")).to_have_value("đang viết dở")
    expect(tab.locator("#decision").get_by_role("button")).to_have_count(0)


def test_thanks_for_a_decision_are_in_sight_and_read_out(site: Site, tab: Page) -> None:
    tab.set_viewport_size({"width": 1280, "height": 600})
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    tab.get_by_label("Lý do").fill("Đã xem")
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    thanks = tab.get_by_role("status").filter(has_text="Đã ghi nhận quyết định chấp nhận.")
    expect(thanks).to_be_in_viewport()
    expect(thanks).to_be_focused()


def test_what_only_this_answer_shows_is_not_thrown_away_by_the_other_language(
    site: Site, tab: Page
) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    expect(tab.get_by_role("link", name="English")).to_be_visible()
    tab.evaluate("document.querySelector('#decision textarea').required = false")
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Chưa ghi lý do")
    expect(tab.get_by_role("link", name="English")).to_have_count(0)
    tab.goto(f"{site.url}/?language=en")
    expect(tab.locator("h1")).to_have_text("Submissions")


def test_a_clerk_takes_a_submission_back(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", f"/submissions/{identity('thu')}")
    expect(tab.get_by_label("Vì sao rút lại")).not_to_be_visible()
    tab.get_by_text("Rút lại lần gửi 1").click()
    expect(tab.locator("#withdrawal")).to_contain_text("không ai được đọc các số liệu này nữa")
    picture(tab, "withdrawal")
    tab.get_by_role("button", name="Rút lại", exact=True).click()
    assert site.office.withdrawals == [], "a reason is needed"
    tab.get_by_label("Vì sao rút lại").fill("Gửi nhầm số liệu của đơn vị khác")
    tab.get_by_role("button", name="Rút lại", exact=True).click()
    expect(tab.get_by_text("Đã ghi nhận việc rút lại.")).to_be_visible()
    expect(tab.locator("#standing")).to_contain_text("Cơ quan gửi đã rút")
    expect(tab.locator("#withdrawal")).to_have_count(0)
    picture(tab, "withdrawn")
    assert site.office.withdrawals == [
        {"attempt": 1, "reason": "Gửi nhầm số liệu của đơn vị khác",
         "submission": identity("thu"), "person": "p-so-tai-chinh"}
    ]  # fmt: skip


def test_the_office_takes_back_on_the_senders_letter_alone(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('thu')}")
    tab.get_by_text("Rút lại lần gửi 1").click()
    tab.get_by_label("Vì sao rút lại").fill("Theo đề nghị của Sở")
    tab.get_by_role("button", name="Rút lại", exact=True).click()
    assert site.office.withdrawals == [], "the letter is needed"
    tab.locator("#withdrawal-document").evaluate("field => field.required = false")
    tab.get_by_role("button", name="Rút lại", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Thiếu văn bản của cơ quan gửi")
    expect(tab.get_by_label("Vì sao rút lại")).to_have_value("Theo đề nghị của Sở")
    picture(tab, "withdrawal-refused")
    tab.locator("#withdrawal-document").fill("118/STC-NS")
    tab.get_by_role("button", name="Rút lại", exact=True).click()
    expect(tab.get_by_text("Đã ghi nhận việc rút lại.")).to_be_visible()
    assert [one["document"] for one in site.office.withdrawals] == ["118/STC-NS"]


def test_a_leader_ends_an_incident(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao")
    tab.get_by_role("link", name="Sự cố").click()
    item = tab.locator(f"#incident-{identity('su-co')}")
    expect(item).to_contain_text("Thu ngân sách nhà nước trên địa bàn, Quý III/2026")
    expect(item).to_contain_text("Biểu 1 – dấu Tối mật: A2")
    item.get_by_text("Kết thúc sự việc").click()
    picture(tab, "incidents")
    item.get_by_role("button", name="Đã nhận qua kênh bảo mật").click()
    assert site.office.incidents[0]["closed_at"] is None, "a reason is needed"
    item.get_by_label("Lý do").fill("Bản giấy đã nhận")
    item.get_by_label("Số văn bản căn cứ").fill("45/TKĐB-TH")
    item.get_by_role("button", name="Đã nhận qua kênh bảo mật").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã kết thúc sự việc")
    expect(item).to_contain_text("(45/TKĐB-TH): Bản giấy đã nhận")
    expect(item.get_by_role("button")).to_have_count(0)
    picture(tab, "incident-ended")


def test_an_ending_that_is_refused_keeps_what_was_typed(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao")
    tab.goto(f"{site.url}/su-co")
    tab.locator("summary").click()
    tab.get_by_label("Lý do").fill("Không phải mật")
    words = texts("Đã kết thúc trước đó", "It was ended before")
    site.office.refuse_decisions = Problem(409, "closed-before", words, words)
    tab.get_by_role("button", name="Không phải tài liệu mật").click()
    expect(tab.get_by_role("alert")).to_contain_text("Đã kết thúc trước đó")
    expect(tab.get_by_label("Lý do")).to_have_value("Không phải mật")


def test_a_clerk_records_a_consent_and_withdraws_it(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh")
    tab.get_by_role("link", name="Sự đồng ý").click()
    expect(tab.locator("main")).to_contain_text("Chưa ghi nhận sự đồng ý nào.")
    tab.locator("summary").click()
    picture(tab, "consent-form")
    expect(tab.get_by_label("Cơ quan gửi")).to_have_value("so-tai-chinh-dien-bien")
    tab.get_by_label("Biểu", exact=True).select_option("cv17809-1")
    tab.get_by_label("tên người").check()
    tab.get_by_label("địa chỉ").check()
    tab.get_by_label("UBND tỉnh").check()
    tab.get_by_label("Từ ngày").fill("2026-11-01")
    tab.get_by_label("Số văn bản đồng ý").fill("15/STC")
    tab.get_by_role("button", name="Ghi nhận", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Còn thiếu nội dung")
    expect(tab.get_by_label("tên người")).to_be_checked()
    picture(tab, "consent-missing")
    tab.get_by_label("quản lý nhà nước").check()
    tab.get_by_role("button", name="Ghi nhận", exact=True).click()
    expect(tab.get_by_role("status")).to_contain_text("Đã ghi nhận sự đồng ý.")
    item = tab.locator(f"#consent-{identity('dong-y')}")
    agreed = "Đồng ý về tên người, địa chỉ; cho UBND tỉnh; để quản lý nhà nước."
    expect(item).to_contain_text(agreed)
    expect(item).to_contain_text("Từ 1/11/2026, không hạn cuối.")
    (given,) = site.office.consents
    assert (given["identifiers"], given["audiences"], given["purposes"]) == (
        ["person_name", "address"], ["provincial_committee"], ["state_management"],
    )  # fmt: skip
    item.locator("summary").click()
    picture(tab, "consents")
    item.get_by_label("Vì sao rút lại").fill("Một hộ rút lại")
    item.get_by_role("button", name="Rút lại").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã rút lại sự đồng ý.")
    expect(item).to_contain_text("Đã rút, p-so-tai-chinh")
    expect(item.get_by_role("button")).to_have_count(0)


def test_an_auditor_reads_incidents_and_a_clerk_has_none(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kiem-tra")
    tab.get_by_role("link", name="Sự cố").click()
    expect(tab.locator(".item")).to_contain_text("Chờ phòng phụ trách hoặc lãnh đạo kết thúc.")
    expect(tab.get_by_role("button", name="Không phải tài liệu mật")).to_have_count(0)
    tab.get_by_role("button", name="Đăng xuất").click()
    log_in(tab, site, "p-so-tai-chinh")
    expect(tab.get_by_role("link", name="Sự cố")).to_have_count(0)


def test_a_room_that_is_not_responsible_is_offered_neither_decision_nor_withdrawal(
    site: Site, tab: Page
) -> None:
    log_in(tab, site, "p-thu-thap", f"/submissions/{identity('cho')}")
    expect(tab.locator("#standing")).to_contain_text("Phòng Thống kê Kinh tế")
    expect(tab.locator("#decision, #withdrawal")).to_have_count(0)


def test_an_auditor_sees_the_path_but_no_value_and_no_button(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kiem-tra", f"/submissions/{identity('tra')}")
    picture(tab, "auditor")
    expect(tab.locator("#findings")).to_contain_text("C47")
    expect(tab.locator("main")).not_to_contain_text("291.552")
    expect(tab.get_by_role("link", name="Tải bảng tính đã đánh dấu chỗ sai")).to_have_count(0)
    tab.goto(f"{site.url}/submissions/{identity('cho')}")
    expect(tab.locator("#decision")).to_have_count(0)


def test_what_a_role_may_not_have_is_not_offered(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-bien-soan", f"/submissions/{identity('thu')}")
    expect(tab.locator("#standing")).to_contain_text("Được chấp nhận")
    expect(tab.locator("#documents")).to_have_count(0)
    expect(tab.locator("#withdrawal")).to_have_count(0)


def test_a_lawyer_reads_which_article_is_kept_by_what(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kiem-tra")
    tab.get_by_role("link", name="Quy định").click()
    picture(tab, "regulations")
    tab.get_by_role("link", name="1618/QĐ-UBND").click()
    picture(tab, "regulation")
    row = tab.get_by_role("row").filter(has_text="khoản 2 Điều 6")
    expect(row).to_contain_text("dien-bien-1618-2021.6.2")
    expect(tab.get_by_role("row").filter(has_text="Con người:").first).to_be_visible()
    tab.get_by_role("link", name="English").click()
    expect(tab.get_by_role("row").filter(has_text="Article 6(2)")).to_contain_text("R19")
    tab.goto(f"{site.url}/quy-dinh/khong-co")
    expect(tab.locator("main")).not_to_contain_text("Điều")


# -- for everybody


def test_what_others_wrote_is_text_and_never_markup(site: Site, tab: Page) -> None:
    evil = '<img src=x onerror="window.broken=1"></script><b>x'
    first = site.office.attempts[2]
    first["form"], first["sender"], first["period"] = evil, evil, evil
    report = site.office.reports[identity("tra")]["findings"][0]
    report["message"], report["sheet"], report["cells"] = texts(evil, evil), evil, [evil]
    log_in(tab, site)
    expect(tab.locator(row(tab, "tra", 2))).to_contain_text(evil)
    tab.goto(f"{site.url}/submissions/{identity('tra')}")
    expect(tab.locator("#findings")).to_contain_text(evil)
    assert tab.evaluate("window.broken") is None
    first["since"] = "2026-11-24T02:00:00+00:00"
    report["mend"] = texts(f"mới {evil}", "")
    expect(tab.locator("#findings")).to_contain_text(f"mới {evil}")
    assert tab.locator("main img, main b").count() == 0
    assert tab.evaluate("window.broken") is None


def test_it_speaks_vietnamese_until_someone_chooses_english(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{identity('cam')}?attempt=1")
    expect(tab.locator("html")).to_have_attribute("lang", "vi")
    tab.get_by_role("link", name="English").click()
    expect(tab.locator("html")).to_have_attribute("lang", "en")
    assert tab.url == f"{site.url}/submissions/{identity('cam')}?attempt=1"
    expect(tab.locator("#reasons")).to_contain_text("Article 6(2) of 1618/QĐ-UBND")
    picture(tab, "english")
    tab.goto(site.url)
    expect(tab.locator("h1")).to_have_text("Submissions")
    tab.get_by_role("link", name="Tiếng Việt").click()
    expect(tab.locator("h1")).to_have_text("Hồ sơ số liệu")


def test_it_works_without_any_script(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    log_in(tab, site, path=f"/submissions/{identity('cho')}")
    expect(tab.get_by_text("Tải lại trang để xem thay đổi.")).to_be_visible()
    tab.get_by_label("Lý do").fill("Đã xem")
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    expect(tab.get_by_text("Đã ghi nhận quyết định chấp nhận.")).to_be_visible()
    assert len(site.office.decisions) == 1
    context.close()


def test_who_prepared_and_who_signed_are_named(site: Site, tab: Page) -> None:
    site.office.names_of_people = {"p-so-tai-chinh": "Lò Thị Mẫu", "p-giam-doc": "Quàng Văn Ký"}
    signed = {"prepared_by": "p-so-tai-chinh", "approved_by": "p-giam-doc"}
    next(one for one in site.office.attempts if one["id"] == identity("thu")).update(signed)
    log_in(tab, site, "p-kinh-te", f"/submissions/{identity('thu')}")
    facts = tab.locator("details.facts")
    facts.locator("summary").click()
    expect(facts).to_contain_text("Lò Thị Mẫu")
    expect(facts).to_contain_text("Quàng Văn Ký")


def test_what_was_decided_about_the_attempt_before_is_in_sight(site: Site, tab: Page) -> None:
    site.office.reviews[f"{identity('tra')}/1"] = {
        "acts": [
            {"person": "p-lanh-dao", "on_behalf": None, "outcome": "withhold", "decision": 1, "document": None,
             "decided_at": "2026-11-20T02:00:00Z", "reason": "Quý IV chưa kết thúc."}
        ],
        "room": None, "reviewers": 1, "agreed": 0, "due": "2026-11-27T02:00:00Z", "is_overdue": False,
    }  # fmt: skip
    log_in(tab, site, "p-kinh-te", f"/submissions/{identity('tra')}")
    decided = tab.locator("#decided")
    expect(decided.get_by_role("heading", name="lần gửi 1")).to_be_visible()
    expect(decided).to_contain_text("Quý IV chưa kết thúc.")

"""Who owes what, by when: the office's matrix, an agency's own list, and what may be said of a duty."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from services.kernel.problems import Problem
from services.model.messages import texts as both
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import FINANCE, duty, identity, remark


def item(name: str) -> str:
    return f"#duty-{identity(f'nghia-vu-{name}')}"


def folded(within: Locator, summary: str) -> Locator:
    """What unfolds below these words."""
    return within.locator("details").filter(has=within.page.locator("summary", has_text=summary))


def test_the_office_sees_who_is_missing_at_a_glance(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kinh-te", "/nghia-vu")
    matrix = tab.get_by_role("table")
    expect(matrix.get_by_role("rowheader")).to_have_count(4)
    expect(matrix.get_by_role("columnheader")).to_have_count(6)
    spending = matrix.get_by_role("row", name="Chi ngân sách")
    expect(spending).to_contain_text("quá hạn, chưa có")
    expect(spending).to_contain_text("hạn 22/11/2026")
    revenue = matrix.get_by_role("row", name="Thu ngân sách")
    expect(revenue.get_by_role("cell").get_by_role("link").first).to_have_attribute(
        "href", f"/submissions/{identity('thu')}?attempt=1"
    )
    picture(tab, "duties")
    tab.get_by_role("navigation", name="Lọc").get_by_role("link", name="quá hạn").click()
    expect(matrix.get_by_role("rowheader")).to_have_count(2)
    assert "timeliness=missing" in tab.url
    matrix.get_by_role("link", name="Nhắc 3, Hỏi, đáp 2").click()
    assert tab.url.endswith(item("chi"))
    expect(tab.locator(item("chi"))).to_contain_text("Đã nhắc 3 lần")
    matrix.get_by_role("link", name="Chi ngân sách nhà nước, quý").click()
    expect(tab.locator("main")).to_contain_text("Chỉ xem một cơ quan hoặc một mục")
    tab.get_by_role("link", name="Xem tất cả").click()
    assert tab.url.endswith("/nghia-vu?timeliness=missing")
    tab.get_by_label("Hạn từ ngày").fill("2026-11-01")
    tab.get_by_role("button", name="Xem", exact=True).click()
    expect(matrix.get_by_role("rowheader")).to_have_count(2)
    assert "last=&" in tab.url or tab.url.endswith("last="), "a blank day is none"


def test_a_thousand_duties_stand_on_pages_that_load_at_once(site: Site, tab: Page) -> None:
    site.office.duties = [
        duty(f"{number}-{quarter}", "chi-ngan-sach-quy", "expected", "missing",
             area=f"{number:03}", period=f"2026-Q{quarter}")
        for number in range(250)
        for quarter in (1, 2, 3, 4)
    ]  # fmt: skip
    log_in(tab, site, "p-kinh-te", "/nghia-vu?timeliness=missing")
    matrix = tab.get_by_role("table")
    expect(matrix.get_by_role("rowheader")).to_have_count(20)
    expect(tab.locator(".item")).to_have_count(5)
    expect(tab.locator("main")).to_contain_text("Còn 75 nghĩa vụ nữa ở bảng trên")
    assert len(tab.content().encode()) < 60_000
    tab.get_by_role("link", name="Trang sau").click()
    expect(tab.locator("main")).to_contain_text("Trang 2/13")
    assert "timeliness=missing" in tab.url
    matrix.get_by_role("link", name="Chi tiết").last.click()
    last = tab.locator(item("39-4"))
    expect(last).to_be_visible()
    last.get_by_text("Gia hạn hoặc miễn").click()
    last.get_by_label("Lý do").fill("Không phát sinh.")
    last.get_by_role("button", name="Miễn").click()
    expect(tab.locator("main")).to_contain_text("Trang 2/13")
    expect(last).to_be_visible()


def test_a_room_extends_its_own_duties_and_says_why(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kinh-te", "/nghia-vu")
    spending = tab.locator(item("chi"))
    expect(spending).to_contain_text("Đã nhắc 3 lần, lần cuối")
    expect(tab.locator(item("chi-4"))).to_contain_text("không có địa chỉ")
    spending.get_by_text("Gia hạn hoặc miễn").click()
    spending.get_by_label("Lý do").fill("Lũ quét.")
    spending.get_by_role("button", name="Gia hạn").click()
    expect(tab.get_by_role("alert")).to_contain_text("Thiếu ngày")
    spending.get_by_label("Hạn mới").fill("2026-12-05")
    folded(spending, "Gia hạn hoặc miễn").get_by_label("Hình thức").select_option("công văn")
    spending.get_by_role("button", name="Gia hạn").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã gia hạn")
    ((id_, act, body),) = site.office.said_of_duties
    assert (id_, act) == (identity("nghia-vu-chi"), "decision")
    assert body == {"reason": "Lũ quét.", "until": "2026-12-05", "channel": "letter"}
    tab.locator(item("chi")).get_by_text("Gia hạn hoặc miễn").click()
    tab.locator(item("chi")).get_by_label("Lý do").fill("Không phát sinh.")
    tab.locator(item("chi")).get_by_role("button", name="Miễn").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã miễn")
    assert "until" not in site.office.said_of_duties[1][2]


def test_a_room_reads_who_asks_for_time_and_why(site: Site, tab: Page) -> None:
    request = {"until": "2026-12-03", "reason": "Chờ kho bạc.", "at": "2026-11-20T02:00:00Z"}
    for one in site.office.duties:
        one["requested"] = request if one["id"] == identity("nghia-vu-chi") else None
    log_in(tab, site, "p-kinh-te", "/nghia-vu")
    expect(tab.locator(item("chi"))).to_contain_text("Xin gia hạn đến 3/12/2026: Chờ kho bạc.")
    picture(tab, "duties-requested")
    spending = tab.locator(item("chi"))
    spending.get_by_text("Gia hạn hoặc miễn").click()
    spending.get_by_label("Lý do").fill("Quý đã đóng.")
    spending.get_by_role("button", name="Không gia hạn").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã trả lời là không gia hạn")
    assert site.office.said_of_duties == [
        (identity("nghia-vu-chi"), "refusal", {"reason": "Quý đã đóng.", "channel": "system"})
    ]


def test_what_was_granted_and_refused_leaves_its_trace(site: Site, tab: Page) -> None:
    (chi,) = (one for one in site.office.duties if one["id"] == identity("nghia-vu-chi"))
    at = "2026-11-20T02:00:00Z"
    chi["granted"] = [
        {
            "before": "2026-11-22",
            "until": "2026-11-29",
            "reason": "Lũ.",
            "document": "7/TK",
            "at": at,
        }
    ]
    chi["refused"] = [
        {"until": "2026-12-20", "requested_at": at, "reason": None, "document": None, "at": at}
    ]
    log_in(tab, site, "p-so-tai-chinh", "/nghia-vu")
    shown = tab.locator(item("chi"))
    expect(shown).to_contain_text(
        "Gia hạn từ 22/11/2026 đến 29/11/2026: 09:00, 20/11/2026 · 7/TK · Lũ."
    )
    expect(shown).to_contain_text("Không gia hạn đến 20/12/2026: 09:00, 20/11/2026")


def test_an_agency_asks_for_more_time(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/nghia-vu")
    spending = tab.locator(item("chi"))
    spending.get_by_text("Xin gia hạn, báo sẽ trễ, nêu khó khăn").click()
    spending.get_by_label("Đến hết ngày").fill("2026-12-02")
    spending.get_by_label("Lý do").fill("Chờ kho bạc đối chiếu.")
    spending.get_by_role("button", name="Xin gia hạn").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã gửi đề nghị gia hạn")
    ((_, act, body),) = site.office.said_of_duties
    assert (act, body["until"]) == ("request", "2026-12-02")


def test_an_agency_sees_its_own_and_announces_a_delay(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/nghia-vu")
    expect(tab.get_by_role("table")).to_have_count(0)
    expect(tab.locator(".item")).to_have_count(4)
    expect(tab.locator("main")).not_to_contain_text("Gia hạn hoặc miễn")
    picture(tab, "duties-own")
    refused = both("catalogue.duties.met")
    site.office.refuse_decisions = Problem(409, "met", refused.to_dict(), refused.to_dict())
    spending = tab.locator(item("chi"))
    spending.get_by_text("Xin gia hạn, báo sẽ trễ, nêu khó khăn").click()
    spending.get_by_label("Đến hết ngày").fill("2026-12-02")
    spending.get_by_label("Lý do").fill("Chờ kho bạc đối chiếu.")
    spending.get_by_role("button", name="Báo sẽ trễ").click()
    expect(tab.get_by_role("alert")).to_contain_text("đã được thực hiện")
    expect(tab.locator(item("chi")).get_by_label("Lý do")).to_have_value("Chờ kho bạc đối chiếu.")
    expect(tab.locator(item("chi")).get_by_label("Đến hết ngày")).to_have_value("2026-12-02")
    site.office.refuse_decisions = None
    tab.locator(item("chi")).get_by_role("button", name="Báo sẽ trễ").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã báo")
    assert site.office.said_of_duties[0][1] == "announcement"


def test_a_difficulty_is_reported_and_passed_on(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/nghia-vu")
    spending = tab.locator(item("chi"))
    spending.get_by_text("Xin gia hạn, báo sẽ trễ, nêu khó khăn").click()
    spending.get_by_label("Lý do").fill("Phần mềm kho bạc ngừng.")
    spending.get_by_role("button", name="Nêu khó khăn").click()
    expect(tab.get_by_role("status")).to_contain_text("Hạn vẫn giữ nguyên")
    assert site.office.said_of_duties[0][1:] == (
        "difficulty",
        {"reason": "Phần mềm kho bạc ngừng."},
    )
    for one in site.office.duties:
        if one["id"] == identity("nghia-vu-chi"):
            one["difficulty"] = {
                "reason": "Phần mềm <b>kho bạc</b> ngừng.", "at": "2026-11-20T02:00:00Z", "days": 4,
                "forwarded_at": None, "document": None,
            }  # fmt: skip
    tab.get_by_role("button", name="Đăng xuất").click()
    log_in(tab, site, "p-kinh-te", "/nghia-vu")
    told = "Khó khăn, 4 ngày: Phần mềm <b>kho bạc</b> ngừng. Chưa báo cáo UBND tỉnh."
    expect(tab.locator(item("chi"))).to_contain_text(told)
    picture(tab, "duties-difficulty")
    tab.locator(item("chi")).get_by_text("Gia hạn hoặc miễn").click()
    tab.locator(item("chi")).get_by_label("Lý do").fill("Tổng hợp.")
    decision = folded(tab.locator(item("chi")), "Gia hạn hoặc miễn")
    decision.get_by_label("Văn bản").fill("88/TKĐB-TH")
    tab.locator(item("chi")).get_by_role("button", name="Đã báo cáo UBND tỉnh").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã ghi việc báo cáo")
    assert site.office.said_of_duties[1][1] == "forwarding"


def test_a_room_asks_about_what_is_met_and_its_supplier_answers(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kinh-te", "/nghia-vu?last=2026-12-31")
    expect(tab.locator(item("thu"))).to_have_count(0)
    row = tab.get_by_role("table").get_by_role("row", name="Thu ngân sách")
    row.get_by_role("link", name="Hỏi, đáp").click()
    assert "last=2026-12-31" in tab.url
    thread = folded(tab.locator(item("thu")), "Hỏi, đáp (2)")
    expect(thread.get_by_role("listitem").first).to_contain_text("dòng 22")
    expect(thread.get_by_role("listitem").last).to_contain_text("Đấu giá đất chậm.")
    expect(thread.get_by_role("listitem").last).to_contain_text("công văn · 9/STC")
    expect(thread.get_by_role("button", name="Trả lời")).to_have_count(0)
    thread.get_by_label("Câu hỏi hoặc câu trả lời").fill("Có biên bản không?")
    thread.get_by_label("Về dòng").fill("48")
    thread.get_by_label("Hình thức").select_option("họp, làm việc trực tiếp")
    refused = both("catalogue.duties.no-cell")
    site.office.refuse_decisions = Problem(422, "no-cell", refused.to_dict(), refused.to_dict())
    thread.get_by_role("button", name="Gửi câu hỏi").click()
    expect(tab.get_by_role("alert")).to_contain_text("không có dòng")
    assert "last=2026-12-31" in tab.url
    expect(thread.get_by_label("Câu hỏi hoặc câu trả lời")).to_have_value("Có biên bản không?")
    expect(thread.get_by_label("Hình thức")).to_have_value("meeting")
    picture(tab, "duties-thread")
    site.office.refuse_decisions = None
    thread.get_by_label("Về dòng").fill("22")
    thread.get_by_role("button", name="Gửi câu hỏi").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã gửi câu hỏi")
    expect(tab.locator(item("thu"))).to_be_visible()
    assert site.office.said_of_duties == [
        (
            identity("nghia-vu-thu"),
            "question",
            {"reason": "Có biên bản không?", "row": "22", "channel": "meeting"},
        )
    ]


def test_an_agency_answers_what_it_was_asked_and_asks_back(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/nghia-vu")
    thread = folded(tab.locator(item("chi")), "Hỏi, đáp (2)")
    asked = thread.get_by_role("listitem").first
    expect(asked).to_contain_text("Thống kê tỉnh Điện Biên hỏi")
    expect(asked).to_contain_text("Chưa có câu trả lời.")
    expect(thread).to_contain_text("Gửi theo mẫu <b>nào</b>?")
    expect(thread.get_by_label("Hình thức")).to_have_count(0)
    thread.get_by_label("Câu hỏi hoặc câu trả lời").fill("Tuần sau.")
    thread.get_by_label("Về dòng").fill("1")
    thread.get_by_role("button", name="Trả lời").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã trả lời")
    assert site.office.said_of_duties == [
        (
            identity("nghia-vu-chi"),
            "answer",
            {"reason": "Tuần sau.", "answers": identity("Bao giờ có số?")},
        )
    ]
    not_asked = tab.locator(item("chi-4"))
    not_asked.get_by_text("Hỏi, đáp").click()
    expect(not_asked.get_by_role("button", name="Trả lời")).to_have_count(0)


def test_what_is_met_and_waits_for_an_answer_is_before_the_room(site: Site, tab: Page) -> None:
    for one in site.office.duties:
        if one["id"] == identity("nghia-vu-thu"):
            one["questions"] = [remark(FINANCE, "Vì sao khác số năm trước?", is_open=True)]
    log_in(tab, site, "p-kinh-te", "/nghia-vu")
    thread = folded(tab.locator(item("thu")), "Hỏi, đáp (1)")
    expect(thread.get_by_role("button", name="Trả lời")).to_be_visible()
    expect(tab.locator(item("thu"))).not_to_contain_text("Gia hạn hoặc miễn")


def test_a_room_records_its_own_report_and_mends_what_was_wrong(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kinh-te", "/nghia-vu")
    owed = tab.locator(item("linh-vuc-10"))
    expect(owed).not_to_contain_text("Gia hạn hoặc miễn")
    owed.get_by_text("Ghi báo cáo đã gửi").click()
    owed.get_by_label("Số văn bản gửi báo cáo").fill(" ")
    owed.get_by_label("Ngày văn bản").fill("2026-11-21")
    owed.get_by_role("button", name="Đã gửi").click()
    expect(tab.get_by_role("alert")).to_contain_text("Thiếu số văn bản")
    owed.get_by_label("Số văn bản gửi báo cáo").fill("123/TKĐB-KT")
    owed.get_by_role("button", name="Đã gửi").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã ghi báo cáo đã gửi")
    sent = tab.locator(item("linh-vuc-9"))
    expect(sent).to_contain_text("văn bản 101/TKĐB-KT ngày 20/10/2026")
    picture(tab, "duties-reports")
    sent.get_by_text("Sửa, hoặc hủy").click()
    sent.get_by_label("Lý do").fill("Nhầm kỳ.")
    sent.get_by_role("button", name="Ghi nhầm").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã hủy")
    assert site.office.said_of_duties == [
        (
            identity("nghia-vu-linh-vuc-10"),
            "supply",
            {"document": "123/TKĐB-KT", "on": "2026-11-21"},
        ),
        (identity("nghia-vu-linh-vuc-9"), "retraction", {"reason": "Nhầm kỳ."}),
    ]


def test_who_collects_records_nothing_for_another_room(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-thu-thap", "/nghia-vu")
    expect(tab.locator(item("linh-vuc-10"))).to_contain_text("Báo cáo lĩnh vực kinh tế")
    expect(tab.get_by_text("Ghi báo cáo đã gửi")).to_have_count(0)
    expect(tab.locator(item("linh-vuc-9"))).to_have_count(0)

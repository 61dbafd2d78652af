"""What nobody may read any more is erased for good by two leaders, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from services.policy.decisions.refusals import Code
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fake_requests import erasure, refusal
from tests.browser.fakes import identity

WITHHELD = identity("cam")


def fill(tab: Page, reason: str = "Theo yêu cầu <b>của</b> người được nêu tên") -> None:
    tab.get_by_label("Lý do", exact=True).fill(reason)
    tab.get_by_label("Số văn bản quyết định xóa").fill("52/QĐ-TK")
    tab.get_by_role("button", name="Xem những gì sẽ mất").click()


def test_a_leader_sees_what_would_be_lost_before_the_order(site: Site, tab: Page) -> None:
    site.releases.erasures = []
    log_in(tab, site, "p-lanh-dao", f"/submissions/{WITHHELD}")
    tab.locator("details.facts summary").click()
    tab.get_by_role("link", name="Ra lệnh xóa hẳn hồ sơ này").click()
    expect(tab.get_by_label("Mã hồ sơ")).to_have_value(WITHHELD)
    expect(tab.get_by_label("Lần gửi")).to_have_value("1")
    fill(tab)
    main = tab.locator("main")
    expect(tab.get_by_role("alert")).to_contain_text("Xóa rồi thì không ai khôi phục được")
    for shown in (
        "Danh sách doanh nghiệp, Tháng 9/2026",
        "Sẽ mất hẳn, của lần gửi 1 và mọi lần trước: bảng tính đã gửi",
        "Theo yêu cầu <b>của</b> người được nêu tên",
        "52/QĐ-TK",
    ):
        expect(main).to_contain_text(shown)
    assert site.releases.erasures == [], "nothing is ordered yet"
    picture(tab, "erasure-checked")
    tab.get_by_role("button", name="Sửa lại").click()
    expect(tab.get_by_label("Lý do", exact=True)).to_have_value(
        "Theo yêu cầu <b>của</b> người được nêu tên"
    )
    fill(tab, "Lộ danh sách")
    tab.get_by_role("button", name="Ra lệnh xóa hẳn").click()
    expect(tab.get_by_role("status")).to_contain_text("chờ một lãnh đạo khác xác nhận")
    (made,) = site.releases.erasures
    assert (str(made.submission_id), made.attempt) == (WITHHELD, 1)
    assert (made.reason, made.document) == ("Lộ danh sách", "52/QĐ-TK")
    expect(tab.locator(".item")).to_contain_text("Chờ một lãnh đạo khác xác nhận")
    expect(tab.locator(".item summary")).to_have_count(0)  # nobody confirms an order of their own


def test_another_leader_confirms_and_says_to_know(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-lanh-dao")
    tab.get_by_role("link", name="Xóa hẳn").click()
    item = tab.locator(f"#erasure-{identity('xoa-cam')}")
    item.locator("summary").click()
    item.get_by_role("button", name="Xóa hẳn").click()
    assert site.releases.erasures[0].confirmed_at is None, "the box must be ticked"
    tab.evaluate("document.querySelector('[name=understood]').required = false")
    item.get_by_role("button", name="Xóa hẳn").click()
    expect(tab.get_by_role("alert")).to_contain_text("Chưa xác nhận là đã xem")
    assert site.releases.erasures[0].confirmed_at is None
    item.get_by_label("Tôi đã xem hồ sơ").check()
    item.get_by_role("button", name="Xóa hẳn").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã xóa hẳn.")
    expect(item).to_contain_text("Đã xóa hẳn, 3 tệp")
    expect(item).to_contain_text("Xác nhận: p-lanh-dao")
    assert site.releases.erasures[0].confirmed_by == "p-lanh-dao"


def test_an_order_for_what_is_not_there_or_in_use_keeps_what_was_typed(
    site: Site, tab: Page
) -> None:
    log_in(tab, site, "p-lanh-dao", "/xoa")
    tab.locator("#order > summary").click()
    tab.get_by_label("Lần gửi").fill("1")
    tab.get_by_label("Mã hồ sơ").fill("không-phải-mã")
    fill(tab)
    expect(tab.get_by_role("alert")).to_contain_text("Còn thiếu nội dung")
    tab.get_by_label("Mã hồ sơ").fill(identity("none"))
    fill(tab)
    expect(tab.get_by_role("alert")).to_contain_text("Không có lần gửi này")
    tab.get_by_label("Mã hồ sơ").fill(identity("thu"))
    fill(tab)
    site.releases.refused = refusal(Code.STILL_USED)
    tab.get_by_role("button", name="Ra lệnh xóa hẳn").click()
    expect(tab.get_by_role("alert")).to_contain_text("Còn lần gửi đang được sử dụng")
    expect(tab.get_by_label("Mã hồ sơ")).to_have_value(identity("thu"))
    expect(tab.get_by_label("Số văn bản quyết định xóa")).to_have_value("52/QĐ-TK")


def test_an_auditor_reads_all_orders_and_gives_none(site: Site, tab: Page) -> None:
    site.releases.erasures += [erasure(f"nhieu-{n}") for n in range(40)]
    log_in(tab, site, "p-kiem-tra", "/xoa")
    expect(tab.locator("summary")).to_have_count(0)
    expect(tab.locator(f"#erasure-{identity('xoa-thu')}")).to_contain_text("Gửi <i>nhầm</i> tệp")
    expect(tab.locator(".item")).to_have_count(20)
    tab.get_by_role("link", name="Trang sau").click()
    tab.get_by_role("link", name="Trang sau").click()
    expect(tab.locator(".item")).to_have_count(2)


def test_others_see_nothing_of_it(site: Site, tab: Page) -> None:
    log_in(tab, site, path=f"/submissions/{WITHHELD}")
    expect(tab.get_by_role("link", name="Xóa hẳn")).to_have_count(0)
    expect(tab.get_by_text("Ra lệnh xóa hẳn hồ sơ này")).to_have_count(0)
    tab.goto(f"{site.url}/xoa")
    expect(tab.locator("main")).to_contain_text("Không có quyền")

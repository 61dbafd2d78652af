"""A workbook from the clerk's machine to the head's signature, in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from services.intake.drafts.draft import Sent
from services.kernel.problems import Problem
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import identity, texts
from tests.browser.test_looks import SIZES, THUMB, faults

CLERK, HEAD = "p-so-tai-chinh", "p-giam-doc"


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    file = tmp_path / "Biểu 1 <b>cuối.xlsx"
    file.write_bytes(b"PK workbook")
    return file


def choose(tab: Page, file: Path | None, duty: str = "Chi ngân sách") -> None:
    options = tab.get_by_label("Cho nghĩa vụ nào").get_by_role("option").all_inner_texts()
    tab.get_by_label("Cho nghĩa vụ nào").select_option(next(one for one in options if duty in one))
    if file is not None:
        tab.get_by_label("Bảng tính", exact=True).set_input_files(file)


def upload(tab: Page, file: Path) -> None:
    choose(tab, file)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("heading", name="Phải sửa trước khi gửi")).to_be_visible()


def switch(tab: Page, site: Site, person: str, path: str) -> None:
    tab.get_by_role("button", name="Đăng xuất").click()
    log_in(tab, site, person, path)


def test_a_clerk_drops_a_workbook_and_sees_what_is_wrong(
    site: Site, tab: Page, workbook: Path
) -> None:
    log_in(tab, site, CLERK)
    tab.get_by_role("navigation", name="Các mục").get_by_role("link", name="Kiểm tra").click()
    upload(tab, workbook)
    expect(tab.get_by_text("tệp «Biểu 1 <b>cuối.xlsx»")).to_be_visible()
    expect(tab.get_by_role("table").last).to_contain_text("TỔNG THU NSNN")
    expect(tab.locator("#findings")).to_contain_text("Cách sửa")
    form, period, content = site.office.checked[0]
    assert (form, content) == ("cv17809-1", b"PK workbook")
    assert period.startswith("2026-Q")
    picture(tab, "draft")
    tab.get_by_role("link", name="← Kiểm tra và gửi").click()
    drafts = tab.get_by_role("region", name="Bản chưa gửi")
    expect(drafts).to_contain_text("Đã kiểm tra, chưa trình ký")
    expect(drafts.get_by_role("link")).to_contain_text("Chi ngân sách nhà nước, quý")
    picture(tab, "check")


def test_what_no_duty_asks_for_is_sent_for_a_form_and_a_period(
    site: Site, tab: Page, workbook: Path
) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    tab.get_by_text("Không có trong danh sách").click()
    tab.get_by_label("Biểu", exact=True).select_option("cv17809-2")
    tab.get_by_label("Mức độ hoàn thiện").select_option("chính thức")
    tab.get_by_label("Bảng tính", exact=True).set_input_files(workbook)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Chọn một nghĩa vụ, hoặc biểu, kỳ")
    expect(tab.get_by_label("Biểu", exact=True)).to_have_value("cv17809-2")
    tab.get_by_label("Kỳ").fill("2025")
    tab.get_by_label("Bảng tính", exact=True).set_input_files(workbook)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Năm 2025")
    ((draft, _),) = site.drafts.found.values()
    assert (draft.about.form, draft.about.period) == ("cv17809-2", "2025")


def test_the_marked_workbook_is_taken_away(site: Site, tab: Page, workbook: Path) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Tải bảng tính đã đánh dấu").click()
    assert download.value.suggested_filename.endswith("_danh-dau.xlsx")
    assert download.value.path().read_bytes() == b"PK marked"


def test_one_makes_it_ready_and_another_signs_with_a_key_of_this_browser(
    site: Site, tab: Page, workbook: Path
) -> None:
    log_in(tab, site, HEAD, "/khoa-ky")
    expect(tab.get_by_text("Chưa có khóa nào")).to_be_visible()
    tab.get_by_role("button", name="Tạo khóa trong trình duyệt này").click()
    key = tab.locator("[data-key]")
    expect(key).to_contain_text("Chờ cơ quan thống kê xác nhận (trong trình duyệt này)")
    picture(tab, "keys")
    (id_,) = site.drafts.keys
    expect(key).to_contain_text(id_)
    switch(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    draft = tab.url
    expect(tab.get_by_role("button", name="Ký và gửi")).to_have_count(0)
    tab.get_by_label("Phân loại").select_option("được công bố")
    tab.get_by_label("Lý do").fill("Sửa dòng 22.")
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    expect(tab.get_by_text("Chờ người ký của cơ quan")).to_be_visible()
    switch(tab, site, HEAD, "/submissions")
    tab.get_by_role("link", name="1 bản chờ ký").click()
    tab.get_by_role("region", name="Bản chưa gửi").get_by_role("link").click()
    assert tab.url == draft
    expect(tab.locator("#prepared-title ~ dl")).to_contain_text("Sửa dòng 22.")
    expect(tab.get_by_role("status")).to_contain_text("chưa được cơ quan thống kê xác nhận")
    expect(tab.get_by_role("button", name="Ký và gửi")).to_be_disabled()
    site.drafts.confirmed.add(id_)
    tab.reload()
    expect(tab.get_by_role("status")).to_contain_text("có khóa ký đã được xác nhận")
    picture(tab, "draft-sign")
    tab.get_by_role("button", name="Ký và gửi").click()
    tab.wait_for_url("**/submissions/**")
    assert len(site.drafts.signed) == 1
    tab.goto(draft)
    assert "/submissions/" in tab.url, "what was sent is among the submissions"


def test_a_key_that_waits_leaves_the_confirmed_one_in_its_place(
    site: Site, tab: Page, workbook: Path
) -> None:
    log_in(tab, site, HEAD, "/khoa-ky")
    tab.get_by_role("button", name="Tạo khóa trong trình duyệt này").click()
    expect(tab.locator("[data-key]")).to_have_count(1)
    site.drafts.confirmed.update(site.drafts.keys)
    tab.get_by_role("button", name="Tạo khóa trong trình duyệt này").dblclick()
    expect(tab.locator("[data-key]")).to_have_count(2)
    expect(tab.get_by_text("(trong trình duyệt này)")).to_have_count(2)
    switch(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    switch(tab, site, HEAD, tab.url.removeprefix(site.url))
    expect(tab.get_by_role("status")).to_contain_text("có khóa ký đã được xác nhận")
    tab.get_by_role("button", name="Ký và gửi").dblclick()
    tab.wait_for_url("**/submissions/**")
    assert len(site.drafts.signed) == 1


def test_who_signs_what_another_has_just_sent_is_led_to_it(
    site: Site, tab: Page, workbook: Path
) -> None:
    site.drafts.is_office_registered = True
    log_in(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    switch(tab, site, HEAD, tab.url.removeprefix(site.url))
    tab.get_by_text("Trình duyệt không ký được?").click()
    ((id_, (draft, _)),) = site.drafts.found.items()
    sent = Sent(submission_id=UUID(identity("thu")), attempt=1, by="p-other")
    site.drafts.found[id_] = (replace(draft, sent=sent), b"")
    tab.get_by_role("button", name="Xác nhận và gửi").click()
    tab.wait_for_url("**/submissions/**")


def test_another_browser_has_no_key_and_says_so(
    site: Site, tab: Page, browser: Browser, workbook: Path
) -> None:
    log_in(tab, site, HEAD, "/khoa-ky")
    tab.get_by_role("button", name="Tạo khóa trong trình duyệt này").click()
    expect(tab.locator("[data-key]")).to_be_visible()
    site.drafts.confirmed.update(site.drafts.keys)
    switch(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    place = tab.url.removeprefix(site.url)
    other = browser.new_context(locale="en-US").new_page()
    log_in(other, site, HEAD, place)
    expect(other.get_by_role("status")).to_contain_text("chưa có khóa ký")
    expect(other.get_by_role("button", name="Ký và gửi")).to_be_disabled()
    other.goto(site.url + "/khoa-ky")
    expect(other.get_by_text("Trình duyệt này tạo được khóa")).to_be_visible()
    expect(other.get_by_text("(trong trình duyệt này)")).not_to_be_visible()
    other.context.close()
    switch(tab, site, HEAD, "/khoa-ky")
    expect(tab.get_by_text("(trong trình duyệt này)")).to_be_visible()


def test_without_a_script_it_says_what_signing_needs(
    site: Site, tab: Page, browser: Browser, workbook: Path
) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    plain = browser.new_context(locale="en-US", java_script_enabled=False).new_page()
    log_in(plain, site, HEAD, tab.url.removeprefix(site.url))
    expect(plain.get_by_role("status")).to_contain_text("Cần JavaScript")
    expect(plain.get_by_role("button", name="Ký và gửi")).to_be_disabled()
    expect(plain.get_by_text("Trình duyệt không ký được?")).to_have_count(0)
    site.drafts.is_office_registered = True
    plain.reload()
    plain.get_by_text("Trình duyệt không ký được?").click()
    plain.get_by_role("button", name="Xác nhận và gửi").click()
    plain.wait_for_url("**/submissions/**")
    assert site.drafts.signed == []
    plain.context.close()


def test_who_made_it_ready_does_not_sign(site: Site, tab: Page, workbook: Path) -> None:
    log_in(tab, site, HEAD, "/kiem-tra")
    upload(tab, workbook)
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    expect(tab.get_by_text("cần người khác của cơ quan ký")).to_be_visible()
    expect(tab.get_by_role("button", name="Ký và gửi")).to_have_count(0)


def test_what_is_left_blank_on_purpose_is_checked_as_that(
    site: Site, tab: Page, workbook: Path
) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    tab.get_by_label("Biểu để trống", exact=True).select_option("trong kỳ không phát sinh")
    tab.get_by_label("Lý do").fill("Quý này không có dự án.")
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    expect(tab.locator("main")).to_contain_text("trong kỳ không phát sinh: Quý này không có dự án.")
    assert site.office.checked_nil == ["", "none_occurred"]


def test_a_newer_workbook_keeps_what_was_typed(site: Site, tab: Page, workbook: Path) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    said = texts("Đã có bảng tính mới thay cho bản này", "A newer workbook")
    site.drafts.refused = Problem(409, "draft-changed", said, said)
    tab.get_by_label("Biểu để trống", exact=True).select_option("trong kỳ không phát sinh")
    tab.get_by_label("Lý do").fill("Không phát sinh.")
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Đã có bảng tính mới")
    expect(tab.get_by_label("Lý do")).to_have_value("Không phát sinh.")
    expect(tab.get_by_label("Biểu để trống", exact=True)).to_have_value("none_occurred")
    site.drafts.refused = None
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    expect(tab.locator("#prepared-title ~ dl")).to_contain_text("trong kỳ không phát sinh")


def test_it_is_discarded(site: Site, tab: Page, workbook: Path) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    tab.get_by_role("button", name="Bỏ bản này").click()
    tab.wait_for_url("**/kiem-tra")
    assert site.drafts.found == {}
    expect(tab.get_by_role("region", name="Bản chưa gửi")).to_have_count(0)


@pytest.mark.parametrize("width", SIZES)
def test_the_draft_fits_and_has_no_fault(site: Site, tab: Page, workbook: Path, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": SIZES[width]})
    log_in(tab, site, CLERK, "/kiem-tra")
    upload(tab, workbook)
    place = tab.url
    tab.get_by_role("button", name="Trình ký", exact=True).click()
    switch(tab, site, HEAD, "/khoa-ky")
    tab.get_by_role("button", name="Tạo khóa trong trình duyệt này").click()
    expect(tab.locator("[data-key]")).to_be_visible()
    for address in (place, site.url + "/khoa-ky", site.url + "/kiem-tra"):
        tab.goto(address)
        tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        picture(tab, f"{width}-{address.removeprefix(site.url).strip('/')[:9].replace('/', '')}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, address
        assert tab.evaluate(THUMB) == [], address
        assert faults(tab) == [] if width == 1280 else True, address


def test_the_blank_form_of_a_duty_is_taken_away_without_a_script(
    site: Site, browser: Browser
) -> None:
    plain = browser.new_context(locale="en-US", java_script_enabled=False).new_page()
    log_in(plain, site, CLERK, "/kiem-tra")
    plain.get_by_text("Tải biểu trống để điền").click()
    options = plain.get_by_label("Nghĩa vụ", exact=True)
    options.select_option(label=options.get_by_role("option").all_inner_texts()[1])
    with plain.expect_download() as download:
        plain.get_by_role("button", name="Tải về").click()
    assert download.value.suggested_filename.startswith("cv17809-")
    assert download.value.path().read_bytes().startswith(b"PK 11 ")
    plain.goto(f"{site.url}/kiem-tra/bieu-trong?duty=khong-co")
    expect(plain.get_by_role("alert")).to_contain_text("Chọn một nghĩa vụ")
    plain.context.close()


def test_an_agency_finds_the_blank_form_at_what_it_owes(site: Site, tab: Page) -> None:
    log_in(tab, site, CLERK, "/nghia-vu")
    owed = tab.locator(".item").filter(has=tab.get_by_role("link", name="Tải biểu trống để điền"))
    expect(owed.filter(has_text="Chi ngân sách")).not_to_have_count(0)
    with tab.expect_download() as download:
        owed.get_by_role("link", name="Tải biểu trống").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
    switch(tab, site, "p-kinh-te", "/nghia-vu")
    expect(tab.locator(".item").first).to_be_visible()
    expect(tab.get_by_role("link", name="Tải biểu trống để điền")).to_have_count(0)


def test_what_is_refused_keeps_the_duty(site: Site, tab: Page, workbook: Path) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    said = texts("Cơ quan này không cung cấp biểu này", "Not your form")
    site.drafts.refused = Problem(403, "no-item", said, said)
    choose(tab, workbook)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("không cung cấp biểu này")
    expect(tab.get_by_label("Cho nghĩa vụ nào")).not_to_have_value("")


def test_without_a_file_or_a_duty_it_says_which_lacks(site: Site, tab: Page) -> None:
    log_in(tab, site, CLERK, "/kiem-tra")
    tab.evaluate("document.querySelectorAll('[required]').forEach(each => each.required = false)")
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Chọn một nghĩa vụ, hoặc biểu, kỳ")
    tab.evaluate("document.querySelectorAll('[required]').forEach(each => each.required = false)")
    choose(tab, None)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Chưa chọn tệp")
    assert site.office.checked == []


def test_an_officer_has_nothing_to_check(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kinh-te")
    places = tab.get_by_role("navigation", name="Các mục")
    expect(places.get_by_role("link", name="Kiểm tra")).to_have_count(0)
    expect(places.get_by_role("link", name="Khóa ký")).to_have_count(0)

"""A workbook checked before it is sent, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from services.kernel.problems import Problem
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import texts


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


def test_a_clerk_drops_a_workbook_and_sees_what_is_wrong(
    site: Site, tab: Page, workbook: Path
) -> None:
    log_in(tab, site, "p-so-tai-chinh")
    tab.get_by_role("navigation", name="Các mục").get_by_role("link", name="Kiểm tra").click()
    choose(tab, workbook)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("heading", name="Phải sửa trước khi gửi")).to_be_visible()
    expect(tab.get_by_text("Tệp «Biểu 1 <b>cuối.xlsx».")).to_be_visible()
    expect(tab.get_by_role("table").last).to_contain_text("TỔNG THU NSNN")
    expect(tab.locator("#findings")).to_contain_text("Cách sửa")
    expect(tab.get_by_label("Cho nghĩa vụ nào")).not_to_have_value("")
    form, period, content = site.office.checked[0]
    assert (form, content) == ("cv17809-1", b"PK workbook")
    assert period.startswith("2026-Q")
    picture(tab, "check")


def test_the_marked_workbook_is_taken_away(site: Site, tab: Page, workbook: Path) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/kiem-tra")
    choose(tab, workbook)
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Tải bảng tính đã đánh dấu").click()
    assert download.value.suggested_filename.endswith("_danh-dau.xlsx")
    assert download.value.path().read_bytes() == b"PK marked"
    workbook.write_bytes(b"clean")
    choose(tab, workbook)
    tab.get_by_role("button", name="Tải bảng tính đã đánh dấu").click()
    expect(tab.get_by_role("alert")).to_contain_text("Không có gì để đánh dấu")


def test_what_is_refused_keeps_the_duty(site: Site, tab: Page, workbook: Path) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/kiem-tra")
    said = texts("Cơ quan này không cung cấp biểu này", "Not your form")
    site.office.refuse_decisions = Problem(404, "no-form", said, said)
    choose(tab, workbook)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("không cung cấp biểu này")
    expect(tab.get_by_label("Cho nghĩa vụ nào")).not_to_have_value("")


def test_without_a_file_or_a_duty_it_says_which_lacks(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/kiem-tra")
    tab.evaluate("document.querySelectorAll('[required]').forEach(each => each.required = false)")
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Chưa chọn nghĩa vụ")
    tab.evaluate("document.querySelectorAll('[required]').forEach(each => each.required = false)")
    choose(tab, None)
    tab.get_by_role("button", name="Kiểm tra", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("Chưa chọn tệp")
    assert site.office.checked == []


def test_an_officer_has_nothing_to_check(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kinh-te")
    places = tab.get_by_role("navigation", name="Các mục")
    expect(places.get_by_role("link", name="Kiểm tra")).to_have_count(0)

"""A receipt that a clerk checks by one click, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from services.model.verifier import digest
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import PASSWORD, identity, receipt_for
from tests.browser.test_looks import SIZES, faults
from tests.unit.test_audit_verifier import ORIGINAL

STORED = f"/submissions/{identity('thu')}"
RECEIPT = f"/bien-nhan/{identity('thu')}?attempt=1"


@pytest.fixture
def receipt(site: Site) -> dict[str, Any]:
    """The one of a log that the office has as it is written there."""
    made = receipt_for(next(one for one in site.office.attempts if one["id"] == identity("thu")))
    site.office.receipts[identity("thu")] = made
    site.office.checkpoint = made["checkpoint"]
    return made


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    file = tmp_path / "Biểu 1 <b>cuối.xlsx"
    file.write_bytes(ORIGINAL)
    return file


def choose(tab: Page, file: Path, button: str = "So bảng tính") -> None:
    tab.get_by_label("Bảng tính, hoặc biên nhận đã lưu").set_input_files(file)
    tab.get_by_role("button", name=button).click()


def test_a_clerk_checks_it_by_one_click_and_reads_what_each_step_proves(
    site: Site, tab: Page, receipt: dict[str, Any]
) -> None:
    log_in(tab, site, "p-so-tai-chinh", STORED)
    tab.get_by_role("link", name="Xem và kiểm tra biên nhận").click()
    says = tab.get_by_role("region", name="Biên nhận ghi gì")
    for part in ("Sở Tài chính", "được chấp nhận", receipt["checkpoint"]["root"], "27 byte"):
        expect(says).to_contain_text(part)
    expect(tab.get_by_text("Từng bước kiểm tra")).to_have_count(0)
    picture(tab, "receipt")
    tab.get_by_role("button", name="Kiểm tra").click()
    expect(tab.get_by_role("heading", name="Biên nhận đúng")).to_be_visible()
    expect(tab.locator("#checked")).to_be_focused()
    steps = tab.locator(".items > li")
    expect(steps).to_have_count(6)
    expect(steps.nth(2)).to_contain_text("Các sự kiện có trong nhật ký: đúng")
    expect(steps.nth(2)).to_contain_text("RFC 6962")
    expect(steps.nth(2)).to_contain_text("Không cho biết")
    picture(tab, "receipt-checked")
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Tải biên nhận").click()
    assert json.loads(Path(download.value.path()).read_bytes()) == receipt


@pytest.mark.parametrize("width", SIZES)
def test_every_state_of_it_fits_and_has_no_fault(
    width: int, site: Site, tab: Page, receipt: dict[str, Any], workbook: Path
) -> None:
    tab.set_viewport_size({"width": width, "height": SIZES[width]})
    log_in(tab, site, "p-so-tai-chinh", RECEIPT)
    choose(tab, workbook)
    expect(tab.locator("#checked")).to_contain_text("Biên nhận đúng")
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(tab) == []
    picture(tab, f"receipt-{width}")
    answer = tab.goto(f"{site.url}{RECEIPT}&kiem-tra=1&language=en")
    assert answer is not None and len(answer.body()) < 60_000
    picture(tab, f"receipt-en-{width}")


def test_a_file_is_told_from_one_that_was_saved_again(
    site: Site, tab: Page, receipt: dict[str, Any], workbook: Path
) -> None:
    """Elsewhere it was not said that no file had been chosen (opentimestamps.org #30), and people were left alone with
    «mismatch» for a file that looked the same (govtool #3260).
    """
    log_in(tab, site, "p-so-tai-chinh", RECEIPT)
    choose(tab, workbook)
    expect(tab.locator(".items")).to_contain_text("Tệp của bạn là tệp đã gửi: đúng")
    workbook.write_bytes(ORIGINAL + b"\n")
    choose(tab, workbook)
    expect(tab.locator("#checked")).to_contain_text("Tệp này không phải là tệp đã gửi")
    expect(tab.locator("#checked")).to_contain_text("«Biểu 1 <b>cuối.xlsx»")
    expect(tab.locator("#checked")).to_contain_text("Mở tệp rồi lưu lại là tệp đã khác")
    expect(tab.locator(".items > li.good")).to_have_count(6)
    expect(tab.get_by_role("region", name="Biên nhận ghi gì")).to_be_visible()
    assert tab.locator("main b").count() == 0
    picture(tab, "receipt-other-file")
    tab.evaluate("document.querySelector('[type=file]').required = false")
    tab.get_by_role("button", name="So bảng tính").click()
    expect(tab.get_by_role("alert")).to_contain_text("Chưa chọn tệp")


def test_a_kept_receipt_is_compared_with_the_log_of_now(
    site: Site, tab: Page, receipt: dict[str, Any], tmp_path: Path
) -> None:
    kept = tmp_path / "bien-nhan.json"
    kept.write_text(json.dumps(receipt), encoding="utf-8")
    log_in(tab, site, "p-so-tai-chinh", RECEIPT)
    choose(tab, kept, "So biên nhận đã lưu")
    expect(tab.locator("#checked")).to_contain_text("Biên nhận đúng")
    expect(tab.locator("#checked")).to_contain_text("bạn đã lưu («bien-nhan.json»)")
    site.office.checkpoint = {"size": receipt["checkpoint"]["size"], "root": "cd" * 32}
    choose(tab, kept, "So biên nhận đã lưu")
    expect(tab.locator("#checked")).to_contain_text("nhật ký khác với độ dài và gốc đã biết")
    picture(tab, "receipt-rewritten")
    site.office.checkpoint = receipt["checkpoint"]
    sent = next(one for one in site.office.attempts if one["id"] == identity("thu"))
    kept.write_text(json.dumps(receipt_for(sent, strangers=20)), encoding="utf-8")
    choose(tab, kept, "So biên nhận đã lưu")
    expect(tab.locator("#checked")).to_contain_text("Biên nhận không đúng")
    kept.write_bytes(b'{"checkpoint": {"size": "1"}, "format": [[[')
    choose(tab, kept, "So biên nhận đã lưu")
    expect(tab.locator("#checked")).to_contain_text("không đúng dạng biên nhận")


def test_one_that_contradicts_itself_is_said_to_unasked(
    site: Site, tab: Page, receipt: dict[str, Any]
) -> None:
    forged = receipt | {"checkpoint": receipt["checkpoint"] | {"root": "00" * 32}}
    site.office.receipts[identity("thu")] = forged | {"digest": digest(forged)}
    log_in(tab, site, "p-so-tai-chinh", RECEIPT)
    expect(tab.locator("#checked")).to_contain_text("sự kiện không có trong nhật ký")
    expect(tab.locator("#checked")).to_contain_text("Đừng dựa vào biên nhận này")
    expect(tab.get_by_role("region", name="Biên nhận ghi gì")).to_have_count(0)


def test_who_may_have_no_receipt_is_told_so(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", f"/bien-nhan/{identity('khong-co')}")
    expect(tab.locator("h1")).to_have_text("Không có lần gửi này")
    answer = tab.goto(site.url + "/bien-nhan/khong-phai")
    assert answer is not None and answer.status == 404


def test_a_session_that_ended_leads_back_to_the_same_attempt(
    site: Site, tab: Page, receipt: dict[str, Any], workbook: Path
) -> None:
    log_in(tab, site, "p-so-tai-chinh", RECEIPT)
    tab.context.clear_cookies(name="solieu_session")
    choose(tab, workbook)
    tab.get_by_label("Tên đăng nhập").fill("p-so-tai-chinh")
    tab.get_by_label("Mật khẩu").fill(PASSWORD)
    tab.get_by_role("button", name="Đăng nhập").click()
    tab.get_by_role("button", name="Xem lại điều đã viết").click()
    expect(tab.get_by_role("alert")).to_contain_text("Chưa có gì được ghi nhận")
    expect(tab.locator("[name=attempt]").first).to_have_value("1")


def test_it_works_without_a_script(
    site: Site, browser: Browser, receipt: dict[str, Any], workbook: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    log_in(tab, site, "p-so-tai-chinh", RECEIPT)
    tab.get_by_role("button", name="Kiểm tra").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Biên nhận đúng")).to_be_visible()
    choose(tab, workbook)
    expect(tab.locator(".items")).to_contain_text("Tệp của bạn là tệp đã gửi: đúng")
    context.close()

"""What is said about a finding: its sender explains, the room accepts, downgrades or refuses, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from services.kernel.problems import Problem
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import identity, texts

RETURNED = f"/submissions/{identity('tra')}"
FINDING = f"{38:016x}"


def finding(tab: Page, severity: str = "error") -> Locator:
    return tab.locator(f"#findings li.item.{severity}").first


def test_a_sender_explains_a_finding(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", RETURNED)
    error = finding(tab)
    error.get_by_text("Giải trình", exact=True).click()
    expect(error.get_by_label("Văn bản")).to_have_count(0)
    error.get_by_label("Nội dung").fill("Ghi chú cuối biểu nêu rõ.")
    picture(tab, "finding-explained")
    error.get_by_role("button", name="Gửi giải trình").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã gửi giải trình")
    assert site.office.said_of_findings == [
        (FINDING, "explanations", {"text": "Ghi chú cuối biểu nêu rõ."})
    ]


def test_a_room_decides_about_a_finding_and_keeps_what_it_wrote(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kinh-te", RETURNED)
    error = finding(tab)
    error.get_by_text("Quyết định về phát hiện này").click()
    expect(error.get_by_role("button", name="Chấp nhận cảnh báo")).to_have_count(0)
    error.get_by_label("Nội dung").fill("Theo công văn giải trình.")
    error.get_by_label("Số văn bản căn cứ").fill("12/STC-NS")
    said = texts("Không hạ được phát hiện này", "It can't be downgraded")
    site.office.refuse_decisions = Problem(409, "not-downgradable", said, said)
    error.get_by_role("button", name="Hạ xuống cảnh báo").click()
    expect(tab.get_by_role("alert")).to_contain_text("Không hạ được phát hiện này")
    expect(finding(tab).get_by_label("Nội dung")).to_have_value("Theo công văn giải trình.")
    site.office.refuse_decisions = None
    finding(tab).get_by_role("button", name="Hạ xuống cảnh báo").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã hạ xuống cảnh báo")
    body = {
        "decision": "downgraded",
        "reason": "Theo công văn giải trình.",
        "document": "12/STC-NS",
    }
    assert site.office.said_of_findings == [(FINDING, "decisions", body)]
    warning = finding(tab, "warning")
    warning.get_by_text("Quyết định về phát hiện này").click()
    expect(warning.get_by_role("button", name="Hạ xuống cảnh báo")).to_have_count(0)
    warning.get_by_label("Nội dung").fill("Hợp lý.")
    warning.get_by_role("button", name="Chấp nhận cảnh báo").click()
    expect(tab.get_by_role("status")).to_contain_text("Đã chấp nhận cảnh báo")


def test_who_only_looks_is_offered_nothing(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-kiem-tra", RETURNED)
    expect(tab.locator("#findings")).to_be_visible()
    expect(tab.locator("#findings form")).to_have_count(0)


def test_what_is_written_stays_while_the_page_changes(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", RETURNED)
    finding(tab).get_by_text("Giải trình", exact=True).click()
    finding(tab).get_by_label("Nội dung").fill("Đang viết")
    site.office.reports[identity("tra")]["findings"][0]["mend"] = texts("Cách khác", "Otherwise")
    site.office.find(identity("tra"), 2)["state"] = "withdrawn"
    expect(tab.locator("#standing")).to_contain_text("đã rút")
    expect(finding(tab).get_by_label("Nội dung")).to_have_value("Đang viết")

"""Who somebody is to the product, and the change of a password, in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from services.kernel.clock import utc_now
from services.model.wording import moment
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import COLLECTION, PASSWORD
from tests.browser.test_looks import SIZES, faults

NEW = "một mật khẩu mới và dài"


def change(tab: Page, current: str = PASSWORD, new: str = NEW, again: str = NEW) -> None:
    tab.get_by_label("Mật khẩu hiện tại").fill(current)
    tab.get_by_label("Mật khẩu mới, từ 12 ký tự").fill(new)
    tab.get_by_label("Nhập lại mật khẩu mới").fill(again)
    tab.get_by_role("button", name="Đổi mật khẩu").click()


def test_a_person_reads_who_it_is_in_whose_stead_and_until_when(site: Site, tab: Page) -> None:
    site.office.names_of_people = {"p-kinh-te": "Vì Thị <b>Mẫu", "p-thu-thap": "Lò Văn Mẫu"}
    site.office.lent = {"p-kinh-te": {COLLECTION: "p-thu-thap"}}
    log_in(tab, site)
    tab.get_by_role("banner").get_by_role("link", name="Vì Thị <b>Mẫu").click()
    expect(tab).to_have_url(site.url + "/toi")
    expect(tab.locator("h1")).to_have_text("Vì Thị <b>Mẫu")
    about = tab.get_by_role("region", name="Thông tin của tôi")
    for said in (
        "p-kinh-te", "Thống kê tỉnh Điện Biên", "Công chức phòng nghiệp vụ", "Phòng Thống kê Kinh tế",
        "thay Lò Văn Mẫu",
    ):  # fmt: skip
        expect(about).to_contain_text(said)
    ends = utc_now() + timedelta(hours=10)
    either = [moment(ends - timedelta(minutes=n)).vi for n in (0, 1)]
    assert any(one in about.inner_text() for one in either)
    about.get_by_role("link", name="English").click()
    expect(tab.get_by_role("region", name="About me")).to_contain_text("in the stead of")
    picture(tab, "profile-en")


def test_a_changed_password_ends_the_session_and_leads_to_the_login(site: Site, tab: Page) -> None:
    """Reported of portals: the old session goes on (Azure/api-management-developer-portal #1230), or the person stays
    where it was and is not asked to log in (wso2/identity-apps #523).
    """
    log_in(tab, site, "p-so-tai-chinh", "/toi")
    change(tab)
    expect(tab.get_by_role("status")).to_contain_text("Đã đổi mật khẩu")
    expect(tab.get_by_label("Tên đăng nhập")).to_be_focused()
    picture(tab, "profile-changed")
    assert site.office.passwords == [NEW]
    assert "solieu_session" not in {one["name"] for one in tab.context.cookies()}
    tab.goto(site.url + "/toi")
    assert "/login" in tab.url


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"current": "sai"}, "Mật khẩu hiện tại không đúng"),
        ({"again": "khác hẳn"}, "Hai lần nhập khác nhau"),
        ({"new": "ngắn", "again": "ngắn"}, "Mật khẩu phải dài từ 12"),
    ],
)
def test_what_is_wrong_is_said_and_no_password_is_shown_again(
    given: dict[str, str], said: str, site: Site, tab: Page
) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/toi")
    change(tab, **given)
    expect(tab.get_by_role("alert")).to_contain_text(said)
    expect(tab.get_by_role("alert")).to_be_focused()
    for label in ("Mật khẩu hiện tại", "Mật khẩu mới, từ 12 ký tự", "Nhập lại mật khẩu mới"):
        expect(tab.get_by_label(label)).to_have_value("")
    assert site.office.passwords == []


@pytest.mark.parametrize("cookie", ["solieu_session", "solieu_form"])
def test_a_password_never_goes_through_a_login(cookie: str, site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh", "/toi")
    tab.context.clear_cookies(name=cookie)
    change(tab)
    expect(tab.locator("main")).to_be_visible()
    assert NEW not in tab.content() and PASSWORD not in tab.content()
    assert site.office.passwords == []


@pytest.mark.parametrize("width", SIZES)
def test_it_fits_and_has_no_fault(width: int, site: Site, tab: Page) -> None:
    tab.set_viewport_size({"width": width, "height": SIZES[width]})
    log_in(tab, site, path="/toi")
    tab.get_by_label("Mật khẩu hiện tại").fill("sai")
    tab.evaluate("document.querySelector('main form').noValidate = true")
    tab.get_by_role("button", name="Đổi mật khẩu").click()
    expect(tab.get_by_role("alert")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(tab) == []
    picture(tab, f"profile-{width}")


def test_it_works_without_a_script(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    log_in(tab, site, "p-so-tai-chinh", "/toi")
    change(tab)
    expect(tab.get_by_role("status")).to_contain_text("Đã đổi mật khẩu")
    context.close()

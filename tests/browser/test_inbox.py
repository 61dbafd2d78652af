"""The inbox: found by what stands in the address, kept on every way there and back, as a file and on paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from services.intake.listing import Sort
from tests.browser import visits
from tests.browser.conftest import Site, log_in, picture
from tests.browser.fakes import FINANCE, PASSWORD, attempt, duty, identity

JUSTICE = "so-tu-phap-dien-bien"
HOSTILE = '"><img src=x onerror="window.broken=1">&state=held#?</script>'
MOST_BYTES = 60_000


def crowd(site: Site, count: int) -> None:
    """So many attempts more, older than all others."""
    states = ("stored", "held", "returned", "withheld", "received")
    site.office.attempts += [
        attempt(
            f"viec-{n}",
            states[n % 5],
            form="cv17809-2" if n % 2 else "cv17809-4",
            sender=JUSTICE if n % 3 else FINANCE,
            minutes=2000 + n,
            period=f"{2025 - n % 4}-Q{1 + n % 4}",
        )
        for n in range(count)
    ]


@pytest.fixture
def client(site: Site) -> Iterator[httpx2.Client]:
    """A room's officer without a browser."""
    with httpx2.Client(base_url=site.url, trust_env=False, timeout=60) as client:
        visits.log_in(client, "p-kinh-te", PASSWORD)
        yield client


def shown(tab: Page) -> list[str]:
    """The ids of the rows."""
    return [str(one.get_attribute("id")) for one in tab.locator(".attempt").all()]


# -- finding


def test_a_room_finds_what_it_looks_for_and_the_address_says_it(site: Site, tab: Page) -> None:
    log_in(tab, site)
    tab.get_by_label("Tìm", exact=True).fill("  tu phap ")
    tab.get_by_label("Thứ tự").select_option("nhận lâu nhất trước")
    tab.get_by_label("Nhận từ ngày").fill("2026-11-01")
    tab.get_by_role("button", name="Xem").click()
    expect(tab.locator(".attempt")).to_have_count(1)
    expect(tab.locator(".attempt")).to_contain_text("Số cuộc kết hôn")
    for asked in ("search=++tu+phap+", "sort=oldest", "received_from=2026-11-01"):
        assert asked in tab.url
    # The page before may ask once more for its stream.
    asked_for = [
        (one.search, one.named, one.received_from, sort) for one, sort in site.office.listed
    ]
    assert ("tu phap", (JUSTICE,), date(2026, 11, 1), Sort.OLDEST) in asked_for
    expect(tab.locator(".found")).to_contain_text(
        "1 hồ sơ. Đang lọc: nhận từ 1/11/2026 · «tu phap»."
    )
    picture(tab, "inbox-found")
    tab.reload()
    expect(tab.get_by_label("Tìm", exact=True)).to_have_value("tu phap")
    expect(tab.get_by_label("Nhận từ ngày")).to_have_value("2026-11-01")
    expect(tab.get_by_label("Thứ tự")).to_have_value("oldest")
    tab.get_by_role("link", name="Bỏ lọc").click()
    assert tab.url == site.url + "/submissions"
    expect(tab.locator(".attempt")).to_have_count(6)


def test_a_state_is_chosen_within_the_filter_and_says_how_many(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/submissions?sender=so-tai-chinh-dien-bien")
    states = tab.get_by_role("navigation", name="Lọc theo kết quả")
    assert [" ".join(one.inner_text().split()) for one in states.get_by_role("link").all()] == [
        "Tất cả 5", "Chờ quyết định 1", "Trả lại 1", "Không được dùng 1", "Đã vào kho 1", "Đang kiểm tra 1",
    ]  # fmt: skip
    states.get_by_role("link", name="Trả lại").click()
    assert tab.url.endswith("/submissions?sender=so-tai-chinh-dien-bien&state=returned")
    expect(tab.locator(".attempt")).to_have_count(1)
    tab.get_by_label("Kỳ", exact=True).select_option("Quý IV/2026")
    tab.get_by_role("button", name="Xem").click()
    expect(states.locator("[aria-current=page]")).to_contain_text("Trả lại")
    expect(tab.locator(".attempt")).to_have_count(1)


def test_an_agency_is_asked_for_no_agency_and_sees_its_own(site: Site, tab: Page) -> None:
    log_in(tab, site, "p-so-tai-chinh")
    expect(tab.locator(".attempt")).to_have_count(5)
    expect(tab.get_by_label("Cơ quan")).to_have_count(0)
    expect(tab.get_by_role("columnheader", name="Cơ quan")).to_have_count(0)
    assert "theo cơ quan" not in tab.get_by_label("Thứ tự").inner_text()
    tab.goto(f"{site.url}/submissions?sender={JUSTICE}")
    expect(tab.locator(".attempt")).to_have_count(0)
    expect(tab.locator("main")).not_to_contain_text("Số cuộc kết hôn")


def test_nothing_found_is_said_in_words_with_the_way_out(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/submissions?search=kh%C3%B4ng+c%C3%B3")
    expect(tab.locator("#row-none")).to_contain_text("Không có hồ sơ nào khớp")
    picture(tab, "inbox-none")
    expect(tab.get_by_role("link", name="CSV")).to_have_count(0)
    tab.locator("#row-none").get_by_role("link", name="Bỏ lọc").click()
    expect(tab.locator(".attempt")).to_have_count(6)


def test_when_it_was_due_and_how_much_was_found_stands_beside_it(site: Site, tab: Page) -> None:
    log_in(tab, site)
    row = tab.locator(f"#row-{identity('ket-hon')}-1")
    expect(row).to_contain_text("22/11/2026")
    expect(row).to_contain_text("trễ")
    expect(tab.locator(f"#row-{identity('tra')}-2 td").last).to_have_text("2")
    expect(tab.locator(f"#row-{identity('moi')}-1 td").last).to_have_text("")


# -- pages, and the way there and back


def test_pages_keep_the_filter(site: Site, tab: Page) -> None:
    """As HyphaApp/hypha#4183 and many others lost it."""
    crowd(site, 120)
    log_in(tab, site, path=f"/submissions?sender={JUSTICE}&sort=oldest")
    expect(tab.locator(".found")).to_contain_text("1–40 trong 81 hồ sơ")
    first = shown(tab)
    tab.get_by_role("link", name="Trang sau").click()
    tab.get_by_role("link", name="Trang sau").click()
    assert tab.url.endswith(f"?sender={JUSTICE}&sort=oldest&page=3")
    expect(tab.locator(".found")).to_contain_text("81–81 trong 81 hồ sơ")
    expect(tab.get_by_role("link", name="Trang sau")).to_have_count(0)
    tab.get_by_role("link", name="Trang trước").click()
    tab.get_by_role("link", name="Trang trước").click()
    assert tab.url.endswith(f"?sender={JUSTICE}&sort=oldest")
    assert shown(tab) == first


def test_one_comes_back_to_the_list_that_one_left(site: Site, tab: Page) -> None:
    """As unfoldadmin/django-unfold#1016: also after a decision, and in the other language."""
    log_in(tab, site, path="/submissions?state=held&form=cv17809-4")
    tab.locator(".attempt a").click()
    tab.get_by_label("Lý do").fill("Đã đối chiếu")
    tab.get_by_role("button", name="Chấp nhận", exact=True).click()
    expect(tab.get_by_text("Đã ghi nhận quyết định chấp nhận.")).to_be_visible()
    tab.get_by_role("link", name="English").click()
    tab.get_by_role("link", name="← Submissions").click()
    assert tab.url == f"{site.url}/submissions?state=held&form=cv17809-4"
    tab.get_by_role("link", name="Submissions", exact=True).click()
    tab.locator(".attempt a").first.click()
    tab.get_by_role("link", name="← Submissions").click()
    assert tab.url == f"{site.url}/submissions"


@pytest.mark.parametrize(
    "cookie", ["x", "page=2&next=//evil.example", "state=%22%3E%3Cb%3E", "=&=&", "%00" * 9]
)
def test_a_cookie_of_somebody_else_leads_nowhere_else(client: httpx2.Client, cookie: str) -> None:
    client.cookies.set("solieu_list", cookie, domain="127.0.0.1", path="/")
    page = client.get(f"/submissions/{identity('cho')}").text
    assert "evil" not in page and "<b>" not in page
    assert '<div class="back"><a href="/submissions' in page


# -- live


def test_news_comes_in_and_leaves_as_the_filter_says(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/submissions?state=held&search=ng%C3%A2n+s%C3%A1ch")
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    expect(tab.locator(".attempt")).to_have_count(1)
    site.office.attempts.insert(0, attempt("khac", "held", form="t0111", sender=JUSTICE))
    site.office.attempts.insert(0, attempt("them", "held", form="cv17809-2"))
    expect(tab.locator(f"#row-{identity('them')}-1")).to_be_visible()
    assert len(shown(tab)) == 2
    site.office.attempts[0]["state"] = "stored"
    expect(tab.locator(".attempt")).to_have_count(1)
    assert any("cv17809-2" in one.named for one, _ in site.office.listed)
    site.office.attempts = []
    expect(tab.locator("#row-none")).to_contain_text("Không có hồ sơ nào khớp")


def test_a_stream_counts_nothing_and_asks_for_no_deadline_twice(site: Site, tab: Page) -> None:
    log_in(tab, site)
    expect(tab.get_by_text("Tự cập nhật")).to_be_visible()
    asked = site.office.asked_duties
    site.office.attempts.insert(0, attempt("them", "received"))
    expect(tab.locator(".attempt")).to_have_count(7)
    tab.wait_for_timeout(500)
    assert site.office.asked_duties == asked + 1


def test_a_new_sender_can_be_chosen_as_soon_as_it_is_in_the_list(site: Site, tab: Page) -> None:
    """As getodk/central#1227: what one filters by comes with the rows, and does not fall behind them."""
    log_in(tab, site, path="/submissions?state=returned")
    site.office.attempts.append(attempt("xa", "returned", sender="ubnd-xa-moi"))
    expect(tab.locator(".attempt")).to_have_count(2)
    tab.reload()
    tab.get_by_label("Cơ quan").select_option("ubnd-xa-moi")
    tab.get_by_role("button", name="Xem").click()
    expect(tab.locator(".attempt")).to_have_count(1)


# -- what others wrote, and what can't be


def test_what_was_typed_or_named_is_text_and_never_markup(site: Site, tab: Page) -> None:
    site.office.attempts[2] |= {"sender": HOSTILE, "form": HOSTILE, "period": HOSTILE}
    log_in(tab, site)
    tab.get_by_label("Tìm", exact=True).fill(HOSTILE)
    tab.get_by_label("Cơ quan").select_option(HOSTILE)
    tab.get_by_label("Kỳ", exact=True).select_option(HOSTILE)
    tab.get_by_role("button", name="Xem").click()
    expect(tab.locator(".attempt")).to_have_count(1)
    expect(tab.get_by_label("Tìm", exact=True)).to_have_value(HOSTILE)
    expect(tab.locator(".found")).to_contain_text(f"«{HOSTILE}»")
    expect(tab.locator(".filters [aria-current=page]")).to_contain_text("Tất cả")
    site.office.attempts[2]["state"] = "stored"
    expect(tab.locator(".attempt")).to_contain_text("đã vào kho")
    assert tab.evaluate("window.broken") is None
    assert tab.locator("main img").count() == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("received_from=&received_until=&form=&sender=&period=&search=&sort=newest&state=", 200),
        ("search=%25%5F%5C%27%22%3B--", 200),
        ("search=" + "%E1%BA%BF" * 200, 200),
        ("search=" + "x" * 201, 404),
        ("received_from=2026-02-30", 404),
        ("sort=worst", 404),
        ("state=held%0A", 404),
        ("page=0", 404),
        ("page=10000&search=x", 200),
        ("form=a&form=b&unknown=1", 200),
    ],
)
def test_whatever_stands_in_the_address_is_answered(
    client: httpx2.Client, query: str, status: int
) -> None:
    for path in ("/submissions", "/submissions.csv"):
        assert client.get(f"{path}?{query}").status_code in (status, 200), (path, query)
    assert client.get(f"/submissions?{query}").status_code == status


# -- without a script, on a phone, on paper, with the keyboard


def test_the_form_works_without_any_script(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    log_in(tab, site)
    tab.get_by_label("Biểu", exact=True).select_option("Số cuộc kết hôn")
    tab.get_by_role("button", name="Xem").click()
    assert len(shown(tab)) == 1
    assert "form=t0111" in tab.url
    context.close()


def test_enter_in_any_field_asks_and_the_rows_are_a_table_also_as_cards(
    site: Site, tab: Page
) -> None:
    tab.set_viewport_size({"width": 320, "height": 640})
    log_in(tab, site)
    expect(tab.get_by_label("Biểu", exact=True)).not_to_be_visible()
    tab.get_by_text("Lọc và sắp xếp thêm").press("Enter")
    expect(tab.get_by_label("Biểu", exact=True)).to_be_visible()
    tab.get_by_label("Tìm", exact=True).press_sequentially("ket hon")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**search=ket+hon**")
    table = tab.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_count(7)
    expect(table.get_by_role("rowheader")).to_have_count(1)
    cell = table.get_by_role("cell").filter(has_text="22/11/2026")
    assert cell.evaluate("each => getComputedStyle(each, '::before').content") == '"Hạn: "'
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    picture(tab, "inbox-cards")


def test_what_is_asked_for_is_printed_in_words_without_the_form(site: Site, tab: Page) -> None:
    log_in(tab, site, path="/submissions?state=held&form=cv17809-4")
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 700, "height": 1000})
    picture(tab, "inbox-printed")
    expect(tab.locator(".found")).to_contain_text(
        "Đang lọc: Chờ quyết định · Chi đầu tư phát triển"
    )
    for hidden in ("form.find", ".filters", "nav.places", ".found a", "a.notice"):
        expect(tab.locator(hidden).first).not_to_be_visible()
    assert tab.locator(".inbox").evaluate("each => getComputedStyle(each).display") == "table"
    assert tab.evaluate("document.documentElement.scrollWidth") <= 700


def test_a_full_page_stays_light(site: Site, client: httpx2.Client) -> None:
    crowd(site, 300)
    for n, one in enumerate(site.office.attempts):
        one |= {"sender": f"ubnd-xa-co-ten-rat-dai-thu-{n % 140}", "form": f"cv17809-{n % 60}"}
        one |= {"attempt": 2, "findings": [{}] * 3}
        term: dict[str, Any] = {"submission": one["id"], "attempt": 2}
        site.office.duties.append(duty(str(n), "so-cuoc-ket-hon", "accepted", "late", **term))
    page = client.get("/submissions?sender=ubnd-xa-co-ten-rat-dai-thu-1&search=ubnd")
    assert len(client.get("/submissions").content) < MOST_BYTES
    assert page.status_code == 200 and len(page.content) < MOST_BYTES


def test_of_very_many_senders_none_is_listed_and_one_is_searched_for(
    site: Site, client: httpx2.Client
) -> None:
    crowd(site, 200)
    for n, one in enumerate(site.office.attempts):
        one["sender"] = f"ubnd-xa-{n}"
    assert 'name="sender"' not in client.get("/submissions").text
    page = client.get("/submissions?sender=ubnd-xa-7").text
    assert page.count("ubnd-xa-7<") == 2, "the choice and the row"


# -- the file


def lines(answer: httpx2.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_file_is_the_list_as_it_is_filtered(site: Site, client: httpx2.Client) -> None:
    """As keeps/roda#862 and many others exported everything."""
    crowd(site, 1500)
    site.office.attempts[4]["form"] = "=HYPERLINK(1)"
    answer = client.get(f"/submissions.csv?sender={JUSTICE}&state=stored")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="ho-so_')
    heading, *rows = lines(answer)
    assert heading[:4] == ["Mã hồ sơ", "Lần gửi", "Mã biểu", "Biểu"]
    assert len(rows) == 201 and {row[4] for row in rows} == {JUSTICE}
    assert {row[5] for row in rows} == {"Sở Tư pháp tỉnh Điện Biên"}
    first = dict(zip(heading, rows[0], strict=True))
    assert (first["Kỳ"], first["Mức độ hoàn chỉnh"]) == ("Năm 2025", "chính thức")
    assert first["Nhận lúc"] == "2026-11-24 06:45:00"
    assert len(lines(client.get("/submissions.csv"))) == 1507
    hostile = lines(client.get("/submissions.csv?state=withheld"))[1]
    assert hostile[2:4] == ["'=HYPERLINK(1)", "'=HYPERLINK(1)"]


def test_a_file_that_is_cut_says_so(site: Site, client: httpx2.Client) -> None:
    crowd(site, 5_000)
    rows = lines(client.get("/submissions.csv"))
    assert len(rows) == 5_002
    assert rows[-1] == ["Tệp chỉ có 5000 trong 5006 hồ sơ: hãy lọc hẹp hơn."]

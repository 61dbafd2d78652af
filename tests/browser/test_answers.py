"""The console's answers as a program sees them: cookies, headers, forms of others, services that fail. No browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from services.console import live
from services.kernel.clock import utc_now
from services.kernel.error_answers import INTERNAL
from services.kernel.problems import Problem
from tests.browser import visits
from tests.browser.conftest import Site
from tests.browser.fakes import LINK, PASSWORD, identity, texts
from tests.browser.visits import FORM, form_token

HELD = f"/submissions/{identity('cho')}"


@pytest.fixture
def client(site: Site) -> Iterator[httpx2.Client]:
    """A browser's cookies without a browser."""
    with httpx2.Client(base_url=site.url, trust_env=False, timeout=60) as client:
        yield client


def log_in(client: httpx2.Client, person: str = "p-kinh-te") -> httpx2.Response:
    return visits.log_in(client, person, PASSWORD)


def test_a_login_sets_a_cookie_that_ends_with_the_browser(client: httpx2.Client) -> None:
    answer = log_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = next(
        one for one in answer.headers.get_list("set-cookie") if one.startswith("solieu_session=")
    )
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert client.get("/submissions").status_code == 200


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Sec-Fetch-Site": "same-site"}, None),
        ({"Origin": "https://evil.example"}, None),
        (FORM, ""),
        (FORM, "x" * 43),
        (FORM, "é"),
    ],
)
@pytest.mark.parametrize("path", ["/login", "/logout", f"{HELD}/decisions"])
def test_a_form_of_somebody_else_does_nothing(
    site: Site, client: httpx2.Client, path: str, headers: dict[str, str], token: str | None
) -> None:
    log_in(client)
    own = form_token(client.get("/submissions").text)
    fields = {"form_token": own if token is None else token, "person": "p-kinh-te"}
    fields |= {"password": PASSWORD, "attempt": "1", "outcome": "release", "reason": "x"}
    answer = client.post(path, data=fields, headers=headers)
    assert answer.status_code == 403
    is_kept = path == f"{HELD}/decisions" and headers == FORM
    said = "Bạn đã đăng nhập ở cửa sổ khác" if is_kept else "Biểu mẫu trên trang đã cũ"
    assert said in answer.text
    assert site.office.decisions == []
    assert client.get("/submissions").status_code == 200


def test_a_form_from_before_the_login_is_worth_nothing_after_it(client: httpx2.Client) -> None:
    before = form_token(client.get("/login").text)
    log_in(client)
    assert before != form_token(client.get("/submissions").text)
    assert client.post("/logout", data={"form_token": before}, headers=FORM).status_code == 403


def test_a_logout_ends_the_session_and_not_the_cookie_alone(
    site: Site, client: httpx2.Client
) -> None:
    log_in(client)
    token = form_token(client.get("/submissions").text)
    assert client.post("/logout", data={"form_token": token}, headers=FORM).status_code == 303
    assert site.office.logged_out == ["p-kinh-te"]
    assert client.get("/submissions").status_code == 303


def test_a_logout_that_catalogue_did_not_hear_of_is_told_and_the_browser_forgets(
    site: Site, client: httpx2.Client
) -> None:
    log_in(client)
    token = form_token(client.get("/submissions").text)
    site.office.is_logout_away = True
    assert client.post("/logout", data={"form_token": token}, headers=FORM).status_code == 503
    assert client.get("/submissions").status_code == 303


def test_a_person_sets_a_password_by_a_link_once(site: Site, client: httpx2.Client) -> None:
    shown = client.get(f"/password?token={LINK}").text
    fields = {"form_token": form_token(shown), "token": LINK, "password": PASSWORD}
    differing = client.post("/password", data=fields | {"again": "x"}, headers=FORM)
    assert differing.status_code == 422 and PASSWORD not in differing.text
    again = {"again": PASSWORD}
    wrong = client.post("/password", data=fields | again | {"token": "x"}, headers=FORM)
    assert wrong.status_code == 422
    assert site.office.passwords == []
    forged = client.post("/password", data=fields | again | {"form_token": "x"}, headers=FORM)
    assert (forged.status_code, site.office.passwords) == (403, [])
    answer = client.post("/password", data=fields | again, headers=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert site.office.passwords == [PASSWORD]


def test_every_answer_is_guarded_and_none_is_kept(site: Site, client: httpx2.Client) -> None:
    log_in(client)
    pages = ["/submissions", HELD, "/login", "/nowhere", "/submissions/x", "/healthz"]
    site.office.attempts[4]["times"] = (
        None  # what no service answers: a mistake of ours shows no trace
    )
    broken = f"/submissions/{identity('cam')}"
    for path in [*pages, broken]:
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?! src=)|<style|\son\w+=|\sstyle=", answer.text), path
    assert client.get(broken).status_code == 500
    assert "Lỗi của hệ thống" in client.get(broken).text
    assert "Traceback" not in client.get(broken).text


def test_static_files_may_be_kept_since_their_address_changes(client: httpx2.Client) -> None:
    page = client.get("/login").text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/../api.py").status_code == 404
    assert client.get("/static/%2e%2e/api.py").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/submissions/x", "/submissions?page=0", "/submissions?page=x", "/submissions?state=none",
     f"{HELD}?attempt=0", f"{HELD}?attempt=99999999999", "/submissions/%00", f"{HELD}/marked"],
)  # fmt: skip
def test_an_address_that_can_not_be_is_a_page_not_found(client: httpx2.Client, path: str) -> None:
    log_in(client)
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Không có trang này" in answer.text


def test_without_a_login_there_is_only_the_login(client: httpx2.Client) -> None:
    places = ["/submissions", HELD, f"{HELD}/marked?attempt=1", f"{HELD}/receipt?attempt=1"]
    for path in places:
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
    events = {"Accept": "text/event-stream"}
    assert client.get("/submissions/stream", headers=events).status_code == 401
    client.cookies.set("solieu_session", "a.b.c")
    assert client.get("/submissions").status_code == 303
    token = form_token(client.get("/login").text)
    answer = client.post(f"{HELD}/decisions", data={"form_token": token}, headers=FORM)
    assert answer.status_code == 401


def test_a_token_is_renewed_while_one_works_and_not_before(
    site: Site, client: httpx2.Client
) -> None:
    site.office.token_age = timedelta(minutes=3)
    log_in(client)
    client.get("/submissions")
    assert site.office.renewed == 0
    site.office.token_age = timedelta(minutes=8)
    log_in(client)
    old = client.cookies["solieu_session"]
    client.get("/submissions")
    assert site.office.renewed == 1
    assert client.cookies["solieu_session"] != old
    client.get("/submissions")
    assert site.office.renewed == 1


def test_an_expired_token_asks_for_the_password(site: Site, client: httpx2.Client) -> None:
    log_in(client)
    later = replace(site.app.state.context, clock=lambda: utc_now() + timedelta(minutes=16))
    site.app.state.context = later
    assert client.get("/submissions").status_code == 303


def test_cookies_are_for_https_alone_where_people_come_by_https(site: Site) -> None:
    site.app.state.context = replace(site.app.state.context, is_secure=True)
    answer = httpx2.get(f"{site.url}/login", trust_env=False)
    assert all("; Secure" in one for one in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize("length", [{"Content-Length": "70000"}, {"Transfer-Encoding": "chunked"}])
def test_a_form_without_end_is_not_read(client: httpx2.Client, length: dict[str, str]) -> None:
    body = b"x" * 70_000 if "Content-Length" in length else iter([b"x"])
    assert client.post("/login", content=body).status_code in (411, 413)


def test_a_service_in_trouble_is_told_apart_from_one_that_is_away(
    site: Site, client: httpx2.Client
) -> None:
    log_in(client)
    form = {"form_token": form_token(client.get(HELD).text), "attempt": "1", "outcome": "release"}
    site.office.refuse_decisions = INTERNAL
    answer = client.post(f"{HELD}/decisions", data=form | {"reason": "x"}, headers=FORM)
    assert answer.status_code == 502
    assert "Có phần của hệ thống gặp lỗi" in answer.text
    site.office.refuse_decisions = Problem(401, "token", texts("a", "b"), texts("c", "d"))
    answer = client.post(f"{HELD}/decisions", data=form | {"reason": "x"}, headers=FORM)
    assert (answer.status_code, "Phiên làm việc đã hết" in answer.text) == (401, True)
    site.office.is_away = True
    answer = client.get(HELD)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize("fields", [
    {"attempt": "1", "outcome": "release", "reason": "   "},
    {"attempt": "x", "outcome": "release", "reason": "x"},
    {"attempt": "1", "outcome": "erase", "reason": "x"},
    {},
])  # fmt: skip
def test_half_a_decision_is_none(site: Site, client: httpx2.Client, fields: dict[str, str]) -> None:
    log_in(client)
    fields = fields | {"form_token": form_token(client.get(HELD).text)}
    answer = client.post(f"{HELD}/decisions", data=fields, headers=FORM)
    assert answer.status_code == 422
    assert "Chưa ghi lý do" in answer.text
    assert site.office.decisions == []


def test_a_reason_of_two_lines_comes_with_plain_line_breaks(
    site: Site, client: httpx2.Client
) -> None:
    """Browsers send CR LF, which the services take for a control character."""
    log_in(client)
    fields = {"attempt": "1", "outcome": "release", "reason": "Dòng một\r\nDòng hai"}
    fields |= {"form_token": form_token(client.get(HELD).text)}
    assert client.post(f"{HELD}/decisions", data=fields, headers=FORM).status_code == 303
    [decision] = site.office.decisions
    assert decision["reason"] == "Dòng một\nDòng hai"


def test_what_was_answered_to_a_finding_stands_beside_it(site: Site, client: httpx2.Client) -> None:
    log_in(client)
    page = f"/submissions/{identity('tra')}"
    assert "Giải trình" not in client.get(page).text
    said = {
        "kind": "explained", "attempt": 2, "person": "p-so-tai-chinh", "text": "Do <b>ghi</b>\nthiếu",
        "document": None, "at": "2026-11-24T01:00:00+00:00",
    }  # fmt: skip
    decided = said | {"kind": "downgraded", "person": "p-kinh-te", "document": "12/TKĐB"}
    site.office.answers = [said, decided]
    text = client.get(page).text
    assert (
        "Giải trình (p-so-tai-chinh, 08:00, 24/11/2026): Do &lt;b&gt;ghi&lt;/b&gt;\nthiếu" in text
    )
    assert "Hạ lỗi xuống cảnh báo (p-kinh-te" in text
    assert "(văn bản 12/TKĐB)" in text


def test_the_language_parameter_leads_to_no_other_site(client: httpx2.Client) -> None:
    answer = client.get("/login?next=/x&language=en")
    assert answer.headers["location"] == "/login?next=%2Fx"
    assert "solieu_language=en" in answer.headers["set-cookie"]
    answer = client.get("/login?language=fr")
    assert "solieu_language" not in answer.headers.get("set-cookie", "")


def test_pages_are_compressed_and_streams_are_not(site: Site, client: httpx2.Client) -> None:
    site.app.state.stream_lasts = 0.0
    log_in(client)
    assert client.get("/submissions").headers["content-encoding"] == "gzip"
    stream = client.get("/submissions/stream?seen=", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in stream.headers


def test_streams_are_counted_and_have_an_end(site: Site, client: httpx2.Client) -> None:
    log_in(client)
    site.app.state.stream_lasts = 0.3
    page = client.get("/submissions").text
    seen = re.search(r"seen=(\w+)", page)
    assert seen is not None
    quiet = client.get(f"/submissions/stream?seen={seen[1]}").text
    assert "event:" not in quiet
    all_of_it = client.get("/submissions/stream?seen=").text
    assert all_of_it.count("event: change") == 1
    again = client.get("/submissions/stream?seen=", headers={"Last-Event-ID": seen[1]}).text
    assert "event:" not in again
    assert site.app.state.streams == {}
    site.app.state.streams["p-others"] = 1000
    assert client.get("/submissions/stream").status_code == 503


def test_one_person_has_only_so_many_pages_that_change_by_themselves(
    site: Site, client: httpx2.Client
) -> None:
    log_in(client)
    site.app.state.stream_lasts = 0.0
    person = "p-kinh-te"
    site.app.state.streams[person] = live.MOST_OF_ONE - 1
    assert client.get("/submissions/stream").status_code == 200
    site.app.state.streams[person] = live.MOST_OF_ONE
    assert client.get("/submissions/stream").status_code == 503
    site.app.state.streams = Counter({"p-others": live.MOST_OF_ONE})
    assert client.get("/submissions/stream").status_code == 200

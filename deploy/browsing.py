"""A submission from a clerk's workbook to its head's signature, by the pages of the console in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from services.model.messages import text

PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
SUBMISSION = re.compile(r"/submissions/([0-9a-f-]{36})\?attempt=(\d+)")
SECONDS = 30.0
Password = Callable[[str], str]


@dataclass(frozen=True)
class Sent:
    """An attempt that was taken in."""

    id: str
    attempt: int


@dataclass(frozen=True)
class Sender:
    """Who of an agency prepares, who signs, and who of the office confirms the key of the latter."""

    clerk: str
    head: str
    leader: str


def chromium() -> str | None:
    """The system's Chromium; `deploy/requisites.sh chromium` brings it."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


def send(
    url: str, password: Password, sender: Sender, entry: Mapping[str, Any], file: Path
) -> Sent:
    """What the three do one after the other, each in a browser profile of its own; `entry` is one of the scenario.

    Raises playwright's TimeoutError where a page doesn't come to that.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        head = _logged_in(browser, url, sender.head, password)
        _make_key(head, url)
        _confirm(_logged_in(browser, url, sender.leader, password), url)
        draft = _prepare(_logged_in(browser, url, sender.clerk, password), url, entry, file)
        sent = _sign(head, draft)
        browser.close()
    return sent


def _logged_in(browser: Browser, url: str, person: str, password: Password) -> Page:
    page = browser.new_context(locale="vi-VN").new_page()
    page.goto(f"{url}/login")
    page.locator("[name=person]").fill(person)
    page.locator("[name=password]").fill(password(person))
    _press(page, "login.submit")
    page.wait_for_url(lambda address: "/login" not in address)
    return page


def _make_key(page: Page, url: str) -> None:
    page.goto(f"{url}/khoa-ky")
    _press(page, "key.make")
    page.locator("[data-key]").first.wait_for()


def _confirm(page: Page, url: str) -> None:
    page.goto(f"{url}/thay-doi")
    _press(page, "change.confirm")
    page.get_by_role("status").wait_for()


def _prepare(page: Page, url: str, entry: Mapping[str, Any], file: Path) -> str:
    """The address of the draft."""
    page.goto(f"{url}/kiem-tra")
    page.locator("details").first.evaluate("each => each.open = true")
    for name in ("form", "completeness"):
        page.locator(f"[name={name}]").select_option(entry[name])
    page.locator("[name=period]").fill(str(entry["period"]))
    page.locator("[name=file]").set_input_files(file)
    _press(page, "check.button")
    page.wait_for_url("**/ban-nhap/*")
    page.locator("[name=classification]").select_option(entry["classification"])
    _press(page, "draft.prepare.button")
    page.locator("#prepared-title").wait_for()
    return page.url


def _sign(page: Page, draft: str) -> Sent:
    """Intake hears of a confirmed key soon, not at once: until then it refuses the signature."""
    deadline = time.monotonic() + SECONDS
    while True:
        page.goto(draft)
        with page.expect_navigation():
            _press(page, "draft.sign.button")
        if found := SUBMISSION.search(page.url):
            return Sent(found[1], int(found[2]))
        if time.monotonic() > deadline:
            raise TimeoutError(page.locator("main").inner_text()[:1000])
        time.sleep(0.5)


def _press(page: Page, name: str) -> None:
    """The button with these words, once it may be pressed."""
    page.get_by_role("button", name=text(f"console.{name}", "vi"), exact=True).first.click()

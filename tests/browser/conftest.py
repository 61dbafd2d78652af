"""A real browser before a real console; the services behind it answer as their contracts say (fakes.py)."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, sync_playwright

from deploy.browsing import chromium
from deploy.state import free_ports
from services.console.api import create_app
from services.kernel.settings import Settings
from tests.browser import fake_drafts, fake_requests
from tests.browser.fake_drafts import Drafts
from tests.browser.fake_requests import Releases
from tests.browser.fakes import PASSWORD, Office, example, services_of

PHONE = {"width": 360, "height": 740}


@contextmanager
def served(app: FastAPI, port: int) -> Iterator[str]:
    """The application on this port of the loopback address, until the block ends."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    if hasattr(app.state, "is_closing"):
        app.state.is_closing = lambda: server.should_exit
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Site:
    """The console's address, its application, and what the services behind it know."""

    url: str
    app: FastAPI
    office: Office
    drafts: Drafts
    releases: Releases


@pytest.fixture
def site() -> Iterator[Site]:
    """A console of its own for each test."""
    ports = free_ports(random.Random())
    office, drafts, releases = example(), Drafts(), fake_requests.example()
    services = services_of(
        office,
        partial(fake_drafts.serve, drafts=drafts),
        partial(fake_requests.serve, releases=releases),
    )
    with served(services, ports["catalogue-api"]) as behind:
        config = Settings(
            catalogue_url=behind, intake_url=behind, validation_url=behind, audit_url=behind, policy_url=behind,
        )  # fmt: skip
        app = create_app(config)
        app.state.stream_every = 0.1
        with served(app, ports["audit-api"]) as url:
            yield Site(url, app, office, drafts, releases)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, started once; ended with these tests, since playwright occupies the thread's event loop."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium here: deploy/requisites.sh chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A new browser profile's page, in which no script may fail and nothing break the content policy."""
    context = browser.new_context(locale="en-US", viewport={"width": 1200, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield page
    context.close()
    assert wrong == []


def log_in(tab: Page, site: Site, person: str = "p-kinh-te", path: str = "/") -> None:
    """As a person does it."""
    tab.goto(site.url + path)
    tab.get_by_label("Tên đăng nhập").fill(person)
    tab.get_by_label("Mật khẩu").fill(PASSWORD)
    tab.get_by_role("button", name="Đăng nhập").click()
    tab.wait_for_url(lambda url: "/login" not in url)


def picture(tab: Page, name: str) -> None:
    """Keeps a picture where SOLIEU_PICTURES names a folder, for people to look at."""
    if folder := os.environ.get("SOLIEU_PICTURES"):
        tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

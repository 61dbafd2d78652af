"""Twenty clerks at once before the console: how long its pages take them, and how large they are.

`python -m bench pages`, see README.md. Each clerk is of an agency of its own, since an agency has its fair share alone.
"""

from __future__ import annotations

import io
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any

import httpx2
from openpyxl import Workbook
from rich.table import Table

from bench.chain.measure import Spread
from bench.chain.product import Product, running
from bench.chain.work import ORGANISATION, SMALL, Maker, Size, form, item, workbook
from deploy.stack import Stack
from services.validation.routes.checks import PATH
from tests.browser import visits

CLERKS = 20
SIZE = Size("bench-50", 50, 2)
PASSWORD = "một câu dễ nhớ của tôi"
ABOUT = {"completeness": "estimate", "period": "2026-M09"}
PAGES = ("/submissions", "/nghia-vu", "/kiem-tra")
A_SECOND = 2.0
"""Submissions of others whose verdicts come meanwhile."""
THINKS = 2.0
"""Seconds that a clerk looks at a page, on average; shorter than people do."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """Milliseconds and bytes of HTML by page; the milliseconds of checks, one at a time, with nobody else there.

    `away`: how often a page said that it is to be asked for again, since a service behind it took more than 15 s.
    """

    pages: list[Spread]
    bytes: dict[str, int]
    checks: list[float]
    seconds: float
    others: int
    away: int


@dataclass
class Clock:
    """What the clerks wait for; from several threads."""

    rng: random.Random
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    away: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self, client: httpx2.Client, method: str, path: str, name: str = "", **more: Any
    ) -> httpx2.Response:
        """The answer, its time noted by the page's name; RuntimeError for one that is no page."""
        began = time.perf_counter()
        while (answer := client.request(method, path, **more)).status_code == 503:
            with self.lock:
                self.away += 1
        taken = (time.perf_counter() - began) * 1000
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:1000]}")
        page = f"{method} {name or path}"
        with self.lock:
            self.taken[page].append(taken)
            if answer.status_code == 200:
                self.sizes[page] = max(self.sizes[page], len(answer.content))
        time.sleep(self.rng.uniform(0, 2 * THINKS))
        return answer


@dataclass(frozen=True)
class Clerk:
    """Somebody of an agency of its own, which supplies a form of its own."""

    number: int

    @property
    def organisation(self) -> str:
        """The agency."""
        return f"bench-agency-{self.number}"

    @property
    def person(self) -> str:
        """The name to log in with."""
        return f"p-bench-{self.number}"

    @property
    def size(self) -> Size:
        """The form."""
        return replace(SIZE, form=f"{SIZE.form}-{self.number}")

    def entries(self) -> dict[str, object]:
        """What the catalogue has to know."""
        supplied = item(self.size) | {"responsible": self.organisation}
        return {
            f"organisation/{self.organisation}": ORGANISATION | {"id": self.organisation},
            f"form/{self.size.form}": form(self.size),
            f"item/{self.size.form}": supplied,
        }

    def work(self, url: str, content: bytes, clock: Clock, rounds: int) -> None:
        """Logs in, looks around, and then uploads, looks and prepares, so many times."""
        with httpx2.Client(base_url=url, timeout=60, trust_env=False, verify=False) as client:
            token = visits.form_token(clock.ask(client, "GET", "/login").text)
            fields = {"person": self.person, "password": PASSWORD, "form_token": token}
            clock.ask(client, "POST", "/login", data=fields, headers=visits.FORM)
            for _ in range(rounds):
                for path in PAGES:
                    page = clock.ask(client, "GET", path).text
                self._prepare(client, page, content, clock)

    def _prepare(self, client: httpx2.Client, page: str, content: bytes, clock: Clock) -> None:
        typed = ABOUT | {"form": self.size.form, "form_token": visits.form_token(page)}
        files = {"file": ("thang-9.xlsx", content)}
        sent = clock.ask(client, "POST", "/kiem-tra", data=typed, files=files, headers=visits.FORM)
        draft, name = sent.headers["location"], "/ban-nhap/{draft}"
        page = clock.ask(client, "GET", draft, name).text
        ready = {"decision": "prepare", "classification": "internal", "sha256": hash_on(page)}
        ready |= {"form_token": visits.form_token(page)}
        clock.ask(client, "POST", draft, name, data=ready, headers=visits.FORM)
        clock.ask(client, "GET", draft, f"{name}, prepared")


def measure(short: bool, progress: Progress) -> Found:
    """Starts the product; needs it alone for some minutes."""
    rounds, clerks = (2 if short else 10), [Clerk(number) for number in range(CLERKS)]
    rng = random.Random(20261130)
    with running(progress) as product:
        stack = product.stack
        _register(stack, clerks)
        contents = [xlsx(clerk.size, rng) for clerk in clerks]
        progress("checks, one at a time")
        checks = _checks(stack, clerks[0], contents[0], 5 if short else 20)
        progress(f"{CLERKS} clerks, {rounds} rounds")
        clock, began = Clock(rng), time.perf_counter()
        with _others(product, rng) as others, ThreadPoolExecutor(CLERKS) as pool:
            url = stack.url("console-api")
            work = [
                pool.submit(clerk.work, url, content, clock, rounds)
                for clerk, content in zip(clerks, contents, strict=True)
            ]
            for one in work:
                one.result()
        seconds = time.perf_counter() - began
    spreads = [Spread.of(page, taken) for page, taken in sorted(clock.taken.items())]
    return Found(spreads, dict(clock.sizes), checks, seconds, len(others), clock.away)


def hash_on(page: str) -> str:
    """Of which workbook the page of a draft is."""
    return page.partition('name="sha256" value="')[2][:64]


def xlsx(size: Size, rng: random.Random) -> bytes:
    """A right workbook of the form."""
    book = Workbook()
    sheet = book.active
    for line in workbook(size, rng).decode().splitlines():
        sheet.append([int(cell) if cell.isdecimal() else cell or None for cell in line.split(",")])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _register(stack: Stack, clerks: list[Clerk]) -> None:
    with _client(stack, "catalogue", stack.state.tokens["administrator"]) as client:
        for clerk in clerks:
            for path, body in clerk.entries().items():
                client.put(f"/v1/{path}", json={"body": body}).raise_for_status()
            person = {
                "id": clerk.person,
                "name": "Người Đo",
                "organisation": clerk.organisation,
                "roles": ["agency"],
                "password": PASSWORD,
            }
            client.post("/v1/people", json=person).raise_for_status()


def _checks(stack: Stack, clerk: Clerk, content: bytes, number: int) -> list[float]:
    """After one that counts for nothing: then processes run, and have imported what they need."""
    with _client(stack, "catalogue") as client:
        asked = {"person": clerk.person, "password": PASSWORD}
        token = client.post("/v1/tokens", json=asked).raise_for_status().json()["access_token"]
    about, taken = ABOUT | {"form": clerk.size.form, "area": "11"}, []
    with _client(stack, "validation", token) as client:
        while client.post(PATH, params=about, content=content).status_code == 404:
            time.sleep(0.2)  # validation hears of the form soon, not at once
        for _ in range(number):
            began = time.perf_counter()
            client.post(PATH, params=about, content=content).raise_for_status()
            taken.append((time.perf_counter() - began) * 1000)
    return taken


@contextmanager
def _others(product: Product, rng: random.Random) -> Iterator[list[str]]:
    """Submissions of another sender at a steady pace until the block ends; those that were taken in."""
    maker, ended, sent = Maker(rng), threading.Event(), list[str]()

    def send() -> None:
        while not ended.wait(1 / A_SECOND):
            (sending,) = maker.make(SMALL, 1)
            sent.append(product.send(sending).id)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        try:
            yield sent
        finally:
            ended.set()
            sending.result()


def _client(stack: Stack, service: str, token: str = "") -> httpx2.Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = stack.url(f"{service}-api")
    return httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False, verify=False)


def as_json(found: Found) -> dict[str, Any]:
    """Everything, for a program."""
    return asdict(found)


def table(found: Found) -> Table:
    """For a person."""
    shown = Table("page", "p50, ms", "p99, ms", "most, ms", "HTML, kB")
    for one in found.pages:
        size = f"{found.bytes[one.name] / 1000:.1f}" if one.name in found.bytes else ""
        shown.add_row(one.name, f"{one.p50:.0f}", f"{one.p99:.0f}", f"{one.most:.0f}", size)
    shown.caption = (
        f"{CLERKS} clerks, {found.seconds:.0f} s, {found.others} submissions of others meanwhile, "
        f"{found.away} pages asked for again; "
        f"a check alone: {median(found.checks):.0f} ms, at most {max(found.checks):.0f}"
    )
    return shown

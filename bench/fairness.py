"""One sender's eight large files beside another's small one: how long the other waits for a verdict.

`python -m bench fairness`, see README.md.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import httpx2
from rich.table import Table

from bench.chain.observer import Observer
from bench.chain.product import Product, running
from bench.chain.work import LARGE, ORGANISATION, SMALL, Maker
from services.connector.client import Connector
from services.connector.keys import Key

OTHER = "bench-other"
FILES = 8
BYTES = 10_000_000
PATIENCE = 900.0
RECEIVED, VALIDATED, CLEARED = (f"submission.{one}" for one in ("received", "validated", "cleared"))


@dataclass(frozen=True)
class Fairness:
    """Seconds from the 202 to the cleared small submissions: alone, and each beside the large files under way.

    `large` is the time from the first of the eight's 202 to the last one's verdict.
    """

    alone: tuple[float, ...]
    beside: tuple[float, ...]
    large: float


def measure(short: bool, progress: Callable[[str], None]) -> Fairness:
    """Starts the product, and sends; needs the broker and the database alone for some minutes."""
    number = 5 if short else 15
    maker = Maker(random.Random(20261129))
    with running(progress) as product, Observer(product.stack.kafka()) as observer:
        other = _other(product)

        def verdict() -> float:
            (sending,) = maker.make(SMALL, 1)
            statement = replace(sending.statement(), sender=OTHER)
            receipt = other.send(statement, sending.content)
            accepted = time.time()
            observer.wait(CLEARED, [receipt.id], PATIENCE)
            return observer.sight(CLEARED, receipt.id).made - accepted

        for _ in range(number):
            verdict()  # processes start, and import what they need
        progress("alone")
        alone = tuple(verdict() for _ in range(number))
        large = [replace(one, content=padded(one.content)) for one in maker.make(LARGE, FILES)]
        progress(f"beside {FILES} files of {len(large[0].content) / 1e6:.1f} MB")
        with ThreadPoolExecutor(FILES) as pool:
            sent = [pool.submit(product.send, one) for one in large]
            first = sent[0].result()
            beside = tuple(verdict() for _ in range(number))
            ids = [one.result().id for one in sent]
            observer.wait(CLEARED, ids, PATIENCE)
        last = max(observer.sight(CLEARED, one).made for one in ids)
    return Fairness(alone, beside, last - first.at)


def padded(workbook: bytes) -> bytes:
    """The same CSV, its cells filled up with spaces to ten million bytes."""
    filling = b" " * ((BYTES - len(workbook)) // workbook.count(b","))
    return workbook.replace(b",", b"," + filling)


def _other(product: Product) -> Connector:
    """Another sender, registered as the first one is."""
    key = Key.generate(OTHER)
    stack = product.stack
    headers = {"Authorization": f"Bearer {stack.state.tokens['administrator']}"}
    entries: dict[str, object] = {
        f"organisation/{OTHER}": ORGANISATION | {"id": OTHER},
        f"sender_key/{key.id}": {"sender": OTHER, "public_key": key.public()},
    }
    for path, body in entries.items():
        url = f"{stack.url('catalogue-api')}/v1/{path}"
        httpx2.put(url, json={"body": body}, headers=headers, trust_env=False).raise_for_status()
    return Connector(stack.url("intake-api"), key)


def table(found: Fairness) -> Table:
    """For people."""
    shown = Table("another's 30 figures", "median, s", "most, s", "number")
    for name, seconds in (("alone", found.alone), ("beside the large files", found.beside)):
        shown.add_row(name, f"{median(seconds):.2f}", f"{max(seconds):.2f}", str(len(seconds)))
    shown.caption = f"the {FILES} large files: {found.large:.1f} s"
    return shown


def as_json(found: Fairness) -> dict[str, Any]:
    """For programs."""
    return {"alone": found.alone, "beside": found.beside, "large_seconds": found.large}

"""The whole product on this machine, with the two forms, and who sends to it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg

from bench.chain import alone
from bench.chain.memory import Peak, peak
from bench.chain.work import LARGE, ORGANISATION, SENDER, SMALL, Sending, form, item
from deploy import database
from deploy.local import Stack
from deploy.programs import PROGRAMS, SERVICES
from deploy.stack import INFRASTRUCTURE
from services.catalogue import starter
from services.connector.client import Connector
from services.connector.keys import Key

THREADS = 8
HEALTHY_SECONDS = 180.0
POLL_SECONDS = 0.02
FINISHED = """
    select (select count(*) from intake.status where state = 'stored'),
           (select count(*) from audit.leaves where topic = 'submission.stored')
"""


@dataclass(frozen=True)
class Answered:
    """A submission that was taken in: when it was sent and when the 202 was here, as Unix times."""

    id: str
    sent: float
    at: float


class Product:
    """A running stack that knows the two forms and a sender's key."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.key = Key.generate(SENDER)
        limits = httpx2.Limits(max_keepalive_connections=THREADS, keepalive_expiry=60)
        self._client = httpx2.Client(
            base_url=stack.url("intake-api"), limits=limits, timeout=60, trust_env=False
        )
        self._connector = Connector("", self.key, client=self._client)
        self._database = psycopg.connect(stack.administrator_url, autocommit=True)

    def close(self) -> None:
        """Ends its connections."""
        self._client.close()
        self._database.close()

    def register(self) -> None:
        """The starter pack, the two forms and the key, through catalogue's API."""
        url, token = self.stack.url("catalogue-api"), self.stack.state.tokens["administrator"]
        starter.load(url, token)
        headers = {"Authorization": f"Bearer {token}"}
        entries: dict[str, object] = {f"organisation/{SENDER}": ORGANISATION}
        entries |= {f"form/{size.form}": form(size) for size in (SMALL, LARGE)}
        entries |= {f"item/{size.form}": item(size) for size in (SMALL, LARGE)}
        entries[f"sender_key/{self.key.id}"] = {
            "sender": SENDER,
            "public_key": self.key.public(),
        }
        with httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
            for path, body in entries.items():
                answer = client.put(f"/v1/{path}", json={"body": body})
                if answer.status_code != 201:
                    raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:1000]}")

    def send(self, sending: Sending) -> Answered:
        """Sends one; Refused or Unreachable where it is not taken in."""
        sent = time.time()
        receipt = self._connector.send(sending.statement(), sending.content)
        return Answered(receipt.id, sent, time.time())

    def send_all(self, sendings: Sequence[Sending]) -> list[Answered]:
        """Sends them from several threads, as fast as intake takes them."""
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self.send, sendings))

    def send_each(self, sendings: Sequence[Sending], per_second: float) -> list[Answered]:
        """Sends them at a steady pace, whether the ones before are answered or not."""
        began = time.monotonic()

        def one(number: int, sending: Sending) -> Answered:
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            return self.send(sending)

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(one, range(len(sendings)), sendings))

    def finished(self) -> tuple[int, int]:
        """Submissions that intake shows as stored, and those that the evidence log has as stored."""
        row = self._database.execute(FINISHED).fetchone()
        assert row is not None
        return row[0], row[1]

    def wait_finished(self, count: int, seconds: float) -> float:
        """Waits until states and log have so many stored submissions; the Unix time then."""
        deadline = time.monotonic() + seconds
        while min(self.finished()) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.finished()} of {count} are finished")
            time.sleep(POLL_SECONDS)
        return time.time()

    def alone(self) -> alone.Alone:
        """The one process without a broker, on a database and a vault of its own."""
        alone.prepare(self.stack.administrator_url)
        state = self.stack.state
        vault = self.stack.folder / "vault-alone"
        vault.mkdir(mode=0o700)
        urls = {
            service: database.url(
                service, state.passwords[service], state.ports["postgres"], alone.DATABASE
            )
            for service in SERVICES
        }
        return alone.Alone(alone.Place(urls, str(vault), state.master_key))

    def memory(self) -> list[Peak]:
        """The peak of every process of the stack."""
        return [peak(name, self.stack.process_id(name)) for name in (*INFRASTRUCTURE, *PROGRAMS)]


@contextmanager
def running(progress: Callable[[str], None]) -> Iterator[Product]:
    """The product in a folder of its own, which is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="solieu-bench-"))
    folder.chmod(0o711)  # PostgreSQL's own user passes through when root runs it
    stack = Stack(folder / "stack", free_ports=True, tied=True)
    try:
        progress("starting the stack")
        stack.start_infrastructure()
        stack.prepare()
        stack.start_services()
        stack.wait_healthy(HEALTHY_SECONDS)
        product = Product(stack)
        try:
            product.register()
            yield product
        finally:
            product.close()
    finally:
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)

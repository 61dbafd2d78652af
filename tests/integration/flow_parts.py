"""The demo's scenario as the tests of the whole send it: each submission, and what came of it."""

from __future__ import annotations

import runpy
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import openpyxl
import sqlalchemy as sa
import yaml
from sqlmodel import Session

from deploy.stack import Stack
from services.catalogue.people import founding
from services.catalogue.people.person import Person
from services.connector.client import Connector, Refused
from services.connector.keys import Key
from services.kernel.clock import utc_now
from services.kernel.codec import codec
from services.kernel.db import connect
from services.kernel.outbox import Outbox
from tests import running

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "dien-bien"
STATED = ("form", "area_list", "area", "period", "completeness", "regime", "classification")


@dataclass(frozen=True)
class Sent:
    """An entry of scenario.yaml that was sent, the answer's status, and the state that it came to."""

    entry: Mapping[str, Any]
    status: int
    state: Mapping[str, Any]

    @property
    def expected(self) -> Mapping[str, Any]:
        """What scenario.yaml says must come of it."""
        found: Mapping[str, Any] = self.entry["expect"]
        return found

    @property
    def page(self) -> str:
        """Its page in the console."""
        return f"/submissions/{self.state['id']}?attempt={self.state['attempt']}"


def generate(folder: Path) -> None:
    """Writes the scenario's workbooks."""
    runpy.run_path(str(EXAMPLES / "generate.py"))["generate"](folder)


def scenario(stack: Stack, workbooks: Path, names: Collection[str] = ()) -> list[Sent]:
    """Sends the named submissions of the scenario, or all, one after the other, each to its end."""
    entries = yaml.safe_load((EXAMPLES / "scenario.yaml").read_text(encoding="utf-8"))
    connectors: dict[str, Connector] = {}
    found = []
    for entry in entries["submissions"]:
        if names and entry["name"] not in names:
            continue
        if entry["sender"] not in connectors:
            connectors[entry["sender"]] = connector(stack, entry["sender"])
        sender = connectors[entry["sender"]]
        file = (EXAMPLES if entry.get("kept") else workbooks) / entry["file"]
        claims = {name: entry[name] for name in STATED}
        receipt = sender.submit(file, **claims, sections=entry.get("sections", ()))
        state = sender.wait(receipt.id, receipt.attempt, stored=True, seconds=90)
        found.append(Sent(entry, receipt.status, state))
    for one in connectors.values():
        one.close()
    return found


def register_senders(stack: Stack) -> None:
    """A key for each sender of the scenario, before the office is founded."""
    entries = yaml.safe_load((EXAMPLES / "scenario.yaml").read_text(encoding="utf-8"))
    for sender in sorted({entry["sender"] for entry in entries["submissions"]}):
        connector(stack, sender).close()


def found(stack: Stack, leaders: Sequence[Person], password: str) -> None:
    """The first two leaders, who have long been there, with this password."""
    engine = connect(stack.administrator_url)
    outbox = Outbox("catalogue", codec(), utc_now)
    with Session(engine) as session, session.begin():
        session.execute(sa.text("set local search_path to catalogue"))
        made = founding.found(session, outbox, leaders, utc_now(), works_already=False)
        session.execute(sa.text("update credentials set raised_at = raised_at - interval '2 days'"))
    engine.dispose()
    with running.client(stack, "catalogue-api") as client:
        for link in made.links:
            body = {"token": link.token, "password": password}
            client.post("/v1/passwords", json=body).raise_for_status()


def send_with_a_repair(stack: Stack, workbooks: Path, folder: Path) -> None:
    """Sends a workbook of the scenario once more, with a number written as text, which is read and listed."""
    workbook = openpyxl.load_workbook(workbooks / "cv17809-5_2026-Q3.xlsx")
    rows = workbook.worksheets[0].iter_rows()
    number = next(cell for row in rows for cell in row if isinstance(cell.value, float))
    number.value = f"{number.value}".replace(".", ",")
    workbook.save(folder / "text.xlsx")
    with connector(stack, "so-cong-thuong-dien-bien") as sender:
        receipt = sender.submit(
            folder / "text.xlsx",
            form="cv17809-5",
            area="11",
            period="2026-Q3",
            completeness="official",
            regime="coordination",
        )
        sender.wait(receipt.id, receipt.attempt, seconds=60)
        assert sender.report(receipt.id)["repairs"]


KEYS: dict[tuple[Path, str], Key] = {}
"""By stack and sender: once the office is founded, a new one would wait for a second person."""


def connector(stack: Stack, sender: str, key: Key | None = None) -> Connector:
    """A connection with a key, the sender's own unless it is given, which the catalogue and intake then know."""
    key = key or KEYS.setdefault((stack.folder, sender), Key.generate(sender))
    with running.client(stack, "catalogue-api", running.bearer(stack, "administrator")) as client:
        body = {"sender": sender, "public_key": key.public()}
        client.put(f"/v1/sender_key/{key.id}", json={"body": body}).raise_for_status()
    client = httpx2.Client(base_url=stack.url("intake-api"), timeout=30, trust_env=False)
    found = Connector(stack.url("intake-api"), key, client=client)
    _until_known(found)
    return found


def _until_known(connector: Connector) -> None:
    """Intake learns of a key from the catalogue's topic: soon, not at once."""
    deadline = time.monotonic() + 60
    while True:
        try:
            connector.state(str(uuid4()))
        except Refused as refused:
            if refused.status == 404:
                return
            assert time.monotonic() < deadline, refused
        time.sleep(0.1)

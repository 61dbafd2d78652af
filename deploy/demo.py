"""`make demo`: the whole product on this machine, from an empty folder to the compilers' feed.

Starts everything, loads the starter pack, sends the submissions of examples/dien-bien/scenario.yaml over HTTP, and
compares each verdict and count with what the scenario expects. Exit code 0 only if all are as expected.
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import yaml
from rich.console import Console

from deploy import browsing, feed, scenes
from deploy.duties import duties
from deploy.local import Stack
from deploy.people import People
from deploy.results import Result, show
from deploy.supervision import ROOT
from services.catalogue import starter
from services.connector.client import Connector, Receipt, Refused
from services.connector.keys import Key
from services.kernel.topics import load as load_topics
from services.model.starter_pack import load_senders

FOLDER = ROOT / ".run" / "demo"
EXAMPLES = ROOT / "examples" / "dien-bien"
SECONDS = 60.0
HEALTHY_SECONDS = 120.0
BY_BROWSER = browsing.Sender("p-so-tai-chinh", "p-giam-doc-tai-chinh", "p-lanh-dao")
console = Console(highlight=False)


def main() -> int:
    """Runs the demo; returns the exit code."""
    began = time.monotonic()
    stack = Stack(FOLDER)
    stack.destroy()
    stack = Stack(FOLDER)
    _start(stack)
    keys = _load_catalogue(stack)
    people = People(stack, FOLDER / "people.json")
    workbooks = _generate()
    scenario = yaml.safe_load((EXAMPLES / "scenario.yaml").read_text(encoding="utf-8"))
    results = [_send(stack, keys, people, workbooks, entry) for entry in scenario["submissions"]]
    show(console, results)
    wrong = [f"{result.name}: {text}" for result in results for text in result.wrong]
    wrong += _scenes(stack, keys, people, workbooks, results)
    wrong += _balances(stack, results)
    _addresses(stack)
    for text in wrong:
        console.print(f"[red]✗[/] {text}")
    verdict = "[red]KHÔNG ĐÚNG · not as expected[/]" if wrong else "[green]ĐÚNG · as expected[/]"
    console.print(f"{verdict} ({time.monotonic() - began:.0f} s). Dừng lại · stop: make down")
    return 1 if wrong else 0


def _start(stack: Stack) -> None:
    with console.status("Khởi động · starting") as status:

        def progress(name: str, seconds: float) -> None:
            console.print(f"[green]✓[/] {name} [dim]{seconds:.1f} s[/]")

        status.update("Kafka, PostgreSQL …")
        stack.start_infrastructure(progress)
        status.update("Bảng và chủ đề · tables and topics …")
        stack.prepare()
        status.update("Các dịch vụ · services …")
        stack.start_services()
        stack.wait_healthy(HEALTHY_SECONDS, progress=progress)


def _load_catalogue(stack: Stack) -> dict[str, Key]:
    """The starter pack, and a key for each organisation that may send."""
    url, token = stack.url("catalogue-api"), stack.state.tokens["administrator"]
    loaded = starter.load(url, token)
    keys = {sender.id: Key.generate(sender.id) for sender in load_senders()}
    with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        for sender, key in keys.items():
            body = {"sender": sender, "public_key": key.public()}
            client.put(f"/v1/sender_key/{key.id}", json={"body": body}).raise_for_status()
    for sender, key in keys.items():
        key.save(FOLDER / "keys" / f"{sender}.json")
    _until_known(stack, list(keys.values())[-1])
    console.print(f"[green]✓[/] danh mục · catalogue: {len(loaded)} mục, {len(keys)} khoá")
    return keys


def _until_known(stack: Stack, key: Key) -> None:
    """Intake learns of keys from the catalogue's topic: soon, not at once."""
    deadline = time.monotonic() + SECONDS
    with Connector(stack.url("intake-api"), key) as connector:
        while time.monotonic() < deadline:
            try:
                connector.state(str(uuid4()))
            except Refused as refused:
                if refused.status == 404:
                    return
            time.sleep(0.1)
    raise TimeoutError("intake did not learn of the senders' keys")


def _generate() -> Path:
    folder = FOLDER / "workbooks"
    runpy.run_path(str(EXAMPLES / "generate.py"))["generate"](folder)
    return folder


def _send(
    stack: Stack, keys: dict[str, Key], people: People, workbooks: Path, entry: dict[str, Any]
) -> Result:
    result = Result(entry["name"], entry)
    file = (EXAMPLES if entry.get("kept") else workbooks) / entry["file"]
    connector = Connector(stack.url("intake-api"), keys[entry["sender"]])
    stated = ("form", "area_list", "area", "period", "completeness", "regime", "classification")
    began = time.monotonic()
    with console.status(entry["name"]):
        try:
            claims = {name: entry[name] for name in stated}
            if entry.get("through") == "browser" and browsing.chromium():
                url = stack.url("console-api")
                sent = browsing.send(url, people.password, BY_BROWSER, entry, file)
                receipt = Receipt(sent.id, sent.attempt, 202)
            else:
                receipt = connector.submit(file, **claims, sections=entry.get("sections", ()))
            result.id = receipt.id
            result.state = connector.wait(receipt.id, receipt.attempt, seconds=SECONDS, stored=True)
        except Refused as error:
            result.wrong.append(str(error))
            return result
    result.seconds = time.monotonic() - began
    expected = entry["expect"]
    found = result.state | {"status": receipt.status, "verdict": result.verdict}
    for name in ("status", "attempt", "verdict", "figures"):
        if found.get(name) != expected[name]:
            result.wrong.append(f"{name}: {expected[name]} ≠ {found.get(name)}")
    _compare_reason(result, connector, expected)
    return result


def _scenes(
    stack: Stack, keys: dict[str, Key], people: People, workbooks: Path, results: list[Result]
) -> list[str]:
    held = next(one for one in results if one.entry["expect"]["verdict"] == "held")
    sender = keys["so-tai-chinh-dien-bien"]
    plan = _plan(results)
    return [
        *scenes.state_secret(console, stack, sender, workbooks / "cv17809-1_2026-Q3.xlsx"),
        *scenes.accept_held(console, stack, people, held),
        *scenes.answer_finding(
            console, stack, people, keys["bo-tai-chinh"], plan, EXAMPLES / plan.entry["file"]
        ),
        *scenes.end_embargo(console, stack, people),
        *duties(console, stack, people),
        *scenes.receipts(console, stack, people, results),
        *scenes.mail(console, stack),
    ]


def _plan(results: list[Result]) -> Result:
    """The plan whose one error its footnote explains."""
    return next(one for one in results if one.entry["form"] == "cktc-09-plan")


def _compare_reason(result: Result, connector: Connector, expected: dict[str, Any]) -> None:
    decided = expected.get("decided_by", {})
    for reason in result.state.get("reasons", []) if "article" in decided else []:
        if all(
            str(reason.get(name)) == str(decided[name])
            for name in ("requirement", "article", "clause")
        ):
            return
    if "article" in decided:
        result.wrong.append(f"decided by {decided} ≠ {result.state.get('reasons')}")
    if "rule" in decided:
        report = connector.report(result.id)
        errors = [one for one in report["findings"] if one["severity"] == "error"]
        wanted = expected["finding"]
        if [one["rule"] for one in errors] != [decided["rule"]]:
            result.wrong.append(f"rules {[one['rule'] for one in errors]} ≠ {decided['rule']}")
        elif any(str(errors[0][name]) != wanted[name] for name in wanted):
            result.wrong.append(f"finding {errors[0]} ≠ {wanted}")


def _balances(stack: Stack, results: list[Result]) -> list[str]:
    """Counts read back from the services, from Kafka and from the log; returns what does not agree."""
    token = {"Authorization": f"Bearer {stack.state.tokens['operator']}"}
    with httpx2.Client(headers=token, timeout=30) as client:
        balance = client.get(f"{stack.url('intake-api')}/v1/reconciliation").json()
        totals = client.get(f"{stack.url('grdp-api')}/v1/totals").json()
        figures = balance["figures"]
        parts = figures["stored"] + figures["returned"] + figures["withheld"] + figures["held"]
        console.print(
            f"Số liệu đã đọc · figures read {figures['read']} = {figures['stored']} lưu · stored + "
            f"{figures['returned']} trả lại · returned + {figures['withheld']} không dùng · withheld + "
            f"{figures['held']} chờ · held"
        )
        read = feed.read(stack.kafka("compiler"))
        console.print(
            f"Luồng số liệu · feed: {read.messages} thông điệp · messages, {len(read.current)} hiện hành"
            f" · current; kho · store: {totals['figures']['current']}"
        )
        expected = sum(
            result.entry["expect"]["figures"]
            for result in results
            # What was held has been accepted by its room.
            if result.entry["expect"]["verdict"] in ("cleared", "held")
            and result.entry["expect"]["status"] == 202
        )
        # The plan was returned; explained and sent again it was accepted, too.
        expected += _plan(results).entry["expect"]["figures"]
        events = feed.count(
            stack.kafka(), [t.name for t in load_topics().values() if t.audit == "leaf"]
        )
        log = _log(client, stack, events)
    console.print(f"Sổ bằng chứng · evidence log: {log['size']} lá · leaves, gốc · root:")
    console.print(f"  {log['root']}")
    wrong = []
    for name, left, right in (
        ("figures read", figures["read"], parts),
        ("stored", figures["stored"], expected),
        ("store", totals["figures"]["current"], expected),
        ("feed", len(read.current), expected),
        ("leaves of the log", log["size"], events),
    ):
        if left != right:
            wrong.append(f"{name}: {left} ≠ {right}")
    return wrong


def _log(client: httpx2.Client, stack: Stack, events: int) -> dict[str, Any]:
    """The log's newest checkpoint, once it has as many leaves as there are events."""
    deadline = time.monotonic() + 15
    while True:
        log: dict[str, Any] = client.get(f"{stack.url('audit-api')}/v1/checkpoint").json()
        if log.get("size") == events or time.monotonic() > deadline:
            return log
        time.sleep(0.2)


def _addresses(stack: Stack) -> None:
    console.print(f"  trang web · console {stack.url('console-api')}")
    for name in ("intake", "validation", "catalogue", "policy", "grdp", "audit"):
        console.print(f"  {f'{name}-api':16} {stack.url(f'{name}-api')}/docs")
    console.print(f"  Kafka            {stack.kafka().servers}")
    here = FOLDER.relative_to(ROOT)
    console.print(f"  bảng · workbooks {here / 'workbooks'}, {EXAMPLES.relative_to(ROOT)}")
    console.print(f"  khoá · keys      {here / 'keys'}")
    console.print(f"  người · people   {here / 'people.json'}")


if __name__ == "__main__":
    sys.exit(main())

"""What must hold of a running stack, whatever was done to it and around it: nothing is lost, nothing is there twice."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal
from typing import Any

import httpx2
import psycopg
from psycopg import sql

from deploy import feed, mailbox
from deploy.programs import PROGRAMS
from deploy.stack import INFRASTRUCTURE, Stack
from services.catalogue import starter
from services.connector.keys import Key
from services.kernel import topics
from tests.chaos import load as sending
from tests.chaos.leaks import leaks, secrets_told
from tests.running import bearer, client, operator, to_tell, told, verdicts


def register(stack: Stack) -> Key:
    """The starter pack, the small form with the room that is responsible for it, and a sender's key."""
    url, token = stack.url("catalogue-api"), stack.state.tokens["administrator"]
    starter.load(url, token)
    key = Key.generate(sending.SENDER)
    entries: dict[str, dict[str, Any]] = {
        "form/small": sending.FORM,
        "item/small": sending.ITEM,
        f"sender_key/{key.id}": {"sender": sending.SENDER, "public_key": key.public()},
    }
    with client(stack, "catalogue-api", bearer(stack, "administrator")) as catalogue:
        for path, body in entries.items():
            answer = catalogue.put(f"/v1/{path}", json={"body": body})
            assert answer.status_code == 201, answer.text
    return key


def until(condition: Any, seconds: float, explain: Any) -> None:
    """Waits until the condition holds; AssertionError with what `explain` says after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.5)


def check(stack: Stack, plan: sending.Plan, sent: int) -> None:
    """Waits until all that was sent is settled and each service has looked, and checks all but leaks and alarms."""
    settle(stack, sent)
    until(lambda: not out_of_order(stack), 300, lambda: out_of_order(stack))
    check_verdicts(stack, plan)
    check_notices(stack)
    check_figures(stack, plan)
    check_log(stack)


def settle(stack: Stack, sent: int) -> None:
    """Waits until nothing is under way, held or dead."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        balance = operator(stack, "intake", "/v1/reconciliation")
        done = balance["states"]["stored"] + balance["states"]["superseded"]
        unfinished = balance["attempts"] - done
        unfinished -= balance["verdicts"]["returned"] + balance["verdicts"]["withheld"]
        if balance["attempts"] == sent and not unfinished:
            return
        time.sleep(2)
    raise AssertionError(f"not settled: {balance}")


def out_of_order(stack: Stack) -> dict[str, dict[str, int]]:
    """The services whose tables and topics differ, or that have yet to look whether they do."""
    found = {}
    with psycopg.connect(stack.administrator_url) as connection:
        for service in sorted({program.service for program in PROGRAMS.values()} - {"console"}):
            state = sql.SQL("select wanted_at is null, gaps from {}.upkeep").format(
                sql.Identifier(service)
            )
            is_done, gaps = connection.execute(state).fetchone() or (False, {})
            if not is_done or any(gaps.values()):
                found[service] = gaps
    return found


def check_verdicts(stack: Stack, plan: sending.Plan) -> None:
    """Each attempt has the verdicts that were planned, each of them once, by event id."""
    found = verdicts(stack)
    names = {which: sorted(verdict for verdict, _ in events) for which, events in found.items()}
    assert Counter(map(tuple, names.values())) == plan.verdicts()


def check_notices(stack: Stack) -> None:
    """Each verdict is told once. A hold is no news any more where its end was read before: another topic has that."""
    wanted = to_tell(verdicts(stack))
    sure = Counter({which: n for which, n in wanted.items() if which[1] != "held"})
    until(
        lambda: sure <= told(stack, sending.SENDER), 60, lambda: sure - told(stack, sending.SENDER)
    )
    assert told(stack, sending.SENDER) <= wanted
    mails = Counter(str(one["Message-ID"]) for one in mailbox.mails(stack.mail))
    assert max(mails.values()) == 1


def check_figures(stack: Stack, plan: sending.Plan) -> None:
    """Each current figure once in the store; the feed's compacted state is the store."""
    current = feed.read(stack.kafka()).current.values()
    on_feed = Counter((one["period"], one["indicator"], one["value"]) for one in current)
    assert max(on_feed.values()) == 1
    found: dict[str, set[str]] = {}
    for period, _, value in on_feed:
        found.setdefault(period, set()).add(str(int(value)))
    assert found == plan.current()
    totals = operator(stack, "grdp", "/v1/totals")["figures"]
    assert totals["current"] == len(on_feed)
    assert stored(stack) == on_feed


def stored(stack: Stack) -> Counter[tuple[str, str, Any]]:
    """The store's current figures, read page by page as the compilers do."""
    headers = {"Authorization": f"Bearer {stack.state.tokens['compiler']}"}
    found: Counter[tuple[str, str, Any]] = Counter()
    with httpx2.Client(headers=headers, timeout=30, trust_env=False) as client:
        query: dict[str, Any] = {"form": "small", "limit": 1000}
        while True:
            page = client.get(stack.url("grdp-api") + "/v1/observations", params=query).json()
            for one in page["observations"]:
                found[(one["period"], one["indicator"], Decimal(one["value"]))] += 1
            if not page.get("next"):
                return found
            query["cursor"] = page["next"]


def check_log(stack: Stack) -> None:
    """The log's leaves are the events, each once."""
    names = [topic.name for topic in topics.load().values() if topic.audit == "leaf"]
    events = feed.count(stack.kafka(), names)
    until(
        lambda: operator(stack, "audit", "/v1/checkpoint")["size"] == events,
        60,
        lambda: f"{operator(stack, 'audit', '/v1/checkpoint')} but {events} events",
    )


def check_alarms(stack: Stack) -> None:
    """No partition began beyond what is on record, no event id came with other bytes."""
    alarms = [
        line
        for path in stack.logs.glob("*-worker.log")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "offset gap" in line or "IdentityConflict" in line
    ]
    assert alarms == []


def check_no_leak(stack: Stack, plan: sending.Plan) -> None:
    """No figure that was not cleared stands on any topic, in any log, in any metric; a cleared one, on the feed. And no
    password, no key and no token stands in any of them, but the statements that are on their topic to be proved.
    """
    haystacks = everything(stack)
    planted = plan.figures_not_cleared()
    assert planted
    leaked = leaks(haystacks, planted)
    assert leaked == [], leaked
    # The search would have seen them: it sees those that are there.
    there = set().union(*plan.current().values())
    assert {figure for _, figure in leaks({"": haystacks[feed.TOPIC]}, there)} == there
    told = set(secrets_told(haystacks, stack.state))
    # A dead letter is the record as it came; whichever event died may be one that has a statement.
    letters = {(name, "a token") for name in haystacks if name.endswith(".dead")}
    assert told - letters == {("submission.received", "a token")}, told


def everything(stack: Stack) -> dict[str, bytes]:
    """All that others may get to see: by name, each topic's records, each log and each program's metrics."""
    found = {
        topic: b"\n".join(
            (record.key or b"") + (record.value or b"") + repr(record.headers).encode()
            for record in feed.records(stack.kafka(), topic)
        )
        for topic in topics.load()
    }
    found |= {path.name: path.read_bytes() for path in stack.logs.iterdir()}
    for program in stack.status():
        if program not in INFRASTRUCTURE:
            with client(stack, program) as scraping:
                found[f"{program} metrics"] = scraping.get("/metrics").content
    return found

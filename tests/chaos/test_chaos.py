"""Everything breaks, nothing is lost: the whole product under kills, exceptions, restarts and twins."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy import feed
from deploy.stack import INFRASTRUCTURE, Stack
from services.catalogue import starter
from services.connector.keys import Key
from services.kernel import replay
from services.kernel.codec import codec
from services.kernel.topics import load
from tests.chaos import load as sending
from tests.chaos.monkey import Monkey

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".run" / "chaos"
"""Where the logs of the last run stay, for whoever asks why."""
GROUPS = ("intake", "validation", "policy", "grdp", "audit")
VERDICTS = ("returned", "cleared", "held", "withheld")


@pytest.fixture
def chaotic() -> Iterator[tuple[Stack, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="solieu-chaos-"))
    folder.chmod(0o711)
    flags = folder / "flags"
    flags.mkdir()
    inject = ROOT / "tests" / "chaos" / "inject"
    settings = {"PYTHONPATH": f"{inject}:{ROOT}", "CHAOS_FOLDER": str(flags)}
    stack = Stack(folder / "stack", free_ports=True, tied=True, settings=settings)
    try:
        stack.start_infrastructure()
        stack.prepare()
        stack.start_services()
        stack.wait_healthy(120)
        yield stack, flags
    finally:
        stack.stop()
        shutil.rmtree(LOGS, ignore_errors=True)
        shutil.copytree(stack.logs, LOGS)
        stack.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def test_short(chaotic: tuple[Stack, Path]) -> None:
    run(*chaotic, count=120, seed=20261123, pause=(2.0, 4.0), most=10)


@pytest.mark.long
def test_long(chaotic: tuple[Stack, Path]) -> None:
    run(*chaotic, count=2000, seed=int(time.time()), pause=(2.0, 6.0), most=200)


def run(
    stack: Stack, flags: Path, count: int, seed: int, pause: tuple[float, float], most: int
) -> None:
    rng = random.Random(seed)
    plan = sending.plan(count, rng)
    key = register(stack)
    (flags / "bury-policy").touch()
    monkey = Monkey(stack, flags, rng, pause, most)
    monkey.start()
    sent = sending.send(stack.url("intake-api"), key, plan, 24)
    # Harm goes on until all have a verdict or have died; a minimum of it is part of the test.
    until(lambda: len(monkey.done) >= min(most, 10), 120, lambda: f"harm: {monkey.done}")
    monkey.stop()
    print(f"seed {seed}, sent {sent}, harm: {Counter(h.split()[0] for h in monkey.done)}")
    stack.wait_healthy(120)
    replayed = settle(stack, sent)
    print(f"dead letters sent back: {replayed}")
    assert replayed
    check_verdicts(stack, plan)
    check_figures(stack, plan)
    check_log(stack)
    check_alarms(stack)
    check_no_leak(stack, plan)


def register(stack: Stack) -> Key:
    """The starter pack, the small form, and a sender's key."""
    url, token = stack.url("catalogue-api"), stack.state.tokens["administrator"]
    starter.load(url, token)
    key = Key.generate(sending.SENDER)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        form = client.put("/v1/form/small", json={"body": sending.FORM})
        body = {"sender": sending.SENDER, "public_key": key.public()}
        known = client.put(f"/v1/sender_key/{key.id}", json={"body": body})
    assert (form.status_code, known.status_code) == (201, 201), form.text + known.text
    return key


def operator(stack: Stack, service: str, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {stack.state.tokens['operator']}"}
    with httpx2.Client(headers=headers, timeout=30, trust_env=False) as client:
        answer: dict[str, Any] = client.get(stack.url(f"{service}-api") + path).json()
    return answer


def until(condition: Any, seconds: float, explain: Any) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.5)


def settle(stack: Stack, sent: int) -> int:
    """Waits until nothing is under way, sending dead letters back as an operator would; returns how many."""
    replayed = 0
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        replayed += send_back(stack)
        balance = operator(stack, "intake", "/v1/reconciliation")
        done = balance["states"]["stored"] + balance["states"]["superseded"]
        unfinished = balance["attempts"] - done
        unfinished -= balance["verdicts"]["returned"] + balance["verdicts"]["withheld"]
        if balance["attempts"] == sent and not unfinished:
            return replayed
        time.sleep(2)
    raise AssertionError(f"not settled: {balance}")


def send_back(stack: Stack) -> int:
    """Sends every fresh dead letter back to its group, as an operator would; only asked for ones may be there."""
    sent = 0
    for group in GROUPS:
        letters = replay.letters(stack.bootstrap, group)
        assert {one.error for one in letters} <= {"Permanent"}, letters
        if fresh := [one for one in letters if not one.replayed]:
            sent += replay.send_back(stack.bootstrap, fresh)
    return sent


def check_verdicts(stack: Stack, plan: sending.Plan) -> None:
    """Exactly one verdict for each attempt, by event id, and as many of each as were planned."""
    verdicts: dict[tuple[str, int], set[tuple[str, bytes]]] = {}
    for verdict in VERDICTS:
        for record in feed.records(stack.bootstrap, f"submission.{verdict}"):
            data = codec().decode(f"submission.{verdict}-value", record.value)
            attempt = (data["submission_id"], data["attempt"])
            id_ = dict(record.headers)["ce_id"]
            verdicts.setdefault(attempt, set()).add((verdict, id_))
    assert {attempt: ids for attempt, ids in verdicts.items() if len(ids) != 1} == {}
    found = Counter(verdict for ids in verdicts.values() for verdict, _ in ids)
    assert found == plan.verdicts()


def check_figures(stack: Stack, plan: sending.Plan) -> None:
    """Each current figure once in the store; the feed's compacted state is the store."""
    expected: dict[str, set[str]] = {}
    for sendings in plan.submissions:
        cleared = [one for one in sendings if one.verdict == "cleared"]
        if cleared:
            expected[cleared[-1].period] = set(cleared[-1].figures)
    current = feed.read(stack.bootstrap).current.values()
    on_feed = Counter((one["period"], one["indicator"], one["value"]) for one in current)
    assert max(on_feed.values()) == 1
    found: dict[str, set[str]] = {}
    for period, _, value in on_feed:
        found.setdefault(period, set()).add(str(int(value)))
    assert found == expected
    totals = operator(stack, "grdp", "/v1/totals")["figures"]
    assert totals["current"] == len(on_feed)
    assert stored(stack) == on_feed


def stored(stack: Stack) -> Counter[tuple[str, str, Any]]:
    """The store's current figures, read page by page as the compilers do."""
    from decimal import Decimal

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
    names = [topic.name for topic in load().values() if topic.audit == "leaf"]
    events = feed.count(stack.bootstrap, names)
    until(
        lambda: (
            not send_back(stack) and operator(stack, "audit", "/v1/checkpoint")["size"] == events
        ),
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
    """No figure that was not cleared stands on any topic, in any log, in any metric."""
    planted = [figure.encode() for figure in plan.not_cleared()]
    assert planted
    haystacks: dict[str, bytes] = {
        topic: b"\n".join(
            (record.key or b"") + (record.value or b"") + repr(record.headers).encode()
            for record in feed.records(stack.bootstrap, topic)
        )
        for topic in load()
    }
    haystacks |= {path.name: path.read_bytes() for path in stack.logs.iterdir()}
    with httpx2.Client(timeout=30, trust_env=False) as client:
        for program in stack.status():
            if program not in INFRASTRUCTURE:
                haystacks[f"{program} metrics"] = client.get(
                    stack.url(program) + "/metrics"
                ).content
    leaks = [
        (name, figure) for name, text in haystacks.items() for figure in planted if figure in text
    ]
    assert leaks == []

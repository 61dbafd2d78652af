"""Everything breaks, nothing is lost: the whole product under kills, exceptions, restarts and twins."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from deploy.stack import Stack
from tests.chaos import load as sending
from tests.chaos import monkey
from tests.chaos.checks import check, check_alarms, check_no_leak, register, until
from tests.chaos.monkey import Monkey
from tests.chaos.people import Officer, Operator
from tests.running import own_stack

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".run" / "chaos"
"""Where the logs of the last run stay, for whoever asks why."""


@pytest.fixture
def chaotic(tmp_path: Path) -> Iterator[tuple[Stack, Path]]:
    inject = ROOT / "tests" / "chaos" / "inject"
    settings = {"PYTHONPATH": f"{inject}:{ROOT}", "CHAOS_FOLDER": str(tmp_path)}
    with own_stack("chaos", settings) as stack:
        try:
            yield stack, tmp_path
        finally:
            stack.stop()
            shutil.rmtree(LOGS, ignore_errors=True)
            shutil.copytree(stack.logs, LOGS)
            print(*errors_told(stack.logs).most_common(), sep="\n")


def test_short(chaotic: tuple[Stack, Path]) -> None:
    run(*chaotic, count=120, seed=20261123, pause=(1.0, 3.0), most=10, around=monkey.WORST)


@pytest.mark.long
def test_long(chaotic: tuple[Stack, Path]) -> None:
    run(*chaotic, count=2000, seed=int(time.time()), pause=(2.0, 6.0), most=200, around=monkey.ALL)


def run(
    stack: Stack,
    flags: Path,
    count: int,
    seed: int,
    pause: tuple[float, float],
    most: int,
    around: Sequence[str],
) -> None:
    rng = random.Random(seed)
    plan = sending.plan(count, rng)
    key = register(stack)
    (flags / "bury-policy").touch()
    with Officer(stack) as officer, Operator(stack) as on_call:
        with Monkey(stack, flags, rng, pause, most, around) as breaking:
            sent = sending.send(stack.url("intake-api"), key, plan, 24)
            # Harm goes on until all have a verdict or have died; a minimum of it is part of the test.
            enough = min(most, 30)
            until(
                lambda: breaking.error or len(breaking.done) >= enough,
                300,
                lambda: f"harm: {breaking.done}",
            )
        print(f"seed {seed}, sent {sent}, harm: {breaking.done}, lost: {dict(breaking.lost)}")
        assert breaking.lost.total(), "the broker lost nothing"
        stack.wait_healthy(300)
        check(stack, plan, sent)
    print(f"dead letters sent back: {on_call.sent_back}, held ones accepted: {officer.accepted}")
    assert on_call.sent_back
    check_alarms(stack)
    check_no_leak(stack, plan)


def errors_told(logs: Path) -> Counter[str]:
    """The errors that programs wrote with where they came from, and how often: for whoever asks why it failed."""
    found: Counter[str] = Counter()
    for log in sorted(logs.glob("*-*.log")):
        for line in filter(lambda line: '"exception"' in line, log.read_text("utf-8").splitlines()):
            said = json.loads(line)
            found[f"{log.name}: {said['event']}: {said['exception'].splitlines()[-1]}"] += 1
    return found

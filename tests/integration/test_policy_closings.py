"""What comes after its duty closed waits for the room, by whichever list of areas it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.local import Stack
from services.kernel.events import Event
from services.policy import worker
from tests.integration.policy_parts import NOW, Policy, running
from tests.said import said

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def policy(stack: Stack, module_database: str) -> Iterator[Policy]:
    with running(stack, module_database) as policy:
        yield policy


def closes(policy: Policy, duty: str, at: Any, told_at: Any = NOW, **changes: Any) -> None:
    owed = {
        "closing_id": str(uuid4()), "duty_id": duty, "item": "thu-ngan-sach-quy", "form": "cv17809-1",
        "area_list": "34", "area": "11", "period": "2026-Q2", "completeness": "official", "round": 1,
        "supplier": "so-tai-chinh-dien-bien", "section": "", "closes_at": at, "told_at": told_at,
    }  # fmt: skip
    data = said("obligation.closing", owed | changes)
    policy.happens(Event(uuid4(), data.TOPIC, duty, data, NOW, "x", "catalogue"), worker.CLOSING)


def verdict(policy: Policy, **changes: Any) -> str:
    submission = str(uuid4())
    about = {"period": "2026-Q2", "completeness": "official"}
    policy.comes(submission, received_at=NOW, **about | changes)
    return policy.verdict(submission)


def test_a_duty_by_the_new_list_closes_for_the_same_province_by_the_old_one(policy: Policy) -> None:
    """Where a form goes by both lists, and prefers 34: Điện Biên is 11 in both, and whoever is late writes 63."""
    closes(policy, str(uuid4()), NOW - timedelta(hours=1))
    assert verdict(policy, area_list="34") == "held"
    assert verdict(policy, area_list="63") == "held"

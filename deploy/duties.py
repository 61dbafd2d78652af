"""What the demo shows of duties: one call makes a quarter's, who is missing is named and reminded of it, who sent it is
not, one term is extended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import httpx2
from rich.console import Console

from deploy.people import People
from deploy.scenes import client, until
from deploy.stack import Stack
from services.model.regulation import VIETNAM

CALL = "cong-van-demo-2026"
ITEMS = (
    "thu-ngan-sach-quy", "chi-ngan-sach-quy", "nong-lam-thuy-san-quy", "du-an-hoan-thanh-quy",
    "doanh-thu-dich-vu-quy", "ngan-hang-quy", "xo-so-quy", "bao-hiem-xa-hoi-quy",
)  # fmt: skip
EXTENDED = "nong-lam-thuy-san-quy"
LATE = {
    "thu-ngan-sach-quy", "chi-ngan-sach-quy", "doanh-thu-dich-vu-quy", "xo-so-quy", "bao-hiem-xa-hoi-quy",
}  # fmt: skip
"""What the demo sent of the third quarter, a day after the call's last one: of one form two sections of three."""


SWEPT = 90.0
"""Seconds until catalogue has looked at what is late: it does so once a minute."""


def duties(console: Console, stack: Stack, people: People) -> list[str]:
    """R6, R37, R41, R56: a call whose term ended yesterday; its duties, who met them, and more time for one."""
    last = datetime.now(VIETNAM).date() - timedelta(days=1)
    call = {
        "id": CALL,
        "origin": "own",
        "number": "99/TKĐB-TH (ví dụ)",
        "issued_on": (last - timedelta(days=10)).isoformat(),
        "agreed": {
            "number": "98/TTDL (ví dụ)",
            "issued_on": (last - timedelta(days=12)).isoformat(),
        },
        "approved": {
            "number": "5/QĐ (ví dụ)",
            "issued_on": (last - timedelta(days=11)).isoformat(),
        },
        "title": {"vi": "Đề nghị cung cấp số liệu quý III", "en": "Data of the third quarter"},
        "items": ITEMS,
        "asked": [{"period": "2026-Q3", "completeness": "preliminary"}],
        "due": {"printed": last.isoformat()},
    }
    administrator = {"Authorization": f"Bearer {stack.state.tokens['administrator']}"}
    with client(stack, "catalogue-api", administrator) as api:
        api.put(f"/v1/call/{CALL}", json={"body": call}).raise_for_status()
    with client(stack, "catalogue-api", people.headers("p-kinh-te")) as officer:
        found = until(lambda: found if late(found := _found(officer, last)) >= LATE else None)
        if not found:
            return [f"late are {late(_found(officer, last))}, not {LATE}"]
        missing = {one["item"]: one for one in found if one["timeliness"] == "missing"}
        if late(found) != LATE or missing.keys() != set(ITEMS) - LATE:
            return [f"late {late(found)}, missing {missing.keys()}"]
        grant = {"until": (last + timedelta(days=8)).isoformat(), "reason": "Mưa lũ (ví dụ)."}
        path = f"/v1/duties/{missing[EXTENDED]['id']}/decision"
        officer.post(path, json=grant).raise_for_status()
        after = {one["item"]: one["timeliness"] for one in _found(officer, last)}
        with console.status("nhắc hạn · reminders"):
            reminded = until(lambda: _reminded(_found(officer, last), missing.keys()), SWEPT)
    if not reminded or reminded & LATE:
        return [f"reminded of {reminded}; of {LATE} nobody needs to be"]
    if after[EXTENDED] != "open":
        return [f"{EXTENDED} is {after[EXTENDED]} after its term was extended"]
    counts = Counter(after.values())
    senders = ", ".join(sorted({missing[item]["supplier"] for item in missing if item != EXTENDED}))
    console.print(
        f"[green]✓[/] công văn {call['number']}: {len(ITEMS)} nghĩa vụ, trễ {counts['late']}, thiếu "
        f"{counts['missing']} ({senders}), gia hạn 1, nhắc {len(reminded)} chưa gửi · duties of one call, late, "
        "missing, extended, reminded of"
    )
    return []


def _reminded(duties: list[dict[str, Any]], missing: Iterable[str]) -> set[str] | None:
    """The items of which somebody was reminded, once that is so of all that are missing and were given no more time."""
    found = {one["item"] for one in duties if one["reminders"]}
    return found if found >= set(missing) - {EXTENDED} else None


def late(duties: list[dict[str, Any]]) -> set[str]:
    """The items that came late."""
    return {one["item"] for one in duties if one["timeliness"] == "late"}


def _found(officer: httpx2.Client, last: date) -> list[dict[str, Any]]:
    asked = {"first": last.isoformat(), "last": last.isoformat()}
    answer = officer.get("/v1/duties", params=asked).raise_for_status().json()["duties"]
    return [one for one in answer if one["call"] == CALL]

"""Who reads and says what of duties, acts out of order, closings that move."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from deploy.local import Stack
from services.catalogue.duties import sweep
from tests import people
from tests.integration.test_catalogue_duties import (
    ADMINISTRATOR,
    FIELD,
    FINANCE,
    LATER,
    TRADE,
    Catalogue,
    catalogue,
    of_topic,
)
from tests.running import state_of

__all__ = ["catalogue"]
pytestmark = pytest.mark.stack
AGENCY: dict[str, Any] = {
    "person": "p-so",
    "organisation": FINANCE,
    "roles": ("agency",),
    "rooms": (),
}
OFFICER: dict[str, Any] = {}


def post(catalogue: Catalogue, duty: str, act: str, body: dict[str, Any], **who: Any) -> Any:
    header = people.headers(now=catalogue.now[0], **who)
    return catalogue.client.post(f"/v1/duties/{duty}/{act}", json=body, headers=header)


def reassign(catalogue: Catalogue, item: str, to: str) -> None:
    body = catalogue.get(f"/v1/item/{item}", header=ADMINISTRATOR)["body"]
    put = catalogue.client.put(
        f"/v1/item/{item}", json={"body": body | {"responsible": to}}, headers=ADMINISTRATOR
    )
    assert put.status_code == 201, put.text
    catalogue.now[0] += timedelta(minutes=1)


def test_the_same_words_that_were_read_later_and_locked_sooner_are_one_act(
    catalogue: Catalogue,
) -> None:
    """Saying reads the clock before it waits for the lock: of two at once the second may carry the earlier moment."""
    catalogue.now[0] = LATER + timedelta(seconds=30)
    duty = catalogue.duties()["thu-ngan-sach-quy", "2025-Q4"]["id"]
    words = {"reason": "Hai lần cùng lúc?"}
    first = post(catalogue, duty, "question", words, **AGENCY)
    assert first.status_code == 201, first.text
    catalogue.now[0] -= timedelta(milliseconds=3)
    again = post(catalogue, duty, "question", words, **AGENCY)
    assert again.status_code == 201, again.text
    assert again.json()["act_id"] == first.json()["act_id"]


def test_of_two_who_speak_at_once_neither_gets_an_error_of_the_system(catalogue: Catalogue) -> None:
    """The same as it happens: many press the button twice, each by a clock that goes on."""
    context = state_of(catalogue.client).context
    before, begin = context.clock, time.monotonic()
    base = LATER + timedelta(seconds=40)
    catalogue.now[0] = base
    duty = catalogue.duties()["thu-ngan-sach-quy", "2025-Q4"]["id"]
    object.__setattr__(context, "clock", lambda: base + timedelta(seconds=time.monotonic() - begin))
    codes: list[int] = []
    try:
        with ThreadPoolExecutor(8) as threads:
            for number in range(12):
                words = {"reason": f"Câu {number}?"}
                barrier = Barrier(8)

                def say(words: dict[str, str] = words, barrier: Barrier = barrier) -> int:
                    barrier.wait()
                    return int(post(catalogue, duty, "question", words, **AGENCY).status_code)

                codes += [one.result() for one in [threads.submit(say) for _ in range(8)]]
    finally:
        object.__setattr__(context, "clock", before)
        catalogue.now[0] = base + timedelta(minutes=1)
    assert set(codes) == {201}, {code: codes.count(code) for code in set(codes)}


def test_an_officer_of_another_provinces_office_does_not_answer_in_the_offices_stead(
    catalogue: Catalogue,
) -> None:
    catalogue.now[0] = LATER + timedelta(minutes=2)
    duty = catalogue.duties()["thu-ngan-sach-quy", "2025-Q4"]["id"]
    asked = post(catalogue, duty, "question", {"reason": "Theo mẫu nào?"}, **AGENCY)
    assert asked.status_code == 201, asked.text
    catalogue.now[0] += timedelta(seconds=1)
    stranger = {"person": "p-ls", "organisation": "thong-ke-lang-son", "rooms": ("phong-lang-son",)}
    answer = post(catalogue, duty, "answer", {"reason": "Mẫu cũ."}, **stranger)
    assert answer.status_code in (403, 404), answer.text


def test_the_leadership_of_another_provinces_office_does_not_say_that_a_report_went(
    catalogue: Catalogue,
) -> None:
    catalogue.now[0] = datetime(2025, 12, 1, 1, tzinfo=UTC)
    body = catalogue.get(f"/v1/report/{FIELD}", header=ADMINISTRATOR)["body"]
    body["deadlines"] = [{"completeness": "estimate", "due": {"day": 20}}]
    put = catalogue.client.put(f"/v1/report/{FIELD}", json={"body": body}, headers=ADMINISTRATOR)
    assert put.status_code in (200, 201), put.text
    catalogue.now[0] = datetime(2025, 12, 21, 1, tzinfo=UTC)
    days = {"first": "2025-12-20", "last": "2025-12-20", "item": FIELD}
    (duty,) = catalogue.get("/v1/duties", **days)["duties"]
    stranger = {
        "person": "p-ls",
        "organisation": "thong-ke-lang-son",
        "roles": ("leader",),
        "rooms": (),
    }
    said = post(
        catalogue, duty["id"], "supply", {"document": "1/TKLS", "on": "2025-12-19"}, **stranger
    )
    assert said.status_code in (403, 404), said.text


@pytest.mark.parametrize("act", ["question", "supply"])
def test_the_office_speaks_only_while_the_persons_session_lives(
    catalogue: Catalogue, act: str
) -> None:
    """As all else that is said in its name (`acts` of roles.yaml): decisions of duties, answers of verifications."""
    catalogue.now[0] = LATER + timedelta(hours=1)
    if act == "supply":
        catalogue.now[0] = datetime(2025, 12, 21, 1, tzinfo=UTC)
        days = {"first": "2025-12-20", "last": "2025-12-20", "item": FIELD}
        (found,) = catalogue.get("/v1/duties", **days)["duties"]
        duty, body = found["id"], {"document": "9/TKĐB-KT", "on": "2025-12-19"}
    else:
        duty, body = (
            catalogue.duties()["thu-ngan-sach-quy", "2025-Q4"]["id"],
            {"reason": "Còn không?"},
        )
    people.keys.ended.add("a1-ended")
    ended = post(catalogue, duty, act, body, session="a1-ended")
    assert ended.status_code == 401, ended.text


@pytest.mark.parametrize("what", ["reads", "answers"])
def test_who_takes_a_duty_over_is_not_the_other_side_of_who_had_it(
    catalogue: Catalogue, what: str
) -> None:
    """Both exist; the item was entered for the wrong one, say. What one asked the office is not the other's to see."""
    catalogue.now[0] = LATER + timedelta(minutes=10 if what == "reads" else 40)
    item = "thu-ngan-sach-quy"
    duty = catalogue.duties()[item, "2025-Q4"]["id"]
    secret = f"Công ty A nợ 12,5 tỷ, tính không? ({what})"
    assert post(catalogue, duty, "question", {"reason": secret}, **AGENCY).status_code == 201
    catalogue.now[0] += timedelta(minutes=1)
    reassign(catalogue, item, TRADE)
    try:
        other = AGENCY | {"organisation": TRADE, "person": "p-ct"}
        header = people.headers(now=catalogue.now[0], **other)
        if what == "reads":
            found = catalogue.duties(header=header)[item, "2025-Q4"]
            assert secret not in [one["words"] for one in found["questions"]]
        else:
            answer = post(catalogue, duty, "answer", {"reason": "Không tính."}, **other)
            assert answer.status_code == 409, "an agency answers an agency as if it were the office"
    finally:
        reassign(catalogue, item, FINANCE)


def closing_call(catalogue: Catalogue, id_: str, end: str, period: str) -> dict[str, Any]:
    """A duty of the revenue that closes five working days after its term."""
    call = catalogue.get("/v1/call/cv17809-btc-ctk-2025", header=ADMINISTRATOR)["body"]
    body = call | {
        "id": id_, "origin": "ministry", "number": "18001/BTC-CTK", "due": {"printed": end},
        "items": ["thu-ngan-sach-quy"], "asked": [{"period": period, "completeness": "estimate", "round": 7}],
        "grace": 0, "closes": 5,
    }  # fmt: skip
    put = catalogue.client.put(f"/v1/call/{id_}", json={"body": body}, headers=ADMINISTRATOR)
    assert put.status_code == 201, put.text
    catalogue.now[0] += timedelta(seconds=1)
    (duty,) = [
        one
        for one in catalogue.get("/v1/duties", first=end, last=end)["duties"]
        if one["round"] == 7
    ]
    return dict(duty)


def closings(catalogue: Catalogue, stack: Stack, duty: str, at: datetime, least: int) -> list[Any]:
    catalogue.now[0] = at
    sweep.look(state_of(catalogue.client).context)
    return of_topic(stack, "obligation.closing", least, duty)


def test_a_long_extension_moves_the_closing_though_its_term_ended_long_ago(
    catalogue: Catalogue, stack: Stack
) -> None:
    """Granted more than 92 days after the printed term: the sweep no longer looks, and policy holds what is in time."""
    end = datetime(2026, 3, 3, 17, tzinfo=UTC)
    catalogue.now[0] = end - timedelta(days=3)
    duty = closing_call(catalogue, "cv-a1-moi", "2026-03-03", "2026-Q1")["id"]
    assert len(closings(catalogue, stack, duty, end + timedelta(minutes=1), 1)) == 1
    catalogue.now[0] = end + timedelta(days=95)
    longer = {"until": "2026-06-30", "reason": "Lũ."}
    assert post(catalogue, duty, "decision", longer).status_code == 201
    found = closings(catalogue, stack, duty, end + timedelta(days=95, minutes=1), 1)
    assert datetime.fromisoformat(str(found[-1]["closes_at"])) == datetime(
        2026, 6, 30, 17, tzinfo=UTC
    )


def test_what_was_extended_beyond_92_days_closes_then(catalogue: Catalogue, stack: Stack) -> None:
    end = datetime(2026, 3, 4, 17, tzinfo=UTC)
    catalogue.now[0] = end - timedelta(days=3)
    duty = closing_call(catalogue, "cv-a1-xa", "2026-03-04", "2026-Q2")["id"]
    longer = {"until": "2026-07-31", "reason": "Lũ."}
    assert post(catalogue, duty, "decision", longer).status_code == 201
    found = closings(catalogue, stack, duty, datetime(2026, 7, 31, 17, 1, tzinfo=UTC), 0)
    assert [one["closes_at"] for one in found] != [], "nobody is told that it closed"


@pytest.mark.parametrize("how", ["mended", "ended", "moved"])
def test_what_a_call_no_longer_asks_for_closes_no_more(
    catalogue: Catalogue, stack: Stack, how: str
) -> None:
    """Policy kept the last word: what came for it was held as a first delivery after the closing."""
    end = datetime(2026, 3, {"mended": 9, "ended": 10, "moved": 11}[how], 17, tzinfo=UTC)
    catalogue.now[0] = end - timedelta(days=3)
    call, year = f"cv-a1-{how}", 2022 + end.day
    duty = closing_call(catalogue, call, end.date().isoformat(), f"{year}-Q1")["id"]
    told = closings(catalogue, stack, duty, end + timedelta(minutes=1), 1)
    assert [one["closes_at"] is None for one in told] == [False]
    body = catalogue.get(f"/v1/call/{call}", header=ADMINISTRATOR)["body"]
    other = [{"period": f"{year}-Q2", "completeness": "estimate", "round": 7}]
    change: dict[str, Any] = {
        "mended": {"body": body | {"asked": other}},
        "ended": {"body": body, "valid_to": (end - timedelta(days=1)).isoformat()},
        "moved": {"body": body | {"due": {"printed": "2026-12-01"}}},
    }[how]
    catalogue.now[0] = end + timedelta(hours=1)
    put = catalogue.client.put(f"/v1/call/{call}", json=change, headers=ADMINISTRATOR)
    assert put.status_code == 201, put.text
    found = closings(catalogue, stack, duty, end + timedelta(hours=2), 2)
    assert [one["closes_at"] is None for one in found] == [False, True]
    assert {**found[1], **dict.fromkeys(WORDS)} == {**found[0], **dict.fromkeys(WORDS)}
    assert closings(catalogue, stack, duty, end + timedelta(hours=3), 2) == found, "once"


WORDS = ("closing_id", "closes_at", "told_at")
"""What differs between two words on one duty."""


def test_who_takes_over_after_the_closing_was_told_is_told_of_too(
    catalogue: Catalogue, stack: Stack
) -> None:
    """Policy looks for closings by supplier: without a word of the new one its first delivery never waits."""
    end = datetime(2026, 3, 5, 17, tzinfo=UTC)
    catalogue.now[0] = end - timedelta(days=3)
    duty = closing_call(catalogue, "cv-a1-chuyen", "2026-03-05", "2026-Q3")["id"]
    assert len(closings(catalogue, stack, duty, end + timedelta(minutes=1), 1)) == 1
    catalogue.now[0] = end + timedelta(hours=1)
    reassign(catalogue, "thu-ngan-sach-quy", TRADE)
    try:
        found = closings(catalogue, stack, duty, end + timedelta(hours=2), 2)
        assert found[-1]["supplier"] == TRADE
    finally:
        reassign(catalogue, "thu-ngan-sach-quy", FINANCE)

"""What waits on its way in: shared figures that the office has yet to publish, and what may be a work secret."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import polars as pl
import pytest

from services.kernel.avro import to_avro
from services.kernel.events import Outcome
from services.model.statement import Classification
from services.policy.decisions.attempts import handle
from services.policy.decisions.case import evidence_of
from services.policy.decisions.facts import Facts
from services.policy.decisions.rows import _evidence, _evidence_of
from services.policy.evidence.secrecy.wording import is_work_secret, level_of
from services.policy.evidence.texts import fold
from services.policy.law.verdict import Audience, WorkSecret
from tests.unit.policy_cases import cells
from tests.unit.test_policy_handler import AGREED, CLEAN, FORMS, facts, validated
from tests.unit.test_policy_requests import HEAD, MARRIAGES, asked, cleared, settled

LANG_SON = {"province": "20", "area": "20", "sender": "so-tu-phap-lang-son"}
SHARED = {**HEAD, **LANG_SON, "regime": "sharing"}
HERE = replace(MARRIAGES, area="20")


def came(known: Facts, content: bytes = CLEAN, **changes: Any) -> Outcome:
    cells = vars(validated().data.cells) | {"sha256": sha256(content).hexdigest()}
    event = validated(**{**HEAD, "cells": cells, **changes})
    return handle(event, known, {"cells": content})


def verdict(outcome: Outcome) -> tuple[str, list[str]]:
    event = outcome.events[-1]
    reasons = [one["policy"] for one in to_avro(event).get("reasons", ())]
    return event.TOPIC.removeprefix("submission."), reasons


INBOUND = ("held", ["lang-son-quy-che.7.1b.inbound"])


@pytest.mark.parametrize("province", [None, "20"])
def test_a_shared_report_with_unpublished_indicators_is_held_on_its_way_in(
    province: str | None,
) -> None:
    """R11; Điều 7 khoản 1 điểm b: in that province, whosever form it is."""
    forms = {1: replace(FORMS["t0111"], province=province)}
    known = facts("t0111", forms=forms)
    assert verdict(came(known, **SHARED)) == INBOUND
    assert verdict(came(replace(known, released=frozenset({HERE})), **SHARED)) == ("cleared", [])


def test_what_was_published_of_another_year_or_area_or_round_lets_nothing_in() -> None:
    others = [
        {"period": "2024"},
        {"area": "11"},
        {"completeness": "preliminary"},
        {"indicator": "T0110"},
    ]
    released = frozenset(replace(HERE, **one) for one in others)
    assert verdict(came(facts("t0111", released=released), **SHARED)) == INBOUND


def test_a_duty_and_another_province_are_not_held_for_it() -> None:
    assert verdict(came(facts("t0111"), **{**SHARED, "regime": "coordination"}))[0] == "cleared"
    dien_bien = {"province": "11", "area": "11"}
    assert verdict(came(facts("t0111"), **{**SHARED, **dien_bien}))[0] == "cleared"
    own_codes = {**SHARED, "form": "cv17809-1"}
    assert verdict(came(facts(), **own_codes))[0] == "cleared", "of no indicator system"


@pytest.mark.parametrize(
    ("audience", "state"),
    [
        (Audience("agency", "so-noi-vu-dien-bien"), "denied"),
        (Audience("user_group", "a"), "denied"),
        (Audience("provincial_committee", "uy-ban-nhan-dan-dien-bien"), "denied"),
        (Audience("national_office", "cuc-thong-ke"), "denied"),
        (Audience("room", "phong-thong-ke-kinh-te-dien-bien"), "granted"),
    ],
)
def test_a_work_secret_stays_inside_the_office(audience: Audience, state: str) -> None:
    known = facts("t0111", released=frozenset({MARRIAGES}), standing=(audience,))
    assert verdict(came(known, work_secret=True))[0] == "cleared", "the compilers are inside"
    kept = cleared(known)
    (attempt,) = kept.attempts
    secret = replace(attempt, evidence=replace(attempt.evidence, work_secret=WorkSecret.YES))
    one = settled(replace(kept, attempts=(secret,), standing=()), asked(audience=audience))
    assert to_avro(one.events[0])["state"] == state
    (before,) = came(known, work_secret=True).events
    (release,) = to_avro(before)["releases"][1:]
    assert (release["state"] == "denied") == (state == "denied"), (
        "nor by a report to those who read without asking"
    )


MARKED = cells([("BÍ MẬT CÔNG TÁC",), ("Số cuộc kết hôn", "120")])


def test_what_may_be_a_work_secret_waits_for_the_leadership_not_for_the_room() -> None:
    known = facts("t0111", item=replace(AGREED, room="phong-x"))
    held = came(known, MARKED)
    assert verdict(held) == ("held", ["quy-che-1908-2020.4.5.undecided"])
    assert to_avro(held.events[-1])["room"] is None
    assert verdict(came(known, MARKED, work_secret=True))[0] == "cleared", "its sender says so"
    assert verdict(came(known, CLEAN))[0] == "cleared"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Bí mật công tác", True),
        ("Phân loại: bí  mật công tác", True),
        ("Tài liệu thuộc bí mật công tác, không phổ biến", True),
        ("Không thuộc bí mật công tác", False),
        ("Quy định bảo vệ bí mật công tác", False),
        ("Công tác bảo mật", False),
        ("Bí mật kinh doanh", False),
    ],
)
def test_which_texts_name_a_work_secret(text: str, named: bool) -> None:
    (folded,) = fold(pl.Series([text]))
    assert is_work_secret(folded) is named
    assert level_of(text, folded) is None, "it is no state secret"


@pytest.mark.parametrize("declared", [False, True])
def test_what_is_known_of_a_work_secret_is_kept_with_the_attempt(declared: bool) -> None:
    evidence = evidence_of(validated(work_secret=declared), CLEAN)
    assert evidence.work_secret is (WorkSecret.YES if declared else WorkSecret.NO)
    assert _evidence_of(_evidence(evidence)) == evidence
    old = _evidence(evidence)
    del old["work_secret"]
    assert _evidence_of(old).work_secret is WorkSecret.NO


def test_a_work_secret_can_be_stated() -> None:
    assert Classification("work_secret") is Classification.WORK_SECRET

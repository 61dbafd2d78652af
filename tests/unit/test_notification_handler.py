"""Who is told what, once; and nothing of it is a figure or a person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.kernel.events import Event, Outcome
from services.model.text import Text
from services.notification.facts import Contact, Facts, Known, Organisation, Section
from services.notification.handler import OLDEST, OTHERS, VERDICTS, handle
from services.notification.store import AttemptRow, NoticeRow, key_of
from tests.contract.examples import examples
from tests.said import said

TOPICS = [kind.TOPIC for kind in (*VERDICTS, *OTHERS)]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROOM = "phong-thong-ke-kinh-te-dien-bien"
OF_OFFICES = ("submission.held", "review.decided", "obligation.changed", "sections.compared")
OF_ROOMS = (
    "submission.held", "review.decided", "finding.answered", "verification.changed", "obligation.due",
    "sections.compared",
    "obligation.changed",
)  # fmt: skip
COLLECTION = "phong-thu-thap-thong-tin-dien-bien"
SYNTHESIS = "phong-thong-ke-tong-hop-dien-bien"
OFFICE = "thong-ke-dien-bien"
SENDER = "so-tai-chinh-dien-bien"
ASKER = "so-noi-vu-dien-bien"
MINISTRY = "bo-tai-chinh"
TITLE = Text("Thu ngân sách nhà nước trên địa bàn", "State budget revenue")


def organisation(
    id_: str, kind: str, *contacts: Contact, province: str | None = "11"
) -> Organisation:
    return Organisation(id_, kind, Text(f"Tên {id_}", f"Name {id_}"), province, contacts)


def mailbox(id_: str, *events: str, language: str = "vi") -> Contact:
    return Contact("email", f"vanthu@{id_}.example", language, frozenset(events))


def hook(id_: str) -> Contact:
    return Contact("webhook", f"https://{id_}.example/hook", "vi", frozenset())


def facts(**changes: Any) -> Facts:
    found = (
        organisation(SENDER, "finance_department", mailbox(SENDER)),
        organisation(ASKER, "home_affairs_department", mailbox(ASKER)),
        organisation(ROOM, "room", mailbox(ROOM, *OF_ROOMS)),
        organisation(COLLECTION, "room", mailbox(COLLECTION, "verification.changed")),
        organisation(SYNTHESIS, "room", mailbox(SYNTHESIS, "obligation.changed")),
        organisation(OFFICE, "provincial_office", mailbox(OFFICE, *OF_OFFICES)),
        organisation("thong-ke-son-la", "provincial_office", mailbox("son-la"), province="14"),
        organisation(MINISTRY, "ministry", mailbox(MINISTRY, "calendar.released"), province=None),
    )  # fmt: skip
    made = Facts(
        now=NOW,
        organisations={one.id: one for one in found},
        titles={"cv17809-1": TITLE},
        instruments={"dien-bien-1618-2021": "1618/QĐ-UBND"},
    )
    return replace(made, **changes)


def event(topic: str, index: int = 0, **changes: Any) -> Event:
    data = examples(topic)[index] | changes
    key = data.get("submission_id") or "key"
    id_ = uuid5(UUID(int=1), f"{topic}/{index}/{sorted(changes.items(), key=str)}")
    return Event(id_, topic, key, said(topic, data), NOW, key, "/test")


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return [
        (row.values["recipient"], row.values["message"])
        for row in outcome.rows
        if row.table is NoticeRow
    ]


def after(outcome: Outcome) -> Known:
    (row,) = (row.values for row in outcome.rows if row.table is AttemptRow)
    return Known(*(row[n] for n in ("decision", "told", "form", "period", "province")))


def notices(outcome: Outcome) -> list[dict[str, Any]]:
    return [dict(row.values) for row in outcome.rows if row.table is NoticeRow]


@pytest.mark.parametrize(
    ("topic", "index", "expected"),
    [
        ("submission.returned", 0, [(SENDER, "notice.returned")]),
        ("submission.cleared", 0, [(SENDER, "notice.cleared")]),
        ("submission.withheld", 0, [(SENDER, "notice.withheld")]),
        ("submission.held", 0, [(SENDER, "notice.held"), (OFFICE, "notice.to_review")]),
        ("submission.held", 1, [(SENDER, "notice.held"), (ROOM, "notice.to_review")]),
        ("submission.refused", 0, []),
        ("submission.refused", 1, [(SENDER, "notice.refused")]),
        ("submission.refused", 2, [(SENDER, "notice.secret")]),
        ("finding.answered", 0, [(ROOM, "notice.finding_explained")]),
        ("finding.answered", 1, [(SENDER, "notice.finding_downgraded")]),
        ("verification.changed", 0, [(COLLECTION, "notice.verification_asked")]),
        (
            "verification.changed",
            1,
            [(ROOM, "notice.verification_wrong"), (SENDER, "notice.verification_correct")],
        ),
        (
            "sections.compared",
            0,
            [(SENDER, "notice.sections_differ"), (ROOM, "notice.sections_differ")],
        ),
        (
            "sections.compared",
            1,
            [(SENDER, "notice.sections_agree"), (OFFICE, "notice.sections_agree")],
        ),
        ("review.decided", 0, [(ROOM, "notice.reviewed")]),
        ("request.decided", 0, [(ASKER, "notice.request_pending")]),
        ("request.decided", 1, [(ASKER, "notice.request_granted")]),
        ("obligation.changed", 0, [(SENDER, "notice.obligation_extended")]),
        ("obligation.changed", 1, [(OFFICE, "notice.obligation_announced_late")]),
        ("obligation.changed", 2, [(SENDER, "notice.obligation_excused")]),
        ("obligation.changed", 3, [(OFFICE, "notice.obligation_extension_requested")]),
        ("obligation.changed", 4, [(OFFICE, "notice.obligation_difficulty_reported")]),
        ("obligation.changed", 5, [(SENDER, "notice.obligation_difficulty_forwarded")]),
        ("obligation.changed", 6, [(SENDER, "notice.obligation_question")]),
        ("obligation.changed", 7, [(OFFICE, "notice.obligation_answer")]),
        ("obligation.changed", 8, [(SYNTHESIS, "notice.obligation_supplied")]),
        ("obligation.changed", 9, [(SYNTHESIS, "notice.obligation_supply_retracted")]),
        ("obligation.changed", 10, [(SENDER, "notice.obligation_extension_refused")]),
        ("obligation.due", 0, [(SENDER, "notice.due_soon")]),
        ("obligation.due", 1, [(SENDER, "notice.due_head"), (ROOM, "notice.due_missing")]),
        ("obligation.due", 2, [(ROOM, "notice.due_soon")]),
    ],
)
def test_who_is_told_what(topic: str, index: int, expected: list[tuple[str, str]]) -> None:
    assert told(handle(event(topic, index), facts())) == expected


LOTTERY = Section("B", Text("B. Xổ số", "B. Lottery"), frozenset({"finance_department"}))
MONEY = Section("A", Text("A. Tiền tệ", "A. Money"), frozenset({"state_bank_branch"}))


def test_a_duty_about_a_section_names_the_section() -> None:
    form = "cv17809-6"
    known = facts(titles={form: TITLE}, sections={form: (MONEY, LOTTERY)})
    for section, word in (("B", "B. Xổ số"), ("Z", "Z")):
        found = notices(handle(event("obligation.due", form=form, section=section), known))
        assert f"Biểu {form} ({TITLE.vi}), phần {word}, kỳ" in found[0]["body"]
    whole = notices(handle(event("obligation.due", form=form, section=""), known))
    assert "phần" not in whole[0]["body"]


@pytest.mark.parametrize(
    ("sections", "is_named"),
    [((MONEY, LOTTERY), True), ((LOTTERY,), False), ((), False), ((MONEY,), False),
     ((MONEY, LOTTERY, replace(MONEY, kinds=LOTTERY.kinds)), False)],
)  # fmt: skip
def test_what_came_of_one_section_of_several_is_called_by_it(
    sections: tuple[Section, ...], is_named: bool
) -> None:
    head = examples("submission.cleared")[0]
    known = facts()
    sender = replace(known.organisations[SENDER], kind="finance_department")
    known = replace(
        known,
        organisations={**known.organisations, SENDER: sender},
        sections={head["form"]: sections},
    )
    (notice,) = notices(handle(event("submission.cleared"), known))
    assert (f"{head['form']} ({TITLE.vi}), phần B. Xổ số" in notice["body"]) is is_named
    assert ("phần" in notice["body"]) is is_named


@pytest.mark.parametrize(("offset", "message"), [(-7, "soon"), (0, "today"), (1, "overdue")])
def test_a_reminder_says_how_near_the_end_is(offset: int, message: str) -> None:
    (notice,) = notices(handle(event("obligation.due", offset=offset), facts()))
    assert notice["message"] == f"notice.due_{message}"
    assert "30/11/2026" in notice["body"]
    assert "2026-Q4" in notice["subject"] and "chưa nhận được" in notice["body"]


def test_the_head_is_told_of_what_escalates_and_of_nothing_else() -> None:
    head = Contact("email", "giamdoc@stc.example", "vi", frozenset(), is_head=True)
    both = organisation(SENDER, "finance_department", mailbox(SENDER), head)
    only = organisation(SENDER, "finance_department", head)

    def addresses(owed: Organisation, *of: Any) -> list[str]:
        made = handle(event(*of), facts(organisations={SENDER: owed}))
        return [notice["address"] for notice in notices(made)]

    everyday = mailbox(SENDER).address
    assert addresses(both, "obligation.due", 1) == [everyday, head.address]
    assert addresses(both, "obligation.due", 0) == [everyday]
    assert addresses(both, "submission.returned") == [everyday]
    assert addresses(only, "submission.returned") == [head.address]


def test_what_one_side_asks_or_answers_is_told_to_the_other_and_by_whom() -> None:
    of_supplier = event("obligation.changed", 6, organisation=SENDER)
    assert told(handle(of_supplier, facts())) == [(ROOM, "notice.obligation_question")]
    (notice,) = notices(handle(of_supplier, facts()))
    assert notice["subject"].startswith(f"Tên {SENDER} hỏi về biểu")
    of_office = event("obligation.changed", 7, organisation=OFFICE)
    assert told(handle(of_office, facts())) == [(SENDER, "notice.obligation_answer")]
    (notice,) = notices(handle(of_office, facts()))
    assert notice["subject"].startswith(f"Tên {OFFICE} trả lời về biểu")


def test_a_report_is_called_by_its_name_and_a_form_by_its_own() -> None:
    (notice,) = notices(handle(event("obligation.due", 2), facts()))
    assert (
        notice["subject"] == "Báo cáo thống kê lĩnh vực kinh tế, tháng, kỳ 2026-M10: hạn 30/11/2026"
    )
    (notice,) = notices(handle(event("obligation.changed", 8), facts()))
    assert "bằng văn bản 123/TKĐB-KT ngày 22/11/2026" in notice["body"]
    (notice,) = notices(handle(event("obligation.due"), facts()))
    assert notice["subject"].startswith("Biểu cv17809-1 (Thu ngân sách")


@pytest.mark.parametrize("kind", ["accepted", "downgraded", "refused"])
def test_each_decision_about_a_finding_has_its_words(kind: str) -> None:
    (notice,) = notices(handle(event("finding.answered", 1, kind=kind), facts()))
    assert notice["message"] == f"notice.finding_{kind}"
    assert "9f64a747e1b97f13" in notice["body"]
    assert "total-22" in notice["body"]


@pytest.mark.parametrize("state", ["confirmed", "method"])
def test_what_is_not_the_senders_fault_is_told_to_the_room_alone(state: str) -> None:
    outcome = handle(event("verification.changed", 1, state=state), facts())
    assert told(outcome) == [(ROOM, f"notice.verification_{state}")]


def test_a_question_about_the_whole_submission_says_so() -> None:
    (notice,) = notices(handle(event("verification.changed", 0, cells=[]), facts()))
    assert "cả hồ sơ" in notice["body"]


def test_an_explanation_without_a_room_is_told_to_the_office() -> None:
    found = facts()
    office = replace(found.organisations[OFFICE], contacts=(mailbox(OFFICE),))
    everyone = {**found.organisations, OFFICE: office}
    outcome = handle(
        event("finding.answered", 0, room=None), replace(found, organisations=everyone)
    )
    assert told(outcome) == [(OFFICE, "notice.finding_explained")]


def test_a_release_is_told_to_its_province_and_to_who_has_none() -> None:
    outcome = handle(event("calendar.released"), facts())
    wanting = {SENDER, ASKER, MINISTRY}
    assert {recipient for recipient, _ in told(outcome)} == wanting


def test_the_leaderships_turn_is_told_to_the_office_of_the_province() -> None:
    second = event("review.decided", 1, step=1, steps=2)
    key = key_of(second)
    assert key is not None
    known = {key: Known(3, "x", "cv17809-1", "2025-Q4", "11")}
    assert told(handle(second, facts(known=known))) == [(OFFICE, "notice.second_review")]
    (notice,) = notices(handle(second, facts(known=known)))
    assert "cv17809-1" in notice["subject"]
    assert "2025-Q4" in notice["subject"]


def test_a_review_that_comes_before_its_submission_is_told_all_the_same() -> None:
    outcome = handle(event("review.decided", 1), facts())
    assert (OFFICE, "notice.reviewed") in told(outcome)


def test_a_republished_clearance_is_told_once() -> None:
    first = event("submission.cleared", decision=1)
    key = key_of(first)
    assert key is not None
    outcome = handle(first, facts())
    again = event("submission.cleared", decision=2)
    later = handle(again, facts(known={key: after(outcome)}))
    assert told(outcome) == [(SENDER, "notice.cleared")]
    assert told(later) == []
    assert after(later).decision == 2


def test_what_a_higher_decision_overtook_is_not_told() -> None:
    held, cleared = event("submission.held", decision=1), event("submission.cleared", decision=2)
    key = key_of(held)
    assert key is not None
    known = {key: after(handle(cleared, facts()))}
    assert handle(held, facts(known=known)) == Outcome()
    assert handle(cleared, facts(known=known)) == Outcome(), "nor is the same one again"
    known = {key: after(handle(held, facts()))}
    assert told(handle(cleared, facts(known=known))) == [(SENDER, "notice.cleared")]


def test_a_hold_that_goes_to_another_room_is_told() -> None:
    first, second = event("submission.held", 0, attempt=2), event("submission.held", 1)
    key = key_of(first)
    assert key is not None and key == key_of(second)
    outcome = handle(second, facts(known={key: after(handle(first, facts()))}))
    assert (ROOM, "notice.to_review") in told(outcome)


def test_what_is_old_is_no_news_but_is_remembered() -> None:
    old = replace(event("submission.cleared"), time=NOW - OLDEST - timedelta(seconds=1))
    outcome = handle(old, facts())
    assert told(outcome) == []
    assert after(outcome).told.startswith("submission.cleared")


def test_only_contacts_that_want_the_topic_and_each_address_once() -> None:
    contacts = (
        mailbox("mot"),
        mailbox("hai", "submission.withheld"),
        hook("ba"),
        mailbox("mot"),
    )
    many = facts(organisations={SENDER: organisation(SENDER, "x", *contacts)})
    found = notices(handle(event("submission.returned"), many))
    assert {one["address"] for one in found} == {"vanthu@mot.example", "https://ba.example/hook"}
    assert len({one["notice_id"] for one in found}) == 2
    again = notices(handle(event("submission.returned"), many))
    assert [one["notice_id"] for one in again] == [one["notice_id"] for one in found]


def test_who_is_not_in_the_catalogue_is_not_told_and_nothing_breaks() -> None:
    for topic in TOPICS:
        for index in range(len(examples(topic))):
            assert told(handle(event(topic, index), facts(organisations={}))) == []


def test_vietnamese_stands_first_unless_english_is_preferred() -> None:
    for language, first, second in (("vi", "Kính gửi", "Dear"), ("en", "Dear", "Kính gửi")):
        box = mailbox("mot", language=language)
        one = facts(organisations={SENDER: organisation(SENDER, "x", box)})
        (notice,) = notices(handle(event("submission.returned"), one))
        assert notice["body"].index(first) < notice["body"].index(second)
        assert ("trả lại" in notice["subject"]) is (language == "vi")


def test_reasons_and_articles_are_in_words() -> None:
    (notice,) = notices(handle(event("submission.withheld"), facts()))
    assert "khoản 2 Điều 6 1618/QĐ-UBND" in notice["body"]
    assert "Article 6(2) of 1618/QĐ-UBND" in notice["body"]
    assert "policy." not in notice["body"]


def test_what_a_person_refused_names_no_article() -> None:
    (reason, *_) = examples("submission.withheld")[0]["reasons"]
    mine = reason | {"instrument": "", "article": "", "clause": None}
    (notice,) = notices(handle(event("submission.withheld", reasons=[mine]), facts()))
    assert "()" not in notice["body"] and "khoản 2" not in notice["body"]


def test_what_a_refused_sender_stated_is_shown_only_where_it_is_known() -> None:
    stated = {"form": "x\r\nBcc: a@b.example 123456", "period": "987654 triệu", "area": "555"}
    (notice,) = notices(handle(event("submission.refused", 1, **stated), facts()))
    whole = notice["subject"] + notice["body"]
    assert not any(part in whole for part in ("Bcc", "123456", "987654", "555"))


def test_a_secret_is_not_described() -> None:
    (notice,) = notices(handle(event("submission.refused", 2), facts()))
    whole = notice["subject"] + notice["body"]
    data = examples("submission.refused")[2]
    for name in ("document_number", "secret_level", "secret_date", "secret_receiver"):
        assert data[name] not in whole
    assert "khoản 1 Điều 6 1618/QĐ-UBND" in whole


FORBIDDEN = {"p-secret-person", "271828182", "Nguyễn Văn Kín"}
POISON: dict[str, dict[str, Any]] = {
    "finding.answered": {"person": "p-secret-person", "text": "271828182", "cells": ["271828182"]},
    "verification.changed": {"person": "p-secret-person", "text": "271828182"},
    "submission.returned": {"figures": 271828182, "errors": 271828182, "warnings": 271828182},
    "submission.cleared": {"figures": 271828182},
    "submission.held": {"figures": 271828182},
    "submission.withheld": {"figures": 271828182},
    "submission.withdrawn": {"figures": 271828182, "person": "p-secret-person"},
    "figure.recalled": {"reads": 271828182},
    "review.decided": {
        "person": "p-secret-person",
        "on_behalf": "p-secret-person",
        "reason": "Nguyễn Văn Kín: 271828182",
    },
    "request.decided": {
        "person": "p-secret-person",
        "purpose": "Nguyễn Văn Kín 271828182",
        "basis": "Nguyễn Văn Kín 271828182",
    },
    "calendar.released": {"person": "p-secret-person"},
    "submission.refused": {},
    "incident.opened": {"markings": 271828182},
    "incident.closed": {"person": "p-secret-person"},
    "obligation.changed": {"person": "p-secret-person", "reason_sha256": "271828182"},
    "obligation.due": {},
    "sections.compared": {"form_version": 271828182},
    "people.changed": {"rooms": ["271828182"], "deputies": ["p-secret-person"]},
}


@pytest.mark.parametrize("topic", TOPICS)
def test_no_figure_and_no_person_is_told(topic: str) -> None:
    everywhere = {
        one.id: replace(one, contacts=(mailbox(one.id), hook(one.id)))
        for one in facts().organisations.values()
    }
    count = 0
    for index in range(len(examples(topic))):
        poisoned = event(topic, index, **POISON[topic])
        for notice in notices(handle(poisoned, facts(organisations=everywhere))):
            count += 1
            whole = notice["subject"] + notice["body"]
            assert not [one for one in FORBIDDEN if one in whole]
            assert "{" not in notice["subject"]
    assert count


def test_what_is_taken_back_is_told_to_its_sender_the_office_and_who_had_read_it() -> None:
    office = replace(facts().organisations[OFFICE], contacts=(mailbox(OFFICE),))
    known = facts(organisations={**facts().organisations, OFFICE: office})
    assert told(handle(event("submission.withdrawn"), known)) == [
        (SENDER, "notice.withdrawn"),
        (OFFICE, "notice.withdrawn_office"),
    ]
    room = replace(facts().organisations[ROOM], contacts=(mailbox(ROOM),))
    known = replace(known, organisations={**known.organisations, ROOM: room})
    recalled = [
        event("figure.recalled"),
        event("figure.recalled", 1),
        event("figure.recalled", audience_kind="room", audience_id=f"{ROOM} other"),
    ]
    assert [told(handle(one, known)) for one in recalled] == [
        [(ASKER, "notice.recalled")],
        [],
        [(ROOM, "notice.recalled")],
    ]


def governed(**more: Any) -> list[tuple[str, str]]:
    """Who is told of a change of who may act, where the office and the sender have a mailbox."""
    known = facts().organisations
    deaf = replace(mailbox(SENDER), events=frozenset({"calendar.released"}))
    everywhere = {
        OFFICE: replace(known[OFFICE], contacts=(mailbox(OFFICE),)),
        SENDER: replace(known[SENDER], contacts=(deaf,)),
    }
    changed = event("people.changed", **{"organisation": SENDER, **more})
    return told(handle(changed, facts(organisations={**known, **everywhere})))


@pytest.mark.parametrize("state", ["proposed", "done", "refused"])
@pytest.mark.parametrize("what", ["person", "password", "sender_key", "contact"])
def test_who_may_act_is_told_to_the_office_and_to_whom_it_concerns_who_cannot_be_made_deaf(
    state: str, what: str
) -> None:
    expected = {(OFFICE, f"notice.people_{state}"), (SENDER, f"notice.people_{state}")}
    assert set(governed(state=state, what=what)) == expected


def test_a_founding_is_told_and_what_was_set_up_before_or_ones_own_password_is_not() -> None:
    founding = governed(what="founding", founding=True, author="founding", organisation=OFFICE)
    assert founding == [(OFFICE, "notice.people_done")]
    assert governed(founding=True) == []
    assert governed(what="password", author="p-kinh-te") == []


@pytest.mark.parametrize("topic", TOPICS)
def test_a_web_hook_carries_one_json_with_both_languages(topic: str) -> None:
    everyone = {
        one.id: replace(one, contacts=(hook(one.id),)) for one in facts().organisations.values()
    }
    found = [
        notice
        for index in range(len(examples(topic)))
        for notice in notices(handle(event(topic, index), facts(organisations=everyone)))
    ]
    assert found
    for notice in found:
        body = json.loads(notice["body"])
        assert set(body) == {"type", "timestamp", "data"}
        assert body["type"] == topic
        assert body["data"]["event_id"] == str(notice["event_id"])
        assert set(body["data"]["text"]) == {"vi", "en"}


def test_a_subject_is_one_line_of_bounded_length() -> None:
    long = Text("Biểu\r\nBcc: x " + "dài " * 500, "Form " * 500)
    (notice,) = notices(handle(event("submission.returned"), facts(titles={"cv17809-1": long})))
    assert len(notice["subject"]) <= 200
    assert notice["subject"].splitlines() == [notice["subject"]]


def test_every_consumed_topic_is_declared_and_can_be_asked_for() -> None:
    from services.model.organisation import Subject

    assert set(TOPICS) == set(Subject)

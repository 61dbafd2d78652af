"""Who owes what, by when: from the starter pack and what comes, at any moment that is asked about."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar
from sqlmodel import Session, col, select

from deploy import database
from deploy.feed import records
from deploy.local import Stack
from services.catalogue.api import create_app
from services.catalogue.duties import sweep
from services.catalogue.duties.deliveries import STAGE
from services.catalogue.duties.reminding import OFFSETS
from services.catalogue.duties.store import Reminded
from services.catalogue.starter import in_order
from services.catalogue.store import Entry
from services.kernel.auth import hash_of
from services.kernel.codec import codec
from services.kernel.db import write
from services.kernel.events import Event
from services.kernel.migration import migrate
from services.kernel.settings import Settings
from services.model.starter_pack import starter_pack
from tests import people
from tests.logins import login
from tests.running import state_of
from tests.said import said

pytestmark = pytest.mark.stack
SET_UP = datetime(2025, 11, 17, 1, tzinfo=UTC)
DUE = datetime(2025, 11, 22, 17, tzinfo=UTC)
"""The end of 22/11/2025 in Viet Nam, which Công văn 17809 prints: a Saturday."""
LATER = DUE + timedelta(days=6)
ADMINISTRATOR = {"Authorization": "Bearer administrator"}
FINANCE, TRADE = "so-tai-chinh-dien-bien", "so-cong-thuong-dien-bien"


@dataclass
class Catalogue:
    """The service at a moment that the test chooses."""

    client: TestClient
    now: list[datetime] = field(default_factory=lambda: [SET_UP])

    def get(self, path: str, **asked: Any) -> Any:
        header = asked.pop("header", None) or people.headers(now=self.now[0])
        answer = self.client.get(path, params=asked, headers=header)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def duties(self, **asked: Any) -> dict[tuple[str, str], dict[str, Any]]:
        """By item and period, of those whose term is that of the call."""
        days = {"first": "2025-11-22", "last": "2025-11-22"}
        found = self.get("/v1/duties", **days, **asked)["duties"]
        return {(one["item"], one["period"]): one for one in found}

    def happens(self, topic: str, at: datetime, **changes: Any) -> None:
        """An event about the revenue of the fourth quarter, as the worker's stage keeps it."""
        head = {
            "sender": FINANCE, "form": "cv17809-1", "area_list": "63", "area": "11", "period": "2025-Q4",
            "completeness": "estimate", "round": 1,
        }  # fmt: skip
        data = said(topic, head | changes)
        event = Event(uuid4(), topic, "x", data, at, "x", "test")
        with Session(state_of(self.client).context.engine) as session, session.begin():
            facts = STAGE.load(session, [event])
            write(session, STAGE.handle(event, facts).rows)


@pytest.fixture(scope="module")
def catalogue(stack: Stack, module_database: str) -> Iterator[Catalogue]:
    state = stack.state
    migrate(module_database, {"catalogue": state.passwords["catalogue"]})
    name = module_database.rpartition("/")[2]
    url = database.url("catalogue", state.passwords["catalogue"], state.ports["postgres"], name)
    config = Settings(
        database_url=url,
        **login(stack.kafka("catalogue")),
        administrator_token_sha256=hash_of("administrator"),
    )
    now = [SET_UP]
    app = create_app(config, lambda: now[0])
    app.state.keys = people.keys
    for topic in OF_TOPIC:
        BEFORE[topic] = {(one.partition, one.offset) for one in records(stack.kafka(), topic)}
    with TestClient(app) as client:
        for entry in in_order(starter_pack()):
            path = f"/v1/{entry.kind}/{entry.id}"
            answer = client.put(path, json={"body": entry.body}, headers=ADMINISTRATOR)
            assert answer.status_code == 201, answer.text
        yield Catalogue(client, now)


def test_a_call_makes_the_duties_of_whom_it_addresses(catalogue: Catalogue) -> None:
    catalogue.now[0] = SET_UP + timedelta(hours=1)
    duties = catalogue.duties()
    assert len(duties) == 16, "eight items, two periods"
    revenue = duties["thu-ngan-sach-quy", "2025-Q4"]
    assert (revenue["supplier"], revenue["completeness"]) == (FINANCE, "estimate")
    assert (revenue["due"], revenue["call"]) == ("2025-11-22", "cv17809-btc-ctk-2025")
    assert (revenue["area_list"], revenue["area"]) == ("63", "11")
    assert {one["state"] for one in duties.values()} == {"expected"}
    assert {one["timeliness"] for one in duties.values()} == {"open"}


def test_what_comes_is_seen_and_any_moment_can_be_asked_about(catalogue: Catalogue) -> None:
    in_time, late = DUE - timedelta(seconds=1), DUE
    of_one = {"submission_id": str(uuid4()), "attempt": 1}
    catalogue.happens("submission.received", in_time, received_at=in_time, **of_one)
    catalogue.happens("submission.returned", DUE + timedelta(hours=1), **of_one)
    second = of_one | {"attempt": 2}
    at = DUE + timedelta(hours=2)
    catalogue.happens("submission.cleared", DUE + timedelta(hours=3), decision=1, **second)
    catalogue.happens("submission.received", at, received_at=at, **second)
    trade = {
        "submission_id": str(uuid4()), "attempt": 1, "sender": TRADE, "form": "cv17809-5",
        "nil": "none_occurred",
    }  # fmt: skip
    catalogue.happens("submission.received", late, received_at=late, **trade)
    catalogue.happens("submission.cleared", LATER, decision=1, **{**trade, "nil": ""})
    catalogue.now[0] = LATER

    def stood(at: datetime, item: str = "thu-ngan-sach-quy") -> tuple[str, str, int | None]:
        found = catalogue.duties(at=at.isoformat())[item, "2025-Q4"]
        return found["state"], found["timeliness"], found["attempt"]

    assert stood(in_time) == ("received", "on_time", 1)
    assert stood(DUE + timedelta(hours=1)) == ("returned", "on_time_then_returned", 1)
    assert stood(at) == ("received", "on_time_then_returned", 2)
    assert stood(LATER) == ("accepted", "on_time_then_returned", 2)
    assert stood(LATER, "doanh-thu-dich-vu-quy") == ("nil", "late", 1)
    assert stood(LATER, "chi-ngan-sach-quy") == ("expected", "missing", None)
    for about, count in ((of_one, 1), (trade, 1), ({"submission_id": str(uuid4())}, 0)):
        assert len(catalogue.duties(submission=about["submission_id"])) == count
    both = [of_one["submission_id"], trade["submission_id"]]
    assert {item for item, _ in catalogue.duties(submission=both)} == {
        "thu-ngan-sach-quy",
        "doanh-thu-dich-vu-quy",
    }
    missing = catalogue.duties(timeliness="missing")
    assert len(missing) == 14
    measures = catalogue.get(
        "/v1/duties/measures", first="2025-11-22", last="2025-11-22", by="supplier"
    )
    by = {one["group"]: one for one in measures["measures"]}
    assert by[TRADE]["timeliness"] == {"late": 1, "missing": 1}
    assert (by[TRADE]["counted"], by[TRADE]["on_time"], by[TRADE]["complete"]) == (2, 0.0, 0.5)


def test_an_agency_sees_its_own_alone(catalogue: Catalogue) -> None:
    catalogue.now[0] = LATER
    header = people.headers("p-so", FINANCE, ("agency",), (), now=LATER)
    assert {one["supplier"] for one in catalogue.duties(header=header).values()} == {FINANCE}
    assert catalogue.duties(header=header, supplier=TRADE) == {}
    nobody = catalogue.client.get("/v1/duties")
    assert nobody.status_code == 401


def test_the_room_gives_more_time_and_the_same_words_again_are_one_act(
    catalogue: Catalogue, stack: Stack
) -> None:
    catalogue.now[0] = LATER
    owed = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]
    body = {"until": "2025-12-05", "reason": "Mưa lũ.", "document": "12/TKĐB", "channel": "plan"}

    def post(body: dict[str, str], act: str = "decision", **who: Any) -> Any:
        path = f"/v1/duties/{owed['id']}/{act}"
        return catalogue.client.post(path, json=body, headers=people.headers(now=LATER, **who))

    agency: dict[str, Any] = {"organisation": owed["supplier"], "roles": ("agency",), "rooms": ()}
    assert post(body, **agency).status_code == 403
    other: dict[str, Any] = {"rooms": ("phong-thong-ke-xa-hoi-dien-bien",)}
    assert post(body, **other).status_code == 404
    assert post(body | {"until": "2025-11-22"}).status_code == 422
    wish = {"until": "2025-12-09", "reason": "Mưa lũ, mất điện."}
    assert post(wish, "request").status_code == 403, "the office grants, it asks nobody"
    assert post(wish | {"until": "2025-11-22"}, "request", **agency).status_code == 422
    assert post(wish, "request", **agency).status_code == 201
    found = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]
    assert found["requested"]["until"] == "2025-12-09", found
    assert found["requested"]["reason"] == wish["reason"]
    assert (found["due"], found["timeliness"]) == ("2025-11-22", "missing")
    no = {"reason": "Đã gia hạn cho cả tỉnh.", "document": "87/TKĐB-TH"}
    assert post(no, "refusal", **agency).status_code == 403
    catalogue.now[0] = LATER + timedelta(milliseconds=100)
    assert post(no, "refusal").status_code == 201
    assert post(no | {"reason": "Thêm."}, "refusal").status_code == 409, "nothing is asked for"
    found = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]
    (refusal,) = found["refused"]
    assert (found["requested"], refusal["until"], refusal["reason"]) == (
        None,
        "2025-12-09",
        no["reason"],
    )
    catalogue.now[0] = LATER + timedelta(milliseconds=200)
    assert post(wish | {"reason": "Vẫn mất điện."}, "request", **agency).status_code == 201
    hard = {"reason": "Phần mềm kho bạc ngừng.", "document": "45/BC-SNN"}
    passed_on = {"reason": "Tổng hợp.", "document": "88/TKĐB-TH"}
    assert post(passed_on, "forwarding").status_code == 409, "nothing to pass on"
    assert post(hard, "difficulty").status_code == 403
    assert post(hard, "difficulty", **agency).status_code == 201
    assert post({"reason": "Tổng hợp."}, "forwarding").status_code == 422
    assert post(passed_on, "forwarding", **agency).status_code == 403
    catalogue.now[0] = LATER + timedelta(milliseconds=400)
    open_ = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]["difficulty"]
    assert (open_["reason"], open_["forwarded_at"]) == (hard["reason"], None)
    assert post(passed_on, "forwarding").status_code == 201
    closed = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]["difficulty"]
    assert (closed["document"], closed["days"]) == ("88/TKĐB-TH", 0)
    catalogue.now[0] = LATER + timedelta(milliseconds=500)
    first, again = post(body), post(body)
    assert (first.status_code, again.json()["act_id"]) == (201, first.json()["act_id"])
    assert first.json()["channel"] == "plan"
    found = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]
    assert (found["due"], found["timeliness"]) == ("2025-12-05", "open")
    assert found["requested"] is None, "answered"
    before = catalogue.duties(at=(LATER - timedelta(seconds=1)).isoformat())
    assert before["nong-lam-thuy-san-quy", "2025-Q4"]["timeliness"] == "missing"
    catalogue.now[0] = LATER + timedelta(seconds=1)
    late = {"until": "2025-12-03", "reason": "Chờ số liệu."}
    assert post(late, "announcement", **agency).status_code == 422, "that is no delay"
    told = post(late | {"until": "2025-12-08"}, "announcement", **agency)
    assert told.status_code == 201, told.text
    found = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]
    assert (found["state"], found["due"]) == ("announced_late", "2025-12-05")
    catalogue.now[0] = LATER + timedelta(seconds=2)
    excused = post({"reason": "Không phát sinh."})
    assert excused.status_code == 201
    assert catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]["state"] == "excused"
    catalogue.now[0] = LATER + timedelta(seconds=3)
    assert post(body).json()["act_id"] != first.json()["act_id"], "something else was said since"
    again_owed = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]
    assert (again_owed["state"], again_owed["due"]) == ("announced_late", "2025-12-05")
    for wrong in ("2025-11-25", "2027-01-15", "9999-12-31"):
        assert post(body | {"until": wrong}).status_code == 422
    assert post(body | {"until": "2026-05-12"}).status_code == 201
    catalogue.now[0] = LATER + timedelta(seconds=4)
    assert post(body | {"until": "2025-12-12"}).status_code == 201, "a wrong day is mended"
    assert catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]["due"] == "2025-12-12"
    granted = catalogue.duties()["nong-lam-thuy-san-quy", "2025-Q4"]["granted"]
    assert [(one["before"], one["until"]) for one in granted] == [
        ("2025-11-22", "2025-12-05"), ("2025-12-05", None), ("2025-12-05", "2025-12-05"),
        ("2025-12-05", "2026-05-12"), ("2026-05-12", "2025-12-12"),
    ]  # fmt: skip
    assert (granted[0]["reason"], granted[0]["document"]) == (body["reason"], body["document"])
    events = of_topic(stack, "obligation.changed")
    assert [one["change"] for one in events if one["duty_id"] == owed["id"]] == [
        "extension_requested", "extension_refused", "extension_requested",
        "difficulty_reported", "difficulty_forwarded", "extended", "announced_late", "excused",
        "extended", "extended", "extended",
    ]  # fmt: skip
    assert not any(word in str(one) for one in events for word in ("Mưa lũ", "kho bạc"))
    met = catalogue.duties()["thu-ngan-sach-quy", "2025-Q4"]["id"]
    refused = catalogue.client.post(
        f"/v1/duties/{met}/decision", json=body, headers=people.headers(now=LATER)
    )
    assert refused.status_code == 409


def test_either_side_asks_about_what_is_met_and_the_other_answers(
    catalogue: Catalogue, stack: Stack
) -> None:
    catalogue.now[0] = LATER + timedelta(seconds=10)
    met = catalogue.duties()["thu-ngan-sach-quy", "2025-Q4"]
    assert (met["state"], met["questions"]) == ("accepted", [])
    agency: dict[str, Any] = {"organisation": FINANCE, "roles": ("agency",), "rooms": ()}

    def post(act: str, body: dict[str, str], **who: Any) -> Any:
        catalogue.now[0] += timedelta(seconds=1)
        header = people.headers(now=catalogue.now[0], **who)
        return catalogue.client.post(f"/v1/duties/{met['id']}/{act}", json=body, headers=header)

    why = {"reason": "Vì sao giảm?", "row": "22", "column": "quarter"}
    assert post("question", why | {"column": "month"}).status_code == 422
    assert post("question", why | {"channel": "pigeon"}).status_code == 422
    assert post("question", why, **agency | {"organisation": TRADE}).status_code == 404
    assert post("question", why, roles=("auditor",)).status_code == 403
    early = {"reason": "Đấu giá chậm."}
    assert post("answer", early, **agency).status_code == 409, "nobody has asked"
    # The general room leads explanations of what another room is responsible for.
    general: dict[str, Any] = {"rooms": ("phong-thong-ke-tong-hop-dien-bien",)}
    asked = post("question", why | {"channel": "meeting"}, **general)
    assert asked.status_code == 201, asked.text
    assert (asked.json()["channel"], asked.json()["row"]) == ("meeting", "22")
    again = post("question", why | {"channel": "meeting"}, **general)
    assert again.json()["act_id"] == asked.json()["act_id"]
    assert post("answer", early, **general).status_code == 409, "not to oneself"
    before = catalogue.now[0]
    assert post("question", why | {"row": "23"}, **general).status_code == 201
    assert post("answer", early | {"answers": str(uuid4())}, **agency).status_code == 409
    to_it = early | {"answers": asked.json()["act_id"], "document": "9/STC", "channel": "letter"}
    answered = post("answer", to_it, **agency)
    assert answered.status_code == 201, answered.text
    assert post("question", {"reason": "Mẫu nào?"}, **agency).status_code == 201
    asked_at, answer_at = (one.json()["at"] for one in (asked, answered))
    thread = catalogue.duties()["thu-ngan-sach-quy", "2025-Q4"]["questions"]
    assert [thread[0], thread[2]] == [
        {"id": asked.json()["act_id"], "at": asked_at, "organisation": "thong-ke-dien-bien",
         "is_answer": False, "is_open": False, "words": why["reason"], "row": "22", "column": "quarter",
         "document": None, "channel": "meeting", "answers": None},
        {"id": answered.json()["act_id"], "at": answer_at, "organisation": FINANCE,
         "is_answer": True, "is_open": False, "words": early["reason"], "row": None, "column": None,
         "document": "9/STC", "channel": "letter", "answers": asked.json()["act_id"]},
    ]  # fmt: skip
    assert [one["is_open"] for one in thread] == [False, True, False, True]
    assert thread[3]["channel"] == "system"
    past = catalogue.duties(at=before.isoformat())["thu-ngan-sach-quy", "2025-Q4"]["questions"]
    assert [one["is_open"] for one in past] == [True]
    events = [one for one in of_topic(stack, "obligation.changed") if one["duty_id"] == met["id"]]
    assert [(one["change"], one["channel"], one["row"]) for one in events] == [
        ("question", "meeting", "22"), ("question", "system", "23"), ("answer", "letter", None),
        ("question", "system", None),
    ]  # fmt: skip
    assert not any(word in str(events) for word in ("giảm", "giá chậm", "Mẫu"))


def test_reminders_go_out_once_and_stop_on_receipt(catalogue: Catalogue, stack: Stack) -> None:
    context = state_of(catalogue.client).context

    def swept(at: datetime) -> dict[str, int]:
        """The newest reminder of each item about the third quarter, and its offset."""
        catalogue.now[0] = at
        sweep.look(context)
        owed = {
            one["id"]: item
            for (item, period), one in catalogue.duties().items()
            if period == "2025-Q3"
        }
        with Session(context.engine) as session:
            rows = session.exec(select(Reminded).order_by(col(Reminded.number))).all()
        return {owed[str(row.duty)]: OFFSETS[row.number] for row in rows if str(row.duty) in owed}

    day_before = datetime(2025, 11, 21, 2, tzinfo=UTC)
    assert swept(day_before)["chi-ngan-sach-quy"] == -1, "not the one of seven days before as well"
    one_after = datetime(2025, 11, 24, 2, tzinfo=UTC)
    received = {
        "submission_id": str(uuid4()), "attempt": 1, "form": "cv17809-2", "period": "2025-Q3",
        "completeness": "preliminary",
    }  # fmt: skip
    catalogue.happens("submission.received", day_before, received_at=day_before, **received)
    after = swept(one_after)
    assert (after["thu-ngan-sach-quy"], after["chi-ngan-sach-quy"]) == (1, -1)
    assert swept(one_after) == after
    catalogue.happens("submission.returned", one_after, **received)
    later = swept(datetime(2025, 11, 26, 2, tzinfo=UTC))
    assert (later["thu-ngan-sach-quy"], later["chi-ngan-sach-quy"]) == (3, 3)
    with Session(context.engine) as session:
        count = len(session.exec(select(Reminded)).all())
    shown = catalogue.duties()["thu-ngan-sach-quy", "2025-Q3"]
    assert (shown["reminders"], shown["reminded_at"][:10]) == (3, "2025-11-26")
    assert not shown["is_unaddressed"]
    assert catalogue.duties()["ngan-hang-quy", "2025-Q3"]["is_unaddressed"]
    before = catalogue.duties(at=day_before.isoformat())["thu-ngan-sach-quy", "2025-Q3"]
    assert before["reminders"] == 1
    told = of_topic(stack, "obligation.due", count)
    assert len(told) == count
    assert all(one["to_head"] == (one["offset"] == 3) for one in told)


def test_a_changed_calendar_moves_terms_from_then_on(catalogue: Catalogue) -> None:
    catalogue.now[0] = LATER
    item = catalogue.get("/v1/item/thu-ngan-sach-quy", header=ADMINISTRATOR)["body"]
    due = {"days": 1, "counted": "working"}
    body = item | {"deadlines": [{"completeness": "preliminary", "due": due}]}
    put = catalogue.client.put(
        "/v1/item/thu-ngan-sach-quy", json={"body": body}, headers=ADMINISTRATOR
    )
    assert put.status_code == 201, put.text

    def due_of(at: datetime) -> list[str]:
        asked = {"first": "2025-12-31", "last": "2026-01-31", "item": "thu-ngan-sach-quy"}
        found = catalogue.get("/v1/duties", at=at.isoformat(), **asked)["duties"]
        return [one["due"] for one in found]

    assert due_of(LATER - timedelta(hours=1)) == []
    (first,) = due_of(LATER)
    calendar = catalogue.get("/v1/working_days/VN", header=ADMINISTRATOR)["body"]
    (year,) = [one for one in calendar["years"] if one["year"] == 2026]
    year["holidays"].append({"day": first, "name": {"vi": "Nghỉ bù", "en": "In lieu"}})
    catalogue.now[0] = LATER + timedelta(hours=1)
    changed = catalogue.client.put(
        "/v1/working_days/VN", json={"body": calendar}, headers=ADMINISTRATOR
    )
    assert changed.status_code == 201, changed.text
    (moved,) = due_of(catalogue.now[0])
    assert (first, moved) == ("2026-01-02", "2026-01-05")
    assert due_of(LATER) == [first], "as it was known then"


@pytest.mark.parametrize(
    "asked",
    [{"first": "2026-02-01", "last": "2026-01-01"}, {"first": "2020-01-01", "last": "2026-01-01"}],
)
def test_a_span_that_is_none_is_refused(catalogue: Catalogue, asked: dict[str, str]) -> None:
    answer = catalogue.client.get("/v1/duties", params=asked, headers=ADMINISTRATOR)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:solieu:problem:span")


def test_the_terms_go_into_a_calendar(catalogue: Catalogue) -> None:
    catalogue.now[0] = LATER
    asked = {"first": "2025-11-22", "last": "2025-11-22", "lang": "en"}
    header = people.headers("p-so", FINANCE, ("agency",), (), now=LATER)
    answer = catalogue.client.get("/v1/duties/calendar", params=asked, headers=header)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    waited = catalogue.duties(header=header)
    assert {str(one["UID"]) for one in events} == {
        f"{one['id']}@solieu" for one in waited.values() if one["state"] in ("expected", "returned")
    }
    assert events and {str(one.decoded("dtstart")) for one in events} == {"2025-11-22"}
    assert all("2025-Q" in str(one["SUMMARY"]) for one in events)
    for one in events:
        assert "Department of Finance of Điện Biên" in str(one["DESCRIPTION"])
        assert FINANCE not in str(one["DESCRIPTION"])


def test_people_read_names_and_programs_ids(catalogue: Catalogue) -> None:
    catalogue.now[0] = LATER
    owed = catalogue.duties()["xo-so-quy", "2025-Q4"]
    assert (owed["supplier"], owed["section"], owed["form"]) == (FINANCE, "B", "cv17809-6")
    assert owed["supplier_name"]["en"] == "Department of Finance of Điện Biên"
    assert owed["section_name"] == {"vi": "B. Xổ số", "en": "B. Lottery"}
    assert "B. " not in owed["name"]["vi"], "it has one section alone"
    assert owed["form_title"]["vi"]
    days = {"first": "2025-11-22", "last": "2025-11-22"}
    names = {
        by: {one["group"]: one["name"] for one in found}
        for by in ("supplier", "item", "room", "month")
        if (found := catalogue.get("/v1/duties/measures", by=by, **days)["measures"])
    }
    assert names["supplier"][FINANCE] == owed["supplier_name"]
    assert names["item"]["xo-so-quy"] == owed["name"]
    assert names["room"][owed["room"]]["vi"].startswith("Phòng")
    assert names["month"] == {"2025-11": None}


def test_an_item_of_before_that_can_not_be_read_is_named_and_hides_no_other(
    catalogue: Catalogue,
) -> None:
    catalogue.now[0] = LATER
    row = Entry(
        kind="item", id="cu", version=1, catalogue_version=10**6, body={"id": "cu"},
        valid_from=None, valid_to=None, changed_at=LATER - timedelta(hours=2),
    )  # fmt: skip
    with Session(state_of(catalogue.client).context.engine) as session, session.begin():
        session.add(row)
    days = {"first": "2025-11-22", "last": "2025-11-22"}
    answer = catalogue.get("/v1/duties", **days)
    assert (answer["unread"], len(answer["duties"])) == (["cu"], 16)
    header = people.headers("p-so", FINANCE, ("agency",), (), now=LATER)
    assert catalogue.get("/v1/duties", header=header, **days)["unread"] == []


def test_two_who_change_the_same_entry_get_a_conflict_and_no_lost_change(
    catalogue: Catalogue,
) -> None:
    path = "/v1/call/cv17809-btc-ctk-2025"
    there = catalogue.get(path, header=ADMINISTRATOR)

    def put(grace: int, base: int | None) -> Any:
        body = {"body": there["body"] | {"grace": grace}, "base": base}
        return catalogue.client.put(path, json=body, headers=ADMINISTRATOR)

    assert put(1, there["version"]).status_code == 201
    assert put(1, there["version"]).status_code == 200, "the same again is no other change"
    lost = put(2, there["version"])
    assert (lost.status_code, lost.json()["type"]) == (409, "urn:solieu:problem:changed-meanwhile")
    assert put(2, there["version"] + 1).status_code == 201
    assert put(3, None).status_code == 201, "who doesn't say changes the newest"


def test_what_names_something_else_is_refused(catalogue: Catalogue) -> None:
    call = catalogue.get("/v1/call/cv17809-btc-ctk-2025", header=ADMINISTRATOR)["body"]
    wrong = call | {"id": "khac", "items": ["khong-co"]}
    answer = catalogue.client.put("/v1/call/khac", json={"body": wrong}, headers=ADMINISTRATOR)
    assert answer.status_code == 422
    assert "khong-co" in answer.text


OF_TOPIC = {
    "obligation.changed": ("act_id", "changed_at"),
    "obligation.due": ("reminder_id", "reminded_at"),
    "obligation.closing": ("closing_id", "told_at"),
}
"""What tells events of a topic apart, and orders them."""


BEFORE: dict[str, set[tuple[int, int]]] = {}
"""What neighbours had told before these tests began."""


def of_topic(stack: Stack, topic: str, least: int = 3, duty: str = "") -> list[dict[str, Any]]:
    """What is told, of one duty or of all, each once, in its order; waits until there is as much."""
    deadline = time.monotonic() + 60
    while True:
        events = [
            codec().decode(f"{topic}-value", one.value)
            for one in records(stack.kafka(), topic)
            if (one.partition, one.offset) not in BEFORE[topic]
        ]
        id_, when = OF_TOPIC[topic]
        wanted = (one for one in events if duty in ("", one["duty_id"]))
        unique = list({one[id_]: one for one in wanted}.values())
        if len(unique) >= least or time.monotonic() > deadline:
            return sorted(unique, key=lambda one: one[when])
        time.sleep(0.2)


def test_what_a_body_owed_that_ended_is_a_gap_until_the_item_names_another(
    catalogue: Catalogue,
) -> None:
    def of(item: str) -> dict[str, Any]:
        return catalogue.duties()[item, "2025-Q4"]

    catalogue.now[0] = LATER + timedelta(days=1)
    assert not of("du-an-hoan-thanh-quy")["is_orphaned"]
    supplier = of("du-an-hoan-thanh-quy")["supplier"]
    path = f"/v1/organisation/{supplier}"
    body = catalogue.get(path, header=ADMINISTRATOR)["body"]
    ended = body | {"valid_to": "2025-11-10", "replaced_by": [TRADE]}
    put = catalogue.client.put(path, json={"body": ended}, headers=ADMINISTRATOR)
    assert put.status_code == 201, put.text
    catalogue.now[0] += timedelta(minutes=1)
    assert of("du-an-hoan-thanh-quy")["is_orphaned"], "the successor owes nothing by itself"
    item = catalogue.get("/v1/item/du-an-hoan-thanh-quy", header=ADMINISTRATOR)["body"]
    put = catalogue.client.put(
        "/v1/item/du-an-hoan-thanh-quy",
        json={"body": item | {"responsible": TRADE}},
        headers=ADMINISTRATOR,
    )
    assert put.status_code == 201, put.text
    catalogue.now[0] += timedelta(minutes=1)
    passed_on = of("du-an-hoan-thanh-quy")
    assert (passed_on["supplier"], passed_on["is_orphaned"]) == (TRADE, False)


def test_nobody_owes_by_a_call_of_the_offices_own_before_it_is_approved(
    catalogue: Catalogue,
) -> None:
    catalogue.now[0] = LATER + timedelta(days=2)
    call = catalogue.get("/v1/call/cv17809-btc-ctk-2025", header=ADMINISTRATOR)["body"]
    own = call | {
        "id": "cv-rieng", "origin": "own", "number": "7/TKĐB-TH", "due": {"printed": "2025-12-12"},
        "asked": [{"period": "2025-Q4", "completeness": "official"}],
    }  # fmt: skip

    def owed() -> int:
        asked = {"first": "2025-12-12", "last": "2025-12-12"}
        return len(catalogue.get("/v1/duties", **asked)["duties"])

    def put(**more: Any) -> None:
        answer = catalogue.client.put(
            "/v1/call/cv-rieng", json={"body": own | more}, headers=ADMINISTRATOR
        )
        assert answer.status_code == 201, answer.text
        catalogue.now[0] += timedelta(minutes=1)

    put()
    assert owed() == 0
    document = {"number": "12/TTDL", "issued_on": "2025-11-14"}
    put(agreed=document, approved=document)
    assert owed() == 8


def test_one_call_that_can_not_be_read_hides_no_duty(catalogue: Catalogue, stack: Stack) -> None:
    catalogue.now[0] = LATER + timedelta(days=3)
    call = catalogue.get("/v1/call/cv17809-btc-ctk-2025", header=ADMINISTRATOR)["body"]
    for period in ("2026-Q9", "khi nào", "9999-Q4", "0001"):
        asked = [{"period": period, "completeness": "official"}]
        answer = catalogue.client.put(
            "/v1/call/cv-sai",
            json={"body": call | {"id": "cv-sai", "asked": asked}},
            headers=ADMINISTRATOR,
        )
        assert answer.status_code == 422, period
    # As it was entered before that was asked for.
    with Session(state_of(catalogue.client).context.engine) as session, session.begin():
        newest = session.exec(select(Entry).where(Entry.kind == "call")).first()
        assert newest is not None
        wrong = newest.body | {
            "id": "cv-sai",
            "asked": [{"period": "2026-Q9", "completeness": "official"}],
        }
        session.add(
            Entry(
                **newest.model_dump()
                | {"id": "cv-sai", "body": wrong, "catalogue_version": 10**6 + 1}
            )
        )
    answer = catalogue.get("/v1/duties", first="2025-11-22", last="2025-11-22")
    assert "cv-sai" in answer["unread"] and len(answer["duties"]) == 16


FIELD = "bao-cao-linh-vuc-kinh-te-thang"
ECONOMIC, SYNTHESIS = "phong-thong-ke-kinh-te-dien-bien", "phong-thong-ke-tong-hop-dien-bien"


def test_a_room_owes_its_report_and_says_by_which_document_it_went(
    catalogue: Catalogue, stack: Stack
) -> None:
    """On time until the end of 20/12/2025, a Saturday."""
    begin = datetime(2025, 12, 1, 1, tzinfo=UTC)
    catalogue.now[0] = begin
    days = {"first": "2025-12-20", "last": "2025-12-20", "item": FIELD}
    assert catalogue.get("/v1/duties", **days)["duties"] == [], "the pack names no day"
    body = catalogue.get(f"/v1/report/{FIELD}", header=ADMINISTRATOR)["body"]
    body["deadlines"] = [{"completeness": "estimate", "due": {"day": 20}}]
    put = catalogue.client.put(f"/v1/report/{FIELD}", json={"body": body}, headers=ADMINISTRATOR)
    assert put.status_code == 201, put.text

    def owed(**asked: Any) -> dict[str, Any]:
        (found,) = catalogue.get("/v1/duties", **days, **asked)["duties"]
        assert isinstance(found, dict)
        return found

    def post(act: str, duty: str, body: dict[str, Any], **who: Any) -> Any:
        headers = people.headers(now=catalogue.now[0], **who)
        return catalogue.client.post(f"/v1/duties/{duty}/{act}", json=body, headers=headers)

    first = owed()
    assert (first["supplier"], first["room"], first["form"]) == (ECONOMIC, SYNTHESIS, None)
    assert (first["area_list"], first["area"], first["period"]) == ("34", "11", "2025-M12")
    assert (first["state"], first["timeliness"], first["is_shared"]) == ("expected", "open", False)
    sent = {"document": "123/TKĐB-KT", "on": "2025-12-20"}
    agency: dict[str, Any] = {"organisation": FINANCE, "roles": ("agency",), "rooms": ()}
    assert post("supply", first["id"], sent, **agency).status_code == 403
    assert post("supply", first["id"], sent, rooms=(SYNTHESIS,)).status_code == 404, "it waits"
    assert post("supply", first["id"], {"on": "2025-12-20"}).status_code == 422
    assert post("supply", first["id"], sent).json()["type"] == "urn:solieu:problem:no-day"
    assert post("supply", first["id"], sent | {"on": "9999-12-31"}).status_code == 422
    assert post("retraction", first["id"], {"reason": "x"}).status_code == 409
    assert owed()["supplied"] is None
    of_an_item = catalogue.duties()["chi-ngan-sach-quy", "2025-Q4"]["id"]
    leader: dict[str, Any] = {"roles": ("leader",), "rooms": ()}
    no_report = post("supply", of_an_item, {"document": "1"}, **leader)
    assert (no_report.status_code, no_report.json()["type"]) == (
        409, "urn:solieu:problem:no-report",
    )  # fmt: skip
    catalogue.now[0] = datetime(2025, 12, 22, 2, tzinfo=UTC)
    assert owed()["timeliness"] == "missing"
    said, again = post("supply", first["id"], sent), post("supply", first["id"], sent)
    assert (said.status_code, again.json()["act_id"]) == (201, said.json()["act_id"])
    found = owed()
    assert (found["state"], found["timeliness"]) == ("accepted", "on_time")
    assert (found["supplied"]["document"], found["supplied"]["on"]) == (
        "123/TKĐB-KT", "2025-12-20",
    )  # fmt: skip
    assert datetime.fromisoformat(found["supplied"]["at"]) == catalogue.now[0]
    before = (catalogue.now[0] - timedelta(seconds=1)).isoformat()
    assert owed(at=before)["timeliness"] == "missing", "as it was known then"
    measures = catalogue.get("/v1/duties/measures", first="2025-12-20", last="2025-12-20")
    by = {one["group"]: one for one in measures["measures"]}
    assert (by[ECONOMIC]["counted"], by[ECONOMIC]["on_time"]) == (1, 1.0)
    catalogue.now[0] += timedelta(hours=1)
    assert post("supply", first["id"], {"document": "124/TKĐB-KT"}, **leader).status_code == 201
    found = owed()
    assert (found["supplied"]["document"], found["timeliness"]) == ("124/TKĐB-KT", "on_time")
    catalogue.now[0] += timedelta(hours=1)
    assert post("retraction", first["id"], {"reason": "Nhầm kỳ."}).status_code == 201
    assert (owed()["state"], owed()["timeliness"]) == ("expected", "missing")
    events = of_topic(stack, "obligation.changed")
    assert [
        (one["change"], one["form"], one["report_vi"])
        for one in events
        if one["duty_id"] == first["id"]
    ] == [
        (change, "", body["name"]["vi"]) for change in ("supplied", "supplied", "supply_retracted")
    ]


def test_a_rooms_report_is_reminded_of_and_stands_in_the_calendar(
    catalogue: Catalogue, stack: Stack
) -> None:
    catalogue.now[0] = datetime(2026, 1, 19, 2, tzinfo=UTC)  # 20/1/2026 is a Tuesday
    days = {"first": "2026-01-20", "last": "2026-01-20", "item": FIELD}
    (owed,) = catalogue.get("/v1/duties", **days)["duties"]
    sweep.look(state_of(catalogue.client).context)
    told = of_topic(stack, "obligation.due", 1, owed["id"])
    assert [(one["supplier"], one["room"], one["offset"]) for one in told] == [
        (ECONOMIC, SYNTHESIS, -1)
    ]
    assert told[0]["report_en"] == "Report of economic statistics, monthly"
    header = people.headers(now=catalogue.now[0])
    answer = catalogue.client.get("/v1/duties/calendar", params=days, headers=header)
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["DESCRIPTION"]).startswith("Báo cáo gửi bằng văn bản, khu vực 34/11")


def test_an_item_and_a_report_have_no_id_in_common(catalogue: Catalogue) -> None:
    for kind, other in (("report", "item"), ("item", "report")):
        theirs = {"item": "xo-so-quy", "report": FIELD}
        body = catalogue.get(f"/v1/{kind}/{theirs[kind]}", header=ADMINISTRATOR)["body"]
        path = f"/v1/{kind}/{theirs[other]}"
        body |= {"id": theirs[other]}
        answer = catalogue.client.put(path, json={"body": body}, headers=ADMINISTRATOR)
        assert answer.status_code == 422
        assert [one["where"] for one in answer.json()["errors"]] == ["body.id"]


@pytest.mark.parametrize(
    "asked",
    [
        {"last": "9999-12-31"}, {"at": "0001-01-01T00:00:00Z"}, {"at": "9999-12-31T23:59:59Z"},
        {"first": "0001-01-01", "last": "0001-01-02"},
    ],
)  # fmt: skip
def test_days_at_the_ends_of_time_are_refused_in_words(
    catalogue: Catalogue, asked: dict[str, str]
) -> None:
    answer = catalogue.client.get(
        "/v1/duties", params=asked, headers=people.headers(now=catalogue.now[0])
    )
    assert answer.status_code == 422, answer.text


def test_what_nobody_sent_closes_and_that_is_told_ahead(catalogue: Catalogue, stack: Stack) -> None:
    context, end = state_of(catalogue.client).context, datetime(2026, 3, 2, 17, tzinfo=UTC)
    catalogue.now[0] = end - timedelta(days=3)
    call = catalogue.get("/v1/call/cv17809-btc-ctk-2025", header=ADMINISTRATOR)["body"]
    closing = call | {
        "id": "cv-dong", "origin": "ministry", "number": "18000/BTC-CTK", "due": {"printed": "2026-03-02"},
        "items": ["thu-ngan-sach-quy"], "asked": [{"period": "2026-Q1", "completeness": "estimate"}],
        "grace": 0, "closes": 5,
    }  # fmt: skip
    put = catalogue.client.put("/v1/call/cv-dong", json={"body": closing}, headers=ADMINISTRATOR)
    assert put.status_code == 201, put.text

    def told(at: datetime, expected: int) -> list[str | None]:
        catalogue.now[0] = at
        sweep.look(context)
        sweep.look(context)
        found = of_topic(stack, "obligation.closing", expected, duty["id"])
        return [one["closes_at"] for one in found]

    days = {"first": "2026-03-02", "last": "2026-03-02"}
    catalogue.now[0] = end - timedelta(days=1)
    (duty,) = catalogue.get("/v1/duties", **days)["duties"]
    assert told(end - timedelta(seconds=1), 0) == []
    (first,) = told(end, 1)
    assert datetime.fromisoformat(str(first)) == datetime(2026, 3, 9, 17, tzinfo=UTC)
    catalogue.now[0] = end + timedelta(minutes=1)
    longer = {"until": "2026-03-20", "reason": "Lũ."}
    header = people.headers(now=catalogue.now[0])
    answer = catalogue.client.post(f"/v1/duties/{duty['id']}/decision", json=longer, headers=header)
    assert answer.status_code == 201, answer.text
    _, moved = told(end + timedelta(minutes=2), 2)
    assert datetime.fromisoformat(str(moved)) == datetime(2026, 3, 20, 17, tzinfo=UTC)

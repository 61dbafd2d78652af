"""Validation's API and its worker's transactions on a real database: findings, answers, accepted figures."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import openpyxl
import psycopg
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from pydantic import SecretStr
from sqlmodel import Session

from deploy import database
from deploy.feed import records
from deploy.local import Stack
from services.kernel.avro import to_avro
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.kernel.events import Event, NewObject, ObjectReference, Outcome
from services.kernel.migration import migrate
from services.kernel.settings import Settings
from services.kernel.stage import ObjectStage
from services.model.observation import from_parquet
from services.model.starter_pack import starter_pack
from services.model.statement import Question, sign
from services.validation import worker
from services.validation.api import create_app
from services.validation.checking.facts import Facts
from services.validation.loading import load
from services.validation.routes import checks
from tests import people
from tests.logins import login
from tests.running import state_of
from tests.said import said
from tests.unit.test_validation_check import rows, small_form
from tests.unit.workbooks import LABELS, xlsx

pytestmark = pytest.mark.stack
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "examples" / "dien-bien"
PLAN = (EXAMPLES / "Plan_2017.xls").read_bytes()
ECONOMY = "phong-thong-ke-kinh-te-dien-bien"
MINISTRY = "bo-tai-chinh"
KEY = OKPKey.generate_key("Ed25519")
HEAD: dict[str, Any] = {
    "sender": MINISTRY,
    "form": "cktc-09-plan",
    "form_version": 1,
    "area_list": "63",
    "area": "00",
    "period": "2017",
    "completeness": "official",
    "round": 1,
    "regime": "coordination",
    "classification": "public",
    "province": "11",
    "catalogue_version": 1,
}
SMALL: dict[str, Any] = {
    "form": "small",
    "area": "11",
    "period": "2026-Q3",
    "completeness": "preliminary",
}
FORM = small_form(
    references=[
        {"name": "before", "period": "year_before"},
        {"name": "others", "sender": "any"},
        {"name": "estimate", "completeness": "estimate"},
    ]
)
GROWING = small_form(
    id="growing",
    references=[{"name": "last_quarter", "period": "previous"}],
    rules=[
        {"id": "numbers", "kind": "type", "expression": "number", "level": 1},
        {
            "id": "growth",
            "kind": "change",
            "reference": "last_quarter",
            "columns": ["quarter"],
            "expression": "growth between -0.5 and 0.5",
            "level": 2,
        },
    ],
)
_SECTION = {"section": {"vi": "Phần", "en": "Section"}}
PARTS = small_form(
    id="parts",
    responsible=[
        _SECTION | {"id": "A", "organisation_kinds": ["ministry"], "rows": ["1", "2", "4"]},
        _SECTION
        | {"id": "B", "organisation_kinds": ["home_affairs_department"], "rows": ["3", "3a"]},
    ],
)
REASON = (
    "Chênh 121.274 tỷ đồng là khoản trung ương ghi ở chú thích: 53.694 + 60.000 + 6.150 + 1.430."
)
DOWNGRADE = {"decision": "downgraded", "reason": REASON, "document": "12/TKĐB-TH"}


@dataclass
class Validation:
    """The service: its API, and what its worker does with an event."""

    client: TestClient
    url: str

    @property
    def context(self) -> Any:
        return state_of(self.client).context

    def happens(self, event: Event, stage: ObjectStage) -> Outcome:
        """One event in one transaction, as the runner has it; its outputs go by the outbox here."""
        vault = self.context.vault
        with Session(self.context.engine) as session, session.begin():
            facts = stage.load(session, event)
            contents = {name: vault.get(one) for name, one in stage.reads(event, facts).items()}
            outcome = stage.handle(event, facts, contents)
            for item in outcome.objects:
                vault.put(item)
            self.context.outbox.write(session, outcome, event.id)
        return outcome

    def comes(
        self, submission: str, attempt: int = 1, content: bytes = PLAN, **changes: Any
    ) -> Mapping[str, Any]:
        """A workbook, as intake received it; returns what its verdict's event says."""
        item = NewObject(submission, attempt, "original", "application/vnd.ms-excel", content)
        original = self.context.vault.put(item)
        data = HEAD | {"submission_id": submission, "attempt": attempt, "original": vars(original)}
        outcome = self.happens(event("submission.received", data | changes), worker.STAGE)
        return to_avro(outcome.events[0])

    def verdict(self, submission: str, attempt: int = 1) -> tuple[str, dict[str, Any]]:
        """What became of an attempt, and its report."""
        statement = "select verdict, report from attempts where submission_id = %s and attempt = %s"
        with psycopg.connect(self.url) as connection:
            found = connection.execute(statement, [submission, attempt]).fetchone()
        assert found is not None
        return found[0], json.loads(self.context.vault.get(ObjectReference(**found[1])))


def event(topic: str, data: Mapping[str, Any], time: datetime = NOW) -> Event:
    submission = data["submission_id"]
    id_ = uuid5(UUID(submission), f"{topic}/{data['attempt']}/{time}")
    return Event(id_, topic, submission, said(topic, data), time, submission, "test")


@pytest.fixture(scope="module")
def validation(
    stack: Stack, module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Validation]:
    password = stack.state.passwords["validation"]
    migrate(module_database, {"validation": password})
    name = module_database.rpartition("/")[2]
    url = database.url("validation", password, stack.state.ports["postgres"], name)
    config = Settings(
        database_url=url,
        **login(stack.kafka("validation")),
        operator_token=SecretStr("operator"),
        vault=str(tmp_path_factory.mktemp("vault")),
        master_key=SecretStr(base64.b64encode(bytes(32)).decode()),
    )
    app = create_app(config, lambda: NOW)
    app.state.keys = people.keys
    body = {"sender": MINISTRY, "public_key": KEY.as_dict(private=False)}
    key = ("sender_key", KEY.thumbprint(), 1, body)
    item = {"form": FORM.id, "responsible": MINISTRY, "room": ECONOMY}
    forms = [("form", form.id, 1, form.to_dict()) for form in (FORM, GROWING, PARTS)]
    more = [key, *forms, ("item", "nho", 1, item)]
    entries = [*((one.kind, one.id, one.version, one.body) for one in starter_pack()), *more]
    with psycopg.connect(url, autocommit=True) as connection:
        for number, (kind, id_, version, content) in enumerate(entries, 1):
            connection.execute(
                "insert into replica (kind, id, version, catalogue_version, body)"
                " values (%s, %s, %s, %s, %s)",
                (kind, id_, version, number, json.dumps(content)),
            )
    with TestClient(app) as client:
        yield Validation(client, url)


def person(id_: str = "p-kinh-te", **changes: Any) -> dict[str, str]:
    who = {"organisation": "thong-ke-dien-bien", "roles": ("officer",), "rooms": (ECONOMY,)}
    return people.headers(id_, **{**who, **changes}, now=NOW)


LEADER = person("p-lanh-dao", roles=("leader",), rooms=())
OTHER_ROOM = person("p-xa-hoi", rooms=("phong-thong-ke-xa-hoi-dien-bien",))
AGENCY = person("p-bo", organisation=MINISTRY, roles=("agency",), rooms=())
OTHERS = person("p-so", organisation="so-noi-vu-dien-bien", roles=("agency",), rooms=())
OPERATOR = {"Authorization": "Bearer operator"}


def signed(method: str, path: str, body: bytes = b"", key: OKPKey = KEY) -> dict[str, str]:
    digest = hashlib.sha256(body).hexdigest() if body else None
    question = Question(sender=MINISTRY, method=method, path=path, issued_at=NOW, sha256=digest)
    return {"Authorization": f"Statement {sign(question, key)}"}


def path(submission: str, ending: str = "") -> str:
    return f"/v1/submissions/{submission}/findings{ending}"


def error_of(validation: Validation, submission: str) -> dict[str, Any]:
    """The one error of the plan: a total that its footnote explains."""
    answer = validation.client.get(path(submission), headers=person())
    (found,) = [one for one in answer.json()["findings"] if one["severity"] == "error"]
    assert isinstance(found, dict)
    return found


def decide(validation: Validation, submission: str, headers: dict[str, str], **changes: Any) -> Any:
    finding = changes.pop("finding", None) or error_of(validation, submission)["id"]
    where = path(submission, f"/{finding}/decisions")
    return validation.client.post(where, json=DOWNGRADE | changes, headers=headers)


def events(cluster: Cluster, topic: str, submission: str) -> list[dict[str, Any]]:
    decoded = (codec().decode(f"{topic}-value", one.value) for one in records(cluster, topic))
    return [one for one in decoded if one["submission_id"] == submission]


@pytest.fixture
def returned(validation: Validation) -> str:
    """A submission of the plan, returned for its total."""
    submission = str(uuid4())
    validation.comes(submission)
    assert validation.verdict(submission)[0] == "returned"
    return submission


def test_who_sees_the_findings(validation: Validation, returned: str) -> None:
    for headers, status in (
        (person(), 200),
        (LEADER, 200),
        (AGENCY, 200),
        (signed("GET", path(returned)), 200),
        (signed("GET", path(str(uuid4()))), 401),
        (signed("GET", path(returned), key=OKPKey.generate_key("Ed25519")), 401),
        (OTHER_ROOM, 404),
        (person("p-khac", organisation="thong-ke-lang-son", roles=("leader",), rooms=()), 404),
        (person("p-khac", organisation="", roles=("leader",), rooms=()), 404),
        (OTHERS, 404),
        (OPERATOR, 403),
        ({}, 401),
    ):
        assert validation.client.get(path(returned), headers=headers).status_code == status
    assert validation.client.get(path(str(uuid4())), headers=LEADER).status_code == 404
    missing = validation.client.get(path(returned), headers=LEADER, params={"attempt": 2})
    assert missing.json()["type"] == "urn:solieu:problem:no-submission"


def test_the_sender_explains_by_its_signature_or_its_person(
    validation: Validation, returned: str, stack: Stack
) -> None:
    finding = error_of(validation, returned)
    where = path(returned, f"/{finding['id']}/explanations")
    body = json.dumps({"text": REASON}).encode()
    json_type = {"content-type": "application/json"}
    for _ in range(2):  # the second time: the reply got lost
        answer = validation.client.post(
            where, content=body, headers=json_type | signed("POST", where, body)
        )
        assert answer.status_code == 202
    forged = body.replace(b"121", b"122")
    for wrong in (signed("POST", where, forged), signed("POST", where)):
        refused = validation.client.post(where, content=body, headers=json_type | wrong)
        assert (refused.status_code, refused.json()["type"]) == (
            401, "urn:solieu:problem:unsigned",
        )  # fmt: skip
    assert validation.client.post(where, json={"text": "Đúng."}, headers=AGENCY).status_code == 202
    assert validation.client.post(where, json={"text": "Đúng."}, headers=OTHERS).status_code == 404
    assert (
        validation.client.post(where, json={"text": "Đúng."}, headers=person()).status_code == 403
    )
    answers = error_of(validation, returned)["answers"]
    assert [(one["person"], one["text"]) for one in answers] == [
        ("sender:bo-tai-chinh", REASON), ("p-bo", "Đúng."),
    ]  # fmt: skip
    told = events(stack.kafka(), "finding.answered", returned)
    assert [(one["kind"], one["person"], one["room"]) for one in told] == [
        ("explained", "sender:bo-tai-chinh", ECONOMY), ("explained", "p-bo", ECONOMY),
    ]  # fmt: skip
    assert told[0]["text"] == hashlib.sha256(REASON.encode()).hexdigest()
    assert told[0]["content"] == hashlib.sha256(PLAN).hexdigest()
    ids = dict.fromkeys(("text", "content", "finding", "submission_id"), "")
    assert "121" not in str(told[0] | ids)


def test_the_plan_and_its_footnote(validation: Validation, returned: str, stack: Stack) -> None:
    answer = decide(validation, returned, person())
    assert answer.status_code == 202
    assert validation.verdict(returned)[0] == "returned"  # an attempt keeps its verdict
    validated = validation.comes(returned, attempt=2)
    verdict, report = validation.verdict(returned, 2)
    assert (verdict, report["verdict"], report["figures"]) == ("validated", "valid", 469)
    (downgraded,) = [one for one in report["findings"] if one["answers"]]
    assert (downgraded["code"], downgraded["severity"]) == ("total", "warning")
    (said,) = downgraded["answers"]
    assert (said["kind"], said["person"], said["role"], said["text"], said["document"]) == (
        "downgraded", "p-kinh-te", "officer", REASON, "12/TKĐB-TH",
    )  # fmt: skip
    answer = validation.client.get(path(returned), headers=AGENCY)
    assert (answer.json()["attempt"], answer.json()["verdict"]) == (2, "validated")
    assert validated["warnings"] >= 1  # what a room has to accept, as any warning
    observations = validation.context.vault.get(ObjectReference(**validated["observations"]))
    assert from_parquet(observations).height == 469
    (told,) = events(stack.kafka(), "finding.answered", returned)
    assert (told["kind"], told["role"], told["document"]) == (
        "downgraded", "officer", "12/TKĐB-TH",
    )  # fmt: skip


def test_a_downgrade_holds_for_the_same_bytes_alone(validation: Validation, returned: str) -> None:
    assert decide(validation, returned, LEADER).status_code == 202
    validation.comes(returned, attempt=2, content=PLAN + b"\0")
    verdict, report = validation.verdict(returned, 2)
    assert verdict == "returned"
    (error,) = [one for one in report["findings"] if one["severity"] == "error"]
    assert [one["kind"] for one in error["answers"]] == ["downgraded"]
    validation.comes(returned, attempt=3)
    assert validation.verdict(returned, 3)[0] == "validated"
    finding = error["id"]
    accepted = decide(validation, returned, person(), decision="accepted", finding=finding)
    assert accepted.status_code == 202
    validation.comes(returned, attempt=4)
    assert validation.verdict(returned, 4)[0] == "validated"
    refused = decide(validation, returned, LEADER, decision="refused", finding=finding)
    assert refused.status_code == 202
    validation.comes(returned, attempt=5)
    assert validation.verdict(returned, 5)[0] == "returned"


def test_who_decides(validation: Validation, returned: str) -> None:
    error = error_of(validation, returned)["id"]
    own = person("p-x", organisation=MINISTRY)
    for headers, changes, status, code in (
        (own, {}, 403, "own-submission"),
        (AGENCY, {}, 403, "not-allowed"),
        (OTHER_ROOM, {}, 404, "no-submission"),
        (OPERATOR, {}, 403, "not-allowed"),
        (person(), {"decision": "accepted"}, 409, "not-warning"),
        (person(), {"finding": "0" * 16}, 404, "no-finding"),
        (person(), {"finding": "x"}, 422, "malformed-request"),
        (person(), {"reason": " "}, 422, "malformed-request"),
        (person(), {"decision": "x"}, 422, "malformed-request"),
        (person(), {"document": "một văn bản"}, 422, "malformed-request"),
    ):
        answer = decide(validation, returned, headers, **{"finding": error} | changes)
        assert (answer.status_code, answer.json()["type"]) == (
            status, f"urn:solieu:problem:{code}",
        )  # fmt: skip
    assert error_of(validation, returned)["answers"] == []


def test_what_could_not_be_read_can_not_be_downgraded(validation: Validation) -> None:
    submission = str(uuid4())
    validation.comes(submission, content=b"\0")
    answer = decide(validation, submission, LEADER)
    assert answer.json()["type"] == "urn:solieu:problem:not-downgradable"
    assert decide(validation, submission, LEADER, decision="refused").status_code == 202


def test_answers_that_race_are_numbered_one_after_the_other(
    validation: Validation, returned: str
) -> None:
    finding = error_of(validation, returned)["id"]
    where = path(returned, f"/{finding}/explanations")

    def explain(number: int) -> int:
        body = {"text": f"Lý do {number}"}
        return validation.client.post(where, json=body, headers=AGENCY).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(explain, range(8))) == {202}
    answers = error_of(validation, returned)["answers"]
    assert sorted(one["text"] for one in answers) == [f"Lý do {number}" for number in range(8)]


# -- what was accepted


def stored(
    validation: Validation, submission: str, data: Mapping[str, Any], **changes: Any
) -> None:
    """What grdp says once it has stored a validated attempt."""
    head = {name: data[name] for name in (*HEAD, "submission_id", "attempt", "observations")}
    validation.happens(event("submission.stored", head | changes), worker.STORED)


def facts(validation: Validation, **changes: Any) -> Facts:
    """What a check of the small form would know."""
    head = HEAD | SMALL | {"submission_id": str(uuid4()), "attempt": 1, **changes}
    with Session(validation.context.engine) as session:
        found = load(session, event("submission.received", head))
        assert load(session, event("submission.received", head)) == found
    return found


def test_what_was_taken_back_is_compared_with_nothing(validation: Validation) -> None:
    first = str(uuid4())
    where = {"area": "25"}
    data = {**validation.comes(first, content=xlsx(rows()), **SMALL), **where}
    stored(validation, first, data)
    (kept,) = facts(validation, **where).accepted
    assert kept.attempt == 1
    head = {name: data[name] for name in (*HEAD, "submission_id", "attempt")}
    validation.happens(event("submission.withdrawn", head), worker.STORED)
    assert facts(validation, **where).accepted == ()
    stored(validation, first, data)
    assert facts(validation, **where).accepted == (), "its submission.stored came late"
    stored(validation, first, data, attempt=2)
    assert [one.attempt for one in facts(validation, **where).accepted] == [2]


@pytest.mark.parametrize("topic", ["submission.withheld", "submission.withdrawn"])
def test_the_findings_of_what_nobody_may_use_its_sender_alone_reads(
    validation: Validation, topic: str
) -> None:
    id_ = str(uuid4())
    data = validation.comes(id_)
    head = {name: data[name] for name in (*HEAD, "submission_id", "attempt")}
    validation.happens(event(topic, head), worker.STORED)
    where = f"/v1/submissions/{id_}/findings"
    for headers in (person(), LEADER):
        answer = validation.client.get(where, headers=headers)
        assert (answer.status_code, answer.json()["type"].endswith("not-for-use")) == (403, True)
    assert validation.client.get(where, headers=AGENCY).status_code == 200
    validation.comes(id_, attempt=2)
    assert validation.client.get(where, headers=person()).status_code == 200, "the one after it"


def test_what_is_taken_back_takes_back_all_before_it(validation: Validation) -> None:
    id_ = str(uuid4())
    for attempt in (1, 2):
        data = validation.comes(id_, attempt=attempt)
    head = {name: data[name] for name in (*HEAD, "submission_id", "attempt")}
    validation.happens(event("submission.withdrawn", head), worker.STORED)
    for attempt in (1, 2):
        query = {"attempt": attempt}
        where = f"/v1/submissions/{id_}/findings"
        assert validation.client.get(where, params=query, headers=person()).status_code == 403


def test_what_was_stored_is_what_later_ones_are_compared_with(validation: Validation) -> None:
    first, estimate, other = (str(uuid4()) for _ in range(3))
    data = validation.comes(first, content=xlsx(rows()), **SMALL)
    assert facts(validation).accepted == ()
    stored(validation, first, data)
    stored(validation, estimate, data, submission_id=estimate, completeness="estimate", round=2)
    stored(validation, other, data, submission_id=other, sender="so-noi-vu-dien-bien")
    found = facts(validation).accepted
    assert [(one.reference, one.sender, one.statement.completeness) for one in found] == [
        ("others", MINISTRY, "preliminary"),
        ("others", "so-noi-vu-dien-bien", "preliminary"),
        ("estimate", MINISTRY, "estimate"),
    ]
    year_on = facts(validation, period="2027-Q3").accepted
    assert [one.reference for one in year_on] == ["before"]
    assert facts(validation, area="12").accepted == ()
    accepted = year_on[0].accepted()
    assert (accepted.sender, accepted.attempt, str(accepted.statement.period)) == (
        MINISTRY, 1, "2026-Q3",
    )  # fmt: skip
    assert len(accepted.figures) == 10
    total = next(one for one in accepted.figures if one.indicator == "1")
    assert (total.value, total.period) == (Decimal("60.5"), "2026-Q3")


def test_the_highest_attempt_that_was_stored_counts_whatever_comes_last(
    validation: Validation,
) -> None:
    submission, period = str(uuid4()), {"period": "2025-Q3"}
    data = validation.comes(str(uuid4()), content=xlsx(rows()), **SMALL)
    for attempt in (1, 3, 2):
        changes = {"submission_id": submission, "attempt": attempt, **period}
        stored(validation, submission, data, **changes)
    (before,) = facts(validation).accepted[:1]
    assert (before.reference, before.attempt) == ("before", 3)
    stored(validation, submission, data, submission_id=submission, attempt=4, observations=None)
    assert facts(validation).accepted[0].attempt == 3


def test_a_rule_holds_a_submission_beside_what_was_stored_before(validation: Validation) -> None:
    first, next_quarter = str(uuid4()), str(uuid4())
    head = SMALL | {"form": GROWING.id}
    data = validation.comes(first, content=xlsx(rows()), **head)
    assert validation.verdict(first)[1]["rules"][1] == {
        "id": "growth", "pass": 0, "fail": 0, "undecided": 1,
    }  # fmt: skip
    stored(validation, first, data)
    later = rows()
    later[2] = [*LABELS[:2], "Quý IV năm 2026", "Năm 2026"]
    later[7][2] = 31
    validation.comes(next_quarter, content=xlsx(later), **head | {"period": "2026-Q4"})
    verdict, report = validation.verdict(next_quarter)
    assert verdict == "returned"
    assert report["rules"][1] == {"id": "growth", "pass": 4, "fail": 1, "undecided": 0}
    (found,) = report["findings"]
    assert (found["rule"], found["cells"], found["level"]) == ("growth", ["C8"], 2)


def test_a_form_without_references_asks_for_its_history_alone(validation: Validation) -> None:
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    with Session(validation.context.engine) as session:
        # Of this connection alone: the application asks for other things meanwhile.
        sa.event.listen(session.connection(), "before_cursor_execute", note)
        head = HEAD | {"submission_id": str(uuid4()), "attempt": 1}
        load(session, event("submission.received", head))
    assert len(asked) == 4, "form, sender, items, and what was accepted of the form"


@pytest.mark.parametrize(("until", "status"), [(NOW, 404), (NOW + timedelta(days=1), 200)])
def test_an_item_opens_findings_while_it_is_in_force(
    validation: Validation, returned: str, until: datetime, status: int
) -> None:
    ends = "update replica set valid_to = %s where kind = 'item'"
    with psycopg.connect(validation.url, autocommit=True) as connection:
        connection.execute(ends, [until])
        try:
            answer = validation.client.get(path(returned), headers=person())
        finally:
            connection.execute(ends, [None])
    assert answer.status_code == status


# -- parts of a form


def test_parts_that_do_not_fit_are_told_and_told_again_once_they_do(validation: Validation) -> None:
    ids = {"A": str(uuid4()), "B": str(uuid4())}

    def part(section: str, attempt: int, value: float) -> list[dict[str, Any]]:
        """Section A has the rows 1, 2 and 4, section B the rows 3 and 3a; both are stored at once."""
        sheet = rows()
        own = {"A": sheet[4:7], "B": sheet[7:]}[section]
        for row in sheet[4:]:
            if row not in own:
                row[2:] = [None, None]
        if section == "B":
            sheet[7][2:] = [value, value]
        head = SMALL | {"form": PARTS.id, "area": "26", "sections": section}
        by = {"sender": {"A": MINISTRY, "B": "so-noi-vu-dien-bien"}[section]}
        data = validation.comes(ids[section], attempt, xlsx(sheet), **head, **by)
        assert "findings" not in data, data["findings"]
        assert data["figures"] == {"A": 6, "B": 4}[section]
        about = {name: data[name] for name in (*HEAD, "submission_id", "attempt", "observations")}
        outcome = validation.happens(event("submission.stored", about), worker.STORED)
        return [to_avro(one) for one in outcome.events]

    def seen(headers: dict[str, str]) -> list[dict[str, Any]]:
        answer = validation.client.get("/v1/section-comparisons", headers=headers)
        assert answer.status_code == 200, answer.text
        found = [one for one in answer.json()["comparisons"] if one["area"] == "26"]
        return found

    compiler = person("p-bien-soan", roles=("compiler",), rooms=())
    assert part("A", 1, 0) == [], "alone"
    (first,) = part("B", 1, 21)
    assert {one["column"] for one in first["failing"]} == {"quarter", "year_to_date"}
    assert {one["sender"] for one in first["parts"]} == {MINISTRY, "so-noi-vu-dien-bien"}
    (shown,) = seen(compiler)
    quarter = next(one for one in shown["failing"] if one["column"] == "quarter")
    assert (quarter["found"], quarter["expected"], quarter["difference"]) == ("60.5", "61.5", "-1")
    assert seen(OTHER_ROOM) == [], "values of parts that it may not read"
    assert validation.client.get("/v1/section-comparisons", headers=AGENCY).status_code == 403
    (again,) = part("B", 2, 20)
    assert {one["column"] for one in again["failing"]} == {"year_to_date"}
    head = {name: first[name] for name in ("area_list", "area", "period", "completeness", "round")}
    gone = (
        HEAD
        | SMALL
        | head
        | {
            "form": PARTS.id,
            "submission_id": ids["B"],
            "attempt": 2,
            "sender": "so-noi-vu-dien-bien",
        }
    )
    outcome = validation.happens(event("submission.withdrawn", gone), worker.STORED)
    assert [to_avro(one)["failing"] for one in outcome.events] == [[]]
    assert seen(compiler) == []


# -- the figures in sight


def figures_of(
    validation: Validation, submission: str, headers: dict[str, str], **asked: Any
) -> Any:
    where = f"/v1/submissions/{submission}/figures"
    return validation.client.get(where, params=asked, headers=headers)


def test_who_reads_the_findings_sees_the_figures_in_the_order_of_the_form(
    validation: Validation,
) -> None:
    submission = str(uuid4())
    validation.comes(submission, content=xlsx(rows()), **SMALL | {"area": "24"})
    answer = figures_of(validation, submission, person())
    assert answer.status_code == 200, answer.text
    (table,) = answer.json()["tables"]
    assert [line["code"] for line in table["lines"]] == ["1", "2", "3", "4", "3a"]
    first = table["lines"][0]["figures"][0]
    assert (first["cell"], first["value"], first["severity"]) == ("C5", "60.5", "")
    for headers, status in ((LEADER, 200), (AGENCY, 200), (OTHER_ROOM, 404), (OTHERS, 404)):
        assert figures_of(validation, submission, headers).status_code == status
    own = signed("GET", f"/v1/submissions/{submission}/figures")
    assert figures_of(validation, submission, own).json() == answer.json(), "by its key, too"
    compiler = person("p-bien-soan", roles=("compiler",), rooms=())
    for headers in (compiler, OPERATOR):
        assert figures_of(validation, submission, headers).status_code == 403
    assert figures_of(validation, submission, person(), attempt=2).status_code == 404


def test_a_correction_shows_what_it_would_replace_and_what_was_before(
    validation: Validation,
) -> None:
    about = SMALL | {"area": "22"}
    before, submission = str(uuid4()), str(uuid4())
    quarter = [list(row) for row in rows()]
    quarter[2] = ["Chỉ tiêu", "Mã số", "Quý II năm 2026", "6 tháng năm 2026"]
    last = validation.comes(before, content=xlsx(quarter), **about | {"period": "2026-Q2"})
    stored(validation, before, last)
    stored(validation, submission, validation.comes(submission, content=xlsx(rows()), **about))
    changed = [list(row) for row in rows()]
    changed[4][2], changed[7][2] = 61.5, 21
    validation.comes(submission, 2, xlsx(changed), **about)
    (table,) = figures_of(validation, submission, person()).json()["tables"]
    total = table["lines"][0]["figures"][0]
    assert (total["value"], total["replaced"], total["previous"]) == ("61.5", "60.5", "60.5")
    assert table["lines"][1]["figures"][0]["replaced"] is None


def test_what_can_not_be_read_or_may_not_be_used_has_no_figures(validation: Validation) -> None:
    broken, gone = str(uuid4()), str(uuid4())
    validation.comes(broken, content=b"PK\x03\x04 broken", **SMALL | {"area": "20"})
    assert figures_of(validation, broken, person()).json()["tables"] == []
    data = validation.comes(gone, content=xlsx(rows()), **SMALL | {"area": "20"})
    head = {name: data[name] for name in (*HEAD, "submission_id", "attempt")}
    validation.happens(event("submission.withheld", head), worker.STORED)
    assert figures_of(validation, gone, person()).status_code == 403
    assert figures_of(validation, gone, AGENCY).status_code == 200, "its sender has it anyway"


# -- before it is sent


def checked(
    validation: Validation,
    content: bytes,
    headers: dict[str, str] = AGENCY,
    marked: str = "",
    **stated: Any,
) -> Any:
    asked = {name: SMALL[name] for name in ("form", "area", "period", "completeness")} | stated
    return validation.client.post(
        f"/v1/checks{marked}", params=asked, content=content, headers=headers
    )


def test_a_workbook_is_checked_before_it_is_sent_and_nothing_is_kept(
    validation: Validation,
) -> None:
    wrong = [list(row) for row in rows()]
    wrong[4][2] = 99
    before = _counts(validation)
    answer = checked(validation, xlsx(wrong), area="19")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["report"]["verdict"], found["is_marked"]) == ("returned", True)
    assert found["tables"][0]["lines"][0]["figures"][0]["severity"] == "error"
    book = checked(validation, xlsx(wrong), area="19", marked="/marked")
    assert book.content.startswith(b"PK") and book.headers["content-type"].endswith("sheet")
    right = checked(validation, xlsx(rows()), area="19")
    assert right.json()["report"]["verdict"] == "valid"
    assert checked(validation, xlsx(rows()), area="19", marked="/marked").status_code in (200, 204)
    assert checked(validation, b"", area="19").json()["report"]["verdict"] == "returned"
    assert _counts(validation) == before


def _counts(validation: Validation) -> list[Any]:
    with psycopg.connect(validation.url) as connection:
        tables = ("attempts", "accepted", "outbox", "outputs")
        return [
            connection.execute(f"select count(*) from {table}").fetchone()
            for table in tables
            if connection.execute("select to_regclass(%s)", [f"validation.{table}"]).fetchone()
            != (None,)
        ]


def test_a_check_finds_what_the_submission_would(validation: Validation) -> None:
    """Of a correction also what it takes away, and what stood there before."""
    submission, about = str(uuid4()), SMALL | {"area": "17"}
    stored(validation, submission, validation.comes(submission, content=xlsx(rows()), **about))
    less = [list(row) for row in rows()]
    less[8][2] = None
    found = checked(validation, xlsx(less), area="17").json()
    assert "figures_lost" in {one["code"] for one in found["report"]["findings"]}
    (line,) = [line for line in found["tables"][0]["lines"] if line["code"] == "3a"]
    assert line["figures"][0]["replaced"] == "10"


def test_who_checks_what(validation: Validation) -> None:
    content = xlsx(rows())
    for headers, status in (
        (person(), 403),
        (LEADER, 403),
        (OPERATOR, 403),
        (OTHERS, 404),
        ({}, 401),
    ):
        assert checked(validation, content, headers).status_code == status
    for wrong, status in (
        ({"form": "khong-co"}, 404), ({"period": "Q3/2026"}, 422), ({"completeness": "final"}, 422),
        ({"round": 0}, 422), ({"sectoins": "A"}, 400),
    ):  # fmt: skip
        assert checked(validation, content, **wrong).status_code == status, wrong
    large = validation.client.post(
        "/v1/checks", content=b"", headers=AGENCY | {"content-length": str(26_214_401)},
        params={name: SMALL[name] for name in ("form", "area", "period", "completeness")},
    )  # fmt: skip
    assert large.status_code == 413


def test_what_others_sent_is_told_to_nobody_who_only_asks(
    validation: Validation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form compares with what any sender had accepted: a check without a trace would be a way to try it out."""
    other, about = str(uuid4()), SMALL | {"area": "15", "sender": "so-noi-vu-dien-bien"}
    stored(validation, other, validation.comes(other, content=xlsx(rows()), **about))
    seen = [one.sender for one in facts(validation, area="15").accepted]
    assert seen == ["so-noi-vu-dien-bien"], "as for what is sent"
    beside: list[str] = []

    def noted(facts: Facts, *rest: Any) -> Any:
        beside.extend(one.sender for one in facts.accepted)
        return examined(facts, *rest)

    examined = checks.examined
    monkeypatch.setattr(checks, "examined", noted)
    app: Any = validation.client.app
    kept = app.state.pool
    app.state.pool = Here()
    try:
        assert checked(validation, xlsx(rows()), area="15").status_code == 200
    finally:
        app.state.pool = kept
    assert beside == []


# -- the blank form of what is to be sent


def blank_form(validation: Validation, headers: dict[str, str] = AGENCY, **stated: Any) -> Any:
    asked = {name: SMALL[name] for name in ("form", "area", "period", "completeness")} | stated
    return validation.client.get("/v1/blank-forms", params=asked, headers=headers)


def test_a_blank_form_bears_what_its_sender_reported_and_is_read_when_filled(
    validation: Validation,
) -> None:
    about = SMALL | {"area": "12"}
    for sender, period, headings, total in (
        (MINISTRY, "2026-Q2", ("Quý II năm 2026", "6 tháng năm 2026"), 60.5),
        (MINISTRY, "2025-Q3", ("Quý III năm 2025", "9 tháng năm 2025"), 60.5),
        ("so-noi-vu-dien-bien", "2026-Q2", ("Quý II năm 2026", "6 tháng năm 2026"), 61.5),
    ):
        content = [list(row) for row in rows()]
        content[2][2:4] = headings
        content[4][2], content[7][2] = total, total - 40.5
        submission, sent = str(uuid4()), about | {"period": period, "sender": sender}
        stored(validation, submission, validation.comes(submission, content=xlsx(content), **sent))
    answer = blank_form(validation, area="12")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].endswith('"small_2026-Q3.xlsx"')
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    beside = [[cell.value for cell in row] for row in book["Số liệu đã gửi"].iter_rows()]
    assert beside[2][2:] == ["Quý II năm 2026", "Quý III năm 2025", "9 tháng năm 2025"]
    assert (beside[3][0], beside[3][2:4]) == ("1", [60.5, 60.5]), "not what another sender has"
    sheet = book.worksheets[0]
    given = {str(line[1] or "").lstrip("0"): line[2:4] for line in rows()[4:]}
    for _, code, *cells in sheet.iter_rows(min_row=10, max_col=4):
        for cell, value in zip(cells, given.pop(code.value or ""), strict=True):
            cell.value = value
    assert given == {}
    buffer = io.BytesIO()
    book.save(buffer)
    answer = checked(validation, buffer.getvalue(), area="12")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["report"]["verdict"] == "valid", found["report"]["findings"]
    assert "numbers_unread" not in {one["code"] for one in found["report"]["findings"]}
    (line, *_) = found["tables"][0]["lines"]
    assert [one["value"] for one in line["figures"]] == [str(value) for value in rows()[4][2:4]]


def test_who_gets_which_blank_form(validation: Validation) -> None:
    for headers, status in (
        (person(), 403),
        (LEADER, 403),
        (OPERATOR, 403),
        (OTHERS, 404),
        ({}, 401),
    ):
        assert blank_form(validation, headers).status_code == status
    unlike: tuple[tuple[dict[str, Any], int], ...] = (
        ({"form": "khong-co"}, 404), ({"period": "Q3/2026"}, 422), ({"period": "2026-M07"}, 422),
        ({"completeness": "final"}, 422),
    )  # fmt: skip
    for wrong, status in unlike:
        assert blank_form(validation, **wrong).status_code == status, wrong
    book = openpyxl.load_workbook(io.BytesIO(blank_form(validation, area="18").content))
    assert "Số liệu đã gửi" not in book.sheetnames, "nothing was reported for that area"


class Here:
    """A pool that works in this process."""

    async def run(self, function: Any, *arguments: Any, **more: Any) -> Any:
        return function(*arguments)

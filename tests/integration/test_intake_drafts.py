"""Workbooks that an agency has not sent yet: kept for a day, seen by its own alone, signed by another person."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from services.intake.api import forget
from services.intake.drafts.draft import KEPT, MOST
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.model.statement import Signatories, sign, signatories
from tests import people
from tests.integration.test_intake_api import (
    CONTENT,
    NOW,
    SECRET,
    Intake,
    Sender,
    intake,
    module_intake,
    problem,
    records,
    sender,
)
from tests.running import state_of

__all__ = ["intake", "module_intake", "sender"]
pytestmark = pytest.mark.stack
ABOUT = {"form": "cv17809-1", "area": "11", "period": "2026-07-01/P3M", "completeness": "estimate"}
OTHER = CONTENT + b"x;2;1\n"


@dataclass
class Agency:
    """A sender with a clerk, who prepares, and a head, who signs with a key of her own."""

    sender: Sender
    key: OKPKey

    @property
    def intake(self) -> Intake:
        return self.sender.intake

    def ask(self, method: str, path: str, who: str = "p-clerk", **more: Any) -> Any:
        roles = {"p-clerk": ("agency",), "p-head": ("agency", "signatory")}[who]
        headers = people.headers(who, self.sender.name, roles, (), now=self.intake.clock.now)
        return self.intake.client.request(method, path, headers=headers, **more)

    def keep(self, content: bytes = CONTENT, who: str = "p-clerk", **about: Any) -> Any:
        params = ABOUT | {"file_name": "thu.xlsx"} | about
        return self.ask("POST", "/v1/drafts", who, params=params, content=content)

    def prepared(self, content: bytes = CONTENT, who: str = "p-clerk", **more: Any) -> str:
        id_: str = self.keep(content, who).json()["id"]
        body = {"sha256": sha256(content).hexdigest()} | more
        answer = self.ask("POST", f"/v1/drafts/{id_}/preparation", who, json=body)
        assert answer.status_code == 200, answer.text
        return id_

    def to_sign(self, id_: str, who: str = "p-head") -> Any:
        path = f"/v1/drafts/{id_}/statement"
        return self.ask("GET", path, who, params={"key": self.key.thumbprint()})

    def signed(self, id_: str, who: str = "p-head") -> str:
        """As the browser does it: the signature of the characters that it was given."""
        given = self.to_sign(id_, who).json()["signing_input"]
        private = self.key.private_key
        assert isinstance(private, Ed25519PrivateKey)
        signature = private.sign(given.encode())
        return f"{given}.{urlsafe_b64encode(signature).decode().rstrip('=')}"

    def send(self, id_: str, token: str | None = None, who: str = "p-head") -> Any:
        body = {"statement": token or self.signed(id_, who)}
        return self.ask("POST", f"/v1/drafts/{id_}/submission", who, json=body)


@pytest.fixture
def agency(sender: Sender) -> Iterator[Agency]:
    key = OKPKey.generate_key("Ed25519")
    body = {"sender": sender.name, "person": "p-head", "public_key": key.as_dict(private=False)}
    sender.intake.enter("sender_key", key.thumbprint(), body)
    yield Agency(sender, key)


def test_what_one_prepared_and_another_signed_is_a_submission(
    agency: Agency, cluster: Cluster
) -> None:
    kept = agency.keep()
    assert kept.status_code == 201, kept.text
    draft = kept.json()
    assert (draft["file_name"], draft["period"], draft["prepared"]) == ("thu.xlsx", "2026-Q3", None)
    id_ = draft["id"]
    assert agency.ask("GET", f"/v1/drafts/{id_}/content").content == CONTENT
    problem(agency.to_sign(id_), 409, "not-prepared")
    agency.prepared(classification="public", reason="Chốt số.")
    problem(agency.to_sign(id_, "p-clerk"), 403, "not-allowed")
    answer = agency.send(id_)
    assert answer.status_code == 200, answer.text
    sent = answer.json()["sent"]
    assert (sent["attempt"], sent["by"]) == (1, "p-head")
    (record,) = records(cluster, "submission.received", sent["submission_id"])
    event = codec().decode("submission.received-value", record.value)
    assert signatories(event["statement"]) == Signatories("p-clerk", "p-head")
    claims = json.loads(urlsafe_b64decode(event["statement"].split(".")[1] + "=="))
    assert (claims["reason"], claims["classification"]) == ("Chốt số.", "public")
    assert (claims["aud"], claims["regime"]) == ("thong-ke-dien-bien", "coordination")
    problem(agency.ask("GET", f"/v1/drafts/{id_}/content"), 409, "draft-sent")
    problem(agency.send(id_, "a.b.c"), 409, "draft-sent")
    assert (
        agency.intake.execute("select 1 from intake.draft_content where draft_id = %s", id_) == []
    )
    state = agency.ask("GET", f"/v1/submissions/{sent['submission_id']}").json()
    assert (state["prepared_by"], state["approved_by"]) == ("p-clerk", "p-head")


def test_its_content_lies_sealed_and_nobody_else_sees_it(agency: Agency, intake: Intake) -> None:
    id_ = agency.keep().json()["id"]
    ((sealed,),) = intake.execute(
        "select sealed from intake.draft_content where draft_id = %s", id_
    )
    assert SECRET.encode() not in bytes(sealed)
    others: list[dict[str, Any]] = [
        {"organisation": "so-khac", "roles": ("agency", "signatory")},
        {"organisation": "", "roles": ("agency",)},
    ]
    paths = ("", "/content", f"/statement?key={agency.key.thumbprint()}")
    for person in others:
        headers = people.headers("p-clerk", rooms=(), now=NOW, **person)
        for path in paths[: 2 if "signatory" not in person["roles"] else 3]:
            answer = intake.client.get(f"/v1/drafts/{id_}{path}", headers=headers)
            problem(answer, 404, "unknown-draft")
        assert intake.client.get("/v1/drafts", headers=headers).json() == {"drafts": []}
        problem(intake.client.delete(f"/v1/drafts/{id_}", headers=headers), 404, "unknown-draft")
    for role in ("officer", "leader", "auditor", "operator", "compiler", "administrator"):
        headers = people.headers(roles=(role,), now=NOW)
        assert intake.client.get(f"/v1/drafts/{id_}", headers=headers).status_code == 403, role


def test_a_newer_workbook_takes_its_place_and_has_to_be_prepared_anew(agency: Agency) -> None:
    id_ = agency.prepared()
    looked_at = agency.signed(id_)
    assert agency.keep(OTHER, "p-head").json()["id"] == id_
    (draft,) = agency.ask("GET", "/v1/drafts").json()["drafts"]
    assert (draft["drafted_by"], draft["prepared"]) == ("p-head", None)
    body = {"sha256": sha256(CONTENT).hexdigest()}
    answer = agency.ask("POST", f"/v1/drafts/{id_}/preparation", json=body)
    problem(answer, 409, "draft-changed")
    problem(agency.send(id_, looked_at), 409, "not-prepared")
    agency.prepared(OTHER)
    problem(agency.send(id_, looked_at), 409, "draft-changed")
    assert agency.send(id_).status_code == 200


def test_one_person_does_both_only_where_the_organisation_lets_it(agency: Agency) -> None:
    id_ = agency.prepared(who="p-head")
    problem(agency.to_sign(id_), 403, "same-person")
    problem(agency.send(id_, "a.b.c"), 403, "same-person")
    body = {"id": agency.sender.name, "kind": "finance_department", "province": "11"}
    agency.intake.enter("organisation", agency.sender.name, body | {"one_may_send": True}, 2)
    assert agency.send(id_).json()["sent"]["by"] == "p-head"


def test_a_persons_key_is_good_in_its_own_hands_alone(agency: Agency) -> None:
    id_ = agency.prepared()
    token = agency.signed(id_)
    problem(agency.sender.post_token(token, CONTENT), 403, "other-signer")
    by_program = sign(agency.sender.statement(), agency.sender.key.private)
    problem(agency.send(id_, by_program), 403, "other-signer")
    forged = f"{token[:-8]}{'A' * 8}"
    problem(agency.send(id_, forged), 401, "bad-signature")
    question = people.signed("/v1/submissions", agency.sender.name, agency.key, NOW)
    assert agency.intake.client.get("/v1/submissions", headers=question).status_code == 401
    headers = people.headers("p-other", agency.sender.name, ("signatory",), (), now=NOW)
    answer = agency.intake.client.post(
        f"/v1/drafts/{id_}/submission", json={"statement": token}, headers=headers
    )
    problem(answer, 403, "other-signer")
    assert agency.send(id_, token).status_code == 200


def test_a_session_that_ended_signs_nothing(agency: Agency) -> None:
    id_ = agency.prepared()
    token = agency.signed(id_)
    people.keys.ended.add("over")
    try:
        headers = people.headers(
            "p-head", agency.sender.name, ("signatory",), (), now=NOW, session="over"
        )
        answer = agency.intake.client.post(
            f"/v1/drafts/{id_}/submission", json={"statement": token}, headers=headers
        )
        assert answer.status_code == 401
    finally:
        people.keys.ended.discard("over")


def test_what_was_sent_and_not_heard_of_is_sent_once(agency: Agency, intake: Intake) -> None:
    id_ = agency.prepared()
    first = agency.send(id_).json()["sent"]
    intake.execute("update intake.draft set sent = null where draft_id = %s", id_)
    kept = agency.keep()
    assert kept.json()["id"] == id_
    agency.prepared()
    again = agency.send(id_).json()["sent"]
    assert again == first, "the same workbook again, under other words, is the same attempt"


def test_a_correction_is_a_new_attempt(agency: Agency) -> None:
    first = agency.send(agency.prepared()).json()["sent"]
    second = agency.send(agency.prepared(OTHER, reason="Sửa dòng 2.")).json()["sent"]
    assert (first["submission_id"], first["attempt"]) == (second["submission_id"], 1)
    assert second["attempt"] == 2


def test_without_an_area_it_is_about_the_senders_own(agency: Agency) -> None:
    about = {name: value for name, value in ABOUT.items() if name != "area"}
    answer = agency.ask("POST", "/v1/drafts", params=about, content=CONTENT)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["area_list"], answer.json()["area"]) == ("63", "11")


def test_it_is_kept_for_a_day(agency: Agency, intake: Intake) -> None:
    id_ = agency.keep().json()["id"]
    intake.clock.now += KEPT - timedelta(seconds=1)
    assert agency.ask("GET", f"/v1/drafts/{id_}").status_code == 200
    agency.prepared()
    intake.clock.now += KEPT - timedelta(seconds=1)
    assert agency.ask("GET", f"/v1/drafts/{id_}").status_code == 200, "preparing keeps it on"
    intake.clock.now += timedelta(seconds=1)
    problem(agency.ask("GET", f"/v1/drafts/{id_}/content"), 404, "unknown-draft")
    assert agency.ask("GET", "/v1/drafts").json() == {"drafts": []}
    forget(state_of(intake.client).context)
    assert intake.execute("select 1 from intake.draft_content where draft_id = %s", id_) == []


def test_what_would_be_refused_is_refused_at_once(agency: Agency, intake: Intake) -> None:
    problem(agency.keep(b""), 413, "empty")
    problem(agency.keep(b"%PDF-1.7"), 422, "not-a-workbook")
    problem(agency.keep(form="khong-co"), 422, "unknown-form")
    problem(agency.keep(period="Q9"), 422, "malformed-period")
    problem(agency.keep(area="99"), 422, "unknown-area")
    problem(agency.keep(b"x" * 25_000_001), 413, "too-large")
    assert agency.ask("GET", "/v1/drafts").json() == {"drafts": []}
    assert (
        intake.execute("select 1 from intake.refusal where sender = %s", agency.sender.name) == []
    )
    for number in range(1, MOST + 1):
        assert agency.keep(round=number).status_code == 201
    problem(agency.keep(round=MOST + 1), 409, "too-many-drafts")
    assert agency.keep(OTHER, round=MOST).status_code == 201, "in place of one of them"
    id_ = agency.keep(round=1).json()["id"]
    assert agency.send(agency.prepared()).status_code == 200
    assert agency.keep(round=MOST + 1).status_code == 201, "what was sent waits no more"
    assert agency.ask("DELETE", f"/v1/drafts/{id_}").status_code == 204
    assert agency.keep(round=MOST + 1).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"nil": "none_occurred"}, 422, "nil-wordless"),
        ({"classification": "state_secret"}, 403, "state-secret"),
        ({"reason": "\u202eđảo"}, 422, "malformed-request"),
    ],
)
def test_what_nobody_may_declare(
    agency: Agency, body: dict[str, Any], status: int, code: str
) -> None:
    id_ = agency.keep().json()["id"]
    ready = {"sha256": sha256(CONTENT).hexdigest()} | body
    answer = agency.ask("POST", f"/v1/drafts/{id_}/preparation", json=ready)
    problem(answer, status, code)


def test_nothing_to_report_is_said_with_its_reason(agency: Agency, cluster: Cluster) -> None:
    id_ = agency.prepared(nil="none_occurred", reason="Trong kỳ không phát sinh.")
    sent = agency.send(id_).json()["sent"]
    (record,) = records(cluster, "submission.received", sent["submission_id"])
    assert codec().decode("submission.received-value", record.value)["nil"] == "none_occurred"


def test_without_a_key_the_office_signs_on_a_persons_word_and_says_so(
    agency: Agency, intake: Intake, cluster: Cluster
) -> None:
    id_ = agency.prepared()
    path = f"/v1/drafts/{id_}/confirmation"
    seen = {"sha256": sha256(CONTENT).hexdigest(), "prepared_at": NOW.isoformat()}
    problem(agency.ask("POST", path, "p-head", json=seen), 409, "no-countersignature")
    own = agency.ask("GET", "/v1/countersigning-key", "p-head").json()
    assert not own["is_registered"]
    assert set(own["public_key"]) == {"kty", "crv", "x"}
    body = {"sender": "thong-ke-dien-bien", "public_key": own["public_key"]}
    intake.enter("sender_key", own["id"], body)
    assert agency.ask("GET", "/v1/countersigning-key", "p-head").json()["is_registered"]
    problem(agency.ask("POST", path, "p-clerk", json=seen), 403, "not-allowed")
    for other in ({"sha256": sha256(OTHER).hexdigest()}, {"prepared_at": "2026-11-23T08:00:01Z"}):
        answer = agency.ask("POST", path, "p-head", json=seen | other)
        problem(answer, 409, "draft-changed")
    answer = agency.ask("POST", path, "p-head", json=seen)
    assert answer.status_code == 200, answer.text
    sent = answer.json()["sent"]
    (record,) = records(cluster, "submission.received", sent["submission_id"])
    statement = codec().decode("submission.received-value", record.value)["statement"]
    assert signatories(statement) == Signatories("p-clerk", "p-head", "thong-ke-dien-bien")
    state = agency.ask("GET", f"/v1/submissions/{sent['submission_id']}").json()
    assert state["countersigned_by"] == "thong-ke-dien-bien"


def test_nobody_else_signs_as_the_office(agency: Agency) -> None:
    stated = agency.sender.statement(countersigned_by="thong-ke-dien-bien", approved_by="p-head")
    problem(agency.sender.post(statement=stated), 401, "other-sender")
    stated = agency.sender.statement(countersigned_by=agency.sender.name)
    problem(agency.sender.post(statement=stated), 401, "other-sender")


def test_of_uploads_at_once_each_is_kept_in_turn_and_none_is_one_too_many(
    agency: Agency, intake: Intake
) -> None:
    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda n: agency.keep(CONTENT + b"x" * n).status_code, range(8)))
        rounds = list(pool.map(lambda n: agency.keep(round=n).status_code, range(1, 16)))
    assert same == [201] * 8
    assert sorted(rounds) == [201] * MOST + [409] * 5
    drafts = agency.ask("GET", "/v1/drafts").json()["drafts"]
    assert len(drafts) == MOST

"""Drafts under attack: what who signs can't say, what nobody may take from others, and what no words may break."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey

from services.intake.drafts import store
from services.intake.drafts.draft import MOST
from services.intake.submitting import ACCEPTING
from services.kernel.cluster import Cluster
from services.kernel.codec import codec
from services.model.statement import Statement, sign, signatories
from services.model.text import read
from tests import people
from tests.integration.test_intake_api import (
    CONTENT,
    NOW,
    OFFICE,
    Intake,
    intake,
    module_intake,
    problem,
    records,
    sender,
)
from tests.integration.test_intake_drafts import ABOUT, Agency, agency
from tests.running import state_of

__all__ = ["agency", "intake", "module_intake", "sender"]
pytestmark = pytest.mark.stack
SEEN = {"sha256": sha256(CONTENT).hexdigest()}


@pytest.fixture
def office_key(agency: Agency) -> Iterator[str]:
    """The office's own key, registered while the test runs."""
    own = agency.ask("GET", "/v1/countersigning-key", "p-head").json()
    body = {"sender": OFFICE, "public_key": own["public_key"]}
    agency.intake.enter("sender_key", own["id"], body)
    yield own["id"]
    agency.intake.execute("delete from intake.replica where id = %s", own["id"])


def prepared_for(agency: Agency, **about: Any) -> str:
    id_: str = agency.keep(**about).json()["id"]
    return prepared_again(agency, id_)


def prepared_again(agency: Agency, id_: str, **more: Any) -> str:
    answer = agency.ask("POST", f"/v1/drafts/{id_}/preparation", json=SEEN | more)
    assert answer.status_code == 200, answer.text
    return id_


def stated(agency: Agency, id_: str, **changes: Any) -> str:
    """Its statement with other claims, signed by the head's key."""
    claims = agency.to_sign(id_).json()["statement"]
    return sign(replace(read(Statement, claims, ""), **changes), agency.key)


def test_a_signature_names_who_signs_and_nobody_else(agency: Agency) -> None:
    id_ = agency.prepared()
    for other in ("p-clerk", "p-nobody", None):
        problem(agency.send(id_, stated(agency, id_, approved_by=other)), 403, "other-signer")
    assert agency.send(id_).status_code == 200


def test_what_was_sent_makes_room_for_what_is_still_to_send(agency: Agency) -> None:
    for number in range(1, MOST + 1):
        answer = agency.send(prepared_for(agency, round=number))
        assert answer.status_code == 200, answer.text
    assert agency.keep(round=MOST + 1).status_code == 201


def test_at_once_no_more_are_kept_than_one_after_the_other(agency: Agency) -> None:
    for number in range(1, MOST):
        agency.keep(round=number)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: agency.keep(round=number), range(MOST, MOST + 8)))
    assert len(agency.ask("GET", "/v1/drafts").json()["drafts"]) == MOST


def test_who_confirms_confirms_what_was_seen_and_no_other_declaration(
    agency: Agency, office_key: str
) -> None:
    id_ = agency.prepared(classification="work_secret", reason="Chốt số.")
    seen = agency.ask("GET", f"/v1/drafts/{id_}", "p-head").json()
    body = {"sha256": seen["sha256"], "prepared_at": seen["prepared"]["at"]}
    agency.intake.clock.now = NOW.replace(minute=1)
    prepared_again(agency, id_, classification="public", reason="Khác.")
    answer = agency.ask("POST", f"/v1/drafts/{id_}/confirmation", "p-head", json=body)
    problem(answer, 409, "draft-changed")


def test_no_program_of_the_office_signs_for_an_agency(agency: Agency) -> None:
    key = OKPKey.generate_key("Ed25519")
    body = {"sender": OFFICE, "public_key": key.as_dict(private=False)}
    agency.intake.enter("sender_key", key.thumbprint(), body)
    claims = agency.sender.statement(
        countersigned_by=OFFICE, approved_by="p-head", prepared_by="p-clerk"
    )
    problem(agency.sender.post_token(sign(claims, key)), 401, "other-sender")


def test_a_program_names_no_person_as_who_signed(agency: Agency) -> None:
    problem(agency.sender.post(approved_by="p-head", prepared_by="p-clerk"), 403, "other-signer")
    assert agency.sender.post(prepared_by="p-clerk").status_code == 202


def test_the_draft_says_whose_signature_the_attempt_bears(agency: Agency, cluster: Cluster) -> None:
    """Two heads sign at once: the attempt has one signature, and the draft doesn't say that it is the other's."""
    other = OKPKey.generate_key("Ed25519")
    body = {
        "sender": agency.sender.name, "person": "p-deputy", "public_key": other.as_dict(private=False)
    }  # fmt: skip
    agency.intake.enter("sender_key", other.thumbprint(), body)
    id_ = agency.prepared()
    claims = replace(
        read(Statement, agency.to_sign(id_).json()["statement"], ""), approved_by="p-deputy"
    )
    first = agency.send(id_).json()["sent"]
    agency.intake.execute("update intake.draft set sent = null where draft_id = %s", id_)
    agency.intake.execute("delete from intake.draft_content where draft_id = %s", id_)
    agency.prepared()
    nonce = agency.intake.execute("select nonce from intake.draft where draft_id = %s", id_)[0][0]
    headers = people.headers("p-deputy", agency.sender.name, ("signatory",), (), now=NOW)
    token = sign(replace(claims, nonce=nonce), other)
    again = agency.intake.client.post(
        f"/v1/drafts/{id_}/submission", json={"statement": token}, headers=headers
    )
    assert again.status_code == 200, again.text
    (record,) = records(cluster, "submission.received", first["submission_id"])
    statement = codec().decode("submission.received-value", record.value)["statement"]
    assert signatories(statement).approved_by == again.json()["sent"]["by"]


@pytest.mark.parametrize(
    "about",
    [
        {"file_name": "thu\x00.xlsx"},
        {"form": "cv17809-1\x00"},
        {"period": "2026-Q3\x00"},
        {"area": "11\x00"},
        {"area_list": "63\x00"},
        {"sections": "a\x00"},
        {"sections": ","},
        {"sections": "x" * 150},
        {"sections": "a,,b"},
        {"period": "9999-99999999999999/P99999999999Y"},
        {"file_name": "a" * 201},
        {"file_name": "\u202excod.exe"},
    ],
)
def test_hostile_words_are_refused_and_break_nothing(agency: Agency, about: dict[str, Any]) -> None:
    answer = agency.keep(**about)
    assert answer.status_code in (201, 403, 422), answer.text


@pytest.mark.parametrize("reason", ["a\ud800", "a\x00", "a\u0000b", "x" * 501])
def test_hostile_reasons_are_refused(agency: Agency, reason: str) -> None:
    id_ = agency.keep().json()["id"]
    text = json.dumps(SEEN | {"reason": reason})
    answer = agency.ask(
        "POST",
        f"/v1/drafts/{id_}/preparation",
        content=text,
    )
    assert answer.status_code == 422, answer.text


def test_who_has_no_organisation_is_refused_in_words(intake: Intake) -> None:
    headers = people.headers("p-x", "", ("agency",), (), now=NOW)
    answer = intake.client.post("/v1/drafts", params=ABOUT, content=CONTENT, headers=headers)
    assert answer.status_code in (403, 422), answer.text


def test_where_there_is_no_office_the_agency_is_told_so(intake: Intake) -> None:
    name = f"so-{uuid4().hex[:12]}"
    intake.enter("organisation", name, {"id": name, "kind": "finance_department", "province": "01"})
    intake.supply(name, "cv17809-1")
    headers = people.headers("p-x", name, ("agency",), (), now=NOW)
    params = ABOUT | {"area": "01"}
    answer = intake.client.post("/v1/drafts", params=params, content=CONTENT, headers=headers)
    problem(answer, 403, "other-office")


def test_a_signature_of_another_draft_takes_no_bytes_from_the_agency(agency: Agency) -> None:
    gate = state_of(agency.intake.client).gate
    id_ = agency.prepared()
    token = stated(agency, id_, size=25_000_000)
    before = gate.sizes._change(agency.sender.name, 0)
    problem(agency.send(id_, token), 409, "draft-changed")
    assert gate.sizes._change(agency.sender.name, 0) >= before


def test_an_expired_draft_is_not_signed(agency: Agency) -> None:
    id_ = agency.prepared()
    token = agency.signed(id_)
    agency.intake.clock.now = NOW.replace(day=24)
    problem(agency.send(id_, token), 404, "unknown-draft")


def test_who_lost_the_role_signs_nothing_with_a_key_that_is_still_listed(agency: Agency) -> None:
    id_ = agency.prepared()
    token = agency.signed(id_)
    headers = people.headers("p-head", agency.sender.name, ("agency",), (), now=NOW)
    answer = agency.intake.client.post(
        f"/v1/drafts/{id_}/submission", json={"statement": token}, headers=headers
    )
    problem(answer, 403, "not-allowed")


def test_a_countersigned_statement_is_sent_by_nobody_once_more(
    agency: Agency, office_key: str, cluster: Cluster
) -> None:
    id_ = agency.prepared()
    body = SEEN | {"prepared_at": NOW.isoformat()}
    answer = agency.ask("POST", f"/v1/drafts/{id_}/confirmation", "p-head", json=body)
    assert answer.status_code == 200, answer.text
    submission = answer.json()["sent"]["submission_id"]
    (record,) = records(cluster, "submission.received", submission)
    token = codec().decode("submission.received-value", record.value)["statement"]
    problem(agency.sender.post_token(token), 401, "other-sender")
    assert len(records(cluster, "submission.received", submission)) == 1


def slowly(intake: Intake, agency: str, begun: threading.Event, ends: threading.Event) -> Any:
    """An upload of which one byte has come, and whose end is awaited."""
    headers = people.headers("p-slow", agency, ("agency",), (), now=NOW)
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/drafts", "scheme": "http",
        "raw_path": b"/v1/drafts", "query_string": urlencode(ABOUT).encode(), "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("testserver", 80), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if not begun.is_set():
            begun.set()
            return {"type": "http.request", "body": b"x", "more_body": True}
        await asyncio.to_thread(ends.wait)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    async def serve() -> None:
        await intake.client.app(scope, receive, send)

    assert intake.client.portal is not None
    return intake.client.portal.start_task_soon(serve)


def test_a_slow_upload_of_some_holds_up_nobody_who_sends(intake: Intake, agency: Agency) -> None:
    ends, large = threading.Event(), b"x;" * 300_000
    slow = []
    for _ in range(2):
        begun = threading.Event()
        slow.append(slowly(intake, intake.sender().name, begun, ends))
        assert begun.wait(10)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(agency.sender.post, large)
        try:
            assert answer.result(15).status_code == 202
        finally:
            ends.set()
            for one in slow:
                one.cancel()


def test_two_who_sign_at_once_make_one_attempt(agency: Agency, cluster: Cluster) -> None:
    id_ = agency.prepared()
    token = agency.signed(id_)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: agency.send(id_, token), range(4)))
    assert {one.status_code for one in answers} <= {200, 409}
    sent = [one.json()["sent"] for one in answers if one.status_code == 200]
    assert {one["attempt"] for one in sent} == {1}
    assert len(records(cluster, "submission.received", sent[0]["submission_id"])) == 1


def test_what_changes_while_it_is_signed_breaks_nothing(agency: Agency, cluster: Cluster) -> None:
    """Uploads, preparations and discards beside a signature: one of the workbooks is sent, or none is."""
    for number in range(1, MOST):
        id_ = prepared_for(agency, round=number)
        token = agency.signed(id_)
        beside = [
            partial(agency.send, id_, token),
            partial(agency.keep, CONTENT + b"y;1;1\n", round=number),
            partial(agency.ask, "POST", f"/v1/drafts/{id_}/preparation", json=SEEN),
            partial(agency.ask, "DELETE", f"/v1/drafts/{id_}"),
        ]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda one: one(), beside))
        assert [one.status_code for one in answers if one.status_code >= 500] == []
    refused = agency.intake.execute(
        "select code from intake.refusal where sender = %s", agency.sender.name
    )
    assert refused == [], "nothing that the agency did is called a refused submission"


def test_nothing_of_a_draft_leaves_before_it_is_sent(agency: Agency, cluster: Cluster) -> None:
    id_ = agency.prepared(reason="Chữ chưa gửi.")
    rows = agency.intake.execute(
        "select count(*) from intake.outbox where value like %s", b"%" + id_.encode() + b"%"
    )
    assert rows == [(0,)]


def test_who_reports_to_another_office_is_not_offered_the_key_of_this_one(
    agency: Agency, office_key: str
) -> None:
    name = f"so-{uuid4().hex[:12]}"
    agency.intake.enter("organisation", name, {"id": name, "kind": "ministry"})
    for who, is_offered in ((name, False), (agency.sender.name, True)):
        headers = people.headers("p-head", who, ("signatory",), (), now=NOW)
        answer = agency.intake.client.get("/v1/countersigning-key", headers=headers)
        assert answer.json()["is_registered"] is is_offered


def test_no_more_are_unsealed_at_once_than_there_are_places(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_, under_way, most = agency.keep().json()["id"], [0], [0]
    unsealed = store.content

    def slowly_unsealed(*given: Any) -> bytes | None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        time.sleep(0.1)
        under_way[0] -= 1
        return unsealed(*given)

    monkeypatch.setattr(store, "content", slowly_unsealed)
    with ThreadPoolExecutor(8) as pool:
        path = f"/v1/drafts/{id_}/content"
        answers = list(pool.map(lambda _: agency.ask("GET", path), range(8)))
    assert {one.content for one in answers} == {CONTENT}
    assert most[0] <= ACCEPTING


def test_a_file_name_doesnt_turn_the_words_beside_it(agency: Agency) -> None:
    answer = agency.keep(file_name="thu\u202excod.exe")
    assert answer.status_code == 422 or "\u202e" not in answer.json()["file_name"]


def test_nothing_is_signed_before_it_was_made_ready(agency: Agency) -> None:
    """A signatory can date its signature nine days before the workbook was there."""
    id_ = agency.prepared()
    token = stated(agency, id_, issued_at=NOW - timedelta(days=9))
    problem(agency.send(id_, token), 409, "draft-changed")
